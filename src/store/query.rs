//! Questions: accounts, contacts, history, messages, subscriptions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    alias,
    api::{AccountRow, OutboxRow, Result, SUBSCRIPTIONS_READ, StateRow, StoreError, Subscription},
    db::{Row, Tx, args, to_json},
    load,
    outbox::{self, COLUMNS},
    recent::Recent,
    sql,
};
use crate::model::{
    contact::Contact,
    decision::LedgerEntry,
    fact::Fact,
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    message::OutboxState,
    run::{Run, Task},
    snapshot::Snapshot,
};

/// The columns of an account's row.
pub const ACCOUNT: &str = "SELECT a.account_id, a.key, a.name, h.due, h.band, h.phase FROM account a \
                       JOIN hot h ON h.account_id = a.account_id";

/// Reads a row of `ACCOUNT`.
pub fn account_row(row: &Row) -> Result<AccountRow> {
    Ok(AccountRow {
        id: AccountId(row.int(0)?),
        key: row.text(1)?,
        name: row.text(2)?,
        due: row.opt_int(3)?.map(Instant),
        band: row.text(4)?,
        phase: row.text(5)?,
    })
}

/// An account by exact key.
pub async fn account_by_key(tx: &mut Tx, key: &str) -> Result<Option<AccountRow>> {
    let text =
        format!("{ACCOUNT} JOIN identity i ON i.account_id = a.account_id WHERE i.kind = 'account' AND i.value = $1");
    tx.first(&text, args![key]).await?.as_ref().map(account_row).transpose()
}

/// A page of accounts, by number.
pub async fn accounts(tx: &mut Tx, after: AccountId, limit: usize) -> Result<Vec<AccountRow>> {
    let text = format!("{ACCOUNT} WHERE a.account_id > $1 ORDER BY a.account_id LIMIT $2");
    tx.rows(&text, args![after.0, limit as i64]).await?.iter().map(account_row).collect()
}

/// A page of snapshots without pending facts, by number.
pub async fn page(tx: &mut Tx, recent: &Recent, after: AccountId, limit: usize) -> Result<Vec<Snapshot>> {
    let text = "SELECT account_id FROM hot WHERE account_id > $1 ORDER BY account_id LIMIT $2";
    let rows = tx.rows(text, args![after.0, limit as i64]).await?;
    let ids = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    Ok(load::load(tx, recent, &ids, None).await?.into_iter().map(|loaded| loaded.snapshot).collect())
}

/// The rows of a page of accounts, their states as they are stored.
pub async fn rows(tx: &mut Tx, after: AccountId, limit: usize) -> Result<Vec<StateRow>> {
    let text = "SELECT h.account_id, h.rulebook, h.now, h.due, h.band, s.body FROM hot h \
                JOIN state s ON s.account_id = h.account_id WHERE h.account_id > $1 ORDER BY h.account_id LIMIT $2";
    let row = |row: &Row| {
        Ok(StateRow {
            account: AccountId(row.int(0)?),
            rulebook: row.int(1)?,
            now: Instant(row.int(2)?),
            due: row.opt_int(3)?.map(Instant),
            band: row.text(4)?,
            body: row.text(5)?,
        })
    };
    tx.rows(text, args![after.0, limit as i64]).await?.iter().map(row).collect()
}

/// The earliest due moment.
pub async fn earliest_due(tx: &mut Tx) -> Result<Option<Instant>> {
    let text = "SELECT due FROM hot WHERE due IS NOT NULL ORDER BY due, account_id LIMIT 1";
    Ok(tx.first(text, args![]).await?.map(|row| row.int(0)).transpose()?.map(Instant))
}

/// When the next message becomes ready (or its resend).
pub async fn earliest_ready(tx: &mut Tx) -> Result<Option<Instant>> {
    let mut earliest = None;
    for stage in [0_i64, 3] {
        let text = "SELECT not_before FROM ready WHERE stage = $1 ORDER BY not_before, rank, key LIMIT 1";
        let row = tx.first(text, args![stage]).await?;
        let at = row.map(|row| row.int(0)).transpose()?.map(Instant);
        earliest = earliest.into_iter().chain(at).min();
    }
    Ok(earliest)
}

