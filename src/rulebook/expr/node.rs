//! What runs: a tree of specialised nodes. The common clauses (slot against constant) have nodes of
//! their own, so that judging them neither recurses nor allocates.

use std::sync::Arc;

use super::{
    pace::Pace,
    syntax::{Op, Sign},
};
use crate::model::value::Value;

/// One compiled node.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Const(Value),
    Slot(u32),
    Event(Box<str>),
    Start(Box<str>),
    Step(Box<(String, String)>),
    Now,
    /// The variable of a loop, counted from the outermost.
    Var(usize),
    Not(Box<Node>),
    All(Box<[Node]>),
    Any(Box<[Node]>),
    If(Box<[Node; 3]>),
    Has(Box<Node>),
    /// A slot against a number.
    SlotNum {
        slot: u32,
        op: Op,
        than: f64,
    },
    /// A slot equal to (or different from) a text.
    SlotText {
        slot: u32,
        equal: bool,
        text: Arc<str>,
    },
    /// A slot in a list of texts.
    SlotWords {
        slot: u32,
        words: Box<[Arc<str>]>,
    },
    Compare(Box<Compare>),
    In(Box<In>),
    Arith(Box<(Node, Sign, Node)>),
    Neg(Box<Node>),
    List(Box<[Node]>),
    Days(Days, Box<Node>),
    LocalHour,
    Text(TextTest, Box<(Node, Node)>),
    Size(Box<Node>),
    Convert(Convert, Box<Node>),
    Loop(Box<Loop>),
}

/// Two sides and how they stand to each other.
#[derive(Clone, Debug)]
pub(super) struct Compare {
    pub left: Node,
    pub op: Op,
    pub right: Node,
    /// How `left - right` moves with time.
    pub pace: Pace,
}

/// Membership.
#[derive(Clone, Debug)]
pub(super) struct In {
    pub item: Node,
    pub list: Node,
}

/// `list.exists(x, …)` or `list.all(x, …)`.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub all: bool,
    pub list: Node,
    pub body: Node,
}

/// Which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Days {
    Since,
    Until,
    BusinessSince,
}

/// A question about two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

/// Reading a text as something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Convert {
    Instant,
    Date,
    Duration,
}

impl Node {
    /// The nodes directly below.
    pub fn children(&self) -> Vec<&Node> {
        match self {
            Node::Const(_) | Node::Slot(_) | Node::Event(_) | Node::Start(_) | Node::Step(_) => vec![],
            Node::Now | Node::Var(_) | Node::LocalHour => vec![],
            Node::SlotNum { .. } | Node::SlotText { .. } | Node::SlotWords { .. } => vec![],
            Node::Not(a) | Node::Has(a) | Node::Neg(a) | Node::Size(a) => vec![a],
            Node::Days(_, a) | Node::Convert(_, a) => vec![a],
            Node::All(list) | Node::Any(list) | Node::List(list) => list.iter().collect(),
            Node::If(three) => three.iter().collect(),
            Node::Compare(c) => vec![&c.left, &c.right],
            Node::In(i) => vec![&i.item, &i.list],
            Node::Arith(a) => vec![&a.0, &a.2],
            Node::Text(_, two) => vec![&two.0, &two.1],
            Node::Loop(l) => vec![&l.list, &l.body],
        }
    }

    /// The slot read by this node itself.
    pub fn slot(&self) -> Option<u32> {
        match self {
            Node::Slot(slot) | Node::SlotNum { slot, .. } => Some(*slot),
            Node::SlotText { slot, .. } | Node::SlotWords { slot, .. } => Some(*slot),
            _ => None,
        }
    }
}
