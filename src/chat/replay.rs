//! The same request twice is answered once.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    model::{
        ids::stable_hash,
        instant::{Instant, MINUTE},
    },
    store::api::Store,
};

/// How long a request is remembered: twice the time a signature is good for.
pub const KEEP: i64 = 10 * MINUTE;

/// Remembers requests, for all daemons together.
#[async_trait]
pub trait Replays: Send + Sync {
    /// Whether `key` comes for the first time until `until`. An error means that nobody knows: refuse.
    async fn first(&self, key: &str, until: Instant, now: Instant) -> Result<bool, String>;
}

/// Remembers in the store.
pub struct StoreReplays(pub Arc<dyn Store>);

#[async_trait]
impl Replays for StoreReplays {
    async fn first(&self, key: &str, until: Instant, now: Instant) -> Result<bool, String> {
        self.0.remember(key, until, now).await.map_err(|e| e.to_string())
    }
}

/// What is remembered of a request: a hash, so that nothing secret is stored.
pub fn key(platform: &str, token: &str) -> String {
    stable_hash(&["replay", platform, token])
}
