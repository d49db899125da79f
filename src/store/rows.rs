//! What goes in and out of a store, and what can go wrong: plain data of the seam in `api`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::model::{
    contact::Contact,
    decision::Outcome,
    fact::{Fact, Incoming},
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    message::{OutboxState, Planned},
    snapshot::Snapshot,
    system::{self, Told},
    track::{Call, Settle},
    value::Props,
};

/// Topic of an address whose mailbox is dead: it applies to every message.
pub const DEAD: &str = "!";
/// Topic of an address that stays full or unreachable: it applies to everything but notices. Not `*`, which is the
/// reader's own word.
pub const FAILING: &str = "~";

/// Why an address is refused whose owner was erased.
pub const GONE: &str = "erased";

/// What can go wrong below the seam.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another daemon holds the store (exit code 75).
    #[error("another daemon holds this store: {0}")]
    Held(String),
    /// The store cannot be reached (exit code 3). No DSN in the text.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// The schema is newer than this binary.
    #[error("the store's schema {found} is newer than this binary's {known}; use a newer shirube")]
    TooNew {
        /// Found in the store.
        found: i64,
        /// Known to this binary.
        known: i64,
    },
    /// What was here works elsewhere now.
    #[error("this store was moved to {0}: set `store.url` in shirube.yaml to it; nothing is sent from here any more")]
    Moved(String),
    /// An invariant broke; the text says which.
    #[error("the store is inconsistent: {0}")]
    Corrupt(String),
    /// The engine refused.
    #[error("the store failed: {0}")]
    Engine(String),
}

/// Who opens a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The daemon: takes the file lock (SQLite) and a new epoch; a second one gets `Held` at once.
    Daemon,
    /// A command line tool: reads and writes facts beside a daemon, takes no lock.
    Tool,
    /// As the daemon, for a replay of sample data that can be had again: SQLite does not wait for the disk.
    Rehearsal,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Decides one snapshot; called inside the deciding transaction (PostgreSQL) or between read and
/// write of the single writer (SQLite). Must be pure and quick.
pub type Decide<'a> = dyn Fn(&Snapshot) -> Outcome + Send + Sync + 'a;

/// What one call of `evaluate` did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// Accounts decided.
    pub accounts: usize,
    /// Accounts whose state, runs or due time changed.
    pub changed: usize,
    /// Messages put into the outbox.
    pub messages: usize,
    /// Logical turns taken.
    pub turns: u64,
    /// Every planned message, in order, for `tick --json`, the demo and tests.
    pub planned: Vec<Planned>,
    /// Accounts whose decision panicked: isolated, left due later, to be reported.
    pub failed: Vec<AccountId>,
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The message as planned.
    pub planned: Planned,
    /// Where it stands.
    pub state: OutboxState,
    /// Why, for people (no addresses).
    pub detail: String,
    /// Not before.
    pub not_before: Instant,
    /// Attempts that reached a channel.
    pub attempts: u32,
    /// Fence of the claim, 0 when not claimed.
    pub fence: i64,
    /// Revision of the account at the claim.
    pub account_rev: i64,
    /// Revision of the address at the claim.
    pub address_rev: i64,
    /// Exact bytes handed over first; every retry sends these.
    pub body: Option<Vec<u8>>,
    /// When the state last changed.
    pub at: Instant,
    /// The ambiguous attempt this is a resend of.
    pub resend_of: Option<u32>,
}

/// One step of dispatch. All of them go through one group commit, answered one by one.
#[derive(Clone, Debug, PartialEq)]
pub enum Dispatch {
    /// claimed → handing_over, if nothing changed since the claim: account rev, address rev (an
    /// unsubscribe or suppression raises it), pause/hold, fence. Else back to queued and `false`.
    HandOver {
        /// Which.
        key: MessageKey,
        /// Whose.
        account: AccountId,
        /// The claim's fence.
        fence: i64,
        /// The bytes, stored at the first hand-over.
        body: Vec<u8>,
    },
    /// handing_over (or claimed) → sent, with evidence.
    Sent {
        /// Which.
        key: MessageKey,
        /// Whose.
        account: AccountId,
        /// The claim's fence.
        fence: i64,
        /// Evidence, e.g. the relay's reply.
        detail: String,
    },
    /// → queued again, not before a moment; `counted` = the attempt reached the recipient's server.
    Requeue {
        /// Which.
        key: MessageKey,
        /// Whose.
        account: AccountId,
        /// The claim's fence.
        fence: i64,
        /// Not before.
        not_before: Instant,
        /// Why.
        detail: String,
        /// Whether it counts as an attempt.
        counted: bool,
    },
    /// → skipped, failed, maybe_sent or frozen.
    End {
        /// Which.
        key: MessageKey,
        /// Whose.
        account: AccountId,
        /// The claim's fence.
        fence: i64,
        /// The state to end in.
        state: OutboxState,
        /// Why.
        detail: String,
        /// Suppress the address (hash) as dead.
        suppress: bool,
    },
}

