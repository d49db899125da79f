//! Typed readers of single values. Each returns none with a finding where the text is not of its type.

use super::{Kind, Node};
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        instant::{Instant, day_number},
        locale::Bilingual,
        value::Value,
    },
    rulebook::schedule::length::Length,
};

fn wrong(node: &Node, expected: &str, help: &str, out: &mut Vec<Diagnostic>) {
    let found = match node.scalar() {
        Some(s) => format!("`{}`", shorten(&s.text)),
        None => node.what().to_owned(),
    };
    out.push(Diagnostic::error("wrong-type", &node.place, format!("expected {expected}, found {found}"), help));
}

/// At most 60 characters of `text` for a message.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A text.
pub fn text<'a>(node: &'a Node, out: &mut Vec<Diagnostic>) -> Option<&'a str> {
    if let Some(s) = node.scalar() {
        return Some(&s.text);
    }
    wrong(node, "a text", "quote a text that begins with `[` or `{`", out);
    None
}

/// A number.
pub fn number(node: &Node, out: &mut Vec<Diagnostic>) -> Option<f64> {
    let read = node.scalar().and_then(|s| s.text.replace('_', "").parse::<f64>().ok()).filter(|n| n.is_finite());
    if read.is_none() {
        wrong(node, "a number", "write it with digits, e.g. 3 or 0.5", out);
    }
    read
}

/// A whole number from `min` to `max`.
pub fn whole(node: &Node, min: u32, max: u32, out: &mut Vec<Diagnostic>) -> Option<u32> {
    let read = node.scalar().and_then(|s| s.text.parse::<u32>().ok()).filter(|n| (min..=max).contains(n));
    if read.is_none() {
        wrong(node, &format!("a whole number from {min} to {max}"), "write it with digits", out);
    }
    read
}

/// `true` or `false`, nothing else.
pub fn bool(node: &Node, out: &mut Vec<Diagnostic>) -> Option<bool> {
    match node.scalar().map(|s| s.text.as_str()) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => {
            wrong(node, "true or false", "write `true` or `false`", out);
            None
        }
    }
}

/// `20%` or `20`, from 0 to 100.
pub fn percent(node: &Node, out: &mut Vec<Diagnostic>) -> Option<f64> {
    let read = node.scalar().and_then(|s| s.text.trim_end_matches('%').trim().parse::<f64>().ok());
    let read = read.filter(|p| (0.0..=100.0).contains(p));
    if read.is_none() {
        wrong(node, "a share from 0% to 100%", "write e.g. `20%`", out);
    }
    read
}

/// A LENGTH.
pub fn length(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Length> {
    let text = text(node, out)?;
    match Length::parse(text) {
        Ok(length) => Some(length),
        Err(why) => {
            let help = "write e.g. 90m, 36h, 2d, 2 calendar days, 2 business days or 4 business hours";
            let place = node.scalar().map_or(&node.place, |s| &s.content);
            out.push(Diagnostic::error("bad-length", place, why, help));
            None
        }
    }
}

/// One of a few words.
pub fn word<T: Copy>(node: &Node, words: &[(&str, T)], out: &mut Vec<Diagnostic>) -> Option<T> {
    let text = text(node, out)?;
    let found = words.iter().find(|(w, _)| *w == text).map(|(_, t)| *t);
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
        let help = match nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see the language reference".to_owned(),
        };
        let message = format!("`{}` is not one of {}", shorten(text), names.join(", "));
        out.push(Diagnostic::error("unknown-word", &node.place, message, help).mended_if_typo(text, names));
    }
    found
}

/// A text for people: plain (serves both languages), or `{ja: …, en: …}`.
pub fn bilingual(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Bilingual> {
    if let Some(s) = node.scalar() {
        return Some(Bilingual::same(&s.text));
    }
    let mut fields = super::fields::Fields::of(node, "a text in two languages", out)?;
    let both = Bilingual { ja: fields.text("ja", out), en: fields.text("en", out) };
    fields.finish(out);
    Some(both)
}

/// One text or a list of texts.
pub fn texts(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<String> {
    list(node).iter().filter_map(|n| text(n, out)).map(str::to_owned).collect()
}

/// The items of a list; a single value is a list of one.
pub fn list(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// The items of a list, with a finding where it is none.
pub fn items<'a>(node: &'a Node, what: &str, out: &mut Vec<Diagnostic>) -> &'a [Node] {
    match &node.kind {
        Kind::List(items) => items,
        _ => {
            wrong(node, &format!("a list of {what}"), "begin each of them with `- `", out);
            &[]
        }
    }
}

/// A moment with its offset (`2026-04-01T10:00+09:00`).
pub fn instant(text: &str) -> Option<Instant> {
    Instant::parse(text)
}

/// A local day (`2026-04-01`).
pub fn date(text: &str) -> Option<jiff::civil::Date> {
    let shaped = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| matches!(i, 4 | 7) == (b == b'-'));
    text.parse().ok().filter(|_| shaped)
}

/// A literal of a test or a `set`: number, true/false, date, moment or text, or a list of such. Quoted is text.
pub fn value(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Value> {
    match &node.kind {
        Kind::Null => Some(Value::Missing),
        Kind::Scalar(s) if !s.plain => Some(Value::text(&s.text)),
        Kind::Scalar(s) => Some(plain_value(&s.text)),
        Kind::List(items) => Some(Value::List(items.iter().filter_map(|i| value(i, out)).collect())),
        Kind::Map(_) => {
            wrong(node, "a value", "write a text, a number, a date or true/false", out);
            None
        }
    }
}

fn plain_value(text: &str) -> Value {
    let number = || {
        text.parse::<f64>().ok().filter(|n| {
            n.is_finite() && text.starts_with(['-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        })
    };
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number()
            .map(Value::Num)
            .or_else(|| date(text).map(|d| Value::Date(day_number(d))))
            .or_else(|| instant(text).map(Value::Instant))
            .unwrap_or_else(|| Value::text(text)),
    }
}
