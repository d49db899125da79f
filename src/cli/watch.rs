//! What `/metrics` and `/readyz` say of a running daemon. No word of it names a customer.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::assemble::Running;
use crate::{
    app::{
        copies,
        dispatch::{Outlook, hold},
        pull,
    },
    http::{health::Ready, metrics::Metrics},
    model::{
        instant::{Instant, MINUTE, SECOND},
        message::ChannelKind,
        world::World,
    },
    store::api::{Evaluated, Result, Store, Watched},
};

/// A ring that has not turned for so long is stuck.
const STUCK: i64 = 5 * MINUTE;

/// Stages of a message on its way, by number.
const STAGES: [(i64, &str); 4] = [(0, "waiting"), (1, "in_hand"), (2, "held"), (3, "resend")];

/// A daemon that is watched.
pub struct Watch {
    running: Arc<Running>,
    outlook: Outlook,
    /// None where this daemon does not decide.
    ring: Option<Mutex<Ring>>,
    /// The numbers.
    pub metrics: Arc<Metrics>,
}

/// How the ring turns.
struct Ring {
    /// When it turned to its end last (or began).
    good: Instant,
    /// Why the last turn failed.
    failing: Option<String>,
}

impl Watch {
    /// Watches a daemon from now on.
    pub fn new(running: Arc<Running>, outlook: Outlook, decides: bool) -> Watch {
        let good = running.shell.clock.now();
        let ring = decides.then(|| Mutex::new(Ring { good, failing: None }));
        Watch { running, outlook, ring, metrics: Arc::default() }
    }

    /// A turn has ended, having begun at `began`.
    pub fn turned(&self, began: Instant, done: &Result<Evaluated>) {
        let now = self.running.shell.clock.now();
        self.metrics.set("shirube_turn_seconds", &[], seconds(now.since(began)));
        let Some(ring) = &self.ring else { return };
        let mut ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
        match done {
            Ok(done) => {
                *ring = Ring { good: now, failing: None };
                let failed = done.failed.len() as u64;
                self.metrics.add("shirube_decisions_total", &[], done.accounts as u64);
                self.metrics.add("shirube_decisions_failed_total", &[], failed);
                self.metrics.add("shirube_planned_total", &[], done.messages as u64);
            }
            Err(error) => ring.failing = Some(error.to_string()),
        }
    }

    /// Whether the files on disk are right.
    pub fn rulebook(&self, broken: bool) {
        self.metrics.set("shirube_rulebook_broken", &[], f64::from(u8::from(broken)));
    }

    /// Why the ring does not turn.
    fn stuck(&self, now: Instant) -> Option<String> {
        let ring = self.ring.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &ring.failing {
            return Some(format!("the last turn failed: {why}"));
        }
        let age = now.since(ring.good);
        (age > STUCK).then(|| format!("the ring has not turned for {} minutes", age / MINUTE))
    }

    fn of_sending(&self) {
        let (metrics, stats) = (&self.metrics, self.outlook.stats());
        let results = [
            ("sent", stats.sent),
            ("skipped", stats.skipped),
            ("failed", stats.failed),
            ("maybe_sent", stats.maybe_sent),
            ("held", stats.held),
            ("retried", stats.retried),
            ("refused", stats.refused),
            ("frozen", stats.frozen),
        ];
        for (result, count) in results {
            metrics.total("shirube_messages_total", &[("result", result)], count);
        }
        metrics.set("shirube_sending_stopped", &[], f64::from(u8::from(self.outlook.stopped().is_some())));
        let alarms = self.outlook.alarms();
        // Only the channel: what follows can be a name.
        let of = |kind: ChannelKind| alarms.iter().filter(|a| a.name.split('/').next() == Some(kind.word())).count();
        let rows = ChannelKind::ALL.map(|kind| (kind.word().to_owned(), of(kind) as f64));
        metrics.family("shirube_breakers_open", "channel", rows);
    }

