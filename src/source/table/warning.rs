//! Faults of the data that do not stop it: counted, each kind with one example line.

use std::collections::BTreeMap;

use serde::Serialize;

/// One kind of fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable name, e.g. `duplicate_id`.
    pub kind: &'static str,
    /// How many rows (or columns) have it.
    pub count: u64,
    /// A line of the file where it can be seen.
    pub example_line: u64,
    /// What exactly, e.g. the columns or the reading that was chosen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Counts faults by kind and detail, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warnings(BTreeMap<(&'static str, String), (u64, u64)>);

impl Warnings {
    /// Counts one fault at `line`.
    pub fn add(&mut self, kind: &'static str, line: u64, detail: &str) {
        self.add_many(kind, 1, line, detail);
    }

    /// Counts `count` faults of which one is at `line`.
    pub fn add_many(&mut self, kind: &'static str, count: u64, line: u64, detail: &str) {
        let entry = self.0.entry((kind, detail.to_owned())).or_insert((0, line));
        entry.0 += count;
    }

    /// Takes over everything counted elsewhere.
    pub fn merge(&mut self, other: &Warnings) {
        for ((kind, detail), (count, line)) in &other.0 {
            self.add_many(kind, *count, *line, detail);
        }
    }

    /// How many of one kind.
    pub fn count(&self, kind: &str) -> u64 {
        self.0.iter().filter(|((k, _), _)| *k == kind).map(|(_, (n, _))| n).sum()
    }

    /// As a list.
    pub fn list(&self) -> Vec<Warning> {
        let item = |((kind, detail), (count, line)): (&(&'static str, String), &(u64, u64))| Warning {
            kind,
            count: *count,
            example_line: *line,
            detail: detail.clone(),
        };
        self.0.iter().map(item).collect()
    }
}
