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
    /// The data has probably stopped although it still comes: every feed is held as stale.
    pub quiet: Option<Quiet>,
    /// Playbooks paused for everybody, `*` = all: until (none = until resumed), and why.
    pub pauses: BTreeMap<String, (Option<Instant>, String)>,
    /// Touch tiers from the top with the number an account must reach, from the last daily pass: accounts
    /// first seen since then are placed by it.
    pub touch_cuts: Vec<(String, f64)>,
    /// How far the middle account's score fell, by alert (`drop`): alerts ignore what fell with everybody.
    pub dips: BTreeMap<String, f64>,
    /// Addresses (HMAC) whose server refused us by its policy: until when nothing goes there.
    pub rests: BTreeMap<String, Instant>,
    /// Playbooks with `approve` that a person has approved.
    pub approved: BTreeSet<String>,
    /// Names of people who may own accounts and tasks, by key: display name.
    pub people: BTreeMap<String, String>,
    /// How many accounts each of them can look after, where that was said.
    pub capacity: BTreeMap<String, u32>,
    /// Platform and id → the person's key: `slack:U123` → `kei`.
    pub handles: BTreeMap<String, String>,
    /// Role → the person who stands in where an account has none assigned.
    pub fallbacks: BTreeMap<String, String>,
    /// Who is away, by key: until when, and who acts for them.
    pub away: BTreeMap<String, Away>,
}

/// An absence of a colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The last day of it, in the workspace's zone (days since 1970-01-01).
    pub until: i32,
    /// Who acts for them meanwhile: a key of `people`.
    pub deputy: String,
}

/// A day on which unusually many customers fell silent at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quiet {
    /// The first such day.
    pub day: i32,
    /// Share of accounts gone inactive on it, 0..1.
    pub share: f64,
    /// What is usual for such a day.
    pub usual: f64,
    /// When it was looked at last.
    pub checked: Instant,
}

impl World {
    /// Who acts for a person on the local day `today`: they themselves, or while they are away their deputy, or the deputy
    /// of a deputy who is away, too. Where all of them are away, the person.
    pub fn on_duty<'a>(&'a self, person: &'a str, today: i32) -> &'a str {
        let mut at = person;
        for _ in 0..=self.away.len() {
            match self.away.get(at).filter(|away| today <= away.until) {
                None => return at,
                Some(away) => at = &away.deputy,
            }
        }
        person
    }

    /// For whom a person acts today, besides themselves: keys, sorted.
    pub fn acts_for(&self, person: &str, today: i32) -> Vec<&str> {
        let away = self.away.keys().map(String::as_str);
        away.filter(|absent| *absent != person && self.on_duty(absent, today) == person).collect()
    }

    /// Whether `playbook` (or everything) is paused at `now`.
    pub fn paused(&self, playbook: &str, now: Instant) -> bool {
        let live = |entry: &(Option<Instant>, String)| entry.0.is_none_or(|until| now < until);
        self.pauses.get("*").is_some_and(live) || self.pauses.get(playbook).is_some_and(live)
    }
}
