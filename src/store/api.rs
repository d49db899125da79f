//! The seam: what the shell asks of a store. One contract test runs over every implementation.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::{
    contact::Contact,
    decision::{LedgerEntry, Outcome},
    fact::{Accepted, Fact, Incoming},
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    message::{OutboxState, Planned},
    run::{Run, Task},
    snapshot::{ContactQuery, Snapshot},
    track::{Call, Parked, Settle, Verdict},
    value::Props,
    world::World,
};

/// Topic of an address whose mailbox is dead: it applies to every message.
pub const DEAD: &str = "!";
/// Topic of an address that stays full or unreachable: it applies to everything but notices. Not `*`, which is the
/// reader's own word.
pub const FAILING: &str = "~";

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

/// Events of a period over all accounts, for KPIs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// How many of each name: messages sent and answered, tasks done, notes, and those in `facts`.
    pub counts: BTreeMap<String, u64>,
    /// Survey answers and meetings, by account.
    pub facts: Vec<Fact>,
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
}

/// An account that exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownAccount {
    /// Internal number.
    pub id: AccountId,
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

/// Everything the shell asks of a store. All methods are safe to call concurrently.
#[async_trait]
pub trait Store: Send + Sync {
    // ---- facts in -------------------------------------------------------------------------

    /// Records facts in one transaction per chunk: dedupe on (source, event_id), accounts and contacts
    /// created by `AccountAttrs`/`ContactAttrs` (and accounts by events), history and inbox rows
    /// written, accounts made due. Answers one by one, in order.
    async fn append(&self, facts: Vec<Incoming>) -> Result<Vec<Accepted>>;

    // ---- tracking -------------------------------------------------------------------------

    /// Takes calls of tracking SDKs in, in one transaction: `settle` decides, with what is known, what becomes a fact
    /// and what waits. `wake` are keys whose waiting calls are looked at again. Answers call by call, in order.
    async fn track(
        &self,
        calls: Vec<Call>,
        wake: Vec<String>,
        now: Instant,
        settle: Arc<Settle>,
    ) -> Result<Vec<Verdict>>;

    /// What waits to be identified.
    async fn parked(&self) -> Result<Parked>;

    /// Keys with waiting calls of which it is known by now whose they are, at most `limit`.
    async fn placeable(&self, limit: usize) -> Result<Vec<String>>;

    /// Gives up calls that came before `before`, and the oldest of more than `most`; answers how many, and counts them.
    async fn drop_parked(&self, before: Instant, most: usize) -> Result<usize>;

    /// Upserts subscriptions by key; answers (inserted, updated, unchanged).
    async fn put_subscriptions(&self, rows: Vec<Subscription>) -> Result<(usize, usize, usize)>;

    // ---- imports --------------------------------------------------------------------------

    /// What is known about the rows of one chunk, pending facts included.
    async fn present(&self, ask: &Ask) -> Result<Answer>;

    /// Begins an import: its number. An unfinished one of the same name ends here, and so does one that
    /// nobody has added to for a day.
    async fn begin_import(&self, name: &str, now: Instant) -> Result<i64>;

    /// Stages one chunk where nobody sees it; `false` when the import was ended from elsewhere.
    async fn stage(&self, import: i64, chunk: i64, items: Vec<Staged>, now: Instant) -> Result<bool>;

    /// What is staged for up to `limit` accounts whose key is greater than `after`, in the order of their keys.
    async fn staged(&self, import: i64, after: &str, limit: usize) -> Result<Vec<(String, Vec<Staged>)>>;

    /// Makes a staged import visible: from here on it will be finished, whoever does it (`apply_import`).
    /// `false` when it was ended from elsewhere.
    async fn flip_import(&self, import: i64, now: Instant) -> Result<bool>;

    /// Ends an import that was not flipped; nothing of it was ever visible.
    async fn end_import(&self, import: i64) -> Result<()>;

    /// Takes the next accounts of the oldest flipped import, all of an account in one transaction (unless it
    /// has more than 10,000 items). Answers how many items; none when there is nothing left to do.
    async fn apply_import(&self) -> Result<Option<usize>>;

    // ---- evaluate -------------------------------------------------------------------------