    fn of_store(&self, watched: &Watched, now: Instant) {
        let metrics = &self.metrics;
        for kind in ChannelKind::ALL {
            for (stage, word) in STAGES {
                let rows = watched.waiting.iter().filter(|w| w.channel == kind.word() && w.stage == stage);
                let count: u64 = rows.map(|w| w.messages).sum();
                metrics.set("shirube_messages_waiting", &[("channel", kind.word()), ("stage", word)], count as f64);
            }
            let oldest = watched.waiting.iter().filter(|w| w.channel == kind.word() && w.stage == 0).map(|w| w.oldest);
            metrics.set("shirube_waiting_age_seconds", &[("channel", kind.word())], age(oldest.min(), now));
        }
        metrics.set("shirube_in_hand_age_seconds", &[], age(watched.in_hand_since, now));
        metrics.set("shirube_messages_unknown", &[], watched.unknown as f64);
        metrics.set("shirube_messages_frozen", &[], watched.frozen as f64);
        metrics.set("shirube_due_accounts", &[], watched.due as f64);
        metrics.set("shirube_due_age_seconds", &[], age(watched.due_since, now));
        metrics.set("shirube_inbox_facts", &[], watched.inbox as f64);
        metrics.set("shirube_store_bytes", &[], watched.bytes as f64);
    }

    fn of_world(&self, world: &World, now: Instant) {
        let live = world.pauses.values().filter(|(until, _)| until.is_none_or(|until| now < until)).count();
        self.metrics.set("shirube_pauses", &[], live as f64);
        self.metrics.set("shirube_held", &[], f64::from(u8::from(hold::is_on(world, now))));
    }

    async fn of_sources(&self, store: &dyn Store, now: Instant) -> Result<()> {
        let (mut ages, mut fails) = (Vec::new(), Vec::new());
        for name in self.running.project.config.sources.keys() {
            let standing = pull::standing(store, name).await?;
            ages.extend(standing.good.map(|good| (name.clone(), seconds(now.since(good)))));
            if standing.good.is_some() || standing.fails > 0 {
                fails.push((name.clone(), f64::from(standing.fails)));
            }
        }
        self.metrics.family("shirube_pull_age_seconds", "source", ages);
        self.metrics.family("shirube_pull_failures", "source", fails);
        let newest = copies::list(store).await?.into_iter().map(|copy| copy.at).max();
        if let Some(at) = newest {
            self.metrics.set("shirube_backup_age_seconds", &[], seconds(now.since(at)));
        }
        Ok(())
    }

    async fn of_everything(&self, now: Instant) -> Result<()> {
        let store = self.running.shell.store.as_ref();
        self.of_store(&store.watched(now).await?, now);
        self.of_world(&store.world().await?, now);
        self.of_sources(store, now).await
    }
}

#[async_trait]
impl Ready for Watch {
    async fn hindrances(&self) -> Vec<String> {
        let answers = self.running.shell.store.ping().await;
        let store = answers.err().map(|e| format!("the store does not answer: {e}"));
        let stopped = self.outlook.stopped().map(|why| format!("sending has stopped until a restart: {why}"));
        let stuck = self.stuck(self.running.shell.clock.now());
        [store, stopped, stuck].into_iter().flatten().collect()
    }

    async fn measure(&self, metrics: &Metrics) {
        let now = self.running.shell.clock.now();
        metrics.set("shirube_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        metrics.set("shirube_ready", &[], f64::from(u8::from(self.hindrances().await.is_empty())));
        metrics.set("shirube_rulebook_number", &[], self.running.shell.rulebook().number as f64);
        if let Some(ring) = &self.ring {
            let good = ring.lock().unwrap_or_else(PoisonError::into_inner).good;
            metrics.set("shirube_turn_age_seconds", &[], seconds(now.since(good)));
        }
        self.of_sending();
        if let Err(error) = self.of_everything(now).await {
            tracing::warn!(%error, "some numbers of /metrics could not be read");
        }
    }
}

/// 0 where nothing waits, or its time has not come.
fn age(since: Option<Instant>, now: Instant) -> f64 {
    since.map_or(0.0, |since| seconds(now.since(since))).max(0.0)
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / SECOND as f64
}
