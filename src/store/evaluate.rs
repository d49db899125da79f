//! One round of decisions: due accounts taken, decided, committed.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use super::{
    SqlStore,
    api::{Decide, Evaluated, Result},
    commit::{self, Committed, Decided},
    db::{Tx, args},
    load::{self, Loaded},
    recent::Recent,
    writer::Lane,
};
use crate::model::{decision::Outcome, instant::Instant};

/// Accounts in one transaction at most.
const CHUNK: usize = 256;
/// Facts in one transaction at most, but for an account that has more by itself: memory follows them, not the accounts.
const FACTS: i64 = 16_384;
/// Rounds of `Need` before a decision counts as failed.
const ROUNDS: usize = 8;

/// Accounts that were taken, whether more may be due, and what became of them.
type Round = (usize, bool, Evaluated);

impl SqlStore {
    /// Takes up to `limit` due accounts in chunks.
    pub(super) async fn evaluate_due(&self, now: Instant, limit: usize, decide: &Decide<'_>) -> Result<Evaluated> {
        let (mut total, mut left) = (Evaluated::default(), limit);
        while left > 0 {
            let want = left.min(CHUNK);
            let (taken, more, part) = match &self.writer {
                Some(_) => self.round_beside(now, want, decide).await?,
                None => self.round_inside(now, want, decide).await?,
            };
            add(&mut total, part);
            left -= taken.min(left);
            if !more {
                break;
            }
        }
        Ok(total)
    }

    /// SQLite: read and decide beside the writer, then commit what did not change meanwhile.
    async fn round_beside(&self, now: Instant, want: usize, decide: &Decide<'_>) -> Result<Round> {
        let due = "SELECT account_id FROM hot WHERE due <= $1 ORDER BY due, account_id LIMIT 1";
        if self.glance().await?.first(due, args![now.0]).await?.is_none() {
            return Ok((0, false, Evaluated::default()));
        }
        let mut tx = self.reading().await?;
        let (batch, more) = decided(&mut tx, &self.recent, now, want, decide).await?;
        drop(tx);
        let taken = batch.len();
        if taken == 0 {
            return Ok((0, false, Evaluated::default()));
        }
        let (batch, hash) = (Arc::new(batch), self.hasher());
        let written = batch.clone();
        let committed = self
            .write(Lane::Evaluate, move |tx| {
                let (batch, hash) = (batch.clone(), hash.clone());
                Box::pin(async move { commit::commit(tx, &batch, now, &*hash).await })
            })
            .await?;
        self.keep(&written, &committed);
        Ok((taken, more || committed.handed, committed.done))
    }

    /// PostgreSQL: the accounts stay locked from the read to the commit; other daemons take others.
    async fn round_inside(&self, now: Instant, want: usize, decide: &Decide<'_>) -> Result<Round> {
        let mut tx = self.write.begin(true).await?;
        let (batch, more) = decided(&mut tx, &self.recent, now, want, decide).await?;
        let committed = commit::commit(&mut tx, &batch, now, &*self.hasher()).await?;
        tx.commit().await?;
        self.keep(&batch, &committed);
        Ok((batch.len(), more || committed.handed, committed.done))
    }

    /// Keeps the states that are durable now.
    fn keep(&self, batch: &[Decided], committed: &Committed) {
        for one in batch {
            let account = one.loaded.snapshot.account.0;
            if let (Some(decision), Some(size)) = (&one.decision, committed.sizes.get(&account)) {
                self.recent.put(account, one.loaded.decided + 1, decision.state.clone(), *size);
            }
        }
    }
}

fn add(total: &mut Evaluated, part: Evaluated) {
    total.accounts += part.accounts;
    total.changed += part.changed;
    total.messages += part.messages;
    total.turns += part.turns;
    total.planned.extend(part.planned);
    total.failed.extend(part.failed);
}

/// Accounts decided, and whether more may be due.
async fn decided(
    tx: &mut Tx,
    recent: &Recent,
    now: Instant,
    want: usize,
    decide: &Decide<'_>,
) -> Result<(Vec<Decided>, bool)> {
    let text = "SELECT r.account_id FROM hot r WHERE r.due <= $1 \
                AND NOT EXISTS (SELECT 1 FROM account_alias l WHERE l.account_id = r.account_id AND l.pending = 1) \
                ORDER BY r.due, r.account_id LIMIT $2 {skip_locked}";
    let due = tx.rows(text, args![now.0, want as i64]).await?;
    let mut ids = due.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    let bounded = bound(tx, &mut ids, now).await?;
    let more = bounded || ids.len() == want;
    let loaded = load::load(tx, recent, &ids, Some(now)).await?;
    let outcomes = aside(|| loaded.iter().map(|one| ask(decide, one)).collect::<Vec<_>>());
    let mut batch = Vec::with_capacity(loaded.len());
    for (loaded, outcome) in loaded.into_iter().zip(outcomes) {
        batch.push(settle(tx, loaded, outcome, decide).await?);
    }
    Ok((batch, more))
}

/// Leaves as many of the accounts as have no more facts together than one transaction holds, but one at least; whether
/// it left any out.
async fn bound(tx: &mut Tx, ids: &mut Vec<i64>, now: Instant) -> Result<bool> {
    let text =
        "SELECT account_id, count(*) FROM inbox WHERE received_at <= $1 AND account_id IN {in} GROUP BY account_id";
    let counts = tx.among(text, args![now.0], ids.iter().map(|id| (*id).into()).collect()).await?;
    let counts = counts.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect::<Result<HashMap<i64, i64>>>()?;
    let mut room = FACTS;
    let fits = ids.iter().take_while(|id| {
        room -= counts.get(id).copied().unwrap_or(0).min(load::FACTS);
        room >= 0
    });
    let (fits, all) = (fits.count().max(1), ids.len());
    ids.truncate(fits);
    Ok(ids.len() < all)
}

/// Answers needs until the decision is made; one that never is, or panics, counts as failed.
async fn settle(tx: &mut Tx, mut loaded: Loaded, first: Option<Outcome>, decide: &Decide<'_>) -> Result<Decided> {
    let mut outcome = first;
    for _ in 0..ROUNDS {
        match outcome {
            Some(Outcome::Done(decision)) => return Ok(Decided { loaded, decision: Some(decision) }),
            Some(Outcome::Need(needs)) => load::answer(tx, &mut loaded, needs).await?,
            None => break,
        }
        outcome = ask(decide, &loaded);
    }
    Ok(Decided { loaded, decision: None })
}

fn ask(decide: &Decide<'_>, loaded: &Loaded) -> Option<Outcome> {
    std::panic::catch_unwind(AssertUnwindSafe(|| decide(&loaded.snapshot))).ok()
}

/// Runs something that computes for milliseconds without holding up the other tasks of this thread.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
