//! `shirube.yaml` as a tree whose every value knows where it stands.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

use crate::model::diagnostic::{Diagnostic, Place};

/// The largest file that is read.
const MOST_BYTES: usize = 262_144;

/// A value with its place.
#[derive(Clone)]
pub struct Node {
    /// Where it stands: a file position or an environment variable.
    pub place: Place,
    /// Whether it was written into the file (else it came from the environment).
    pub literal: bool,
    /// What it is.
    pub value: Value,
}

/// What YAML can say.
#[derive(Clone)]
pub enum Value {
    /// Nothing: `key:`.
    Null,
    /// `true` or `false` and nothing else.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Fraction(f64),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in file order.
    Map(Vec<Entry>),
}

/// One key of a mapping.
#[derive(Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

/// Reads a file; an empty one is an empty mapping. The error is the first thing YAML itself refuses.
pub fn parse(file: &str, text: &str) -> Result<Node, Diagnostic> {
    let file: Arc<str> = Arc::from(file);
    let start = Place { file: Arc::clone(&file), line: 1, column: 1 };
    if text.len() > MOST_BYTES {
        let help = "this file holds settings only: customers' data goes in by `shirube import`";
        return Err(Diagnostic::error("config-yaml", &start, format!("larger than {MOST_BYTES} bytes"), help));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Node { place: start, literal: true, value: Value::Map(Vec::new()) });
    }
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => Ok(placed(raw, &file)),
        Err(error) => Err(refused(&error, &start)),
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_nodes: 5_000, max_depth: 32, max_anchors: 0, max_documents: 1 },
    }
}

fn refused(error: &serde_saphyr::Error, start: &Place) -> Diagnostic {
    let place = error.location().map_or_else(|| start.clone(), |at| place(at, &start.file));
    // The first line says what; what follows is a drawing of the file, which may show a secret.
    let says = error.to_string();
    let message = says.lines().next().unwrap_or("this is not YAML").to_owned();
    let help = "mend the YAML here: two blanks a level, every key once, text with `: ` or ` #` in quotes";
    Diagnostic::error("config-yaml", &place, message, help)
}

/// What serde hands over, before places are attached.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Fraction(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or_else(|_| Raw::Text(value.to_string()), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

fn placed(raw: Spanned<Raw>, file: &Arc<str>) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(b),
        Raw::Int(n) => Value::Int(n),
        Raw::Fraction(n) => Value::Fraction(n),
        Raw::Text(t) => Value::Text(t),
        Raw::List(items) => Value::List(items.into_iter().map(|item| placed(item, file)).collect()),
        Raw::Map(entries) => Value::Map(entries.into_iter().map(|entry| entry_of(entry, file)).collect()),
    };
    Node { place: place(raw.referenced, file), literal: true, value }
}

fn entry_of((key, value): (Spanned<String>, Spanned<Raw>), file: &Arc<str>) -> Entry {
    Entry { place: place(key.referenced, file), key: key.value, node: placed(value, file) }
}

fn place(at: Location, file: &Arc<str>) -> Place {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    Place { file: Arc::clone(file), line: number(at.line()), column: number(at.column()) }
}
