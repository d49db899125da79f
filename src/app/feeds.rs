//! Freshness of the data: when a feed is silent for too long, what depends on it waits.

use super::shell::Shell;
use crate::{
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    store::api::Result,
};

impl Shell {
    /// A feed delivered: `csv`, `api`, `hubspot` …
    pub async fn feed_arrived(&self, feed: &str, now: Instant) -> Result<()> {
        self.change_world(|world| {
            world.feeds.insert(feed.to_owned(), now);
        })
        .await
    }

    /// Compares every declared feed with its `stale_after`; says so once when that changes.
    pub async fn watch_feeds(&self, now: Instant) -> Result<()> {
        let (rulebook, world) = (self.rulebook(), self.world());
        let stale = stale_feeds(&rulebook, &world, now);
        if stale == world.stale {
            return Ok(());
        }
        let fresh: Vec<String> = world.stale.difference(&stale).cloned().collect();
        let newly: Vec<String> = stale.difference(&world.stale).cloned().collect();
        self.change_world(|world| world.stale.clone_from(&stale)).await?;
        for (feed, name) in newly.iter().map(|f| (f, "feed.stale")).chain(fresh.iter().map(|f| (f, "feed.recovered"))) {
            tracing::warn!(feed, "{name}");
            self.store.append(vec![announcement(name, feed, now)]).await?;
        }
        if !fresh.is_empty() {
            self.begin_sweep().await?;
        }
        Ok(())
    }
}

fn announcement(name: &str, feed: &str, now: Instant) -> Incoming {
    Incoming {
        account: None,
        contact: None,
        occurred_at: now,
        received_at: now,
        source: "shirube".to_owned(),
        event_id: format!("{name}:{feed}:{}", now.0),
        body: FactBody::event(name, Props::from([("feed".to_owned(), Value::text(feed))])),
    }
}

/// Feeds that delivered before, but not within their `stale_after`.
pub fn stale_feeds(rulebook: &Rulebook, world: &World, now: Instant) -> std::collections::BTreeSet<String> {
    let model = &rulebook.model;
    let late = |feed: &String, limit: &crate::rulebook::schedule::length::Length| {
        let last = world.feeds.get(feed)?;
        let until = limit.after(*last, &model.workspace.zone, rulebook.calendar(None));
        (now >= until).then(|| feed.clone())
    };
    model.feeds.iter().filter_map(|(feed, limit)| late(feed, limit)).collect()
}
