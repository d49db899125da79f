//! Decisions, written for many accounts at once: every kind of row as one multi-row statement.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    alias,
    api::{Evaluated, Result},
    db::{Arg, Tx, args, to_json},
    load::{Loaded, alike},
    outbox::{self, Attempt, Fresh},
    receipt, sql,
};
use crate::model::{
    contact::Contact,
    decision::Decision,
    decision::LedgerEntry,
    fact::{Fact, OWN},
    ids::AccountId,
    instant::{Instant, MINUTE},
    message::OutboxState,
    run::Run,
    state::AccountState,
};

/// How long an account whose decision failed is left alone, in microseconds.
const REST: i64 = 5 * MINUTE;

/// An account with what was decided; none = its decision failed.
pub struct Decided {
    /// What it was decided on.
    pub loaded: Loaded,
    /// What was decided.
    pub decision: Option<Box<Decision>>,
}

/// A batch that was written.
#[derive(Default)]
pub struct Committed {
    /// What it came to.
    pub done: Evaluated,
    /// The accounts written, each with the bytes of its cold row.
    pub sizes: BTreeMap<i64, usize>,
    /// An account was handed over to another, which is due by that.
    pub handed: bool,
}

/// Writes a batch; skips accounts that changed since they were loaded (they stay due).
pub async fn commit(
    tx: &mut Tx,
    batch: &[Decided],
    now: Instant,
    hash: &(dyn Fn(&str) -> String + Send + Sync),
) -> Result<Committed> {
    let current = revisions(tx, batch).await?;
    let same = |one: &&Decided| current.get(&one.loaded.snapshot.account.0) == Some(&one.loaded.snapshot.rev);
    let batch: Vec<&Decided> = batch.iter().filter(same).collect();
    let failed: Vec<AccountId> =
        batch.iter().filter(|one| one.decision.is_none()).map(|one| one.loaded.snapshot.account).collect();
    rest(tx, &failed, now).await?;
    let done: Vec<(&Loaded, &Decision)> =
        batch.iter().filter_map(|one| Some((&one.loaded, one.decision.as_deref()?))).collect();
    let (changed, sizes) = states(tx, &done).await?;
    heads(tx, &done).await?;
    inboxes(tx, &done).await?;
    runs(tx, &done).await?;
    late(tx, &done).await?;
    tasks(tx, &done).await?;
    contacts(tx, &done).await?;
    let planned = messages(tx, &done, now, hash).await?;
    cancel(tx, &done, now).await?;
    history(tx, &done).await?;
    ledger(tx, &done).await?;
    let mut handed = false;
    for (loaded, left) in done.iter().filter_map(|(loaded, d)| Some((loaded, d.handover.as_deref()?))) {
        alias::hand_over(tx, loaded.snapshot.account, left, now).await?;
        handed = true;
    }
    let turns = done.iter().map(|(_, decision)| u64::from(decision.turns)).sum();
    let done = Evaluated { accounts: done.len(), changed, messages: planned.len(), turns, planned, failed };
    Ok(Committed { done, sizes, handed })
}

