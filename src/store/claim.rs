//! Claiming ready messages: in order, fenced, with everything the re-check reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    api::{Claimed, DEAD, FAILING, Result},
    db::{Row, Tx, args},
    dispatch::{self, Change},
    load,
    outbox::{self, Stored},
    places,
    recent::Recent,
    sql,
};
use crate::model::{instant::Instant, message::OutboxState, snapshot::Snapshot, state::SendRecord};

/// Who claims, what, and until when.
#[derive(Clone)]
pub struct Request {
    /// Wall time.
    pub now: Instant,
    /// Channels to claim for.
    pub channels: Vec<String>,
    /// At most so many.
    pub limit: usize,
    /// End of the lease.
    pub lease_until: Instant,
    /// The claiming daemon.
    pub owner: i64,
    /// States kept in memory.
    pub recent: Arc<Recent>,
}

/// Claims what is ready; nothing while everything is held.
pub async fn claim(tx: &mut Tx, request: &Request) -> Result<Vec<Claimed>> {
    if dispatch::hold(tx).await?.is_some() {
        return Ok(Vec::new());
    }
    let order = ready(tx, request).await?;
    if order.is_empty() {
        return Ok(Vec::new());
    }
    let rows = outbox::by_keys(tx, &order.iter().cloned().collect()).await?;
    let rows = set_aside(tx, rows, request.now).await?;
    let marks = Marks::read(tx, &rows).await?;
    let rows = mark(tx, rows, &marks, request).await?;
    let in_order: Vec<&Stored> = order.iter().filter_map(|id| rows.get(id)).collect();
    let taken = places::take(tx, &in_order, request.now).await?;
    answers(tx, &request.recent, order, rows, &marks, taken).await
}

async fn ready(tx: &mut Tx, request: &Request) -> Result<Vec<(i64, String)>> {
    let text = "SELECT r.account_id, r.key FROM ready r WHERE r.stage = 0 AND r.not_before <= $1 AND r.lane IN {in} \
                AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.account_id = r.account_id AND i.received_at <= $1 AND i.blocking = 1) \
                AND NOT EXISTS (SELECT 1 FROM account_alias l WHERE l.account_id = r.account_id AND l.pending = 1) \
                AND NOT EXISTS (SELECT 1 FROM account_alias l WHERE l.was = r.account_id) \
                AND NOT EXISTS (SELECT 1 FROM ready e WHERE e.account_id = r.account_id AND e.run = r.run \
                 AND e.address_hash = r.address_hash AND e.ord < r.ord AND e.stage <> 3) \
                ORDER BY r.not_before, r.rank, r.key LIMIT $2 {skip_locked}";
    let lanes = request.channels.iter().map(Into::into).collect();
    let found = tx.among(text, args![request.now.0, request.limit as i64], lanes).await?;
    found.iter().map(|row: &Row| Ok((row.int(0)?, row.text(1)?))).collect()
}

type Rows = BTreeMap<(i64, String), Stored>;

/// Rows that are damaged or not what the ready list says: frozen, never sent.
async fn set_aside(tx: &mut Tx, rows: Rows, now: Instant) -> Result<Rows> {
    let sound = |stored: &Stored| !stored.damaged && stored.row.state == OutboxState::Queued;
    let (fine, odd): (Rows, Rows) = rows.into_iter().partition(|(_, stored)| sound(stored));
    let changes =
        odd.into_values().map(|stored| Change::freeze(stored, "its checksum or state does not fit")).collect();
    dispatch::write(tx, changes, now).await?;
    Ok(fine)
}

/// What a claim remembers, to see at the hand-over whether it still holds.
struct Marks {
    gates: BTreeMap<i64, i64>,
    addresses: BTreeMap<String, i64>,
    suppressed: BTreeMap<String, BTreeMap<String, String>>,
}

