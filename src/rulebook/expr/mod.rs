//! Conditions: CEL text → typed check → compiled program → value, explanation, next change.
//!
//! `parse` (the only file that knows the parser) → `check` (types, names, faults) → `node` (what runs);
//! `eval` runs it, `code` is its fast path, `next` tells when it can change, `explain` which clauses decided.

mod check;
mod code;
mod days;
mod eval;
mod explain;
mod extent;
pub mod frame;
mod inspect;
mod next;
mod node;
mod pace;
mod parse;
pub mod schema;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;
mod values;
mod word;

use std::sync::Arc;

use crate::model::{
    diagnostic::{Diagnostic, Place},
    instant::Instant,
    value::Value,
};
use check::{Checker, Typed};
use code::Code;
use eval::Env;
use explain::Clause;
use frame::{Frame, Path};
use node::Node;
use schema::{Schema, Type};
use syntax::{Fault, Syntax};

/// What a text must yield where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A condition: bool (or missing).
    Condition,
    /// A condition that is *awaited* (start, exit, goal, wait_for, milestones, phases …): `local_hour()` is refused.
    Awaited,
    /// A number (metrics, measures, sums).
    Number,
    /// Anything (template vars, `set`).
    Any,
}

/// A checked, compiled condition or value. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Program(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: String,
    ty: Type,
    node: Node,
    code: Code,
    clauses: Clause,
    slots: Vec<u32>,
    names: Vec<String>,
    hints: Vec<Diagnostic>,
}

