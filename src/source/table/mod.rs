//! Tables in: CSV, TSV and NDJSON files become accounts, contacts, subscriptions and events.
//!
//! Two passes over the file, in bounded memory. [`inspect`] reads it once and settles what a single
//! row cannot tell: encoding, delimiter, the order of day and month of each column, number styles,
//! repeated ids. [`rows`] reads it again and yields one [`Draft`] a row, or a [`Reject`] with its line
//! and reason; nothing is dropped in silence. [`settle`] compares a draft with what is already known
//! and leaves only the changes, as facts.

mod aliases;
mod build;
mod csv;
mod dates;
mod encoding;
mod fields;
mod infer;
mod inspect;
mod json;
mod mapping;
mod numbers;
mod plan;
mod preview;
mod records;
mod reject;
mod repeats;
mod rows;
mod settle;
mod sheet;
mod text;
mod warning;
mod words;

pub use self::{
    dates::DateOrder,
    encoding::{Encoding, whole_text},
    fields::{Field, On},
    inspect::{Inspection, inspect},
    mapping::{Mapping, MappingError},
    plan::{ColumnPlan, Plan},
    preview::{Preview, PreviewColumn, preview},
    records::Shape,
    reject::{Reject, RejectsWriter},
    rows::{Draft, DraftEvent, Rows, SubscriptionRow, rows},
    settle::{Known, Settled, SubscriptionSpan, settle},
    sheet::{Sheet, measure},
    warning::{Warning, Warnings},
};

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::{
    model::{instant::Instant, locale::Locale, money::Currency},
    rulebook::types::AttrType,
};

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One customer a row; may carry one contact of theirs beside.
    Accounts,
    /// One person a row.
    Contacts,
    /// One interval of one product a row.
    Subscriptions,
    /// One or more happenings a row.
    Events,
}

impl Kind {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Accounts => "accounts",
            Kind::Contacts => "contacts",
            Kind::Subscriptions => "subscriptions",
            Kind::Events => "events",
        }
    }

    /// Reads the word on the command line.
    pub fn parse(word: &str) -> Option<Kind> {
        [Kind::Accounts, Kind::Contacts, Kind::Subscriptions, Kind::Events].into_iter().find(|k| k.word() == word)
    }
}

/// What new customers without `created_at` and `contract_start` are taken for (`--as`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assume {
    /// They have been customers for a while: nothing starts for what is true already.
    Known,
    /// They begin now.
    New,
}

impl Assume {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Assume::Known => "known",
            Assume::New => "new",
        }
    }
}

/// How to read a file: the workspace's settings, the declared attributes and the mapping.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the rows are.
    pub kind: Kind,
    /// Zone of dates without one, unless the mapping names another.
    pub zone: TimeZone,
    /// Language of the workspace: decides between readings that nothing else decides.
    pub locale: Locale,
    /// Currency of amounts that name none.
    pub currency: Currency,
    /// Attributes of accounts declared in `model.yaml`.
    pub account_attributes: BTreeMap<String, AttrType>,
    /// Attributes of contacts declared in `model.yaml`.
    pub contact_attributes: BTreeMap<String, AttrType>,
    /// The moment of the import: when its facts are received, and their as-of unless the mapping says otherwise.
    pub now: Instant,
    /// Columns, constants, filters; empty = header aliases alone.
    pub mapping: Mapping,
    /// What new customers without a date are; none = known, with a warning.
    pub assume: Option<Assume>,
}

impl Options {
    /// Options with Tokyo's zone, Japanese, yen, no declared attributes and no mapping.
    pub fn new(kind: Kind, now: Instant) -> Options {
        Options {
            kind,
            zone: TimeZone::get("Asia/Tokyo").unwrap_or(TimeZone::UTC),
            locale: Locale::Ja,
            currency: Currency::JPY,
            account_attributes: BTreeMap::new(),
            contact_attributes: BTreeMap::new(),
            now,
            mapping: Mapping::default(),
            assume: None,
        }
    }

    /// The zone in which local dates and times of this file are meant.
    pub fn file_zone(&self) -> &TimeZone {
        self.mapping.zone.as_ref().unwrap_or(&self.zone)
    }
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The bytes could not be read.
    #[error("the file cannot be read: {0}; check that it exists and that you may read it")]
    Io(#[from] std::io::Error),
    /// There is no header line.
    #[error("the file is empty: its first line must name the columns, e.g. `key,name,plan`")]
    Empty,
    /// It is not a table, e.g. a web page.
    #[error("this is not a table: {0}")]
    NotATable(String),
    /// A column that is needed is not there.
    #[error("{0}")]
    Missing(String),
    /// Too many columns.
    #[error("the file has {0} columns; at most {max} are read: delete those you do not need", max = csv::MAX_COLUMNS)]
    TooWide(usize),
}

/// Most characters of one cell.
pub const MAX_CELL: usize = 65_536;
