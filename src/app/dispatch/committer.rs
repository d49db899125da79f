//! The one place where dispatch steps become durable: one group commit, then one journal sync.
//!
//! Steps are taken in the order they were handed in, so the outcome of a session's message is committed
//! before, or together with, the hand-over of its next one: a session never owns two ambiguous rows.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::Failure;
use crate::{
    app::journal::{Journal, Record},
    clock::Clock,
    model::{ids::MessageKey, instant::Instant, message::OutboxState},
    store::api::{DEAD, Dispatch, Store},
};

/// Steps in one commit at most.
const GROUP: usize = 256;

/// What came of asking for a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Durable in the database and in the journal: the body may go.
    Given,
    /// Something changed since the claim; the row waits again.
    Refused,
    /// Nothing is known to be durable: do not send; the row has to be put back.
    Broken,
}

struct Item {
    step: Dispatch,
    /// The body had begun before this outcome.
    after_body: bool,
    /// HMAC of an address that turned out to be dead.
    dead: Option<String>,
    reply: oneshot::Sender<Leave>,
}

/// Hands steps to the committing task, which ends when every copy of this is dropped.
#[derive(Clone)]
pub struct Committer(mpsc::Sender<Item>);

impl Committer {
    /// Starts the task. A failure is said once; from then on every step is refused.
    pub fn start(
        store: Arc<dyn Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
        linger: Duration,
        failure: Failure,
    ) -> (Committer, tokio::task::JoinHandle<()>) {
        let (send, receive) = mpsc::channel(GROUP);
        let task = Task { store, journal, clock, linger, failure };
        (Committer(send), tokio::spawn(task.serve(receive)))
    }

    /// Asks for leave to hand over.
    pub async fn hand_over(&self, step: Dispatch) -> Leave {
        match self.put(step, false, None).await {
            Some(answer) => answer.await.unwrap_or(Leave::Broken),
            None => Leave::Broken,
        }
    }

    /// Hands in an outcome without waiting for its commit.
    pub async fn outcome(&self, step: Dispatch, after_body: bool) {
        drop(self.put(step, after_body, None).await);
    }

    /// The same for a message whose address (HMAC) turned out to be dead: that must survive a restore, too.
    pub async fn dead(&self, step: Dispatch, after_body: bool, address: String) {
        drop(self.put(step, after_body, Some(address)).await);
    }

    async fn put(&self, step: Dispatch, after_body: bool, dead: Option<String>) -> Option<oneshot::Receiver<Leave>> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Item { step, after_body, dead, reply }).await.ok().map(|()| answer)
    }
}

struct Task {
    store: Arc<dyn Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    linger: Duration,
    failure: Failure,
}

impl Task {
    async fn serve(self, mut receive: mpsc::Receiver<Item>) {
        while let Some(first) = receive.recv().await {
            let mut items = vec![first];
            self.gather(&mut receive, &mut items).await;
            self.commit(items).await;
        }
    }

    /// Everything that waits already; outcomes alone, for which nobody waits, give a hand-over a moment
    /// to come along.
    async fn gather(&self, receive: &mut mpsc::Receiver<Item>, items: &mut Vec<Item>) {
        while items.len() < GROUP {
            let next = match receive.try_recv() {
                Ok(item) => Some(item),
                Err(_) if items.iter().any(|i| is_hand_over(&i.step)) => None,
                Err(_) => timeout(self.linger, receive.recv()).await.ok().flatten(),
            };
            match next {
                Some(item) => items.push(item),
                None => return,
            }
        }
    }

    async fn commit(&self, items: Vec<Item>) {
        let now = self.clock.now();
        let steps = items.iter().map(|i| i.step.clone()).collect();
        let done = if self.failure.is_set() { None } else { self.durable(&items, steps, now).await };
        let done = done.unwrap_or_else(|| vec![Leave::Broken; items.len()]);
        for (item, leave) in items.into_iter().zip(done) {
            // An outcome's sender has gone on; nobody reads this answer.
            let _ = item.reply.send(leave);
        }
    }

    async fn durable(&self, items: &[Item], steps: Vec<Dispatch>, now: Instant) -> Option<Vec<Leave>> {
        let effects = match self.store.dispatch(now, steps).await {
            Ok(effects) => effects,
            Err(error) => return self.failure.set(error.to_string()),
        };
        let records: Vec<Record> =
            items.iter().zip(&effects).filter(|(_, took)| **took).flat_map(|(i, _)| records(i, now)).collect();
        let sync = records.iter().any(|r| matches!(r, Record::Handing(..) | Record::Suppressed(..)));
        let journal = self.journal.clone();
        let written = tokio::task::spawn_blocking(move || journal.append(&records, sync)).await;
        match written {
            Ok(Ok(())) => Some(effects.into_iter().map(|t| if t { Leave::Given } else { Leave::Refused }).collect()),
            Ok(Err(error)) => self.failure.set(error.to_string()),
            Err(error) => self.failure.set(error.to_string()),
        }
    }
}

fn is_hand_over(step: &Dispatch) -> bool {
    matches!(step, Dispatch::HandOver { .. })
}

fn records(item: &Item, now: Instant) -> impl Iterator<Item = Record> {
    let dead = item.dead.clone().map(|hash| Record::Suppressed(hash, DEAD.to_owned(), true, now));
    record(item, now).into_iter().chain(dead)
}

fn record(item: &Item, now: Instant) -> Option<Record> {
    let key = |k: &MessageKey| k.clone();
    match &item.step {
        Dispatch::HandOver { key: k, account, .. } => Some(Record::Handing(key(k), *account, now)),
        Dispatch::Sent { key: k, account, .. } => Some(Record::Sent(key(k), *account, now)),
        // Without its `h` record a message needs no `n`; an ambiguous one keeps its `h`.
        Dispatch::End { state: OutboxState::MaybeSent | OutboxState::Frozen, .. } => None,
        Dispatch::Requeue { key: k, account, .. } | Dispatch::End { key: k, account, .. } => {
            item.after_body.then(|| Record::NotAccepted(key(k), *account, now))
        }
    }
}
