//! Messages to Slack.

use serde_json::{Value, json};
use shirube::{
    channel::{
        Channel, ChatContent,
        slack::{SlackChannel, slack_body},
    },
    command::reply::{Part, Reply, Table},
    model::{
        locale::Locale,
        message::{Audience, ChannelKind, SendError},
        safe::MrkdwnSafe,
    },
};
use tokio::net::TcpListener;

use super::{Counted, planned};
use crate::fakes::{slack::FakeSlack, web::Answer};

fn channel(slack: &FakeSlack) -> SlackChannel {
    SlackChannel::new(&slack.api_url(), &"xoxb-test".into()).unwrap()
}

fn body(address: &str, text: &str) -> Vec<u8> {
    slack_body(&planned(ChannelKind::Slack, address, Audience::Team), &ChatContent::markup(text, MrkdwnSafe::new(text)))
}

#[tokio::test]
async fn a_message_carries_its_key_and_buttons_and_goes_to_the_named_channel() {
    let slack = FakeSlack::start().await;
    let plan = planned(ChannelKind::Slack, "#cs", Audience::Team);
    let gate = Counted::open();
    let receipt = channel(&slack).send(&plan, &body("#cs", "Acme <!channel>"), &gate).await.unwrap().unwrap();
    assert_eq!((receipt.detail.as_str(), gate.asked()), ("slack C1 1700000000.000100", 1));
    let call = slack.web.calls("/api/chat.postMessage").remove(0);
    assert_eq!(call.body["channel"], "C1");
    assert_eq!(call.body["metadata"]["event_payload"]["key"], plan.key.0);
    assert_eq!((&call.body["unfurl_links"], &call.body["link_names"]), (&json!(false), &Value::Null));
    assert_eq!(call.body["blocks"][0]["text"]["text"], "Acme &lt;!channel&gt;");
    let buttons = call.body["blocks"][1]["elements"].as_array().unwrap();
    assert_eq!(buttons[0]["value"], "ack #12\nrenewal/nudge");
    assert_eq!(buttons.len(), 2);
}

#[tokio::test]
async fn a_shut_gate_posts_nothing() {
    let slack = FakeSlack::start().await;
    let gate = Counted { open: false, ..Counted::open() };
    let plan = planned(ChannelKind::Slack, "C1", Audience::Team);
    assert_eq!(channel(&slack).send(&plan, &body("C1", "x"), &gate).await, Ok(None));
    assert!(slack.web.calls("/api/chat.postMessage").is_empty());
}

#[tokio::test]
async fn team_messages_never_reach_a_channel_that_customers_read() {
    let slack = FakeSlack::start().await;
    let plan = planned(ChannelKind::Slack, "C1", Audience::Team);
    let unreadable =
        [json!({"is_ext_shared": true}), json!({"is_ext_shared": false, "is_pending_ext_shared": true}), json!({})];
    for flags in unreadable {
        slack.channel(flags);
        let gate = Counted::open();
        let refused = channel(&slack).send(&plan, &body("C1", "x"), &gate).await;
        assert!(matches!(refused, Err(SendError::Misdirected { .. })), "{refused:?}");
        assert_eq!(gate.asked(), 0);
    }
    slack.web.script("/api/conversations.info", Answer::ok(json!({"ok": false, "error": "missing_scope"})));
    let refused = channel(&slack).send(&plan, &body("C1", "x"), &Counted::open()).await;
    assert!(matches!(refused, Err(SendError::Misconfigured { .. })), "{refused:?}");
    assert!(slack.web.calls("/api/chat.postMessage").is_empty());
    let nudge = planned(ChannelKind::Slack, "C1", Audience::Customer);
    assert!(channel(&slack).send(&nudge, &body("C1", "x"), &Counted::open()).await.unwrap().is_some());
}

#[tokio::test]
async fn after_a_429_nothing_is_called_early() {
    let slack = FakeSlack::start().await;
    slack.web.script(
        "/api/chat.postMessage",
        Answer {
            status: 429,
            headers: vec![("retry-after", "7".to_owned())],
            body: json!({"ok": false, "error": "ratelimited"}),
        },
    );
    let channel = channel(&slack);
    let plan = planned(ChannelKind::Slack, "C1", Audience::Team);
    let first = channel.send(&plan, &body("C1", "x"), &Counted::open()).await;
    assert!(matches!(first, Err(SendError::RetryAfter { after_micros: Some(7_000_000), .. })), "{first:?}");
    let elsewhere = planned(ChannelKind::Slack, "U7", Audience::Team);
    let gate = Counted::open();
    let second = channel.send(&elsewhere, &body("U7", "x"), &gate).await;
    assert!(matches!(second, Err(SendError::RetryAfter { after_micros: Some(1..=7_000_000), .. })), "{second:?}");
    assert_eq!((gate.asked(), slack.web.calls("/api/chat.postMessage").len()), (0, 1));
}

#[tokio::test]
async fn what_slack_refuses_says_what_to_do_next() {
    let slack = FakeSlack::start().await;
    let plan = planned(ChannelKind::Slack, "C1", Audience::Customer);
    let send = async |error: &str| {
        slack.web.script("/api/chat.postMessage", Answer::ok(json!({"ok": false, "error": error})));
        channel(&slack).send(&plan, &body("C1", "x"), &Counted::open()).await.unwrap_err()
    };
    assert!(matches!(send("not_in_channel").await, SendError::Misdirected { .. }));
    assert!(matches!(send("invalid_auth").await, SendError::Misconfigured { .. }));
    assert!(matches!(send("ratelimited").await, SendError::RetryAfter { .. }));
    assert!(matches!(send("fatal_error").await, SendError::Unknown { .. }));
}

