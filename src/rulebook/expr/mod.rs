//! Conditions: CEL text → typed check → compiled program → value, explanation, next change.

pub mod frame;
pub mod schema;

use crate::model::{
    diagnostic::{Diagnostic, Place},
    instant::Instant,
    value::Value,
};
use frame::Frame;
use schema::{Schema, Type};

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

/// A checked, compiled condition or value.
#[derive(Clone, Debug)]
pub struct Program {
    source: String,
}

impl Program {
    /// Parses, checks and compiles `source`, whose first character stands at `place`.
    pub fn compile(source: &str, place: &Place, schema: &Schema, want: Want) -> Result<Program, Vec<Diagnostic>> {
        let _ = (place, schema, want);
        Ok(Program { source: source.to_owned() })
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The type it yields.
    pub fn ty(&self) -> Type {
        todo!()
    }

    /// The value, `Missing` when not known.
    pub fn eval(&self, frame: &Frame<'_>) -> Value {
        let _ = frame;
        todo!()
    }

    /// Whether the condition holds: true, and neither false nor missing.
    pub fn holds(&self, frame: &Frame<'_>) -> bool {
        self.eval(frame) == Value::Bool(true)
    }

    /// The earliest moment after `frame.now` at which the value can change without new facts
    /// (language reference, section 6); none = never by time alone. Never later than the true change.
    pub fn next_change(&self, frame: &Frame<'_>) -> Option<Instant> {
        let _ = frame;
        todo!()
    }

    /// The slots it reads, ascending, without duplicates.
    pub fn slots(&self) -> &[u32] {
        todo!()
    }

    /// Every name the text mentions, as written (`account.mrr`, `metric.logins_7d`, `event.kind`).
    pub fn names(&self) -> Vec<String> {
        todo!()
    }

    /// Constants that `slot` is compared with (for the daily pass: "crosses a constant").
    pub fn thresholds(&self, slot: u32) -> Vec<f64> {
        let _ = slot;
        todo!()
    }

    /// The clauses that decided, shortest reason first: for a false `a && b` the false clause(s),
    /// for a true one all; for a false `a || b` all, for a true one the true clause(s).
    pub fn explain(&self, frame: &Frame<'_>) -> Vec<Reason> {
        let _ = frame;
        todo!()
    }
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