    /// Takes up to `limit` accounts due at or before `now` (earliest first, each locked against other
    /// daemons), loads their snapshots (facts received at or before `now` only), decides, answers
    /// needs, and commits state, runs, tasks, contacts, outbox + ready rows, ledger, recorded events
    /// and the due time in one transaction per batch. A panic in `decide` is isolated to its account.
    async fn evaluate(&self, now: Instant, limit: usize, decide: &Decide<'_>) -> Result<Evaluated>;

    /// The earliest due moment over all accounts.
    async fn earliest_due(&self) -> Result<Option<Instant>>;

    /// Makes accounts due at `at` (rulebook sweep, daily pass): up to `limit` with id > `after` whose
    /// state was decided with another rulebook than `rulebook`; answers the last id, none when done.
    async fn sweep(&self, rulebook: i64, after: AccountId, at: Instant, limit: usize) -> Result<Option<AccountId>>;

    /// Pages over all snapshots without pending facts (daily pass, KPI, digests, plan): ids > `after`.
    async fn page(&self, after: AccountId, limit: usize) -> Result<Vec<Snapshot>>;

    /// Pages over whole accounts, with their recorded facts where `history` says so: ids > `after` (the
    /// workspace, account 0, comes after -1).
    async fn whole(&self, after: AccountId, limit: usize, history: bool) -> Result<Vec<Whole>>;

    // ---- dispatch -------------------------------------------------------------------------

    /// Claims up to `limit` ready messages of `channels` (not_before ≤ now; by time, priority, key;
    /// never a run's next message to an address while an earlier one is open; never an account with
    /// unfolded facts). Each claim counts no attempt yet.
    async fn claim(&self, now: Instant, channels: &[&str], limit: usize, lease_until: Instant) -> Result<Vec<Claimed>>;

    /// Applies dispatch steps in one durable group commit; answers per step whether it took effect.
    /// `Sent`, `End` and skips also append a receipt fact to the account's inbox in the same commit.
    async fn dispatch(&self, now: Instant, steps: Vec<Dispatch>) -> Result<Vec<bool>>;

    /// At start and now and then: claimed rows of dead owners go back to queued, handing_over ones
    /// become maybe_sent. On SQLite every row of an earlier epoch is dead. Answers (queued, maybe_sent).
    async fn reap(&self, now: Instant) -> Result<(usize, usize)>;

    /// When the next message becomes ready.
    async fn earliest_ready(&self) -> Result<Option<Instant>>;

    /// Holds (or releases) every queued message: `pause --all`, restore and clock holds. Answers how many.
    async fn hold_all(&self, hold: bool, why: &str, now: Instant) -> Result<usize>;

    /// Outbox rows, newest first, optionally of one state or account.
    async fn outbox(
        &self,
        state: Option<OutboxState>,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>>;

    /// One row by key, with its attempts as (attempt, phase, detail, at).
    async fn outbox_row(&self, key: &MessageKey) -> Result<Option<(OutboxRow, Vec<(u32, String, String, Instant)>)>>;

    /// A person's word on a `maybe_sent` (or frozen) row: sent, not sent (→ skipped), or resend (→ queued).
    async fn resolve(&self, key: &MessageKey, to: OutboxState, who: &str, now: Instant) -> Result<bool>;

    /// Inserts rows known from the journal but not from the store (restore): final, so that planning
    /// meets the unique index. (key, account, state, detail).
    async fn restore_rows(&self, rows: Vec<(MessageKey, AccountId, OutboxState, String)>) -> Result<usize>;

    /// Drops the rendered bytes of messages that were settled before `before`, and what no frequency cap
    /// counts any more; a thousand rows at a time. Answers how many; 0 = nothing is left.
    async fn tidy_outbox(&self, before: Instant, now: Instant) -> Result<usize>;

    // ---- addresses ------------------------------------------------------------------------

    /// The HMAC of an address (trimmed, NFKC, lower case) with this store's own secret, as 32 base32
    /// characters: the only form in which suppressions, the journal and counters know it.
    fn address_hash(&self, address: &str) -> String;

    /// Whether an address (HMAC) is suppressed for a topic (or for everything): the reason.
    async fn suppressed(&self, address: &str, topic: &str) -> Result<Option<String>>;

    /// The same for exactly this topic, whatever else holds.
    async fn suppression(&self, address: &str, topic: &str) -> Result<Option<String>>;

    /// Suppresses an address (`address_hash`) for a topic (`*` = everything), raising its revision;
    /// `false` to lift. A hand-over after this commit sees it.
    async fn suppress(&self, address: &str, topic: &str, reason: &str, on: bool, now: Instant) -> Result<()>;

    // ---- questions ------------------------------------------------------------------------

    /// An account by exact key.
    async fn account_by_key(&self, key: &str) -> Result<Option<AccountRow>>;

    /// All account rows (id, key, name …) in key order, paged.
    async fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountRow>>;

    /// The rows of these accounts, in no order; those that do not exist are left out.
    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<AccountRow>>;

    /// Pages over the snapshots of accounts whose band was this when they were decided last: ids > `after`.
    async fn page_in_band(&self, band: &str, after: AccountId, limit: usize) -> Result<Vec<Snapshot>>;

    /// A day in numbers; `days` are the beginnings of the day before, of this day and of the next one.
    async fn day(&self, days: [Instant; 3], now: Instant) -> Result<Day>;

    /// One account's snapshot as last decided, with open runs and tasks, without pending facts.
    async fn snapshot(&self, account: AccountId) -> Result<Option<Snapshot>>;

    /// The same with these contacts and the runs that live with them.
    async fn snapshot_with(&self, account: AccountId, contacts: &[ContactId]) -> Result<Option<Snapshot>>;

    /// Contacts matching a query, by id.
    async fn contacts(&self, account: AccountId, query: &ContactQuery) -> Result<Vec<Contact>>;

    /// One contact.
    async fn contact(&self, account: AccountId, contact: ContactId) -> Result<Option<Contact>>;

    /// The ledger of one account, newest first.
    async fn ledger(&self, account: AccountId, playbook: Option<&str>, limit: usize) -> Result<Vec<LedgerEntry>>;

    /// Recorded facts of one account, newest first.
    async fn timeline(&self, account: AccountId, limit: usize) -> Result<Vec<Fact>>;

    /// Facts of the workspace with one of these names after the number `after`, oldest first, at most `limit`; and
    /// the newest number that was looked at: where fewer than `limit` were found, the workspace's newest.
    async fn announced(&self, names: &[&str], after: i64, limit: usize) -> Result<(Vec<Fact>, i64)>;

    /// Runs of one account (or of all, by playbook), newest first.
    async fn runs(&self, account: Option<AccountId>, playbook: Option<&str>, limit: usize) -> Result<Vec<Run>>;

    /// Runs of one playbook with their accounts, newest first.
    async fn runs_of(&self, playbook: &str, limit: usize) -> Result<Vec<(AccountId, Run)>>;

    /// Open tasks of everybody, or of one owner.
    async fn open_tasks(&self, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>>;

    /// What was said and done in `[from, to)` over all accounts, by when it happened.
    async fn said(&self, from: Instant, to: Instant) -> Result<Said>;

    /// How many marketing mails of a sender (empty: the default one) were accepted since `from`; at most `most` are
    /// counted.
    async fn marketing_sent(&self, sender: &str, from: Instant, most: u64) -> Result<u64>;

    /// How many mails of a playbook were accepted since `from`; at most `most` are counted.
    async fn mails_sent(&self, playbook: &str, from: Instant, most: u64) -> Result<u64>;

    /// Events of these names in `[from, to)` over all accounts, by when they happened; the newest `limit`.
    async fn happened(&self, names: &[&str], from: Instant, to: Instant, limit: usize) -> Result<Vec<Fact>>;

    /// Subscriptions of all accounts, by account then start.
    async fn subscriptions(&self) -> Result<Vec<Subscription>>;

    // ---- workspace ------------------------------------------------------------------------

    /// The world.
    async fn world(&self) -> Result<World>;

    /// Replaces the world if its version is still `expected`; answers whether it was.
    async fn put_world(&self, expected: i64, world: &World) -> Result<bool>;

    /// Registers a rulebook as live from `at`: answers its number (the same hash keeps its number).
    async fn put_rulebook(&self, hash: &str, content: &str, at: Instant) -> Result<i64>;

    /// The newest rulebooks: (number, hash, live since, content).
    async fn rulebooks(&self, limit: usize) -> Result<Vec<(i64, String, Instant, String)>>;

    /// The versions (playbook, content hash) that open runs are pinned to, each once.
    async fn open_versions(&self) -> Result<Vec<(String, String)>>;

    /// A named durable cursor (daily pass, digests, sweeps).
    async fn cursor(&self, name: &str) -> Result<Option<String>>;

    /// Moves a cursor if it still has the value `expected`; answers whether it moved.
    async fn move_cursor(&self, name: &str, expected: Option<&str>, to: &str) -> Result<bool>;

    /// Remembers a signature until `until`; `false` = it was seen before (replay).
    async fn remember(&self, signature: &str, until: Instant, now: Instant) -> Result<bool>;

    /// Remembers until `until` what came with a proof that does not cover it; `false` = something else came with the
    /// same proof. Neither holds a character but letters and digits.
    async fn remember_with(&self, proof: &str, came: &str, until: Instant, now: Instant) -> Result<bool>;

    /// Appends to the audit log (hash-chained).
    async fn audit(&self, entry: AuditEntry) -> Result<()>;

    /// The newest audit lines.
    async fn audit_log(&self, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Raises the highest wall time seen to `now`; answers the highest before (clock jumps, restores).
    async fn wall_high(&self, now: Instant) -> Result<Option<Instant>>;

    /// Epoch of this start (rises with every daemon's start), for the journal.
    fn epoch(&self) -> i64;

    /// Whether the store answers: `/readyz`, `doctor`.
    async fn ping(&self) -> Result<()>;
}
