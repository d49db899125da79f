//! What is remembered of one account between two decisions. Bounded: no list grows with events.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    ids::ContactId,
    instant::Instant,
    message::Planned,
    run::{Run, RunResult},
    score::ScoreKind,
    shared::Shared,
    value::{Props, Value},
    warm::Warm,
};

/// The folded state of an account: the cold row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountState {
    /// Number of the rulebook this state was last decided with; 0 = none yet.
    pub rulebook: i64,
    /// The account's own logical time: never goes back.
    pub now: Instant,
    /// When the first fact about it was received.
    pub first_seen: Instant,
    /// First seen when it already existed (see "Known accounts" in the language reference).
    pub known: bool,
    /// Account attributes with where they come from.
    pub attrs: Shared<BTreeMap<String, Attr>>,
    /// Metric state by metric name.
    pub metrics: Shared<BTreeMap<String, Shared<MetricState>>>,
    /// Milestones reached; latched for ever.
    pub milestones: Shared<BTreeMap<String, Instant>>,
    /// The ordered (`until`) phase the account has come to; never goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_phase: Option<String>,
    /// Current phase and since when.
    pub phase: Option<(String, Instant)>,
    /// Last health value.
    pub health: Option<Shared<HealthState>>,
    /// Last value of how ready it is to grow; none where the model has no `expansion:` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expansion: Option<Shared<HealthState>>,
    /// A band set by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_band: Option<BandOverride>,
    /// Arming of `start.when`, by playbook.
    #[serde(skip_serializing_if = "is_default")]
    pub arms: Shared<BTreeMap<String, ArmState>>,
    /// Last cron instant considered, by playbook.
    #[serde(skip_serializing_if = "is_default")]
    pub cron: Shared<BTreeMap<String, Instant>>,
    /// Date values that already had their run, by playbook (the newest few).
    #[serde(skip_serializing_if = "is_default")]
    pub dates: Shared<BTreeMap<String, Vec<Instant>>>,
    /// Starts that a pause, a stale feed or a missing approval keeps back, oldest first; the newest 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingStart>,
    /// Summary of ended runs, by playbook (and key, as `playbook#key`).
    #[serde(skip_serializing_if = "is_default")]
    pub past: Shared<BTreeMap<String, PastRuns>>,
    /// Completed runs whose goal is still measured, oldest first; the newest 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Shared<Run>>,
    /// Outcomes that are measured, by playbook: treated or held out, whatever becomes of the run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: BTreeMap<String, Measured>,
    /// Open runs of playbooks for contacts: playbook → how many, and since when there are any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub running: BTreeMap<String, (u32, Instant)>,
    /// What playbooks for contacts saw of the account when they were judged last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shared: String,
    /// Everybody is being judged, page by page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// Tasks of the shared plan that are done, and since when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plan: BTreeMap<String, Instant>,
    /// Mutes: what → until.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mutes: BTreeMap<String, Instant>,
    /// Acknowledgements: what → (who, when).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acks: BTreeMap<String, (String, Instant)>,
    /// When somebody of the team last did something about the account: a button, a note, an owner, a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<Instant>,
    /// Messages that wait for somebody's acknowledgement, oldest first; the newest 32.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watches: Vec<Shared<Watch>>,
    /// Alerts that are on: name → since.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub alerts: BTreeMap<String, Instant>,
    /// Pauses: playbook (or `*`) → until (none = until resumed).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pauses: BTreeMap<String, Option<Instant>>,
    /// Contacts that turned out to be another one: theirs → whose they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub merged: BTreeMap<ContactId, ContactId>,
    /// The key by which a holdout, a rollout or a split put the account where it is, where it has another key by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn_as: Option<String>,
    /// Values from the daily pass: `touch`, ranks.
    #[serde(skip_serializing_if = "is_default")]
    pub daily: Shared<BTreeMap<String, Value>>,
    /// Customer messages handed out recently, for caps: newest last, bounded by the longest cap window.
    #[serde(skip_serializing_if = "is_default")]
    pub sends: Shared<Vec<SendRecord>>,
    /// The last moment at which shirube recorded something itself, and how many events then: they are numbered
    /// alike however many turns one decision takes.
    pub recorded: (Instant, u32),
    /// What was computed last: a shortcut, not stored.
    #[serde(skip)]
    pub warm: Warm,
    /// Tags and counters of notes that conditions read are events; here only the last note for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_note: Option<String>,
}

