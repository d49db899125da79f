//! Questions from Slack.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use shirube::{
    chat::access::Access,
    chat::slack::{Settings, SlackFront, http::routes, sign::SigningSecret, socket::Socket},
    http::outside,
};
use tokio::sync::watch;

use super::{Echo, NOW, Seen, access, clock};
use crate::fakes::{slack::FakeSlack, web::Answer};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

pub struct World {
    pub slack: FakeSlack,
    front: Arc<SlackFront>,
    base: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

async fn world() -> World {
    world_of(access()).await
}

pub async fn world_of(access: Access) -> World {
    let slack = FakeSlack::start().await;
    let settings = Settings {
        api_url: slack.api_url(),
        bot_token: "xoxb-test".into(),
        signing_secrets: vec![SigningSecret::new(SECRET.into()).unwrap()],
        access,
    };
    let front = SlackFront::new(settings, Arc::new(Echo), Arc::new(Seen::default()), clock()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let router = outside(vec![routes(Arc::clone(&front))]);
    let (address, _) = shirube::http::serve("127.0.0.1:0".parse().unwrap(), router, stopped).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    World { slack, front, base: format!("http://{address}"), client, _stop: stop }
}

fn sign(timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("v0={hex}")
}

impl World {
    async fn post(&self, path: &str, timestamp: i64, signature: &str, body: &str) -> (u16, String) {
        let sent = self.client.post(format!("{}{path}", self.base)).body(body.to_owned());
        let sent =
            sent.header("x-slack-signature", signature).header("x-slack-request-timestamp", timestamp.to_string());
        let answer = sent.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn signed(&self, path: &str, body: &str) -> (u16, String) {
        self.post(path, NOW, &sign(NOW, body), body).await
    }

    fn slash(&self, user: &str, channel: &str, text: &str, trigger: &str) -> String {
        self.slash_of("T1", user, channel, text, trigger)
    }

    pub fn slash_of(&self, team: &str, user: &str, channel: &str, text: &str, trigger: &str) -> String {
        let url = self.slack.web.url("/response");
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("team_id", team), ("channel_id", channel), ("user_id", user), ("command", "/cs")])
            .extend_pairs([("text", text), ("response_url", &url), ("trigger_id", trigger)])
            .finish()
    }

    /// The text of the `count`-th answer to a `response_url`.
    pub async fn answer(&self, count: usize) -> Value {
        self.slack.web.wait("/response", count).await[count - 1].body.clone()
    }
}

#[tokio::test]
async fn a_signed_question_is_acknowledged_and_answered_for_the_asker_only() {
    let world = world().await;
    let (status, body) = world.signed("/slack/commands", &world.slash("U1", "C1", "health アクメ &amp; 子", "1")).await;
    assert_eq!((status, body.as_str()), (200, ""));
    let answer = world.answer(1).await;
    assert_eq!(answer["response_type"], "ephemeral");
    assert_eq!(answer["blocks"][0]["text"]["text"], "health of アクメ & 子");
    assert!(answer["text"].as_str().unwrap().contains("Score: 62"));
    let call = &world.slack.web.calls("/response")[0];
    assert_eq!(call.authorization, "", "the token is not for a response_url");
}

#[tokio::test]
async fn forged_stale_and_replayed_requests_are_refused() {
    let world = world().await;
    let body = world.slash("U1", "C1", "health acme", "1");
    for path in ["/slack/commands", "/slack/interactions", "/slack/options", "/slack/events"] {
        assert_eq!(world.post(path, NOW, "v0=00", &body).await.0, 401);
        assert_eq!(world.post(path, NOW - 301, &sign(NOW - 301, &body), &body).await.0, 401);
        assert_eq!(world.post(path, NOW + 301, &sign(NOW + 301, &body), &body).await.0, 401);
    }
    assert_eq!(world.signed("/slack/commands", &body).await.0, 200);
    assert_eq!(world.signed("/slack/commands", &body).await.0, 401);
    world.answer(1).await;
    assert_eq!(world.slack.web.calls("/response").len(), 1);
}

/// What Slack sends while somebody types into the field on the app's page.
fn typing(user: &str, typed: &str) -> Value {
    json!({"type": "block_suggestion", "team": {"id": "T1", "domain": "home"}, "user": {"id": user, "team_id": "T1"},
        "api_app_id": "A1", "container": {"type": "view", "view_id": "V1"}, "block_id": "b1", "action_id": "cs:find",
        "value": typed})
}

fn as_form(payload: &Value) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

#[tokio::test]
async fn a_name_is_completed_while_it_is_typed_and_what_is_chosen_is_shown() {
    let world = world().await;
    let (status, body) = world.signed("/slack/options", &as_form(&typing("U1", "ac"))).await;
    let options: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &options["options"][0]["value"]), (200, &json!("acme")), "{options}");
    assert_eq!(options["options"][0]["text"], json!({"type": "plain_text", "text": "acme", "emoji": false}));
    // Whoever may not ask learns no names.
    let (_, body) = world.signed("/slack/options", &as_form(&typing("U9", "ac"))).await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({"options": []}));
    assert_eq!(world.post("/slack/options", NOW, "v0=00", &as_form(&typing("U1", "x"))).await.0, 401);
    let picked = json!({"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "t1",
        "container": {"type": "view", "view_id": "V1"}, "actions": [{"type": "external_select", "action_id": "cs:find",
            "block_id": "b1", "selected_option": {"text": {"type": "plain_text", "text": "アクメ 商事"}, "value": "アクメ 商事"}}]});
    world.signed("/slack/interactions", &as_form(&picked)).await;
    let said = world.slack.web.wait("/api/chat.postMessage", 1).await.remove(0).body;
    assert_eq!((&said["channel"], &said["blocks"][0]["text"]["text"]), (&json!("U1"), &json!("health of アクメ 商事")));
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused_before_it_is_read() {
    let world = world().await;
    let body = "x".repeat((1 << 20) + 1);
    assert_eq!(world.signed("/slack/commands", &body).await.0, 413);
}

