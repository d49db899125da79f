//! Discord's front end: signed interactions over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use serenity::http::Http;
use tokio::{sync::Semaphore, task::JoinHandle};

use super::{
    access::{Access, Caller},
    replay::{self, Replays},
};
use crate::{
    channel::discord::{body, http},
    clock::Clock,
    command::{
        desk::{self, Asker, Desk},
        reply::{Press, Reply},
        roles::Place,
        spec::Completes,
    },
    model::locale::Locale,
    store::api::Store,
};

pub mod gateway;
pub mod inbound;
pub mod modal;
pub mod place;
pub mod register;
pub mod sign;

use inbound::{Inbound, Wants};
use sign::PublicKey;

/// Questions worked on at once; more wait their turn.
const AT_ONCE: usize = 32;
/// Discord waits three seconds for the first word; after this long it is "later".
pub const AT_FIRST: Duration = Duration::from_millis(2_000);
/// Longest work on one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Characters of a completed option.
const OPTION: usize = 100;

/// What the front end needs to run.
pub struct Settings {
    /// `https://discord.com`, or a stand-in.
    pub api_url: String,
    /// The bot's token, for late answers.
    pub token: SecretString,
    /// The application's id.
    pub application_id: u64,
    /// The application's public key; none in gateway mode, where nothing comes in over HTTP.
    pub public_key: Option<PublicKey>,
    /// Who may come in; teams are guilds.
    pub access: Access,
    /// How long the first word may take: [`AT_FIRST`].
    pub at_first: Duration,
}

/// Discord's front end.
pub struct DiscordFront {
    desk: Arc<dyn Desk>,
    replays: Arc<dyn Replays>,
    clock: Arc<dyn Clock>,
    http: Http,
    settings: Settings,
    turns: Semaphore,
}

