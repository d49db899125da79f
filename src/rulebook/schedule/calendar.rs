//! Business days and hours.

use std::collections::BTreeMap;

use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{japan, open::OpenHours};
use crate::model::instant::{date_of, day_number};

/// Longer spans count as this many days: 400 years.
const LONGEST: i32 = 146_097;
/// A calendar without a business day in so many days has none.
const SEARCH_DAYS: i32 = 400;

/// A day of every year: month and day, from 1.
pub type MonthDay = (i8, i8);

/// A named calendar: which days are worked, and between which hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name in `model.yaml`; empty for the built-in "every Monday to Friday".
    pub name: String,
    /// Follow the national holidays of Japan (computed from the law).
    pub japan: bool,
    /// Closed every year, inclusive (month, day) ranges that may wrap the year's end: 12-29/01-03.
    pub closed: Vec<(MonthDay, MonthDay)>,
    /// Single extra days off, with their name.
    pub extra: BTreeMap<Date, String>,
    /// Business hours as minutes of the day, half-open.
    pub hours: (u16, u16),
}

impl Calendar {
    /// Every Monday to Friday, 09:00–18:00, no holidays.
    pub fn plain() -> Calendar {
        Calendar {
            name: String::new(),
            japan: false,
            closed: Vec::new(),
            extra: BTreeMap::new(),
            hours: (9 * 60, 18 * 60),
        }
    }

    /// Whether people work on `date`: Monday to Friday, no holiday, not closed.
    pub fn is_business_day(&self, date: Date) -> bool {
        !is_weekend(date) && !self.is_closed(date)
    }

    /// Whether `date` is a holiday, an extra day off or in a closed range; weekends alone are not.
    pub fn is_closed(&self, date: Date) -> bool {
        self.holiday_name(date).is_some() || self.closed.iter().any(|range| covers(*range, date))
    }

    /// The name of the holiday or extra day off on `date`; a closed range has none.
    pub fn holiday_name(&self, date: Date) -> Option<&str> {
        let own = self.extra.get(&date).map(String::as_str);
        own.or_else(|| if self.japan { japan::holiday(date) } else { None })
    }

    /// Business days after `a` up to and including `b` (Friday to Monday is 1); negative if `b` is before
    /// `a`, 0 on the same day. Spans beyond 400 years count as 400 years.
    pub fn business_days_between(&self, a: Date, b: Date) -> i64 {
        let (from, to) = (day_number(a), day_number(b));
        let span = to.saturating_sub(from).clamp(-LONGEST, LONGEST);
        let range = if span >= 0 { from + 1..from + span + 1 } else { from + span + 1..from + 1 };
        let count = range.filter(|day| self.is_business_day(date_of(*day))).count();
        i64::try_from(count).unwrap_or(i64::MAX) * i64::from(span.signum())
    }

    /// The first date at which `business_days_between(a, date)` is at least `n`; none if there is no such day.
    pub fn day_reaching(&self, a: Date, n: i64) -> Option<Date> {
        if n > 0 { self.nth_after(a, n) } else { self.nth_before(a.tomorrow().ok()?, 1 - n) }
    }

    /// The `n`-th business day strictly after `date`, `n` ≥ 1; none if the calendar has no business days.
    pub fn nth_after(&self, date: Date, n: i64) -> Option<Date> {
        nth(date, n, 1, &|d| self.is_business_day(d))
    }

    /// The `n`-th business day strictly before `date`, `n` ≥ 1; none if the calendar has no business days.
    pub fn nth_before(&self, date: Date, n: i64) -> Option<Date> {
        nth(date, n, -1, &|d| self.is_business_day(d))
    }

