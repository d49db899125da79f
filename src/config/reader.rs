//! Takes typed values out of the tree, collecting every finding instead of stopping at the first.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use super::{
    secret::Secret,
    tree::{Entry, Node, Value},
};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        locale::Bilingual,
    },
    rulebook::schedule::length::Length,
};

/// Where `${env:NAME}` and `${file:PATH}` are looked up.
pub struct Lookup<'a> {
    /// The value of an environment variable, if it is set.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file, or why it cannot be read. Relative paths belong to the project folder.
    pub file: &'a dyn Fn(&str) -> Result<String, String>,
}

/// What a reading shares.
pub struct Reading<'a> {
    /// Looks references up.
    pub lookup: &'a Lookup<'a>,
    /// Everything found so far.
    pub findings: RefCell<Vec<Diagnostic>>,
}

impl Reading<'_> {
    /// Records an error.
    pub fn error(&self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.findings.borrow_mut().push(Diagnostic::error("config", place, message, help));
    }
}

/// A text, where it stands, and whether it is written in the file itself.
#[derive(Clone)]
pub struct Text {
    /// The text, references resolved.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// Written into the file: no place for a secret.
    pub literal: bool,
}

/// One mapping while it is read. `finish` reports keys nobody asked for.
pub struct Section<'a> {
    reading: &'a Reading<'a>,
    /// `email` or `people.kei`; empty at the top.
    path: String,
    /// Where the mapping stands.
    pub place: Place,
    entries: Vec<Entry>,
    asked: BTreeSet<&'static str>,
    present: BTreeSet<&'static str>,
}

