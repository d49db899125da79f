//! Holding everything: `pause --all`, a restore without a journal, a jump of the clock.

use crate::{
    model::instant::Instant,
    store::api::{Result, Store},
};

/// Every playbook, in the world's pauses.
const ALL: &str = "*";

/// Holds queued messages and pauses everything until somebody resumes. Answers how many are held.
pub async fn everything(store: &dyn Store, why: &str, now: Instant) -> Result<usize> {
    pause(store, Some(why)).await?;
    store.hold_all(true, why, now).await
}

/// The opposite. Answers how many messages are queued again.
pub async fn release(store: &dyn Store, now: Instant) -> Result<usize> {
    pause(store, None).await?;
    store.hold_all(false, "resumed", now).await
}

/// Writes the pause into the world; somebody else's change in between is read again.
async fn pause(store: &dyn Store, why: Option<&str>) -> Result<()> {
    loop {
        let mut world = store.world().await?;
        let version = world.version;
        match why {
            Some(why) => world.pauses.insert(ALL.to_owned(), (None, why.to_owned())),
            None => world.pauses.remove(ALL),
        };
        world.version = version + 1;
        if store.put_world(version, &world).await? {
            return Ok(());
        }
    }
}

/// Whether everything is held at `now`.
pub fn is_on(world: &crate::model::world::World, now: Instant) -> bool {
    world.pauses.get(ALL).is_some_and(|(until, _)| until.is_none_or(|u| now < u))
}
