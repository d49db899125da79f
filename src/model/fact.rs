//! What comes in. Facts are the only way anything changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    estate::{Estate, Guest},
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    value::{Props, Value},
};

/// The source of everything shirube records itself.
pub const OWN: &str = "shirube";

/// The source of attributes that follow from subscriptions: anybody else's word outranks it.
pub const CONTRACTS: &str = "contracts";

/// One thing that happened, already resolved to its account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Position in the account's order; given by the store, rising.
    pub seq: i64,
    /// The account it belongs to.
    pub account: AccountId,
    /// The person it is about, if any.
    pub contact: Option<ContactId>,
    /// When it happened: what metrics count by.
    pub occurred_at: Instant,
    /// When it became known: the order of facts, and what a backtest may see.
    pub received_at: Instant,
    /// Where it came from, e.g. `csv:customers.csv`, `api`, `slack:U123`, `shirube`.
    pub source: String,
    /// The source's own identity of this event; part of run identities.
    pub event_id: String,
    /// What it says.
    pub body: FactBody,
}

/// The kinds of fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactBody {
    /// Something happened: a login, a ticket, a survey answer, `message.sent` …
    Event {
        /// The event's name, e.g. `login`.
        name: String,
        /// Its properties.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        props: Props,
    },
    /// Account attributes as of `occurred_at`; `Missing` clears one.
    AccountAttrs {
        /// New values by attribute name.
        attrs: Props,
    },
    /// Contact attributes; the contact exists from this fact on.
    ContactAttrs {
        /// New values by attribute name.
        attrs: Props,
    },
    /// The contact is gone.
    ContactRemoved,
    /// Another record of the same person: the contact of this fact takes in what it says and what runs for it.
    Absorbed {
        /// The other record's key; from then on it means the contact of this fact.
        key: String,
        /// Its number; given by the store.
        #[serde(default)]
        other: ContactId,
    },
    /// The account goes by another key from now on; the old one still finds it.
    Renamed {
        /// The key before; given by the store.
        #[serde(default)]
        from: String,
        /// The key it gets: one that nobody has.
        to: String,
    },
    /// The account is another one: that one takes over what this one was, and this one ends. Its keys mean the other
    /// one at once.
    Merged {
        /// The key of the account that stays.
        into: String,
        /// Its number; given by the store.
        #[serde(default)]
        other: AccountId,
    },
    /// What the account takes over from one that was merged into it; its contacts follow as `Arrived`.
    TookIn {
        /// The key of the account that ended.
        key: String,
        /// What it left.
        estate: Box<Estate>,
    },
    /// A contact of an account that was merged into this one: the contact of this fact takes in what the record says.
    Arrived {
        /// The key it has here.
        key: String,
        /// The number it had there: from now on the contact of this fact.
        was: ContactId,
        /// The record.
        guest: Box<Guest>,
    },
    /// A contact opted out of (or back into) a topic; `*` is everything.
    Subscription {
        /// The topic.
        topic: String,
        /// `false` to opt out.
        subscribed: bool,
    },
    /// Marketing consent was given or refused.
    Consent {
        /// `true` when given.
        given: bool,
    },
    /// What became of one message.
    Receipt {
        /// The message.
        key: MessageKey,
        /// Its run, playbook and step, for `step.ID.*` and `message.*`.
        run: Option<String>,
        /// The playbook that sent it.
        playbook: String,
        /// The step that sent it.
        step: String,
        /// `sent`, `skipped`, `failed`, `bounced`, `complained`, `opened`, `clicked`, `replied`.
        outcome: String,
        /// The reason, for people.
        detail: String,
    },
    /// Somebody decided something by chat or CLI.
    Command(Act),
    /// The daily pass computed values that need all accounts.
    DailyPass {
        /// `touch` and ranks by name.
        values: Props,
    },
}

/// What a person may decide about an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Mute one playbook (or a digest row, `digest:NAME`) for this account until a date.
    Snooze {
        /// What is muted.
        what: String,
        /// Until when.
        until: Instant,
        /// Why.
        reason: String,
    },
    /// Somebody has seen it and is on it.
    Ack {
        /// What is acknowledged: `digest:NAME`, a task's reason, a message key.
        what: String,
        /// Who.
        by: String,
    },
    /// Give an account (or a task) to a person.
    Assign {
        /// What: `account`, or a task's identity.
        what: String,
        /// To whom (a name in `people:`).
        to: String,
    },
    /// What one person has of this account goes to another: roles and open tasks.
    HandOver {
        /// Whose it was.
        from: String,
        /// To whom (a name in `people:`).
        to: String,
        /// Only this role; none = every one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
    /// A note on the timeline.
    Note {
        /// What was written.
        text: String,
        /// Tags, without `#`.
        tags: Vec<String>,
        /// Whether it is a positive voice.
        positive: bool,
    },
    /// A person asks another one to do something.
    OpenTask {
        /// What distinguishes it from others: asked again, it is the same task.
        reason: String,
        /// What to do.
        text: String,
        /// The role (`csm`) or the person who shall do it.
        owner: String,
        /// By when.
        due: Option<Instant>,
    },
    /// A task was completed by a person.
    TaskDone {
        /// The task's identity.
        task: String,
    },
    /// Set the health band by hand until a date.
    Override {
        /// `green`, `yellow` or `red`.
        band: String,
        /// Until when.
        until: Instant,
        /// Why.
        reason: String,
        /// Who.
        by: String,
    },
    /// Stop sending for this account (or one of its playbooks) until a date.
    Pause {
        /// A playbook, or none for all.
        playbook: Option<String>,
        /// Until when; none = until resumed.
        until: Option<Instant>,
        /// Why.
        reason: String,
    },
    /// Undo a pause.
    Resume {
        /// A playbook, or none for all.
        playbook: Option<String>,
    },
    /// Start a playbook by hand.
    Enroll {
        /// Which.
        playbook: String,
    },
    /// End a run by hand.
    Unenroll {
        /// Which.
        playbook: String,
    },
}

/// A fact as a source hands it in: accounts and contacts still by key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    /// The account's key; none = the workspace (an announcement, a KPI).
    pub account: Option<String>,
    /// The contact's key, if it is about a person.
    pub contact: Option<String>,
    /// When it happened.
    pub occurred_at: Instant,
    /// When it arrived.
    pub received_at: Instant,
    /// The source's name.
    pub source: String,
    /// The source's identity of this event; with `source` it is the dedupe key.
    pub event_id: String,
    /// What it says.
    pub body: FactBody,
}

impl Incoming {
    /// What shirube itself records at `now`: about the workspace, unless an account is put in. `event_id` must be the
    /// same for the same news, so that a crash tells nothing twice.
    pub fn own(event_id: String, body: FactBody, now: Instant) -> Incoming {
        Incoming {
            account: None,
            contact: None,
            occurred_at: now,
            received_at: now,
            source: OWN.to_owned(),
            event_id,
            body,
        }
    }
}

/// What became of one incoming fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Recorded, and the account is due.
    New(AccountId),
    /// The same (source, event id) was recorded before; nothing changed.
    Duplicate,
    /// It names a contact or account that does not exist and may not be created by this kind of fact.
    Unknown,
}

impl FactBody {
    /// A plain event.
    pub fn event(name: impl Into<String>, props: Props) -> FactBody {
        FactBody::Event { name: name.into(), props }
    }

    /// The value of an event's property, or missing.
    pub fn prop(&self, name: &str) -> Value {
        match self {
            FactBody::Event { props, .. } => props.get(name).cloned().unwrap_or_default(),
            _ => Value::Missing,
        }
    }
}
