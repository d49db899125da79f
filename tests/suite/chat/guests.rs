//! Customers in a channel of their own: they ask, and nothing else is there for them; nor is it for the team where they read.

use serde_json::{Value, json};
use shirube::{
    channel::{Channel, ChatContent, discord::DiscordChannel, slack::SlackChannel},
    chat::access::Access,
    command::roles::Role,
    model::{
        message::{Audience, ChannelKind, SendError},
        safe::{DiscordSafe, MrkdwnSafe},
    },
};

use super::{Counted, access, discord, planned, slack_in};
use crate::fakes::{discord::FakeDiscord, slack::FakeSlack};

/// Everybody of the team may look: who is a guest in our own guild is of it too.
fn open() -> Access {
    let mut access = access();
    access.users.insert("*".to_owned(), Role::Viewer);
    access.channels.extend(["*".to_owned(), "C7".to_owned(), "607".to_owned()]);
    access
}

const ONLY: &str = "Questions are answered here. Write “ask” and your question, e.g. ask how do I add seats.";

/// What was heard: the command as the desk read it, or that there is nothing.
fn heard(title: &str) -> &str {
    match title.split([' ', '{']).next().unwrap_or_default() {
        _ if title == ONLY => "only questions",
        "No" | "Nothing" => "nothing",
        "What" => "Help",
        word => word,
    }
}

/// In order: our operator, somebody of our workspace who is not listed, somebody of the customer's.
const SLACK: [(&str, &str, [&str; 9]); 6] = [
    // health, kpi, today, note, pause, ask, ask --share, ask --for, help
    ("C7", "U1", ["nothing", "nothing", "nothing", "nothing", "nothing", "Ask", "Ask", "nothing", "Help"]),
    ("C7", "U9", GUEST),
    ("C7", "X1", GUEST),
    ("C1", "U1", ["health", "Kpi", "Today", "Note", "Pause", "Ask", "Ask", "Ask", "Help"]),
    ("C1", "U9", ["health", "Kpi", "Today", "nothing", "nothing", "Ask", "nothing", "Ask", "Help"]),
    ("C1", "X1", ["nothing"; 9]),
];
const GUEST: [&str; 9] = [
    "only questions",
    "only questions",
    "only questions",
    "only questions",
    "only questions",
    "Ask",
    "only questions",
    "only questions",
    "only questions",
];
const TEXTS: [&str; 9] = [
    "health acme",
    "kpi",
    "today",
    "note acme called",
    "pause all",
    "ask how many seats",
    "ask how many seats --share",
    "ask --for acme how many seats",
    "help",
];

#[tokio::test]
async fn in_slack_every_place_person_and_command_has_its_answer() {
    let world = slack_in::world_of(open()).await;
    let mut count = 0;
    for (channel, user, expected) in SLACK {
        for (text, expected) in TEXTS.into_iter().zip(expected) {
            count += 1;
            let team = if user == "X1" { "T2" } else { "T1" };
            let body = world.slash_of(team, user, channel, text, &count.to_string());
            assert_eq!(world.signed("/slack/commands", &body).await.0, 200);
            let answer = world.answer(count).await;
            let title = answer["blocks"][0]["text"]["text"].as_str().unwrap();
            assert_eq!(heard(title), expected, "{channel} {user} {text}: {title}");
            let public = expected == "Ask" && text.ends_with("--share");
            assert_eq!(answer["response_type"], if public { "in_channel" } else { "ephemeral" }, "{channel} {text}");
        }
    }
    assert!(world.slack.web.calls("/api/conversations.info").iter().all(|call| call.query["channel"] != "C7"));
}

fn typed(text: &str) -> Value {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let option = |name: &str, value: Value| json!({"name": name, "value": value});
    let options = match (name, text) {
        ("health", _) => json!([option("account", "acme".into())]),
        ("note", _) => json!([option("account", "acme".into()), option("text", "called".into())]),
        ("pause", _) => json!([option("target", rest.into())]),
        (_, "ask how many seats --share") => {
            json!([option("question", "how many seats".into()), option("share", true.into())])
        }
        (_, "ask --for acme how many seats") => {
            json!([option("question", "how many seats".into()), option("account", "acme".into())])
        }
        ("ask", _) => json!([option("question", "how many seats".into())]),
        _ => json!([]),
    };
    json!({"name": "cs", "options": [{"type": 1, "name": name, "options": options}]})
}

fn interaction(id: usize, kind: u8, guild: &str, channel: Value, user: &str, data: Value) -> Value {
    json!({"id": id.to_string(), "token": "tok", "type": kind, "guild_id": guild, "channel_id": channel["id"],
        "channel": channel, "locale": "en-US", "member": {"user": {"id": user}, "roles": []}, "data": data})
}

