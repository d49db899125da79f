//! Dispatch: claim → re-check → render → channel → outcome.
//!
//! Each channel has as many workers as it has sessions. A worker takes one message at a time; the gate
//! asks the committer for the durable hand-over, the outcome follows without waiting. What a crash can
//! leave unknown is therefore at most one message per session.

pub mod alarm;
pub mod breaker;
pub mod clockwatch;
pub mod committer;
mod endpoints;
mod feed;
pub mod hold;
pub mod one;
pub mod resend;
pub mod retry;
pub mod settings;
mod tally;
pub mod tenure;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, atomic::AtomicU8},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use self::{
    breaker::Breakers,
    committer::Committer,
    feed::{Feed, Patience},
    one::One,
    tally::Tally,
    tenure::Tenures,
};
pub use self::{settings::Settings, tally::Stats};
use super::journal::{
    Found, Journal,
    restore::{self, RestoreError, Start},
};
use super::returned::Intake;
use crate::{
    channel::{Body, Channel},
    clock::Clock,
    engine::{Recheck, recheck},
    model::{
        instant::{DAY, Instant},
        message::{ChannelKind, Planned},
        world::World,
    },
    rulebook::types::Rulebook,
    store::api::{Claimed, Dispatch, Store, StoreError},
};

/// Keys of events looked at in one go.
const SEEN: usize = 5_000;

/// The pure re-check, with the live rulebook behind it.
pub trait Judge: Send + Sync {
    /// Whether this message may still leave.
    fn recheck(&self, claimed: &Claimed, world: &World, now: Instant) -> Recheck;
}

/// The re-check with the rulebook that is live at that moment.
pub struct LiveJudge<F>(pub F);

impl<F: Fn() -> Arc<Rulebook> + Send + Sync> Judge for LiveJudge<F> {
    fn recheck(&self, claimed: &Claimed, world: &World, now: Instant) -> Recheck {
        recheck(&claimed.snapshot, &claimed.row.planned, world, &(self.0)(), now)
    }
}

/// Why there are no bytes to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// A value is missing: the message is skipped.
    Skip(String),
    /// It can never be rendered: the message fails.
    Broken(String),
    /// Rendering was not possible just now.
    Later(String),
}

/// Makes the bytes of a message at its first hand-over.
#[async_trait]
pub trait Bodies: Send + Sync {
    /// Renders and composes.
    async fn body(&self, planned: &Planned) -> Result<Body, BodyError>;
}

/// Everything a dispatcher works with.
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The ways out that are set up.
    pub channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
    /// The re-check.
    pub judge: Arc<dyn Judge>,
    /// Rendering.
    pub bodies: Arc<dyn Bodies>,
    /// The journal beside the database.
    pub journal: Arc<Journal>,
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    /// How it behaves.
    pub settings: Settings,
    /// Rung when messages were planned, so that nobody waits for the next look.
    pub wake: Arc<Notify>,
    /// What refuses everything just now.
    pub breakers: Breakers,
    /// Counts.
    pub tally: Tally,
    /// The claims in hand.
    pub tenures: Tenures,
    /// The first failure of store or journal: sending has stopped.
    pub failure: Failure,
}

impl Parts {
    /// Parts with nothing counted and nothing broken yet.
    pub fn new(
        store: Arc<dyn Store>,
        channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
        judge: Arc<dyn Judge>,
        bodies: Arc<dyn Bodies>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> Parts {
        Parts {
            store,
            channels,
            judge,
            bodies,
            journal,
            clock,
            settings: Settings::default(),
            wake: Arc::default(),
            breakers: Breakers::default(),
            tally: Tally::default(),
            tenures: Tenures::default(),
            failure: Failure::default(),
        }
    }
}

impl Parts {
    /// What hears of refused mailboxes.
    fn intake(&self) -> Intake {
        let (store, journal) = (Arc::clone(&self.store), Arc::clone(&self.journal));
        let trying_out = self.settings.trying_out;
        Intake { store, journal, own: Arc::default(), left: Arc::default(), trying_out }
    }
}

/// Set once, when store or journal fail: after that nothing is sent until a restart.
#[derive(Clone, Debug, Default)]
pub struct Failure(Arc<OnceLock<String>>);

impl Failure {
    /// Whether sending has stopped.
    pub fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    fn set<T>(&self, why: String) -> Option<T> {
        tracing::error!(%why, "sending has stopped");
        let _ = self.0.set(why);
        None
    }
}

/// Why dispatch cannot go on; restart once it is mended.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal, or comparing it with the store.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Store or journal failed while sending.
    #[error("sending has stopped: {0}; restart once it is mended")]
    Stopped(String),
}