/// A message on its way, as the dispatcher claimed it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The row, with fence and revisions.
    pub row: OutboxRow,
    /// The account as of the claim, for `recheck` (its inbox is empty: it was folded first).
    pub snapshot: Snapshot,
    /// The address is suppressed: (reason). `notice` is not exempt from dead mailboxes.
    pub suppressed: Option<String>,
}

/// So many messages of a playbook (or digest, `digest:NAME`) on a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// The playbook's name.
    pub playbook: String,
    /// The channel's word; empty where none is decided yet.
    pub channel: String,
    /// How many.
    pub number: usize,
}

/// A day in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// What went out the day before.
    pub sent: Vec<Count>,
    /// What waits for its moment in the outbox, and this comes before the day is over.
    pub going: Vec<Count>,
    /// Runs whose wait ends before the day is over.
    pub planned: Vec<Count>,
    /// Messages that are held.
    pub held: usize,
    /// Messages whose outcome is unknown.
    pub unsure: usize,
}

/// A row of `accounts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Internal number.
    pub id: AccountId,
    /// The key people use.
    pub key: String,
    /// Display name.
    pub name: String,
    /// The next due moment.
    pub due: Option<Instant>,
    /// Health band of the last decision.
    pub band: String,
    /// Phase of the last decision.
    pub phase: String,
}

/// The cursor of the day for which subscriptions were last read; a change of any of them takes it away.
pub const SUBSCRIPTIONS_READ: &str = "contracts";

/// A subscription as imported: one interval of one product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The source's key; unique.
    pub key: String,
    /// Account.
    pub account: AccountId,
    /// Plan or product.
    pub plan: String,
    /// First day (day number), inclusive.
    pub start: i32,
    /// Last day, exclusive; none = open.
    pub end: Option<i32>,
    /// Normalised monthly revenue in minor units.
    pub mrr_minor: i64,
    /// Currency code.
    pub currency: String,
    /// Seats.
    pub seats: Option<i64>,
}

/// An account's row with its state as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRow {
    /// Who.
    pub account: AccountId,
    /// The rulebook it was decided with.
    pub rulebook: i64,
    /// When it was decided last.
    pub now: Instant,
    /// The earliest moment at which anything about it may be otherwise than stored; none = never of itself.
    pub due: Option<Instant>,
    /// Its health band as decided; empty = it never had one.
    pub band: String,
    /// Its state, as stored (`model::thin` reads parts of it).
    pub body: String,
}

/// Events of a period over all accounts, for KPIs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// How many of each name: messages sent and answered, meetings, tasks done, notes, and those in `facts`.
    pub counts: BTreeMap<String, u64>,
    /// Survey answers by account; then the surveys asked, by account.
    pub facts: Vec<Fact>,
    /// Accounts that were met.
    pub met: BTreeSet<AccountId>,
}

/// What an import asks about the rows of one chunk.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Accounts by key.
    pub accounts: BTreeSet<String>,
    /// Whether their present attributes are asked for too.
    pub attributes: bool,
    /// Contacts by account and key; the accounts must be among `accounts`.
    pub contacts: BTreeSet<(String, String)>,
    /// Subscriptions by key.
    pub subscriptions: BTreeSet<String>,
    /// Facts by source and event id.
    pub events: BTreeSet<(String, String)>,
    /// Addresses (`address_hash`).
    pub addresses: BTreeSet<String>,
}

/// An account that exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownAccount {
    /// Internal number.
    pub id: AccountId,
    /// Its key: another one than it was asked by, where that one was merged or renamed.
    pub key: String,
    /// It was asked by the key of an account that was merged into it.
    pub absorbed: bool,
    /// Others were merged into it.
    pub heir: bool,
    /// Revision of the row.
    pub rev: i64,
    /// Attributes as of the last decision.
    pub attrs: Props,
}

