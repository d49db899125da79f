//! Slack's Web API: one message is one `chat.postMessage`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use slack_morphism::prelude::SlackApiToken;

use super::{
    Body, Channel, Gate,
    pace::{self, Pace},
};
use crate::model::{
    instant::Instant,
    message::{Audience, Planned, Receipt, SendError},
};

pub mod blocks;
pub mod body;
pub mod client;
pub mod errors;
mod history;
pub mod rooms;

pub use body::slack_body;
use client::Client;
use rooms::{Readers, Rooms};

/// Slack takes about one message a second and channel.
const GAP: Duration = Duration::from_secs(1);
/// After this long without an answer nobody knows whether the message is there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rest after a 429 that names no time.
const REST: Duration = Duration::from_secs(30);

/// Posts to Slack.
pub struct SlackChannel {
    client: Arc<Client>,
    token: SlackApiToken,
    rooms: Rooms,
    pace: Pace,
    customers: BTreeSet<String>,
}

impl SlackChannel {
    /// A channel that posts as the app of `bot_token` to `api_url`. The error says what to mend.
    pub fn new(api_url: &str, bot_token: &SecretString) -> Result<SlackChannel, String> {
        if bot_token.expose_secret().is_empty() {
            return Err("slack.bot_token is empty; set it to the app's bot token (xoxb-…)".to_owned());
        }
        let client = Arc::new(client::client(api_url)?);
        let token = client::token(bot_token.expose_secret());
        Ok(SlackChannel { client, token, rooms: Rooms::default(), pace: Pace::default(), customers: BTreeSet::new() })
    }

    /// With the people who may be written to by name: key → Slack id.
    #[must_use]
    pub fn with_people(mut self, people: BTreeMap<String, String>) -> SlackChannel {
        self.rooms.people = people;
        self
    }

    /// With the channels of customers, where nothing for the team is posted.
    #[must_use]
    pub fn with_customers(mut self, channels: BTreeSet<String>) -> SlackChannel {
        self.customers = channels;
        self
    }

    /// Everything that is read before the gate opens: nothing has left yet.
    async fn prepare(&self, planned: &Planned, body: &Body) -> Result<(String, Value), SendError> {
        let mut request: Value = serde_json::from_slice(body).map_err(|e| SendError::Reject {
            reason: format!("the stored body is no JSON ({e})"),
            dead_address: false,
        })?;
        let room = self.rooms.id(&self.client, &self.token, &planned.address).await?;
        if planned.audience == Audience::Team && !room.starts_with(['U', 'W']) {
            if self.customers.contains(&room) {
                return Err(super::for_the_team_only("slack"));
            }
            guard(rooms::readers(&self.client, &self.token, &room).await?)?;
        }
        request["channel"] = Value::String(room.clone());
        Ok((room, request))
    }

    /// Posts; blocks that Slack does not take (an old table, a new limit) give way to simpler ones, because a
    /// plain message is better than none. Nothing was posted when it says so.
    async fn post_somehow(&self, request: &Value) -> Result<Receipt, SendError> {
        let mut refused = match self.post(request).await {
            Err(error) if errors::is_about_blocks(&error) => error,
            other => return other,
        };
        for simpler in [blocks::without_tables(request), blocks::without_blocks(request)] {
            match self.post(&simpler).await {
                Err(error) if errors::is_about_blocks(&error) => refused = error,
                other => return other,
            }
        }
        Err(refused)
    }

    async fn post(&self, request: &Value) -> Result<Receipt, SendError> {
        let session = self.client.open_session(&self.token);
        let call = session.http_session_api.http_post("chat.postMessage", request, None);
        let answer: Value = match tokio::time::timeout(PATIENCE, call).await {
            Err(_) => return Err(SendError::Unknown { reason: "Slack did not answer in time".to_owned() }),
            Ok(Err(error)) => return Err(errors::after_post(&error)),
            Ok(Ok(answer)) => answer,
        };
        match (&answer["ok"], answer["channel"].as_str(), answer["ts"].as_str()) {
            (Value::Bool(true), Some(channel), Some(ts)) => Ok(Receipt { detail: format!("slack {channel} {ts}") }),
            (Value::Bool(true), ..) => Ok(Receipt { detail: "slack ok".to_owned() }),
            _ => Err(SendError::Unknown { reason: "Slack's answer could not be read".to_owned() }),
        }
    }

    /// After a 429 the whole method rests, not only this message.
    fn remember_limit(&self, error: &SendError) {
        if let SendError::RetryAfter { after_micros, reason } = error {
            let asked = after_micros.and_then(|m| u64::try_from(m).ok()).map(Duration::from_micros);
            if asked.is_some() || reason.contains("slow down") {
                self.pace.quiet("", asked.unwrap_or(REST));
            }
        }
    }
}

/// What customers could read is never posted for the team.
fn guard(readers: Readers) -> Result<(), SendError> {
    let reason = match readers {
        Readers::Own => return Ok(()),
        Readers::Outside => {
            "the channel is shared with another company (Slack Connect) and this message is for the team only; use a channel of your own"
        }
        Readers::Unreadable => {
            "whether the channel is shared with another company cannot be read, so nothing is posted; give the app channels:read and groups:read"
        }
    };
    Err(SendError::Misdirected { reason: reason.to_owned() })
}

#[async_trait]
impl Channel for SlackChannel {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        let later = |left| SendError::RetryAfter {
            reason: "Slack's rate limit".to_owned(),
            after_micros: Some(pace::micros(left)),
        };
        if let Some(left) = self.pace.wait(&planned.address) {
            return Err(later(left));
        }
        let prepared = tokio::time::timeout(PATIENCE, self.prepare(planned, body)).await;
        let (room, request) = prepared
            .map_err(|_| SendError::RetryAfter {
                reason: "Slack did not answer in time".to_owned(),
                after_micros: None,
            })?
            .inspect_err(|e| self.remember_limit(e))?;
        self.pace.take(&room, GAP).map_err(later)?;
        if !gate.hand_over().await {
            return Ok(None);
        }
        self.post_somehow(&request).await.map(Some).inspect_err(|e| self.remember_limit(e))
    }

    async fn evidence(&self, planned: &Planned, at: Instant) -> Option<Option<String>> {
        let look = async {
            let room = self.rooms.id(&self.client, &self.token, &planned.address).await?;
            let room = history::conversation(&self.client, &self.token, &room).await?;
            let found = history::find(&self.client, &self.token, &room, &planned.key.0, at).await?;
            Ok::<_, SendError>(found.map(|ts| format!("slack {room} {ts}, found by its key")))
        };
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                tracing::warn!(%error, "whether a message is in Slack cannot be told");
                None
            }
            Err(_) => None,
        }
    }

    fn sessions(&self) -> usize {
        4
    }

    async fn doctor(&self) -> Result<String, String> {
        let session = self.client.open_session(&self.token);
        let nothing = serde_json::json!({});
        let call = session.http_session_api.http_post("auth.test", &nothing, None);
        let answer: Result<Value, _> =
            tokio::time::timeout(PATIENCE, call).await.map_err(|_| "Slack did not answer in time".to_owned())?;
        let who = answer.map_err(|e| errors::before_post(&e).to_string())?;
        let name = |key: &str| who[key].as_str().unwrap_or("?").to_owned();
        Ok(format!("Slack: {} in {} ({})", name("user"), name("team"), name("team_id")))
    }
}