/// What was found at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Database against journal.
    pub start: Start,
    /// Messages of a dead sender that had not begun: queued again.
    pub queued: usize,
    /// Those that had: nobody knows.
    pub maybe_sent: usize,
    /// Why everything is held because of the clock.
    pub held: Option<String>,
}

/// A dispatcher as seen from outside, for `/metrics` and `/readyz`.
#[derive(Clone)]
pub struct Outlook(Arc<Parts>);

impl Outlook {
    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        self.0.tally.stats()
    }

    /// What refuses everything just now.
    pub fn alarms(&self) -> Vec<breaker::Alarm> {
        self.0.breakers.alarms()
    }

    /// Why sending has stopped until a restart.
    pub fn stopped(&self) -> Option<String> {
        self.0.failure.0.get().cloned()
    }
}

/// Sends what is ready. Copies are the same dispatcher.
#[derive(Clone)]
pub struct Dispatcher {
    parts: Arc<Parts>,
}

impl Dispatcher {
    /// Compares journal and database, reaps what a dead sender left, looks at the clock. Sends nothing yet.
    pub async fn start(parts: Parts, found: &Found) -> Result<(Dispatcher, Report), DispatchError> {
        let now = parts.clock.now();
        let start = restore::at_start(parts.store.as_ref(), &parts.journal, found, now).await?;
        let (queued, maybe_sent) = parts.store.reap(now).await?;
        let held = clockwatch::at_start(&parts, now).await?;
        // A new start tries everything at once: it may have been mended.
        alarm::publish(&parts).await?;
        Ok((Dispatcher { parts: Arc::new(parts) }, Report { start, queued, maybe_sent, held }))
    }

    /// Rung after planning, so that a message leaves at once.
    pub fn wake(&self) -> Arc<Notify> {
        self.parts.wake.clone()
    }

    /// What others may watch.
    pub fn outlook(&self) -> Outlook {
        Outlook(self.parts.clone())
    }

    /// Renews the claims in hand now; while messages are sent that also happens by itself. Answers how many.
    pub async fn renew(&self) -> Result<usize, DispatchError> {
        Ok(tenure::renew(&self.parts).await?)
    }

    /// Sends everything that is ready at the clock's present moment, then returns.
    pub async fn dispatch_once(&self) -> Result<Stats, DispatchError> {
        let before = self.parts.tally.stats();
        let now = self.parts.clock.now();
        tidy(&self.parts, now).await?;
        self.parts.store.reap(now).await?;
        resend::due(&self.parts, now).await?;
        if self.parts.store.earliest_ready().await?.is_none_or(|at| at > now) {
            return Ok(Stats::default());
        }
        let (_keep, stop) = watch::channel(false);
        self.work(Patience::Once, stop).await?;
        Ok(self.parts.tally.stats() - before)
    }

    /// Sends until `stop` says `true`, then finishes the open conversations (at most `drain`).
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<Stats, DispatchError> {
        let keeper = tokio::spawn(keep_house(self.parts.clone(), stop.clone()));
        let done = self.work(Patience::Forever, stop).await;
        keeper.abort();
        done.map(|()| self.parts.tally.stats())
    }

