//! What is remembered of a table between two looks, in a cursor of the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::End;
use crate::{
    app::swap,
    model::instant::Instant,
    source::pull::{Mark, Trouble},
    store::api::{Result, Store},
};

/// How a table stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Where it was (hash).
    pub place: String,
    /// How it was read the last time (hash): mapping, rows, assumptions.
    pub asked: String,
    /// By what the server knows that nothing has changed.
    pub mark: Mark,
    /// SHA-256 of the bytes that were taken last.
    pub hash: String,
    /// When it is looked at next.
    pub next: Instant,
    /// When it was had for the last time.
    pub good: Option<Instant>,
    /// Rows that were not taken the last time.
    pub rejected: u64,
    /// What is wrong just now.
    pub trouble: Option<Trouble>,
    /// How often in a row it failed, and since when.
    pub fails: u32,
    /// Since when it fails.
    pub since: Instant,
    /// The team has been told.
    pub told: bool,
    /// The files of a folder, by name.
    pub files: BTreeMap<String, Seen>,
}

/// A file that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Its length then.
    pub length: u64,
    /// When it was changed last (microseconds since 1970, by the file system).
    pub changed: i64,
    /// SHA-256 of what was in it.
    pub hash: String,
    /// How it was read (hash).
    pub asked: String,
    /// Rows that were not taken.
    pub rejected: u64,
    /// When it was read.
    pub at: Instant,
    /// Why nothing of it was taken.
    pub trouble: Option<Trouble>,
}

impl Standing {
    /// Another place: nothing that was said about the old one holds, but that the team was told.
    pub fn moved_to(&mut self, place: String) {
        if self.place != place {
            let old = std::mem::take(self);
            *self = Standing { place, good: old.good, told: old.told, since: old.since, ..Standing::default() };
        }
    }

    /// Remembers what came from an address.
    pub fn note(&mut self, asked: String, mark: Mark, hash: String, end: &End) {
        (self.asked, self.mark, self.hash) = (asked, mark, hash);
        if let End::Taken(report, _) = end {
            self.rejected = report.summary.rejected;
        }
    }
}

/// How a table stands; a new one has never been looked at.
pub async fn read(store: &dyn Store, name: &str) -> Result<Standing> {
    let text = store.cursor(&cursor(name)).await?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Writes it down.
pub async fn write(store: &dyn Store, name: &str, standing: &Standing) -> Result<()> {
    let text = serde_json::to_string(standing).unwrap_or_default();
    swap::cursor(store, &cursor(name), |_| (text.clone(), ())).await
}

fn cursor(name: &str) -> String {
    format!("source:{name}")
}
