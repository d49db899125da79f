//! What came back within the last 30 days, counted under a name.

use crate::{
    app::swap,
    model::instant::{DAY, Instant},
    store::api::{Result, Store},
};

/// How long one counts.
pub const RECENT: i64 = 30 * DAY;
/// More than this need not be remembered.
const MOST: usize = 1_000;

/// Adds one, and answers how many there are.
pub async fn one_more(store: &dyn Store, name: &str, now: Instant) -> Result<u64> {
    swap::cursor(store, name, |text| {
        let mut all: Vec<Instant> = text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        all.retain(|at| now.since(*at) < RECENT);
        all.push(now);
        let kept = &all[all.len().saturating_sub(MOST)..];
        (serde_json::to_string(kept).unwrap_or_default(), kept.len() as u64)
    })
    .await
}
