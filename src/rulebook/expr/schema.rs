//! What names a condition may use, of which type, and where their values are found.

use std::collections::BTreeMap;

/// The type of a name or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// Whole numbers and decimals.
    Num,
    /// A text; with the list of allowed words where it is one of a few (`health.band`, `phase`).
    Text(Option<Vec<String>>),
    /// A moment.
    Instant,
    /// A local calendar day.
    Date,
    /// A length of time.
    Duration,
    /// An amount of money; compares with bare numbers in major units.
    Money,
    /// A list of words.
    List,
    /// Not known before it is seen (`event.PROP`, `start.PROP`): checked when it runs, missing on a mismatch.
    Any,
}

/// Where the value of a name is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the frame, by number.
    Slot(u32),
    /// A property of the event being judged (`event.PROP`).
    Event(String),
    /// A property of the event that started this run (`start.PROP`).
    Start(String),
    /// What a step of this run did (`step.ID.FIELD`).
    Step(String, String),
}

/// The names in scope where one text stands.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Fixed names: `account.mrr`, `health.band`, `phase`, `metric.logins_7d` …
    pub names: BTreeMap<String, (Type, Source)>,
    /// Whether `event.PROP` may be used here (any PROP, type `Any`).
    pub event: bool,
    /// Whether `start.PROP` may be used here.
    pub start: bool,
    /// Steps of this playbook whose `step.ID.FIELD` may be used, with their fields and types.
    pub steps: BTreeMap<String, BTreeMap<String, Type>>,
}

impl Schema {
    /// Adds a name that is read from a slot.
    pub fn slot(&mut self, name: impl Into<String>, ty: Type, slot: u32) {
        self.names.insert(name.into(), (ty, Source::Slot(slot)));
    }
}
