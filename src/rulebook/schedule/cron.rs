//! Five-field POSIX cron on local time, driven by the `cron` crate.
//!
//! That crate counts weekdays from 1 = Sunday, joins the two day fields with AND, and drops a day whose
//! time daylight saving skips. So it only ever sees named weekdays, one day field at a time, and time
//! without a zone.

use std::{
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime as ChronoTime, NaiveDate, Utc};
use jiff::{civil::DateTime, tz::TimeZone};

use super::{
    cron_fields::{self, Field},
    local,
};
use crate::model::instant::Instant;

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// Local times that all map to moments already past, as in the second pass of a repeated hour, are skipped;
/// no zone ever repeated more than a day of minutes.
const MOST_SKIPPED: usize = 1500;
/// So many answers are remembered: before and after the present firing, in a few zones.
const REMEMBERED: usize = 8;

/// A checked schedule.
#[derive(Clone, Debug)]
pub struct CronSchedule {
    text: String,
    /// One, or two whose earlier firing counts (both day fields restricted).
    parts: Vec<cron::Schedule>,
    /// The last answers, newest first: accounts of one zone ask about the same gap between two firings.
    last: Arc<Mutex<Vec<Answer>>>,
}

/// What was asked (after which moment, in which zone) and what the answer was.
type Answer = (Instant, String, Option<Instant>);

/// What is wrong with a cron text, and at which character (from 0).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// Character offset into the text.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl CronSchedule {
    /// Reads five fields; refuses what POSIX does not know and schedules that never fire. With both a day
    /// of the month and a weekday given (`*/2` counts as given), either is enough.
    pub fn parse(text: &str) -> Result<CronSchedule, CronError> {
        let fields = cron_fields::parse(text)?;
        let parts = canonical(&fields).iter().map(|six| compiled(six)).collect::<Result<Vec<_>, _>>()?;
        let schedule = CronSchedule { text: text.to_owned(), parts, last: Arc::default() };
        let start = jiff::civil::datetime(2000, 1, 1, 0, 0, 0, 0);
        match schedule.next_local(start) {
            Some(_) => Ok(schedule),
            None => Err(never(text)),
        }
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first firing strictly after `after` in `zone`. A local time in a DST gap fires at the end of
    /// the gap; one that occurs twice fires once, at the first; equal instants fire once. None after the
    /// year 2100.
    pub fn next_after(&self, after: Instant, zone: &TimeZone) -> Option<Instant> {
        let Some(name) = zone.iana_name() else { return self.found_after(after, zone) };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing fires between the moment that was asked about and the answer.
        let same = |(at, of, answer): &&Answer| *at <= after && answer.is_none_or(|next| after < next) && of == name;
        if let Some((_, _, answer)) = last.iter().find(same) {
            return *answer;
        }
        let answer = self.found_after(after, zone);
        last.truncate(REMEMBERED - 1);
        last.insert(0, (after, name.to_owned(), answer));
        answer
    }

    fn found_after(&self, after: Instant, zone: &TimeZone) -> Option<Instant> {
        let mut clock = local::clock(after, zone);
        for _ in 0..MOST_SKIPPED {
            clock = self.next_local(clock)?;
            let at = local::resolve(clock, zone);
            if at > after {
                return Some(at);
            }
        }
        None
    }

    /// The first local time strictly after `clock` that matches.
    fn next_local(&self, clock: DateTime) -> Option<DateTime> {
        let after = to_chrono(clock)?;
        let next = self.parts.iter().filter_map(|part| part.after(&after).next()).min()?;
        from_chrono(next)
    }
}

/// The texts for the `cron` crate: seconds first, explicit lists, named weekdays.
fn canonical([minute, hour, day, month, weekday]: &[Field; 5]) -> Vec<String> {
    let time = format!("0 {} {}", list(minute), list(hour));
    let months = list(month);
    let named =
        || weekday.values.iter().filter_map(|v| WEEKDAYS.get(usize::from(*v)).copied()).collect::<Vec<_>>().join(",");
    match (day.star, weekday.star) {
        (true, true) => vec![format!("{time} * {months} *")],
        (false, true) => vec![format!("{time} {} {months} *", list(day))],
        (true, false) => vec![format!("{time} * {months} {}", named())],
        (false, false) => {
            vec![format!("{time} {} {months} *", list(day)), format!("{time} * {months} {}", named())]
        }
    }
}

