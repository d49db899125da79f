//! Slack's front end: acknowledge at once, answer in the background.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use slack_morphism::prelude::{SlackApiToken, SlackClientApiCallContext, SlackClientHttpConnector};
use tokio::sync::Semaphore;
use tracing::Span;

use super::{
    access::{Access, Caller},
    replay::{self, Replays},
};
use crate::{
    channel::slack::{
        blocks, body,
        client::{self, Client},
        rooms::{self, Readers},
    },
    clock::Clock,
    command::{
        desk::{self, Asker, Desk},
        reply::{Press, Reply},
        roles::{Place, Role},
    },
    model::locale::Locale,
};

pub mod http;
pub mod inbound;
pub mod language;
pub mod modal;
pub mod place;
pub mod sign;
pub mod socket;

use inbound::{Inbound, Origin, Question, Way};
use language::Languages;
use modal::Kept;
use sign::SigningSecret;

/// Questions worked on at once; more wait their turn.
const AT_ONCE: usize = 32;
/// Longest work on one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest look at who reads a channel; after it the channel counts as shared.
const LOOK: Duration = Duration::from_secs(2);
/// Characters of an option's value, which is a name here.
const OPTION: usize = 150;

/// What the front end needs to run.
pub struct Settings {
    /// `https://slack.com/api`, or a stand-in.
    pub api_url: String,
    /// The app's bot token.
    pub bot_token: SecretString,
    /// Secrets of the HTTP end points; none with Socket Mode only. Two while one is rotated.
    pub signing_secrets: Vec<SigningSecret>,
    /// Who may come in.
    pub access: Access,
}

/// Slack's front end.
pub struct SlackFront {
    desk: Arc<dyn Desk>,
    replays: Arc<dyn Replays>,
    clock: Arc<dyn Clock>,
    client: Arc<Client>,
    token: SlackApiToken,
    settings: Settings,
    turns: Semaphore,
    languages: Languages,
}

impl SlackFront {
    /// A front end for `desk`. The error says what to mend.
    pub fn new(
        settings: Settings,
        desk: Arc<dyn Desk>,
        replays: Arc<dyn Replays>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<SlackFront>, String> {
        let client = Arc::new(client::client(&settings.api_url)?);
        let token = client::token(settings.bot_token.expose_secret());
        let (turns, languages) = (Semaphore::new(AT_ONCE), Languages::default());
        Ok(Arc::new(SlackFront { desk, replays, clock, client, token, settings, turns, languages }))
    }

    /// Takes a question: returns at once, the answer follows by itself.
    pub fn take(self: &Arc<Self>, inbound: Inbound) {
        let front = Arc::clone(self);
        tokio::spawn(async move { front.work(inbound).await });
    }

    async fn work(self: Arc<Self>, inbound: Inbound) {
        let Ok(_turn) = self.turns.acquire().await else { return };
        if !self.first_time(&inbound.origin.once).await {
            return;
        }
        let who = self.asker(&inbound.origin).await;
        if self.opened(&inbound, &who).await {
            return;
        }
        let reply = self.answer(&inbound, who).await;
        if let Err(error) = self.respond(&inbound, &reply).await {
            tracing::warn!(error, "an answer could not be given to Slack");
        }
    }

    /// Slack delivers events again when it is in doubt; when the store cannot tell, it is not done again.
    async fn first_time(&self, once: &str) -> bool {
        if once.is_empty() {
            return true;
        }
        let now = self.clock.now();
        let first = self.replays.first(&replay::key("slack-request", once), now.plus(6 * replay::KEEP), now).await;
        first.unwrap_or_else(|error| {
            tracing::warn!(error, "whether a question was answered before is unknown; it is left unanswered");
            false
        })
    }

    /// Opens the form that a pressed button asks for. A trigger lives three seconds: what Slack does not open is answered
    /// like any other button.
    async fn opened(&self, inbound: &Inbound, who: &Asker) -> bool {
        let Question::Press(wire) = &inbound.question else { return false };
        if !matches!(Press::from_wire(wire), Some(Press::Form(..))) {
            return false;
        }
        let Some(sheet) = desk::open(&*self.desk, who, wire).await else { return false };
        let url = if let Way::Url(url) = &inbound.way { url.clone() } else { String::new() };
        let kept = Kept { press: wire.clone(), channel: inbound.origin.channel.clone(), url };
        let done = self.call("views.open", &modal::open(&sheet, &inbound.origin.once, &kept)).await;
        done.inspect_err(|error| tracing::warn!(error, "Slack did not open a form")).is_ok()
    }

    async fn call(&self, method: &str, request: &Value) -> Result<(), String> {
        let session = self.client.open_session(&self.token);
        let sent: Result<Value, _> = session.http_session_api.http_post(method, request, None).await;
        sent.map(|_| ()).map_err(|e| crate::channel::slack::errors::after_post(&e).to_string())
    }

    /// The answer; a panic or a long wait below is told, not hidden.
    async fn answer(self: &Arc<Self>, inbound: &Inbound, who: Asker) -> Reply {
        let (front, question, locale) = (Arc::clone(self), inbound.question.clone(), who.locale);
        let work = tokio::spawn(async move {
            match question {
                Question::Text(text) => desk::ask(&*front.desk, &who, &text).await,
                Question::Press(wire) => desk::press(&*front.desk, &who, &wire).await,
                Question::Submit(wire, answers) => desk::submit(&*front.desk, &who, &wire, &answers).await,
                Question::Home => desk::home(&*front.desk, &who).await,
            }
        });
        let abort = work.abort_handle();
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Reply::new(locale, broken(locale)),
            Err(_) => {
                abort.abort();
                Reply::new(locale, late(locale))
            }
        }
    }

