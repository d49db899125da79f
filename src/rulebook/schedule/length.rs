//! LENGTH: `90m`, `36h`, `2d`, `2 calendar days`, `2 business days`, `4 business hours`.

use std::fmt;

use jiff::{civil::Date, tz::TimeZone};

use super::{calendar::Calendar, local};
use crate::model::instant::{DAY, HOUR, Instant, MINUTE, SECOND, date_of, day_number};

/// The longest length accepted, in days: a hundred years.
const MOST_DAYS: i64 = 36_525;
/// The most business minutes accepted: 10,000 hours.
const MOST_BUSINESS_MINUTES: i64 = 600_000;

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
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.split_whitespace().collect::<Vec<_>>().join(" ");
        let Ok(number) = number.parse::<i64>() else { return Err(not_a_length(text)) };
        if !MOST_DAYS.checked_mul(86_400).is_some_and(|most| number <= most) {
            return Err(too_long(text));
        }
        Length::of(number, &unit, text)
    }

    /// `from` plus this length, on the zone's clock and the calendar's days.
    /// `Instant::MAX` where the calendar has no business time left.
    pub fn after(self, from: Instant, zone: &TimeZone, calendar: &Calendar) -> Instant {
        match self {
            Length::Exact(micros) => from.plus(micros),
            Length::CalendarDays(0) | Length::BusinessDays(0) | Length::BusinessMinutes(0) => from,
            Length::CalendarDays(days) => on_day(from, zone, Some(shifted(from.date(zone), i64::from(days)))),
            Length::BusinessDays(days) => on_day(from, zone, calendar.nth_after(from.date(zone), i64::from(days))),
            Length::BusinessMinutes(minutes) => calendar
                .business_hours(zone, |open| open.add(from, i64::from(minutes) * MINUTE))
                .unwrap_or(Instant::MAX),
        }
    }

    /// `from` minus this length (for `before: DATE, by: LENGTH`).
    /// `Instant::MIN` where the calendar has no business time before.
    pub fn before(self, from: Instant, zone: &TimeZone, calendar: &Calendar) -> Instant {
        let earlier = |date: Option<Date>| if date.is_some() { on_day(from, zone, date) } else { Instant::MIN };
        match self {
            Length::Exact(micros) => from.plus(micros.saturating_neg()),
            Length::CalendarDays(0) | Length::BusinessDays(0) | Length::BusinessMinutes(0) => from,
            Length::CalendarDays(days) => earlier(Some(shifted(from.date(zone), -i64::from(days)))),
            Length::BusinessDays(days) => earlier(calendar.nth_before(from.date(zone), i64::from(days))),
            Length::BusinessMinutes(minutes) => calendar
                .business_hours(zone, |open| open.subtract(from, i64::from(minutes) * MINUTE))
                .unwrap_or(Instant::MIN),
        }
    }

    fn of(number: i64, unit: &str, text: &str) -> Result<Length, String> {
        let exact = |micros: i64| match number.checked_mul(micros) {
            Some(total) if total <= MOST_DAYS * DAY => Ok(Length::Exact(total)),
            _ => Err(too_long(text)),
        };
        let counted = |count: i64, most: i64, make: fn(u32) -> Length| match u32::try_from(count) {
            Ok(count) if i64::from(count) <= most => Ok(make(count)),
            _ => Err(too_long(text)),
        };
        match unit {
            "s" => exact(SECOND),
            "m" => exact(MINUTE),
            "h" => exact(HOUR),
            "d" => exact(DAY),
            "calendar day" | "calendar days" => counted(number, MOST_DAYS, Length::CalendarDays),
            "business day" | "business days" => counted(number, MOST_DAYS, Length::BusinessDays),
            "business hour" | "business hours" => counted(number * 60, MOST_BUSINESS_MINUTES, Length::BusinessMinutes),
            "business minute" | "business minutes" => counted(number, MOST_BUSINESS_MINUTES, Length::BusinessMinutes),
            "day" | "days" => Err(format!(
                "`{text}` could mean two things: write `{number}d` ({} hours), `{number} calendar days` (the same local time) or `{number} business days`",
                number * 24
            )),
            _ => Err(not_a_length(text)),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: u32| if n == 1 { "" } else { "s" };
        match *self {
            Length::Exact(micros) if micros % DAY == 0 && micros != 0 => write!(f, "{}d", micros / DAY),
            Length::Exact(micros) if micros % HOUR == 0 => write!(f, "{}h", micros / HOUR),
            Length::Exact(micros) if micros % MINUTE == 0 => write!(f, "{}m", micros / MINUTE),
            Length::Exact(micros) => write!(f, "{}s", micros / SECOND),
            Length::CalendarDays(n) => write!(f, "{n} calendar day{}", plural(n)),
            Length::BusinessDays(n) => write!(f, "{n} business day{}", plural(n)),
            Length::BusinessMinutes(n) if n % 60 == 0 => write!(f, "{} business hour{}", n / 60, plural(n / 60)),
            Length::BusinessMinutes(n) => write!(f, "{n} business minute{}", plural(n)),
        }
    }
}

fn on_day(from: Instant, zone: &TimeZone, date: Option<Date>) -> Instant {
    let time = local::clock(from, zone).time();
    date.map_or(Instant::MAX, |date| local::resolve(date.to_datetime(time), zone))
}

fn shifted(date: Date, days: i64) -> Date {
    let day = i64::from(day_number(date)) + days;
    date_of(i32::try_from(day).unwrap_or(i32::MAX))
}

fn not_a_length(text: &str) -> String {
    format!(
        "`{text}` is not a length of time: write `90s`, `90m`, `36h`, `2d`, `2 calendar days`, `2 business days` or `4 business hours`"
    )
}

fn too_long(text: &str) -> String {
    format!("`{text}` is too long: at most {MOST_DAYS} days or {} business hours", MOST_BUSINESS_MINUTES / 60)
}