#[tokio::test]
async fn in_discord_every_place_person_and_command_has_its_answer() {
    let world = discord::world_of(open()).await;
    let mut count = 0;
    for (channel, user, expected) in SLACK {
        let (team, user) = match user {
            "U1" => ("500", "77"),
            "U9" => ("500", "78"),
            _ => ("501", "79"),
        };
        let thread = json!({"id": "650", "type": 11, "parent_id": "607"});
        let rooms = if channel == "C7" {
            vec![json!({"id": "607", "type": 0}), thread]
        } else {
            vec![json!({"id": "600", "type": 0, "parent_id": "1"})]
        };
        for room in rooms {
            for (text, expected) in TEXTS.into_iter().zip(expected) {
                count += 1;
                let (_, answer) = world.signed(interaction(count, 2, team, room.clone(), user, typed(text))).await;
                let title = answer["data"]["embeds"][0]["title"].as_str().unwrap();
                assert_eq!(heard(title), expected, "{room} {user} {text}: {title}");
                let public = expected == "Ask" && text.ends_with("--share");
                assert_eq!(answer["data"]["flags"], if public { 0 } else { 64 }, "{room} {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_guest_completes_no_names_and_presses_no_button_of_the_team() {
    let world = discord::world_of(open()).await;
    let room = json!({"id": "607", "type": 0});
    let typing = json!({"name": "cs", "options": [{"type": 1, "name": "health", "options": [
        {"name": "account", "value": "ac", "focused": true}]}]});
    let (_, names) = world.signed(interaction(1, 4, "500", room.clone(), "78", typing)).await;
    assert_eq!(names["data"]["choices"], json!([]));
    for (id, wire) in [(2, "0 ack acme\ndigest:at-risk"), (3, "0 form-note acme\naccount"), (4, "0 ask health acme")] {
        let (_, said) = world.signed(interaction(id, 3, "500", room.clone(), "78", json!({"custom_id": wire}))).await;
        assert_eq!(said["data"]["embeds"][0]["title"], ONLY, "{wire}");
    }
}

#[tokio::test]
async fn a_guest_s_mention_is_a_question_without_the_word_ask() {
    let world = slack_in::world_of(open()).await;
    let event = |id: &str, text: &str| {
        json!({"type": "event_callback", "team_id": "T1", "event_id": id, "event": {"type": "app_mention", "user": "X1",
            "user_team": "T2", "channel": "C7", "ts": "5.6", "text": format!("<@UBOT> {text}")}})
    };
    world.signed("/slack/events", &event("Ev1", "how many seats do we have").to_string()).await;
    world.signed("/slack/events", &event("Ev2", "health acme").to_string()).await;
    let said = world.slack.web.wait("/api/chat.postEphemeral", 2).await;
    let mut titles: Vec<&str> = said.iter().map(|c| c.body["blocks"][0]["text"]["text"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert!(titles[0].contains("\"how many seats do we have\"") && titles[0].starts_with("Ask"), "{titles:?}");
    assert_eq!(titles[1], ONLY);
}

#[tokio::test]
async fn nothing_for_the_team_is_posted_to_a_channel_of_customers() {
    let (slack, discord) = (FakeSlack::start().await, FakeDiscord::start().await);
    let slack_out = SlackChannel::new(&slack.api_url(), &"xoxb-test".into()).unwrap();
    let slack_out = slack_out.with_customers(["C7".to_owned()].into());
    let discord_out = DiscordChannel::new(&discord.web.url(""), &"bot".into()).unwrap();
    let discord_out = discord_out.with_customers(["607".to_owned()].into());
    for (audience, posted) in [(Audience::Team, 0), (Audience::Customer, 1)] {
        let plan = planned(ChannelKind::Slack, "C7", audience);
        let body = shirube::channel::slack::slack_body(&plan, &ChatContent::markup("x", MrkdwnSafe::new("x")));
        let sent = slack_out.send(&plan, &body, &Counted::open()).await;
        assert_eq!(matches!(sent, Err(SendError::Misdirected { .. })), posted == 0, "{sent:?}");
        assert_eq!(slack.web.calls("/api/chat.postMessage").len(), posted);
        let plan = planned(ChannelKind::Discord, "607", audience);
        let body = shirube::channel::discord::discord_body(&plan, &ChatContent::markup("x", DiscordSafe::new("x")));
        let sent = discord_out.send(&plan, &body, &Counted::open()).await;
        assert_eq!(matches!(sent, Err(SendError::Misdirected { .. })), posted == 0, "{sent:?}");
        assert_eq!(discord.web.calls("/api/v10/channels/607/messages").len(), posted);
    }
}
