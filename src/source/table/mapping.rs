//! The mapping file (`--map M.yaml`): what the headers alone cannot say.

use std::{collections::BTreeMap, fmt};

use jiff::tz::TimeZone;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{DateOrder, Encoding, text};
use crate::model::money::Currency;

/// A mapping, checked. Without a mapping file it is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Name of the source in facts; rows with ids are told apart per source. Default `csv:KIND`.
    pub source: Option<String>,
    /// The file's encoding, instead of the guess.
    pub encoding: Option<Encoding>,
    /// The delimiter, instead of the guess.
    pub delimiter: Option<char>,
    /// Line of the header, from 1, when titles stand above it.
    pub header: Option<u64>,
    /// Zone of dates and times without offset.
    pub timezone: Option<String>,
    /// The zone, from `timezone`.
    #[serde(skip)]
    pub zone: Option<TimeZone>,
    /// Order of dates that leave it open, in all columns.
    pub dates: Option<DateOrder>,
    /// Currency of amounts that name none.
    pub currency: Option<Currency>,
    /// The date the sheet speaks of: a literal, or the name of a column.
    pub as_of: Option<String>,
    /// What an empty cell does to a known value: clear it (default), or keep it.
    pub empty: Empty,
    /// Columns that together are the key of the row's own thing, joined by `/`.
    pub key: Vec<String>,
    /// Header → meaning.
    pub columns: BTreeMap<String, Column>,
    /// Field → value for every row.
    pub constants: BTreeMap<String, Scalar>,
    /// Which account a row belongs to, when it is not a plain key.
    pub account: Option<AccountRef>,
    /// Events that belong to no account: announcements.
    pub announcement: bool,
    /// Name of the event of every row.
    pub event: Option<String>,
    /// Several events a row.
    pub events: Vec<EventMap>,
    /// Only rows in which each of these columns has one of the values.
    pub only: BTreeMap<String, OneOrMany>,
    /// Not rows in which any of these columns has one of the values.
    pub skip: BTreeMap<String, OneOrMany>,
}

/// What an empty cell does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// The attribute is cleared.
    #[default]
    Clear,
    /// The attribute stays.
    Keep,
}

/// The meaning of a column: `plan`, or with details.
#[derive(Clone, Debug)]
pub enum Column {
    /// A field, or `ignore`.
    Field(String),
    /// A field with details.
    Detailed(Detailed),
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Column, D::Error> {
        d.deserialize_any(ColumnVisitor)
    }
}

/// By hand, so that a misspelt key inside is named.
struct ColumnVisitor;

impl<'de> Visitor<'de> for ColumnVisitor {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a field, `ignore`, or {{to: FIELD, map: …}}")
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Column, E> {
        Ok(Column::Field(v.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Column, A::Error> {
        Detailed::deserialize(MapAccessDeserializer::new(map)).map(Column::Detailed)
    }
}

/// Details of a column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detailed {
    /// The field.
    pub to: String,
    /// Order of dates in this column.
    #[serde(default)]
    pub dates: Option<DateOrder>,
    /// Currency of this column.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Cell → value.
    #[serde(default)]
    pub map: BTreeMap<String, Scalar>,
}

/// The account of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRef {
    /// The column.
    pub column: String,
    /// `subscription`: the column holds a subscription's key, whose account is meant.
    #[serde(default)]
    pub via: Option<Via>,
}

/// How a column leads to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// By a subscription imported earlier.
    Subscription,
}

/// One of several events of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMap {
    /// Its name.
    pub event: String,
    /// Column of its time; an empty cell means that it has not happened.
    pub at: String,
    /// Column of its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Property → column.
    #[serde(default)]
    pub props: BTreeMap<String, String>,
}

/// One value or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(Scalar),
    /// Any of these.
    Many(Vec<Scalar>),
}

/// A plain value, read as the text of a cell.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Num(f64),
    /// A text.
    Text(String),
}

