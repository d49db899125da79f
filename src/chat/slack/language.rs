//! The asker's language, as Slack knows it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use slack_morphism::prelude::SlackApiToken;

use crate::{
    channel::slack::client::Client,
    model::{
        instant::{HOUR, Instant},
        locale::Locale,
    },
};

/// Longest look at a person's settings; after it the workspace's language serves.
const LOOK: Duration = Duration::from_secs(2);
/// What Slack said is good for so long.
const KEEP: i64 = HOUR;
/// People remembered; beyond that everybody is asked for anew.
const MOST: usize = 10_000;

/// Languages already looked up: user → (language, when).
#[derive(Debug, Default)]
pub struct Languages(Mutex<HashMap<String, (Option<Locale>, Instant)>>);

impl Languages {
    /// The language of `user`; none where Slack does not say, or it is neither of ours.
    pub async fn of(&self, client: &Client, token: &SlackApiToken, user: &str, now: Instant) -> Option<Locale> {
        if let Some(known) = self.known(user, now) {
            return known;
        }
        // An app without the scope is told no every time: that is remembered too.
        let found = tokio::time::timeout(LOOK, ask(client, token, user)).await.ok()?;
        let locale = found.as_deref().and_then(Locale::parse);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(user.to_owned(), (locale, now));
        locale
    }

    fn known(&self, user: &str, now: Instant) -> Option<Option<Locale>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(user).filter(|(_, at)| now.since(*at) < KEEP).map(|(locale, _)| *locale)
    }
}

async fn ask(client: &Client, token: &SlackApiToken, user: &str) -> Option<String> {
    let params = vec![("user", Some(user)), ("include_locale", Some("true"))];
    let session = client.open_session(token);
    let answer: Result<Value, _> = session.http_session_api.http_get("users.info", &params, None).await;
    answer.ok()?["user"]["locale"].as_str().map(str::to_owned)
}
