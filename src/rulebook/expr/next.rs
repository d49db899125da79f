//! When a value can next change without new facts (language reference, section 6): exact for the forms
//! that are awaited, never later than the true change for all others.

use super::{
    days,
    eval::{Bound, Env},
    frame::{Frame, Path},
    inspect,
    node::{Compare, Loop, Node},
    pace::{Pace, pace},
    values::moment,
};
use crate::model::{
    instant::{Instant, date_of},
    value::Value,
};

/// Business days are sought at most so many days ahead; then the search itself is the next change.
const HORIZON: i32 = 400;
/// Midnights tried one by one where no rule says which.
const NIGHTS: i32 = 31;

/// The earliest moment at which `node` can change; none = never by time alone.
pub(super) fn next(node: &Node, env: Env<'_>) -> Option<Instant> {
    match node {
        Node::All(list) => joined(list, env, false),
        Node::Any(list) => joined(list, env, true),
        Node::If(three) => {
            let branch = match three[0].truth(env) {
                Some(true) => next(&three[1], env),
                Some(false) => next(&three[2], env),
                None => None,
            };
            earliest(next(&three[0], env), branch)
        }
        Node::Compare(c) => compared(node, c, env),
        Node::In(i) if moves_at_night(&i.item, &i.list) => {
            earliest(earliest(steady(&i.item, env), steady(&i.list, env)), by_nights(node, env))
        }
        Node::Now => Some(env.frame.now.plus(1)),
        Node::Days(_, a) => earliest(Some(env.frame.now.next_midnight(env.frame.zone)), next(a, env)),
        Node::LocalHour => Some(days::next_hour(env.frame)),
        Node::Loop(l) => looped(l, env),
        Node::SlotNum { .. } => by_path(node, env),
        _ => match node.slot() {
            Some(slot) => moves(slot, env.frame),
            None => node.children().into_iter().fold(None, |at, child| earliest(at, next(child, env))),
        },
    }
}

