//! The values one evaluation reads.

use jiff::tz::TimeZone;

use crate::{
    model::{
        instant::Instant,
        money::Currency,
        value::{Props, Value},
    },
    rulebook::schedule::calendar::Calendar,
};

/// One subject at one moment: every slot filled, with the moment its value can next change.
pub struct Frame<'a> {
    /// The subject's logical time.
    pub now: Instant,
    /// The account's zone: `days_since` and its like change at its midnights.
    pub zone: &'a TimeZone,
    /// The account's calendar, for business days.
    pub calendar: &'a Calendar,
    /// The account's currency, for bare numbers beside money.
    pub currency: Currency,
    /// Values by slot.
    pub values: &'a [Value],
    /// By slot: when the value can next change by time alone.
    pub next: &'a [Option<Instant>],
    /// What values become at the coming midnights; none = nothing is known beyond `next`.
    pub ahead: Option<&'a dyn Ahead>,
    /// The event being judged.
    pub event: Option<&'a Props>,
    /// The event that started this run.
    pub start: Option<&'a Props>,
    /// This run's steps.
    pub run: Option<&'a dyn Steps>,
}

/// The coming midnights of a number: the local day from whose midnight on it is that, ascending; none = missing then.
/// After the last it stays.
pub type Path = Vec<(i32, Option<f64>)>;

/// Numbers that move by time alone, in a way that is known beforehand: a window loses the days that leave it.
pub trait Ahead {
    /// What the value of a slot becomes while nothing new is heard; none = not known beyond `next`.
    fn path(&self, slot: u32) -> Option<Path>;
}

/// What conditions may ask about the steps of their own run.
pub trait Steps {
    /// `step.ID.FIELD`; missing where the step was not reached.
    fn field(&self, step: &str, field: &str) -> Value;
}
