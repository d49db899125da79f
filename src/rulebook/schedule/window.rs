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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::instant::{DAY, HOUR, SECOND};

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("test instant")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("test zone")
    }

    fn jp() -> Calendar {
        Calendar { name: "jp".to_owned(), japan: true, closed: vec![((12, 29), (1, 3))], ..Calendar::plain() }
    }

    fn window(days: &str, hours: &str) -> SendWindow {
        let (days, hours) = (parse_days(days).expect(days), parse_hours(hours).expect(hours));
        SendWindow { days, hours, zone: ZoneOf::Contact, calendar: Some("jp".to_owned()) }
    }

    #[test]
    fn days_and_hours_are_read() {
        assert_eq!(parse_days("mon-fri"), Ok([true, true, true, true, true, false, false]));
        assert_eq!(parse_days("Sat-Mon, wednesday"), Ok([true, false, true, false, false, true, true]));
        assert_eq!(parse_hours("9:00-24:00"), Ok((540, 1440)));
        for bad in ["", "mon–fri", "weekdays", "mon-", "1-5"] {
            assert!(parse_days(bad).expect_err(bad).contains("mon-fri"), "{bad}");
        }
        for bad in ["", "10-17", "10:00-24:01", "10:60-11:00", "10:00", "１０:00-17:00", "10:0-17:00", "99:00-99:30"]
        {
            assert!(parse_hours(bad).expect_err(bad).contains("10:00-17:00"), "{bad}");
        }
        assert!(parse_hours("22:00-02:00").expect_err("wraps").contains("midnight"));
        assert!(parse_hours("10:00-10:00").is_err());
    }

    #[test]
    fn the_window_is_half_open() {
        let (w, tokyo) = (window("mon-fri", "10:00-17:00"), zone("Asia/Tokyo"));
        for (text, open) in
            [("09:59:59.999999", false), ("10:00:00", true), ("16:59:59.999999", true), ("17:00:00", false)]
        {
            assert_eq!(w.is_open(at(&format!("2026-11-20T{text}+09:00")), &tokyo, &jp()), open, "{text}");
        }
    }

    #[test]
    fn weekends_and_holidays_are_waited_out() {
        let (w, tokyo) = (window("mon-fri", "10:00-17:00"), zone("Asia/Tokyo"));
        let next = |text: &str, w: &SendWindow| w.next_open(at(text), &tokyo, &jp()).map(|t| t.rfc3339(&tokyo));
        assert_eq!(next("2026-11-20T17:00:00+09:00", &w).as_deref(), Some("2026-11-24T10:00:00+09:00"));
        assert_eq!(next("2026-12-28T18:00:00+09:00", &w).as_deref(), Some("2027-01-04T10:00:00+09:00"));
        let any_day = SendWindow { calendar: None, ..w };
        assert_eq!(next("2026-11-20T17:00:00+09:00", &any_day).as_deref(), Some("2026-11-23T10:00:00+09:00"));
    }

    #[test]
    fn a_window_that_daylight_saving_skips_stays_shut_that_day() {
        let ny = zone("America/New_York");
        let w = SendWindow { calendar: None, ..window("mon-sun", "02:10-02:50") };
        let next = w.next_open(at("2026-03-07T02:50:00-05:00"), &ny, &jp());
        assert_eq!(next.map(|t| t.rfc3339(&ny)).as_deref(), Some("2026-03-09T02:10:00-04:00"));
        let long = SendWindow { hours: (130, 300), ..w };
        let next = long.next_open(at("2026-03-08T01:00:00-05:00"), &ny, &jp());
        assert_eq!(next.map(|t| t.rfc3339(&ny)).as_deref(), Some("2026-03-08T03:00:00-04:00"));
    }

    #[test]
    fn a_window_in_the_doubled_hour_opens_twice() {
        let ny = zone("America/New_York");
        let w = SendWindow { calendar: None, ..window("mon-sun", "01:15-01:45") };
        let next = w.next_open(at("2026-11-01T01:45:00-04:00"), &ny, &jp());
        assert_eq!(next.map(|t| t.rfc3339(&ny)).as_deref(), Some("2026-11-01T01:15:00-05:00"));
    }

    #[test]
    fn held_messages_are_given_up_after_open_days_or_open_hours() {
        let (w, tokyo) = (window("mon-fri", "10:00-17:00"), zone("Asia/Tokyo"));
        let until = |ready: &str, length: &str| {
            w.hold_until(at(ready), Length::parse(length).expect(length), &tokyo, &jp()).rfc3339(&tokyo)
        };
        assert_eq!(until("2026-11-20T11:00:00+09:00", "2 business days"), "2026-11-25T11:00:00+09:00");
        assert_eq!(until("2026-12-25T22:00:00+09:00", "2 business days"), "2027-01-04T22:00:00+09:00");
        assert_eq!(until("2026-11-20T16:00:00+09:00", "3h"), "2026-11-24T12:00:00+09:00");
        assert_eq!(until("2026-11-20T16:00:00+09:00", "2 calendar days"), "2026-11-22T16:00:00+09:00");
        let never = SendWindow { days: [false; 7], ..w.clone() };
        let ready = at("2026-11-20T11:00:00+09:00");
        assert_eq!(never.next_open(ready, &tokyo, &jp()), None);
        for length in [Length::BusinessDays(2), Length::Exact(HOUR)] {
            assert_eq!(never.hold_until(ready, length, &tokyo, &jp()), ready, "nothing is held for ever");
        }
    }

    #[test]
    fn a_leap_day_is_a_day() {
        let tokyo = zone("Asia/Tokyo");
        let w = window("tue", "10:00-17:00");
        let next = w.next_open(at("2028-02-28T12:00:00+09:00"), &tokyo, &jp());
        assert_eq!(next.map(|t| t.rfc3339(&tokyo)).as_deref(), Some("2028-02-29T10:00:00+09:00"));
    }

    #[test]
    fn the_day_that_samoa_skipped_never_opens() {
        let apia = zone("Pacific/Apia");
        let w = SendWindow { calendar: None, ..window("mon-sun", "10:00-17:00") };
        let next = w.next_open(at("2011-12-29T17:00:00-10:00"), &apia, &jp());
        assert_eq!(next.map(|t| t.rfc3339(&apia)).as_deref(), Some("2011-12-31T10:00:00+14:00"));
        let until = w.hold_until(at("2011-12-29T12:00:00-10:00"), Length::BusinessDays(1), &apia, &jp());
        assert_eq!(until.rfc3339(&apia), "2011-12-31T12:00:00+14:00");
    }

    /// Starts of a few days around every kind of change.
    fn around() -> impl Strategy<Value = (String, Instant)> {
        let places = [
            ("America/New_York", "2026-03-07T00:00:00Z"),
            ("America/New_York", "2026-10-31T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
            ("Atlantic/Azores", "2026-03-28T00:00:00Z"),
            ("Atlantic/Azores", "2026-10-24T00:00:00Z"),
            ("Pacific/Apia", "2011-12-29T00:00:00Z"),
            ("America/St_Johns", "2006-04-01T00:00:00Z"),
            ("America/St_Johns", "2006-10-28T00:00:00Z"),
            ("Asia/Tokyo", "2026-05-01T00:00:00Z"),
        ];
        (0..places.len(), 0i64..3 * 24 * 60).prop_map(move |(place, minutes)| {
            let (zone, start) = places[place];
            (zone.to_owned(), at(start).plus(minutes * MINUTE))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn next_open_is_open_and_nothing_earlier_is(
            (zone_name, start) in around(), days in 1u8..128, from in 0u16..288, length in 1u16..288, offset in 0i64..60
        ) {
            let zone = zone(&zone_name);
            let days: [bool; 7] = std::array::from_fn(|i| days & (1 << i) != 0);
            let hours = (from * 5, (from * 5 + length * 5).min(1440));
            let w = SendWindow { days, hours, zone: ZoneOf::Contact, calendar: None };
            let start = start.plus(offset * SECOND);
            let next = w.next_open(start, &zone, &jp()).expect("opens once a week");
            prop_assert!(next >= start && w.is_open(next, &zone, &jp()));
            prop_assert!(next == start || !w.is_open(next.plus(-1), &zone, &jp()));
            let mut earlier = start;
            while earlier < next && earlier < start.plus(10 * DAY) {
                prop_assert!(!w.is_open(earlier, &zone, &jp()), "{} is open before {}", earlier, next);
                earlier = earlier.plus(MINUTE);
            }
        }

        #[test]
        fn open_time_adds_up((zone_name, start) in around(), hours in 1i64..60) {
            let zone = zone(&zone_name);
            let w = SendWindow { calendar: None, ..window("mon-sun", "00:30-03:30") };
            let until = w.hold_until(start, Length::Exact(hours * HOUR), &zone, &jp());
            let minutes = (0..).map(|m| start.plus(m * MINUTE)).take_while(|t| *t < until);
            let open = minutes.filter(|t| w.is_open(*t, &zone, &jp())).count();
            prop_assert_eq!(i64::try_from(open), Ok(hours * 60));
        }
    }
}