impl Marks {
    async fn read(tx: &mut Tx, rows: &Rows) -> Result<Marks> {
        let hashes: BTreeSet<&String> = rows.values().map(|stored| &stored.address_hash).collect();
        // The row must exist, so that a hand-over can lock it against an unsubscribe.
        let list = hashes.iter().map(|hash| args![*hash, 0_i64]).collect();
        tx.batch("INSERT INTO address (hmac, rev) VALUES {rows} ON CONFLICT DO NOTHING", 2, list).await?;
        let hashes: BTreeSet<String> = hashes.into_iter().cloned().collect();
        let mut suppressed: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let list = hashes.iter().map(Into::into).collect();
        let addresses = dispatch::address_revs(tx, &hashes).await?;
        let text = "SELECT hmac, topic, reason FROM suppression WHERE hmac IN {in}";
        for row in tx.among(text, args![], list).await? {
            suppressed.entry(row.text(0)?).or_default().insert(row.text(1)?, row.text(2)?);
        }
        let gates = dispatch::gates(tx, &rows.keys().map(|(account, _)| *account).collect()).await?;
        Ok(Marks { gates, addresses, suppressed })
    }

    fn suppressed(&self, stored: &Stored) -> Option<String> {
        let topics = self.suppressed.get(&stored.address_hash)?;
        [DEAD, "*", FAILING, &stored.row.planned.topic].into_iter().find_map(|topic| topics.get(topic).cloned())
    }
}

async fn mark(tx: &mut Tx, mut rows: Rows, marks: &Marks, request: &Request) -> Result<Rows> {
    let fence = sql::draw(tx, "fence", 1).await?.first().copied().unwrap_or_default();
    let lease = sql::lease_clock(tx, request.now).await? + request.lease_until.since(request.now);
    let mut list = Vec::new();
    for ((account, key), stored) in &mut rows {
        stored.row.state = OutboxState::Claimed;
        stored.row.fence = fence;
        stored.row.account_rev = marks.gates.get(account).copied().unwrap_or_default();
        stored.row.address_rev = marks.addresses.get(&stored.address_hash).copied().unwrap_or_default();
        stored.row.at = request.now;
        list.push(args![
            *account,
            key.as_str(),
            fence,
            request.owner,
            lease,
            stored.row.account_rev,
            stored.row.address_rev,
            request.now.0
        ]);
    }
    let taken = rows.keys().map(|(account, key)| args![*account, key]).collect();
    tx.batch("UPDATE ready SET stage = 1 WHERE (account_id, key) IN (VALUES {rows})", 2, taken).await?;
    let text = "WITH v(account_id, key, fence, owner, lease, account_rev, address_rev, at) AS (VALUES {rows}) \
                UPDATE outbox SET state = 'claimed', fence = v.fence, owner = v.owner, lease_until = v.lease, \
                account_rev = v.account_rev, address_rev = v.address_rev, at = v.at \
                FROM v WHERE outbox.account_id = v.account_id AND outbox.key = v.key";
    tx.batch(text, 8, list).await?;
    Ok(rows)
}

type Taken = BTreeMap<(i64, String), Vec<SendRecord>>;

async fn answers(
    tx: &mut Tx,
    recent: &Recent,
    order: Vec<(i64, String)>,
    mut rows: Rows,
    marks: &Marks,
    mut taken: Taken,
) -> Result<Vec<Claimed>> {
    let accounts: BTreeSet<i64> = rows.keys().map(|(account, _)| *account).collect();
    let people = rows.values().filter_map(|s| Some((s.row.planned.account.0, s.row.planned.contact?.0))).collect();
    let ids: Vec<i64> = accounts.into_iter().collect();
    let loaded = load::load_with(tx, recent, &ids, None, people).await?;
    let snapshots: BTreeMap<i64, _> = loaded.into_iter().map(|one| (one.snapshot.account.0, one.snapshot)).collect();
    let mut claimed = Vec::new();
    for id in order {
        if let (Some(snapshot), Some(stored)) = (snapshots.get(&id.0), rows.remove(&id)) {
            let suppressed = marks.suppressed(&stored);
            let address_sends = taken.remove(&id).unwrap_or_default();
            let snapshot = Snapshot { address_sends, ..snapshot.clone() };
            claimed.push(Claimed { row: stored.row, snapshot, suppressed });
        }
    }
    Ok(claimed)
}
