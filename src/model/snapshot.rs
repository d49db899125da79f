//! Everything `decide` may know about one account. Bounded, whatever the account's size.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    contact::Contact,
    fact::{Act, Fact, FactBody},
    ids::{AccountId, ContactId},
    instant::Instant,
    run::{Run, Task},
    shared::Shared,
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
    /// What the decision that left this state found to be due next, if the caller kept it; else it is found again.
    pub next_due: Option<Option<Instant>>,
    /// Open runs.
    pub runs: Vec<Shared<Run>>,
    /// Open tasks.
    pub tasks: Vec<Task>,
    /// Contacts that pending facts or open runs name, those whose own time has come (the first thousand), and those
    /// that answered a `Need`. Runs of playbooks for contacts are here only with their contact.
    pub contacts: BTreeMap<ContactId, Shared<Contact>>,
    /// Last active day of those contacts, by metric name.
    pub contact_days: BTreeMap<(ContactId, String), i32>,
    /// Answers to `Need::Contacts`, in the store's order (id).
    pub answers: Vec<(ContactQuery, Vec<ContactId>)>,
    /// When the first contact is due that is not among `contacts` for that reason.
    pub contacts_later: Option<Instant>,
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
    /// Only those after this one, with their runs: a page of everybody.
    pub after: Option<ContactId>,
}

impl ContactQuery {
    /// The first so many by role; no role = any.
    pub fn first(roles: Vec<String>, limit: u32) -> ContactQuery {
        ContactQuery { roles, limit, after: None }
    }
}

/// Contacts whose time has come, or a page of everybody: at most so many in one snapshot.
pub const PEOPLE: usize = 1000;

/// What `decide` must know before it can go on; the shell loads it and asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Contacts by role.
    Contacts(ContactQuery),
    /// All recorded events of the account, because a metric's definition is new or changed.
    History,
}

impl Snapshot {
    /// The contacts that pending facts, open runs and kept starts name.
    pub fn named(&self) -> BTreeSet<ContactId> {
        let by_facts = self.inbox.iter().flat_map(|fact| fact.contact.into_iter().chain(by_task(fact)));
        let by_runs = self.runs.iter().chain(&self.state.after).filter_map(|run| run.contact);
        let by_starts = self.state.pending.iter().filter_map(|start| start.contact);
        let named: BTreeSet<ContactId> = by_facts.chain(by_runs).chain(by_starts).collect();
        let absorbed = self.inbox.iter().filter_map(|fact| match &fact.body {
            FactBody::Absorbed { other, .. } => Some(*other),
            _ => None,
        });
        named.into_iter().map(|id| self.state.now_is(id)).chain(absorbed).collect()
    }
}

/// The contact a task was about, where its identity says so (`…@NUMBER`).
fn by_task(fact: &Fact) -> Option<ContactId> {
    let FactBody::Command(Act::TaskDone { task }) = &fact.body else { return None };
    task.rsplit_once('@')?.1.parse().ok().map(ContactId)
}