    async fn work(&self, patience: Patience, stop: watch::Receiver<bool>) -> Result<(), DispatchError> {
        let parts = &self.parts;
        let linger = Duration::from_micros(parts.settings.linger.unsigned_abs());
        let (store, journal, clock) = (parts.store.clone(), parts.journal.clone(), parts.clock.clone());
        let (committer, task) = Committer::start(store, journal, clock, linger, parts.failure.clone());
        let mut workers = JoinSet::new();
        for (kind, channel) in &parts.channels {
            let feed = Arc::new(Feed::new(parts.clone(), *kind, patience, stop.clone()));
            for _ in 0..channel.sessions() {
                workers.spawn(worker(parts.clone(), feed.clone(), committer.clone()));
            }
        }
        drop(committer);
        let keeper = tokio::spawn(tenure::keep(parts.clone()));
        self.finish(workers, stop).await;
        keeper.abort();
        // Every copy of the committer is gone now, so it ends once all outcomes are durable.
        let _ = task.await;
        parts.failure.0.get().map_or(Ok(()), |why| Err(DispatchError::Stopped(why.clone())))
    }

    async fn finish(&self, mut workers: JoinSet<()>, mut stop: watch::Receiver<bool>) {
        let all = async { while workers.join_next().await.is_some() {} };
        tokio::pin!(all);
        let told = async { while !*stop.borrow_and_update() && stop.changed().await.is_ok() {} };
        tokio::select! {
            () = &mut all => return,
            () = told => {}
        }
        let drain = Duration::from_micros(self.parts.settings.drain.unsigned_abs());
        if tokio::time::timeout(drain, &mut all).await.is_err() {
            tracing::warn!("open conversations did not end in time; their messages will be maybe_sent");
        }
    }
}

async fn worker(parts: Arc<Parts>, feed: Arc<Feed>, committer: Committer) {
    while let Some(taken) = feed.next().await {
        let one = One {
            parts: parts.clone(),
            committer: committer.clone(),
            claimed: taken.claimed,
            world: taken.world,
            tenure: taken.tenure,
            gate: Arc::new(AtomicU8::new(0)),
        };
        one.carry().await;
    }
    for claimed in feed.left_over().await {
        let (planned, fence, now) = (&claimed.row.planned, claimed.row.fence, parts.clock.now());
        let (key, account) = (planned.key.clone(), planned.account);
        let detail = "put back at shutdown".to_owned();
        let step = Dispatch::Requeue { key, account, fence, not_before: now, detail, counted: false };
        committer.outcome(step, false).await;
    }
}

/// Reaps, repeats and watches the clock now and then.
async fn keep_house(parts: Arc<Parts>, mut stop: watch::Receiver<bool>) {
    // What a dead daemon had is looked for twice in a lease.
    let pause = parts.settings.housekeeping.min(parts.settings.lease / 2);
    let pause = Duration::from_micros(pause.unsigned_abs());
    let mut clock = clockwatch::Watch::default();
    loop {
        if let Err(error) = house(&parts, &mut clock).await {
            tracing::warn!(%error, "housekeeping of the outbox failed; tried again");
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What has been kept long enough: rendered bytes, and keys of events so old that they would be refused. A day more than
/// that, for senders whose clock is ahead.
async fn tidy(parts: &Parts, now: Instant) -> Result<(), StoreError> {
    parts.store.tidy_outbox(now.plus(-parts.settings.keep_bodies), now).await?;
    parts.store.forget_seen(now.plus(-parts.settings.keep_seen.saturating_add(DAY)), SEEN).await.map(drop)
}

async fn house(parts: &Parts, clock: &mut clockwatch::Watch) -> Result<(), StoreError> {
    let now = parts.clock.now();
    clock.look(parts, now, parts.clock.since_boot()).await?;
    tidy(parts, now).await?;
    parts.store.reap(now).await?;
    if resend::due(parts, now).await? > 0 {
        parts.wake.notify_waiters();
    }
    Ok(())
}
