//! Dates and times as people and spreadsheets write them. What one cell leaves open (is `04-05-2026`
//! April or May?) is decided over the whole column.

use jiff::{
    SignedDuration,
    civil::{Date, Time, date},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use super::text;
use crate::model::instant::{Instant, SECOND, day_number};

/// The order of year, month and day where a cell does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrder {
    /// All orders, in order of preference: ISO first.
    pub(super) const ALL: [DateOrder; 3] = [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy];

    /// For people: `YYYY-MM-DD`, `DD-MM-YYYY`, `MM-DD-YYYY`.
    pub fn pattern(self) -> &'static str {
        match self {
            DateOrder::Ymd => "YYYY-MM-DD",
            DateOrder::Dmy => "DD-MM-YYYY",
            DateOrder::Mdy => "MM-DD-YYYY",
        }
    }
}

/// A date, perhaps with a time, perhaps with an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub date: Date,
    pub time: Option<Time>,
    pub offset: Option<Offset>,
}

impl Moment {
    /// The moment; a date alone is 00:00 in `zone`, a local time that DST skips the first instant after.
    pub(super) fn instant(self, zone: &TimeZone) -> Instant {
        let Some(time) = self.time else { return Instant::start_of(self.date, zone) };
        let local = self.date.to_datetime(time);
        let at = match self.offset {
            Some(offset) => offset.to_timestamp(local).ok(),
            None => zone.to_ambiguous_zoned(local).compatible().ok().map(|z| z.timestamp()),
        };
        at.map_or(Instant::MAX, Instant::from)
    }

    /// The local day in `zone`.
    pub(super) fn day(self, zone: &TimeZone) -> i32 {
        if self.offset.is_some() { self.instant(zone).day(zone) } else { day_number(self.date) }
    }
}

/// A cell that looks like a date.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scanned {
    /// It says all by itself.
    Fixed(Moment),
    /// Three numbers whose order the column must tell; `slash` when written with slashes.
    Open { numbers: [(i64, usize); 3], slash: bool, time: Option<Time>, offset: Option<Offset> },
}

impl Scanned {
    /// The moment under an order, if it exists.
    pub(super) fn read(&self, order: DateOrder) -> Option<Moment> {
        match self {
            Scanned::Fixed(moment) => Some(*moment),
            Scanned::Open { numbers: [a, b, c], time, offset, .. } => {
                let (y, m, d) = match order {
                    DateOrder::Ymd => (a, b, c),
                    DateOrder::Dmy => (c, b, a),
                    DateOrder::Mdy => (c, a, b),
                };
                let date = calendar_date(year(*y)?, m.0, d.0).filter(|_| m.1 <= 2 && d.1 <= 2)?;
                Some(Moment { date, time: *time, offset: *offset })
            }
        }
    }
}

fn year((value, digits): (i64, usize)) -> Option<i64> {
    match digits {
        4 => Some(value),
        // As spreadsheets do: 00–49 are this century.
        2 => Some(if value < 50 { 2000 + value } else { 1900 + value }),
        _ => None,
    }
}

fn calendar_date(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|y| (1..9999).contains(y))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// What a cell says as a date; none when it is no date.
pub(super) fn scan(cell: &str) -> Option<Scanned> {
    if cell.len() > 96 || !cell.chars().any(|c| c.is_numeric() || c == '元') {
        return None;
    }
    let folded = text::fold(cell);
    let plain = without_brackets(&folded);
    let plain = plain.trim();
    if plain.bytes().all(|b| b.is_ascii_digit() || b == b'.') && plain.bytes().filter(|b| *b == b'.').count() < 2 {
        return digits_only(plain);
    }
    let (era, rest) = era(plain);
    let mut scanner = Scanner { rest };
    let first = scanner.number_or_month(era.is_some())?;
    let separator = scanner.separator()?;
    let second = scanner.number_or_month(false)?;
    scanner.separator()?;
    let third = scanner.number_or_month(false)?;
    scanner.skip('日');
    let (time, offset) = clock_time(scanner.rest)?;
    let done = |y, m, d| calendar_date(y, m, d).map(|date| Scanned::Fixed(Moment { date, time, offset }));
    match (era, first, second, third) {
        (Some(base), Part::Number(y, _), Part::Number(m, _), Part::Number(d, _)) => done(base + y, m, d),
        (None, Part::Month(m), Part::Number(d, _), Part::Number(y, n)) => done(year((y, n))?, m, d),
        (None, Part::Number(d, n1), Part::Month(m), Part::Number(y, n2)) => {
            if n1 == 4 {
                done(d, m, y)
            } else {
                done(year((y, n2))?, m, d)
            }
        }
        (None, Part::Number(a, 4), Part::Number(b, _), Part::Number(c, _)) => done(a, b, c),
        (None, Part::Number(a, n), Part::Number(b, m), Part::Number(c, l)) => {
            Some(Scanned::Open { numbers: [(a, n), (b, m), (c, l)], slash: separator == '/', time, offset })
        }
        _ => None,
    }
}

