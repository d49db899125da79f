//! What dead dispatchers left, what must be sent again, holds, a person's word, and restores.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::Result,
    db::{Tx, args},
    dispatch::{self, Change},
    outbox::{self, Fresh, Stored},
    sql::{self, Dialect},
    transition::may_resolve,
};
use crate::model::{
    ids::{AccountId, MessageKey, RunId},
    instant::Instant,
    message::{ChannelKind, OutboxState, Planned},
};

/// Renews claims by their fences: one statement, and none of the rows of a claim is touched.
pub async fn renew(tx: &mut Tx, fences: &[i64], owner: i64, until: Instant, now: Instant) -> Result<()> {
    let expires = sql::lease_clock(tx, now).await?.saturating_add(until.since(now));
    // In one order, so that no two daemons wait for each other.
    let names: BTreeSet<String> = fences.iter().map(|fence| format!("fence:{fence}")).collect();
    let rows = names.into_iter().map(|name| args![name, owner, expires]).collect();
    let text = "INSERT INTO lease (name, owner, expires) VALUES {rows} \
                ON CONFLICT (name) DO UPDATE SET expires = excluded.expires";
    tx.batch(text, 3, rows).await.map(|_| ())
}

/// Gives back what dead owners had claimed (held, while everything is) and marks what they were handing over; queues resends whose wait is
/// over. Answers (queued, maybe_sent).
pub async fn reap(tx: &mut Tx, now: Instant, epoch: i64, resend_wait: i64) -> Result<(usize, usize)> {
    let clock = sql::lease_clock(tx, now).await?;
    // One file has one daemon: whatever another epoch left is dead. Elsewhere only the lease tells.
    let epoch = if tx.dialect() == Dialect::Lite { epoch } else { -1 };
    let text = "SELECT r.account_id, r.key FROM ready r WHERE r.stage = 1 AND EXISTS (SELECT 1 FROM outbox o \
                WHERE o.account_id = r.account_id AND o.key = r.key AND ($2 >= 0 AND o.owner <> $2 OR o.lease_until < $1 \
                 AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.name = 'fence:' || o.fence AND l.expires >= $1))) \
                ORDER BY r.account_id, r.key LIMIT 5000 {skip_locked}";
    let dead = found(tx, text, args![clock, epoch]).await?;
    let held = dispatch::hold(tx).await?;
    let back = if held.is_some() { OutboxState::Held } else { OutboxState::Queued };
    let why = held.unwrap_or_else(|| "the sender ended before the hand-over".to_owned());
    let (mut changes, mut queued, mut unknown) = (Vec::new(), 0, 0);
    for (_, stored) in dead {
        if stored.row.state == OutboxState::HandingOver {
            unknown += 1;
            let why = "the sender ended before it learned the outcome";
            changes.push(Change::to(stored, OutboxState::MaybeSent, why, now).again_after(resend_wait));
        } else {
            queued += 1;
            changes.push(Change::to(stored, back, &why, now));
        }
    }
    dispatch::write(tx, changes, now).await?;
    let over = "DELETE FROM lease WHERE name IN (SELECT r.name FROM lease r WHERE r.name LIKE 'fence:%' AND r.expires < $1 \
                ORDER BY r.name {skip_locked})";
    tx.run(over, args![clock]).await?;
    // What an account left that was merged into another is not sent again by itself.
    tx.run("DELETE FROM ready WHERE stage = 3 AND account_id IN (SELECT was FROM account_alias)", args![]).await?;
    Ok((queued + resend(tx, now).await?, unknown))
}

/// `at_least_once`: after the wait the same bytes go out again under the same key.
async fn resend(tx: &mut Tx, now: Instant) -> Result<usize> {
    let text = "SELECT r.account_id, r.key FROM ready r WHERE r.stage = 3 AND r.not_before <= $1 \
                ORDER BY r.account_id, r.key LIMIT 5000 {skip_locked}";
    let due = found(tx, text, args![now.0]).await?;
    let mut changes = Vec::new();
    for (_, mut stored) in due {
        stored.row.resend_of = Some(stored.row.attempts);
        stored.row.not_before = now;
        changes.push(Change::to(stored, OutboxState::Queued, "sent again: the first outcome is unknown", now));
    }
    let count = changes.len();
    dispatch::write(tx, changes, now).await?;
    Ok(count)
}

