//! What every call has: ids, times, and the reasons why one is refused.

use super::json::Json;
use crate::model::{
    instant::{HOUR, Instant, SECOND},
    value::Value,
};

/// Most characters of an id, a group key or an event's name.
pub const MAX_ID: usize = 200;
/// A clock that differs by less is not corrected: that is the way through the network.
const SKEW: i64 = 5 * SECOND;

/// A fault: the reason's code and the field it is about.
pub type Fault = (&'static str, String);

/// The id at one of `paths` (the first that is there); a number is as good as a text.
pub fn id(item: &Json, paths: &[&str]) -> Result<Option<String>, Fault> {
    for path in paths {
        let found = path.split('.').fold(item, |at, name| at.get(name));
        let text = match found {
            Json::Null => continue,
            Json::Text(text) => text.trim().to_owned(),
            Json::Num(n) => n.to_string(),
            Json::Bool(_) | Json::List(_) | Json::Map(_) => return Err(("bad_id", (*path).to_owned())),
        };
        if text.is_empty() {
            continue;
        }
        return checked(text, path).map(Some);
    }
    Ok(None)
}

/// A value as an id; missing is none.
pub fn id_of(value: &Value, field: &str) -> Result<Option<String>, Fault> {
    match value {
        Value::Missing => Ok(None),
        Value::Text(text) if text.trim().is_empty() => Ok(None),
        Value::Text(text) => checked(text.trim().to_owned(), field).map(Some),
        Value::Num(n) => checked(n.to_string(), field).map(Some),
        _ => Err(("bad_id", field.to_owned())),
    }
}

fn checked(text: String, path: &str) -> Result<String, Fault> {
    // What programs write where they had nothing: thousands of people would become one.
    let empty =
        ["null", "undefined", "none", "nil", "nan", "[object object]", "anonymous", "guest", "not_authenticated"];
    let unreadable = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    if empty.contains(&text.to_lowercase().as_str()) || text.chars().any(unreadable) {
        return Err(("bad_id", path.to_owned()));
    }
    if text.chars().count() > MAX_ID {
        return Err(("id_too_long", path.to_owned()));
    }
    Ok(text)
}

/// The moment at `name`: RFC 3339, or seconds or milliseconds since 1970.
pub fn moment(item: &Json, name: &str) -> Result<Option<Instant>, Fault> {
    match item.get(name) {
        Json::Null => Ok(None),
        found => read_moment(found).map(Some).ok_or(("bad_time", name.to_owned())),
    }
}

/// A moment in any of the forms that SDKs write.
pub fn read_moment(json: &Json) -> Option<Instant> {
    match json {
        Json::Text(text) => {
            let text = text.trim();
            Instant::parse(text).or_else(|| Instant::parse(&format!("{text}Z"))).or_else(|| digits(text))
        }
        Json::Num(n) => since_1970(*n),
        _ => None,
    }
}

fn digits(text: &str) -> Option<Instant> {
    let long = text.len() >= 10 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| long).and_then(since_1970)
}

fn since_1970(n: f64) -> Option<Instant> {
    let micros = if n.abs() < 1e11 { n * 1e6 } else { n * 1e3 };
    (micros.is_finite() && micros.abs() < Instant::MAX.0 as f64).then_some(Instant(micros as i64))
}

/// Times of one call, as sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// When it happened, by the sender's clock.
    pub original: Option<Instant>,
    /// When it was sent, by the same clock.
    pub sent: Option<Instant>,
}

