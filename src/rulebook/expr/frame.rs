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
    /// The event being judged.
    pub event: Option<&'a Props>,
    /// The event that started this run.
    pub start: Option<&'a Props>,
    /// This run's steps.
    pub run: Option<&'a dyn Steps>,
}

/// What conditions may ask about the steps of their own run.
pub trait Steps {
    /// `step.ID.FIELD`; missing where the step was not reached.
    fn field(&self, step: &str, field: &str) -> Value;
}