/// What is known; what is not is left out.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Accounts by key.
    pub accounts: HashMap<String, KnownAccount>,
    /// Contacts by account and key, as of the last decision.
    pub contacts: HashMap<(String, String), Contact>,
    /// Facts of these accounts that are no events and not folded yet, in order.
    pub pending: Vec<Fact>,
    /// Subscriptions by key, with their account's key.
    pub subscriptions: HashMap<String, (String, Subscription)>,
    /// Facts that were recorded before, by source and event id.
    pub seen: HashSet<(String, String)>,
    /// Addresses (`address_hash`) of people who were erased.
    pub erased: HashSet<String>,
}

/// One thing an import brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Staged {
    /// A fact; its receipt becomes the moment of the flip.
    Fact(Incoming),
    /// A subscription as it is from now on.
    Subscription {
        /// Key of its account, which exists or comes with the same import.
        account: String,
        /// The row; its account's number is filled in later.
        row: Subscription,
    },
}

impl Staged {
    /// Key of the account; empty = the workspace.
    pub fn account(&self) -> &str {
        match self {
            Staged::Fact(fact) => fact.account.as_deref().unwrap_or_default(),
            Staged::Subscription { account, .. } => account,
        }
    }
}

/// A link of a mail that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose account.
    pub account: AccountId,
    /// The message.
    pub key: MessageKey,
    /// Which link of it, from 1.
    pub number: i64,
    /// Whose mail.
    pub contact: ContactId,
    /// Where it leads: what the mail said when it was made.
    pub url: String,
    /// Who came.
    pub visit: Visit,
    /// When they came; of a link nobody followed, nothing.
    pub at: Instant,
}

/// Who followed a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Nobody.
    None,
    /// Somebody; whether it was a person is not judged yet.
    Waiting,
    /// A program: a mail scanner.
    Automatic,
    /// A person.
    Person,
}

impl Visit {
    /// As a column.
    pub fn code(self) -> i64 {
        match self {
            Visit::None => 0,
            Visit::Waiting => 1,
            Visit::Automatic => 2,
            Visit::Person => 3,
        }
    }

    /// Of a column; what is unknown is a person, who is counted already.
    pub fn of(code: i64) -> Visit {
        match code {
            0 => Visit::None,
            1 => Visit::Waiting,
            2 => Visit::Automatic,
            _ => Visit::Person,
        }
    }
}

/// A page that may be read by its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPage {
    /// Names it.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Who gave it out: platform and id.
    pub who: String,
    /// When.
    pub at: Instant,
    /// Until when it may be read.
    pub until: Instant,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Who: platform and id.
    pub who: String,
    /// What.
    pub what: String,
    /// On which object.
    pub object: String,
    /// `done`, `refused` …
    pub result: String,
}

/// How much waits and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Messages on their way, by channel and stage.
    pub waiting: Vec<Waiting>,
    /// The oldest message that a dispatcher has: claimed or being handed over.
    pub in_hand_since: Option<Instant>,
    /// Messages of unknown fate.
    pub unknown: u64,
    /// Messages a person must look at.
    pub frozen: u64,
    /// Accounts whose moment has come.
    pub due: u64,
    /// Since when the first of them waits.
    pub due_since: Option<Instant>,
    /// Facts not yet decided on.
    pub inbox: u64,
    /// Size of the database, without its log.
    pub bytes: u64,
}

/// Messages of one channel at one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The channel's word.
    pub channel: String,
    /// 0 waits, 1 is in a dispatcher's hand, 2 is held, 3 is of unknown fate and will be sent again.
    pub stage: i64,
    /// How many.
    pub messages: u64,
    /// The moment from which the first of them may go.
    pub oldest: Instant,
}

/// What a walk along the audit log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChain {
    /// Entries that are as they were written, from the first one on.
    pub entries: u64,
    /// Hash of the last of them; empty where there is none. Kept elsewhere, it proves later that nothing before it
    /// was changed.
    pub head: String,
    /// Where the chain ends to be whole.
    pub broken: Option<Break>,
}

/// The first entry that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its number, from 1.
    pub entry: i64,
    /// When what stands there says it was written.
    pub at: Option<Instant>,
    /// What is wrong.
    pub why: Broken,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It was changed, or stands where another one stood.
    Changed,
    /// It is gone.
    Missing,
}