async fn revisions(tx: &mut Tx, batch: &[Decided]) -> Result<BTreeMap<i64, i64>> {
    let list = batch.iter().map(|one| one.loaded.snapshot.account.0.into()).collect();
    let found = tx.among("SELECT account_id, rev FROM hot WHERE account_id IN {in}", args![], list).await?;
    found.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

async fn rest(tx: &mut Tx, failed: &[AccountId], now: Instant) -> Result<()> {
    let rows = failed.iter().map(|id| args![id.0, now.plus(REST).0]).collect();
    let text = "WITH v(account_id, due) AS (VALUES {rows}) UPDATE hot SET due = v.due FROM v WHERE hot.account_id = v.account_id";
    tx.batch(text, 2, rows).await.map(|_| ())
}

/// The cold row without what the hot row keeps: an account that merely came by is not written again.
fn cold(state: &AccountState) -> Result<String> {
    to_json(&AccountState { rulebook: 0, now: Instant(0), ..state.clone() })
}

/// Writes the cold rows that differ; answers how many accounts changed in any way people can see, and the size of
/// each account's row.
async fn states(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<(usize, BTreeMap<i64, usize>)> {
    let (mut rows, mut changed, mut sizes) = (Vec::new(), 0, BTreeMap::new());
    for (loaded, decision) in done {
        let moved = !alike(&loaded.snapshot.state, &decision.state);
        changed += usize::from(moved || !decision.runs.is_empty() || !decision.tasks.is_empty());
        let mut size = loaded.size;
        if moved {
            let body = cold(&decision.state)?;
            size = body.len();
            rows.push(args![decision.account.0, body]);
        }
        sizes.insert(decision.account.0, size);
    }
    let text = "INSERT INTO state (account_id, body) VALUES {rows} ON CONFLICT (account_id) DO UPDATE SET body = excluded.body";
    tx.batch(text, 2, rows).await?;
    Ok((changed, sizes))
}

async fn heads(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let rows = done.iter().map(|(loaded, decision)| head(loaded, decision)).collect();
    let text = "WITH v(account_id, due, rulebook, now, band, phase, own_due) AS (VALUES {rows}) UPDATE hot SET \
                due = v.due, rulebook = v.rulebook, now = v.now, band = v.band, phase = v.phase, own_due = v.own_due, \
                rev = hot.rev + 1, decided = hot.decided + 1 FROM v WHERE hot.account_id = v.account_id";
    tx.batch(text, 7, rows).await.map(|_| ())
}

fn head(loaded: &Loaded, decision: &Decision) -> Vec<Arg> {
    let state = &decision.state;
    let left = loaded.snapshot.inbox.get(folded(loaded, decision)).map(|fact| fact.received_at.0);
    // An account's time never goes back: while the clock is behind it, there is nothing to do yet.
    let due = [decision.next_due.map(|at| at.0), left, loaded.later].into_iter().flatten().min();
    let due = due.map(|at| at.max(state.now.0));
    let band = state.override_band.as_ref().map(|o| o.band.clone()).or(state.health.as_ref().map(|h| h.band.clone()));
    let phase = state.phase.as_ref().map(|(name, _)| name.clone());
    let (band, phase) = (band.unwrap_or_default(), phase.unwrap_or_default());
    // Never is the end of time; nothing is: not known.
    let own = decision.next_due.unwrap_or(Instant::MAX);
    args![decision.account.0, due, state.rulebook, state.now.0, band, phase, own.0]
}

/// How many facts of the snapshot are folded now: all up to the one the decision names.
fn folded(loaded: &Loaded, decision: &Decision) -> usize {
    let last = decision.folded.and_then(|seq| loaded.snapshot.inbox.iter().position(|fact| fact.seq == seq));
    last.map_or(0, |place| place + 1)
}

async fn inboxes(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let facts = done.iter().flat_map(|(loaded, decision)| &loaded.snapshot.inbox[..folded(loaded, decision)]);
    let rows = facts.map(|fact| args![fact.account.0, fact.received_at.0, fact.seq]).collect();
    let text = "DELETE FROM inbox WHERE (account_id, received_at, seq) IN (VALUES {rows})";
    tx.batch(text, 3, rows).await.map(|_| ())
}

async fn runs(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let mut rows = BTreeMap::new();
    for (account, run) in each(done, |d| &d.runs) {
        let ended = run.ended.map(|at| at.0);
        let (contact, body) = (run.contact.map(|c| c.0), to_json(run)?);
        let person = run.person().map(|c| c.0);
        let version = &run.playbook_hash;
        let row = args![account, &run.id.0, &run.playbook, contact, run.started.0, ended, body, version, person];
        rows.insert((account, &run.id), row);
    }
    let text = "INSERT INTO run (account_id, run_id, playbook, contact_id, started, ended, body, version, person) VALUES {rows} \
                ON CONFLICT (account_id, run_id) DO UPDATE SET ended = excluded.ended, body = excluded.body, \
                version = excluded.version, contact_id = excluded.contact_id, person = excluded.person";
    tx.batch(text, 9, rows.into_values().collect()).await.map(|_| ())
}

/// What became of messages whose runs were over: told by the outbox whose they are, marked in the record of the run.
async fn late(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let keys: BTreeSet<(i64, &str)> =
        each(done, |d| &d.late).map(|(account, one)| (account, one.key.as_str())).collect();
    let rows = keys.into_iter().map(|(account, key)| args![account, key]).collect();
    let text = "SELECT o.account_id, o.key, r.run_id, r.body FROM outbox o JOIN run r ON r.account_id = o.account_id \
                AND r.run_id = o.run WHERE (o.account_id, o.key) IN (VALUES {rows})";
    let (mut of, mut runs) = (BTreeMap::new(), BTreeMap::<(i64, String), Run>::new());
    for row in tx.batch(text, 2, rows).await? {
        let run = (row.int(0)?, row.text(2)?);
        runs.insert(run.clone(), row.json(3)?);
        of.insert((run.0, row.text(1)?), run);
    }
    for (account, one) in each(done, |d| &d.late) {
        if let Some(run) = of.get(&(account, one.key.clone())).and_then(|run| runs.get_mut(run)) {
            run.mark(&one.key, &one.mark, one.at);
        }
    }
    let row = |((account, id), run): (&(i64, String), &Run)| Ok(args![*account, id, to_json(run)?]);
    let rows = runs.iter().map(row).collect::<Result<Vec<_>>>()?;
    let text = "WITH v(account_id, run_id, body) AS (VALUES {rows}) UPDATE run SET body = v.body FROM v \
                WHERE run.account_id = v.account_id AND run.run_id = v.run_id";
    tx.batch(text, 3, rows).await.map(|_| ())
}

async fn tasks(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let mut rows = BTreeMap::new();
    for (account, task) in each(done, |d| &d.tasks) {
        let row = args![account, task.identity(), &task.owner, task.done.map(|at| at.0), to_json(task)?];
        rows.insert((account, task.identity()), row);
    }
    let text = "INSERT INTO task (account_id, identity, owner, done, body) VALUES {rows} ON CONFLICT (account_id, identity) \
                DO UPDATE SET owner = excluded.owner, done = excluded.done, body = excluded.body";
    tx.batch(text, 5, rows.into_values().collect()).await.map(|_| ())
}

async fn contacts(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let mut rows = BTreeMap::new();
    for (account, contact) in each(done, |d| &d.contacts) {
        rows.insert((account, contact.id), contact_row(account, contact)?);
    }
    let text = "INSERT INTO contact (account_id, contact_id, key, role, body, due) VALUES {rows} \
                ON CONFLICT (account_id, contact_id) DO UPDATE SET key = excluded.key, role = excluded.role, \
                body = excluded.body, due = excluded.due";
    tx.batch(text, 6, rows.into_values().collect()).await?;
    let days: BTreeMap<_, _> = each(done, |d| &d.contact_days)
        .map(|(account, (contact, metric, day))| ((account, contact.0, metric), *day))
        .collect();
    let rows =
        days.into_iter().map(|((account, contact, metric), day)| args![account, contact, metric, i64::from(day)]);
    let text = "INSERT INTO contact_day (account_id, contact_id, metric, day) VALUES {rows} \
                ON CONFLICT (account_id, contact_id, metric) DO UPDATE SET day = excluded.day";
    tx.batch(text, 4, rows.collect()).await?;
    let gone: Vec<Vec<Arg>> = each(done, |d| &d.removed).map(|(account, contact)| args![account, contact.0]).collect();
    tx.batch("DELETE FROM contact_day WHERE (account_id, contact_id) IN (VALUES {rows})", 2, gone.clone()).await?;
    tx.batch("DELETE FROM contact WHERE (account_id, contact_id) IN (VALUES {rows})", 2, gone).await.map(|_| ())
}

fn contact_row(account: i64, contact: &Contact) -> Result<Vec<Arg>> {
    let due = contact.standing.due.map(|at| at.0);
    Ok(args![account, contact.id.0, &contact.key, contact.text("role").unwrap_or_default(), to_json(contact)?, due])
}

async fn messages(
    tx: &mut Tx,
    done: &[(&Loaded, &Decision)],
    now: Instant,
    hash: &(dyn Fn(&str) -> String + Send + Sync),
) -> Result<Vec<crate::model::message::Planned>> {
    let planned: Vec<_> = each(done, |d| &d.messages).map(|(_, planned)| planned).collect();
    let fresh: Vec<Fresh<'_>> = planned
        .iter()
        .map(|p| Fresh { planned: p, state: OutboxState::Queued, detail: "", at: now, address_hash: hash(&p.address) })
        .collect();
    let mut inserted = outbox::insert(tx, &fresh).await?;
    Ok(planned.into_iter().filter(|p| inserted.remove(&(p.account, p.key.clone()))).cloned().collect())
}

/// Messages of runs that ended: skipped, unless their hand-over has begun.
async fn cancel(tx: &mut Tx, done: &[(&Loaded, &Decision)], now: Instant) -> Result<()> {
    let wanted: BTreeMap<(i64, String), String> =
        each(done, |d| &d.cancelled).map(|(account, (key, why))| ((account, key.clone()), why.clone())).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let rows = wanted.iter().map(|((account, key), why)| args![*account, key, why, now.0]).collect();
    let text = "WITH v(account_id, key, why, at) AS (VALUES {rows}) UPDATE outbox SET state = 'skipped', detail = v.why, \
                at = v.at, fence = 0 FROM v WHERE outbox.account_id = v.account_id AND outbox.key = v.key \
                AND outbox.state IN ('queued', 'claimed', 'held') AND outbox.resend_of IS NULL \
                RETURNING outbox.account_id, outbox.key, outbox.attempts";
    let (mut skipped, mut attempts) = (BTreeSet::new(), Vec::new());
    for row in tx.batch(text, 4, rows).await? {
        let id = (row.int(0)?, row.text(1)?);
        let attempt = u32::try_from(row.int(2)?).unwrap_or_default();
        let detail = wanted.get(&id).cloned().unwrap_or_default();
        attempts.push(Attempt { account: id.0, key: id.1.clone(), attempt, fence: 0, phase: "skipped", detail });
        skipped.insert(id);
    }
    outbox::unready(tx, &skipped).await?;
    outbox::log(tx, attempts, now).await
}

/// What the product records itself is history at once: the decision knows it already.
async fn history(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let mut facts = Vec::new();
    for (_, decision) in done {
        for (n, event) in decision.events.iter().enumerate() {
            facts.push(Fact {
                seq: 0,
                account: decision.account,
                contact: event.contact,
                occurred_at: event.at,
                received_at: event.at,
                source: OWN.into(),
                event_id: format!("{}:{}:{n}", decision.account.0, decision.rev),
                body: event.body.clone(),
            });
        }
    }
    receipt::record(tx, &mut facts, false).await
}

async fn ledger(tx: &mut Tx, done: &[(&Loaded, &Decision)]) -> Result<()> {
    let lines: Vec<_> = each(done, |d| &d.ledger).map(|(account, line)| (account, line.clone())).collect();
    append_ledger(tx, &lines).await
}

/// Appends lines to the ledgers of accounts.
pub async fn append_ledger(tx: &mut Tx, lines: &[(i64, LedgerEntry)]) -> Result<()> {
    let ords = sql::draw(tx, "seq", lines.len()).await?;
    let mut rows = Vec::new();
    for ((account, line), ord) in lines.iter().zip(ords) {
        rows.push(args![*account, ord, line.at.0, &line.playbook, to_json(line)?]);
    }
    let text = "INSERT INTO ledger (account_id, ord, at, playbook, body) VALUES {rows}";
    tx.batch(text, 5, rows).await.map(|_| ())
}

fn each<'a, T: 'a>(
    done: &'a [(&'a Loaded, &'a Decision)],
    part: impl Fn(&'a Decision) -> &'a Vec<T> + 'a,
) -> impl Iterator<Item = (i64, &'a T)> + 'a {
    done.iter().flat_map(move |(_, decision)| part(decision).iter().map(|one| (decision.account.0, one)))
}