    /// The options for what somebody types into the field that completes names; none for whoever may not ask. Slack waits
    /// three seconds.
    async fn options(&self, payload: &Value) -> Option<Value> {
        let (origin, typed) = inbound::typed(payload)?;
        let found = async {
            let who = self.asker(&origin).await;
            desk::suggest(&*self.desk, &who, &typed).await
        };
        let names = tokio::time::timeout(LOOK, found).await.unwrap_or_default();
        let fits = |name: &&String| (1..=OPTION).contains(&name.chars().count());
        let options: Vec<Value> = names.iter().filter(fits).map(|name| modal::option(name, name)).collect();
        Some(json!({"options": options}))
    }

    async fn asker(&self, origin: &Origin) -> Asker {
        let (place, locale) = tokio::join!(self.place(&origin.channel), self.language(origin));
        self.settings.access.asker(("slack", &origin.channel), caller(origin), place, locale)
    }

    /// The asker's own language; strangers are not looked up.
    async fn language(&self, origin: &Origin) -> Option<Locale> {
        if self.settings.access.role(caller(origin), &origin.channel) == Role::Nobody {
            return None;
        }
        self.languages.of(&self.client, &self.token, &origin.user, self.clock.now()).await
    }

    /// A channel counts as our own only if it is listed and Slack says that nobody else reads it.
    async fn place(&self, channel: &str) -> Place {
        if channel.starts_with('D') {
            return Place::Direct;
        }
        if self.settings.access.customers.contains_key(channel) {
            return Place::Outside;
        }
        if !self.settings.access.lists(channel) {
            return Place::Unlisted;
        }
        match tokio::time::timeout(LOOK, rooms::readers(&self.client, &self.token, channel)).await {
            Ok(Ok(Readers::Own)) => Place::Team,
            _ => Place::Outside,
        }
    }

    async fn respond(&self, inbound: &Inbound, reply: &Reply) -> Result<(), String> {
        match &inbound.way {
            Way::Url(url) => {
                let pressed = inbound.pressed.as_ref().filter(|_| reply.in_place);
                let replaced = pressed.and_then(|pressed| place::replacement(pressed, reply));
                let answer = replaced.unwrap_or_else(|| body::answer(reply));
                match self.to_url(url, &answer).await {
                    Err(why) if answer.to_string().contains("\"type\":\"table\"") => {
                        tracing::warn!(why, "Slack did not take a table; it gets lines");
                        self.to_url(url, &blocks::without_tables(&answer)).await
                    }
                    done => done,
                }
            }
            Way::Thread(ts) => self.to_thread(&inbound.origin, ts, reply).await,
            Way::Person => {
                let mut request = body::answer(reply);
                request["channel"] = json!(inbound.origin.user);
                self.call("chat.postMessage", &request).await
            }
            Way::Home => {
                let view = json!({"type": "home", "blocks": blocks::reply(reply)});
                self.call("views.publish", &json!({"user_id": inbound.origin.user, "view": view})).await
            }
        }
    }

    /// Without the token: the address itself is the permission.
    async fn to_url(&self, url: &str, answer: &Value) -> Result<(), String> {
        let url = self.allowed(url).ok_or("the response_url does not lead to Slack")?;
        let span = Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let sent: Result<Value, _> = self.client.http_api.connector.http_post_uri(url, answer, context).await;
        match sent {
            // Slack answers `ok` without JSON.
            Ok(_) | Err(slack_morphism::errors::SlackClientError::ProtocolError(_)) => Ok(()),
            Err(error) => Err(crate::channel::slack::errors::after_post(&error).to_string()),
        }
    }

    async fn to_thread(&self, origin: &Origin, ts: &str, reply: &Reply) -> Result<(), String> {
        let mut request = body::answer(reply);
        request["channel"] = json!(origin.channel);
        request["thread_ts"] = json!(ts);
        let method = if reply.shared { "chat.postMessage" } else { "chat.postEphemeral" };
        if !reply.shared {
            request["user"] = json!(origin.user);
        }
        self.call(method, &request).await
    }

    /// Answers go to Slack, or to the stand-in named in the configuration; nowhere else.
    fn allowed(&self, url: &str) -> Option<reqwest::Url> {
        let url = reqwest::Url::parse(url).ok()?;
        let api = reqwest::Url::parse(&self.settings.api_url).ok()?;
        let host = url.host_str()?;
        let slack = url.scheme() == "https" && (host == "slack.com" || host.ends_with(".slack.com"));
        let same = url.scheme() == api.scheme()
            && Some(host) == api.host_str()
            && url.port_or_known_default() == api.port_or_known_default();
        (slack || same).then_some(url)
    }
}

fn caller(origin: &Origin) -> Caller<'_> {
    Caller { team: &origin.team, user: &origin.user, roles: &[] }
}

fn broken(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "申し訳ありません、回答中に問題が起きました。もう一度お試しください。",
        Locale::En => "Sorry, something went wrong while answering. Please try again.",
    }
}

fn late(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "時間がかかりすぎたため中断しました。範囲を絞ってもう一度お試しください。",
        Locale::En => "That took too long and was stopped. Please ask for less and try again.",
    }
}
