//! A day in numbers: what went out, what goes out, what waits. Counted by the store; nothing is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    alias,
    api::{AccountRow, Count, Day, Result},
    db::{Row, Tx, args},
    load, query,
    recent::Recent,
    said::COUNTED,
};
use crate::model::{ids::AccountId, instant::Instant, snapshot::Snapshot};

/// Whose a day is counted: these accounts', or (none) everybody's.
type Of<'a> = Option<&'a BTreeSet<AccountId>>;

/// What went out in `[yesterday, today)`, goes out before `tomorrow`, and waits for a person.
pub async fn day(tx: &mut Tx, [yesterday, today, tomorrow]: [Instant; 3], now: Instant, of: Of<'_>) -> Result<Day> {
    Ok(Day {
        sent: sent(tx, yesterday, today, of).await?,
        going: going(tx, tomorrow, of).await?,
        planned: planned(tx, now, tomorrow, of).await?,
        held: number(tx, "ready WHERE stage = 2", of).await?,
        unsure: number(tx, "outbox WHERE state IN ('maybe_sent', 'frozen') AND state = 'maybe_sent'", of).await?,
    })
}

/// By the receipts, which have an index by time; the outbox knows the channel.
async fn sent(tx: &mut Tx, from: Instant, to: Instant, of: Of<'_>) -> Result<Vec<Count>> {
    let (playbook, key) = (tx.dialect().json("o.planned", "playbook"), tx.dialect().json("f.body", "key"));
    let whose = whose(of, "o.account_id");
    let text = format!(
        "SELECT {playbook}, o.channel, COUNT(*), {whose} FROM \
         (SELECT account_id, body FROM fact WHERE {COUNTED} AND event = 'message.sent' AND occurred_at >= $1 \
         AND occurred_at < $2) f JOIN outbox o ON o.account_id = f.account_id AND o.key = {key} GROUP BY 1, 2, 4"
    );
    counts(&tx.rows(&text, args![from.0, to.0]).await?, of)
}

async fn going(tx: &mut Tx, before: Instant, of: Of<'_>) -> Result<Vec<Count>> {
    let playbook = tx.dialect().json("o.planned", "playbook");
    let whose = whose(of, "o.account_id");
    let text = format!(
        "SELECT {playbook}, o.channel, COUNT(*), {whose} FROM ready r JOIN outbox o ON o.account_id = r.account_id \
         AND o.key = r.key WHERE r.stage IN (0, 1) AND o.not_before < $1 GROUP BY 1, 2, 4"
    );
    counts(&tx.rows(&text, args![before.0]).await?, of)
}

/// Runs, not those held out, whose wait ends in `[now, before)`.
async fn planned(tx: &mut Tx, now: Instant, before: Instant, of: Of<'_>) -> Result<Vec<Count>> {
    let json = |key: &str| tx.dialect().json("body", key);
    let (until, arm, waiting) = (format!("CAST({} AS BIGINT)", json("until")), json("arm"), json("waiting"));
    let whose = whose(of, "account_id");
    let text = format!(
        "SELECT playbook, '', COUNT(*), {whose} FROM run WHERE ended IS NULL AND {until} >= $1 AND {until} < $2 \
         AND {arm} = 'treated' AND ({waiting} IN ('wait', 'window') OR {waiting} LIKE 'cap%') GROUP BY 1, 4"
    );
    counts(&tx.rows(&text, args![now.0, before.0]).await?, of)
}

/// What a count is split by.
fn whose(of: Of<'_>, column: &str) -> String {
    if of.is_some() { column.to_owned() } else { "CAST(0 AS BIGINT)".to_owned() }
}

fn inside(row: &Row, column: usize, of: Of<'_>) -> Result<bool> {
    let Some(of) = of else { return Ok(true) };
    row.int(column).map(|id| of.contains(&AccountId(id)))
}

fn counts(rows: &[Row], of: Of<'_>) -> Result<Vec<Count>> {
    let mut all: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in rows {
        if inside(row, 3, of)? {
            *all.entry((row.text(0)?, row.text(1)?)).or_default() += usize::try_from(row.int(2)?).unwrap_or_default();
        }
    }
    Ok(all.into_iter().map(|((playbook, channel), number)| Count { playbook, channel, number }).collect())
}

/// How many rows these are.
async fn number(tx: &mut Tx, from: &str, of: Of<'_>) -> Result<usize> {
    let text = format!("SELECT COUNT(*), {} FROM {from} GROUP BY 2", whose(of, "account_id"));
    let mut all = 0;
    for row in tx.rows(&text, args![]).await? {
        if inside(&row, 1, of)? {
            all += usize::try_from(row.int(0)?).unwrap_or_default();
        }
    }
    Ok(all)
}

/// A page of snapshots of accounts in `band`, by number.
pub async fn in_band(
    tx: &mut Tx,
    recent: &Recent,
    band: &str,
    after: AccountId,
    limit: usize,
) -> Result<Vec<Snapshot>> {
    let text = "SELECT account_id FROM hot WHERE band = $1 AND account_id > $2 ORDER BY account_id LIMIT $3";
    let rows = tx.rows(text, args![band, after.0, limit as i64]).await?;
    let ids = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    Ok(load::load(tx, recent, &ids, None).await?.into_iter().map(|loaded| loaded.snapshot).collect())
}

/// How many decisions each account has had, by number.
pub async fn decisions(tx: &mut Tx, after: AccountId, limit: usize) -> Result<Vec<(AccountId, i64)>> {
    let text = "SELECT account_id, decided FROM hot WHERE account_id > $1 ORDER BY account_id LIMIT $2";
    let rows = tx.rows(text, args![after.0, limit as i64]).await?;
    rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.int(1)?))).collect()
}

/// Accounts by their numbers, in no order; those that do not exist are left out.
pub async fn named(tx: &mut Tx, ids: &[AccountId]) -> Result<Vec<AccountRow>> {
    let text = format!("{} WHERE a.account_id IN {{in}}", query::ACCOUNT);
    let found = tx.among(&text, args![], ids.iter().map(|id| id.0.into()).collect()).await?;
    let mut rows = found.iter().map(query::account_row).collect::<Result<Vec<_>>>()?;
    // What was under an account that was merged is found at the one that stays, by the number it had.
    let missing =
        ids.iter().filter(|id| !rows.iter().any(|row| row.id == **id)).map(|id| id.0).collect::<BTreeSet<_>>();
    let heirs = if missing.is_empty() { BTreeMap::new() } else { alias::heirs(tx, &missing).await? };
    if !heirs.is_empty() {
        let found = tx.among(&text, args![], heirs.values().map(|id| (*id).into()).collect()).await?;
        let known: BTreeMap<i64, AccountRow> =
            found.iter().map(|row| query::account_row(row).map(|row| (row.id.0, row))).collect::<Result<_>>()?;
        let heir = |(was, is): (&i64, &i64)| Some(AccountRow { id: AccountId(*was), ..known.get(is)?.clone() });
        rows.extend(heirs.iter().filter_map(heir));
    }
    Ok(rows)
}