fn list(field: &Field) -> String {
    field.values.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

fn compiled(six: &str) -> Result<cron::Schedule, CronError> {
    cron::Schedule::from_str(six).map_err(|e| CronError {
        column: 0,
        message: format!("this schedule cannot be used: {e}"),
        help: "write minute hour day month weekday, as in `0 9 * * 1`".to_owned(),
    })
}

fn never(text: &str) -> CronError {
    let day_field = text.split_whitespace().take(2).map(|w| w.chars().count() + 1).sum::<usize>();
    CronError {
        column: u32::try_from(day_field).unwrap_or(0),
        message: format!("`{text}` never fires: no such month has that day"),
        help: "choose a day that the month has, e.g. `0 9 28 2 *`".to_owned(),
    }
}

/// Carries a zone-less local time in the only type the `cron` crate takes.
fn to_chrono(clock: DateTime) -> Option<ChronoTime<Utc>> {
    let unsigned = |n: i8| u32::try_from(n).unwrap_or(0);
    let date = NaiveDate::from_ymd_opt(i32::from(clock.year()), unsigned(clock.month()), unsigned(clock.day()))?;
    let time = date.and_hms_opt(unsigned(clock.hour()), unsigned(clock.minute()), unsigned(clock.second()))?;
    Some(time.and_utc())
}

fn from_chrono(time: ChronoTime<Utc>) -> Option<DateTime> {
    let seconds = time.timestamp();
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    Some(TimeZone::UTC.to_datetime(at))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::datetime;
    use proptest::prelude::*;

    use super::*;
    use crate::model::instant::{DAY, MINUTE, SECOND};

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("test instant")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("test zone")
    }

    fn firings(text: &str, from: &str, zone_name: &str, count: usize) -> Vec<String> {
        let (schedule, zone) = (CronSchedule::parse(text).expect(text), zone(zone_name));
        let mut now = at(from);
        let mut next = || {
            now = schedule.next_after(now, &zone)?;
            Some(now.rfc3339(&zone))
        };
        std::iter::from_fn(&mut next).take(count).collect()
    }

    #[test]
    fn monday_is_1_and_sunday_is_0_and_7() {
        let tokyo = "Asia/Tokyo";
        assert_eq!(firings("0 9 * * 1", "2026-11-20T00:00:00Z", tokyo, 1), ["2026-11-23T09:00:00+09:00"]);
        for sunday in ["0 9 * * 0", "0 9 * * 7", "0 9 * * sun", "0 9 * * SUN"] {
            assert_eq!(firings(sunday, "2026-11-20T00:00:00Z", tokyo, 1), ["2026-11-22T09:00:00+09:00"], "{sunday}");
        }
        let weekend = firings("0 9 * * fri-sun", "2026-11-20T03:00:00Z", tokyo, 3);
        assert_eq!(weekend, ["2026-11-21T09:00:00+09:00", "2026-11-22T09:00:00+09:00", "2026-11-27T09:00:00+09:00"]);
    }

    #[test]
    fn both_day_fields_mean_either() {
        let found = firings("0 9 1 * mon", "2026-11-24T00:00:00Z", "UTC", 3);
        assert_eq!(found, ["2026-11-30T09:00:00+00:00", "2026-12-01T09:00:00+00:00", "2026-12-07T09:00:00+00:00"]);
    }

    #[test]
    fn a_skipped_time_fires_at_the_end_of_the_gap_once() {
        let (day, ny) = ("2026-03-08T00:00:00-05:00", "America/New_York");
        assert_eq!(firings("30 2 * * *", day, ny, 2), ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]);
        assert_eq!(
            firings("*/30 * * * *", "2026-03-08T01:00:00-05:00", ny, 3),
            ["2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00"]
        );
        assert_eq!(
            firings("0 0 * * *", "2026-03-28T01:00:00-01:00", "Atlantic/Azores", 2),
            ["2026-03-29T01:00:00+00:00", "2026-03-30T00:00:00+00:00"]
        );
        assert_eq!(
            firings("0 9 * * *", "2011-12-29T10:00:00-10:00", "Pacific/Apia", 2),
            ["2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00"]
        );
    }

    #[test]
    fn a_doubled_time_fires_once_at_the_first() {
        let ny = "America/New_York";
        assert_eq!(
            firings("30 1 * * *", "2026-11-01T00:00:00-04:00", ny, 2),
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]
        );
        assert_eq!(
            firings("*/30 * * * *", "2026-11-01T01:00:00-04:00", ny, 2),
            ["2026-11-01T01:30:00-04:00", "2026-11-01T02:00:00-05:00"]
        );
        assert_eq!(firings("* * * * *", "2026-11-01T01:00:30-05:00", ny, 1), ["2026-11-01T02:00:00-05:00"]);
    }

    #[test]
    fn the_moment_itself_does_not_count() {
        let just = firings("0 9 * * *", "2026-11-20T08:59:59.999999Z", "UTC", 1);
        assert_eq!(just, ["2026-11-20T09:00:00+00:00"]);
        for late in ["2026-11-20T09:00:00Z", "2026-11-20T09:00:00.000001Z"] {
            assert_eq!(firings("0 9 * * *", late, "UTC", 1), ["2026-11-21T09:00:00+00:00"]);
        }
    }

    #[test]
    fn leap_days_come_every_four_years() {
        assert_eq!(
            firings("0 0 29 2 *", "2026-01-01T00:00:00Z", "UTC", 2),
            ["2028-02-29T00:00:00+00:00", "2032-02-29T00:00:00+00:00"]
        );
    }

    #[test]
    fn errors_point_at_the_field_and_say_what_to_write() {
        let cases = [
            ("0 9 * *", 0, "five fields"),
            ("0 0 9 * * 1", 10, "five fields"),
            ("@daily", 0, "@daily"),
            ("60 9 * * *", 0, "minute"),
            ("0  24 * * *", 3, "hour"),
            ("0 9 0 * *", 4, "day of the month"),
            ("0 9 L * *", 4, "`L`"),
            ("0 9 * * 1#2", 8, "`#`"),
            ("0 9 ? * 1", 4, "`?`"),
            ("0 9 * 1,13 *", 8, "month"),
            ("0 9 * * fri-mon", 8, "backwards"),
            ("10/7 * * * *", 0, "step"),
            ("*/0 * * * *", 0, "minute"),
            ("*/60 * * * *", 0, "minute"),
            ("0 9 30 2 *", 4, "never fires"),
            ("0 9 31 4,6,9,11 *", 4, "never fires"),
            ("0 9 * * 月", 8, "weekday"),
            ("1- * * * *", 0, "minute"),
            (", * * * *", 0, "minute"),
        ];
        for (text, column, says) in cases {
            let error = CronSchedule::parse(text).expect_err(text);
            assert_eq!(error.column, column, "{text}: {error:?}");
            assert!(error.message.contains(says) && !error.help.is_empty(), "{text}: {error:?}");
        }
        let wrap = CronSchedule::parse("0 9 * * fri-mon").expect_err("wraps");
        assert!(wrap.help.contains("fri,sat,sun,mon"), "{}", wrap.help);
        assert!(CronSchedule::parse("0 9 30 2 mon").is_ok(), "the weekday alone is enough");
    }

    /// A random field: `*`, `*/n`, lists of numbers and ranges.
    fn field(low: u8, high: u8) -> impl Strategy<Value = String> {
        let range = (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
        let stepped =
            (low..=high, low..=high, 1..=high / 2).prop_map(|(a, b, n)| format!("{}-{}/{n}", a.min(b), a.max(b)));
        let part = prop_oneof![4 => (low..=high).prop_map(|n| n.to_string()), 2 => range, 1 => stepped];
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => (2..=high / 2).prop_map(|n| format!("*/{n}")),
            4 => proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn another_implementation_agrees(
            fields in (field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)), start in 946_684_800i64..2_500_000_000
        ) {
            let text = format!("{} {} {} {} {}", fields.0, fields.1, fields.2, fields.3, fields.4);
            let ours = CronSchedule::parse(&text).expect(&text);
            let theirs = croner::parser::CronParser::new().parse(&text).expect(&text);
            let mut now = Instant(start * SECOND);
            for _ in 0..6 {
                let expected = theirs.find_next_occurrence(&now.timestamp().to_zoned(TimeZone::UTC), false).expect(&text);
                let found = ours.next_after(now, &TimeZone::UTC).expect(&text);
                prop_assert_eq!(found, Instant::from(expected.timestamp()), "{} after {}", text, now);
                now = found;
            }
        }

        #[test]
        fn firings_are_the_images_of_matching_local_times(
            minute in field(0, 59), hour in field(0, 23), place in 0usize..6
        ) {
            let (name, first) = [
                ("America/New_York", datetime(2026, 3, 7, 12, 0, 0, 0)),
                ("America/New_York", datetime(2026, 10, 31, 12, 0, 0, 0)),
                ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, 0, 0, 0)),
                ("Atlantic/Azores", datetime(2026, 3, 28, 12, 0, 0, 0)),
                ("Pacific/Apia", datetime(2011, 12, 29, 12, 0, 0, 0)),
                ("America/St_Johns", datetime(2006, 10, 28, 12, 0, 0, 0)),
            ][place];
            let zone = zone(name);
            let fields = cron_fields::parse(&format!("{minute} {hour} * * *")).expect("fields");
            let matches = |t: DateTime| {
                fields[0].values.iter().any(|v| i64::from(*v) == i64::from(t.minute()))
                    && fields[1].values.iter().any(|v| i64::from(*v) == i64::from(t.hour()))
            };
            let from = local::resolve(first, &zone);
            let until = from.plus(3 * DAY);
            let locals = (0..5 * 1440).map(|m| first.saturating_add(jiff::Span::new().minutes(m)));
            let expected: BTreeSet<Instant> =
                locals.filter(|t| matches(*t)).map(|t| local::resolve(t, &zone)).filter(|t| *t > from && *t <= until).collect();
            let schedule = CronSchedule::parse(&format!("{minute} {hour} * * *")).expect("schedule");
            let mut found = BTreeSet::new();
            let mut now = from;
            while let Some(next) = schedule.next_after(now, &zone).filter(|t| *t <= until) {
                prop_assert!(next > now);
                found.insert(next);
                now = next;
            }
            prop_assert_eq!(found.symmetric_difference(&expected).next(), None);
            // Nothing depends on where the question is asked from.
            let inside = from.plus(DAY + 91 * MINUTE);
            prop_assert_eq!(schedule.next_after(inside, &zone).is_some_and(|t| t > inside), true);
            // What is remembered of other questions is what would be found anew.
            for k in 0..200 {
                let at = from.plus(k * 7_919 % 4_320 * MINUTE + k % 3);
                prop_assert_eq!(schedule.next_after(at, &zone), schedule.found_after(at, &zone), "after {}", at);
            }
        }
    }
}
