//! Running a compiled tree over one frame. Total: whatever does not fit is missing.

use std::borrow::Cow;

use super::{
    days,
    frame::Frame,
    node::{Convert, In, Loop, Node, TextTest},
    syntax::Op,
    values::{arith, compare, negative},
};
use crate::model::value::{Props, Value};

static MISSING: Value = Value::Missing;

/// What one evaluation sees: the frame, and the variables of the loops around.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub frame: &'a Frame<'a>,
    pub vars: Option<&'a Bound<'a>>,
}

/// A loop's variable, and those of the loops around it.
pub(super) struct Bound<'a> {
    pub depth: usize,
    pub value: &'a Value,
    pub outer: Option<&'a Bound<'a>>,
}

impl<'a> Env<'a> {
    /// Without loops around.
    pub fn of(frame: &'a Frame<'a>) -> Env<'a> {
        Env { frame, vars: None }
    }

    /// The value of a slot.
    #[inline]
    pub fn slot(self, slot: u32) -> &'a Value {
        self.frame.values.get(slot as usize).unwrap_or(&MISSING)
    }

    fn var(self, depth: usize) -> &'a Value {
        let mut bound = self.vars;
        while let Some(b) = bound {
            if b.depth == depth {
                return b.value;
            }
            bound = b.outer;
        }
        &MISSING
    }
}

impl Node {
    /// The truth of it; none = missing.
    pub fn truth(&self, env: Env<'_>) -> Option<bool> {
        match self {
            Node::SlotNum { slot, op, than } => slot_num(env.slot(*slot), *op, *than),
            Node::SlotText { slot, equal, text } => env.slot(*slot).as_text().map(|t| (t == &**text) == *equal),
            Node::SlotWords { slot, words } => env.slot(*slot).as_text().map(|t| words.iter().any(|w| &**w == t)),
            Node::Slot(slot) => env.slot(*slot).as_bool(),
            Node::Not(a) => a.truth(env).map(|b| !b),
            Node::All(list) => join(list, env, false),
            Node::Any(list) => join(list, env, true),
            Node::Has(a) => Some(!a.value(env).is_missing()),
            Node::Compare(c) => compare(&c.left.value(env), c.op, &c.right.value(env), env.frame.zone),
            Node::In(i) => member(i, env),
            Node::Text(test, two) => text_test(*test, &two.0.value(env), &two.1.value(env)),
            Node::Loop(l) => run_loop(l, env),
            _ => self.value(env).as_bool(),
        }
    }

    /// The value of it.
    pub fn value<'a>(&'a self, env: Env<'a>) -> Cow<'a, Value> {
        match self {
            Node::Const(value) => Cow::Borrowed(value),
            Node::Slot(slot) => Cow::Borrowed(env.slot(*slot)),
            Node::Var(depth) => Cow::Borrowed(env.var(*depth)),
            Node::Event(name) => property(env.frame.event, name),
            Node::Start(name) => property(env.frame.start, name),
            Node::If(three) => match three[0].truth(env) {
                Some(true) => three[1].value(env),
                Some(false) => three[2].value(env),
                None => Cow::Borrowed(&MISSING),
            },
            other => Cow::Owned(other.computed(env)),
        }
    }

    fn computed(&self, env: Env<'_>) -> Value {
        match self {
            Node::Step(step) => env.frame.run.map_or(Value::Missing, |run| run.field(&step.0, &step.1)),
            Node::Now => Value::Instant(env.frame.now),
            Node::Arith(a) => arith(&a.0.value(env), a.1, &a.2.value(env), env.frame.zone),
            Node::Neg(a) => negative(&a.value(env)),
            Node::List(items) => Value::List(items.iter().map(|i| i.value(env).into_owned()).collect()),
            Node::Days(kind, a) => days::count(*kind, &a.value(env), env.frame).map_or(Value::Missing, Value::Num),
            Node::LocalHour => Value::Num(f64::from(days::local_hour(env.frame))),
            Node::Size(a) => size(&a.value(env)),
            Node::Convert(to, a) => convert(*to, &a.value(env)),
            Node::Const(_) | Node::Slot(_) | Node::Var(_) | Node::Event(_) | Node::Start(_) | Node::If(_) => {
                Value::Missing
            }
            Node::Not(_) | Node::All(_) | Node::Any(_) | Node::Has(_) | Node::Compare(_) | Node::In(_) => {
                self.verdict(env)
            }
            Node::SlotNum { .. } | Node::SlotText { .. } | Node::SlotWords { .. } => self.verdict(env),
            Node::Text(..) | Node::Loop(_) => self.verdict(env),
        }
    }

