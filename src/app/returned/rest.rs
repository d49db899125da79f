//! Addresses that are not written to for a while, and temporary failures counted.

use serde::{Deserialize, Serialize};

use crate::{
    model::instant::Instant,
    store::api::{Result, Store},
};

/// More resting addresses than this are not kept: the team has been told long before.
const MOST: usize = 10_000;

/// Lets an address (HMAC) rest until a moment.
pub async fn until(store: &dyn Store, address: &str, until: Instant, now: Instant) -> Result<()> {
    loop {
        let old = store.world().await?;
        let mut new = old.clone();
        new.rests.retain(|_, end| *end > now);
        if new.rests.len() < MOST {
            new.rests.insert(address.to_owned(), until);
        }
        if store.put_world(old.version, &new).await? {
            return Ok(());
        }
    }
}

/// Temporary failures in a row.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Soft {
    times: u32,
    last: Instant,
}

/// Counts a temporary failure of an address; those before a pause of `forget` count no more.
pub async fn count(store: &dyn Store, address: &str, forget: i64, now: Instant) -> Result<u32> {
    loop {
        let text = store.cursor(&cursor(address)).await?;
        let old: Soft = text.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let times = if now.since(old.last) < forget { old.times + 1 } else { 1 };
        let new = serde_json::to_string(&Soft { times, last: now }).unwrap_or_default();
        if text.as_ref() == Some(&new) || store.move_cursor(&cursor(address), text.as_deref(), &new).await? {
            return Ok(times);
        }
    }
}

/// Starts counting anew.
pub async fn forget(store: &dyn Store, address: &str) -> Result<()> {
    if let Some(text) = store.cursor(&cursor(address)).await? {
        store.move_cursor(&cursor(address), Some(&text), "").await?;
    }
    Ok(())
}

fn cursor(address: &str) -> String {
    format!("soft:{address}")
}
