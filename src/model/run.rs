//! One run of one playbook for one subject.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ids::{ContactId, RunId},
    instant::Instant,
    value::Props,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// Its goal was reached.
    Succeeded,
    /// An exit, a `stop`, an opt-out or a person ended it.
    Exited,
    /// Its date moved into the future; a new run starts in its time.
    Moved,
    /// A chain went too deep or an invariant broke.
    Failed,
    /// Its last step was done.
    Completed,
}

impl RunResult {
    /// The word used in YAML conditions, SQL and JSON.
    pub fn word(self) -> &'static str {
        match self {
            RunResult::Succeeded => "succeeded",
            RunResult::Exited => "exited",
            RunResult::Moved => "moved",
            RunResult::Failed => "failed",
            RunResult::Completed => "completed",
        }
    }
}

/// Treated, or held out to measure what the playbook does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// Gets everything.
    #[default]
    Treated,
    /// A ghost: decides and logs every step, without any effect.
    Holdout,
}

/// Where a run stands. Open runs are part of the snapshot; ended ones only of history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Identity: hash of playbook, subject, key and start cause.
    pub id: RunId,
    /// The playbook's name.
    pub playbook: String,
    /// The content hash this run is pinned to.
    pub playbook_hash: String,
    /// The contact whose event started it, if any; of a playbook for contacts the one it is about.
    pub contact: Option<ContactId>,
    /// A run of a playbook for contacts: it lives with its contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// The value of `enroll.key`, else empty.
    pub key: String,
    /// What started it: `when:N`, `event:ID`, `cron:INSTANT`, `date:VALUE`, `manual:ID`.
    pub cause: String,
    /// The date value it belongs to, for dated starts.
    pub date: Option<Instant>,
    /// Treated or ghost.
    pub arm: Arm,
    /// The share of accounts that was held out when it began, 0..1: what the sizes of the arms are checked against.
    #[serde(default, skip_serializing_if = "is_none")]
    pub held_out: f64,
    /// When it started (logical time).
    pub started: Instant,
    /// Properties of the starting event (`start.PROP`).
    pub start: Props,
    /// Where the account stood when it became eligible, frozen for the comparison with those held out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frozen: Props,
    /// The step it stands at; none once the last one is done.
    pub at: Option<String>,
    /// When it reached that step.
    pub since: Instant,
    /// When the wait at that step is over, if it waits by time.
    pub until: Option<Instant>,
    /// Why it waits, for `explain`: `wait`, `wait_for`, `window`, `cap`, `pause`, `reply`, `handover`.
    pub waiting: String,
    /// A message step's give-up moment.
    pub hold_until: Option<Instant>,
    /// What each step did.
    pub steps: BTreeMap<String, StepRecord>,
    /// Whether the goal was already true at the start and has not been false since.
    pub goal_latched: bool,
    /// When it ended.
    pub ended: Option<Instant>,
    /// How it ended.
    pub result: Option<RunResult>,
    /// When its goal was reached; may come after it has `completed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal_at: Option<Instant>,
    /// A person answered one of its messages then, and nobody has decided yet how to go on (`on_reply: hold`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_at: Option<Instant>,
    /// Why it ended, for people.
    pub reason: String,
    /// Where it began, if an edit of its playbook has taken it elsewhere since (`on_change`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

fn is_none(share: &f64) -> bool {
    *share == 0.0
}

/// When a run began, and under which version: what comparisons go by, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its first start (logical time).
    pub started: Instant,
    /// The content hash of the playbook then.
    pub playbook_hash: String,
}

impl Run {
    /// Not a ghost: what it decides is done.
    pub fn is_real(&self) -> bool {
        self.arm == Arm::Treated
    }

    /// When it began first, before any restart.
    pub fn first_started(&self) -> Instant {
        self.origin.as_ref().map_or(self.started, |origin| origin.started)
    }

    /// The content hash of the playbook it began with.
    pub fn first_hash(&self) -> &str {
        self.origin.as_ref().map_or(&self.playbook_hash, |origin| &origin.playbook_hash)
    }

    /// Writes down where it began, before another version takes it over.
    pub fn keep_origin(&mut self) {
        let now = || Origin { started: self.started, playbook_hash: self.playbook_hash.clone() };
        self.origin = Some(self.origin.clone().unwrap_or_else(now));
    }

    /// Marks every step that sent the message of that key; the first such mark of a step stays.
    pub fn mark(&mut self, key: &str, mark: &str, at: Instant) {
        let sent = format!("key:{key}");
        for step in self.steps.values_mut().filter(|step| step.marks.contains_key(&sent)) {
            step.marks.entry(mark.to_owned()).or_insert(at);
        }
    }

    /// The contact it lives with, if it is one of a playbook for contacts.
    pub fn person(&self) -> Option<ContactId> {
        self.contact.filter(|_| self.personal)
    }
}

/// What one step of a run did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// How often it was reached.
    pub times: u32,
    /// When it was done last.
    pub done_at: Option<Instant>,
    /// Whether it was skipped, and why.
    pub skipped: Option<String>,
    /// `wait_for`: the condition was met (not `otherwise`).
    pub met: bool,
    /// Messages: when `sent`, `opened`, `clicked`, `replied`, `bounced`, `skipped`, `failed`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<String, Instant>,
    /// Properties of the event a `wait_for` caught.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caught: Props,
    /// A `wait_for` with `since`: the event that came before the run got there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early: Option<Early>,
}

/// An event that a `wait_for` counts though it came before the wait began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Early {
    /// Which branch it fires, from 0.
    pub branch: usize,
    /// When it became known.
    pub at: Instant,
    /// Its properties.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub props: Props,
}

/// Something a person is asked to do. Identity: account + playbook + reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The playbook that opened it.
    pub playbook: String,
    /// Distinguishes tasks of one playbook; default the step id.
    pub reason: String,
    /// The step that opened it last.
    pub step: String,
    /// What to do.
    pub text: super::locale::Bilingual,
    /// Who: a name in `people:` or a role nobody has yet.
    pub owner: String,
    /// By when.
    pub due: Option<Instant>,
    /// When it was opened first.
    pub opened: Instant,
    /// When a person said it is done.
    pub done: Option<Instant>,
    /// Muted until.
    pub snoozed_until: Option<Instant>,
    /// The role that gets it unless it is done when it is due; none = it stays where it is, or went there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<String>,
    /// What kind of work it is: a name of `task_types:`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The people it is about, in playbooks for contacts: the first hundred names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Task {
    /// The identity within its account.
    pub fn identity(&self) -> String {
        format!("{}/{}", self.playbook, self.reason)
    }
}
