//! Imports: staged account by account, made visible by one flip, then folded in small transactions.
//!
//! Before the flip nobody sees anything of an import; after it, whoever turns the ring finishes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{Result, Staged, Subscription},
    append,
    db::{Arg, Row, Tx, args, from_json, to_json},
    query, sql,
};
use crate::model::{
    fact::Incoming,
    instant::{DAY, Instant},
};

/// Rows of the staging area deleted in one transaction.
const SWEPT: i64 = 2_000;
/// Items of one transaction at most, even if an account has more.
const HARD: i64 = 10_000;

/// Begins an import: its number. Unfinished ones of the same name, and forgotten ones, end here.
pub async fn begin(tx: &mut Tx, name: &str, now: Instant) -> Result<i64> {
    let text = "DELETE FROM staging WHERE flipped IS NULL AND (name = $1 OR touched < $2)";
    tx.run(text, args![name, now.plus(-DAY).0]).await?;
    let id = sql::bump(tx, "import", 1).await?;
    tx.run("INSERT INTO staging (id, name, touched, flipped) VALUES ($1, $2, $3, NULL)", args![id, name, now.0])
        .await?;
    Ok(id)
}

/// Adds one chunk; `false` when the import was ended from elsewhere.
pub async fn add(tx: &mut Tx, import: i64, chunk: i64, items: &[Staged], now: Instant) -> Result<bool> {
    let text = "UPDATE staging SET touched = $1 WHERE id = $2 AND flipped IS NULL";
    if tx.run(text, args![now.0, import]).await? == 0 {
        return Ok(false);
    }
    let mut accounts: BTreeMap<&str, Vec<&Staged>> = BTreeMap::new();
    for item in items {
        accounts.entry(item.account()).or_default().push(item);
    }
    let rows = accounts
        .into_iter()
        .map(|(account, items)| Ok(args![import, account, chunk, items.len() as i64, to_json(&items)?]));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let text = "INSERT INTO stage (import, account, chunk, items, body) VALUES {rows}";
    tx.batch(text, 5, rows).await.map(|_| true)
}

/// Makes an import visible: from here on it will be finished, by whomever. `false` when it was ended.
pub async fn flip(tx: &mut Tx, import: i64, now: Instant) -> Result<bool> {
    let text = "UPDATE staging SET flipped = $1 WHERE id = $2 AND flipped IS NULL";
    Ok(tx.run(text, args![now.0, import]).await? > 0)
}

/// Ends an import that was not flipped.
pub async fn end(tx: &mut Tx, import: i64) -> Result<()> {
    tx.run("DELETE FROM staging WHERE id = $1 AND flipped IS NULL", args![import]).await.map(|_| ())
}

/// Removes some of what ended imports left behind; answers how many rows.
pub async fn tidy(tx: &mut Tx) -> Result<usize> {
    let text = "SELECT import, account, chunk FROM stage WHERE import NOT IN (SELECT id FROM staging) LIMIT $1";
    let found = tx.rows(text, args![SWEPT]).await?;
    let keys = found.iter().map(key).collect::<Result<Vec<_>>>()?;
    remove(tx, keys).await?;
    Ok(found.len())
}

fn key(row: &Row) -> Result<Vec<Arg>> {
    Ok(args![row.int(0)?, row.text(1)?, row.int(2)?])
}

async fn remove(tx: &mut Tx, keys: Vec<Vec<Arg>>) -> Result<()> {
    let text = "DELETE FROM stage WHERE (import, account, chunk) IN (VALUES {rows})";
    tx.batch(text, 3, keys).await.map(|_| ())
}

/// What is staged for the next accounts after `after`, whole accounts, in the order of their keys.
pub async fn read(tx: &mut Tx, import: i64, after: &str, limit: i64) -> Result<Vec<(String, Vec<Staged>)>> {
    let text = "SELECT account, body FROM stage WHERE import = $1 AND account IN (SELECT account FROM stage \
                WHERE import = $1 AND account > $2 GROUP BY account ORDER BY account LIMIT $3) ORDER BY account, chunk";
    // In the engine's own order of texts, which the next page goes by.
    let mut found: Vec<(String, Vec<Staged>)> = Vec::new();
    for row in tx.rows(text, args![import, after, limit]).await? {
        let (account, items) = (row.text(0)?, row.json::<Vec<Staged>>(1)?);
        match found.last_mut().filter(|(last, _)| *last == account) {
            Some((_, list)) => list.extend(items),
            None => found.push((account, items)),
        }
    }
    Ok(found)
}

