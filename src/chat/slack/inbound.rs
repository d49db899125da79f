//! What Slack sends, read into the three things we answer. Unknown shapes are none, never an error:
//! Slack adds new ones.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::modal::{self, Kept};
use crate::{channel::slack::blocks::FIND, command::office::quoted};

/// Stands for the app's own page, which only its reader sees: like every direct message it begins with D.
const HOME: &str = "D-home";

/// Where a question came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The asker's workspace.
    pub team: String,
    /// Where it was asked.
    pub channel: String,
    /// Who asked.
    pub user: String,
    /// Slack's id of this one request, against doing it twice.
    pub once: String,
}

/// How the answer goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// To this address, given by Slack for half an hour.
    Url(String),
    /// Under this message, for the asker's eyes only.
    Thread(String),
    /// To the person directly.
    Person,
    /// As the person's page of the app.
    Home,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The text after the command or the mention.
    Text(String),
    /// The value of a pressed button.
    Press(String),
    /// The answers of a form, and the button that opened it.
    Submit(String, BTreeMap<String, String>),
    /// The person's page.
    Home,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// From where.
    pub origin: Origin,
    /// What.
    pub question: Question,
    /// Back to where.
    pub way: Way,
    /// The message whose button was pressed, where Slack shows it (not for ephemeral ones).
    pub pressed: Option<Pressed>,
}

/// A message with the block that holds the pressed button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// Its text beside the blocks.
    pub text: String,
    /// Its blocks.
    pub blocks: Vec<Value>,
    /// The id of the button's block.
    pub block: String,
}

/// A slash command from its fields.
pub fn slash(fields: &HashMap<String, String>) -> Option<Inbound> {
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let origin =
        Origin { team: get("team_id"), channel: get("channel_id"), user: get("user_id"), once: get("trigger_id") };
    let way = Way::Url(fields.get("response_url").filter(|url| !url.is_empty())?.clone());
    Some(Inbound { origin, question: Question::Text(unescape(&get("text"))), way, pressed: None })
}

/// The fields of a form body; a name given twice keeps its first value.
pub fn form(body: &[u8]) -> HashMap<String, String> {
    let mut fields = HashMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    fields
}

/// The fields of a JSON object whose values are texts.
pub fn texts(json: &Value) -> HashMap<String, String> {
    let text = |(name, value): (&String, &Value)| value.as_str().map(|v| (name.clone(), v.to_owned()));
    json.as_object().map(|map| map.iter().filter_map(text).collect()).unwrap_or_default()
}

/// A pressed button.
pub fn press(payload: &Value) -> Option<Inbound> {
    let action = payload["actions"].as_array()?.first()?;
    if payload["type"] != "block_actions" || !action["action_id"].as_str()?.starts_with("cs:") {
        return None;
    }
    let origin = clicked(payload)?;
    let way = payload["response_url"].as_str().map_or(Way::Person, |url| Way::Url(url.to_owned()));
    let question = match action["selected_option"]["value"].as_str() {
        Some(name) if action["action_id"] == FIND => Question::Text(format!("health {}", quoted(name))),
        _ => Question::Press(action["value"].as_str()?.to_owned()),
    };
    Some(Inbound { origin, question, way, pressed: pressed(payload, action) })
}

/// Where somebody used what stands in a message or on the app's page.
fn clicked(payload: &Value) -> Option<Origin> {
    let channel = payload["channel"]["id"].as_str().or(payload["container"]["channel_id"].as_str());
    let channel = channel.or((payload["container"]["type"] == "view").then_some(HOME));
    Some(Origin {
        team: payload["user"]["team_id"].as_str().or(payload["team"]["id"].as_str())?.to_owned(),
        channel: channel.unwrap_or("").to_owned(),
        user: payload["user"]["id"].as_str()?.to_owned(),
        once: payload["trigger_id"].as_str().unwrap_or("").to_owned(),
    })
}

/// What somebody has typed so far into the field that completes names.
pub fn typed(payload: &Value) -> Option<(Origin, String)> {
    if payload["type"] != "block_suggestion" || payload["action_id"] != FIND {
        return None;
    }
    Some((clicked(payload)?, payload["value"].as_str()?.to_owned()))
}

fn pressed(payload: &Value, action: &Value) -> Option<Pressed> {
    let message = &payload["message"];
    let blocks = message["blocks"].as_array().filter(|blocks| !blocks.is_empty())?.clone();
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    Some(Pressed { text, blocks, block: action["block_id"].as_str()?.to_owned() })
}