/// Makes a page of accounts due whose state was decided with another rulebook.
pub async fn sweep(
    tx: &mut Tx,
    rulebook: i64,
    after: AccountId,
    at: Instant,
    limit: usize,
) -> Result<Option<AccountId>> {
    let text = "UPDATE hot SET due = CASE WHEN due IS NULL OR due > $1 THEN $1 ELSE due END WHERE account_id IN \
                (SELECT account_id FROM hot WHERE account_id > $2 AND rulebook <> $3 ORDER BY account_id LIMIT $4) \
                RETURNING account_id";
    let rows = tx.rows(text, args![at.0, after.0, rulebook, limit as i64]).await?;
    let ids = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    Ok(ids.into_iter().max().map(AccountId))
}

/// One contact.
pub async fn contact(tx: &mut Tx, account: AccountId, contact: ContactId) -> Result<Option<Contact>> {
    let text = "SELECT c.body FROM contact c WHERE c.account_id = $1 AND c.contact_id = coalesce((SELECT a.contact_id \
                FROM contact_alias a WHERE a.account_id = $1 AND a.was = $2), $2)";
    tx.first(text, args![account.0, contact.0]).await?.map(|row| row.json(0)).transpose()
}

/// The ledger, newest first.
pub async fn ledger(tx: &mut Tx, account: AccountId, playbook: Option<&str>, limit: usize) -> Result<Vec<LedgerEntry>> {
    let text =
        "SELECT body FROM ledger WHERE account_id IN {in} AND ($1 = '' OR playbook = $1) ORDER BY ord DESC LIMIT $2";
    let family = alias::family_args(tx, account).await?;
    let found = tx.among(text, args![playbook.unwrap_or_default(), limit as i64], family).await?;
    found.iter().map(|row| row.json(0)).collect()
}

/// History, newest first.
pub async fn timeline(tx: &mut Tx, account: AccountId, limit: usize) -> Result<Vec<Fact>> {
    let text = "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
                WHERE account_id IN {in} ORDER BY seq DESC LIMIT $1";
    let family = alias::family_args(tx, account).await?;
    tx.among(text, args![limit as i64], family).await?.iter().map(load::fact).collect()
}

/// Facts of the workspace by name, oldest first, and how far that looked.
pub async fn announced(tx: &mut Tx, names: &[&str], after: i64, limit: usize) -> Result<(Vec<Fact>, i64)> {
    let workspace = AccountId::WORKSPACE.0;
    let newest = tx.one("SELECT coalesce(max(seq), 0) FROM fact WHERE account_id = $1", args![workspace]).await?;
    let newest = newest.int(0)?;
    if newest <= after {
        return Ok((Vec::new(), after));
    }
    let text = "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
                WHERE account_id = $1 AND seq > $2 AND seq <= $3 AND event IN {in} ORDER BY seq LIMIT $4";
    let names = names.iter().map(|name| (*name).into()).collect();
    let found = tx.among(text, args![workspace, after, newest, limit as i64], names).await?;
    let mut facts = found.iter().map(load::fact).collect::<Result<Vec<_>>>()?;
    // More names than one statement takes come in parts.
    facts.sort_by_key(|fact| fact.seq);
    facts.truncate(limit);
    let looked = if facts.len() < limit { newest } else { facts.last().map_or(newest, |fact| fact.seq) };
    Ok((facts, looked))
}

