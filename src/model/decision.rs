//! What `decide` answers: effects as data, committed in one transaction.

use serde::{Deserialize, Serialize};

use super::{
    contact::Contact,
    estate::Handover,
    fact::FactBody,
    ids::{AccountId, ContactId},
    instant::Instant,
    message::Planned,
    run::{Run, Task},
    shared::Shared,
    snapshot::Need,
    state::AccountState,
    value::Props,
};

/// The whole effect of deciding one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Which account.
    pub account: AccountId,
    /// The revision that was decided on.
    pub rev: i64,
    /// The new folded state.
    pub state: AccountState,
    /// Runs that started, moved or ended.
    pub runs: Vec<Shared<Run>>,
    /// Tasks that were opened, changed or closed.
    pub tasks: Vec<Task>,
    /// Contacts that changed.
    pub contacts: Vec<Shared<Contact>>,
    /// Contacts that were removed.
    pub removed: Vec<ContactId>,
    /// New last-active days of contacts, by metric.
    pub contact_days: Vec<(ContactId, String, i32)>,
    /// Messages for the outbox.
    pub messages: Vec<Planned>,
    /// Keys of queued messages to skip, with the reason (a run ended).
    pub cancelled: Vec<(String, String)>,
    /// What became of messages of runs that were over by then.
    pub late: Vec<Late>,
    /// What shirube itself records: `health.band_changed`, `phase.entered`, `playbook.ended` …
    pub events: Vec<Recorded>,
    /// Why: one line a step taken, skipped, held, or a start refused.
    pub ledger: Vec<LedgerEntry>,
    /// Sequence number of the last fact that was folded.
    pub folded: Option<i64>,
    /// The earliest moment at which anything can change without new facts.
    pub next_due: Option<Instant>,
    /// The account is another one: what that one takes over. Nothing is decided for this one any more.
    pub handover: Option<Box<Handover>>,
    /// How many logical turns were taken (at most 64; then `next_due` is in the past and it goes on).
    pub turns: u32,
}

/// What became of a message after its run had ended: the record of that run, which is not loaded any more, is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The message's key.
    pub key: String,
    /// `sent`, `skipped`, `opened`, `clicked` …
    pub mark: String,
    /// When it became known (logical time).
    pub at: Instant,
}

/// An event that shirube records itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// When (logical time).
    pub at: Instant,
    /// About whom.
    pub contact: Option<ContactId>,
    /// What.
    pub body: FactBody,
}

/// Done, or something must be loaded first.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Commit this.
    Done(Box<Decision>),
    /// Load these and ask again.
    Need(Vec<Need>),
}

/// One line of the ledger: what was decided, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Logical time.
    pub at: Instant,
    /// `start`, `not_started`, `message`, `skip`, `hold`, `task`, `wait`, `exit`, `goal`, `end`, `stop`, `ghost`, `set`,
    /// `event`, `receipt`.
    pub kind: String,
    /// The playbook (or `digest:NAME`, `health`, `phase`).
    pub playbook: String,
    /// The step, if one.
    pub step: String,
    /// The contact, if one.
    pub contact: Option<ContactId>,
    /// The channel's word, if a message.
    pub channel: String,
    /// Why, as a short machine word: `if_false`, `no_recipient`, `cap`, `window`, `opted_out`, `missing:NAME` …
    pub reason: String,
    /// The values that decided, by name.
    pub values: Props,
}
