//! The fast path of `Program::holds`: a condition as a flat list of tests, each knowing where to go on.
//!
//! Whether a condition *holds* needs no third truth value. `a && b` holds where both hold, `!(a && b)`
//! where one of them is known to be false: pushed down to the leaves, every test asks "is this known to
//! be true?" or "… known to be false?", and something missing passes neither.

use super::{
    eval::Env,
    node::Node,
    syntax::Op,
    word::{Key, Word},
};
use crate::model::value::Value;

/// Where a condition that holds ends; and one that does not.
const HOLDS: u32 = u32::MAX;
const FAILS: u32 = u32::MAX - 1;

/// A compiled condition. Steps are laid down backwards: each goes on to an earlier one, or ends.
#[derive(Clone, Debug)]
pub(super) struct Code {
    steps: Box<[Step]>,
    entry: u32,
}

/// One question to one value, and where to go on. What is missing answers no, whichever way it is asked.
///
/// The kinds of questions are told apart by plain branches over fields, not by a `match` on an enum: its
/// jump table would cost an indirect jump a clause, which is what most of the time went into.
#[derive(Clone, Debug)]
struct Step {
    yes: u32,
    no: u32,
    slot: u32,
    /// What the answer must be.
    is: bool,
    /// A number or an amount stands to `than` in one of these (bits: less, equal, greater); 0 = no such question.
    orders: u8,
    /// Whether anything is known, instead of a truth value.
    known: bool,
    than: f64,
    /// A text is one of these; empty = no such question.
    words: Box<[Word]>,
    /// Any other question.
    node: Option<Box<Node>>,
}

impl Code {
    /// Compiles `node`.
    pub fn of(node: &Node) -> Code {
        let mut steps = Vec::new();
        let entry = lay(&mut steps, node, true, HOLDS, FAILS);
        Code { steps: steps.into(), entry }
    }

    /// Whether it is known to be true.
    #[inline]
    pub fn holds(&self, env: Env<'_>) -> bool {
        let mut at = self.entry;
        while let Some(step) = self.steps.get(at as usize) {
            at = if step.passes(env) { step.yes } else { step.no };
        }
        at == HOLDS
    }
}

/// Lays down "`node` is known to be `is`, then `yes`, else `no`" and says where it begins.
fn lay(steps: &mut Vec<Step>, node: &Node, is: bool, yes: u32, no: u32) -> u32 {
    match node {
        Node::Not(a) => lay(steps, a, !is, yes, no),
        Node::All(list) | Node::Any(list) => {
            // `a && b` is true, or `a || b` is false, only where every part is.
            let every = matches!(node, Node::All(_)) == is;
            let (mut yes, mut no) = (yes, no);
            for part in list.iter().rev() {
                let begin = lay(steps, part, is, yes, no);
                if every { yes = begin } else { no = begin }
            }
            if every { yes } else { no }
        }
        _ => {
            steps.push(Step { yes, no, ..Step::of(node, is) });
            steps.len() as u32 - 1
        }
    }
}

impl Step {
    fn of(node: &Node, is: bool) -> Step {
        let ask = |slot: u32, is: bool| Step {
            yes: HOLDS,
            no: FAILS,
            slot,
            is,
            orders: 0,
            known: false,
            than: 0.0,
            words: Box::default(),
            node: None,
        };
        match node {
            Node::SlotNum { slot, op, than } => Step { orders: orders(*op, is), than: *than, ..ask(*slot, is) },
            Node::SlotText { slot, equal, text } => {
                Step { words: Box::new([Word::new(text.clone())]), ..ask(*slot, *equal == is) }
            }
            Node::SlotWords { slot, words } if !words.is_empty() => {
                Step { words: words.iter().cloned().map(Word::new).collect(), ..ask(*slot, is) }
            }
            Node::Slot(slot) => ask(*slot, is),
            Node::Has(a) if let Node::Slot(slot) = **a => Step { known: true, ..ask(slot, is) },
            _ => Step { node: Some(Box::new(node.clone())), ..ask(0, is) },
        }
    }

    #[inline]
    fn passes(&self, env: Env<'_>) -> bool {
        let value = env.slot(self.slot);
        if self.orders != 0 {
            let number = match value {
                Value::Num(n) => *n,
                Value::Money(m) => m.major(),
                _ => return false,
            };
            return stands(number, self.than) & self.orders != 0;
        }
        if !self.words.is_empty() {
            let Value::Text(text) = value else { return false };
            let key = Key::of(text);
            return self.words.iter().any(|word| word.is(text, key)) == self.is;
        }
        if let Some(node) = &self.node {
            return node.truth(env) == Some(self.is);
        }
        if self.known {
            return value.is_missing() != self.is;
        }
        matches!(value, Value::Bool(b) if *b == self.is)
    }
}

/// How two numbers stand to each other, as one bit; none where one is no number.
#[inline]
fn stands(a: f64, b: f64) -> u8 {
    u8::from(a < b) | u8::from(a == b) << 1 | u8::from(a > b) << 2
}

/// The ways of standing in which `op` is true (or false).
fn orders(op: Op, is: bool) -> u8 {
    let bits = match op {
        Op::Lt => 0b001,
        Op::Le => 0b011,
        Op::Eq => 0b010,
        Op::Ne => 0b101,
        Op::Ge => 0b110,
        Op::Gt => 0b100,
    };
    if is { bits } else { 0b111 ^ bits }
}