/// Which versions of which playbooks open runs are pinned to.
pub async fn open_versions(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    let text = "SELECT DISTINCT playbook, version FROM run WHERE ended IS NULL ORDER BY playbook, version";
    tx.rows(text, args![]).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Runs, newest first.
pub async fn runs(tx: &mut Tx, account: Option<AccountId>, playbook: Option<&str>, limit: usize) -> Result<Vec<Run>> {
    let (playbook, limit) = (playbook.unwrap_or_default(), limit as i64);
    let found = match account {
        Some(account) => {
            let text = "SELECT body FROM run WHERE ($1 = '' OR playbook = $1) AND account_id IN {in} \
                        ORDER BY started DESC, run_id LIMIT $2";
            let family = alias::family_args(tx, account).await?;
            tx.among(text, args![playbook, limit], family).await?
        }
        None => {
            let text = "SELECT body FROM run WHERE ($1 = '' OR playbook = $1) ORDER BY started DESC, run_id LIMIT $2";
            tx.rows(text, args![playbook, limit]).await?
        }
    };
    found.iter().map(|row| row.json(0)).collect()
}

/// Runs of one playbook with their accounts, newest first.
pub async fn runs_of(tx: &mut Tx, playbook: &str, limit: usize) -> Result<Vec<(AccountId, Run)>> {
    let text = "SELECT account_id, body FROM run WHERE playbook = $1 ORDER BY started DESC, run_id LIMIT $2";
    let found = tx.rows(text, args![playbook, limit as i64]).await?;
    found.iter().map(|row| Ok((AccountId(row.int(0)?), row.json(1)?))).collect()
}

/// Open tasks.
pub async fn open_tasks(tx: &mut Tx, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>> {
    let text = "SELECT account_id, body FROM task WHERE done IS NULL AND ($1 = '' OR owner = $1) ORDER BY account_id, identity";
    let found = tx.rows(text, args![owner.unwrap_or_default()]).await?;
    found.iter().map(|row| Ok((AccountId(row.int(0)?), row.json(1)?))).collect()
}

/// Outbox rows, newest first.
pub async fn outbox_rows(
    tx: &mut Tx,
    state: Option<OutboxState>,
    account: Option<AccountId>,
    limit: usize,
) -> Result<Vec<OutboxRow>> {
    let (state, limit) = (state.map_or("", OutboxState::word), limit as i64);
    let whose = if account.is_some() { "AND o.account_id IN {in}" } else { "" };
    let text =
        format!("SELECT {COLUMNS} FROM outbox o WHERE ($1 = '' OR o.state = $1) {whose} ORDER BY o.ord DESC LIMIT $2");
    let found = match account {
        Some(account) => {
            let family = alias::family_args(tx, account).await?;
            tx.among(&text, args![state, limit], family).await?
        }
        None => tx.rows(&text, args![state, limit]).await?,
    };
    found.iter().map(|row| outbox::read(row).map(|stored| stored.row)).collect()
}

/// One row with its attempts.
pub async fn outbox_row(
    tx: &mut Tx,
    key: &MessageKey,
) -> Result<Option<(OutboxRow, Vec<(u32, String, String, Instant)>)>> {
    let text = format!("SELECT {COLUMNS} FROM outbox o WHERE o.key = $1");
    let Some(row) = tx.first(&text, args![&key.0]).await? else { return Ok(None) };
    let row = outbox::read(&row)?.row;
    let text = "SELECT attempt, phase, detail, at FROM attempt WHERE account_id = $1 AND key = $2 ORDER BY ord";
    let found = tx.rows(text, args![row.planned.account.0, &key.0]).await?;
    let read = |row: &Row| {
        let attempt = u32::try_from(row.int(0)?).unwrap_or_default();
        Ok((attempt, row.text(1)?, row.text(2)?, Instant(row.int(3)?)))
    };
    let attempts = found.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Some((row, attempts)))
}

/// Upserts subscriptions; answers (inserted, updated, unchanged). One that changed hands leaves its old account.
pub async fn put_subscriptions(tx: &mut Tx, rows: &[Subscription]) -> Result<(usize, usize, usize)> {
    let wanted: BTreeMap<&String, &Subscription> = rows.iter().map(|row| (&row.key, row)).collect();
    let known = known_subscriptions(tx, &wanted).await?;
    let mut differing = Vec::new();
    for (key, row) in &wanted {
        let body = to_json(row)?;
        if known.get(*key).is_none_or(|(_, old)| *old != body) {
            differing.push(args![row.account.0, *key, i64::from(row.start), body]);
        }
    }
    let unchanged = wanted.len() - differing.len();
    if !differing.is_empty() {
        unread(tx).await?;
    }
    let inserted = wanted.keys().filter(|key| !known.contains_key(**key)).count();
    let moved = |(key, (account, _)): (&String, &(i64, String))| {
        wanted.get(key).filter(|row| row.account.0 != *account).map(|_| args![*account, key])
    };
    let left = known.iter().filter_map(moved).collect();
    tx.batch("DELETE FROM subscription WHERE (account_id, key) IN (VALUES {rows})", 2, left).await?;
    let text = "INSERT INTO subscription (account_id, key, start_day, body) VALUES {rows} \
                ON CONFLICT (account_id, key) DO UPDATE SET start_day = excluded.start_day, body = excluded.body";
    tx.batch(text, 4, differing).await?;
    let names = wanted.iter().map(|(key, row)| args!["subscription", *key, row.account.0]).collect();
    let text = "INSERT INTO identity (kind, value, account_id) VALUES {rows} \
                ON CONFLICT (kind, value) DO UPDATE SET account_id = excluded.account_id \
                WHERE identity.account_id <> excluded.account_id";
    tx.batch(text, 3, names).await?;
    Ok((inserted, wanted.len() - unchanged - inserted, unchanged))
}

/// Takes subscriptions away that are none any more.
pub async fn drop_subscriptions(tx: &mut Tx, keys: &BTreeSet<String>) -> Result<()> {
    let text = "SELECT value, account_id FROM identity WHERE kind = 'subscription' AND value IN {in}";
    let found = tx.among(text, args![], keys.iter().map(|key| key.as_str().into()).collect()).await?;
    let mut rows = Vec::new();
    for row in &found {
        rows.push((row.text(0)?, row.int(1)?));
    }
    if rows.is_empty() {
        return Ok(());
    }
    unread(tx).await?;
    let known = rows.iter().map(|(key, account)| args![*account, key]).collect();
    tx.batch("DELETE FROM subscription WHERE (account_id, key) IN (VALUES {rows})", 2, known).await?;
    let names = rows.iter().map(|(key, _)| args!["subscription", key]).collect();
    tx.batch("DELETE FROM identity WHERE (kind, value) IN (VALUES {rows})", 2, names).await.map(|_| ())
}

/// Subscriptions must be read again; each time by a mark of its own, so that nobody who read before takes it away.
async fn unread(tx: &mut Tx) -> Result<()> {
    let mark = sql::draw(tx, "seq", 1).await?.first().map_or_else(String::new, |n| format!("changed {n}"));
    let text =
        "INSERT INTO bookmark (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.run(text, args![SUBSCRIPTIONS_READ, mark]).await.map(|_| ())
}

/// Present account and row of each subscription that is known, by key.
async fn known_subscriptions(
    tx: &mut Tx,
    wanted: &BTreeMap<&String, &Subscription>,
) -> Result<BTreeMap<String, (i64, String)>> {
    let text = "SELECT s.key, s.account_id, s.body FROM identity i JOIN subscription s ON s.account_id = i.account_id \
                AND s.key = i.value WHERE i.kind = 'subscription' AND i.value IN {in}";
    let found = tx.among(text, args![], wanted.keys().map(|key| (*key).into()).collect()).await?;
    found.iter().map(|row| Ok((row.text(0)?, (row.int(1)?, row.text(2)?)))).collect()
}

/// All subscriptions.
pub async fn subscriptions(tx: &mut Tx) -> Result<Vec<Subscription>> {
    let text = "SELECT body FROM subscription ORDER BY account_id, start_day, key";
    tx.rows(text, args![]).await?.iter().map(|row| row.json(0)).collect()
}

/// Whether the store answers.
pub async fn ping(tx: &mut Tx) -> Result<()> {
    match tx.one("SELECT CAST(1 AS BIGINT)", args![]).await?.int(0)? {
        1 => Ok(()),
        _ => Err(StoreError::Corrupt("one is not one".into())),
    }
}