#[tokio::test]
async fn who_may_not_ask_hears_what_one_hears_of_unknown_accounts() {
    let world = world().await;
    let asks = [("U9", "C1", "health acme"), ("U2", "C1", "note acme called"), ("U1", "C9", "health acme")];
    for (i, (user, channel, text)) in asks.into_iter().enumerate() {
        world.signed("/slack/commands", &world.slash(user, channel, text, &i.to_string())).await;
        assert_eq!(world.answer(i + 1).await["blocks"][0]["text"]["text"], "No account is called “acme”.");
    }
}

#[tokio::test]
async fn nothing_about_customers_is_said_where_customers_read() {
    let world = world().await;
    world.slack.channel(json!({"is_ext_shared": true}));
    world.signed("/slack/commands", &world.slash("U1", "C1", "health acme", "1")).await;
    assert_eq!(world.answer(1).await["blocks"][0]["text"]["text"], "No account is called “acme”.");
    world.slack.channel(json!({}));
    world.signed("/slack/commands", &world.slash("U1", "C1", "kpi", "2")).await;
    assert_eq!(world.answer(2).await["blocks"][0]["text"]["text"], "Nothing of that name was found.");
}

#[tokio::test]
async fn a_panic_below_is_told_to_the_asker() {
    let world = world().await;
    world.signed("/slack/commands", &world.slash("U1", "C1", "health panic", "1")).await;
    let answer = world.answer(1).await;
    assert!(answer["text"].as_str().unwrap().starts_with("Sorry"), "{answer}");
}

fn press(url: &str, value: &str) -> Value {
    json!({"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "api_app_id": "A1",
        "trigger_id": "t1", "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
        "channel": {"id": "C1", "name": "cs"}, "response_url": url,
        "actions": [{"type": "button", "action_id": "cs:1", "value": value}]})
}

#[tokio::test]
async fn a_pressed_button_reaches_the_desk() {
    let world = world().await;
    let payload = press(&world.slack.web.url("/response"), "ack #12\nrenewal/nudge").to_string();
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
    assert_eq!(world.signed("/slack/interactions", &body).await.0, 200);
    assert_eq!(world.answer(1).await["blocks"][0]["text"]["text"], "Ack #12 renewal/nudge by slack:U1");
}