#[tokio::test]
async fn a_line_lost_after_the_request_is_unknown_and_no_line_at_all_is_not() {
    let plan = planned(ChannelKind::Slack, "U1", Audience::Team);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
    });
    let lost = SlackChannel::new(&url, &"xoxb-test".into()).unwrap();
    let outcome = lost.send(&plan, &body("U1", "x"), &Counted::open()).await;
    assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{outcome:?}");
    server.await.unwrap();
    let nobody = SlackChannel::new(&url, &"xoxb-test".into()).unwrap();
    let outcome = nobody.send(&plan, &body("U1", "x"), &Counted::open()).await;
    assert!(matches!(outcome, Err(SendError::RetryAfter { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_digest_is_posted_as_blocks_with_a_summary() {
    let slack = FakeSlack::start().await;
    let table = Table { header: vec!["Account".into()], rows: vec![vec!["<!here> Acme".into()]] };
    let digest = Reply::new(Locale::En, "At risk").with(Part::Table(table));
    let plan = planned(ChannelKind::Slack, "C1", Audience::Team);
    let body = slack_body(&plan, &ChatContent::Reply(digest));
    channel(&slack).send(&plan, &body, &Counted::open()).await.unwrap();
    let call = slack.web.calls("/api/chat.postMessage").remove(0);
    assert_eq!(call.body["blocks"][1]["rows"][1][0], json!({"type": "raw_text", "text": "<!here> Acme"}));
    assert!(call.body["text"].as_str().unwrap().contains("&lt;!here&gt; Acme"));
}

#[tokio::test]
async fn blocks_that_slack_does_not_take_give_way_to_simpler_ones() {
    let slack = FakeSlack::start().await;
    let table = Table { header: vec!["Account".into(), "MRR".into()], rows: vec![vec!["Acme".into(), "¥1".into()]] };
    let digest = Reply::new(Locale::En, "At risk").with(Part::Table(table));
    let plan = planned(ChannelKind::Slack, "C1", Audience::Team);
    let body = slack_body(&plan, &ChatContent::Reply(digest));
    let refuse = |times: usize| {
        for _ in 0..times {
            let no = Answer::ok(json!({"ok": false, "error": "invalid_blocks"}));
            slack.web.script("/api/chat.postMessage", no);
        }
    };
    refuse(1);
    channel(&slack).send(&plan, &body, &Counted::open()).await.unwrap().unwrap();
    let calls = slack.web.calls("/api/chat.postMessage");
    assert_eq!((calls.len(), &calls[0].body["blocks"][1]["type"]), (2, &json!("table")));
    assert_eq!(calls[1].body["blocks"][1]["text"]["text"], "Account | MRR\nAcme | ¥1");
    assert_eq!(calls[1].body["metadata"], calls[0].body["metadata"]);
    refuse(2);
    channel(&slack).send(&plan, &body, &Counted::open()).await.unwrap().unwrap();
    let last = slack.web.calls("/api/chat.postMessage").pop().unwrap();
    assert!(last.body["blocks"].is_null() && last.body["text"].as_str().unwrap().contains("Acme | ¥1"));
    refuse(3);
    let refused = channel(&slack).send(&plan, &body, &Counted::open()).await;
    assert!(matches!(refused, Err(SendError::Reject { .. })), "{refused:?}");
}

#[tokio::test]
async fn history_tells_whether_a_message_is_there() {
    let slack = FakeSlack::start().await;
    let plan = planned(ChannelKind::Slack, "#cs", Audience::Team);
    let at = shirube::model::instant::Instant(1_700_000_000_000_000);
    let ours = json!({"ts": "1.2", "metadata": {"event_payload": {"key": plan.key.0}}});
    let page = |messages: Value, next: &str| {
        let answer = json!({"ok": true, "messages": messages, "response_metadata": {"next_cursor": next}});
        slack.web.script("/api/conversations.history", Answer::ok(answer));
    };
    page(json!([{"ts": "1.1", "text": "hello"}]), "more");
    page(json!([ours]), "");
    let found = channel(&slack).evidence(&plan, at).await;
    assert_eq!(found, Some(Some("slack C1 1.2, found by its key".to_owned())));
    let asked = &slack.web.calls("/api/conversations.history")[1].query;
    assert_eq!((asked["include_all_metadata"].as_str(), asked["cursor"].as_str()), ("true", "more"));
    assert_eq!(asked["oldest"], "1699999700.000000");
    page(json!([{"ts": "1.1", "text": "hello"}]), "");
    assert_eq!(channel(&slack).evidence(&plan, at).await, Some(None));
    slack.web.script("/api/conversations.history", Answer::ok(json!({"ok": false, "error": "missing_scope"})));
    assert_eq!(channel(&slack).evidence(&plan, at).await, None, "nobody knows");
}

#[tokio::test]
async fn doctor_names_the_workspace() {
    let slack = FakeSlack::start().await;
    assert_eq!(channel(&slack).doctor().await.unwrap(), "Slack: shirube in Home (T1)");
    slack.web.script("/api/auth.test", Answer::ok(json!({"ok": false, "error": "invalid_auth"})));
    assert!(channel(&slack).doctor().await.unwrap_err().contains("slack.bot_token"));
}
