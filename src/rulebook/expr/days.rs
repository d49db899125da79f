//! Days, hours and the texts that name times.

use super::{frame::Frame, node::Days};
use crate::model::{
    instant::{DAY, HOUR, Instant, MINUTE, SECOND, date_of, day_number},
    value::Value,
};

/// The longest length, in microseconds: 10,000 years, as in CEL.
pub(super) const LONGEST: i64 = 315_576_000_000 * SECOND;

/// Whole local days between the value's day and today; business days of the account's calendar for
/// `BusinessSince`: those after the value's day, today included.
pub(super) fn count(kind: Days, value: &Value, frame: &Frame<'_>) -> Option<f64> {
    let day = match value {
        Value::Instant(at) => at.day(frame.zone),
        Value::Date(day) => *day,
        _ => return None,
    };
    let today = frame.now.day(frame.zone);
    Some(match kind {
        Days::Since => f64::from(today) - f64::from(day),
        Days::Until => f64::from(day) - f64::from(today),
        Days::BusinessSince => frame.calendar.business_days_between(date_of(day), date_of(today)) as f64,
    })
}

/// The hour of the local clock, 0 to 23.
pub(super) fn local_hour(frame: &Frame<'_>) -> i8 {
    frame.zone.to_datetime(frame.now.timestamp()).hour()
}

/// When the local clock next shows another hour.
pub(super) fn next_hour(frame: &Frame<'_>) -> Instant {
    let now = frame.now.timestamp();
    let local = frame.zone.to_datetime(now);
    let into = i64::from(local.minute()) * MINUTE
        + i64::from(local.second()) * SECOND
        + i64::from(local.subsec_nanosecond()) / 1_000;
    let full = frame.now.plus(HOUR - into);
    let change = frame.zone.following(now).next().map(|t| Instant::from(t.timestamp()));
    change.map_or(full, |change| full.min(change))
}

/// `2026-04-01T10:00:00+09:00`.
pub(super) fn parse_instant(text: &str) -> Option<Instant> {
    Instant::parse(text.trim())
}

/// `2026-04-01`, as a day number.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    text.trim().parse::<jiff::civil::Date>().ok().map(day_number)
}

/// `36h`, `2d`, `90m`, `1h30m`, `1.5h`, `-2h`, in microseconds. A day is 24 hours.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |r| (true, r));
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        total += number * unit(&tail[..letters])? as f64;
        rest = &tail[letters..];
    }
    let micros = if negative { -total } else { total };
    (micros.abs() <= LONGEST as f64).then(|| micros.round() as i64)
}

fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "d" => DAY,
        "h" => HOUR,
        "m" => MINUTE,
        "s" => SECOND,
        "ms" => SECOND / 1_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_sums_of_numbers_with_units() {
        assert_eq!(parse_duration("36h"), Some(36 * HOUR));
        assert_eq!(parse_duration("2d"), Some(48 * HOUR));
        assert_eq!(parse_duration("1h30m"), Some(90 * MINUTE));
        assert_eq!(parse_duration("1.5h"), Some(90 * MINUTE));
        assert_eq!(parse_duration("-90s"), Some(-90 * SECOND));
        for wrong in ["", "-", "36", "h", "2 days", "1..2h", "３h", "2d ", "9999999999999d"] {
            assert_eq!(parse_duration(wrong).is_some(), wrong == "2d ", "{wrong}");
        }
    }
}
