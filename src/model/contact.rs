//! People at a customer, and what they have agreed to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    ids::ContactId,
    instant::Instant,
    locale::Locale,
    run::Run,
    shared::Shared,
    state::{ArmState, MetricState, PastRuns, PendingStart},
    value::Value,
};

/// One person at one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Internal number.
    pub id: ContactId,
    /// The key the customer's own systems use; unique within the account.
    pub key: String,
    /// Every attribute by name: the built-ins (`email name role locale timezone created_at persona`) and declared ones.
    pub attrs: BTreeMap<String, Value>,
    /// Marketing consent: `given`, `refused`, or none recorded.
    pub consent: Option<Consent>,
    /// Topics this contact opted out of; `*` is everything but notices.
    pub opted_out: BTreeSet<String>,
    /// Never write to this person, whatever the class.
    pub do_not_contact: bool,
    /// Metrics of this contact (`per: contact`), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, MetricState>,
    /// Where playbooks `for: contact` stand with this one.
    #[serde(default, skip_serializing_if = "Standing::is_blank")]
    pub standing: Standing,
}

/// What playbooks `for: contact` remember of one contact. Bounded, and kept with the contact, so that an account
/// of many contacts stays small.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Number of the rulebook it was judged under last; 0 = never.
    pub rulebook: i64,
    /// When time alone may change anything about this contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// Arming of `start.when`, by playbook.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<String, ArmState>,
    /// Last cron instant considered, by playbook.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cron: BTreeMap<String, Instant>,
    /// Date values that already had their run, by playbook (the newest few).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<String, Vec<Instant>>,
    /// Starts kept back, oldest first; the newest 8.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingStart>,
    /// Open runs about this contact: playbook → how many, and since when there are any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub running: BTreeMap<String, (u32, Instant)>,
    /// Summary of ended runs, by playbook (and key).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<String, PastRuns>,
    /// Completed runs whose goal is still measured, oldest first; the newest 4.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Shared<Run>>,
}

impl Standing {
    /// Nothing to remember.
    pub fn is_blank(&self) -> bool {
        *self == Standing::default()
    }
}

/// A consent record: what was said, when and where (特定電子メール法 art. 3-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// `true` for given, `false` for refused.
    pub given: bool,
    /// When it was recorded.
    pub at: Instant,
    /// Where it came from, e.g. the import file's name.
    pub source: String,
}

impl Contact {
    /// An attribute as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attrs.get(name)?.as_text()
    }

    /// The e-mail address as imported; validated when a message is planned.
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// The language, if known.
    pub fn locale(&self) -> Option<Locale> {
        Locale::parse(self.text("locale")?)
    }

    /// Whether messages of `topic` are wanted.
    pub fn wants(&self, topic: &str) -> bool {
        !self.do_not_contact && !self.opted_out.contains("*") && !self.opted_out.contains(topic)
    }
}
