//! The small, versioned state of the workspace that every decision may read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{instant::Instant, value::Value};

/// Workspace state; a new version is written whenever one of its parts changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct World {
    /// Rises with every change.
    pub version: i64,
    /// KPI values of the last daily pass.
    pub kpis: BTreeMap<String, Value>,
    /// When each feed last delivered.
    pub feeds: BTreeMap<String, Instant>,
    /// Feeds held as stale: what depends on them waits.
    pub stale: BTreeSet<String>,
    /// Playbooks paused for everybody, `*` = all: until (none = until resumed), and why.
    pub pauses: BTreeMap<String, (Option<Instant>, String)>,
    /// Touch tiers from the top with the number an account must reach, from the last daily pass: accounts
    /// first seen since then are placed by it.
    pub touch_cuts: Vec<(String, f64)>,
    /// Names of people who may own accounts and tasks, by key: display name.
    pub people: BTreeMap<String, String>,
    /// Platform and id → the person's key: `slack:U123` → `kei`.
    pub handles: BTreeMap<String, String>,
    /// Role → the person who stands in where an account has none assigned.
    pub fallbacks: BTreeMap<String, String>,
}

impl World {
    /// Whether `playbook` (or everything) is paused at `now`.
    pub fn paused(&self, playbook: &str, now: Instant) -> bool {
        let live = |entry: &(Option<Instant>, String)| entry.0.is_none_or(|until| now < until);
        self.pauses.get("*").is_some_and(live) || self.pauses.get(playbook).is_some_and(live)
    }
}
