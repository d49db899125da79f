//! Discord's REST API. serenity looks things up; the one call that posts goes through a client of
//! our own, because serenity hides how long a 429 asks to wait and whether a connection ever stood.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use serenity::http::{Http, HttpBuilder};

use super::{
    Body, Channel, Gate,
    pace::{self, Pace},
    plain, tls,
};
use crate::model::message::{Audience, Planned, Receipt, SendError};

pub mod body;
pub mod embeds;
mod errors;

pub use body::discord_body;
pub use errors::before_post;

/// Discord's own address.
pub const API_URL: &str = "https://discord.com";
/// After this long without an answer nobody knows whether the message is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posts to Discord.
pub struct DiscordChannel {
    http: Http,
    poster: reqwest::Client,
    base: String,
    token: SecretString,
    direct: Mutex<HashMap<u64, u64>>,
    pace: Pace,
    people: BTreeMap<String, String>,
    customers: BTreeSet<String>,
}

impl DiscordChannel {
    /// A channel that posts as the bot of `token` to `api_url`. The error says what to mend.
    pub fn new(api_url: &str, token: &SecretString) -> Result<DiscordChannel, String> {
        if token.expose_secret().is_empty() {
            return Err("discord.token is empty; set it to the bot's token".to_owned());
        }
        tls::ready();
        let poster = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|e| format!("no HTTP client can be built: {e}"))?;
        let base = api_url.trim_end_matches('/').to_owned();
        let token = SecretString::from(token.expose_secret().to_owned());
        let http = http(&base, &token);
        Ok(DiscordChannel {
            http,
            poster,
            base,
            token,
            direct: Mutex::default(),
            pace: Pace::default(),
            people: BTreeMap::new(),
            customers: BTreeSet::new(),
        })
    }

    /// With the people who may be written to by name: key → Discord id.
    #[must_use]
    pub fn with_people(mut self, people: BTreeMap<String, String>) -> DiscordChannel {
        self.people = people;
        self
    }

    /// With the channels of customers, where nothing for the team is posted.
    #[must_use]
    pub fn with_customers(mut self, channels: BTreeSet<String>) -> DiscordChannel {
        self.customers = channels;
        self
    }

    /// The channel to post to: a channel's id, or `@` and a person's id, whose direct messages are opened.
    async fn room(&self, address: &str) -> Result<u64, SendError> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n > 0);
        match plain::person(&self.people, address).strip_prefix('@') {
            Some(person) => match number(person) {
                Some(person) => self.direct(person).await,
                None => Err(no_id()),
            },
            None => number(address).ok_or_else(no_id),
        }
    }

    async fn direct(&self, person: u64) -> Result<u64, SendError> {
        if let Some(room) = self.direct.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&person) {
            return Ok(*room);
        }
        let request = json!({"recipient_id": person.to_string()});
        let call = tokio::time::timeout(PATIENCE, self.http.create_private_channel(&request)).await;
        let opened = call.map_err(|_| errors::retry("Discord did not answer in time"))?;
        let room = opened.map_err(|e| errors::before_post(&e))?.id.get();
        self.direct.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(person, room);
        Ok(room)
    }

    async fn post(&self, room: u64, body: &Body) -> Result<Receipt, SendError> {
        let sent = self
            .poster
            .post(format!("{}/api/v10/channels/{room}/messages", self.base))
            .header("authorization", format!("Bot {}", bare(self.token.expose_secret())))
            .header("content-type", "application/json")
            .header("user-agent", "DiscordBot (https://github.com/shirube, 0.1)")
            .body(body.clone())
            .send()
            .await
            .map_err(|e| errors::no_answer(&e))?;
        let status = sent.status().as_u16();
        self.heed(room, sent.headers());
        let answer: Value = sent.json().await.unwrap_or(Value::Null);
        match (status, answer["id"].as_str()) {
            (200..=299, Some(id)) => Ok(Receipt { detail: format!("discord {room} {id}") }),
            (200..=299, None) => Err(SendError::Unknown { reason: "Discord's answer could not be read".to_owned() }),
            _ => Err(self.refused(room, status, &answer)),
        }
    }

    fn refused(&self, room: u64, status: u16, answer: &Value) -> SendError {
        let error = errors::refusal(status, answer);
        if let (429, SendError::RetryAfter { after_micros, .. }) = (status, &error) {
            let wait =
                after_micros.and_then(|m| u64::try_from(m).ok()).map_or(Duration::from_secs(30), Duration::from_micros);
            let global = answer["global"].as_bool().unwrap_or(false);
            self.pace.quiet(&if global { String::new() } else { room.to_string() }, wait);
        }
        error
    }

    /// An empty bucket is left alone until it fills again.
    fn heed(&self, room: u64, headers: &reqwest::header::HeaderMap) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
        if let (Some(0.0), Some(reset)) = (number("x-ratelimit-remaining"), number("x-ratelimit-reset-after")) {
            self.pace.quiet(&room.to_string(), errors::seconds(reset));
        }
    }
}

/// serenity's client. Its own rate limiter ignores the base URL and sleeps inside the call: off.
pub fn http(base: &str, token: &SecretString) -> Http {
    HttpBuilder::new(token.expose_secret()).proxy(base).ratelimiter_disabled(true).build()
}

fn bare(token: &str) -> &str {
    token.trim().trim_start_matches("Bot ")
}

fn no_id() -> SendError {
    let reason = "Discord needs numbers: a channel's id, or a person with `discord: \"…\"` under `people`";
    SendError::Misdirected { reason: reason.to_owned() }
}

#[async_trait]
impl Channel for DiscordChannel {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        let room = self.room(&planned.address).await?;
        if planned.audience == Audience::Team && self.customers.contains(&room.to_string()) {
            return Err(super::for_the_team_only("discord"));
        }
        if let Some(left) = self.pace.wait(&room.to_string()) {
            let reason = "Discord's rate limit".to_owned();
            return Err(SendError::RetryAfter { reason, after_micros: Some(pace::micros(left)) });
        }
        if !gate.hand_over().await {
            return Ok(None);
        }
        self.post(room, body).await.map(Some)
    }

    fn sessions(&self) -> usize {
        4
    }

    async fn doctor(&self) -> Result<String, String> {
        let call = tokio::time::timeout(PATIENCE, self.http.get_current_user()).await;
        let me = call.map_err(|_| "Discord did not answer in time".to_owned())?;
        me.map(|me| format!("Discord: {}", me.name)).map_err(|e| errors::before_post(&e).to_string())
    }
}
