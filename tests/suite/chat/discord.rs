//! Discord in both directions.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use shirube::{
    channel::{
        Channel, ChatContent,
        discord::{DiscordChannel, discord_body},
    },
    chat::access::Access,
    chat::discord::{AT_FIRST, DiscordFront, Settings, gateway::Gateway, routes, sign::PublicKey},
    command::roles::Role,
    http::outside,
    model::{
        message::{Audience, ChannelKind, SendError},
        safe::DiscordSafe,
    },
};
use tokio::sync::watch;

use super::{Counted, Echo, NOW, Seen, access, clock, planned};
use crate::fakes::{discord::FakeDiscord, web::Answer};

pub struct World {
    pub discord: FakeDiscord,
    url: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

async fn world() -> World {
    world_of(access()).await
}

pub async fn world_of(access: Access) -> World {
    world_in(access, AT_FIRST).await
}

async fn world_in(access: Access, at_first: Duration) -> World {
    let discord = FakeDiscord::start().await;
    let settings = Settings {
        api_url: discord.web.url(""),
        token: "bot-token".into(),
        application_id: 42,
        public_key: Some(PublicKey::new(&discord.public_key()).unwrap()),
        access,
        at_first,
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

    pub async fn signed(&self, body: Value) -> (u16, Value) {
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

/// What is shared was shown to the asker alone where it took longer than Discord waits.
#[tokio::test]
async fn a_late_answer_is_for_everybody_exactly_if_it_may_be_shared() {
    let world = world_in(access(), Duration::ZERO).await;
    let kpi = |share: bool| {
        json!({"name": "cs", "options": [{"type": 1, "name": "kpi", "options": [
            {"name": "month", "value": "late"}, {"name": "share", "value": share}]}]})
    };
    let pressed = interaction("4", 3, json!({"custom_id": "0 ask kpi late --share"}));
    for (count, (asked, flags)) in
        [(interaction("1", 2, kpi(true)), 0), (interaction("2", 2, kpi(false)), 64), (pressed, 0)]
            .into_iter()
            .enumerate()
    {
        let (_, said) = world.signed(asked.clone()).await;
        assert_eq!(said, json!({"type": 5, "data": {"flags": flags}}), "{asked}");
        super::LATE.add_permits(1);
        let late = world.discord.web.wait("/api/v10/webhooks/42/tok/messages/@original", count + 1).await;
        assert!(late[count].body["embeds"][0]["title"].is_string());
    }
}

#[tokio::test]
async fn a_pressed_button_changes_the_message_and_what_asks_back_is_answered_apart() {
    let world = world().await;
    let message =
        json!({"id": "900", "content": "At risk", "embeds": [{"title": "At risk", "description": "1. Acme"}]});
    let press = |id: &str, wire: &str, message: &Value| {
        let mut pressed = interaction(id, 3, json!({"custom_id": wire}));
        pressed["message"] = message.clone();
        pressed
    };
    let (_, said) = world.signed(press("1", "0 ack acme\ndigest:at-risk", &message)).await;
    assert_eq!((&said["type"], &said["data"]["embeds"][0]["description"]), (&json!(7), &json!("1. Acme")), "{said}");
    assert!(said["data"]["embeds"][1]["description"].as_str().unwrap().contains("by discord\\:77"), "{said}");
    let (_, apart) = world.signed(press("2", "1 ask help", &message)).await;
    assert_eq!((&apart["type"], &apart["data"]["flags"]), (&json!(4), &json!(64)));
    let (_, unknown) = world.signed(press("3", "0 ack acme\ndigest:at-risk", &Value::Null)).await;
    assert_eq!(unknown["type"], 4);
}

#[tokio::test]
async fn a_button_opens_a_form_and_its_answers_are_the_command_one_would_type() {
    let world = world().await;
    let (_, opened) = world.signed(interaction("1", 3, json!({"custom_id": "3 form-note acme\naccount"}))).await;
    assert_eq!((&opened["type"], &opened["data"]["title"]), (&json!(9), &json!("Write a note: acme")), "{opened}");
    let id = opened["data"]["custom_id"].clone();
    let field =
        |name: &str, value: &str| json!({"type": 1, "components": [{"type": 4, "custom_id": name, "value": value}]});
    let filled =
        json!({"custom_id": id, "components": [field("text", "called\ntwice #request"), field("positive", "yes")]});
    let (_, said) = world.signed(interaction("2", 5, filled)).await;
    let title = said["data"]["embeds"][0]["title"].as_str().unwrap().to_owned();
    assert!(title.starts_with("Note") && title.contains("positive\\: true") && title.contains("request"), "{title}");
    let snooze = json!({"custom_id": "0 form-snooze acme\naccount", "components": [field("length", "14d")]});
    let (_, said) = world.signed(interaction("3", 5, snooze.clone())).await;
    assert!(said["data"]["embeds"][0]["title"].as_str().unwrap().starts_with("Snooze"), "{said}");
    // Whoever may only look opens nothing and records nothing.
    for (id, kind, data) in [("4", 3, json!({"custom_id": "3 form-note acme\naccount"})), ("5", 5, snooze)] {
        let mut stranger = interaction(id, kind, data);
        stranger["member"]["user"]["id"] = json!("79");
        let (_, said) = world.signed(stranger).await;
        assert_eq!(said["data"]["embeds"][0]["title"], "No account is called “acme”.", "{said}");
    }
}

#[tokio::test]
async fn a_role_of_the_guild_may_be_listed_and_playbooks_and_people_are_completed() {
    let mut access = access();
    access.users.insert("9001".to_owned(), Role::Operator);
    let world = world_of(access).await;
    let of = |id: &str, roles: Value, focused: &str| {
        let mut asked = interaction(
            id,
            4,
            json!({"name": "cs", "options": [{"type": 1, "name": "enroll", "options": [
            {"name": focused, "value": "re", "focused": true}]}]}),
        );
        asked["member"] = json!({"user": {"id": "5"}, "roles": roles});
        asked
    };
    let (_, named) = world.signed(of("1", json!(["8", "9001"]), "playbook")).await;
    assert_eq!(named["data"]["choices"], json!([{"name": "Renewal (renewal)", "value": "renewal"}]));
    let (_, named) = world.signed(of("2", json!(["9001"]), "person")).await;
    assert_eq!(named["data"]["choices"], json!([{"name": "Rei (rei)", "value": "rei"}]));
    let (_, nobody) = world.signed(of("3", json!(["8"]), "playbook")).await;
    assert_eq!(nobody["data"]["choices"], json!([]));
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

fn person() -> Value {
    json!({"id": "77", "username": "kei", "discriminator": "0", "global_name": null, "avatar": null})
}

/// An interaction with everything that the gateway sends along.
fn pushed(id: &str, kind: u8, data: Value) -> Value {
    let mut whole = interaction(id, kind, data);
    let more = json!({"application_id": "42", "version": 1, "guild_locale": "ja", "entitlements": [], "app_permissions": "0",
        "authorizing_integration_owners": {}, "attachment_size_limit": 1000,
        "member": {"user": person(), "roles": [], "joined_at": "2024-01-01T00:00:00Z", "deaf": false, "mute": false,
            "flags": 0, "permissions": "0", "premium_since": null, "nick": null, "avatar": null, "pending": false}});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_mode_answers_commands_and_completes_names_without_an_open_port() {
    let discord = FakeDiscord::start().await;
    let settings = Settings {
        api_url: discord.web.url(""),
        token: "bot-token".into(),
        application_id: 42,
        public_key: None,
        access: access(),
        at_first: AT_FIRST,
    };
    let front = DiscordFront::new(settings, Arc::new(Echo), Arc::new(Seen::default()), clock()).unwrap();
    let gateway = Gateway::listen(&front, &discord.web.url(""), &"bot-token".into()).await.unwrap();
    discord.connected().await;
    let mut asked = health("Acme Inc");
    asked["id"] = json!("9");
    asked["type"] = json!(1);
    asked["options"][0]["options"][0].as_object_mut().unwrap().remove("focused");
    discord.push(pushed("1", 2, asked));
    let answer = discord.web.wait("/api/v10/interactions/1/tok/callback", 1).await.remove(0).body;
    assert_eq!(answer["type"], 4, "{answer}");
    assert_eq!(answer["data"]["embeds"][0]["title"], "health of Acme Inc", "{answer}");
    let mut typed = health("ac");
    typed["id"] = json!("9");
    typed["type"] = json!(1);
    discord.push(pushed("2", 4, typed));
    let names = discord.web.wait("/api/v10/interactions/2/tok/callback", 1).await.remove(0).body;
    assert_eq!(names["data"]["choices"], json!([{"name": "acme", "value": "acme"}]), "{names}");
    let note = json!({"custom_id": "0 form-note acme\naccount", "components": [{"type": 1, "components": [
        {"type": 4, "id": 2, "custom_id": "text", "value": "called"}]}]});
    discord.push(pushed("3", 5, note));
    let noted = discord.web.wait("/api/v10/interactions/3/tok/callback", 1).await.remove(0).body;
    assert!(noted["data"]["embeds"][0]["title"].as_str().unwrap().starts_with("Note"), "{noted}");
    gateway.stop().await;
}

#[tokio::test]
async fn the_command_is_registered_only_when_it_changed() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("s.db").display());
    let store = shirube::store::open(&url, shirube::store::Mode::Tool).await.unwrap();
    let front = |web: &FakeDiscord| {
        let settings = Settings {
            api_url: web.web.url(""),
            token: "bot-token".into(),
            application_id: 42,
            public_key: None,
            access: access(),
            at_first: AT_FIRST,
        };
        DiscordFront::new(settings, Arc::new(Echo), Arc::new(Seen::default()), clock()).unwrap()
    };
    let path = "/api/v10/applications/42/commands";
    world.discord.web.script(path, Answer { status: 500, headers: Vec::new(), body: json!({}) });
    assert!(front(&world.discord).register(store.as_ref()).await.is_err(), "Discord is away: next time again");
    assert!(front(&world.discord).register(store.as_ref()).await.unwrap());
    assert!(!front(&world.discord).register(store.as_ref()).await.unwrap());
    assert_eq!(world.discord.web.calls(path).len(), 2);
}
