//! Freshness of the data: when a feed is silent for too long, what depends on it waits.

use std::collections::BTreeSet;

use super::{pull, shell::Shell};
use crate::{
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        value::{Props, Value},
        world::{Quiet, World},
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

    /// Compares every declared feed with its `stale_after`, and yesterday's activity with what is usual; says
    /// so once when that changes.
    pub async fn watch_feeds(&self, now: Instant) -> Result<()> {
        let quiet = self.watch_activity(now).await?;
        let (rulebook, world) = (self.rulebook(), self.world());
        let late = stale_feeds(&rulebook, &world, now);
        let stale = if quiet.is_some() { rulebook.model.feeds.keys().cloned().collect() } else { late.clone() };
        if stale == world.stale && quiet == world.quiet {
            return Ok(());
        }
        let mut unsaid = late.clone();
        for feed in late.difference(&world.stale) {
            if pull::is_told(self.store.as_ref(), feed).await? {
                unsaid.remove(feed);
            }
        }
        let news = news(&world, &stale, &unsaid, quiet.as_ref(), now);
        let recovered = world.stale.iter().any(|feed| !stale.contains(feed));
        self.change_world(|world| {
            world.stale.clone_from(&stale);
            world.quiet.clone_from(&quiet);
        })
        .await?;
        for fact in &news {
            tracing::warn!("{}", fact.event_id);
        }
        self.store.append(news).await?;
        if recovered {
            self.begin_sweep().await?;
        }
        Ok(())
    }
}

/// What there is to say: one line for a quiet day, one for each feed that is late (that its pull fails was said then)
/// or back.
fn news(
    world: &World,
    stale: &BTreeSet<String>,
    late: &BTreeSet<String>,
    quiet: Option<&Quiet>,
    now: Instant,
) -> Vec<Incoming> {
    let mut news = Vec::new();
    if let Some(quiet) = quiet.filter(|_| world.quiet.is_none()) {
        let percent = |share: f64| Value::Num((share * 1_000.0).round() / 10.0);
        let props = Props::from([
            ("feed".to_owned(), Value::text("*")),
            ("reason".to_owned(), Value::text("quiet")),
            ("day".to_owned(), Value::Date(quiet.day)),
            ("share".to_owned(), percent(quiet.share)),
            ("usual".to_owned(), percent(quiet.usual)),
        ]);
        news.push(announcement("feed.stale", "*", props, now));
    }
    let feed = |name: &String| Props::from([("feed".to_owned(), Value::text(name))]);
    let newly = stale.difference(&world.stale).filter(|name| late.contains(*name));
    let late = |name: &String| {
        let mut props = feed(name);
        props.insert("reason".to_owned(), Value::text("late"));
        announcement("feed.stale", name, props, now)
    };
    news.extend(newly.map(late));
    news.extend(world.stale.difference(stale).map(|name| announcement("feed.recovered", name, feed(name), now)));
    news
}

fn announcement(name: &str, about: &str, props: Props, now: Instant) -> Incoming {
    Incoming::own(format!("{name}:{about}:{}", now.0), FactBody::event(name, props), now)
}

/// Feeds that delivered before, but not within their `stale_after`.
pub fn stale_feeds(rulebook: &Rulebook, world: &World, now: Instant) -> BTreeSet<String> {
    let model = &rulebook.model;
    let late = |feed: &String, limit: &crate::rulebook::schedule::length::Length| {
        let last = world.feeds.get(feed)?;
        let until = limit.after(*last, &model.workspace.zone, rulebook.calendar(None));
        (now >= until).then(|| feed.clone())
    };
    model.feeds.iter().filter_map(|(feed, limit)| late(feed, limit)).collect()
}
