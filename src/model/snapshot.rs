//! Everything `decide` may know about one account. Bounded, whatever the account's size.

use std::collections::BTreeMap;

use super::{
    contact::Contact,
    fact::Fact,
    ids::{AccountId, ContactId},
    run::{Run, Task},
    state::{AccountState, SendRecord},
    value::Value,
};

/// One account as the store hands it to `decide`.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Internal number.
    pub account: AccountId,
    /// The key people use.
    pub key: String,
    /// Revision of the row; rises with every commit.
    pub rev: i64,
    /// Folded state.
    pub state: AccountState,
    /// Open runs.
    pub runs: Vec<Run>,
    /// Open tasks.
    pub tasks: Vec<Task>,
    /// Contacts that pending facts or open runs name, and those that answered a `Need`.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// Last active day of those contacts, by metric name.
    pub contact_days: BTreeMap<(ContactId, String), i32>,
    /// Answers to `Need::Contacts`, in the store's order (id).
    pub answers: Vec<(ContactQuery, Vec<ContactId>)>,
    /// Past events, when `Need::History` asked for them.
    pub history: Option<Vec<Fact>>,
    /// Facts not yet folded, in order.
    pub inbox: Vec<Fact>,
    /// For the re-check of a claimed message: customer messages to its address, from all accounts, that
    /// went or took their place before it. Empty everywhere else.
    pub address_sends: Vec<SendRecord>,
    /// Derived values that a playbook test fixes, by slot number; empty everywhere else.
    pub fixed: BTreeMap<u32, Value>,
}

/// A question for contacts that `decide` needs answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactQuery {
    /// Roles, any of which; empty = every contact.
    pub roles: Vec<String>,
    /// At most this many, by id.
    pub limit: u32,
}

/// What `decide` must know before it can go on; the shell loads it and asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Contacts by role.
    Contacts(ContactQuery),
    /// All recorded events of the account, because a metric's definition is new or changed.
    History,
}
