//! LENGTH: `90m`, `36h`, `2d`, `2 calendar days`, `2 business days`, `4 business hours`.

use jiff::tz::TimeZone;

use super::calendar::Calendar;
use crate::model::instant::Instant;

/// A length of time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Microseconds: `90m`, `36h`, `2d` (48 h), `90s`.
    Exact(i64),
    /// The same local time N days later.
    CalendarDays(u32),
    /// The same local time on the N-th business day strictly after today.
    BusinessDays(u32),
    /// Business minutes of the calendar (written in hours or minutes).
    BusinessMinutes(u32),
}

impl Length {
    /// Reads a LENGTH; the error says what is accepted.
    pub fn parse(text: &str) -> Result<Length, String> {
        let _ = text;
        todo!()
    }

    /// `from` plus this length, on the zone's clock and the calendar's days.
    pub fn after(self, from: Instant, zone: &TimeZone, calendar: &Calendar) -> Instant {
        let _ = (from, zone, calendar);
        todo!()
    }

    /// `from` minus this length (for `before: DATE, by: LENGTH`).
    pub fn before(self, from: Instant, zone: &TimeZone, calendar: &Calendar) -> Instant {
        let _ = (from, zone, calendar);
        todo!()
    }
}
