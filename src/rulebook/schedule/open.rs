//! Stretches of time during which local clocks show certain hours on certain days.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

use super::local;
use crate::model::instant::{DAY, HOUR, Instant, date_of, day_number};

/// How many days are searched before something counts as never open: four years.
pub const SEARCH_DAYS: i32 = 1461;
/// No zone is further from UTC than this; the part of the timeline where a local day can lie.
const REACH: i64 = 26 * HOUR;

/// Half-open `[start, end)`, never empty.
pub type Stretch = (Instant, Instant);

/// Hours of the local day on the days that `works` accepts. A clock time that occurs twice is open
/// twice; one that daylight saving skips never is.
pub struct OpenHours<'a> {
    /// Minutes of the day, half-open.
    pub hours: (u16, u16),
    /// Which dates count.
    pub works: &'a dyn Fn(Date) -> bool,
    /// Whose clocks.
    pub zone: &'a TimeZone,
}

impl OpenHours<'_> {
    /// Whether clocks show an open time at `at`.
    pub fn contains(&self, at: Instant) -> bool {
        let clock = local::clock(at, self.zone);
        let minute = minute_of(clock.time());
        self.hours.0 <= minute && minute < self.hours.1 && (self.works)(clock.date())
    }

    /// The open stretches of a local date, in order; several only where daylight saving cuts it.
    pub fn on(&self, date: Date) -> Vec<Stretch> {
        if !(self.works)(date) {
            return Vec::new();
        }
        let midnight = i64::from(day_number(date)) * DAY;
        let (first, last) = (Instant(0).plus(midnight - REACH), Instant(0).plus(midnight + DAY + REACH));
        let mut found = Vec::with_capacity(1);
        let mut from = first;
        let mut offset = self.zone.to_offset(first.timestamp());
        for change in self.zone.following(first.timestamp()) {
            let until = Instant::from(change.timestamp());
            if until >= last {
                break;
            }
            found.extend(self.under(date, offset, (from, until)));
            (from, offset) = (until, change.offset());
        }
        found.extend(self.under(date, offset, (from, last)));
        found
    }

    /// The first stretch that ends after `at`, cut to begin no earlier than `at`.
    pub fn next(&self, at: Instant) -> Option<Stretch> {
        let after = |day: i32| {
            let ends_later = |s: &Stretch| s.1 > at;
            self.on(date_of(day)).into_iter().find(ends_later).map(|s| (s.0.max(at), s.1))
        };
        let today = at.day(self.zone);
        let (day, found) = (today - 1..today + SEARCH_DAYS).find_map(|day| Some((day, after(day)?)))?;
        // Around a midnight that occurs twice, stretches of two dates interleave.
        Some(after(day + 1).map_or(found, |other| found.min(other)))
    }

    /// The last stretch that begins before `at`, cut to end no later than `at`.
    pub fn previous(&self, at: Instant) -> Option<Stretch> {
        let before = |day: i32| {
            let begins_earlier = |s: &Stretch| s.0 < at;
            self.on(date_of(day)).into_iter().rev().find(begins_earlier).map(|s| (s.0, s.1.min(at)))
        };
        let today = at.day(self.zone);
        let (day, found) = (today - SEARCH_DAYS..=today + 1).rev().find_map(|day| Some((day, before(day)?)))?;
        Some(before(day - 1).map_or(found, |other| if other.1 > found.1 { other } else { found }))
    }

    /// The moment by which `micros` of open time have passed since `from`; none if it never opens again.
    pub fn add(&self, from: Instant, micros: i64) -> Option<Instant> {
        let (mut at, mut left) = (from, micros);
        while left > 0 {
            let (start, end) = self.next(at)?;
            if end.since(start) >= left {
                return Some(start.plus(left));
            }
            left -= end.since(start);
            at = end;
        }
        Some(at)
    }

    /// The moment since which `micros` of open time have passed until `from`; none if it never opened.
    pub fn subtract(&self, from: Instant, micros: i64) -> Option<Instant> {
        let (mut at, mut left) = (from, micros);
        while left > 0 {
            let (start, end) = self.previous(at)?;
            if end.since(start) >= left {
                return Some(end.plus(-left));
            }
            left -= end.since(start);
            at = start;
        }
        Some(at)
    }

    /// The part of `date`'s hours that falls into `[from, until)`, during which clocks run at `offset`.
    fn under(&self, date: Date, offset: Offset, (from, until): Stretch) -> Option<Stretch> {
        let midnight = local::shown(DateTime::from_parts(date, Time::midnight()), offset);
        let minutes = |m: u16| midnight.plus(i64::from(m) * crate::model::instant::MINUTE);
        let stretch = (minutes(self.hours.0).max(from), minutes(self.hours.1).min(until));
        (stretch.0 < stretch.1).then_some(stretch)
    }
}

/// The minute of the day, 0..1440.
pub fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}