/// Who is to be erased, and what points to them: keys, addresses, names and other texts, also those of before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Whose.
    pub account: AccountId,
    /// Who.
    pub contact: ContactId,
    /// The account's key.
    pub account_key: String,
    /// The account's name.
    pub account_name: String,
    /// The contact's key now.
    pub key: String,
    /// All keys.
    pub keys: BTreeSet<String>,
    /// Addresses.
    pub emails: BTreeSet<String>,
    /// Names.
    pub names: BTreeSet<String>,
    /// Other attributes that are texts.
    pub others: BTreeSet<String>,
    /// When something of them came in first.
    pub since: Option<Instant>,
}

/// A customer that is to be erased with everybody there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Company {
    /// Internal number.
    pub account: AccountId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// When the first of its facts came in.
    pub since: Option<Instant>,
}

/// Somebody whom only tracking knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visitor {
    /// As they were named: an id or an address.
    pub typed: String,
    /// Every key under which tracking remembers them (`u:ID`, `a:ID`).
    pub keys: BTreeSet<String>,
    /// Addresses they gave.
    pub addresses: BTreeSet<String>,
    /// When the first call that waits came in.
    pub since: Option<Instant>,
}

/// Whose data goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A contact.
    Person(Person),
    /// A customer with everybody there.
    Account(Company),
    /// Somebody whom only tracking knows.
    Visitor(Visitor),
}

impl Subject {
    /// When something of them came in first.
    pub fn since(&self) -> Option<Instant> {
        match self {
            Subject::Person(person) => person.since,
            Subject::Account(company) => company.since,
            Subject::Visitor(visitor) => visitor.since,
        }
    }
}

impl From<Person> for Subject {
    fn from(person: Person) -> Subject {
        Subject::Person(person)
    }
}

/// What an erasure came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Erased {
    /// Rows by kind: `account contact attributes events messages runs ledger tasks subscriptions named shared_pages tracked parked
    /// staged`.
    pub rows: BTreeMap<&'static str, u64>,
    /// Addresses (HMAC) that are refused from now on.
    pub addresses: BTreeSet<String>,
    /// Messages that were to the person or named them.
    pub keys: BTreeSet<String>,
    /// The name under which the journal knows the erasure (HMAC).
    pub pseudonym: String,
}

/// Everything the store holds of one account, for simulations that never write.
#[derive(Clone, Debug, Default)]
pub struct Whole {
    /// State, open runs and tasks, and every pending fact, whenever it was received.
    pub snapshot: Snapshot,
    /// Every contact.
    pub contacts: Vec<Contact>,
    /// Their last active days, by metric.
    pub contact_days: BTreeMap<(ContactId, String), i32>,
    /// Recorded facts that are folded, in order; empty unless asked for.
    pub history: Vec<Fact>,
    /// When it is due.
    pub due: Option<Instant>,
}

/// Calls of tracking SDKs to take in.
#[derive(Clone)]
pub struct Tracking {
    /// The calls.
    pub calls: Vec<Call>,
    /// Keys whose waiting calls are looked at again.
    pub wake: Vec<String>,
    /// The proof that they came with, if it may be used once.
    pub once: Option<Once>,
    /// The present.
    pub now: Instant,
    /// Decides what becomes a fact and what waits.
    pub settle: Arc<Settle>,
}

/// What another system told, by a webhook or by a pull.
#[derive(Clone)]
pub struct Delivery {
    /// The source's name.
    pub source: String,
    /// The things.
    pub told: Vec<Told>,
    /// Whether what waits is looked at again.
    pub wake: bool,
    /// The proof that they came with, if it may be used once.
    pub once: Option<Once>,
    /// The cursor that moves with them.
    pub cursor: Option<Moved>,
    /// The present.
    pub now: Instant,
    /// Decides what becomes of them.
    pub settle: Arc<system::Settle>,
}

/// A cursor that moves with what was read up to it: both or neither.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// Where it is; none = there is none yet.
    pub from: Option<String>,
    /// Where it goes.
    pub to: String,
}

/// A proof that may be used once: used with what it brings, in one transaction.
#[derive(Clone, Debug)]
pub struct Once {
    /// What it is known by; no secret.
    pub mark: String,
    /// How long it is remembered.
    pub until: Instant,
}
