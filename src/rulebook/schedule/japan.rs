//! National holidays of Japan, computed from 国民の祝日に関する法律 and its amendments, 1955 to 2099.
//!
//! The equinoxes of future years are astronomical estimates: the binding date is announced each February
//! for the year after. Outside these years no holidays are known.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::civil::{Date, Weekday, date};

/// The first year computed.
pub const FIRST_YEAR: i16 = 1955;
/// The last year computed.
pub const LAST_YEAR: i16 = 2099;

/// The name of the holiday on `on`, in Japanese; none on ordinary days.
pub fn holiday(on: Date) -> Option<&'static str> {
    let at = TABLE.binary_search_by_key(&on, |entry| entry.0).ok()?;
    TABLE.get(at).map(|entry| entry.1)
}

/// Every holiday of `year` in order, with its name.
pub fn holidays(year: i16) -> impl Iterator<Item = (Date, &'static str)> {
    TABLE.iter().copied().filter(move |(on, _)| on.year() == year)
}

static TABLE: LazyLock<Vec<(Date, &'static str)>> =
    LazyLock::new(|| (FIRST_YEAR..=LAST_YEAR).flat_map(days_off).collect());

/// The named holidays of a year with the days off that follow from them.
fn days_off(year: i16) -> BTreeMap<Date, &'static str> {
    let named: BTreeMap<Date, &'static str> = named(year).into_iter().collect();
    let mut all = named.clone();
    for substitute in named.keys().filter_map(|on| substitute(*on, &named)) {
        all.insert(substitute, "振替休日");
    }
    for between in named.keys().filter_map(|on| between(*on, &named)) {
        all.entry(between).or_insert("国民の休日");
    }
    all
}

/// The day off for a holiday on a Sunday, since 12 April 1973: the Monday; since 2007 the next day that is
/// no holiday itself.
fn substitute(on: Date, named: &BTreeMap<Date, &'static str>) -> Option<Date> {
    if on.weekday() != Weekday::Sunday || on < date(1973, 4, 12) {
        return None;
    }
    let next = on.tomorrow().ok()?;
    if on.year() < 2007 {
        return (!named.contains_key(&next)).then_some(next);
    }
    next.series(jiff::Span::new().days(1)).find(|day| !named.contains_key(day))
}

/// Since 27 December 1985 a day between two holidays is off (until 2006 not if it is a Sunday).
fn between(first: Date, named: &BTreeMap<Date, &'static str>) -> Option<Date> {
    let middle = first.tomorrow().ok()?;
    let last = middle.tomorrow().ok()?;
    let free = !named.contains_key(&middle) && named.contains_key(&last);
    let counts = middle.year() >= 2007 || middle.weekday() != Weekday::Sunday;
    (free && counts && middle >= date(1985, 12, 27)).then_some(middle)
}

/// The holidays that the law names for `year`.
fn named(year: i16) -> Vec<(Date, &'static str)> {
    let mut days = Vec::with_capacity(18);
    let mut add = |holds: bool, on: Option<Date>, name: &'static str| {
        if let (true, Some(on)) = (holds, on) {
            days.push((on, name));
        }
    };
    let fixed = |month, day| Date::new(year, month, day).ok();
    let monday = |month, nth| fixed(month, 1).and_then(|d| d.nth_weekday_of_month(nth, Weekday::Monday).ok());
    add(true, fixed(1, 1), "元日");
    add(year < 2000, fixed(1, 15), "成人の日");
    add(year >= 2000, monday(1, 2), "成人の日");
    add(year >= 1967, fixed(2, 11), "建国記念の日");
    add(year >= 2020, fixed(2, 23), "天皇誕生日");
    add(true, fixed(3, spring_equinox(year)), "春分の日");
    add(year < 1989, fixed(4, 29), "天皇誕生日");
    add((1989..2007).contains(&year), fixed(4, 29), "みどりの日");
    add(year >= 2007, fixed(4, 29), "昭和の日");
    add(true, fixed(5, 3), "憲法記念日");
    add(year >= 2007, fixed(5, 4), "みどりの日");
    add(true, fixed(5, 5), "こどもの日");
    add((1996..2003).contains(&year), fixed(7, 20), "海の日");
    add(year >= 2003 && !olympic(year), monday(7, 3), "海の日");
    add(year >= 2016 && !olympic(year), fixed(8, 11), "山の日");
    add((1966..2003).contains(&year), fixed(9, 15), "敬老の日");
    add(year >= 2003, monday(9, 3), "敬老の日");
    add(true, fixed(9, autumn_equinox(year)), "秋分の日");
    add((1966..2000).contains(&year), fixed(10, 10), "体育の日");
    add((2000..2020).contains(&year), monday(10, 2), "体育の日");
    add(year >= 2020 && !olympic(year), monday(10, 2), "スポーツの日");
    add(true, fixed(11, 3), "文化の日");
    add(true, fixed(11, 23), "勤労感謝の日");
    add((1989..2019).contains(&year), fixed(12, 23), "天皇誕生日");
    days.extend(ONCE.iter().filter(|(on, _)| on.year() == year));
    days
}

