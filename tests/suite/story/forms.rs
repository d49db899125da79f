//! Slack's forms and the app's own page, on the built binary: what a form says is recorded like the command, and nobody
//! opens one who may not give it, nor where customers read.

use serde_json::{Value, json};

use super::house::{House, signature};

const MORNING: &str = "2026-04-06T10:00:00+09:00";
const OPEN: &str = "/api/views.open";

/// A signed interaction at `seconds` after the house's clock.
async fn interact(house: &House, payload: &Value, seconds: i64) {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    let at = house.seconds() + seconds;
    assert_eq!(house.send("/slack/interactions", &body, at, &signature(&body, at)).await, 200);
}

fn press(house: &House, user: &str, value: &str, trigger: &str) -> Value {
    json!({"type": "block_actions", "team": {"id": "T1"}, "user": {"id": user, "team_id": "T1"}, "trigger_id": trigger,
        "channel": {"id": "C1"}, "response_url": house.slack.web.url("/respond"),
        "actions": [{"type": "button", "action_id": "cs:0", "block_id": "b", "value": value}]})
}

/// What Slack sends when a modal is submitted with these values.
fn submission(opened: &Value, id: &str, values: Value) -> Value {
    let view = &opened["view"];
    json!({"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "view": {"id": id, "team_id": "T1", "hash": "1.2", "type": "modal", "title": view["title"], "blocks": view["blocks"],
            "callback_id": view["callback_id"], "private_metadata": view["private_metadata"], "state": {"values": values}}})
}

/// The form that the card's button `form-NAME` opens.
async fn opened(house: &House, name: &str, count: usize) -> Value {
    let card: Value = serde_json::from_str(&house.answer("health acme").await).unwrap();
    let blocks = card["blocks"].as_array().unwrap();
    let buttons: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block["elements"].as_array())
        .flatten()
        .filter_map(|button| button["value"].as_str())
        .collect();
    let value = buttons.iter().find(|value| value.starts_with(name)).unwrap_or_else(|| panic!("{buttons:?}"));
    interact(house, &press(house, "U1", value, &format!("tr{count}")), 0).await;
    house.slack.web.wait(OPEN, count).await.remove(count - 1).body
}

/// The answer after a form was submitted.
async fn submitted(house: &House, form: &Value) -> String {
    let before = house.slack.web.calls("/respond").len();
    interact(house, form, 0).await;
    house.slack.web.wait("/respond", before + 1).await[before].body.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_under_the_card_is_recorded_like_the_command() {
    let house = House::new(Some(MORNING)).await;
    let daemon = house.start(&[]).await;
    let note = opened(&house, "form-note", 1).await;
    assert_eq!((&note["trigger_id"], &note["view"]["title"]["text"]), (&json!("tr1"), &json!("メモを残す")));
    assert_eq!(note["view"]["blocks"][0]["text"]["text"], "アクメ株式会社");
    let words = json!({"text": {"text": {"type": "plain_text_input", "value": "請求書の\n見た目 #export"}},
        "positive": {"positive": {"type": "checkboxes", "selected_options": [{"value": "yes"}]}}});
    let form = submission(&note, "V1", words);
    let said = submitted(&house, &form).await;
    assert!(said.contains("アクメ株式会社 にメモを残しました。"), "{said}");
    interact(&house, &form, 1).await;

    let snooze = opened(&house, "form-snooze", 2).await;
    assert_eq!(snooze["view"]["blocks"][1]["element"]["initial_option"]["value"], "7d");
    let two_weeks = json!({"length": {"length": {"type": "static_select", "selected_option": {"value": "14d"}}}});
    let said = submitted(&house, &submission(&snooze, "V2", two_weeks)).await;
    assert!(said.contains("2026-04-20 まで"), "{said}");

    let assign = opened(&house, "form-assign", 3).await;
    let mia = json!({"person": {"person": {"type": "static_select", "selected_option": {"value": "mia"}}}});
    let said = submitted(&house, &submission(&assign, "V3", mia)).await;
    assert!(said.contains("担当を Mia にしました"), "{said}");

    let timeline = house.done(&["--lang", "ja", "timeline", "acme"]);
    assert_eq!(timeline.matches("見た目 #export").count(), 1, "sent twice, written once: {timeline}");
    assert_eq!(timeline.matches("通知を止める: Kei").count(), 1, "one snooze, whatever it mutes: {timeline}");
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_opens_and_is_taken_only_from_those_who_may_and_not_where_customers_read() {
    let house = House::new(Some(MORNING)).await;
    let daemon = house.start(&[]).await;
    let note = opened(&house, "form-note", 1).await;
    let refused = async |payload: Value| {
        let said = submitted(&house, &payload).await;
        assert!(said.contains("「acme」という顧客は見つかりません。"), "{said}");
    };
    refused(press(&house, "U9", "form-note acme\naccount", "stranger")).await;
    house.slack.channel(json!({"is_ext_shared": true}));
    refused(press(&house, "U1", "form-note acme\naccount", "shared")).await;
    assert_eq!(house.slack.web.calls(OPEN).len(), 1);
    // The channel was shared while the form was open.
    house.slack.channel(json!({"is_ext_shared": true}));
    refused(submission(&note, "V1", json!({"text": {"text": {"value": "x"}}}))).await;
    let mut stranger = submission(&note, "V2", json!({"text": {"text": {"value": "x"}}}));
    stranger["user"]["id"] = json!("U9");
    refused(stranger).await;
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_s_page_shows_its_reader_s_accounts_and_nothing_to_strangers() {
    let house = House::new(Some(MORNING)).await;
    let daemon = house.start(&[]).await;
    let open = async |user: &str, count: usize| {
        let event = json!({"type": "event_callback", "team_id": "T1", "event_id": format!("Ev{user}"),
            "event": {"type": "app_home_opened", "user": user, "channel": "D1", "tab": "home"}});
        let (body, at) = (event.to_string(), house.seconds());
        assert_eq!(house.send("/slack/events", &body, at, &signature(&body, at)).await, 200);
        house.slack.web.wait("/api/views.publish", count).await.remove(count - 1).body
    };
    let page = open("U1", 1).await;
    assert_eq!((&page["user_id"], &page["view"]["type"]), (&json!("U1"), &json!("home")));
    assert_eq!(page["view"]["blocks"][0]["text"]["text"], "Kei の担当顧客: 3社");
    let shown = page.to_string();
    assert!(shown.contains("アクメ株式会社") && shown.contains("form-note acme"), "{shown}");
    let page = open("U9", 2).await.to_string();
    assert!(page.contains("見つかりません。") && !page.contains("acme"), "{page}");

    // A button there has no address to answer to: the answer comes as a message to its reader.
    let mut ask = press(&house, "U1", "ask health acme", "home");
    ask.as_object_mut().unwrap().retain(|name, _| !["channel", "response_url"].contains(&name.as_str()));
    ask["container"] = json!({"type": "view", "view_id": "V9"});
    let before = house.slack.web.calls("/api/chat.postMessage").len();
    interact(&house, &ask, 0).await;
    let said = house.slack.web.wait("/api/chat.postMessage", before + 1).await.remove(before).body;
    assert_eq!(said["channel"], "U1");
    assert!(said.to_string().contains("アクメ株式会社"), "{said}");
    daemon.end();
}