async fn found(tx: &mut Tx, text: &str, args: Vec<super::db::Arg>) -> Result<BTreeMap<(i64, String), Stored>> {
    let rows = tx.rows(text, args).await?;
    let keys = rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect::<Result<BTreeSet<_>>>()?;
    outbox::by_keys(tx, &keys).await
}

/// Holds or releases everything that waits; answers how many messages.
pub async fn hold_all(tx: &mut Tx, hold: bool, why: &str, now: Instant) -> Result<usize> {
    let reason = if !hold {
        ""
    } else if why.is_empty() {
        "held"
    } else {
        why
    };
    tx.run("UPDATE meta SET value = $1 WHERE name = 'hold'", args![reason]).await?;
    let (from, to) = if hold { (0_i64, 2_i64) } else { (2, 0) };
    let (old, new) = if hold { ("queued", "held") } else { ("held", "queued") };
    let text = "UPDATE outbox SET state = $1, detail = $2, at = $3 FROM ready r WHERE r.stage = $4 \
                AND r.account_id = outbox.account_id AND r.key = outbox.key AND outbox.state = $5";
    let touched = tx.run(text, args![new, reason, now.0, from, old]).await?;
    tx.run("UPDATE ready SET stage = $1 WHERE stage = $2", args![to, from]).await?;
    Ok(usize::try_from(touched).unwrap_or(usize::MAX))
}

/// A person's (or evidence's) word on an unknown or frozen row.
pub async fn resolve(tx: &mut Tx, key: &MessageKey, to: OutboxState, who: &str, now: Instant) -> Result<bool> {
    let text = "SELECT account_id, key FROM outbox WHERE key = $1";
    let Some((_, mut stored)) = found(tx, text, args![&key.0]).await?.pop_first() else { return Ok(false) };
    if !may_resolve(stored.row.state, to) {
        return Ok(false);
    }
    // An account that was merged into another sends nothing any more.
    let gone = "SELECT 1 FROM hot WHERE account_id = $1";
    if to == OutboxState::Queued && tx.first(gone, args![stored.row.planned.account.0]).await?.is_none() {
        return Ok(false);
    }
    if to == OutboxState::Queued {
        stored.row.resend_of = Some(stored.row.attempts);
        stored.row.not_before = now;
    }
    let change = Change::to(stored, to, &format!("resolved by {who}"), now);
    dispatch::write(tx, vec![change], now).await?;
    Ok(true)
}

/// One row that only the journal remembers.
pub type Remembered = (MessageKey, AccountId, OutboxState, String);

/// Rows that a restored store has forgotten; one it still believes unsent takes the journal's word.
pub async fn restore(tx: &mut Tx, rows: &[Remembered]) -> Result<usize> {
    let planned: Vec<Planned> = rows.iter().map(|(key, account, ..)| forgotten(key, *account)).collect();
    let fresh: Vec<Fresh<'_>> = planned.iter().zip(rows).map(|(planned, row)| fresh(planned, row)).collect();
    let inserted = outbox::insert(tx, &fresh).await?;
    let old = rows.iter().filter(|(key, account, ..)| !inserted.contains(&(*account, key.clone())));
    let words: BTreeMap<(i64, String), &Remembered> = old.map(|row| ((row.1.0, row.0.0.clone()), row)).collect();
    let known = outbox::by_keys(tx, &words.keys().cloned().collect()).await?;
    let mut changes = Vec::new();
    for (id, stored) in known {
        if let Some((_, _, state, detail)) = words.get(&id).filter(|row| overrides(stored.row.state, row.2)) {
            let at = stored.row.at;
            changes.push(Change::to(stored, *state, detail, at));
        }
    }
    let count = inserted.len() + changes.len();
    let latest = changes.iter().map(|change| change.stored.row.at).max().unwrap_or_default();
    dispatch::write(tx, changes, latest).await?;
    Ok(count)
}

fn overrides(known: OutboxState, journal: OutboxState) -> bool {
    !known.is_final() && known != journal && known != OutboxState::Frozen
}

fn fresh<'a>(planned: &'a Planned, row: &'a Remembered) -> Fresh<'a> {
    Fresh { planned, state: row.2, detail: &row.3, at: planned.ready_at, address_hash: String::new() }
}

/// A stand-in for a message of which only the key is known.
fn forgotten(key: &MessageKey, account: AccountId) -> Planned {
    Planned {
        run: RunId(format!("restored:{}", key.0)),
        playbook: "restored".into(),
        priority: 0,
        ..Planned::bare(key.clone(), account, ChannelKind::Email, "")
    }
}
