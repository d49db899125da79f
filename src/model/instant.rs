//! Moments in time, as whole microseconds since 1970-01-01T00:00:00Z.

use std::fmt;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{AmbiguousOffset, TimeZone},
};
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
        let offset = i64::from(zone.to_offset(self.timestamp()).seconds()) * SECOND;
        let local = self.0.clamp(Self::MIN.0, Self::MAX.0) + offset;
        i32::try_from(local.div_euclid(DAY)).unwrap_or_default()
    }

    /// The first instant of `date` in `zone`; where DST skips midnight, the first instant after the gap.
    pub fn start_of(date: Date, zone: &TimeZone) -> Instant {
        let start = date.to_datetime(jiff::civil::Time::midnight());
        // A midnight that occurs once, without a gap before it, is the first instant of its day.
        if let AmbiguousOffset::Unambiguous { offset } = zone.to_ambiguous_timestamp(start).offset() {
            let utc = i64::from(day_number(date)) * DAY - i64::from(offset.seconds()) * SECOND;
            return Instant(0).plus(utc);
        }
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
    // Years begin in March, so that the leap day is the last one; 719,468 days lie before 1970-01-01.
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date `day` days after 1970-01-01, clamped to years 1..=9998.
pub fn date_of(day: i32) -> Date {
    if !(-719_162..2_932_532).contains(&day) {
        return far_date(day);
    }
    let from_march = day + 719_468;
    let (era, of_era) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i32::from(month <= 2);
    Date::new(year as i16, month as i8, of_month as i8).unwrap_or_else(|_| far_date(day))
}

/// Days outside the years 1 to 9998.
fn far_date(day: i32) -> Date {
    // More days than a span can hold; the sum is clamped anyway.
    let span = jiff::Span::new().days(day.clamp(-7_000_000, 7_000_000));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_with_the_calendar_of_the_library() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for day in (-719_162..2_932_532).step_by(89) {
            let date = epoch.saturating_add(jiff::Span::new().days(day));
            assert_eq!((date_of(day), day_number(date)), (date, day));
        }
        assert_eq!(day_number(jiff::civil::date(2024, 2, 29)), 19_782);
        assert_eq!(date_of(i32::MAX), jiff::civil::Date::MAX);
    }

    /// Minute by minute over the changes of zones that move at midnight: the first instant that shows the date.
    #[test]
    fn a_day_begins_with_its_first_instant_also_where_clocks_change_at_midnight() {
        let cases = [
            ("America/Sao_Paulo", "2018-11-02"),
            ("America/Toronto", "1986-10-25"),
            ("America/St_Johns", "2006-10-28"),
            ("Asia/Beirut", "2023-03-24"),
            ("Africa/Cairo", "2023-10-26"),
            ("America/Havana", "2025-11-01"),
            ("America/New_York", "2026-03-07"),
            ("Asia/Tokyo", "2026-03-07"),
        ];
        for (name, first) in cases {
            let zone = TimeZone::get(name).unwrap();
            let first: Date = first.parse().unwrap();
            let from = Instant::from(zone.to_ambiguous_timestamp(first.at(12, 0, 0, 0)).compatible().unwrap());
            for ahead in 1..4 {
                let date = date_of(day_number(first) + ahead);
                let shown = (0..4 * 24 * 60).map(|m| from.plus(m * MINUTE)).find(|at| at.date(&zone) == date);
                assert_eq!(Instant::start_of(date, &zone), shown.unwrap(), "{name} {date}");
                assert_eq!(shown.unwrap().day(&zone), day_number(date), "{name} {date}");
            }
        }
    }
}