/// The clauses of a conjunction; anything else is one clause.
fn clauses(node: &Node) -> &[Node] {
    match node {
        Node::All(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// What decides a condition from the side that all subjects share: the results of clauses that are shared as a whole,
/// and the shared values (with their next changes) that other clauses read; and when a shared clause next changes.
pub(super) fn shared(node: &Node, own: &[u32], env: Env<'_>) -> (Vec<Value>, Option<Instant>) {
    let (mut values, mut at) = (Vec::new(), None);
    for clause in clauses(node) {
        if !inspect::is_own(clause, own) {
            values.push(clause.value(env).into_owned());
            at = earliest(at, next(clause, env));
            continue;
        }
        for slot in inspect::slots(clause).into_iter().filter(|slot| own.binary_search(slot).is_err()) {
            let place = slot as usize;
            values.push(env.frame.values.get(place).cloned().unwrap_or_default());
            values.push(env.frame.next.get(place).copied().flatten().map_or(Value::Missing, Value::Instant));
        }
    }
    (values, at)
}

/// When a condition next changes by what is the subject's own; none while a shared clause keeps it from holding.
pub(super) fn own(node: &Node, own: &[u32], env: Env<'_>) -> Option<Instant> {
    let (mine, common): (Vec<&Node>, Vec<&Node>) = clauses(node).iter().partition(|c| inspect::is_own(c, own));
    if common.iter().any(|clause| clause.truth(env) != Some(true)) {
        return None;
    }
    together(&mine, env, false)
}

fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// While one part decides, nothing else matters: it changes no sooner than the last deciding part does.
fn joined(list: &[Node], env: Env<'_>, decides: bool) -> Option<Instant> {
    together(&list.iter().collect::<Vec<_>>(), env, decides)
}

fn together(list: &[&Node], env: Env<'_>, decides: bool) -> Option<Instant> {
    let mut deciding = list.iter().filter(|n| n.truth(env) == Some(decides)).peekable();
    if deciding.peek().is_none() {
        return list.iter().fold(None, |at, n| earliest(at, next(n, env)));
    }
    deciding.map(|n| next(n, env)).try_fold(Instant::MIN, |at, n| n.map(|n| n.max(at)))
}

fn looped(l: &Loop, env: Env<'_>) -> Option<Instant> {
    let list = l.list.value(env);
    let mut at = next(&l.list, env);
    if let Value::List(items) = &*list {
        let depth = env.vars.map_or(0, |v| v.depth + 1);
        for value in items.iter() {
            let bound = Bound { depth, value, outer: env.vars };
            at = earliest(at, next(&l.body, Env { frame: env.frame, vars: Some(&bound) }));
        }
    }
    at
}

fn compared(node: &Node, c: &Compare, env: Env<'_>) -> Option<Instant> {
    let flip = match c.pace {
        Pace::Still => return by_path(node, env),
        Pace::Wild => return Some(env.frame.now.plus(1)),
        Pace::Clock(slope) => clock_flip(c, slope, env),
        Pace::Day(slope) => day_flip(c, slope, env),
        Pace::Business(slope) => business_flip(c, slope, env),
        Pace::Nights => by_nights(node, env),
    };
    earliest(flip, earliest(steady(&c.left, env), steady(&c.right, env)))
}

/// When the value of a slot next changes.
fn moves(slot: u32, frame: &Frame<'_>) -> Option<Instant> {
    frame.next.get(slot as usize).copied().flatten()
}

/// A comparison of what only slots move: where their ways are known, the first midnight at which it turns out otherwise;
/// else when one of them changes.
fn by_path(node: &Node, env: Env<'_>) -> Option<Instant> {
    let soonest = match node {
        Node::Compare(c) => earliest(next(&c.left, env), next(&c.right, env)),
        one => one.slot().and_then(|slot| moves(slot, env.frame)),
    }?;
    match turns(node, env) {
        Some(day) => day.map(|day| Instant::start_of_day(day, env.frame.zone)),
        None => Some(soonest),
    }
}

/// The first day on which `node` turns out otherwise, if any; none where the ways of its slots are not known.
fn turns(node: &Node, env: Env<'_>) -> Option<Option<i32>> {
    let today = node.truth(env);
    if let Node::SlotNum { slot, op, than } = node {
        let judge = |n: f64| n.partial_cmp(than).map(|order| op.holds(order));
        let path = env.frame.ahead?.path(*slot)?;
        return Some(path.into_iter().find(|(_, n)| n.and_then(judge) != today).map(|(day, _)| day));
    }
    let ways = ways(node, env.frame)?;
    Some(walk(&ways, env.frame, |_, frame| node.truth(Env::of(frame)) != today))
}

/// The ways of all slots below `node` that move; none where one of them is not known, or something else moves.
fn ways(node: &Node, frame: &Frame<'_>) -> Option<Vec<(u32, Path)>> {
    let ahead = frame.ahead.filter(|_| inspect::stands_on_slots(node))?;
    let moving = inspect::slots(node).into_iter().filter(|slot| moves(*slot, frame).is_some());
    moving.map(|slot| Some((slot, ahead.path(slot)?))).collect()
}

/// Goes from midnight to midnight along the ways, until `stop` says so; answers the day where it did.
fn walk(ways: &[(u32, Path)], frame: &Frame<'_>, mut stop: impl FnMut(i32, &Frame<'_>) -> bool) -> Option<i32> {
    let mut values = frame.values.to_vec();
    let mut places = vec![0; ways.len()];
    loop {
        let coming = ways.iter().zip(&places).filter_map(|((_, path), place)| path.get(*place));
        let day = coming.map(|(day, _)| *day).min()?;
        for ((slot, path), place) in ways.iter().zip(&mut places) {
            if let Some((_, value)) = path.get(*place).filter(|(at, _)| *at == day) {
                *place += 1;
                if let Some(held) = values.get_mut(*slot as usize) {
                    *held = value.map_or(Value::Missing, Value::Num);
                }
            }
        }
        if stop(day, &Frame { values: &values, ..*frame }) {
            return Some(day);
        }
    }
}

/// The way of a number that is computed from slots whose ways are known; none where it is no plain number (an amount).
pub(super) fn path(node: &Node, frame: &Frame<'_>) -> Option<Path> {
    let (ways, mut path) = (ways(node, frame)?, Path::new());
    let strange = walk(&ways, frame, |day, at| {
        let value = node.value(Env::of(at));
        path.push((day, value.as_num()));
        !matches!(*value, Value::Num(_) | Value::Missing)
    });
    strange.is_none().then_some(path)
}

fn moves_at_night(item: &Node, list: &Node) -> bool {
    let both = pace(item).plus(pace(list), 1);
    matches!(both, Pace::Day(_) | Pace::Business(_) | Pace::Nights)
}

/// The next change of what stands still while `now` and the days move.
fn steady(node: &Node, env: Env<'_>) -> Option<Instant> {
    match node {
        Node::Now => None,
        Node::Days(_, a) => next(a, env),
        Node::Arith(a) => earliest(steady(&a.0, env), steady(&a.2, env)),
        Node::Neg(a) => steady(a, env),
        Node::List(items) => items.iter().fold(None, |at, i| earliest(at, steady(i, env))),
        other => next(other, env),
    }
}

/// The smallest whole `k >= 1` at which `op` judges `gap + slope * k` otherwise than `gap`.
fn steps_to_flip(c: &Compare, gap: f64, slope: i32) -> Option<f64> {
    let judge = |gap: f64| gap.partial_cmp(&0.0).map(|order| c.op.holds(order));
    let today = judge(gap)?;
    let zero = -gap / f64::from(slope);
    if !zero.is_finite() {
        return None;
    }
    let tries = [zero.ceil(), zero.floor() + 1.0];
    tries.into_iter().map(|k| k.max(1.0)).find(|k| judge(gap + f64::from(slope) * k) != Some(today))
}

fn clock_flip(c: &Compare, slope: i32, env: Env<'_>) -> Option<Instant> {
    if slope == 0 {
        return None;
    }
    let gap = micros_between(&c.left.value(env), &c.right.value(env), env.frame)?;
    let judge = |gap: i64| c.op.holds(gap.cmp(&0));
    let (toward, distance) = (i64::from(slope.signum()), i64::from(slope.abs()));
    // Moving away from equality never comes back to it.
    if gap.signum() == toward {
        return None;
    }
    let zero = gap.saturating_abs().div_euclid(distance) + i64::from(gap.saturating_abs() % distance != 0);
    let tries = [zero, gap.saturating_abs() / distance + 1];
    let steps = tries
        .into_iter()
        .map(|k| k.max(1))
        .find(|k| judge(gap.saturating_add(i64::from(slope).saturating_mul(*k))) != judge(gap))?;
    Some(env.frame.now.plus(steps))
}

fn micros_between(left: &Value, right: &Value, frame: &Frame<'_>) -> Option<i64> {
    match (left, right) {
        (Value::Duration(a), Value::Duration(b)) => Some(a.saturating_sub(*b)),
        _ => Some(moment(left, frame.zone)?.since(moment(right, frame.zone)?)),
    }
}

fn gap(c: &Compare, env: Env<'_>) -> Option<f64> {
    Some(c.left.value(env).as_num()? - c.right.value(env).as_num()?)
}

fn day_flip(c: &Compare, slope: i32, env: Env<'_>) -> Option<Instant> {
    let days = steps_to_flip(c, gap(c, env)?, slope)?;
    // Further than any date the product accepts.
    if days > 4_000_000.0 {
        return None;
    }
    Some(midnight(env.frame, days as i32))
}

fn midnight(frame: &Frame<'_>, days: i32) -> Instant {
    Instant::start_of_day(frame.now.day(frame.zone) + days, frame.zone)
}

fn business_flip(c: &Compare, slope: i32, env: Env<'_>) -> Option<Instant> {
    let mut left = steps_to_flip(c, gap(c, env)?, slope)?;
    let today = env.frame.now.day(env.frame.zone);
    for k in 1..=HORIZON {
        if env.frame.calendar.is_business_day(date_of(today + k)) {
            left -= 1.0;
        }
        if left <= 0.0 {
            return Some(midnight(env.frame, k));
        }
    }
    Some(midnight(env.frame, HORIZON))
}

/// Tries the coming midnights one by one.
fn by_nights(node: &Node, env: Env<'_>) -> Option<Instant> {
    let today = node.truth(env);
    let changed = |k: &i32| {
        let frame = Frame { now: midnight(env.frame, *k), ..*env.frame };
        node.truth(Env { frame: &frame, vars: env.vars }) != today
    };
    let k = (1..=NIGHTS).find(changed).unwrap_or(NIGHTS);
    Some(midnight(env.frame, k))
}