/// `20260401`, `20260401093000`, spreadsheet serials, and Unix times in seconds or milliseconds.
fn digits_only(text: &str) -> Option<Scanned> {
    let n = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let fixed = |date, time, offset| Some(Scanned::Fixed(Moment { date, time, offset }));
    let unix = |micros: i64| {
        let at = Offset::UTC.to_datetime(Instant(micros).timestamp());
        fixed(at.date(), Some(at.time()), Some(Offset::UTC))
    };
    match text.len() {
        8 if !text.contains('.') => fixed(calendar_date(n(0, 4)?, n(4, 6)?, n(6, 8)?)?, None, None),
        14 if !text.contains('.') => {
            let small = |from, to| n(from, to).and_then(|v| i8::try_from(v).ok());
            let time = Time::new(small(8, 10)?, small(10, 12)?, small(12, 14)?, 0).ok()?;
            fixed(calendar_date(n(0, 4)?, n(4, 6)?, n(6, 8)?)?, Some(time), None)
        }
        10 if !text.contains('.') => unix(n(0, 10)?.checked_mul(SECOND)?),
        13 if !text.contains('.') => unix(n(0, 13)?.checked_mul(1000)?),
        _ => serial(text),
    }
}

/// Days since 1899-12-30, between 1954 and 2119: what a date becomes when a spreadsheet forgets its format.
fn serial(text: &str) -> Option<Scanned> {
    let serial: f64 = text.parse().ok().filter(|_| text.len() >= 5)?;
    if !(20_000.0..80_000.0).contains(&serial) {
        return None;
    }
    let seconds = (serial.fract() * 86_400.0).round() as i64;
    let days = jiff::Span::new().try_days(serial.trunc() as i64).ok()?;
    let at = date(1899, 12, 30).checked_add(days).ok()?.to_datetime(Time::midnight());
    let at = at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let time = (seconds != 0).then(|| at.time());
    Some(Scanned::Fixed(Moment { date: at.date(), time, offset: None }))
}

/// Removes `(水)` and the like.
fn without_brackets(text: &str) -> String {
    let mut depth = 0;
    let keep = |c: &char| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    };
    text.chars().filter(keep).collect()
}

/// The year before an era's first, and what follows the era's name.
fn era(text: &str) -> (Option<i64>, &str) {
    const ERAS: [(&str, &str, i64); 5] =
        [("令和", "R", 2018), ("平成", "H", 1988), ("昭和", "S", 1925), ("大正", "T", 1911), ("明治", "M", 1867)];
    for (long, short, base) in ERAS {
        let rest = text.strip_prefix(long).or_else(|| text.strip_prefix(short)).or_else(|| {
            let (head, tail) = text.split_at_checked(1)?;
            head.eq_ignore_ascii_case(short).then_some(tail)
        });
        let rest = rest.map(|r| r.trim_start_matches([' ', '.']));
        if let Some(rest) = rest.filter(|r| r.starts_with(|c: char| c.is_ascii_digit() || c == '元')) {
            return (Some(base), rest);
        }
    }
    (None, text)
}

enum Part {
    Number(i64, usize),
    Month(i64),
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn number_or_month(&mut self, first_year: bool) -> Option<Part> {
        if let Some(rest) = self.rest.strip_prefix('元').filter(|_| first_year) {
            self.rest = rest;
            return Some(Part::Number(1, 1));
        }
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 4 {
            return None;
        }
        if digits > 0 {
            let (number, rest) = self.rest.split_at(digits);
            self.rest = rest;
            return Some(Part::Number(number.parse().ok()?, digits));
        }
        let letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.rest.split_at(letters);
        self.rest = rest;
        month(word).map(Part::Month)
    }

    fn separator(&mut self) -> Option<char> {
        let rest = self.rest.trim_start();
        let found = rest.chars().next().filter(|c| "-/.年月,".contains(*c));
        match found {
            Some(c) => self.rest = rest[c.len_utf8()..].trim_start(),
            // `1 Apr 2026`
            None if rest.len() < self.rest.len() => self.rest = rest,
            None => return None,
        }
        Some(found.unwrap_or(' '))
    }

    fn skip(&mut self, c: char) {
        self.rest = self.rest.strip_prefix(c).unwrap_or(self.rest);
    }
}

fn month(word: &str) -> Option<i64> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_ascii_lowercase();
    let found =
        NAMES.iter().position(|n| word.len() >= 3 && (n.starts_with(&word) || word == "sept" && *n == "september"));
    found.and_then(|at| i64::try_from(at + 1).ok())
}

/// The time after a date: `T09:30:00.5Z`, ` 9:30 PM`, ` 午後3時5分`; nothing is no time; junk is none.
fn clock_time(rest: &str) -> Option<(Option<Time>, Option<Offset>)> {
    let rest = rest.trim_start_matches([' ', 'T', 't', ',', '_']).trim_end();
    if rest.is_empty() {
        return Some((None, None));
    }
    let upper = rest.to_ascii_uppercase();
    let pm = upper.contains("PM") || upper.contains("午後");
    let am = upper.contains("AM") || upper.contains("午前");
    let clean = upper.replace("PM", "").replace("AM", "").replace("午後", "").replace("午前", "");
    let clean = clean.replace(['時', '分'], ":").replace('秒', "");
    let clean = clean.trim().trim_end_matches(':');
    let split = clean.find(['Z', '+', '-', 'U', 'J']).unwrap_or(clean.len());
    let (hms, zone) = clean.split_at(split);
    Some((Some(hours(hms.trim(), am, pm)?), offset(zone.trim())?))
}

