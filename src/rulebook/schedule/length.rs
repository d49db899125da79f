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
        if MOST_DAYS.checked_mul(86_400).is_none_or(|most| number > most) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rulebook::schedule::calendar::parse_closed;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("test instant")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("test zone")
    }

    fn jp() -> Calendar {
        let closed = vec![parse_closed("12-29/01-03").expect("range")];
        Calendar { japan: true, closed, hours: (600, 1080), ..Calendar::plain() }
    }

    fn after(from: &str, length: &str, zone_name: &str) -> String {
        let zone = zone(zone_name);
        Length::parse(length).expect(length).after(at(from), &zone, &jp()).rfc3339(&zone)
    }

    fn before(from: &str, length: &str, zone_name: &str) -> String {
        let zone = zone(zone_name);
        Length::parse(length).expect(length).before(at(from), &zone, &jp()).rfc3339(&zone)
    }

    #[test]
    fn every_form_is_read_and_printed() {
        let same =
            ["90s", "90m", "36h", "2d", "1 calendar day", "2 business days", "4 business hours", "45 business minutes"];
        for text in same {
            assert_eq!(Length::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(Length::parse("48h").expect("48h"), Length::Exact(2 * DAY));
        assert_eq!(Length::parse(" 2  business   days "), Ok(Length::BusinessDays(2)));
        assert_eq!(Length::parse("0d"), Ok(Length::Exact(0)));
        assert_eq!(Length::Exact(0).to_string(), "0h");
    }

    #[test]
    fn what_is_not_a_length_says_what_is() {
        for bad in ["", "d", "-2d", "+2d", "2.5d", "2 dogs", "2w", "２d", "2 businessdays", "1d 2h", "business days"] {
            assert!(Length::parse(bad).expect_err(bad).contains("2 business days"), "{bad}");
        }
        assert!(Length::parse("2 days").expect_err("ambiguous").contains("2 calendar days"));
        for long in [
            "36526d",
            "9223372036854775807s",
            "99999999999999999999d",
            "4000000000 business days",
            "10001 business hours",
        ] {
            assert!(Length::parse(long).is_err(), "{long}");
        }
        assert!(Length::parse("36525d").is_ok());
    }

    #[test]
    fn two_days_are_48_hours_but_two_calendar_days_keep_the_clock() {
        let start = "2026-03-07T09:00:00-05:00";
        assert_eq!(after(start, "2d", "America/New_York"), "2026-03-09T10:00:00-04:00");
        assert_eq!(after(start, "2 calendar days", "America/New_York"), "2026-03-09T09:00:00-04:00");
    }

    #[test]
    fn a_skipped_local_time_is_the_end_of_the_gap_and_a_doubled_one_the_first() {
        assert_eq!(
            after("2026-03-07T02:30:00-05:00", "1 calendar day", "America/New_York"),
            "2026-03-08T03:00:00-04:00"
        );
        assert_eq!(
            after("2026-10-31T01:30:00-04:00", "1 calendar day", "America/New_York"),
            "2026-11-01T01:30:00-04:00"
        );
        assert_eq!(
            after("2026-03-28T00:30:00-01:00", "1 calendar day", "Atlantic/Azores"),
            "2026-03-29T01:00:00+00:00"
        );
        assert_eq!(after("2011-12-29T09:00:00-10:00", "1 calendar day", "Pacific/Apia"), "2011-12-31T00:00:00+14:00");
    }

    #[test]
    fn business_days_keep_the_clock_and_pass_over_what_is_closed() {
        let tokyo = "Asia/Tokyo";
        assert_eq!(after("2026-11-21T15:00:00+09:00", "1 business day", tokyo), "2026-11-24T15:00:00+09:00");
        assert_eq!(after("2026-12-28T09:30:00+09:00", "1 business day", tokyo), "2027-01-04T09:30:00+09:00");
        assert_eq!(before("2026-05-07T09:30:00+09:00", "2 business days", tokyo), "2026-04-30T09:30:00+09:00");
        assert_eq!(after("2028-02-28T08:00:00+09:00", "1 business day", tokyo), "2028-02-29T08:00:00+09:00");
    }

    #[test]
    fn business_hours_run_only_while_open() {
        let tokyo = "Asia/Tokyo";
        assert_eq!(after("2026-11-20T16:00:00+09:00", "4 business hours", tokyo), "2026-11-24T12:00:00+09:00");
        assert_eq!(after("2026-11-20T16:00:00+09:00", "2 business hours", tokyo), "2026-11-20T18:00:00+09:00");
        assert_eq!(after("2026-11-21T03:00:00+09:00", "30 business minutes", tokyo), "2026-11-24T10:30:00+09:00");
        assert_eq!(before("2026-11-24T12:00:00+09:00", "4 business hours", tokyo), "2026-11-20T16:00:00+09:00");
    }

    #[test]
    fn no_business_time_at_all_is_the_end_of_time_not_a_hang() {
        let shut = Calendar { closed: vec![((1, 1), (12, 31))], ..Calendar::plain() };
        for length in [Length::BusinessDays(3), Length::BusinessMinutes(5)] {
            assert_eq!(length.after(Instant(0), &TimeZone::UTC, &shut), Instant::MAX);
            assert_eq!(length.before(Instant(0), &TimeZone::UTC, &shut), Instant::MIN);
        }
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let zones = [TimeZone::UTC, zone("Pacific/Apia")];
        let lengths = ["36525d", "36525 calendar days", "300 business days", "10000 business hours"];
        for (length, zone) in lengths.iter().flat_map(|l| zones.iter().map(move |z| (l, z))) {
            let length = Length::parse(length).expect("length");
            for from in [Instant::MIN, Instant::MAX, Instant(i64::MIN), Instant(i64::MAX)] {
                let _ = (length.after(from, zone, &jp()), length.before(from, zone, &jp()));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn before_undoes_after(seconds in 1_577_836_800i64..1_893_456_000, n in 1u32..40, which in 0usize..4, z in 0usize..4) {
            let zone = zone(["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores"][z]);
            let from = Instant(seconds * SECOND);
            let length = [Length::Exact(i64::from(n) * HOUR), Length::CalendarDays(n), Length::BusinessDays(n), Length::BusinessMinutes(n * 17)][which];
            let there = length.after(from, &zone, &jp());
            let back = length.before(there, &zone, &jp());
            let shows = |t: Instant| local::clock(t, &zone);
            let steady = local::resolve(shows(from), &zone) == from && shows(there).time() == shows(from).time();
            let open = jp().business_hours(&zone, |hours| hours.contains(from));
            match length {
                Length::Exact(_) => prop_assert_eq!(back, from),
                Length::CalendarDays(_) => prop_assert!(!steady || back == from),
                Length::BusinessDays(_) => prop_assert!(!steady || !jp().is_business_day(from.date(&zone)) || back == from),
                Length::BusinessMinutes(_) => prop_assert!(!open || back == from),
            }
        }

        #[test]
        fn after_moves_forward_and_keeps_order(seconds in 1_577_836_800i64..1_893_456_000, gap in 0i64..200_000, n in 1u32..30, which in 0usize..3) {
            let zone = zone("America/New_York");
            let length = [Length::CalendarDays(n), Length::BusinessDays(n), Length::BusinessMinutes(n * 17)][which];
            let (a, b) = (Instant(seconds * SECOND), Instant((seconds + gap) * SECOND));
            let to = |from| length.after(from, &zone, &jp());
            prop_assert!(to(a) > a);
            let inside_fold = local::resolve(local::clock(b, &zone), &zone) != b || local::resolve(local::clock(a, &zone), &zone) != a;
            // A weekend's clock times all lead to the same business day, so only times of one date compare there.
            let comparable = !matches!(length, Length::BusinessDays(_)) || a.date(&zone) == b.date(&zone);
            prop_assert!(inside_fold || !comparable || to(a) <= to(b));
        }
    }
}