impl Program {
    /// Parses, checks and compiles `source`, whose first character stands at `place`. All errors at once.
    pub fn compile(source: &str, place: &Place, schema: &Schema, want: Want) -> Result<Program, Vec<Diagnostic>> {
        let tell = |f: Fault| {
            let told = Diagnostic::error(f.rule, &shifted(place, source, f.at), f.message, f.help);
            match f.fix {
                Some((old, new)) => told.mended(old, new),
                None => told,
            }
        };
        let tree = parse::parse(source).map_err(|f| vec![tell(f)])?;
        let mut checker = Checker::new(schema, source);
        let typed = checker.run(&tree);
        if checker.faults.is_empty() {
            checker.faults = unwanted(&checker, &typed, &tree, source, want);
        }
        if !checker.faults.is_empty() {
            return Err(checker.faults.into_iter().map(tell).collect());
        }
        let hint = |f: Fault| Diagnostic::hint(f.rule, &shifted(place, source, f.at), f.message, f.help);
        Ok(Program(Arc::new(Inner {
            source: source.to_owned(),
            clauses: explain::clauses(&tree, source, schema),
            slots: inspect::slots(&typed.node),
            names: checker.names.into_iter().map(|(name, _)| name).collect(),
            hints: checker.hints.into_iter().map(hint).collect(),
            code: Code::of(&typed.node),
            ty: typed.ty,
            node: typed.node,
        })))
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The type it yields.
    pub fn ty(&self) -> Type {
        self.0.ty.clone()
    }

    /// What is legal but probably not meant, e.g. `days_since(x) >= 30` where x may never have been.
    pub fn hints(&self) -> &[Diagnostic] {
        &self.0.hints
    }

    /// The value, `Missing` when not known.
    pub fn eval(&self, frame: &Frame<'_>) -> Value {
        self.0.node.value(Env::of(frame)).into_owned()
    }

    /// Whether the condition holds: true, and neither false nor missing. Allocates nothing.
    pub fn holds(&self, frame: &Frame<'_>) -> bool {
        self.0.code.holds(Env::of(frame))
    }

    /// The value as a number; money in major units; none when missing or no number.
    pub fn number(&self, frame: &Frame<'_>) -> Option<f64> {
        match &*self.0.node.value(Env::of(frame)) {
            Value::Num(n) => Some(*n),
            Value::Money(m) => Some(m.major()),
            _ => None,
        }
    }

    /// The earliest moment after `frame.now` at which the value can change without new facts
    /// (language reference, section 6); none = never by time alone. Never later than the true change.
    pub fn next_change(&self, frame: &Frame<'_>) -> Option<Instant> {
        next::next(&self.0.node, Env::of(frame)).map(|at| at.max(frame.now.plus(1)))
    }

    /// The coming midnights of a number that moves only with slots whose ways are known; none for others.
    pub fn path(&self, frame: &Frame<'_>) -> Option<Path> {
        next::path(&self.0.node, frame)
    }

    /// For conditions judged subject by subject, whose `own` slots (ascending) differ: what decides it from the side
    /// that all of them share, and when that next changes. While the values are the same, and that moment has not
    /// come, only a subject's own values can change the result.
    pub fn shared(&self, own: &[u32], frame: &Frame<'_>) -> (Vec<Value>, Option<Instant>) {
        next::shared(&self.0.node, own, Env::of(frame))
    }

    /// When it next changes by what is the subject's own; none while what is shared keeps it from holding.
    pub fn own_next(&self, own: &[u32], frame: &Frame<'_>) -> Option<Instant> {
        next::own(&self.0.node, own, Env::of(frame)).map(|at| at.max(frame.now.plus(1)))
    }

    /// Whether its value can change only with what it reads: no function of time, no derived value's name.
    pub fn is_plain(&self) -> bool {
        let source = self.source();
        !source.contains('(') && !source.contains("now") && self.0.names.iter().all(|n| n.starts_with("account."))
    }

    /// Whether its value moves only with the slots it reads: no clock, no calendar in it.
    pub fn stands_on_slots(&self) -> bool {
        inspect::stands_on_slots(&self.0.node)
    }

    /// The slots it reads, ascending, without duplicates.
    pub fn slots(&self) -> &[u32] {
        &self.0.slots
    }

    /// Every name the text mentions, as the schema knows it (`account.mrr`, `metric.logins_7d`,
    /// `event.kind`), in order of appearance, without `now` and loop variables.
    pub fn names(&self) -> Vec<String> {
        self.0.names.clone()
    }

    /// Whether the text mentions this name.
    pub fn mentions(&self, name: &str) -> bool {
        self.0.names.iter().any(|n| n == name)
    }

    /// Constants that `slot` is compared with, ascending (for the daily pass: "crosses a constant").
    pub fn thresholds(&self, slot: u32) -> Vec<f64> {
        inspect::thresholds(&self.0.node, slot)
    }

    /// Whether it does nothing with `slot` but compare it with those constants.
    pub fn is_bounded(&self, slot: u32) -> bool {
        inspect::is_bounded(&self.0.node, slot)
    }

    /// The clauses that decided, shortest reason first: for a false `a && b` the false clause(s),
    /// for a true one all; for a false `a || b` all, for a true one the true clause(s); where the
    /// result is missing, the missing ones.
    pub fn explain(&self, frame: &Frame<'_>) -> Vec<Reason> {
        self.0.clauses.reasons(frame)
    }
}

/// What is wrong only because of where the text stands.
fn unwanted(checker: &Checker<'_>, typed: &Typed, tree: &Syntax, source: &str, want: Want) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is = check::plain(&typed.ty);
    match (want, &typed.ty) {
        (Want::Any, _) | (_, Type::Any) | (Want::Condition | Want::Awaited, Type::Bool) => {}
        (Want::Number, Type::Num | Type::Money) => {}
        (Want::Number, _) => {
            let help = "give a number; a condition becomes one as `x ? 1 : 0`";
            faults.push(Fault::new(
                "type-mismatch",
                tree.span.lo,
                format!("a number is needed here, this is {is}"),
                help,
            ));
        }
        (Want::Condition | Want::Awaited, ty) => {
            let message = format!("a condition is true or false, this is {is}");
            faults.push(Fault::new("type-mismatch", tree.span.lo, message, check::truth_help(source.trim(), ty)));
        }
    }
    if want != Want::Any {
        faults.extend(checker.loose_now.iter().map(|at| loose_now(*at)));
    }
    if matches!(want, Want::Awaited | Want::Number) {
        faults.extend(checker.local_hours.iter().map(|at| awaited_hour(*at)));
    }
    faults
}

fn loose_now(at: usize) -> Fault {
    let help = "write `now - x > duration(\"36h\")`, `now + duration(\"2d\") > x`, or count days with days_since(x)";
    Fault::new("not-awaitable", at, "`now` may only be compared with a moment, or as a difference with a length", help)
}

fn awaited_hour(at: usize) -> Fault {
    let help = "use it in a step's `if` or in `where`; for hours of sending use `window`";
    Fault::new("not-awaitable", at, "local_hour() cannot be waited for", help)
}

/// The place of byte `at` of a text that begins at `place`.
fn shifted(place: &Place, source: &str, at: usize) -> Place {
    let head = source.get(..at).unwrap_or(source);
    let lines = head.matches('\n').count() as u32;
    let line_start = head.rfind('\n').map_or(0, |i| i + 1);
    Place { line: place.line + lines, ..place.right(head[line_start..].chars().count() as u32) }
}

/// One clause with the values that decided it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Reason {
    /// The clause as written.
    pub expr: String,
    /// What it yields (`true`, `false`, missing, a number).
    pub value: Value,
    /// Each name in it with its value, in order of appearance.
    pub inputs: Vec<(String, Value)>,
}
