//! Five-field POSIX cron on local time, driven by the `cron` crate.
//!
//! That crate counts weekdays from 1 = Sunday, joins the two day fields with AND, and drops a day whose
//! time daylight saving skips. So it only ever sees named weekdays, one day field at a time, and time
//! without a zone.

use std::str::FromStr;

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

/// A checked schedule.
#[derive(Clone, Debug)]
pub struct CronSchedule {
    text: String,
    /// One, or two whose earlier firing counts (both day fields restricted).
    parts: Vec<cron::Schedule>,
}

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
        let schedule = CronSchedule { text: text.to_owned(), parts };
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