    /// Calls `use_it` with the business hours of this calendar on the clocks of `zone`.
    pub fn business_hours<T>(&self, zone: &TimeZone, use_it: impl FnOnce(&OpenHours<'_>) -> T) -> T {
        use_it(&OpenHours { hours: self.hours, works: &|date| self.is_business_day(date), zone })
    }
}

/// The `n`-th date accepted by `works`, walking from `date` (exclusive) in `step`s of ±1 day.
pub fn nth(date: Date, n: i64, step: i32, works: &dyn Fn(Date) -> bool) -> Option<Date> {
    let (mut day, mut left, mut idle) = (day_number(date), n, 0);
    while left > 0 {
        day = day.checked_add(step)?;
        let accepted = works(date_of(day));
        left -= i64::from(accepted);
        idle = if accepted { 0 } else { idle + 1 };
        if idle > SEARCH_DAYS {
            return None;
        }
    }
    let found = date_of(day);
    (day_number(found) == day).then_some(found)
}

/// Reads a closed day or range of every year, `05-01` or `12-29/01-03` (month-day, inclusive).
pub fn parse_closed(text: &str) -> Result<(MonthDay, MonthDay), String> {
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    Ok((month_day(from, text)?, month_day(to, text)?))
}

fn month_day(part: &str, whole: &str) -> Result<MonthDay, String> {
    let read = || {
        let (month, day) = part.trim().split_once('-')?;
        let (month, day) = (two_digits(month)?, two_digits(day)?);
        Date::new(2024, month, day).ok()?;
        Some((month, day))
    };
    read().ok_or_else(|| {
        format!("`{whole}` is not a day or range of the year: write month-day, as in `12-29/01-03` or `05-01`")
    })
}

fn two_digits(text: &str) -> Option<i8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn covers((from, to): (MonthDay, MonthDay), date: Date) -> bool {
    let day = (date.month(), date.day());
    if from <= to { from <= day && day <= to } else { day >= from || day <= to }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn jp() -> Calendar {
        Calendar {
            name: "jp".to_owned(),
            japan: true,
            closed: vec![parse_closed("12-29/01-03").expect("range")],
            extra: BTreeMap::from([(date(2026, 6, 1), "創立記念日".to_owned())]),
            hours: (600, 1080),
        }
    }

    #[test]
    fn holidays_closed_ranges_extra_days_and_weekends_are_off() {
        let off = [date(2026, 5, 6), date(2026, 12, 29), date(2027, 1, 2), date(2026, 6, 1), date(2026, 11, 21)];
        for day in off {
            assert!(!jp().is_business_day(day), "{day}");
        }
        assert!(jp().is_business_day(date(2026, 12, 28)) && jp().is_business_day(date(2027, 1, 4)));
        assert_eq!(jp().holiday_name(date(2026, 6, 1)), Some("創立記念日"));
        assert!(Calendar::plain().is_business_day(date(2026, 5, 6)));
    }

    #[test]
    fn friday_to_monday_is_one_business_day() {
        let plain = Calendar::plain();
        assert_eq!(plain.business_days_between(date(2026, 11, 20), date(2026, 11, 23)), 1);
        assert_eq!(jp().business_days_between(date(2026, 11, 20), date(2026, 11, 23)), 0, "a holiday");
        assert_eq!(plain.business_days_between(date(2026, 11, 23), date(2026, 11, 20)), -1);
        assert_eq!(jp().business_days_between(date(2026, 4, 28), date(2026, 5, 7)), 3);
    }

    #[test]
    fn golden_week_is_passed_over() {
        assert_eq!(jp().nth_after(date(2026, 5, 1), 1), Some(date(2026, 5, 7)));
        assert_eq!(jp().nth_before(date(2026, 5, 7), 1), Some(date(2026, 5, 1)));
        assert_eq!(jp().nth_after(date(2026, 12, 28), 1), Some(date(2027, 1, 4)));
    }

    #[test]
    fn a_calendar_that_is_always_closed_ends_the_search() {
        let shut = Calendar { closed: vec![parse_closed("01-01/12-31").expect("range")], ..Calendar::plain() };
        assert_eq!(shut.nth_after(date(2026, 1, 1), 1), None);
        assert_eq!(shut.day_reaching(date(2026, 1, 1), 0), None);
    }

    #[test]
    fn closed_texts_are_checked() {
        assert_eq!(parse_closed("02-29"), Ok(((2, 29), (2, 29))));
        for bad in ["", "12/29", "13-01", "12-29/02-30", "2026-01-01", "12-29/01-03/04-01", "＋1-01"] {
            assert!(parse_closed(bad).expect_err(bad).contains("12-29/01-03"), "{bad}");
        }
    }

    #[test]
    fn absurd_dates_cost_little_and_stay_ordered() {
        let calendar = jp();
        let far = calendar.business_days_between(date(1, 1, 1), date(9998, 12, 31));
        assert_eq!(far, -calendar.business_days_between(date(9998, 12, 31), date(1, 1, 1)).min(-far));
        assert!(far > 90_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn day_reaching_is_the_first_day_at_which_the_count_is_reached(start in 18_000i32..22_000, n in -30i64..30) {
            let (calendar, a) = (jp(), date_of(start));
            let found = calendar.day_reaching(a, n).expect("has business days");
            prop_assert!(calendar.business_days_between(a, found) >= n);
            prop_assert!(calendar.business_days_between(a, found.yesterday().expect("date")) < n);
        }

        #[test]
        fn between_adds_up(a in 18_000i32..22_000, b in 18_000i32..22_000, c in 18_000i32..22_000) {
            let calendar = jp();
            let count = |x, y| calendar.business_days_between(date_of(x), date_of(y));
            prop_assert_eq!(count(a, b) + count(b, c), count(a, c));
        }
    }
}