/// An attribute's present value. Its history is in the facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attr {
    /// The value.
    pub value: Value,
    /// As of when the source said so.
    pub as_of: Instant,
    /// Which source.
    pub source: String,
}

/// Incremental state of one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricState {
    /// Hash of the definition this was folded with; another hash means: fold again from history.
    pub hash: String,
    /// When it was last folded again from history, if ever: the last active days of contacts are kept by that.
    #[serde(skip_serializing_if = "is_default")]
    pub refolded: Instant,
    /// Day buckets (local day → amount), ascending: as many days as its window looks at, 400 where it has none.
    #[serde(with = "super::buckets", skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(i32, f64)>,
    /// `distinct`: how many contacts were last active on that day.
    #[serde(with = "super::buckets", skip_serializing_if = "Vec::is_empty")]
    pub last_days: Vec<(i32, u32)>,
    /// Total over all time, for metrics without `over`.
    #[serde(skip_serializing_if = "is_default")]
    pub total: f64,
    /// `first`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Instant>,
    /// `last`, and the moment of `latest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Instant>,
    /// `latest`: the value.
    #[serde(skip_serializing_if = "Value::is_missing")]
    pub latest: Value,
    /// `unless`: the newest word on each key, oldest first, at most 1,000 open ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenKey>,
    /// Whether any event was ever folded: decides between events and the `or:` column.
    #[serde(skip_serializing_if = "is_default")]
    pub seen: bool,
}

/// What the newest event about one key said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenKey {
    /// The key's value; empty where the metric has none.
    pub key: String,
    /// When that event happened.
    pub at: Instant,
    /// Its local day.
    pub day: i32,
    /// What it adds while it is open; none = it was closed then.
    pub amount: Option<f64>,
}

/// A message to the team that somebody must acknowledge in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// What is acknowledged: `PLAYBOOK/STEP`.
    pub what: String,
    /// By when.
    pub until: Instant,
    /// The role that gets it otherwise.
    pub role: String,
    /// The message as it went out.
    pub planned: Planned,
}

/// A score (health or expansion) with everything that explains it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthState {
    /// Which scorecard.
    pub scorecard: String,
    /// The score; none when no component is known.
    pub score: Option<f64>,
    /// One of its kind's bands, e.g. `green`, or `unknown`.
    pub band: String,
    /// The band before that.
    pub previous_band: Option<String>,
    /// Since when the band holds.
    pub band_since: Instant,
    /// Share of weight (or points) that is known, 0..1.
    pub coverage: f64,
    /// Components in the scorecard's order.
    pub components: Vec<ComponentValue>,
    /// End-of-day scores with their components' points, newest last: one for each day on which something
    /// changed, as far back as the widest alert looks (at least 8 days).
    pub daily: Vec<(i32, f64, Vec<f64>)>,
    /// Which cap of the scorecard keeps the band down, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<usize>,
    /// The rulebook hash that computed it.
    pub rulebook_hash: String,
}

/// One component of a score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentValue {
    /// Its name.
    pub name: String,
    /// What was measured.
    pub value: Value,
    /// What it gave.
    pub points: f64,
    /// What it could give at most.
    pub max: f64,
    /// Nothing was known.
    pub missing: bool,
    /// Age of the data.
    pub as_of: Option<Instant>,
}

/// A band set by a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandOverride {
    /// The band.
    pub band: String,
    /// Until when it holds.
    pub until: Instant,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// Arming of one `start.when`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArmState {
    /// The condition has been false (or the account is new) since the last start.
    #[serde(skip_serializing_if = "is_default")]
    pub armed: bool,
    /// The condition has been true since then (for `stable_for`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_since: Option<Instant>,
    /// Whether the condition held when it was judged last: an edit that makes it hold disarms.
    #[serde(skip_serializing_if = "is_default")]
    pub holds: bool,
    /// How many times it has armed: part of the run's identity.
    #[serde(skip_serializing_if = "is_default")]
    pub number: u32,
}

/// All contacts of an account are judged at one logical moment, page by page; facts wait until it is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sweep {
    /// Those up to this one have been judged.
    pub after: i64,
    /// What happened to the account that concerns each of them.
    pub heard: Vec<Heard>,
    /// What happened meanwhile, for the next time.
    pub next: Vec<Heard>,
    /// The account's history made it: whoever matches because of it matched before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
}

/// An event of the account (or an announcement) that its contacts hear of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Its name.
    pub name: String,
    /// Its properties.
    pub props: Props,
    /// The source's identity of it.
    pub id: String,
    /// The playbook whose step or end caused it.
    pub origin: Option<String>,
    /// How many events led to it.
    pub depth: u8,
    /// Older than `late_data`.
    pub late: bool,
    /// Told to everybody: it may start runs.
    pub announced: bool,
}