impl<'a> Section<'a> {
    /// The mapping in `node`; anything else is an error and reads as empty.
    pub fn of(node: Node, path: &str, reading: &'a Reading<'a>) -> Section<'a> {
        let entries = match node.value {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            _ => {
                let example = if path.is_empty() { "store:" } else { "key: value" };
                reading.error(
                    &node.place,
                    format!("{} must be a mapping", shown(path)),
                    format!("write `{example}` lines below it"),
                );
                Vec::new()
            }
        };
        Section {
            reading,
            path: path.to_owned(),
            place: node.place,
            entries,
            asked: BTreeSet::new(),
            present: BTreeSet::new(),
        }
    }

    /// Whether nothing is written here.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether `key` was written, be its value right or wrong; only after it was asked for.
    pub fn has(&self, key: &str) -> bool {
        self.present.contains(key)
    }

    /// Whether `key` holds a list or a single value, not a mapping.
    pub fn is_list(&self, key: &str) -> bool {
        let entry = self.entries.iter().find(|entry| entry.key == key);
        entry.is_some_and(|entry| !matches!(entry.node.value, Value::Map(_) | Value::Null))
    }

    /// Records an error about `key`.
    pub fn error(&self, place: &Place, key: &str, says: &str, help: &str) {
        self.reading.error(place, format!("{}: {says}", self.name(key)), help);
    }

    /// The mapping at `key`; empty if there is none.
    pub fn section(&mut self, key: &'static str) -> Section<'a> {
        let place = self.place.clone();
        let node = self.take(key).unwrap_or(Node { place, literal: true, value: Value::Null });
        Section::of(node, &self.name(key), self.reading)
    }

    /// Every named mapping below `key`: people, webhooks, sources.
    pub fn named(&mut self, key: &'static str) -> Vec<(String, Section<'a>)> {
        let inner = self.section(key);
        let of = |entry: Entry| {
            let path = format!("{}.{}", inner.path, entry.key);
            (entry.key, Section::of(entry.node, &path, inner.reading))
        };
        inner.entries.into_iter().map(of).collect()
    }

    /// Every named text below `key`.
    pub fn named_texts(&mut self, key: &'static str) -> Vec<(String, Text)> {
        let inner = self.section(key);
        let text = |entry: Entry| {
            Some((entry.key.clone(), as_text(&entry.node, &format!("{}.{}", inner.path, entry.key), inner.reading)?))
        };
        inner.entries.into_iter().filter_map(text).collect()
    }

    /// Secrets by their names below `key`, each by reference or from the environment.
    pub fn named_secrets(&mut self, key: &'static str, least: usize) -> Vec<(String, Secret)> {
        let path = self.name(key);
        let secret = |(name, text): (String, Text)| {
            let found = as_secret(text, &format!("{path}.{name}"), least, self.reading)?;
            Some((name, found))
        };
        self.named_texts(key).into_iter().filter_map(secret).collect()
    }

    /// The text at `key`, references resolved.
    pub fn text(&mut self, key: &'static str) -> Option<Text> {
        let node = self.take(key)?;
        as_text(&node, &self.name(key), self.reading)
    }

    /// The text at `key`: plain (serves both languages), or `{ja: …, en: …}`.
    pub fn bilingual(&mut self, key: &'static str) -> Option<Bilingual> {
        if self.entries.iter().any(|entry| entry.key == key) && !self.is_list(key) {
            let mut both = self.section(key);
            let found = Bilingual { ja: both.text("ja").map(|t| t.text), en: both.text("en").map(|t| t.text) };
            both.finish();
            return (found.ja.is_some() || found.en.is_some()).then_some(found);
        }
        self.text(key).map(|text| Bilingual::same(&text.text))
    }

    /// The text at `key` as `read` understands it; its error says what to write.
    pub fn parsed<T>(&mut self, key: &'static str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(key)?;
        match read(&text.text) {
            Ok(value) => Some(value),
            Err(help) => {
                self.error(&text.place, key, "this value cannot be used", &help);
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let node = self.take(key)?;
        // YAML 1.1 habits: an unquoted `off` is text here, `false` means the same.
        let word = match node.value {
            Value::Bool(false) => "off".to_owned(),
            _ => as_text(&node, &self.name(key), self.reading)?.text,
        };
        let found = words.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            let near =
                nearest(&word, names.iter().copied()).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            self.error(
                &node.place,
                key,
                &format!("`{word}` is not known here"),
                &format!("write one of {}{near}", names.join(", ")),
            );
        }
        found
    }

    /// A secret: by reference or from the environment, never written into the file.
    pub fn secret(&mut self, key: &'static str, least: usize) -> Option<Secret> {
        let text = self.text(key)?;
        as_secret(text, &self.name(key), least, self.reading)
    }

    /// A list of secrets, or a single one.
    pub fn secrets(&mut self, key: &'static str, least: usize) -> Vec<Secret> {
        let name = self.name(key);
        self.texts(key).into_iter().filter_map(|text| as_secret(text, &name, least, self.reading)).collect()
    }

    /// A list of texts, or a single one; in a variable they are separated by commas.
    pub fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let (Some(node), name) = (self.take(key), self.name(key)) else { return Vec::new() };
        match node.value {
            Value::List(items) => items.iter().filter_map(|item| as_text(item, &name, self.reading)).collect(),
            Value::Null => Vec::new(),
            _ => as_text(&node, &name, self.reading).map_or_else(Vec::new, parts),
        }
    }

    /// A whole number within `range`.
    pub fn number(&mut self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let node = self.take(key)?;
        let number = match &node.value {
            Value::Int(n) => Some(*n),
            Value::Text(_) => as_text(&node, &self.name(key), self.reading)?.text.parse().ok(),
            _ => None,
        };
        let fits = number.filter(|n| range.contains(n));
        if fits.is_none() {
            let help = format!("write a whole number from {} to {}", range.start(), range.end());
            self.error(&node.place, key, "this number cannot be used", &help);
        }
        fits
    }

    /// An amount of 0 or more: `0.5`, `50000`, `50,000`.
    pub fn amount(&mut self, key: &'static str) -> Option<f64> {
        let node = self.take(key)?;
        let amount = match &node.value {
            Value::Int(n) => Some(*n as f64),
            Value::Fraction(n) => Some(*n),
            Value::Text(_) => {
                as_text(&node, &self.name(key), self.reading)?.text.replace([',', '_'], "").trim().parse().ok()
            }
            _ => None,
        };
        let amount = amount.filter(|n| n.is_finite() && *n >= 0.0);
        if amount.is_none() {
            self.error(&node.place, key, "this amount cannot be used", "write a number, 0 or more, e.g. 50000");
        }
        amount
    }

    /// A share above 0 and up to 1: `0.8`, `80%`.
    pub fn share(&mut self, key: &'static str) -> Option<f64> {
        let node = self.take(key)?;
        let share = match &node.value {
            Value::Int(n) => Some(*n as f64),
            Value::Fraction(n) => Some(*n),
            Value::Text(_) => {
                let text = as_text(&node, &self.name(key), self.reading)?.text;
                let percent = text.trim().strip_suffix(['%', '％']);
                percent.map_or_else(|| text.trim().parse().ok(), |n| n.trim().parse::<f64>().ok().map(|n| n / 100.0))
            }
            _ => None,
        };
        let share = share.filter(|share| *share > 0.0 && *share <= 1.0);
        if share.is_none() {
            self.error(&node.place, key, "this share cannot be used", "write a share up to 100%, e.g. 80%");
        }
        share
    }

    /// An exact length of time: `30s`, `10m`, `400d`.
    pub fn duration(&mut self, key: &'static str) -> Option<Duration> {
        self.parsed(key, |text| match Length::parse(text)? {
            Length::Exact(micros) => Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0))),
            _ => Err("write an exact length such as `30s`, `10m`, `24h` or `400d`".to_owned()),
        })
    }

    /// Records that `key` is needed because of `why`.
    pub fn missing(&self, key: &str, why: &str, write: &str) {
        self.error(&self.place, key, &format!("missing, but {why}"), &format!("write `{write}`"));
    }

    /// Reports every key that nobody asked for, with the nearest that exists.
    pub fn finish(self) {
        for entry in &self.entries {
            let near = nearest(&entry.key, self.asked.iter().copied());
            let known = self.asked.iter().copied().collect::<Vec<_>>().join(", ");
            let help = match near {
                Some(near) => format!("did you mean `{near}`? Known here: {known}"),
                None => format!("known here: {known}"),
            };
            self.reading.error(&entry.place, format!("unknown key `{}`", self.name(&entry.key)), help);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        self.asked.insert(key);
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        let node = Some(self.entries.remove(at).node).filter(|node| !matches!(node.value, Value::Null))?;
        self.present.insert(key);
        Some(node)
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn as_text(node: &Node, name: &str, reading: &Reading<'_>) -> Option<Text> {
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => {
            reading.error(
                &node.place,
                format!("{name} must be a text"),
                format!("write one text, in quotes if it looks like a number or true/false: `{name}: \"…\"`"),
            );
            return None;
        }
    };
    resolved(Text { text, place: node.place.clone(), literal: node.literal }, name, reading)
}

/// Replaces a whole-value reference. Never repeats a value in an error.
fn resolved(text: Text, name: &str, reading: &Reading<'_>) -> Option<Text> {
    if !text.text.contains("${") {
        return Some(text);
    }
    let refuse = |says: String, help: &str| {
        reading.error(&text.place, format!("{name}: {says}"), help);
        None
    };
    let inside = text.text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let found = match inside.and_then(|inside| inside.split_once(':')) {
        Some(("env", variable)) => match (reading.lookup.env)(variable) {
            Some(value) => value,
            None => {
                return refuse(
                    format!("the environment variable {variable} is not set"),
                    "set it where shirube is started",
                );
            }
        },
        Some(("file", path)) => match (reading.lookup.file)(path) {
            Ok(content) => content.trim_end_matches(['\r', '\n']).to_owned(),
            Err(why) => {
                return refuse(format!("the file {path} cannot be read: {why}"), "check the path and its permissions");
            }
        },
        _ => {
            return refuse(
                "a reference must be the whole value".to_owned(),
                "write `${env:NAME}` or `${file:PATH}` and nothing around it",
            );
        }
    };
    if found.is_empty() {
        return refuse(
            "its reference leads to an empty value".to_owned(),
            "set the variable or fill the file it names",
        );
    }
    Some(Text { text: found, literal: false, ..text })
}

fn as_secret(text: Text, name: &str, least: usize, reading: &Reading<'_>) -> Option<Secret> {
    if text.literal {
        let variable = name.to_uppercase().replace(['.', '-'], "_");
        let help = format!(
            "write `${{env:{variable}}}` or `${{file:PATH}}` there, and replace the secret itself: it has been in a file"
        );
        reading.error(&text.place, format!("{name}: a secret must not stand in the file"), help);
        return None;
    }
    match Secret::new(text.text, least) {
        Ok(secret) => Some(secret),
        Err(why) => {
            reading.error(&text.place, format!("{name}: {why}"), "set the complete secret as its issuer shows it");
            None
        }
    }
}

fn parts(text: Text) -> Vec<Text> {
    if text.literal {
        return vec![text];
    }
    let part = |piece: &str| Text { text: piece.trim().to_owned(), ..text.clone() };
    text.text.split(',').map(part).filter(|piece| !piece.text.is_empty()).collect()
}

fn shown(path: &str) -> String {
    if path.is_empty() { "this file".to_owned() } else { path.to_owned() }
}
