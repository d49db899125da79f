//! Addresses that are not written to for a while, and temporary failures counted.

use serde::{Deserialize, Serialize};

use crate::{
    app::swap,
    model::{instant::Instant, world::World},
    store::api::{Result, Store},
};

/// More resting addresses than this are not kept: the team has been told long before.
const MOST: usize = 10_000;

/// Lets an address (HMAC) rest until a moment.
pub async fn until(store: &dyn Store, address: &str, until: Instant, now: Instant) -> Result<()> {
    let rest = |world: &mut World| {
        world.rests.retain(|_, end| *end > now);
        if world.rests.len() < MOST {
            world.rests.insert(address.to_owned(), until);
        }
    };
    swap::world(store, rest).await.map(|_| ())
}

/// Temporary failures in a row.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Soft {
    times: u32,
    last: Instant,
}

/// Counts a temporary failure of an address; those before a pause of `forget` count no more.
pub async fn count(store: &dyn Store, address: &str, forget: i64, now: Instant) -> Result<u32> {
    swap::cursor(store, &cursor(address), |text| {
        let old: Soft = text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let times = if now.since(old.last) < forget { old.times + 1 } else { 1 };
        (serde_json::to_string(&Soft { times, last: now }).unwrap_or_default(), times)
    })
    .await
}

/// Starts counting anew.
pub async fn forget(store: &dyn Store, address: &str) -> Result<()> {
    swap::forget(store, &cursor(address)).await
}

fn cursor(address: &str) -> String {
    format!("soft:{address}")
}