impl DiscordFront {
    /// A front end for `desk`.
    pub fn new(
        settings: Settings,
        desk: Arc<dyn Desk>,
        replays: Arc<dyn Replays>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<DiscordFront>, String> {
        if settings.application_id == 0 {
            return Err("discord.application_id is missing; copy it from the application's page".to_owned());
        }
        let http = http(settings.api_url.trim_end_matches('/'), &settings.token);
        http.set_application_id(settings.application_id.into());
        Ok(Arc::new(DiscordFront { desk, replays, clock, http, settings, turns: Semaphore::new(AT_ONCE) }))
    }

    /// The asker. In direct messages there is no guild: only people listed by id come in there.
    fn asker(&self, inbound: &Inbound) -> Asker {
        let access = &self.settings.access;
        let place = match inbound.guild.is_empty() {
            true => Place::Direct,
            false if access.lists(&inbound.channel) => Place::Team,
            false => Place::Unlisted,
        };
        let caller = Caller { team: &inbound.guild, user: &inbound.user, roles: &inbound.roles };
        // A thread is read by whoever reads the channel it hangs below.
        let below = Some(&inbound.parent).filter(|id| access.customers.contains_key(*id));
        let channel = below.unwrap_or(&inbound.channel);
        let mut who = access.asker(("discord", channel), caller, place, inbound.locale);
        if inbound.guild.is_empty() {
            who.role = access.named(Caller { roles: &[], ..caller }).unwrap_or_default();
        }
        who
    }

    fn work(self: &Arc<Self>, inbound: &Inbound) -> JoinHandle<Reply> {
        let (front, who, wants) = (Arc::clone(self), self.asker(inbound), inbound.wants.clone());
        tokio::spawn(async move {
            let _turn = front.turns.acquire().await;
            match wants {
                Wants::Press(wire) => desk::press(&*front.desk, &who, &wire).await,
                Wants::Submit(wire, answers) => desk::submit(&*front.desk, &who, &wire, &answers).await,
                Wants::Text(text) => desk::ask(&*front.desk, &who, &text).await,
                Wants::Ping | Wants::Names(..) => Reply::new(who.locale, ""),
            }
        })
    }

    /// Whether this interaction comes for the first time; when the store cannot tell, it is not done again.
    async fn first_time(&self, id: &str) -> bool {
        let now = self.clock.now();
        let first = self.replays.first(&replay::key("discord", id), now.plus(replay::KEEP), now).await;
        first.unwrap_or_else(|error| {
            tracing::error!(error, "whether a request is a replay is unknown; it is refused");
            false
        })
    }

    /// The response to an interaction that is ours and new.
    async fn reply(self: &Arc<Self>, inbound: Inbound) -> Value {
        match inbound.wants.clone() {
            Wants::Names(what, typed) => self.names(&inbound, what, &typed).await,
            Wants::Press(wire) => match self.opened(&inbound, &wire).await {
                Some(modal) => modal,
                None => self.answer(inbound).await,
            },
            _ => self.answer(inbound).await,
        }
    }

    /// Registers our command, if it is not the one that was registered last.
    pub async fn register(&self, store: &dyn Store) -> Result<bool, String> {
        register::once(&self.http, store, self.settings.application_id).await
    }

    /// The answer at once, or "later" and the answer in the place of it.
    async fn answer(self: &Arc<Self>, inbound: Inbound) -> Value {
        let locale = inbound.locale.unwrap_or(self.settings.access.locale);
        let mut work = self.work(&inbound);
        match tokio::time::timeout(self.settings.at_first, &mut work).await {
            Ok(done) => {
                let reply = done.unwrap_or_else(|_| trouble(locale));
                let replaced = if reply.in_place { place::replacement(&inbound.message, &reply) } else { None };
                replaced.unwrap_or_else(|| json!({"type": 4, "data": body::answer(&reply)}))
            }
            Err(_) => {
                // Who may see the answer is settled now, before it is there.
                let flags = if self.is_shared(&inbound) { 0 } else { 64 };
                let front = Arc::clone(self);
                tokio::spawn(async move { front.follow_up(work, &inbound.token, locale).await });
                json!({"type": 5, "data": {"flags": flags}})
            }
        }
    }

    fn is_shared(&self, inbound: &Inbound) -> bool {
        match &inbound.wants {
            Wants::Text(text) => desk::is_shared(&self.asker(inbound), text),
            Wants::Press(wire) => match Press::from_wire(wire) {
                Some(Press::Ask(text)) => desk::is_shared(&self.asker(inbound), &text),
                _ => false,
            },
            _ => false,
        }
    }

    /// The form that a pressed button asks for; none where it asks for none, or Discord would not wait for it.
    async fn opened(&self, inbound: &Inbound, wire: &str) -> Option<Value> {
        if !matches!(Press::from_wire(wire), Some(Press::Form(..))) {
            return None;
        }
        let who = self.asker(inbound);
        let sheet = tokio::time::timeout(AT_FIRST, desk::open(&*self.desk, &who, wire)).await.ok().flatten()?;
        modal::open(&sheet, wire)
    }

    async fn follow_up(&self, mut work: JoinHandle<Reply>, token: &str, locale: Locale) {
        let reply = match tokio::time::timeout(PATIENCE, &mut work).await {
            Ok(done) => done.unwrap_or_else(|_| trouble(locale)),
            Err(_) => {
                work.abort();
                trouble(locale)
            }
        };
        let mut answer = body::answer(&reply);
        // Who may see it was settled when "later" was said.
        answer["flags"] = json!(0);
        if let Err(error) = self.http.edit_original_interaction_response(token, &answer, Vec::new()).await {
            let error = crate::channel::discord::before_post(&error).to_string();
            tracing::warn!(error, "an answer could not be given to Discord");
        }
    }

    async fn names(&self, inbound: &Inbound, what: Completes, typed: &str) -> Value {
        let who = self.asker(inbound);
        let found = desk::complete(&*self.desk, &who, what, typed);
        let found = tokio::time::timeout(AT_FIRST, found).await.unwrap_or_default();
        let choices: Vec<Value> = found
            .iter()
            .filter(|(value, label)| [value, label].iter().all(|text| (1..=OPTION).contains(&text.chars().count())))
            .map(|(value, label)| json!({"name": label, "value": value}))
            .collect();
        json!({"type": 8, "data": {"choices": choices}})
    }
}

fn trouble(locale: Locale) -> Reply {
    let text = match locale {
        Locale::Ja => "申し訳ありません、回答できませんでした。もう一度お試しください。",
        Locale::En => "Sorry, there is no answer. Please try again.",
    };
    Reply::new(locale, text)
}

/// `POST /discord/interactions`.
pub fn routes(front: Arc<DiscordFront>) -> Router {
    Router::new().route("/discord/interactions", post(interactions)).with_state(front)
}

/// Discord sends wrong signatures on purpose and takes the address away from those who accept one.
async fn interactions(State(front): State<Arc<DiscordFront>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let (signature, timestamp) = (header("x-signature-ed25519"), header("x-signature-timestamp"));
    let key = front.settings.public_key.as_ref();
    if !key.is_some_and(|key| key.verify(signature, timestamp, &body)) {
        tracing::warn!("a request to the Discord end point was refused: its signature is wrong");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(json) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let Some(inbound) = inbound::read(&json) else { return StatusCode::BAD_REQUEST.into_response() };
    if inbound.wants == Wants::Ping {
        return Json(json!({"type": 1})).into_response();
    }
    if !sign::fresh(timestamp, front.clock.now()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if !front.first_time(&inbound.id).await {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(front.reply(inbound).await).into_response()
}
