//! Send windows: which local days and hours a customer may be written to.

use jiff::tz::TimeZone;

use super::{calendar::Calendar, length::Length};
use crate::model::instant::Instant;

/// Whose clock a window or a cron follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneOf {
    /// The contact's, else the account's, else the workspace's.
    Contact,
    /// The account's, else the workspace's.
    Account,
    /// The workspace's.
    Workspace,
}

/// A send window, half-open: `[10:00, 17:00)` on the given weekdays that are not closed in the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendWindow {
    /// Monday first.
    pub days: [bool; 7],
    /// Minutes of the local day, half-open; `(0, 1440)` is all day.
    pub hours: (u16, u16),
    /// Whose clock.
    pub zone: ZoneOf,
    /// A calendar whose closed days are shut too; none = weekdays only.
    pub calendar: Option<String>,
}

impl SendWindow {
    /// Whether `at` is inside.
    pub fn is_open(&self, at: Instant, zone: &TimeZone, calendar: &Calendar) -> bool {
        let _ = (at, zone, calendar);
        todo!()
    }

    /// The first moment at or after `at` that is inside; none if it never opens within four years.
    pub fn next_open(&self, at: Instant, zone: &TimeZone, calendar: &Calendar) -> Option<Instant> {
        let _ = (at, zone, calendar);
        todo!()
    }

    /// When a message that became ready at `ready` is given up (`hold_at_most`, language reference):
    /// business days = the same local time on the N-th following day on which this window opens;
    /// hours = open time only.
    pub fn hold_until(&self, ready: Instant, at_most: Length, zone: &TimeZone, calendar: &Calendar) -> Instant {
        let _ = (ready, at_most, zone, calendar);
        todo!()
    }
}
