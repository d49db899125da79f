//! What a program reads and compares with.

use std::collections::BTreeSet;

use super::{node::Node, syntax::Sign};
use crate::model::value::Value;

/// All slots below `node`, ascending, without duplicates.
pub(super) fn slots(node: &Node) -> Vec<u32> {
    let mut all = BTreeSet::new();
    collect(node, &mut all);
    all.into_iter().collect()
}

fn collect(node: &Node, all: &mut BTreeSet<u32>) {
    all.extend(node.slot());
    for child in node.children() {
        collect(child, all);
    }
}

/// Whether `node` depends on the subject at hand: on one of its `own` slots (ascending), an event or a run.
pub(super) fn is_own(node: &Node, own: &[u32]) -> bool {
    matches!(node, Node::Event(_) | Node::Start(_) | Node::Step(_))
        || node.slot().is_some_and(|slot| own.binary_search(&slot).is_ok())
        || node.children().into_iter().any(|child| is_own(child, own))
}

/// Whether `node` changes only with the slots it reads: no clock, no calendar, nothing about a run in it.
pub(super) fn stands_on_slots(node: &Node) -> bool {
    let still = matches!(
        node,
        Node::Const(_)
            | Node::Slot(_)
            | Node::SlotNum { .. }
            | Node::Compare(_)
            | Node::Arith(_)
            | Node::Neg(_)
            | Node::Not(_)
            | Node::All(_)
            | Node::Any(_)
            | Node::If(_)
            | Node::Has(_)
    );
    still && node.children().into_iter().all(stands_on_slots)
}

/// The numbers that `slot` is compared with, ascending; money in major units.
pub(super) fn thresholds(node: &Node, slot: u32) -> Vec<f64> {
    let mut all = Vec::new();
    bounds(node, slot, &mut all);
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Whether `node` does nothing with `slot` but compare it with the numbers of `thresholds`.
pub(super) fn is_bounded(node: &Node, slot: u32) -> bool {
    uses(node, slot) == bounded(node, slot)
}

fn uses(node: &Node, slot: u32) -> usize {
    let below: usize = node.children().into_iter().map(|child| uses(child, slot)).sum();
    below + usize::from(node.slot() == Some(slot))
}

/// How many uses of `slot` are compared with numbers.
fn bounded(node: &Node, slot: u32) -> usize {
    let mut own = Vec::new();
    compared(node, slot, &mut own);
    let below: usize = node.children().into_iter().map(|child| bounded(child, slot)).sum();
    below + usize::from(!own.is_empty())
}

fn bounds(node: &Node, slot: u32, all: &mut Vec<f64>) {
    compared(node, slot, all);
    for child in node.children() {
        bounds(child, slot, all);
    }
}

/// What `node` itself compares `slot` with.
fn compared(node: &Node, slot: u32, all: &mut Vec<f64>) {
    match node {
        Node::SlotNum { slot: s, than, .. } if *s == slot => all.push(*than),
        Node::Compare(c) => {
            all.extend(number(&c.right).and_then(|k| solve(&c.left, slot, k)));
            all.extend(number(&c.left).and_then(|k| solve(&c.right, slot, k)));
        }
        Node::In(i) => {
            if let Node::Const(Value::List(items)) = &i.list {
                let found = items.iter().filter_map(Value::as_num).filter_map(|k| solve(&i.item, slot, k));
                all.extend(found);
            }
        }
        _ => {}
    }
}

fn number(node: &Node) -> Option<f64> {
    match node {
        Node::Const(Value::Num(n)) => Some(*n),
        Node::Const(Value::Money(m)) => Some(m.major()),
        _ => None,
    }
}

/// The value of `slot` at which `node` equals `k`, where only constants are around it.
fn solve(node: &Node, slot: u32, k: f64) -> Option<f64> {
    match node {
        Node::Slot(s) => (*s == slot).then_some(k),
        Node::Neg(a) => solve(a, slot, -k),
        Node::Arith(a) => {
            let (inner, k) = match (number(&a.0), a.1, number(&a.2)) {
                (None, Sign::Add, Some(c)) => (&a.0, k - c),
                (None, Sign::Sub, Some(c)) => (&a.0, k + c),
                (None, Sign::Mul, Some(c)) => (&a.0, k / c),
                (None, Sign::Div, Some(c)) => (&a.0, k * c),
                (Some(c), Sign::Add, None) => (&a.2, k - c),
                (Some(c), Sign::Sub, None) => (&a.2, c - k),
                (Some(c), Sign::Mul, None) => (&a.2, k / c),
                (Some(c), Sign::Div, None) => (&a.2, c / k),
                _ => return None,
            };
            if k.is_finite() { solve(inner, slot, k) } else { None }
        }
        _ => None,
    }
}
