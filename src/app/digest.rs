//! Digests come due by their cron; their rows become one fact on the workspace.

use super::shell::Shell;
use crate::{
    engine::DIGEST_DUE,
    insight::digest::{self, DigestData},
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        value::{Props, Value},
    },
    rulebook::types::{Digest, Rulebook},
    store::api::Result,
};

impl Shell {
    /// Posts every digest whose time has come since it was last looked at: once per cron time, also
    /// across restarts. Several missed times become one post.
    pub async fn post_digests(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let mut posted = false;
        for digest in &rulebook.model.digests {
            let cursor = format!("digest:{}", digest.name);
            let last = self.store.cursor(&cursor).await?;
            let Some(since) = last.as_deref().and_then(|t| t.parse().ok()).map(Instant) else {
                self.store.move_cursor(&cursor, last.as_deref(), &now.0.to_string()).await?;
                continue;
            };
            let Some(at) = last_firing(digest, &rulebook, since, now) else { continue };
            let data = self.digest(digest, now).await?;
            // The fact's identity is the cron time: a crash before the cursor moves posts nothing twice.
            self.store.append(vec![fact(digest, &data, at, now)]).await?;
            self.store.move_cursor(&cursor, last.as_deref(), &at.0.to_string()).await?;
            posted = true;
        }
        Ok(posted)
    }

    /// Posts a digest outside its schedule.
    pub async fn post_digest_now(&self, digest: &Digest, now: Instant) -> Result<()> {
        let data = self.digest(digest, now).await?;
        self.store.append(vec![fact(digest, &data, now, now)]).await?;
        Ok(())
    }

    /// When the next digest comes due.
    pub async fn next_digest(&self) -> Result<Option<Instant>> {
        let rulebook = self.rulebook();
        let mut next = None;
        for digest in &rulebook.model.digests {
            let last = self.store.cursor(&format!("digest:{}", digest.name)).await?;
            let since = last.as_deref().and_then(|t| t.parse().ok()).map(Instant);
            let at = since.and_then(|s| digest.cron.next_after(s, &rulebook.model.workspace.zone));
            next = [next, at].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// The digest as it is now.
    pub async fn digest(&self, digest: &Digest, now: Instant) -> Result<DigestData> {
        let all = self.judged_views(Some(&digest.where_), now).await?;
        let customers = all.iter().filter(|(v, _)| v.is_customer()).count();
        let live = all.iter().filter(|(v, holds)| *holds && v.is_customer()).map(|(v, _)| v).collect();
        let mut data = digest::build(&digest.name, live, customers, digest.limit, now);
        let ours = all.iter().map(|(v, _)| v).filter(|v| v.is_customer());
        data.overloaded = digest::overloaded(ours, &self.world().capacity);
        for over in &mut data.overloaded {
            over.0 = self.world().people.get(&over.0).cloned().unwrap_or(over.0.clone());
        }
        Ok(data)
    }
}

/// The latest firing in `(since, now]`.
fn last_firing(digest: &Digest, rulebook: &Rulebook, since: Instant, now: Instant) -> Option<Instant> {
    let zone = &rulebook.model.workspace.zone;
    let mut last = None;
    let mut at = since;
    // A year of hourly digests; beyond that the rest follows in the next turn.
    for _ in 0..9_000 {
        match digest.cron.next_after(at, zone).filter(|next| *next <= now) {
            Some(next) => (at, last) = (next, Some(next)),
            None => break,
        }
    }
    last
}

fn fact(digest: &Digest, data: &DigestData, at: Instant, now: Instant) -> Incoming {
    let mut props = Props::from([
        ("digest".to_owned(), Value::text(&digest.name)),
        ("data".to_owned(), Value::text(serde_json::to_string(data).unwrap_or_default())),
    ]);
    let channels = [("slack", &digest.slack), ("discord", &digest.discord), ("email", &digest.email)];
    for (channel, address) in channels {
        if let Some(address) = address {
            props.insert(channel.to_owned(), Value::text(address));
        }
    }
    Incoming::own(format!("digest:{}:{}", digest.name, at.0), FactBody::event(DIGEST_DUE, props), now)
}