impl Scalar {
    /// As it would stand in a cell.
    pub fn cell(&self) -> String {
        match self {
            Scalar::Bool(b) => b.to_string(),
            Scalar::Int(n) => n.to_string(),
            Scalar::Num(n) => n.to_string(),
            Scalar::Text(t) => t.clone(),
        }
    }
}

impl OneOrMany {
    /// Whether `cell` is one of the values, without regard to case and width.
    pub(super) fn has(&self, cell: &str) -> bool {
        let same = |s: &Scalar| text::fold(&s.cell()).to_lowercase() == text::fold(cell).to_lowercase();
        match self {
            OneOrMany::One(value) => same(value),
            OneOrMany::Many(values) => values.iter().any(same),
        }
    }
}

impl Column {
    /// The field's path, or `ignore`.
    pub(super) fn to(&self) -> &str {
        match self {
            Column::Field(to) => to,
            Column::Detailed(detailed) => &detailed.to,
        }
    }

    /// Details, if any.
    pub(super) fn details(&self) -> Option<&Detailed> {
        match self {
            Column::Field(_) => None,
            Column::Detailed(detailed) => Some(detailed),
        }
    }
}

/// A mapping file that cannot be used; the text names file, line and column.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct MappingError {
    /// The file.
    pub file: String,
    /// What is wrong and where.
    pub problem: String,
}

impl Mapping {
    /// Reads a mapping file's text; `file` is for messages.
    pub fn parse(yaml: &str, file: &str) -> Result<Mapping, MappingError> {
        let fail = |problem: String| MappingError { file: file.to_owned(), problem };
        if yaml.len() > 256 * 1024 {
            return Err(fail("the mapping is longer than 256 KiB".into()));
        }
        let mut mapping: Mapping = serde_saphyr::from_str(yaml).map_err(|e| fail(e.to_string()))?;
        if let Some(name) = &mapping.timezone {
            let zone = TimeZone::get(name);
            mapping.zone =
                Some(zone.map_err(|_| fail(format!("unknown timezone `{name}`; say e.g. Asia/Tokyo or UTC")))?);
        }
        Ok(mapping)
    }

    /// The entry for a header, by exact spelling first, else without case, width and punctuation.
    pub(super) fn column(&self, header: &str) -> Option<&Column> {
        let folded = text::key(header);
        self.columns.get(header).or_else(|| {
            self.columns.iter().find(|(name, _)| !folded.is_empty() && text::key(name) == folded).map(|(_, c)| c)
        })
    }

    /// Every header that the mapping refers to beyond `columns`.
    pub(super) fn referred(&self) -> impl Iterator<Item = &str> {
        let events =
            self.events.iter().flat_map(|e| [Some(&e.at), e.id.as_ref()].into_iter().flatten().chain(e.props.values()));
        let account = self.account.iter().map(|a| &a.column);
        let filters = self.only.keys().chain(self.skip.keys());
        events.chain(account).chain(filters).chain(&self.key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read() {
        let yaml = "timezone: UTC\naccount: {column: sub, via: subscription}\ncolumns:\n  有効: {to: status, map: {はい: active, 1: trial}}\n  備考: ignore\nonly: {is_trial: false}\n";
        let mapping = Mapping::parse(yaml, "m.yaml").unwrap();
        assert_eq!(mapping.account.as_ref().and_then(|a| a.via), Some(Via::Subscription));
        assert_eq!(mapping.column("備 考").map(Column::to), Some("ignore"));
        assert!(mapping.only["is_trial"].has("FALSE"));
        assert_eq!(mapping.column("有効").and_then(Column::details).unwrap().map["1"].cell(), "trial");
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_place() {
        let error = Mapping::parse("colums: {}\n", "m.yaml").unwrap_err().to_string();
        assert!(error.contains("m.yaml") && error.contains("colums"), "{error}");
        assert!(Mapping::parse("timezone: Asia/Tokio\n", "m.yaml").unwrap_err().to_string().contains("Tokio"));
    }
}