/// Whether a flipped import is not finished yet.
pub async fn waiting(tx: &mut Tx) -> Result<bool> {
    Ok(tx.first("SELECT id FROM staging WHERE flipped IS NOT NULL LIMIT 1", args![]).await?.is_some())
}

/// Folds the next accounts of the oldest flipped import; answers how many items, none when nothing is left.
pub async fn apply(tx: &mut Tx, limit: i64) -> Result<Option<usize>> {
    let text = "SELECT id, flipped FROM staging WHERE flipped IS NOT NULL ORDER BY id LIMIT 1 {for_update}";
    let Some(head) = tx.first(text, args![]).await? else { return Ok(None) };
    let (import, flipped) = (head.int(0)?, Instant(head.int(1)?));
    let chosen = choose(tx, import, limit).await?;
    if chosen.is_empty() {
        tx.run("DELETE FROM staging WHERE id = $1", args![import]).await?;
        return Ok(Some(0));
    }
    let items = bodies(tx, import, &chosen).await?;
    let count = items.len();
    take(tx, items, flipped).await?;
    remove(tx, chosen.into_iter().map(|(account, chunk)| args![import, account, chunk]).collect()).await?;
    Ok(Some(count))
}

/// The next rows: about `limit` items, and no account in two transactions unless it is very large.
async fn choose(tx: &mut Tx, import: i64, limit: i64) -> Result<Vec<(String, i64)>> {
    let text = "SELECT account, chunk, items FROM stage WHERE import = $1 ORDER BY account, chunk LIMIT 512";
    let (mut chosen, mut total): (Vec<(String, i64)>, i64) = (Vec::new(), 0);
    for row in tx.rows(text, args![import]).await? {
        let account = row.text(0)?;
        let other = chosen.last().is_none_or(|(last, _)| *last != account);
        if total >= HARD || (total >= limit && other) {
            break;
        }
        total += row.int(2)?;
        chosen.push((account, row.int(1)?));
    }
    Ok(chosen)
}

async fn bodies(tx: &mut Tx, import: i64, chosen: &[(String, i64)]) -> Result<Vec<Staged>> {
    let keys = chosen.iter().map(|(account, chunk)| args![import, account, *chunk]).collect();
    let text = "SELECT account, chunk, body FROM stage WHERE (import, account, chunk) IN (VALUES {rows})";
    let mut found = BTreeMap::new();
    for row in tx.batch(text, 3, keys).await? {
        found.insert((row.text(0)?, row.int(1)?), row.text(2)?);
    }
    let mut items = Vec::new();
    for key in chosen {
        let Some(body) = found.get(key) else { continue };
        items.extend(from_json::<Vec<Staged>>(body)?);
    }
    Ok(items)
}

/// What was staged becomes known at the moment of the flip.
async fn take(tx: &mut Tx, items: Vec<Staged>, flipped: Instant) -> Result<()> {
    let (mut facts, mut rows) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Staged::Fact(fact) => facts.push(Incoming { received_at: flipped, ..fact }),
            Staged::Subscription { account, row } => rows.push((account, row)),
        }
    }
    for chunk in facts.chunks(append::CHUNK) {
        append::append(tx, chunk).await?;
    }
    let keys: BTreeSet<&String> = rows.iter().map(|(account, _)| account).collect();
    let ids = append::lookup(tx, &keys).await?;
    // The last row of a key is what holds; an account that is not there has no subscription.
    let mut last: BTreeMap<String, Subscription> = BTreeMap::new();
    for (account, row) in rows {
        if let Some(id) = ids.get(&account) {
            last.insert(row.key.clone(), Subscription { account: *id, ..row });
        }
    }
    let rows: Vec<Subscription> = last.into_values().collect();
    query::put_subscriptions(tx, &rows).await.map(|_| ())
}
