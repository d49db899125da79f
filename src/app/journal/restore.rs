//! At start: is the database older than the journal? Then it was restored from a backup, and what
//! the journal knows is put back before anything is sent.

use std::collections::BTreeMap;

use super::{Found, Journal, JournalError, Record};
use crate::{
    app::{
        dispatch::{hold, one::DEAD_ADDRESS},
        swap,
    },
    model::{
        ids::{AccountId, MessageKey},
        instant::Instant,
        message::OutboxState,
    },
    store::api::{DEAD, FAILING, Store, StoreError},
};

/// What the comparison gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Database and journal agree (or both are new).
    Agrees,
    /// The database was older: rows put back as (sent, maybe sent), suppressions replayed.
    Replayed {
        /// Rows known from the journal, put back as final ones.
        rows: usize,
        /// Suppressions said again.
        suppressions: usize,
    },
    /// Mails were sent before, but there is no journal: everything is held. What was sent after the
    /// newest outcome in the database is not known.
    Held {
        /// The newest outcome the database knows.
        known_until: Instant,
    },
}

/// Why the start failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The cursor that says that this database was put in place of another one.
const RESTORED: &str = "restored";

/// Notes in a database that it stands in the place of a younger one from now on: the next start replays the journal,
/// whatever its last words are.
pub async fn mark(store: &dyn Store) -> Result<(), StoreError> {
    swap::cursor(store, RESTORED, |_| ("1".to_owned(), ())).await
}

/// Compares, puts back or holds, and writes this start's epoch.
pub async fn at_start(
    store: &dyn Store,
    journal: &Journal,
    found: &Found,
    now: Instant,
) -> Result<Start, RestoreError> {
    let marked = store.cursor(RESTORED).await?.is_some_and(|mark| !mark.is_empty());
    let start = if found.records == 0 && store.others().await? {
        // A new daemon beside one that knows what was sent.
        Start::Agrees
    } else if found.records == 0 {
        without_journal(store, now).await?
    } else if marked || is_older(store, found).await? {
        replay(store, journal, now).await?
    } else {
        Start::Agrees
    };
    journal.append(&[Record::Epoch(store.epoch(), now)], true)?;
    if !matches!(start, Start::Held { .. }) {
        store.join().await?;
    }
    if marked {
        swap::forget(store, RESTORED).await?;
    }
    Ok(start)
}

/// The database commits before the journal is written, so a database that does not know the journal's last
/// words is an older copy.
async fn is_older(store: &dyn Store, found: &Found) -> Result<bool, StoreError> {
    if found.epoch.is_some_and(|epoch| epoch >= store.epoch()) {
        return Ok(true);
    }
    if let Some((hash, topic, on)) = &found.suppressed
        && store.suppression(hash, topic).await?.is_some() != *on
    {
        return Ok(true);
    }
    let sent = match &found.sent {
        Some(key) => store.outbox_row(key).await?.is_some_and(|(row, _)| row.state == OutboxState::Sent),
        None => true,
    };
    let handed = match &found.last {
        Some((key, at)) => knows(store, key, *at).await?,
        None => true,
    };
    Ok(!sent || !handed)
}

/// Whether the store logged this very hand-over. The time of the row alone does not tell: a claim of the
/// same moment has it too.
async fn knows(store: &dyn Store, key: &MessageKey, at: Instant) -> Result<bool, StoreError> {
    let handing = |phase: &str| phase == OutboxState::HandingOver.word();
    let row = store.outbox_row(key).await?;
    Ok(row.is_some_and(|(_, log)| log.iter().any(|(_, phase, _, when)| handing(phase) && *when >= at)))
}

async fn without_journal(store: &dyn Store, now: Instant) -> Result<Start, StoreError> {
    let mut known_until = None;
    for state in [OutboxState::Sent, OutboxState::MaybeSent, OutboxState::HandingOver, OutboxState::Failed] {
        let newest = store.outbox(Some(state), None, 1).await?;
        known_until = known_until.max(newest.first().map(|row| row.at));
    }
    let Some(known_until) = known_until else { return Ok(Start::Agrees) };
    let why = format!("no sent.journal: what was sent after {known_until} is not known; check, then resume --all");
    hold::everything(store, &why, now).await?;
    Ok(Start::Held { known_until })
}

async fn replay(store: &dyn Store, journal: &Journal, now: Instant) -> Result<Start, RestoreError> {
    let mut last: BTreeMap<MessageKey, Option<(AccountId, OutboxState)>> = BTreeMap::new();
    let mut said: BTreeMap<(String, String), (bool, Instant)> = BTreeMap::new();
    let mut erased: BTreeMap<String, Instant> = BTreeMap::new();
    journal.read(&mut |record| match record {
        Record::Handing(key, account, _) => drop(last.insert(key, Some((account, OutboxState::MaybeSent)))),
        Record::Sent(key, account, _) => drop(last.insert(key, Some((account, OutboxState::Sent)))),
        Record::NotAccepted(key, _, _) => drop(last.insert(key, None)),
        Record::Suppressed(hash, topic, on, at) => drop(said.insert((hash, topic), (on, at))),
        Record::Erased(who, at) => drop(erased.insert(who, at)),
        Record::Epoch(..) => {}
    })?;
    let known = last.into_iter().filter_map(|(key, end)| end.map(|(account, state)| (key, account, state)));
    let rows = known.map(|(k, a, s)| (k, a, s, "known from sent.journal after a restore".to_owned())).collect();
    let rows = store.restore_rows(rows).await?;
    let suppressions = said.len();
    for ((hash, topic), (on, at)) in said {
        let reason = match topic.as_str() {
            DEAD => DEAD_ADDRESS,
            FAILING => "soft_bounces",
            _ => "unsubscribed",
        };
        store.suppress(&hash, &topic, reason, on, at).await?;
    }
    for whom in store.erased_before(&erased).await? {
        store.erase(&whom, "journal", false, now).await?;
    }
    Ok(Start::Replayed { rows, suppressions })
}
