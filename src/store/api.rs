//! The seam: what the shell asks of a store. One contract test runs over every implementation.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use async_trait::async_trait;

use crate::model::{
    contact::Contact,
    decision::LedgerEntry,
    fact::{Accepted, Fact, Incoming},
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    message::OutboxState,
    run::{Run, Task},
    snapshot::{ContactQuery, Snapshot},
    track::{Parked, Verdict},
    world::World,
};

pub use super::rows::*;
pub use crate::model::estate::Holdings;

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
    /// and what waits. Answers call by call, in order; none where its proof was used before.
    async fn track(&self, request: Tracking) -> Result<Option<Vec<Verdict>>>;

    /// What waits to be identified.
    async fn parked(&self) -> Result<Parked>;

    /// Keys with waiting calls of which it is known by now whose they are, at most `limit`.
    async fn placeable(&self, limit: usize) -> Result<Vec<String>>;

    /// Gives up calls that came before `before`, and the oldest of more than `most`; answers how many, and counts them.
    async fn drop_parked(&self, before: Instant, most: usize) -> Result<usize>;

    /// Takes in what another system told, in one transaction with the cursor of its pull. Answers thing by thing; none
    /// where its proof was used before or the cursor is elsewhere, and then nothing was taken.
    async fn system(&self, delivery: Delivery) -> Result<Option<Vec<Verdict>>>;

    /// How much a source told waits until its customer is known, and the oldest of it.
    async fn system_waits(&self, source: &str) -> Result<(u64, Option<Instant>)>;

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

    /// Pages over the rows of accounts, states unread: ids > `after`. Whoever asks little of everybody reads what it asks.
    async fn rows(&self, after: AccountId, limit: usize) -> Result<Vec<StateRow>>;

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

    /// Renews the claims with these fences until `until`, by one statement whatever they hold. Whether anything of them was
    /// given to somebody else meanwhile the fence tells at the hand-over.
    async fn renew(&self, fences: &[i64], until: Instant, now: Instant) -> Result<()>;

    /// At start and now and then: claimed rows whose lease is over go back to queued, handing_over ones
    /// become maybe_sent. On SQLite every row of an earlier epoch is dead. Answers (queued, maybe_sent).
    async fn reap(&self, now: Instant) -> Result<(usize, usize)>;

    /// From now on what goes again by itself (`at_least_once`) goes so many microseconds after the unknown outcome.
    fn resend_after(&self, wait: i64);

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

    /// Forgets keys of tracked events that came in before `before`: the next `most` keys of a walk in rounds. Answers how
    /// many were forgotten.
    async fn forget_seen(&self, before: Instant, most: usize) -> Result<usize>;

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

    /// What stands behind an account; with `into`, whom of its people that one has too.
    async fn holdings(&self, account: AccountId, into: Option<AccountId>) -> Result<Holdings>;

    /// All account rows (id, key, name …) in key order, paged.
    async fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountRow>>;

    /// The rows of these accounts, in no order; those that do not exist are left out.
    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<AccountRow>>;

    /// Pages over the snapshots of accounts whose band was this when they were decided last: ids > `after`.
    async fn page_in_band(&self, band: &str, after: AccountId, limit: usize) -> Result<Vec<Snapshot>>;

    /// How many decisions each account has had, by number: ids > `after`. Who else has decided since is told by it.
    async fn decisions(&self, after: AccountId, limit: usize) -> Result<Vec<(AccountId, i64)>>;

    /// The snapshots of these accounts as last decided; those that do not exist are left out.
    async fn snapshots(&self, accounts: &[AccountId]) -> Result<Vec<Snapshot>>;

    /// A day in numbers, of these accounts (none: of all); `days` are the beginnings of the day before, of this day and of
    /// the next one.
    async fn day(&self, days: [Instant; 3], now: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Day>;

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

    /// What one contact answered to surveys since a moment, newest first.
    async fn answers(&self, account: AccountId, contact: ContactId, since: Instant, limit: usize) -> Result<Vec<Fact>>;

    /// Facts of the workspace with one of these names after the number `after`, oldest first, at most `limit`; and
    /// the newest number that was looked at: where fewer than `limit` were found, the workspace's newest.
    async fn announced(&self, names: &[&str], after: i64, limit: usize) -> Result<(Vec<Fact>, i64)>;

    /// Runs of one account (or of all, by playbook), newest first.
    async fn runs(&self, account: Option<AccountId>, playbook: Option<&str>, limit: usize) -> Result<Vec<Run>>;

    /// Runs of one playbook with their accounts, newest first.
    async fn runs_of(&self, playbook: &str, limit: usize) -> Result<Vec<(AccountId, Run)>>;

    /// Open tasks of everybody, or of one owner.
    async fn open_tasks(&self, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>>;

    /// What was said and done in `[from, to)` over these accounts (none: over all), by when it happened.
    async fn said(&self, from: Instant, to: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Said>;

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

    /// Whether this daemon has a piece of work to itself until `until`: nobody else has it, or no longer. Taken again, it
    /// is renewed. One file has one daemon, which has everything.
    async fn lease(&self, name: &str, until: Instant, now: Instant) -> Result<bool>;

    /// Gives it back, if it is this daemon's.
    async fn release(&self, name: &str) -> Result<()>;

    /// Remembers a signature until `until`; `false` = it was seen before (replay).
    async fn remember(&self, signature: &str, until: Instant, now: Instant) -> Result<bool>;

    /// Remembers until `until` what came with a proof that does not cover it; `false` = something else came with the
    /// same proof. Neither holds a character but letters and digits.
    async fn remember_with(&self, proof: &str, came: &str, until: Instant, now: Instant) -> Result<bool>;

    /// Appends to the audit log (hash-chained).
    async fn audit(&self, entry: AuditEntry) -> Result<()>;

    /// The newest audit lines.
    async fn audit_log(&self, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Walks the audit log from its first line to its last.
    async fn audit_verify(&self) -> Result<AuditChain>;

    /// Keeps a page for whoever has its link, and says so in the audit log; those whose day is over are forgotten.
    async fn share(&self, about: SharedPage, page: String) -> Result<()>;

    /// A shared page; none when it never was, was taken back, or its day is over.
    async fn shared(&self, id: &str, now: Instant) -> Result<Option<String>>;

    /// The pages that may be read now, the newest first.
    async fn shares(&self, now: Instant) -> Result<Vec<SharedPage>>;

    /// Takes a shared page back, and says so in the audit log; `false` = there is none of this id.
    async fn unshare(&self, id: &str, who: &str, now: Instant) -> Result<bool>;

    /// Keeps the links of a message; answers the number of each. A URL that is kept already keeps its number, so that no
    /// link of a mail that left ever leads elsewhere.
    async fn keep_links(
        &self,
        message: (AccountId, &MessageKey),
        contact: ContactId,
        urls: Vec<String>,
    ) -> Result<Vec<i64>>;

    /// The kept links of a message, by number.
    async fn links(&self, account: AccountId, key: &MessageKey) -> Result<Vec<Link>>;

    /// Somebody came at `now`: waits to be judged, unless a person's click was counted before or one waits already.
    /// Answers where the link leads; none = there is no such link.
    async fn visit(&self, account: AccountId, key: &MessageKey, number: i64, now: Instant) -> Result<Option<String>>;

    /// Visits until `until` that wait to be judged, oldest first.
    async fn visits(&self, until: Instant, limit: usize) -> Result<Vec<Link>>;

    /// Writes a judgement down, if the visit is still the one that was judged.
    async fn judged(&self, link: &Link, visit: Visit) -> Result<()>;

    /// Raises the highest wall time seen to `now`; answers the highest before (clock jumps, restores).
    async fn wall_high(&self, now: Instant) -> Result<Option<Instant>>;

    /// Epoch of this start (rises with every daemon's start), for the journal.
    fn epoch(&self) -> i64;

    /// How much waits and since when: `/metrics`.
    async fn watched(&self, now: Instant) -> Result<Watched>;

    /// Notes that this daemon's journal fits the store: daemons that come later may rely on it.
    async fn join(&self) -> Result<()>;

    /// Whether another daemon that has joined works on this store just now (PostgreSQL).
    async fn others(&self) -> Result<bool>;

    /// Writes everything as of one moment into a new file, beside whoever reads and writes; durable when it returns.
    /// Errors: PostgreSQL, whose own tools do that.
    async fn backup(&self, to: &Path) -> Result<()>;

    /// The people a key, an address or a name means, in every account; addresses of before count too.
    async fn people(&self, typed: &str) -> Result<Vec<Person>>;

    /// The people whose pseudonyms these are, and whose erasure at that moment this store does not know.
    async fn erased_before(&self, who: &BTreeMap<String, Instant>) -> Result<Vec<Subject>>;

    /// The customer with this key, to be erased.
    async fn company(&self, key: &str) -> Result<Option<Company>>;

    /// Whoever tracking knows by this id or address, with every id that leads to the same one.
    async fn visitor(&self, typed: &str) -> Result<Option<Visitor>>;

    /// Erases a person, a customer or a visitor in one transaction, and from the file; with `rehearse` only counts. Errors:
    /// an import that names them is being taken in, a merge or a hand-over is under way.
    async fn erase(&self, whom: &Subject, who: &str, rehearse: bool, now: Instant) -> Result<Erased>;

    /// Ends every connection, so that the file can be moved.
    async fn close(&self);

    /// Whether the store answers: `/readyz`, `doctor`.
    async fn ping(&self) -> Result<()>;
}
