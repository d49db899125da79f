//! How a number or a moment moves while only time passes.

use super::{
    node::{Days, Node},
    syntax::Sign,
};

/// How the value of a node moves with time, its slots held still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Not by itself; whatever is inside answers for itself.
    Still,
    /// By so many microseconds each microsecond.
    Clock(i32),
    /// By so many each local midnight.
    Day(i32),
    /// By so many each midnight that begins a business day.
    Business(i32),
    /// At midnights, by no simple rule.
    Nights,
    /// All the time, by no simple rule: refused where a condition is awaited.
    Wild,
}

impl Pace {
    /// The pace of a sum (`times` 1) or a difference (−1).
    pub fn plus(self, other: Pace, times: i32) -> Pace {
        match (self, other.scaled(times)) {
            (a, Pace::Still) => a,
            (Pace::Still, b) => b,
            (Pace::Clock(a), Pace::Clock(b)) => Pace::Clock(a + b),
            (Pace::Day(a), Pace::Day(b)) => Pace::Day(a + b),
            (Pace::Business(a), Pace::Business(b)) => Pace::Business(a + b),
            (Pace::Clock(_) | Pace::Wild, _) | (_, Pace::Clock(_) | Pace::Wild) => Pace::Wild,
            _ => Pace::Nights,
        }
    }

    fn scaled(self, times: i32) -> Pace {
        match self {
            Pace::Clock(a) => Pace::Clock(a * times),
            Pace::Day(a) => Pace::Day(a * times),
            Pace::Business(a) => Pace::Business(a * times),
            other => other,
        }
    }

    /// Where the value goes through something that is no sum.
    fn bent(self) -> Pace {
        match self {
            Pace::Still => Pace::Still,
            Pace::Clock(_) | Pace::Wild => Pace::Wild,
            Pace::Day(_) | Pace::Business(_) | Pace::Nights => Pace::Nights,
        }
    }

    /// Of two, the one that moves more.
    fn worst(self, other: Pace) -> Pace {
        match (self.bent(), other.bent()) {
            (Pace::Wild, _) | (_, Pace::Wild) => Pace::Wild,
            (Pace::Nights, _) | (_, Pace::Nights) => Pace::Nights,
            _ => Pace::Still,
        }
    }
}

/// The pace of `node`.
pub(super) fn pace(node: &Node) -> Pace {
    match node {
        Node::Now => Pace::Clock(1),
        Node::Days(kind, inner) => match (pace(inner), kind) {
            (Pace::Still, Days::Since) => Pace::Day(1),
            (Pace::Still, Days::Until) => Pace::Day(-1),
            (Pace::Still, Days::BusinessSince) => Pace::Business(1),
            (moving, _) => moving.bent(),
        },
        Node::Arith(a) => match a.1 {
            Sign::Add => pace(&a.0).plus(pace(&a.2), 1),
            Sign::Sub => pace(&a.0).plus(pace(&a.2), -1),
            Sign::Mul | Sign::Div | Sign::Rem => pace(&a.0).worst(pace(&a.2)),
        },
        Node::Neg(a) => Pace::Still.plus(pace(a), -1),
        Node::If(three) => pace(&three[1]).worst(pace(&three[2])),
        Node::List(items) => items.iter().map(pace).fold(Pace::Still, Pace::worst),
        Node::Convert(_, a) | Node::Size(a) => pace(a).bent(),
        // Slots, properties and truths know themselves when they change.
        _ => Pace::Still,
    }
}
