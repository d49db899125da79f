//! The values that conditions, templates and attributes speak of.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::tz::TimeZone;
use serde::{
    Deserialize, Serialize,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::{
    instant::{Instant, date_of},
    money::{Currency, Money},
};

/// Properties of an event or a start, by name.
pub type Props = BTreeMap<String, Value>;

/// One value. `Missing` is a value of its own: see "Missing" in the language reference.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Unknown: never recorded, or not computable.
    #[default]
    Missing,
    /// Yes or no.
    Bool(bool),
    /// Whole numbers and decimals mix freely.
    Num(f64),
    /// A word or a text.
    Text(Arc<str>),
    /// A moment.
    Instant(Instant),
    /// A local calendar day, counted from 1970-01-01; 00:00 in the account's zone where a moment is needed.
    Date(i32),
    /// A length of time in microseconds.
    Duration(i64),
    /// An amount of money.
    Money(Money),
    /// A list of words.
    List(Arc<[Value]>),
}

impl Value {
    /// A text value.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Arc::from(text.as_ref()))
    }

    /// Whether nothing is known.
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }

    /// The number, if this is one.
    pub fn as_num(&self) -> Option<f64> {
        match self {
            Value::Num(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// From plain JSON; JSON null is `Missing`, objects are refused as `None`.
    pub fn from_json(json: &serde_json::Value) -> Option<Value> {
        use serde_json::Value as J;
        Some(match json {
            J::Null => Value::Missing,
            J::Bool(b) => Value::Bool(*b),
            J::Number(n) => Value::Num(n.as_f64()?),
            J::String(s) => Value::text(s),
            J::Array(items) => Value::List(items.iter().map(Value::from_json).collect::<Option<Vec<_>>>()?.into()),
            J::Object(map) => from_tagged(map)?,
        })
    }

    /// To JSON: plain where JSON has the type, else one tagged key (`{"instant": …}`).
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As other programs read it: moments as RFC 3339 with the offset of `zone`, days as ISO 8601, lengths of time in
    /// seconds, money as number and currency.
    pub fn plain(&self, zone: &TimeZone) -> serde_json::Value {
        use serde_json::{Value as J, json};
        match self {
            Value::Instant(at) => J::String(at.rfc3339(zone)),
            Value::Date(day) => J::String(date_of(*day).to_string()),
            Value::Duration(micros) => json!(*micros as f64 / 1e6),
            Value::Money(money) => json!({"amount": money.major(), "currency": money.currency}),
            Value::List(items) => J::Array(items.iter().map(|item| item.plain(zone)).collect()),
            other => other.to_json(),
        }
    }
}

fn from_tagged(map: &serde_json::Map<String, serde_json::Value>) -> Option<Value> {
    let (tag, body) = map.iter().next().filter(|_| map.len() == 1)?;
    match tag.as_str() {
        "instant" => body.as_i64().map(|n| Value::Instant(Instant(n))),
        "date" => body.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::Date),
        "duration" => body.as_i64().map(Value::Duration),
        "money" => {
            let pair = body.as_array()?;
            let currency = Currency::parse(pair.get(1)?.as_str()?)?;
            Some(Value::Money(Money { amount_minor: pair.first()?.as_i64()?, currency }))
        }
        _ => None,
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        fn tagged<S: serde::Serializer>(s: S, tag: &str, body: impl Serialize) -> Result<S::Ok, S::Error> {
            let mut map = s.serialize_map(Some(1))?;
            map.serialize_entry(tag, &body)?;
            map.end()
        }
        match self {
            Value::Missing => s.serialize_none(),
            Value::Bool(b) => s.serialize_bool(*b),
            Value::Num(n) if n.fract() == 0.0 && n.abs() < 9e15 => s.serialize_i64(*n as i64),
            Value::Num(n) => s.serialize_f64(*n),
            Value::Text(t) => s.serialize_str(t),
            Value::Instant(at) => tagged(s, "instant", at.0),
            Value::Date(day) => tagged(s, "date", day),
            Value::Duration(micros) => tagged(s, "duration", micros),
            Value::Money(m) => tagged(s, "money", (m.amount_minor, m.currency)),
            Value::List(items) => s.collect_seq(items.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Reader)
    }
}

/// Reads a value as it comes: a state holds many, and is read with every decision.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of the model")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Missing)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Num(n as f64))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Num(n as f64))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Num(n))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let wrong = || A::Error::custom("not a value of the model");
        let tag: String = map.next_key()?.ok_or_else(wrong)?;
        let value = match tag.as_str() {
            "instant" => Value::Instant(Instant(map.next_value()?)),
            "date" => Value::Date(map.next_value()?),
            "duration" => Value::Duration(map.next_value()?),
            "money" => {
                let (amount_minor, currency): (i64, String) = map.next_value()?;
                Value::Money(Money { amount_minor, currency: Currency::parse(&currency).ok_or_else(wrong)? })
            }
            _ => return Err(wrong()),
        };
        if map.next_key::<String>()?.is_some() { Err(wrong()) } else { Ok(value) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Missing => write!(f, "missing"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Num(n) => write!(f, "{n}"),
            Value::Text(t) => write!(f, "{t}"),
            Value::Instant(at) => write!(f, "{at}"),
            Value::Date(day) => write!(f, "{}", date_of(*day)),
            Value::Duration(micros) => write!(f, "{}s", *micros as f64 / 1e6),
            Value::Money(m) => write!(f, "{m}"),
            Value::List(items) => {
                write!(f, "[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                write!(f, "]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_of_the_model_is_refused() {
        for text in
            [r#"{}"#, r#"{"instant": "x"}"#, r#"{"date": 1, "x": 2}"#, r#"{"other": 1}"#, r#"{"money": [1, "?"]}"#]
        {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_kind_of_value_survives_json() {
        let values = [
            Value::Missing,
            Value::Bool(true),
            Value::Num(3.0),
            Value::Num(0.25),
            Value::text("導入期"),
            Value::Instant(Instant(1_700_000_000_000_000)),
            Value::Date(20_000),
            Value::Duration(-5),
            Value::Money(Money { amount_minor: 120, currency: Currency::JPY }),
            Value::List(vec![Value::text("a"), Value::text("b")].into()),
        ];
        for value in values {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
            let tree = serde_json::from_str(&text).unwrap();
            assert_eq!(Value::from_json(&tree), Some(value), "{text}");
        }
    }
}