/// A submitted form.
pub fn submitted(payload: &Value) -> Option<Inbound> {
    let view = &payload["view"];
    if payload["type"] != "view_submission" || view["callback_id"] != modal::CALLBACK {
        return None;
    }
    let kept: Kept = serde_json::from_str(view["private_metadata"].as_str()?).ok()?;
    let origin = Origin {
        team: payload["user"]["team_id"].as_str().or(payload["team"]["id"].as_str())?.to_owned(),
        channel: kept.channel,
        user: payload["user"]["id"].as_str()?.to_owned(),
        // The same form sent twice is one answer.
        once: format!("view:{}", view["id"].as_str()?),
    };
    let way = if kept.url.is_empty() { Way::Person } else { Way::Url(kept.url) };
    let question = Question::Submit(kept.press, modal::answers(view));
    Some(Inbound { origin, question, way, pressed: None })
}

/// What somebody did with a button or a form.
pub fn interaction(payload: &Value) -> Option<Inbound> {
    press(payload).or_else(|| submitted(payload))
}

/// What happened in Slack: a mention, or somebody opened the app's page.
pub fn event(callback: &Value) -> Option<Inbound> {
    mention(callback).or_else(|| home(callback))
}

fn home(callback: &Value) -> Option<Inbound> {
    let event = &callback["event"];
    if event["type"] != "app_home_opened" || event["tab"].as_str().is_some_and(|tab| tab != "home") {
        return None;
    }
    let origin = Origin {
        team: callback["team_id"].as_str()?.to_owned(),
        channel: HOME.to_owned(),
        user: event["user"].as_str()?.to_owned(),
        once: callback["event_id"].as_str().unwrap_or("").to_owned(),
    };
    Some(Inbound { origin, question: Question::Home, way: Way::Home, pressed: None })
}

/// `@shirube …`, from the outer callback with its `event`.
pub fn mention(callback: &Value) -> Option<Inbound> {
    let event = &callback["event"];
    // What a bot writes starts nothing: two bots would talk for ever.
    if event["type"] != "app_mention" || event["bot_id"].is_string() || event["subtype"].is_string() {
        return None;
    }
    let origin = Origin {
        // In a shared channel the outer team is where the app lives; the writer may be of another.
        team: event["user_team"].as_str().or(event["team"].as_str()).or(callback["team_id"].as_str())?.to_owned(),
        channel: event["channel"].as_str()?.to_owned(),
        user: event["user"].as_str()?.to_owned(),
        once: callback["event_id"].as_str().unwrap_or("").to_owned(),
    };
    let way = Way::Thread(event["thread_ts"].as_str().or(event["ts"].as_str())?.to_owned());
    let text = without_mention(event["text"].as_str().unwrap_or(""));
    Some(Inbound { origin, question: Question::Text(unescape(text)), way, pressed: None })
}

fn without_mention(text: &str) -> &str {
    match text.trim_start().strip_prefix("<@").and_then(|rest| rest.split_once('>')) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// Slack escapes exactly these three.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mention_is_read_without_its_mark_and_bots_are_not_heard() {
        let mut callback = json!({"team_id": "T1", "event_id": "Ev1", "event": {"type": "app_mention", "user": "U1",
            "channel": "C1", "ts": "1.2", "text": "<@U0BOT> health A &amp; B"}});
        let read = mention(&callback).unwrap();
        assert_eq!(read.question, Question::Text(" health A & B".into()));
        assert_eq!(read.way, Way::Thread("1.2".into()));
        callback["event"]["bot_id"] = json!("B1");
        assert_eq!(mention(&callback), None);
    }

    #[test]
    fn a_person_of_another_company_is_of_that_company() {
        let callback = json!({"team_id": "T1", "event": {"type": "app_mention", "user": "U1", "user_team": "T2",
            "channel": "C1", "ts": "1.2", "text": "health"}});
        assert_eq!(mention(&callback).unwrap().origin.team, "T2");
    }

    #[test]
    fn foreign_shapes_are_not_ours() {
        assert_eq!(press(&json!({"type": "view_closed"})), None);
        let foreign = json!({"type": "block_actions", "actions": [{"action_id": "x", "value": "y"}]});
        assert_eq!(press(&foreign), None);
        assert_eq!(slash(&HashMap::new()), None);
    }
}