/// A start that was due while nothing might start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingStart {
    /// The playbook.
    pub playbook: String,
    /// Its cause: part of the run's identity.
    pub cause: String,
    /// The contact it is about.
    pub contact: Option<ContactId>,
    /// Properties of the starting event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub props: Props,
    /// The value of `enroll.key`.
    pub key: String,
    /// The date value, for dated starts.
    pub date: Option<Instant>,
}

/// What is remembered of ended runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PastRuns {
    /// How many ended.
    #[serde(skip_serializing_if = "is_default")]
    pub count: u32,
    /// How the last one ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_result: Option<RunResult>,
    /// When the last one ended.
    pub last_ended: Instant,
    /// Starts of the newest runs, at most 16, for `at_most: {times, per}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Instant>,
    /// How many reached their goal, also after they had completed.
    #[serde(skip_serializing_if = "is_default")]
    pub goals: u32,
    /// When one did so last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_goal: Option<Instant>,
}

/// An outcome that is measured from the moment an account became eligible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// Hash of the condition.
    pub version: String,
    /// Content hash of the playbook that began.
    pub playbook: String,
    /// Since when.
    pub since: Instant,
    /// The last moment at which it counts.
    pub until: Instant,
    /// When it was met first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<Instant>,
}

/// A customer message that counts against caps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecord {
    /// When it was handed to the outbox.
    pub at: Instant,
    /// Its key, so that a skip gives the place back.
    pub key: String,
    /// Its channel's word.
    pub channel: String,
    /// Its class's word.
    pub class: String,
    /// The address it went to.
    pub address: String,
    /// Playbook and step: the ledger says which message won.
    pub by: String,
    /// The run whose survey it asks; empty where it asks none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub survey: String,
}

/// What is as it was at first is not written down.
fn is_default<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

impl HealthState {
    /// The score at the end of a local day: the last one computed on or before it.
    pub fn score_at(&self, day: i32) -> Option<f64> {
        self.daily.iter().rev().find(|d| d.0 <= day).map(|d| d.1)
    }

    /// How far the score lies below the best end of a day among the `within` days before `today`.
    pub fn fall(&self, today: i32, within: u16) -> Option<f64> {
        let first = today.saturating_sub(i32::from(within));
        let inside = self.daily.iter().filter(|d| d.0 > first && d.0 < today).map(|d| d.1);
        let best =
            inside.chain(self.score_at(first)).fold(None, |best: Option<f64>, s| Some(best.map_or(s, |b| b.max(s))));
        Some(best? - self.score?)
    }
}

impl AccountState {
    /// An attribute's value, or missing.
    pub fn attr(&self, name: &str) -> Value {
        self.attrs.get(name).map(|a| a.value.clone()).unwrap_or_default()
    }

    /// An attribute as text.
    pub fn attr_text(&self, name: &str) -> Option<&str> {
        self.attrs.get(name)?.value.as_text()
    }

    /// Its last score of a kind.
    pub fn scored(&self, kind: ScoreKind) -> Option<&Shared<HealthState>> {
        match kind {
            ScoreKind::Health => self.health.as_ref(),
            ScoreKind::Expansion => self.expansion.as_ref(),
        }
    }

    /// The same, to be changed.
    pub fn scored_mut(&mut self, kind: ScoreKind) -> &mut Option<Shared<HealthState>> {
        match kind {
            ScoreKind::Health => &mut self.health,
            ScoreKind::Expansion => &mut self.expansion,
        }
    }

    /// Who a contact is now, after merges.
    pub fn now_is(&self, contact: ContactId) -> ContactId {
        self.merged.get(&contact).copied().unwrap_or(contact)
    }

    /// The key that draws are made with: renaming moves nobody between the arms.
    pub fn drawn<'a>(&'a self, key: &'a str) -> &'a str {
        self.drawn_as.as_deref().unwrap_or(key)
    }

    /// Whether something is muted at `now`.
    pub fn muted(&self, what: &str, now: Instant) -> bool {
        self.mutes.get(what).is_some_and(|until| now < *until)
    }

    /// Playbooks (or `*`) paused at `now`.
    pub fn paused(&self, now: Instant) -> BTreeSet<&str> {
        let live = self.pauses.iter().filter(|(_, until)| until.is_none_or(|u| now < u));
        live.map(|(name, _)| name.as_str()).collect()
    }
}
