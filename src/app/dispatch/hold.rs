//! Holding everything: `pause --all`, a restore without a journal, a jump of the clock.

use super::alarm;
use crate::{
    app::swap,
    model::{
        instant::{HOUR, Instant},
        world::World,
    },
    store::api::{Result, Store},
};

/// Every playbook, in the world's pauses.
const ALL: &str = "*";

/// Holds queued messages and pauses everything until somebody resumes. Answers how many are held.
pub async fn everything(store: &dyn Store, why: &str, now: Instant) -> Result<usize> {
    swap::world(store, |world| drop(world.pauses.insert(ALL.to_owned(), (None, why.to_owned())))).await?;
    store.hold_all(true, why, now).await
}

/// The opposite. Answers how many messages are queued again.
pub async fn release(store: &dyn Store, now: Instant) -> Result<usize> {
    swap::world(store, |world| drop(world.pauses.remove(ALL))).await?;
    store.hold_all(false, "resumed", now).await
}

/// The name under which the marketing of a sender is paused in the world; the default sender's is `sender:default`.
pub fn of_sender(sender: &str) -> String {
    format!("sender:{}", if sender.is_empty() { DEFAULT } else { sender })
}

/// How the sender without a name is called.
pub const DEFAULT: &str = "default";

/// The name under which the mails of a playbook wait in the world. Its own name would keep runs from starting.
pub fn of_playbook(playbook: &str) -> String {
    format!("{PLAYBOOK}{playbook}")
}

const PLAYBOOK: &str = "playbook:";

/// Until when what waits under a name waits, if it does: an hour, then somebody may have resumed it.
pub fn waits(world: &World, name: &str, now: Instant) -> Option<Instant> {
    let (until, _) = world.pauses.get(name)?;
    Some(until.unwrap_or(now.plus(HOUR))).filter(|until| *until > now)
}

/// The senders whose marketing is paused, the playbooks whose mails are, and why.
pub fn paused(world: &World, now: Instant) -> impl Iterator<Item = (&str, &str)> {
    let live = move |entry: &(Option<Instant>, String)| entry.0.is_none_or(|until| now < until);
    let paused = world
        .pauses
        .iter()
        .filter(move |(name, entry)| (name.starts_with("sender:") || name.starts_with(PLAYBOOK)) && live(entry));
    paused.map(|(name, (_, why))| (name.as_str(), why.as_str()))
}

/// Pauses one name until somebody resumes it, and tells the team that `what` has stopped; `false` = it was paused
/// already. The team is told first: what stops without a word is worse than a word said twice after a crash.
pub async fn one(store: &dyn Store, name: &str, what: &str, why: &str, now: Instant) -> Result<bool> {
    if waits(&store.world().await?, name, now).is_some() {
        return Ok(false);
    }
    store.append(vec![alarm::fact(what, why, &format!("{name}:{}", now.0), now)]).await?;
    swap::world(store, |world| {
        // A pause that is over stands there still.
        if waits(world, name, now).is_none() {
            world.pauses.insert(name.to_owned(), (None, why.to_owned()));
        }
    })
    .await
}

/// Whether everything is held at `now`.
pub fn is_on(world: &World, now: Instant) -> bool {
    world.pauses.get(ALL).is_some_and(|(until, _)| until.is_none_or(|u| now < u))
}
