//! Messages of unknown fate on channels where repeating has no second effect.
//!
//! `at_least_once` over a plain relay is the store's: after the wait its reaper queues the same bytes again.

use super::Parts;
use crate::{
    model::{instant::Instant, message::OutboxState},
    store::api::{OutboxRow, Result},
};

/// Rows looked at per turn; there are never many.
const LOOK: usize = 1_000;

/// Queues again what a file, or a relay with idempotency keys, takes twice without harm: same key,
/// same Message-ID, same bytes. Answers how many.
pub async fn due(parts: &Parts, now: Instant) -> Result<usize> {
    if parts.channels.values().all(|channel| channel.replay_window().is_none()) {
        return Ok(0);
    }
    let mut queued = 0;
    for row in parts.store.outbox(Some(OutboxState::MaybeSent), None, LOOK).await? {
        if may_repeat(parts, &row, now) {
            let key = &row.planned.key;
            queued += usize::from(parts.store.resolve(key, OutboxState::Queued, "policy", now).await?);
        }
    }
    Ok(queued)
}

/// Once is enough: a repeat whose outcome is unknown too is left to people.
fn may_repeat(parts: &Parts, row: &OutboxRow, now: Instant) -> bool {
    let late = row.planned.hold_until.is_some_and(|end| now > end);
    let window = parts.channels.get(&row.planned.channel).and_then(|c| c.replay_window());
    !late && row.body.is_some() && row.resend_of.is_none() && window.is_some_and(|w| now.since(row.at) < w)
}
