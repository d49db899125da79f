//! The tree of one text after parsing: our own, so that only `parse` knows the parser's types.

use std::fmt;

/// A part of the text: bytes `lo..hi`, and the byte of the token that names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// First byte.
    pub lo: usize,
    /// One past the last byte.
    pub hi: usize,
    /// Where a message about it points.
    pub at: usize,
}

/// One node with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Syntax {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What one node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Num(f64),
    Text(String),
    Bool(bool),
    /// A dotted name, `account.mrr`.
    Name(String),
    List(Vec<Syntax>),
    Not(Box<Syntax>),
    Neg(Box<Syntax>),
    All(Vec<Syntax>),
    Any(Vec<Syntax>),
    If(Box<[Syntax; 3]>),
    Compare(Box<Syntax>, Op, Box<Syntax>),
    In(Box<Syntax>, Box<Syntax>),
    Arith(Box<Syntax>, Sign, Box<Syntax>),
    /// `function(arguments)`.
    Call(String, Vec<Syntax>),
    /// `target.method(arguments)`.
    Method(Box<Syntax>, String, Vec<Syntax>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    /// Whether it holds between two things that stand so.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Op::Eq => order.is_eq(),
            Op::Ne => order.is_ne(),
            Op::Lt => order.is_lt(),
            Op::Le => order.is_le(),
            Op::Gt => order.is_gt(),
            Op::Ge => order.is_ge(),
        }
    }

    /// The same comparison with its sides exchanged.
    pub fn mirrored(self) -> Op {
        match self {
            Op::Lt => Op::Gt,
            Op::Le => Op::Ge,
            Op::Gt => Op::Lt,
            Op::Ge => Op::Le,
            same => same,
        }
    }

    /// Whether it asks only for sameness.
    pub fn is_equality(self) -> bool {
        matches!(self, Op::Eq | Op::Ne)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        })
    }
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sign::Add => "+",
            Sign::Sub => "-",
            Sign::Mul => "*",
            Sign::Div => "/",
            Sign::Rem => "%",
        })
    }
}

/// Something wrong at one byte of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub rule: &'static str,
    pub at: usize,
    pub message: String,
    pub help: String,
    /// What stands there and what was certainly meant.
    pub fix: Option<(String, String)>,
}

impl Fault {
    pub fn new(rule: &'static str, at: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault { rule, at, message: message.into(), help: help.into(), fix: None }
    }
}
