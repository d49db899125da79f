//! The leases of what this daemon has claimed: short, so that what a dead one had soon passes to others, and renewed
//! while anything of a claim is in hand.
//!
//! Two clocks, never compared with each other: the store counts a lease by its own, and this daemon counts it by the time
//! since the machine started, from before it asked. So it always believes less than the store does.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use super::Parts;
use crate::{clock::Clock, store::api::Result};

/// A lease is renewed when a third of it is over, and nothing is begun in its last third: one renewal may fail.
const PARTS: i64 = 3;

/// What one claim took; its messages share it, and with the last of them it ends.
#[derive(Debug)]
pub struct Tenure {
    fence: i64,
    /// Microseconds of this daemon's own clock.
    until: AtomicI64,
}

/// The claims of which something is in hand.
#[derive(Debug, Default)]
pub struct Tenures(Mutex<Vec<Weak<Tenure>>>);

impl Tenures {
    /// Of a claim that was asked for at `asked` (`own_clock`).
    pub fn begin(&self, fence: i64, asked: i64, lease: i64) -> Arc<Tenure> {
        let tenure = Arc::new(Tenure { fence, until: AtomicI64::new(asked.saturating_add(lease)) });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&tenure));
        tenure
    }

    fn in_hand(&self) -> Vec<Arc<Tenure>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Tenure {
    /// Whether there is enough of the lease left to begin sending. What was not renewed in time waits for somebody
    /// else, or for a renewal; if it was given to somebody else the fence says so.
    pub fn may_send(&self, parts: &Parts) -> bool {
        let left = self.until.load(Ordering::Acquire).saturating_sub(own_clock(parts.clock.as_ref()));
        left >= parts.settings.lease / PARTS
    }
}

/// The clock that nobody sets, which goes on while the machine is suspended; the wall clock where there is none.
pub fn own_clock(clock: &dyn Clock) -> i64 {
    clock.since_boot().unwrap_or_else(|| clock.now().0)
}

/// Renews everything in hand by one statement; nothing in hand asks nothing of the store.
pub async fn renew(parts: &Parts) -> Result<usize> {
    let held = parts.tenures.in_hand();
    if held.is_empty() {
        return Ok(0);
    }
    let (asked, now) = (own_clock(parts.clock.as_ref()), parts.clock.now());
    let fences: Vec<i64> = held.iter().map(|tenure| tenure.fence).collect();
    parts.store.renew(&fences, now.plus(parts.settings.lease), now).await?;
    for tenure in &held {
        tenure.until.fetch_max(asked.saturating_add(parts.settings.lease), Ordering::AcqRel);
    }
    Ok(held.len())
}

/// Renews in time, until it is aborted.
pub async fn keep(parts: Arc<Parts>) {
    let third = Duration::from_micros((parts.settings.lease / PARTS).unsigned_abs());
    let mut pause = third;
    loop {
        tokio::time::sleep(pause).await;
        pause = third;
        if let Err(error) = renew(&parts).await {
            tracing::warn!(%error, "claims could not be renewed; tried again");
            pause = third / 4;
        }
    }
}
