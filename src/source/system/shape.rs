//! Reading documented shapes: paths into JSON, texts, numbers, moments and days.

use std::collections::BTreeMap;

use super::Reading;
use crate::{
    model::{
        instant::Instant,
        money::{Currency, Money},
        track::domain_of,
        value::{Props, Value},
    },
    source::track::{Json, Whose, is_freemail, read_moment, typed},
};

/// Longest text that is taken over.
const LONGEST: usize = 2_000;

/// What is at a path such as `recurring.interval`; null where nothing is.
pub fn at<'a>(json: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(json, |json, name| json.get(name))
}

/// A text or a number as text; none where it is empty.
pub fn text(json: &Json, path: &str) -> Option<String> {
    let found = match at(json, path) {
        Json::Text(text) => text.trim().chars().take(LONGEST).collect(),
        Json::Num(n) => n.to_string(),
        _ => return None,
    };
    Some(found).filter(|text| !text.is_empty())
}

/// A number, also one that is written as text.
pub fn num(json: &Json, path: &str) -> Option<f64> {
    match at(json, path) {
        Json::Num(n) => Some(*n),
        Json::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// Yes or no; also as text.
pub fn yes(json: &Json, path: &str) -> bool {
    match at(json, path) {
        Json::Bool(yes) => *yes,
        Json::Text(text) => text == "true",
        _ => false,
    }
}

/// A moment: RFC 3339, or seconds or milliseconds since 1970.
pub fn moment(json: &Json, path: &str) -> Option<Instant> {
    read_moment(at(json, path))
}

/// A list; empty where none is.
pub fn list<'a>(json: &'a Json, path: &str) -> &'a [Json] {
    match at(json, path) {
        Json::List(items) => items,
        _ => &[],
    }
}

/// An address in small letters.
pub fn email(json: &Json, path: &str) -> Option<String> {
    text(json, path).map(|text| text.to_lowercase()).filter(|text| domain_of(text).is_some())
}

/// The domain of an address, if it is a company's.
pub fn work_domain(address: &str) -> Option<String> {
    domain_of(address).filter(|domain| !is_freemail(domain))
}

/// Given and family name; the family name first where it is written in kanji or kana.
pub fn full_name(first: Option<String>, last: Option<String>) -> Option<String> {
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    let name = if last.is_ascii() { format!("{first} {last}") } else { format!("{last} {first}") };
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// A text as a value; missing clears.
pub fn value(text: Option<String>) -> Value {
    text.map(Value::text).unwrap_or_default()
}

/// An amount in major units (yen, dollars).
pub fn money(major: f64, currency: &str) -> Value {
    Currency::parse(currency).map(|c| Value::Money(Money::from_major(major, c))).unwrap_or_default()
}

/// Attributes that `attributes:` asks for: ours by theirs, as the model types them. What cannot be read is left out.
pub fn asked(json: &Json, below: &str, wanted: &BTreeMap<String, String>, reading: &Reading<'_>) -> Props {
    let from = if below.is_empty() { json } else { at(json, below) };
    let one = |(ours, theirs): (&String, &String)| {
        let raw = match at(from, theirs) {
            Json::Null => return Some((ours.clone(), Value::Missing)),
            Json::Text(text) => Value::text(text.trim()),
            Json::Num(n) => Value::Num(*n),
            Json::Bool(yes) => Value::Bool(*yes),
            Json::List(_) | Json::Map(_) => return None,
        };
        typed(ours, &raw, Whose::Group, reading.options).ok().map(|value| (ours.clone(), value))
    };
    wanted.iter().filter_map(one).collect()
}