    fn verdict(&self, env: Env<'_>) -> Value {
        self.truth(env).map_or(Value::Missing, Value::Bool)
    }
}

#[inline]
fn slot_num(value: &Value, op: Op, than: f64) -> Option<bool> {
    let n = match value {
        Value::Num(n) => *n,
        Value::Money(m) => m.major(),
        _ => return None,
    };
    n.partial_cmp(&than).map(|order| op.holds(order))
}

/// `&&` (`decides` = false) and `||` (`decides` = true): one deciding part is enough, whatever is missing.
#[inline]
fn join(list: &[Node], env: Env<'_>, decides: bool) -> Option<bool> {
    let mut all_known = true;
    for node in list {
        match node.truth(env) {
            Some(b) if b == decides => return Some(decides),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decides)
}

fn member(i: &In, env: Env<'_>) -> Option<bool> {
    let item = i.item.value(env);
    let list = i.list.value(env);
    let Value::List(items) = &*list else { return None };
    if item.is_missing() {
        return None;
    }
    let mut unknown = false;
    for other in items.iter() {
        match compare(&item, Op::Eq, other, env.frame.zone) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown |= other.is_missing(),
        }
    }
    (!unknown).then_some(false)
}

fn run_loop(l: &Loop, env: Env<'_>) -> Option<bool> {
    let list = l.list.value(env);
    let Value::List(items) = &*list else { return None };
    let depth = env.vars.map_or(0, |v| v.depth + 1);
    let decides = !l.all;
    let mut all_known = true;
    for value in items.iter() {
        let bound = Bound { depth, value, outer: env.vars };
        match l.body.truth(Env { frame: env.frame, vars: Some(&bound) }) {
            Some(b) if b == decides => return Some(decides),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decides)
}

fn property<'a>(props: Option<&'a Props>, name: &str) -> Cow<'a, Value> {
    Cow::Borrowed(props.and_then(|p| p.get(name)).unwrap_or(&MISSING))
}

fn text_test(test: TextTest, text: &Value, part: &Value) -> Option<bool> {
    let (text, part) = (text.as_text()?, part.as_text()?);
    Some(match test {
        TextTest::StartsWith => text.starts_with(part),
        TextTest::EndsWith => text.ends_with(part),
        TextTest::Contains => text.contains(part),
    })
}

fn size(value: &Value) -> Value {
    match value {
        Value::Text(t) => Value::Num(t.chars().count() as f64),
        Value::List(items) => Value::Num(items.len() as f64),
        _ => Value::Missing,
    }
}

/// Reads a text as a moment, a day or a length; what is one already stays.
pub(super) fn convert(to: Convert, value: &Value) -> Value {
    let read = match (to, value) {
        (Convert::Instant, Value::Instant(_)) | (Convert::Date, Value::Date(_)) => Some(value.clone()),
        (Convert::Duration, Value::Duration(_)) => Some(value.clone()),
        (Convert::Instant, Value::Text(t)) => days::parse_instant(t).map(Value::Instant),
        (Convert::Date, Value::Text(t)) => days::parse_date(t).map(Value::Date),
        (Convert::Duration, Value::Text(t)) => days::parse_duration(t).map(Value::Duration),
        _ => None,
    };
    read.unwrap_or_default()
}
