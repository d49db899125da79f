//! JSON as senders wrote it: a name that comes twice in one object is seen, not silently decided.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// One JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`; also what is not there.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Num(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Map(Map),
}

/// One object, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Names and values.
    pub pairs: Vec<(String, Json)>,
    /// A name that comes more than once.
    pub twice: Option<String>,
}

/// What stands where nothing is.
static NULL: Json = Json::Null;

impl Json {
    /// Reads a whole body. The error is the parser's, with line and column; nesting ends at 128.
    pub fn parse(bytes: &[u8]) -> Result<Json, serde_json::Error> {
        serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
    }

    /// The value below `name`; null where there is none.
    pub fn get(&self, name: &str) -> &Json {
        let Json::Map(map) = self else { return &NULL };
        map.pairs.iter().find(|(n, _)| n == name).map_or(&NULL, |(_, value)| value)
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn pairs(&self) -> &[(String, Json)] {
        match self {
            Json::Map(map) => &map.pairs,
            _ => &[],
        }
    }

    /// Whether nothing is there.
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// A name that comes twice somewhere in it.
    pub fn twice(&self) -> Option<&str> {
        match self {
            Json::Map(map) => map.twice.as_deref().or_else(|| map.pairs.iter().find_map(|(_, value)| value.twice())),
            Json::List(items) => items.iter().find_map(Json::twice),
            _ => None,
        }
    }

    /// About how many bytes it takes when written without spaces.
    pub fn size(&self) -> usize {
        match self {
            Json::Null | Json::Bool(true) => 4,
            Json::Bool(false) => 5,
            Json::Num(_) => 8,
            Json::Text(text) => text.len() + 2,
            Json::List(items) => 2 + items.iter().map(|item| item.size() + 1).sum::<usize>(),
            Json::Map(map) => 2 + map.pairs.iter().map(|(name, value)| name.len() + 4 + value.size()).sum::<usize>(),
        }
    }
}

/// Compact JSON again, e.g. for a list of objects that is kept as text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, n: usize| if n > 0 { f.write_str(",") } else { Ok(()) };
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(yes) => write!(f, "{yes}"),
            Json::Num(n) => write!(f, "{n}"),
            Json::Text(text) => f.write_str(&serde_json::to_string(text).unwrap_or_default()),
            Json::List(items) => {
                f.write_str("[")?;
                items.iter().enumerate().try_for_each(|(n, item)| list(f, n).and_then(|()| write!(f, "{item}")))?;
                f.write_str("]")
            }
            Json::Map(map) => {
                f.write_str("{")?;
                for (n, (name, value)) in map.pairs.iter().enumerate() {
                    list(f, n)?;
                    write!(f, "{}:{value}", serde_json::to_string(name).unwrap_or_default())?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Json, D::Error> {
        d.deserialize_any(Any)
    }
}

/// Whole numbers up to here are exact as numbers. Longer ones are ids, and two of them must not become one.
const EXACT: u64 = 1 << 53;
/// Members of a list, at most: nobody sends more, and a small body must not become much memory.
const LONGEST: usize = 5_000;

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
        Ok(Json::Bool(yes))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(if n.unsigned_abs() > EXACT { Json::Text(n.to_string()) } else { Json::Num(n as f64) })
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(if n > EXACT { Json::Text(n.to_string()) } else { Json::Num(n as f64) })
    }

    fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
        Ok(Json::Num(n))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(storable(text.to_owned())))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Json, E> {
        self.visit_str(&text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == LONGEST {
                return Err(A::Error::custom(format!("a list has more than {LONGEST} members")));
            }
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let (mut map, mut names) = (Map::default(), HashSet::new());
        while let Some(name) = members.next_key::<String>()? {
            let name = storable(name);
            if !names.insert(name.clone()) {
                map.twice = Some(name.clone());
            }
            map.pairs.push((name, members.next_value()?));
        }
        Ok(Json::Map(map))
    }
}

/// PostgreSQL cannot store NUL in a text: what stands for the unreadable takes its place.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_that_comes_twice_is_seen_wherever_it_stands() {
        assert_eq!(parsed(r#"{"a": 1, "b": [{"c": {"d": 1, "d": 2}}]}"#).twice(), Some("d"));
        assert_eq!(parsed(r#"{"a": {"x": 1}, "b": {"x": 1}}"#).twice(), None);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for text in ["", "{", r#"{"a": NaN}"#, r#"{"a": 1e999}"#, "[1,]", &"[".repeat(100_000)] {
            let error = Json::parse(text.as_bytes()).unwrap_err();
            assert!(error.line() > 0, "{error}");
        }
        assert_eq!(Json::parse(b"\xef\xbb\xbf{}").unwrap(), Json::Map(Map::default()));
    }

    #[test]
    fn long_ids_stay_what_they_are_and_endless_lists_are_refused() {
        assert_eq!(parsed("1234567890123456789"), Json::Text("1234567890123456789".into()));
        assert_eq!(parsed("[-9223372036854775808, 7]").to_string(), r#"["-9223372036854775808",7]"#);
        let list = |n: usize| format!("[{}]", vec!["0"; n].join(","));
        assert!(Json::parse(list(LONGEST).as_bytes()).is_ok() && Json::parse(list(LONGEST + 1).as_bytes()).is_err());
    }

    #[test]
    fn what_no_database_stores_is_replaced() {
        assert_eq!(parsed(r#"{"a\u0000b": "x\u0000y"}"#).to_string(), "{\"a\u{FFFD}b\":\"x\u{FFFD}y\"}");
    }

    #[test]
    fn its_text_is_json_again() {
        let text = r#"{"a":[1,2.5,null,true,false,"花\"x"],"b":{"c":{}}}"#;
        assert_eq!(parsed(text).to_string(), text);
        assert_eq!(parsed("[]").size(), 2);
    }
}
