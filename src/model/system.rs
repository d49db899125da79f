//! What the systems a company already has (billing, CRM, help desk) tell, and what is remembered of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{fact::Incoming, instant::Instant, track::Verdict, value::Props};

/// One object of a system as it stood at one moment, or one thing that happened there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Its identity within the source, e.g. `customer/cus_1`; of an event: what is counted once.
    pub id: String,
    /// Its version: when it stood so; of an event: when it happened.
    pub at: Instant,
    /// Decides between two versions of one moment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// To which customer it belongs.
    #[serde(default)]
    pub whose: Whose,
    /// What it says.
    pub word: Word,
}

/// How a customer is found, in this order: by key, by an object of the same source, by the domain of an address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Whose {
    /// The account's own key, where the system knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The identity of a [`Word::Customer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// An address of somebody there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Whose {
    /// That of an object of the same source.
    pub fn object(id: impl Into<String>) -> Whose {
        Whose { object: Some(id.into()), ..Whose::default() }
    }
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Word {
    /// A company.
    Customer {
        /// The account's key, where the system carries it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// Domains by which an account of another source is the same.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        domains: BTreeSet<String>,
        /// What it is like; missing values clear.
        attrs: Props,
        /// What counts only where no other source brought the account.
        #[serde(default, skip_serializing_if = "Props::is_empty")]
        weak: Props,
    },
    /// A company or person that was merged into another one of the same source: [`Whose::object`] says into which. Of a
    /// person [`Whose::key`] keeps the contact's key until it is said.
    Moved,
    /// A person there.
    Person {
        /// The contact's key; none where the system says that the person is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// What they are like; missing values clear.
        #[serde(default)]
        attrs: Props,
        /// What counts only where no other source brought the contact.
        #[serde(default, skip_serializing_if = "Props::is_empty")]
        weak: Props,
    },
    /// A contract as it stood.
    Contract(Terms),
    /// Something happened.
    Event {
        /// Its name.
        name: String,
        /// Its properties.
        #[serde(default, skip_serializing_if = "Props::is_empty")]
        props: Props,
        /// The person it is about: key and name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<(String, Props)>,
    },
}

/// How a contract stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// It has not begun, and perhaps never will.
    #[default]
    Draft,
    /// Free until a day.
    Trial,
    /// It runs.
    Active,
    /// It is over.
    Over,
}

/// The terms of a contract at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// How it stands.
    pub stands: Stands,
    /// Plan or product.
    pub plan: String,
    /// Normalised monthly revenue in minor units; 0 while it is paused.
    pub mrr_minor: i64,
    /// Currency code.
    pub currency: String,
    /// Seats.
    pub seats: Option<i64>,
    /// The first paid day.
    pub start: Option<i32>,
    /// The first day that is no longer paid.
    pub end: Option<i32>,
    /// The day it renews by itself, where that is worth preparing (half a year and longer).
    pub renews: Option<i32>,
}

/// One version of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// When it stood so.
    pub at: Instant,
    /// Decides between two of one moment.
    pub by: String,
    /// The same as a day in the workspace's zone.
    pub day: i32,
    /// How.
    pub terms: Terms,
}

/// An interval of a contract in which nothing changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The key of its subscription.
    pub key: String,
    /// Plan or product.
    pub plan: String,
    /// First day.
    pub start: i32,
    /// The day after the last; none = open.
    pub end: Option<i32>,
    /// Normalised monthly revenue in minor units.
    pub mrr_minor: i64,
    /// Currency code.
    pub currency: String,
    /// Seats.
    pub seats: Option<i64>,
}

/// What is remembered of one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// As it was told last.
    #[serde(flatten)]
    pub told: Told,
    /// The account it is recorded under; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Everything a contract ever was, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Version>,
    /// Keys of the subscriptions that it became.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rows: BTreeSet<String>,
    /// The account or contact was there before, by somebody else's word.
    #[serde(default)]
    pub shared: bool,
}

impl Object {
    /// Under which it is found when its customer becomes known: the customer's object, `@` and the domain, or nothing.
    pub fn owner(&self) -> String {
        let whose = &self.told.whose;
        let domain = || whose.email.as_deref().and_then(super::track::domain_of).map(|domain| format!("@{domain}"));
        whose.object.clone().or_else(domain).unwrap_or_default()
    }
}

/// What the store knows about what was told.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The source.
    pub source: String,
    /// The present.
    pub now: Instant,
    /// Objects by identity: those that are spoken of, their customers, other contracts of those, and what waits for
    /// them.
    pub objects: BTreeMap<String, Object>,
    /// Those of them that waited, and whose customer may be known by now.
    pub wake: BTreeSet<String>,
    /// Events that were recorded before, by identity.
    pub seen: BTreeSet<String>,
    /// The one account that has a domain, by domain.
    pub domains: BTreeMap<String, String>,
    /// Account keys that exist, of those that may be meant.
    pub accounts: BTreeSet<String>,
    /// Contacts (account, key) that exist, of those that may be meant.
    pub contacts: BTreeSet<(String, String)>,
}

/// What one delivery changes; written as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// One for each thing told, in order.
    pub verdicts: Vec<Verdict>,
    /// Facts in order.
    pub facts: Vec<Incoming>,
    /// Objects to keep.
    pub objects: BTreeMap<String, Object>,
    /// Objects to forget: events that waited and are recorded now.
    pub forget: BTreeSet<String>,
    /// Subscriptions to write, with the account's key.
    pub rows: Vec<(String, Interval)>,
    /// Keys of subscriptions that are none any more.
    pub gone: BTreeSet<String>,
}

/// Decides what a delivery changes; pure and quick, for it runs between read and write of one transaction.
pub type Settle = dyn Fn(Known, Vec<Told>) -> Plan + Send + Sync;
