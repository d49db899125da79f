//! Gives the sessions of one channel their next message, claiming in batches.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};

use super::{
    Parts, hold,
    tenure::{Tenure, own_clock},
};
use crate::{
    model::{instant::Instant, message::ChannelKind, world::World},
    store::api::{Claimed, Result},
};

/// Whether a feed waits for more when nothing is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// One turn: stop when nothing is ready.
    Once,
    /// The daemon: wait until told to stop.
    Forever,
}

/// The queue in front of one channel.
pub struct Feed {
    parts: Arc<Parts>,
    kind: ChannelKind,
    patience: Patience,
    stop: watch::Receiver<bool>,
    buffer: Mutex<Buffer>,
}

/// A claimed message.
pub struct Taken {
    /// The row and its account.
    pub claimed: Claimed,
    /// The world when it was claimed.
    pub world: Arc<World>,
    /// Its lease.
    pub tenure: Arc<Tenure>,
}

#[derive(Default)]
struct Buffer {
    claimed: VecDeque<(Claimed, Arc<Tenure>)>,
    world: Arc<World>,
    /// Progress at the last claim; a whole batch without any ends a `Once` turn.
    progress: Option<u64>,
}

impl Feed {
    /// A feed of `kind` until `stop` says `true`.
    pub fn new(parts: Arc<Parts>, kind: ChannelKind, patience: Patience, stop: watch::Receiver<bool>) -> Feed {
        Feed { parts, kind, patience, stop, buffer: Mutex::default() }
    }

    /// The next message; none = stop.
    pub async fn next(&self) -> Option<Taken> {
        let mut buffer = self.buffer.lock().await;
        loop {
            if *self.stop.borrow() || self.parts.failure.is_set() {
                return None;
            }
            if let Some((claimed, tenure)) = buffer.claimed.pop_front() {
                return Some(Taken { claimed, world: buffer.world.clone(), tenure });
            }
            match self.claim(&mut buffer).await {
                Ok(true) => {}
                Ok(false) if self.patience == Patience::Once => return None,
                Ok(false) => self.rest().await,
                Err(error) => self.parts.failure.set::<()>(error.to_string()).unwrap_or_default(),
            }
        }
    }

    /// What was claimed and not begun, to be put back.
    pub async fn left_over(&self) -> Vec<Claimed> {
        self.buffer.lock().await.claimed.drain(..).map(|(claimed, _)| claimed).collect()
    }

    async fn claim(&self, buffer: &mut Buffer) -> Result<bool> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let progress = parts.tally.progress();
        let stuck = buffer.progress.replace(progress) == Some(progress) && self.patience == Patience::Once;
        if stuck || parts.breakers.until(self.kind.word(), now).is_some() || !self.is_due(now).await? {
            return Ok(false);
        }
        let world = parts.store.world().await?;
        if hold::is_on(&world, now) {
            return Ok(false);
        }
        let (lease, asked) = (parts.settings.lease, own_clock(parts.clock.as_ref()));
        let claimed = parts.store.claim(now, &[self.kind.word()], parts.settings.batch, now.plus(lease)).await?;
        buffer.world = Arc::new(world);
        if let Some(first) = claimed.first() {
            let tenure = parts.tenures.begin(first.row.fence, asked, lease);
            buffer.claimed.extend(claimed.into_iter().map(|one| (one, Arc::clone(&tenure))));
        }
        Ok(!buffer.claimed.is_empty())
    }

    /// A read is cheaper than a claim, which writes.
    async fn is_due(&self, now: Instant) -> Result<bool> {
        Ok(self.parts.store.earliest_ready().await?.is_some_and(|at| at <= now))
    }

    async fn rest(&self) {
        let poll = Duration::from_micros(self.parts.settings.poll.unsigned_abs());
        let mut stop = self.stop.clone();
        let woken = async {
            tokio::select! {
                _ = stop.changed() => {}
                () = self.parts.wake.notified() => {}
            }
        };
        let _ = timeout(poll, woken).await;
    }
}
