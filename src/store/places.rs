//! Places under frequency caps, by address over all accounts: taken at the claim, given back when the
//! message does not go after all.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::Result,
    db::{Row, Tx, args},
    outbox::Stored,
    sql,
};
use crate::model::{
    instant::{DAY, Instant},
    message::{Audience, Class, Planned},
    state::SendRecord,
};

/// No cap looks back further.
const KEPT: i64 = 400 * DAY;
/// Rows tidied at once.
const SOME: i64 = 1_000;

/// Sends to one address, by the order in which they took their places.
pub type Places = BTreeMap<String, BTreeMap<i64, SendRecord>>;

/// Whether a message counts under caps.
pub fn counts(planned: &Planned) -> bool {
    planned.audience == Audience::Customer && planned.class != Class::Notice
}

/// Takes a place for each of `rows` (in the order of the claim) and answers what each finds taken before it.
pub async fn take(tx: &mut Tx, rows: &[&Stored], now: Instant) -> Result<BTreeMap<(i64, String), Vec<SendRecord>>> {
    let rows: Vec<&&Stored> = rows.iter().filter(|stored| counts(&stored.row.planned)).collect();
    let hashes: BTreeSet<&String> = rows.iter().map(|stored| &stored.address_hash).collect();
    // Two daemons that claim for one address take their places one after the other.
    let lock = "SELECT hmac FROM address WHERE hmac IN {in} ORDER BY hmac {for_update}";
    tx.among(lock, args![], hashes.iter().map(|h| (*h).into()).collect()).await?;
    let ords = sql::draw(tx, "seq", rows.len()).await?;
    let list = rows.iter().zip(&ords).map(|(stored, ord)| place(stored, now, *ord)).collect();
    let text = "INSERT INTO address_send (hmac, account_id, key, at, channel, class, sent_by, ord) VALUES {rows} \
                ON CONFLICT (hmac, account_id, key) DO UPDATE SET at = excluded.at, ord = excluded.ord";
    tx.batch(text, 8, list).await?;
    let taken = read(tx, &hashes, now).await?;
    let before = |stored: &Stored, ord: i64| {
        let of = taken.get(&stored.address_hash);
        of.map(|of| of.range(..ord).map(|(_, send)| send.clone()).collect()).unwrap_or_default()
    };
    Ok(rows.iter().zip(&ords).map(|(stored, ord)| (id(stored), before(stored, *ord))).collect())
}

fn id(stored: &Stored) -> (i64, String) {
    (stored.row.planned.account.0, stored.row.planned.key.0.clone())
}

fn place(stored: &Stored, now: Instant, ord: i64) -> Vec<super::db::Arg> {
    let p = &stored.row.planned;
    let by = format!("{}/{}", p.playbook, p.step);
    args![&stored.address_hash, p.account.0, &p.key.0, now.0, p.channel.word(), p.class.word(), by, ord]
}

async fn read(tx: &mut Tx, hashes: &BTreeSet<&String>, now: Instant) -> Result<Places> {
    let text = "SELECT hmac, ord, at, key, channel, class, sent_by FROM address_send WHERE at > $1 AND hmac IN {in}";
    let list = hashes.iter().map(|hash| (*hash).into()).collect();
    let mut places = Places::new();
    for row in tx.among(text, args![now.plus(-KEPT).0], list).await? {
        places.entry(row.text(0)?).or_default().insert(row.int(1)?, send(&row)?);
    }
    Ok(places)
}

fn send(row: &Row) -> Result<SendRecord> {
    Ok(SendRecord {
        at: Instant(row.int(2)?),
        key: row.text(3)?,
        channel: row.text(4)?,
        class: row.text(5)?,
        address: String::new(),
        by: row.text(6)?,
        survey: String::new(),
    })
}

/// Gives back the places of messages that do not go, and wakes those that waited for one. What itself
/// waited for a place (`cap:`) wakes nobody.
pub async fn give_back(tx: &mut Tx, gone: &[&Stored]) -> Result<()> {
    let gone: Vec<&&Stored> = gone.iter().filter(|stored| counts(&stored.row.planned)).collect();
    let rows = gone.iter().map(|s| args![&s.address_hash, s.row.planned.account.0, &s.row.planned.key.0]).collect();
    tx.batch("DELETE FROM address_send WHERE (hmac, account_id, key) IN (VALUES {rows})", 3, rows).await?;
    let free: BTreeSet<&String> =
        gone.iter().filter(|s| !s.row.detail.starts_with("cap:")).map(|s| &s.address_hash).collect();
    let now = gone.iter().map(|s| s.row.at.0).max().unwrap_or_default();
    let text = "UPDATE ready SET not_before = $1 WHERE stage = 0 AND not_before > $1 AND EXISTS (SELECT 1 FROM outbox o \
                WHERE o.account_id = ready.account_id AND o.key = ready.key AND o.detail LIKE 'cap:%') AND address_hash IN {in}";
    tx.among(text, args![now], free.into_iter().map(Into::into).collect()).await.map(|_| ())
}

/// Forgets what no cap looks at any more, and the rendered bytes of messages that were settled before
/// `before`. Answers how many rows; 0 = nothing is left to do.
pub async fn tidy(tx: &mut Tx, before: Instant, now: Instant) -> Result<usize> {
    let text = "UPDATE outbox SET body = NULL, body_sum = '' WHERE (account_id, key) IN (SELECT account_id, key FROM outbox \
                WHERE body IS NOT NULL AND at < $1 AND state IN ('sent', 'failed', 'skipped') LIMIT $2)";
    let bodies = tx.run(text, args![before.0, SOME]).await?;
    let text = "DELETE FROM address_send WHERE (hmac, account_id, key) IN (SELECT hmac, account_id, key FROM address_send \
                WHERE at <= $1 LIMIT $2)";
    let sends = tx.run(text, args![now.plus(-KEPT).0, SOME]).await?;
    Ok(usize::try_from(bodies + sends).unwrap_or(usize::MAX))
}
