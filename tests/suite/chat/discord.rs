//! Discord in both directions.

use std::sync::Arc;

use serde_json::{Value, json};
use shirube::{
    channel::{
        Channel, ChatContent,
        discord::{DiscordChannel, discord_body},
    },
    chat::discord::{DiscordFront, Settings, routes, sign::PublicKey},
    http::outside,
    model::{
        message::{Audience, ChannelKind, SendError},
        safe::DiscordSafe,
    },
};
use tokio::sync::watch;

use super::{Counted, Echo, NOW, Seen, access, clock, planned};
use crate::fakes::{discord::FakeDiscord, web::Answer};

struct World {
    discord: FakeDiscord,
    url: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

async fn world() -> World {
    let discord = FakeDiscord::start().await;
    let settings = Settings {
        api_url: discord.web.url(""),
        token: "bot-token".into(),
        application_id: 42,
        public_key: PublicKey::new(&discord.public_key()).unwrap(),
        access: access(),
    };
    let front = DiscordFront::new(settings, Arc::new(Echo), Arc::new(Seen::default()), clock()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let (address, _) =
        shirube::http::serve("127.0.0.1:0".parse().unwrap(), outside(vec![routes(front)]), stopped).await.unwrap();
    shirube::channel::tls::ready();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    World { discord, url: format!("http://{address}/discord/interactions"), client, _stop: stop }
}

impl World {
    async fn post(&self, timestamp: i64, signature: &str, body: &str) -> (u16, Value) {
        let sent = self.client.post(&self.url).body(body.to_owned()).header("x-signature-ed25519", signature);
        let answer = sent.header("x-signature-timestamp", timestamp.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn signed(&self, body: Value) -> (u16, Value) {
        let body = body.to_string();
        self.post(NOW, &self.discord.sign(&NOW.to_string(), &body), &body).await
    }
}

fn interaction(id: &str, kind: u8, data: Value) -> Value {
    json!({"id": id, "token": "tok", "type": kind, "guild_id": "500", "channel_id": "600", "locale": "en-US",
        "member": {"user": {"id": "77"}}, "data": data})
}

fn health(account: &str) -> Value {
    json!({"name": "cs", "options": [{"type": 1, "name": "health", "options": [
        {"type": 3, "name": "account", "value": account, "focused": true}]}]})
}

#[tokio::test]
async fn ping_is_answered_and_wrong_signatures_are_not() {
    let world = world().await;
    assert_eq!(world.signed(json!({"type": 1})).await, (200, json!({"type": 1})));
    assert_eq!(world.post(NOW, &"0".repeat(128), r#"{"type":1}"#).await.0, 401);
    assert_eq!(world.post(NOW, "", r#"{"type":1}"#).await.0, 401);
    let old = interaction("9", 2, health("acme")).to_string();
    let signature = world.discord.sign(&(NOW - 301).to_string(), &old);
    assert_eq!(world.post(NOW - 301, &signature, &old).await.0, 401);
}

#[tokio::test]
async fn a_question_is_answered_for_the_asker_only_and_once() {
    let world = world().await;
    let (status, answer) = world.signed(interaction("1", 2, health("Acme Inc"))).await;
    assert_eq!((status, &answer["type"]), (200, &json!(4)));
    assert_eq!(answer["data"]["embeds"][0]["title"], "health of Acme Inc");
    assert_eq!((&answer["data"]["flags"], &answer["data"]["allowed_mentions"]), (&json!(64), &json!({"parse": []})));
    let id = answer["data"]["components"][0]["components"][0]["custom_id"].as_str().unwrap().to_owned();
    assert_eq!(world.signed(interaction("1", 2, health("Acme Inc"))).await.0, 401);
    let (_, pressed) = world.signed(interaction("2", 3, json!({"custom_id": id}))).await;
    assert!(pressed["data"]["embeds"][0]["title"].as_str().unwrap().starts_with("Playbooks"), "{pressed}");
}

#[tokio::test]
async fn names_are_completed_only_for_those_who_may_ask() {
    let world = world().await;
    let (_, answer) = world.signed(interaction("1", 4, health("ac"))).await;
    assert_eq!(answer, json!({"type": 8, "data": {"choices": [{"name": "acme", "value": "acme"}]}}));
    let mut stranger = interaction("2", 4, health("ac"));
    stranger["member"]["user"]["id"] = json!("78");
    assert_eq!(world.signed(stranger).await.1["data"]["choices"], json!([]));
}

fn body(address: &str) -> Vec<u8> {
    let plan = planned(ChannelKind::Discord, address, Audience::Team);
    discord_body(&plan, &ChatContent::markup("Acme", DiscordSafe::new("Acme @everyone")))
}

#[tokio::test]
async fn a_message_carries_a_nonce_and_pings_nobody() {
    let discord = FakeDiscord::start().await;
    let channel = DiscordChannel::new(&discord.web.url(""), &"bot-token".into()).unwrap();
    let plan = planned(ChannelKind::Discord, "600", Audience::Team);
    let receipt = channel.send(&plan, &body("600"), &Counted::open()).await.unwrap().unwrap();
    assert_eq!(receipt.detail, "discord 600 1");
    let call = discord.web.calls("/api/v10/channels/600/messages").remove(0);
    assert_eq!(call.authorization, "Bot bot-token");
    assert_eq!((&call.body["nonce"], &call.body["enforce_nonce"]), (&json!("abcdefghijklmnopqrstuvwxy"), &json!(true)));
    assert_eq!(call.body["allowed_mentions"], json!({"parse": []}));
    assert!(!call.body["content"].as_str().unwrap().contains("@everyone"));
    assert_eq!(call.body["components"][0]["components"][0]["custom_id"], "0 ack #12\nrenewal/nudge");
}

#[tokio::test]
async fn a_person_is_written_to_directly() {
    let discord = FakeDiscord::start().await;
    let channel = DiscordChannel::new(&discord.web.url(""), &"bot-token".into()).unwrap();
    let plan = planned(ChannelKind::Discord, "@77", Audience::Team);
    assert!(channel.send(&plan, &body("@77"), &Counted::open()).await.unwrap().is_some());
    assert_eq!(discord.web.calls("/api/v10/users/@me/channels")[0].body["recipient_id"], "77");
    assert_eq!(discord.web.calls("/api/v10/channels/900/messages").len(), 1);
}

#[tokio::test]
async fn after_a_429_the_channel_is_left_alone_for_as_long_as_asked() {
    let discord = FakeDiscord::start().await;
    let path = "/api/v10/channels/600/messages";
    let limit = json!({"message": "slow down", "retry_after": 2.5, "global": false});
    discord.web.script(path, Answer { status: 429, headers: vec![("retry-after", "3".to_owned())], body: limit });
    let channel = DiscordChannel::new(&discord.web.url(""), &"bot-token".into()).unwrap();
    let plan = planned(ChannelKind::Discord, "600", Audience::Team);
    let first = channel.send(&plan, &body("600"), &Counted::open()).await;
    assert!(matches!(first, Err(SendError::RetryAfter { after_micros: Some(2_500_000), .. })), "{first:?}");
    let gate = Counted::open();
    let second = channel.send(&plan, &body("600"), &gate).await;
    assert!(matches!(second, Err(SendError::RetryAfter { .. })), "{second:?}");
    assert_eq!((gate.asked(), discord.web.calls(path).len()), (0, 1));
}
