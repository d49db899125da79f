//! A message from the decision to its final state.

use serde::{Deserialize, Serialize};

use super::{
    ids::{AccountId, ContactId, MessageKey, RunId},
    instant::Instant,
    locale::Locale,
    value::Props,
};

/// Where a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// SMTP, or `.eml` files.
    Email,
    /// Slack Web API.
    Slack,
    /// Discord REST API.
    Discord,
    /// An endpoint of `webhooks:` in `shirube.yaml`; its name is the address.
    Webhook,
}

impl ChannelKind {
    /// Every channel.
    pub const ALL: [ChannelKind; 4] =
        [ChannelKind::Email, ChannelKind::Slack, ChannelKind::Discord, ChannelKind::Webhook];

    /// The word used in YAML, SQL and JSON.
    pub fn word(self) -> &'static str {
        match self {
            ChannelKind::Email => "email",
            ChannelKind::Slack => "slack",
            ChannelKind::Discord => "discord",
            ChannelKind::Webhook => "webhook",
        }
    }
}

/// What law and manners ask of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Performance of the contract.
    #[default]
    Service,
    /// Needs consent.
    Marketing,
    /// Contract, renewal, payment, legal: passes caps, topics and holdouts; sent at least once.
    Notice,
}

impl Class {
    /// The word used in YAML, SQL and records.
    pub fn word(self) -> &'static str {
        match self {
            Class::Service => "service",
            Class::Marketing => "marketing",
            Class::Notice => "notice",
        }
    }
}

/// Who reads it: customers get windows, caps, consent and holdouts; the team does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// A customer.
    Customer,
    /// Our own team: digests, alerts, nudges to a CSM.
    Team,
}

/// What to do when nobody can know whether a message went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Leave it `maybe_sent` for a person to judge.
    AtMostOnce,
    /// Send it again, with the same key and Message-ID.
    AtLeastOnce,
}

/// A button under a message to the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// "I am on it."
    Ack,
    /// Mute until a date.
    Snooze,
    /// Give it to a person.
    Assign,
}

/// A message that `decide` wants sent: everything rendering and recheck need, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Idempotency key.
    pub key: MessageKey,
    /// Whose account.
    pub account: AccountId,
    /// Which run, playbook (and its content hash) and step sent it.
    pub run: RunId,
    /// The playbook, or `digest:NAME`.
    pub playbook: String,
    /// Content hash of the playbook that decided.
    pub playbook_hash: String,
    /// The step.
    pub step: String,
    /// The n-th time the run reaches the step, from 0.
    pub occurrence: u32,
    /// The person, if it is written to one.
    pub contact: Option<ContactId>,
    /// Where it goes out.
    pub channel: ChannelKind,
    /// E-mail address, Slack or Discord channel (`#name` or id), person (`@name`), or a webhook's name.
    pub address: String,
    /// Who reads it.
    pub audience: Audience,
    /// Its class.
    pub class: Class,
    /// The template, e.g. `onboarding/welcome`; empty for a webhook, whose body is `vars`.
    pub template: String,
    /// What the contact can unsubscribe from.
    pub topic: String,
    /// The language.
    pub locale: Locale,
    /// Every value the template mentions, evaluated when it was decided; dotted names (`account.name`).
    pub vars: Props,
    /// Display name and address key of the sender: `csm:kei`, a named sender, or empty for the default.
    pub sender: String,
    /// Policy for an unknown outcome.
    pub delivery: Delivery,
    /// Buttons, for team messages.
    pub actions: Vec<Action>,
    /// Higher goes first where caps arbitrate.
    pub priority: i32,
    /// When it was decided: Date header, and what `plan`, `simulate` and live agree on.
    pub ready_at: Instant,
    /// Give up (skip) after this moment; none = never.
    pub hold_until: Option<Instant>,
    /// The run's earlier mail that this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MessageKey>,
}

