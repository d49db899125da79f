//! Send windows: which local days and hours a customer may be written to.

use jiff::{civil::Date, tz::TimeZone};

use super::{
    calendar::{self, Calendar},
    length::Length,
    local,
    open::OpenHours,
};
use crate::model::instant::{Instant, MINUTE};

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
    /// Whether `at` is inside: clocks in `zone` show an open hour of an open day. `calendar` is the one this
    /// window names and is not looked at if it names none.
    pub fn is_open(&self, at: Instant, zone: &TimeZone, calendar: &Calendar) -> bool {
        self.with(zone, calendar, |open| open.contains(at))
    }

    /// The first moment at or after `at` that is inside; none if it never opens within four years.
    pub fn next_open(&self, at: Instant, zone: &TimeZone, calendar: &Calendar) -> Option<Instant> {
        self.with(zone, calendar, |open| open.next(at).map(|stretch| stretch.0))
    }

    /// When a message that became ready at `ready` is given up (`hold_at_most`, language reference):
    /// business days = the same local time on the N-th following day on which this window opens;
    /// hours = open time only. `ready` itself if the window never opens: holding would be for ever.
    pub fn hold_until(&self, ready: Instant, at_most: Length, zone: &TimeZone, calendar: &Calendar) -> Instant {
        match at_most {
            Length::BusinessDays(0) => ready,
            Length::BusinessDays(days) => self.same_time_on_open_day(ready, days, zone, calendar),
            Length::CalendarDays(_) => at_most.after(ready, zone, calendar),
            Length::Exact(micros) => self.open_time(ready, micros, zone, calendar),
            Length::BusinessMinutes(minutes) => self.open_time(ready, i64::from(minutes) * MINUTE, zone, calendar),
        }
    }

    fn same_time_on_open_day(&self, ready: Instant, days: u32, zone: &TimeZone, calendar: &Calendar) -> Instant {
        let shows = local::clock(ready, zone);
        let day = self.with(zone, calendar, |open| {
            calendar::nth(shows.date(), i64::from(days), 1, &|date| !open.on(date).is_empty())
        });
        day.map_or(ready, |day| local::resolve(day.to_datetime(shows.time()), zone))
    }

    fn open_time(&self, ready: Instant, micros: i64, zone: &TimeZone, calendar: &Calendar) -> Instant {
        self.with(zone, calendar, |open| open.add(ready, micros)).unwrap_or(ready)
    }

    fn opens_on(&self, date: Date, calendar: &Calendar) -> bool {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.days.get(weekday).copied().unwrap_or(false) && (self.calendar.is_none() || !calendar.is_closed(date))
    }

    fn with<T>(&self, zone: &TimeZone, calendar: &Calendar, use_it: impl FnOnce(&OpenHours<'_>) -> T) -> T {
        use_it(&OpenHours { hours: self.hours, works: &|date| self.opens_on(date, calendar), zone })
    }
}

const DAY_NAMES: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];

/// Reads `mon-fri`, `mon,wed,fri`, `sat-mon`; Monday first.
pub fn parse_days(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (weekday(from, text)?, weekday(to, text)?);
        let length = (to + 7 - from) % 7;
        for step in 0..=length {
            days[(from + step) % 7] = true;
        }
    }
    Ok(days)
}

fn weekday(name: &str, whole: &str) -> Result<usize, String> {
    let name = name.trim().to_ascii_lowercase();
    DAY_NAMES
        .iter()
        .position(|(short, long)| name == *short || name == *long)
        .ok_or_else(|| format!("`{whole}` does not name weekdays: write `mon-fri`, `mon,wed,fri` or `mon-sun`"))
}

/// Reads `10:00-17:00` as minutes of the day, half-open; `24:00` is the end of the day.
pub fn parse_hours(text: &str) -> Result<(u16, u16), String> {
    let read = |part: &str| -> Option<u16> {
        let (hour, minute) = part.trim().split_once(':')?;
        let digits = |t: &str| (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(hour) || minute.len() != 2 || !digits(minute) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
    };
    let pair = text.split_once('-').and_then(|(from, to)| Some((read(from)?, read(to)?)));
    match pair {
        Some((from, to)) if from < to => Ok((from, to)),
        Some(_) => {
            Err(format!("`{text}` ends before it begins: hours cannot pass midnight, write `00:00-24:00` for all day"))
        }
        None => Err(format!("`{text}` is not a span of hours: write `10:00-17:00`, quoted")),
    }
}
