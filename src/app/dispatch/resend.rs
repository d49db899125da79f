//! Messages of unknown fate: where the platform can tell, and where repeating has no second effect.
//!
//! `at_least_once` over a plain relay is the store's: after the wait its reaper queues the same bytes again.

use super::Parts;
use crate::{
    model::{
        instant::{HOUR, Instant, MINUTE},
        message::OutboxState,
    },
    store::api::{OutboxRow, Result},
};

/// Rows looked at per turn; there are never many.
const LOOK: usize = 1_000;

/// Rows that a platform is asked about per turn.
const ASK: usize = 5;
/// After this long nobody looks any more.
const ASK_FOR: i64 = 2 * HOUR;
/// The first sender has surely finished: the longest lease and the longest final reply.
const SETTLED: i64 = 11 * MINUTE;

/// Settles messages of unknown fate: what the platform shows is sent, what it does not show (once the first
/// sender has surely finished) goes again, and what may be handed over twice without harm is: same key,
/// same Message-ID, same bytes. Answers how many were queued.
pub async fn due(parts: &Parts, now: Instant) -> Result<usize> {
    let (mut queued, mut asked) = (0, 0);
    for row in parts.store.outbox(Some(OutboxState::MaybeSent), None, LOOK).await? {
        let key = &row.planned.key;
        if may_repeat(parts, &row, now) {
            queued += usize::from(parts.store.resolve(key, OutboxState::Queued, "policy", now).await?);
        } else if asked < ASK && now.since(row.at) < ASK_FOR {
            asked += 1;
            queued += usize::from(ask(parts, &row, now).await?);
        }
    }
    Ok(queued)
}

/// Asks the platform; `true` = it goes again.
async fn ask(parts: &Parts, row: &OutboxRow, now: Instant) -> Result<bool> {
    let Some(channel) = parts.channels.get(&row.planned.channel) else { return Ok(false) };
    let late = row.planned.hold_until.is_some_and(|end| now > end);
    match channel.evidence(&row.planned, row.at).await {
        Some(Some(_)) => parts.store.resolve(&row.planned.key, OutboxState::Sent, "evidence", now).await.map(|_| false),
        Some(None) if !late && now.since(row.at) >= SETTLED && row.resend_of.is_none() => {
            parts.store.resolve(&row.planned.key, OutboxState::Queued, "evidence: not there", now).await
        }
        _ => Ok(false),
    }
}

/// Once is enough: a repeat whose outcome is unknown too is left to people.
fn may_repeat(parts: &Parts, row: &OutboxRow, now: Instant) -> bool {
    let late = row.planned.hold_until.is_some_and(|end| now > end);
    let window = parts.channels.get(&row.planned.channel).and_then(|c| c.replay_window());
    !late && row.body.is_some() && row.resend_of.is_none() && window.is_some_and(|w| now.since(row.at) < w)
}