impl Times {
    /// When it happened, by our clock: `received - (sent - original)`, never in the future. What either clock puts
    /// before `horizon` is refused: whether it is a repeat could no longer be told.
    pub fn settle(&self, received: Instant, horizon: i64) -> Result<Instant, Fault> {
        let Some(original) = self.original else { return Ok(received) };
        let skew = self.sent.map_or(0, |sent| received.since(sent));
        let at = if skew.abs() < SKEW { original } else { original.plus(skew) };
        let limit = received.plus(-horizon);
        // Two clocks may disagree by hours about what happened at this very border.
        if at < limit || original < limit.plus(-HOUR) {
            return Err(("too_old", "timestamp".to_owned()));
        }
        Ok(at.min(received))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instant::DAY;

    const NOW: Instant = Instant(1_800_000_000_000_000);

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn ids_are_texts_or_numbers_and_never_what_programs_write_for_nothing() {
        assert_eq!(id(&json(r#"{"userId": 17}"#), &["userId"]), Ok(Some("17".into())));
        assert_eq!(
            id(&json(r#"{"context": {"groupId": " acme "}}"#), &["groupId", "context.groupId"]),
            Ok(Some("acme".into()))
        );
        assert_eq!(id(&json(r#"{"userId": null, "x": ""}"#), &["userId", "x"]), Ok(None));
        for text in
            [r#"{"userId": "undefined"}"#, r#"{"userId": {}}"#, r#"{"userId": "a\u0000b"}"#, r#"{"userId": true}"#]
        {
            assert_eq!(id(&json(text), &["userId"]), Err(("bad_id", "userId".into())), "{text}");
        }
        let long = format!(r#"{{"userId": "{}"}}"#, "x".repeat(201));
        assert_eq!(id(&json(&long), &["userId"]), Err(("id_too_long", "userId".into())));
    }

    #[test]
    fn times_of_every_sdk_are_read() {
        let same = Instant(1_735_689_600_123_456);
        let forms = [
            (r#""2025-01-01T00:00:00.123456Z""#, same),
            (r#""2025-01-01T00:00:00.123456+00:00""#, same),
            (r#""2025-01-01T09:00:00.123456789+09:00""#, same),
            (r#""2025-01-01T00:00:00.123""#, Instant(1_735_689_600_123_000)),
            ("1735689600", Instant(1_735_689_600_000_000)),
            ("1735689600123", Instant(1_735_689_600_123_000)),
            (r#""1735689600123""#, Instant(1_735_689_600_123_000)),
        ];
        for (text, want) in forms {
            assert_eq!(read_moment(&json(text)), Some(want), "{text}");
        }
        for text in [r#""soon""#, "1e300", "true", "{}", r#""12""#] {
            assert_eq!(read_moment(&json(text)), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_clock_is_corrected_and_the_future_is_cut_off() {
        let settle = |original: i64, sent: Option<i64>| {
            let times = Times { original: Some(NOW.plus(original)), sent: sent.map(|s| NOW.plus(s)) };
            times.settle(NOW, 400 * DAY).map(|at| at.since(NOW))
        };
        // An hour fast: the event was two seconds before it was sent.
        assert_eq!(settle(HOUR - 2 * SECOND, Some(HOUR)), Ok(-2 * SECOND));
        assert_eq!(settle(-DAY - HOUR, Some(-DAY)), Ok(-HOUR));
        assert_eq!(settle(-HOUR, Some(-SECOND)), Ok(-HOUR));
        assert_eq!(settle(HOUR, None), Ok(0));
        assert_eq!(Times::default().settle(NOW, DAY), Ok(NOW));
    }

    #[test]
    fn what_may_be_a_repeat_from_beyond_the_horizon_is_refused_by_either_clock() {
        let old = ("too_old", "timestamp".to_owned());
        let times = |original: i64, sent: i64| Times { original: Some(NOW.plus(original)), sent: Some(NOW.plus(sent)) };
        assert_eq!(times(-401 * DAY, 0).settle(NOW, 400 * DAY), Err(old.clone()));
        // The very same request, kept and sent again after 500 days.
        assert_eq!(times(-500 * DAY, -500 * DAY).settle(NOW, 400 * DAY), Err(old));
        assert!(times(-399 * DAY, 0).settle(NOW, 400 * DAY).is_ok());
    }
}