fn hours(text: &str, am: bool, pm: bool) -> Option<Time> {
    let mut parts = text.split(':').map(str::trim);
    let mut hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next().unwrap_or("0").parse().ok()?;
    let (second, fraction) = parts.next().unwrap_or("0").split_once('.').unwrap_or_else(|| (text_second(text), ""));
    let second: i8 = second.parse().ok()?;
    if pm && hour < 12 {
        hour += 12;
    } else if am && hour == 12 {
        hour = 0;
    }
    let nanos = format!("{fraction:0<9}").get(..9)?.parse::<i32>().ok()?;
    Time::new(hour, minute, second, nanos).ok().filter(|_| parts.next().is_none())
}

fn text_second(text: &str) -> &str {
    text.split(':').nth(2).map_or("0", str::trim)
}

fn offset(text: &str) -> Option<Option<Offset>> {
    match text {
        "" => return Some(None),
        "Z" | "UTC" => return Some(Some(Offset::UTC)),
        "JST" => return Some(Offset::from_seconds(9 * 3600).ok()),
        _ => {}
    }
    let text = text.strip_prefix("UTC").unwrap_or(text);
    let (sign, digits) = text.split_at_checked(1)?;
    let sign = if sign == "-" { -1 } else { 1 };
    let digits = digits.replace(':', "");
    let hour: i32 = digits.get(..2)?.parse().ok()?;
    let minute: i32 = digits.get(2..4).unwrap_or("0").parse().ok()?;
    Offset::from_seconds(sign * (hour * 3600 + minute * 60)).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        match scan(text) {
            Some(Scanned::Fixed(m)) => match m.time {
                Some(t) => format!("{}T{t}{}", m.date, m.offset.map(|o| o.to_string()).unwrap_or_default()),
                None => m.date.to_string(),
            },
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_way_to_write_the_first_of_april() {
        let ways = [
            "2026-04-01",
            "2026/4/1",
            "2026.04.01",
            "２０２６／４／１",
            "2026年4月1日",
            "2026年04月01日（水）",
            "令和8年4月1日",
            "令和８年４月１日",
            "R8.4.1",
            "r8/4/1",
            "R08-04-01",
            "20260401",
            "46113",
            "1 Apr 2026",
            "01-Apr-26",
            "April 1, 2026",
            "2026-Apr-01",
            "㋿8年4月1日",
        ];
        for way in ways {
            assert_eq!(fixed(way), "2026-04-01", "{way}");
        }
        assert_eq!(fixed("令和元年5月1日"), "2019-05-01");
        assert_eq!(fixed("H31.4.30"), "2019-04-30");
        assert_eq!(fixed("昭和64年1月7日"), "1989-01-07");
    }

    #[test]
    fn times_and_offsets() {
        assert_eq!(fixed("2026-04-01T09:30:00Z"), "2026-04-01T09:30:00+00");
        assert_eq!(fixed("2026-04-01 9:30:05.25+09:00"), "2026-04-01T09:30:05.25+09");
        assert_eq!(fixed("2026/4/1 3:00"), "2026-04-01T03:00:00");
        assert_eq!(fixed("2026年4月1日 午後3時5分"), "2026-04-01T15:05:00");
        assert_eq!(fixed("Apr 1, 2026 12:15 AM"), "2026-04-01T00:15:00");
        assert_eq!(fixed("1775003400"), "2026-04-01T00:30:00+00");
        assert_eq!(fixed("46113.5"), "2026-04-01T12:00:00");
    }

    #[test]
    fn an_open_order_is_left_to_the_column() {
        let open = scan("16-10-2024").unwrap();
        assert_eq!(open.read(DateOrder::Dmy).unwrap().date, date(2024, 10, 16));
        assert_eq!(open.read(DateOrder::Mdy), None);
        assert_eq!(open.read(DateOrder::Ymd), None);
        assert_eq!(scan("26/04/01").unwrap().read(DateOrder::Ymd).unwrap().date, date(2026, 4, 1));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "abc",
            "2026-02-30",
            "2026-13-01",
            "12",
            "1.5",
            "R",
            "S-0fcf7d",
            "2026-04-01 junk",
            "9999-99-99",
            "T-0024de",
        ] {
            assert!(!matches!(scan(text), Some(Scanned::Fixed(_))), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = scan(&text).map(|s| DateOrder::ALL.map(|o| s.read(o)));
        }

        #[test]
        fn a_written_day_is_read_back(day in -20_000i32..60_000) {
            let date = crate::model::instant::date_of(day);
            proptest::prop_assert_eq!(fixed(&date.to_string()), date.to_string());
        }
    }
}
