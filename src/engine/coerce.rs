//! From what a source delivered to the declared type.

use jiff::{civil, tz::TimeZone};

use crate::{
    model::{
        instant::{Instant, day_number},
        money::{Currency, Money},
        value::Value,
    },
    rulebook::types::AttrType,
};

/// `value` as `ty`, or `Missing` where it cannot be one. Sources already typed it where they could;
/// events and webhooks deliver plain text and numbers.
pub fn coerce(value: &Value, ty: &AttrType, currency: Currency, zone: &TimeZone) -> Value {
    match (ty, value) {
        (_, Value::Missing) => Value::Missing,
        (AttrType::Text, Value::Text(_)) => value.clone(),
        (AttrType::Text, other) => Value::text(other.to_string()),
        (AttrType::Words(words), Value::Text(t)) => {
            words.iter().find(|w| w.eq_ignore_ascii_case(t.trim())).map(Value::text).unwrap_or_default()
        }
        (AttrType::Number, Value::Num(_)) | (AttrType::Bool, Value::Bool(_)) => value.clone(),
        (AttrType::Number, Value::Money(m)) => Value::Num(m.major()),
        (AttrType::Number, Value::Text(t)) => t.trim().parse().map(Value::Num).unwrap_or_default(),
        (AttrType::Bool, Value::Text(t)) => truth(t),
        (AttrType::Bool, Value::Num(n)) => Value::Bool(*n != 0.0),
        (AttrType::Date, _) => as_date(value, zone),
        (AttrType::Instant, _) => as_instant(value, zone),
        (AttrType::Money, Value::Money(_)) => value.clone(),
        (AttrType::Money, Value::Num(n)) => Value::Money(Money::from_major(*n, currency)),
        (AttrType::List, Value::List(_)) => value.clone(),
        (AttrType::List, Value::Text(t)) => Value::List(split_words(t).into()),
        _ => Value::Missing,
    }
}

fn truth(text: &str) -> Value {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Value::Bool(true),
        "false" | "no" | "0" => Value::Bool(false),
        _ => Value::Missing,
    }
}

fn as_date(value: &Value, zone: &TimeZone) -> Value {
    match value {
        Value::Date(_) => value.clone(),
        Value::Instant(at) => Value::Date(at.day(zone)),
        Value::Text(t) => match (t.parse::<civil::Date>(), Instant::parse(t)) {
            (Ok(date), _) => Value::Date(day_number(date)),
            (_, Some(at)) => Value::Date(at.day(zone)),
            _ => Value::Missing,
        },
        _ => Value::Missing,
    }
}

fn as_instant(value: &Value, zone: &TimeZone) -> Value {
    match value {
        Value::Instant(_) => value.clone(),
        Value::Date(day) => Value::Instant(Instant::start_of_day(*day, zone)),
        Value::Text(t) => match (Instant::parse(t), t.parse::<civil::Date>()) {
            (Some(at), _) => Value::Instant(at),
            (_, Ok(date)) => Value::Instant(Instant::start_of(date, zone)),
            _ => Value::Missing,
        },
        _ => Value::Missing,
    }
}

fn split_words(text: &str) -> Vec<Value> {
    text.split([',', '、', ';', '\n']).map(str::trim).filter(|w| !w.is_empty()).map(Value::text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_the_declared_type_or_missing() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let to = |text: &str, ty: AttrType| coerce(&Value::text(text), &ty, Currency::JPY, &zone);
        assert_eq!(to("2026-04-01", AttrType::Date), Value::Date(20_544));
        assert_eq!(to("2026-03-31T23:00:00Z", AttrType::Date), Value::Date(20_544));
        assert_eq!(to("3.5", AttrType::Number), Value::Num(3.5));
        assert_eq!(to("soon", AttrType::Date), Value::Missing);
        assert_eq!(to("Churned", AttrType::Words(vec!["churned".into()])), Value::text("churned"));
        assert_eq!(to("a、b", AttrType::List), Value::List(vec![Value::text("a"), Value::text("b")].into()));
    }
}
