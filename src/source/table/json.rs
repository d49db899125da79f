//! One JSON object a line as a row: nested objects become `a.b`, repeated names are refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Names and texts of one object, in its order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Flat(pub(super) Vec<(String, String)>);

/// Reads one line; the error is for people.
pub(super) fn read(line: &str) -> Result<Vec<(String, String)>, String> {
    let flat: Flat = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let mut names: Vec<&str> = flat.0.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("`{}` appears twice", pair[0])),
        None => Ok(flat.0),
    }
}

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Flat, D::Error> {
        d.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Flat;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the row's columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flat, A::Error> {
        let mut out = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match map.next_value::<Cell>()? {
                Cell::Text(text) => out.push((name, text)),
                Cell::Nested(inner) => out.extend(inner.into_iter().map(|(n, t)| (format!("{name}.{n}"), t))),
            }
        }
        Ok(Flat(out))
    }
}

enum Cell {
    Text(String),
    Nested(Vec<(String, String)>),
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Cell, D::Error> {
        d.deserialize_any(AnyCell)
    }
}

struct AnyCell;

impl<'de> Visitor<'de> for AnyCell {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Cell, E> {
        Ok(Cell::Text(v.to_string()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Cell, E> {
        Ok(Cell::Text(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Cell, E> {
        Ok(Cell::Text(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Cell, E> {
        Ok(Cell::Text(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Cell, E> {
        Ok(Cell::Text(v.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Text(String::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        Object.visit_map(map).map(|flat| Cell::Nested(flat.0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let mut words = Vec::new();
        while let Some(cell) = seq.next_element::<Cell>()? {
            if let Cell::Text(text) = cell {
                words.push(text);
            }
        }
        Ok(Cell::Text(words.join(";")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_cells() {
        let cells =
            read(r#"{"key":"a","mrr":1200.5,"trial":false,"owner":{"name":"Kei"},"tags":["x","y"],"end":null}"#);
        let pairs = [("key", "a"), ("mrr", "1200.5"), ("trial", "false"), ("owner.name", "Kei"), ("tags", "x;y")];
        let mut expected: Vec<_> = pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
        expected.push(("end".into(), String::new()));
        assert_eq!(cells, Ok(expected));
    }

    #[test]
    fn repeated_names_and_deep_nesting_are_refused() {
        assert!(read(r#"{"a":1,"a":2}"#).unwrap_err().contains("twice"));
        let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert!(read(&deep).is_err());
        assert!(read("[1]").is_err());
    }
}
