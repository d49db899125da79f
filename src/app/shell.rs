//! The shell: holds the live rulebook and world, and turns the ring.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{links, roll::Roll, swap};
use crate::{
    clock::Clock,
    engine,
    insight::costs::Costs,
    knowledge::Library,
    model::{ids::AccountId, instant::Instant, snapshot::Snapshot, world::World},
    rulebook::types::Rulebook,
    store::{
        api::{Evaluated, Result, Store},
        sight::Sight,
    },
};

/// Accounts taken in one transaction.
const BATCH: usize = 256;

/// What every part of the daemon shares.
pub struct Shell {
    /// Where everything is kept; in the shell of one person, what they see of it.
    pub store: Arc<dyn Store>,
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    live: Arc<Live>,
    /// Whom a person sees who may not see every customer, and the store that holds the others too.
    pub(super) seen: Option<(BTreeSet<AccountId>, Arc<dyn Store>)>,
}

/// What is live, the same for whoever looks.
struct Live {
    rulebook: RwLock<Arc<Rulebook>>,
    world: RwLock<Arc<World>>,
    knowledge: RwLock<Arc<Library>>,
    /// When it was last looked for tracked events that can be placed.
    parked_seen: AtomicI64,
    /// What customers and the team cost, as the configuration says.
    costs: RwLock<Costs>,
    /// How every account was read last.
    roll: tokio::sync::Mutex<Roll>,
}

impl Shell {
    /// A shell around a store, with the rulebook that is live (see `reload`).
    pub async fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, rulebook: Rulebook) -> Result<Shell> {
        let world = store.world().await?;
        let (rulebook, world) = (RwLock::new(Arc::new(rulebook)), RwLock::new(Arc::new(world)));
        let parked_seen = AtomicI64::new(Instant::MIN.0);
        let (knowledge, costs, roll) = (RwLock::default(), RwLock::default(), tokio::sync::Mutex::default());
        let live = Arc::new(Live { rulebook, world, knowledge, parked_seen, costs, roll });
        Ok(Shell { store, clock, live, seen: None })
    }

    /// The same house for somebody who sees these customers alone: for whatever is asked of this shell there are no others.
    pub(super) fn with(&self, ids: BTreeSet<AccountId>) -> Shell {
        let whole = Arc::clone(self.whole());
        let store: Arc<dyn Store> = Arc::new(Sight::new(Arc::clone(&whole), ids.clone()));
        Shell { store, clock: Arc::clone(&self.clock), live: Arc::clone(&self.live), seen: Some((ids, whole)) }
    }

    /// The store with every customer: for what is shared by everybody, and shown to nobody as it is.
    pub(super) fn whole(&self) -> &Arc<dyn Store> {
        self.seen.as_ref().map_or(&self.store, |(_, whole)| whole)
    }

    /// Whether it is the shell of somebody who does not see every customer.
    pub fn is_partial(&self) -> bool {
        self.seen.is_some()
    }

    /// How every account was read last.
    pub(super) fn roll(&self) -> &tokio::sync::Mutex<Roll> {
        &self.live.roll
    }

    /// Whether waiting events were not looked at for so long; then they are now.
    pub(super) fn looks_at_parked(&self, now: Instant, every: i64) -> bool {
        let due = now.since(Instant(self.live.parked_seen.load(Ordering::Relaxed))) >= every;
        if due {
            self.live.parked_seen.store(now.0, Ordering::Relaxed);
        }
        due
    }

    /// The live rulebook.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        Arc::clone(&self.live.rulebook.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another rulebook live.
    pub fn set_rulebook(&self, rulebook: Rulebook) {
        *self.live.rulebook.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rulebook);
    }

    /// What customers and the team cost; nothing known until `set_costs`.
    pub fn costs(&self) -> Costs {
        *self.live.costs.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts with these costs from now on.
    pub fn set_costs(&self, costs: Costs) {
        *self.live.costs.write().unwrap_or_else(PoisonError::into_inner) = costs;
    }

    /// The answers in `knowledge/` as last read.
    pub fn knowledge(&self) -> Arc<Library> {
        Arc::clone(&self.live.knowledge.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers from other articles from now on.
    pub fn set_knowledge(&self, library: Library) {
        *self.live.knowledge.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(library);
    }

    /// The world as last read.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.live.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the world again (other daemons and commands change it too).
    pub async fn refresh_world(&self) -> Result<Arc<World>> {
        let world = Arc::new(self.store.world().await?);
        *self.live.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&world);
        Ok(world)
    }

    /// Changes the world, whoever else changes it too.
    pub async fn change_world(&self, change: impl Fn(&mut World) + Send + Sync) -> Result<()> {
        if swap::world(self.store.as_ref(), change).await? {
            self.refresh_world().await?;
        }
        Ok(())
    }

    /// Decides every account that is due at `now`.
    pub async fn evaluate(&self, now: Instant) -> Result<Evaluated> {
        let mut all = Evaluated::default();
        let (world, rulebook) = (self.world(), self.rulebook());
        loop {
            let decide = |snapshot: &Snapshot| engine::decide(snapshot, &world, &rulebook, now);
            let done = self.store.evaluate(now, BATCH, &decide).await?;
            let finished = done.accounts == 0;
            add(&mut all, done);
            if finished {
                return Ok(all);
            }
        }
    }

    /// One turn of the ring without dispatch: sweep, feeds, contracts, daily pass, digests, due accounts.
    pub async fn turn(&self, now: Instant) -> Result<Evaluated> {
        self.refresh_world().await?;
        self.finish_imports().await?;
        self.place_parked(now).await?;
        links::judge_visits(self.store.as_ref(), now).await?;
        self.sweep(now).await?;
        self.watch_feeds(now).await?;
        let mut all = self.evaluate(now).await?;
        while self.announce(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        if self.note_contracts(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        if self.daily_pass(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        if self.note_kpis(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        self.watch_guardrails(now).await?;
        if self.post_digests(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        if self.tell_late(now).await? {
            add(&mut all, self.evaluate(now).await?);
        }
        for account in &all.failed {
            tracing::error!(account = account.0, "deciding this account failed; it is tried again later");
        }
        Ok(all)
    }
}

fn add(all: &mut Evaluated, one: Evaluated) {
    all.accounts += one.accounts;
    all.changed += one.changed;
    all.messages += one.messages;
    all.turns += one.turns;
    all.planned.extend(one.planned);
    all.failed.extend(one.failed);
}
