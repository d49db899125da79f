//! Moments in time, as whole microseconds since 1970-01-01T00:00:00Z.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in 24 hours (a local day may be longer or shorter).
pub const DAY: i64 = 24 * HOUR;

/// A moment, in microseconds UTC. Stored as BIGINT, printed as RFC 3339.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// The earliest moment the product accepts: year 1.
    pub const MIN: Instant = Instant(-62_000_000_000 * SECOND);
    /// The latest moment the product accepts: the end of year 9998.
    pub const MAX: Instant = Instant(253_300_000_000 * SECOND);

    /// This moment plus `micros`, kept inside `MIN..=MAX`.
    pub fn plus(self, micros: i64) -> Instant {
        Instant(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds from `earlier` to this moment.
    pub fn since(self, earlier: Instant) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment as a jiff timestamp.
    pub fn timestamp(self) -> Timestamp {
        let micros = self.0.clamp(Self::MIN.0, Self::MAX.0);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The local calendar date in `zone`.
    pub fn date(self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.timestamp()).date()
    }

    /// The local calendar day in `zone`, counted from 1970-01-01.
    pub fn day(self, zone: &TimeZone) -> i32 {
        day_number(self.date(zone))
    }

    /// The first instant of `date` in `zone`; where DST skips midnight, the first instant after the gap.
    pub fn start_of(date: Date, zone: &TimeZone) -> Instant {
        let start = date.to_datetime(jiff::civil::Time::midnight());
        zone.to_ambiguous_zoned(start)
            .compatible()
            .map(|z| Instant::from(z.timestamp()))
            .map_or(Instant::MAX, |at| first_of_day(at, date, zone))
    }

    /// The first instant of day number `day` in `zone`.
    pub fn start_of_day(day: i32, zone: &TimeZone) -> Instant {
        Instant::start_of(date_of(day), zone)
    }

    /// The first instant of the next local day.
    pub fn next_midnight(self, zone: &TimeZone) -> Instant {
        Instant::start_of_day(self.day(zone) + 1, zone)
    }

    /// RFC 3339 with the offset of `zone`, e.g. `2026-04-01T10:00:00+09:00`.
    pub fn rfc3339(self, zone: &TimeZone) -> String {
        let zoned = self.timestamp().to_zoned(zone.clone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// For people: local date and time to the minute, e.g. `2026-04-01 10:00`.
    pub fn short(self, zone: &TimeZone) -> String {
        self.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Reads RFC 3339 or RFC 9557 text with an offset.
    pub fn parse(text: &str) -> Option<Instant> {
        text.parse::<Timestamp>().ok().map(Instant::from)
    }
}

/// A gap at midnight moves `compatible` by the gap's length; a DST gap that swallows
/// midnight then still lands on the right date, so nothing else is needed, but a fold
/// must take its first pass.
fn first_of_day(at: Instant, date: Date, zone: &TimeZone) -> Instant {
    match zone.preceding(at.timestamp()).next() {
        Some(change) => {
            let moment = Instant::from(change.timestamp());
            if moment < at && moment.date(zone) == date && moment.plus(-1).date(zone) != date { moment } else { at }
        }
        None => at,
    }
}

/// Days from 1970-01-01 to `date`.
pub fn day_number(date: Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    (date - epoch).get_days()
}

/// The date `day` days after 1970-01-01, clamped to years 1..=9998.
pub fn date_of(day: i32) -> Date {
    let span = jiff::Span::new().try_days(day).unwrap_or_default();
    jiff::civil::date(1970, 1, 1).saturating_add(span)
}

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Instant {
        Instant(at.as_microsecond())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}