impl Planned {
    /// A message of which only key, account, channel and address are known; the rest is empty, or as most
    /// messages have it: to a customer, in Japanese, at most once.
    pub fn bare(key: MessageKey, account: AccountId, channel: ChannelKind, address: impl Into<String>) -> Planned {
        Planned {
            key,
            account,
            run: RunId(String::new()),
            playbook: String::new(),
            playbook_hash: String::new(),
            step: String::new(),
            occurrence: 0,
            contact: None,
            channel,
            address: address.into(),
            audience: Audience::Customer,
            class: Class::Service,
            template: String::new(),
            topic: String::new(),
            locale: Locale::Ja,
            vars: Props::new(),
            sender: String::new(),
            delivery: Delivery::AtMostOnce,
            actions: Vec::new(),
            priority: 50,
            ready_at: Instant(0),
            hold_until: None,
            thread: None,
        }
    }
}

/// The states of the outbox; see `docs/architecture.md` for the transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Waiting for its time.
    Queued,
    /// A dispatcher has it; nothing was handed over yet.
    Claimed,
    /// Durable before the first body byte leaves: from here on the outcome can be unknown.
    HandingOver,
    /// The relay or API accepted it. Final.
    Sent,
    /// Nobody can know. Stays until evidence, policy or a person says more.
    MaybeSent,
    /// Refused for good. Final.
    Failed,
    /// Not sent, with a reason. Final.
    Skipped,
    /// Kept back by `pause --all`, a restore or a clock jump until `resume`.
    Held,
    /// An impossible transition was asked for; a person must look.
    Frozen,
}

impl OutboxState {
    /// Every state, in the order of the life of a message.
    pub const ALL: [OutboxState; 9] = [
        OutboxState::Queued,
        OutboxState::Claimed,
        OutboxState::HandingOver,
        OutboxState::Sent,
        OutboxState::MaybeSent,
        OutboxState::Failed,
        OutboxState::Skipped,
        OutboxState::Held,
        OutboxState::Frozen,
    ];

    /// The word used in SQL, CLI and JSON.
    pub fn word(self) -> &'static str {
        match self {
            OutboxState::Queued => "queued",
            OutboxState::Claimed => "claimed",
            OutboxState::HandingOver => "handing_over",
            OutboxState::Sent => "sent",
            OutboxState::MaybeSent => "maybe_sent",
            OutboxState::Failed => "failed",
            OutboxState::Skipped => "skipped",
            OutboxState::Held => "held",
            OutboxState::Frozen => "frozen",
        }
    }

    /// Reads `word`.
    pub fn parse(word: &str) -> Option<OutboxState> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether nothing can change it any more but a person.
    pub fn is_final(self) -> bool {
        matches!(self, OutboxState::Sent | OutboxState::Failed | OutboxState::Skipped)
    }
}

/// What a channel says when something was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The relay's reply or the platform's message id, for evidence.
    pub detail: String,
}

/// What a channel says when it was not; the variant is what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing was accepted: queue again after `after_micros` (none = the schedule decides).
    #[error("try again: {reason}")]
    RetryAfter {
        /// Why, without addresses.
        reason: String,
        /// The platform's own wish (`Retry-After`).
        after_micros: Option<i64>,
    },
    /// Refused for this recipient, for good.
    #[error("refused: {reason}")]
    Reject {
        /// Status code and text, without addresses.
        reason: String,
        /// Whether the address is dead (5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.1.10, 5.2.1) and must be suppressed.
        dead_address: bool,
    },
    /// Our own set-up is wrong: nobody else's message may suffer for it.
    #[error("misconfigured: {reason}")]
    Misconfigured {
        /// What to mend.
        reason: String,
    },
    /// Only this destination is set up wrong (no such channel): messages to others go on.
    #[error("this destination is set up wrong: {reason}")]
    Misdirected {
        /// What to mend.
        reason: String,
    },
    /// The body had begun and there was no reply: nobody can know.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
}