#[tokio::test]
async fn the_address_is_confirmed_and_a_mention_answered_in_its_thread() {
    let world = world().await;
    let (status, body) = world.signed("/slack/events", r#"{"type":"url_verification","challenge":"c1"}"#).await;
    assert_eq!((status, body.as_str()), (200, r#"{"challenge":"c1"}"#));
    let event = json!({"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {"type": "app_mention",
        "user": "U1", "channel": "C1", "ts": "5.6", "text": "<@UBOT> health acme"}});
    assert_eq!(world.signed("/slack/events", &event.to_string()).await.0, 200);
    let call = world.slack.web.wait("/api/chat.postEphemeral", 1).await.remove(0);
    assert_eq!((&call.body["thread_ts"], &call.body["user"]), (&json!("5.6"), &json!("U1")));
    assert_eq!(call.authorization, "Bearer xoxb-test");
}

#[tokio::test]
async fn an_answer_never_goes_to_an_address_that_is_not_slacks() {
    let world = world().await;
    let other = FakeSlack::start().await;
    let body = world
        .slash("U1", "C1", "health acme", "1")
        .replace(&world.slack.web.address.port().to_string(), &other.web.address.port().to_string());
    assert_eq!(world.signed("/slack/commands", &body).await.0, 200);
    world.signed("/slack/commands", &world.slash("U1", "C1", "health acme", "2")).await;
    world.answer(1).await;
    assert!(other.web.calls("/response").is_empty());
}

#[tokio::test]
async fn socket_mode_acknowledges_and_answers() {
    let world = world().await;
    let socket = Socket::listen(&world.front, &"xapp-test".into()).await.unwrap();
    world.slack.connected().await;
    let url = world.slack.web.url("/response");
    world.slack.push(
        json!({"type": "slash_commands", "envelope_id": "e1", "accepts_response_payload": true, "payload": {
        "team_id": "T1", "channel_id": "C1", "user_id": "U1", "command": "/cs", "text": "health acme",
        "response_url": url, "trigger_id": "tr1"}}),
    );
    world.slack.acked("e1").await;
    assert_eq!(world.answer(1).await["blocks"][0]["text"]["text"], "health of acme");
    let payload = press(&url, "snooze acme\n");
    world.slack.push(
        json!({"type": "interactive", "envelope_id": "e2", "accepts_response_payload": false, "payload": payload}),
    );
    world.slack.acked("e2").await;
    assert_eq!(world.answer(2).await["blocks"][0]["text"]["text"], "Snooze acme by slack:U1");
    let form = press(&url, "form-note acme\naccount").to_string().replace("\"t1\"", "\"t2\"");
    let form: Value = serde_json::from_str(&form).unwrap();
    let push = |id: &str, payload: Value| {
        world.slack.push(
            json!({"type": "interactive", "envelope_id": id, "accepts_response_payload": false, "payload": payload}),
        );
    };
    push("e4", form);
    let view = world.slack.web.wait("/api/views.open", 1).await.remove(0).body["view"].clone();
    let values = json!({"text": {"text": {"type": "plain_text_input", "value": "two\nlines"}}});
    push(
        "e5",
        json!({"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "view": {"id": "V1", "team_id": "T1", "hash": "1.2", "type": "modal", "title": view["title"], "blocks": view["blocks"],
            "callback_id": view["callback_id"], "private_metadata": view["private_metadata"], "state": {"values": values}}}),
    );
    world.slack.acked("e5").await;
    let said = world.answer(3).await["blocks"][0]["text"]["text"].to_string();
    assert!(said.contains("Note") && said.contains("acme") && said.contains("lines"), "{said}");
    world.slack.push(json!({"type": "events_api", "envelope_id": "e6", "accepts_response_payload": false, "payload": {
        "token": "x", "team_id": "T1", "api_app_id": "A1", "type": "event_callback", "event_id": "Ev9", "event_time": NOW,
        "event": {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.1"}}}));
    let home = world.slack.web.wait("/api/views.publish", 1).await.remove(0).body;
    assert_eq!((&home["user_id"], &home["view"]["type"]), (&json!("U1"), &json!("home")));
    world.slack.push(json!({"type": "interactive", "envelope_id": "e7", "accepts_response_payload": true,
        "payload": typing("U1", "ac")}));
    assert_eq!(world.slack.acked("e7").await["options"][0]["value"], "acme");
    world.slack.push(json!({"type": "something_new", "envelope_id": "e3", "payload": {"x": 1}}));
    world.slack.acked("e3").await;
    assert!(socket.greetings() >= 1);
    let open = world.slack.web.calls("/api/apps.connections.open");
    assert_eq!(open[0].authorization, "Bearer xapp-test");
    socket.stop().await;
}

#[tokio::test]
async fn the_answer_is_in_the_asker_s_language_and_slack_is_asked_once() {
    let world = world().await;
    let japanese = json!({"ok": true, "user": {"id": "U1", "locale": "ja-JP"}});
    world.slack.web.script("/api/users.info", Answer::ok(japanese));
    for (count, trigger) in [(1, "1"), (2, "2")] {
        world.signed("/slack/commands", &world.slash("U1", "C1", "help", trigger)).await;
        assert_eq!(world.answer(count).await["blocks"][0]["text"]["text"], "できること");
    }
    let asked = world.slack.web.calls("/api/users.info");
    assert_eq!(
        (asked.len(), asked[0].query["user"].as_str(), asked[0].query["include_locale"].as_str()),
        (1, "U1", "true")
    );
    world.signed("/slack/commands", &world.slash("U9", "C1", "help", "3")).await;
    assert_eq!(world.answer(3).await["blocks"][0]["text"]["text"], "Nothing of that name was found.");
    assert_eq!(world.slack.web.calls("/api/users.info").len(), 1, "strangers are not looked up");
}

#[tokio::test]
async fn in_a_channel_that_is_not_listed_only_help_answers() {
    let world = world().await;
    world.signed("/slack/commands", &world.slash("U1", "C9", "ask how do I cancel", "1")).await;
    assert_eq!(world.answer(1).await["blocks"][0]["text"]["text"], "Nothing of that name was found.");
    world.signed("/slack/commands", &world.slash("U1", "C9", "help", "2")).await;
    assert_eq!(world.answer(2).await["blocks"][0]["text"]["text"], "What you can ask");
}
