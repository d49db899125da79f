//! Rows of the outbox: how they are written, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{OutboxRow, Result, StoreError},
    db::{Arg, Row, Tx, args, from_json, to_json},
    sql,
};
use crate::model::{
    ids::{AccountId, MessageKey, stable_hash},
    instant::Instant,
    message::{OutboxState, Planned},
};

/// Columns in the order that `read` expects, as `o.` of a query.
pub const COLUMNS: &str = "o.account_id, o.key, o.planned, o.checksum, o.state, o.detail, o.not_before, o.attempts, o.fence, \
     o.account_rev, o.address_rev, o.body, o.body_sum, o.at, o.resend_of, o.address_hash, o.ord";

/// A row as stored, with what the seam does not show.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What the seam shows.
    pub row: OutboxRow,
    /// HMAC of the address.
    pub address_hash: String,
    /// Its place in the order of planning.
    pub ord: i64,
    /// A checksum does not fit: the row must not be acted on.
    pub damaged: bool,
}

/// Over what was decided: a row that does not fit it is not acted on.
pub fn checksum(account: i64, key: &str, planned: &str) -> String {
    stable_hash(&[&account.to_string(), key, planned])
}

/// Checksum of the rendered bytes.
pub fn body_sum(body: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    crate::model::ids::base32(&Sha256::digest(body)[..20])
}

/// Reads a row of `COLUMNS`.
pub fn read(row: &Row) -> Result<Stored> {
    let (account, key, text) = (row.int(0)?, row.text(1)?, row.text(2)?);
    let planned: Planned = from_json(&text)?;
    let state = OutboxState::parse(&row.text(4)?);
    let body = row.opt_bytes(11)?;
    let sound = row.text(3)? == checksum(account, &key, &text)
        && body.as_ref().is_none_or(|body| row.text(12).is_ok_and(|sum| sum == body_sum(body)));
    let count = |n: i64| u32::try_from(n).map_err(|_| StoreError::Corrupt("a count is out of range".into()));
    let shown = OutboxRow {
        planned,
        state: state.unwrap_or(OutboxState::Frozen),
        detail: row.text(5)?,
        not_before: Instant(row.int(6)?),
        attempts: count(row.int(7)?)?,
        fence: row.int(8)?,
        account_rev: row.int(9)?,
        address_rev: row.int(10)?,
        body,
        at: Instant(row.int(13)?),
        resend_of: row.opt_int(14)?.map(count).transpose()?,
    };
    Ok(Stored { row: shown, address_hash: row.text(15)?, ord: row.int(16)?, damaged: !sound || state.is_none() })
}

/// A new row: the message, its state, detail and time, and the HMAC of its address.
pub struct Fresh<'a> {
    /// The message.
    pub planned: &'a Planned,
    /// Its first state.
    pub state: OutboxState,
    /// Why.
    pub detail: &'a str,
    /// When.
    pub at: Instant,
    /// HMAC of its address.
    pub address_hash: String,
}

/// Inserts rows whose key and (run, step, occurrence, channel, address) are new; answers the keys that were,
/// and puts those that wait among the ready ones.
pub async fn insert(tx: &mut Tx, fresh: &[Fresh<'_>]) -> Result<BTreeSet<(AccountId, MessageKey)>> {
    let ords = sql::draw(tx, "seq", fresh.len()).await?;
    let rows = fresh.iter().zip(&ords).map(|(one, ord)| insert_row(one, *ord)).collect::<Result<Vec<_>>>()?;
    let text = "INSERT INTO outbox (account_id, key, run, step, occurrence, channel, address, address_hash, planned, \
                checksum, state, detail, not_before, attempts, fence, owner, lease_until, account_rev, address_rev, \
                body_sum, at, ord) VALUES {rows} ON CONFLICT DO NOTHING RETURNING account_id, key";
    let mut inserted = BTreeSet::new();
    for row in tx.batch(text, 22, rows).await? {
        inserted.insert((AccountId(row.int(0)?), MessageKey(row.text(1)?)));
    }
    let waiting = fresh.iter().zip(&ords).filter(|(one, _)| {
        one.state == OutboxState::Queued && inserted.contains(&(one.planned.account, one.planned.key.clone()))
    });
    let rows = waiting.map(|(one, ord)| ready_row(one, *ord)).collect();
    let text = "INSERT INTO ready (account_id, key, stage, not_before, lane, rank, run, address_hash, ord) VALUES {rows} \
                ON CONFLICT DO NOTHING";
    tx.batch(text, 9, rows).await?;
    Ok(inserted)
}

fn insert_row(one: &Fresh<'_>, ord: i64) -> Result<Vec<Arg>> {
    let (p, zero) = (one.planned, 0_i64);
    let text = to_json(p)?;
    let sum = checksum(p.account.0, &p.key.0, &text);
    Ok(args![
        p.account.0,
        &p.key.0,
        &p.run.0,
        &p.step,
        i64::from(p.occurrence),
        p.channel.word(),
        &p.address,
        &one.address_hash,
        text,
        sum,
        one.state.word(),
        one.detail,
        p.ready_at.0,
        zero,
        zero,
        zero,
        zero,
        zero,
        zero,
        "",
        one.at.0,
        ord
    ])
}

fn ready_row(one: &Fresh<'_>, ord: i64) -> Vec<Arg> {
    let p = one.planned;
    args![
        p.account.0,
        &p.key.0,
        0_i64,
        p.ready_at.0,
        p.channel.word(),
        -i64::from(p.priority),
        &p.run.0,
        &one.address_hash,
        ord
    ]
}

/// Rows by account and key.
pub async fn by_keys(tx: &mut Tx, keys: &BTreeSet<(i64, String)>) -> Result<BTreeMap<(i64, String), Stored>> {
    let rows = keys.iter().map(|(account, key)| args![*account, key]).collect();
    let text = format!("SELECT {COLUMNS} FROM outbox o WHERE (o.account_id, o.key) IN (VALUES {{rows}})");
    let mut found = BTreeMap::new();
    for row in tx.batch(&text, 2, rows).await? {
        found.insert((row.int(0)?, row.text(1)?), read(&row)?);
    }
    Ok(found)
}

/// One line of the attempt log.
pub struct Attempt {
    /// Whose.
    pub account: i64,
    /// Which message.
    pub key: String,
    /// The n-th attempt.
    pub attempt: u32,
    /// The fence it ran under.
    pub fence: i64,
    /// How far it came.
    pub phase: &'static str,
    /// The reply, or why.
    pub detail: String,
}

/// Appends to the attempt log.
pub async fn log(tx: &mut Tx, attempts: Vec<Attempt>, at: Instant) -> Result<()> {
    let ords = sql::draw(tx, "seq", attempts.len()).await?;
    let row =
        |(a, ord): (Attempt, i64)| args![a.account, a.key, ord, i64::from(a.attempt), a.fence, a.phase, a.detail, at.0];
    let rows = attempts.into_iter().zip(ords).map(row).collect();
    let text = "INSERT INTO attempt (account_id, key, ord, attempt, fence, phase, detail, at) VALUES {rows}";
    tx.batch(text, 8, rows).await.map(|_| ())
}

/// Takes messages off the ready ones.
pub async fn unready(tx: &mut Tx, keys: &BTreeSet<(i64, String)>) -> Result<()> {
    let rows = keys.iter().map(|(account, key)| args![*account, key]).collect();
    tx.batch("DELETE FROM ready WHERE (account_id, key) IN (VALUES {rows})", 2, rows).await.map(|_| ())
}