/// In 2020 and 2021 three holidays moved for the Olympic Games.
fn olympic(year: i16) -> bool {
    year == 2020 || year == 2021
}

/// Holidays by special laws: imperial ceremonies and the Olympic moves.
const ONCE: [(Date, &str); 12] = [
    (date(1959, 4, 10), "結婚の儀"),
    (date(1989, 2, 24), "大喪の礼"),
    (date(1990, 11, 12), "即位礼正殿の儀"),
    (date(1993, 6, 9), "結婚の儀"),
    (date(2019, 5, 1), "天皇の即位の日"),
    (date(2019, 10, 22), "即位礼正殿の儀"),
    (date(2020, 7, 23), "海の日"),
    (date(2020, 7, 24), "スポーツの日"),
    (date(2020, 8, 10), "山の日"),
    (date(2021, 7, 22), "海の日"),
    (date(2021, 7, 23), "スポーツの日"),
    (date(2021, 8, 8), "山の日"),
];

/// Day in March of the vernal equinox in Japan.
fn spring_equinox(year: i16) -> i8 {
    if year < 1980 { equinox(20_835_700, year, 1983) } else { equinox(20_843_100, year, 1980) }
}

/// Day in September of the autumnal equinox in Japan.
fn autumn_equinox(year: i16) -> i8 {
    if year < 1980 { equinox(23_258_800, year, 1983) } else { equinox(23_248_800, year, 1980) }
}

/// Mean equinox: drifts 0.242194 days a year against the calendar, put back by leap days. `base` is the
/// equinox of 1980 in millionths of a day.
fn equinox(base: i64, year: i16, leap_base: i16) -> i8 {
    let drift = 242_194 * (i64::from(year) - 1980);
    let leaps = i64::from((year - leap_base) / 4) * 1_000_000;
    i8::try_from((base + drift - leaps) / 1_000_000).unwrap_or(21)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days off as announced by the Cabinet Office.
    const ANNOUNCED: [(i16, &str); 12] = [
        (2016, "1/1 1/11 2/11 3/20 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/22 10/10 11/3 11/23 12/23"),
        (2017, "1/1 1/2 1/9 2/11 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23 12/23"),
        (2018, "1/1 1/8 2/11 2/12 3/21 4/29 4/30 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24 10/8 11/3 11/23 12/23 12/24"),
        (
            2019,
            "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 10/22 11/3 11/4 11/23",
        ),
        (2020, "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23"),
        (2021, "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23"),
        (2022, "1/1 1/10 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/23 10/10 11/3 11/23"),
        (2023, "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23"),
        (2024, "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23"),
        (2025, "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24"),
        (2026, "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23"),
        (2027, "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23"),
    ];

    #[test]
    fn the_law_gives_the_announced_days() {
        for (year, announced) in ANNOUNCED {
            let computed: Vec<String> = holidays(year).map(|(on, _)| format!("{}/{}", on.month(), on.day())).collect();
            assert_eq!(computed.join(" "), announced, "{year}");
        }
    }

    #[test]
    fn days_off_that_follow_from_others_have_their_names() {
        let cases = [
            (date(1973, 4, 30), "振替休日"),
            (date(1988, 5, 4), "国民の休日"),
            (date(2009, 5, 6), "振替休日"),
            (date(2009, 9, 22), "国民の休日"),
            (date(2015, 9, 22), "国民の休日"),
            (date(2019, 4, 30), "国民の休日"),
            (date(2019, 5, 6), "振替休日"),
            (date(2032, 9, 21), "国民の休日"),
            (date(2026, 5, 6), "振替休日"),
        ];
        for (on, name) in cases {
            assert_eq!(holiday(on), Some(name), "{on}");
        }
    }

    #[test]
    fn rules_begin_and_end_when_the_law_says() {
        for on in [date(1973, 2, 12), date(1986, 5, 4), date(2019, 2, 23), date(2019, 12, 23), date(2020, 10, 12)] {
            assert_eq!(holiday(on), None, "{on}");
        }
        assert_eq!(holiday(date(1999, 1, 15)), Some("成人の日"));
        assert_eq!(holiday(date(2000, 1, 10)), Some("成人の日"));
        assert_eq!(holiday(date(2099, 3, 20)), Some("春分の日"));
        assert_eq!(holiday(date(2100, 1, 1)), None);
    }
}
