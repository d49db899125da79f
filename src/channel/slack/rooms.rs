//! Where a message goes: names to ids, and the guard against showing customers what is about them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use serde_json::Value;
use slack_morphism::prelude::SlackApiToken;

use super::{client::Client, errors};
use crate::{channel::plain, model::message::SendError};

/// Pages of channels read to find a name; with 1,000 a page this covers any workspace we know of.
const PAGES: usize = 20;

/// What `conversations.info` says about who reads a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Only the own organisation.
    Own,
    /// Another company too, or soon.
    Outside,
    /// The flag could not be read.
    Unreadable,
}

/// Names already looked up.
#[derive(Debug, Default)]
pub struct Rooms {
    known: Mutex<HashMap<String, String>>,
    /// Slack ids of people by their key: `@kei` → `U123`.
    pub people: BTreeMap<String, String>,
}

impl Rooms {
    /// The id to post to: `C…`, `G…`, `D…`, `U…` and `W…` as they are, `@U…` without the mark, `#name` looked up.
    pub async fn id(&self, client: &Client, token: &SlackApiToken, address: &str) -> Result<String, SendError> {
        let Some(name) = address.strip_prefix('#') else {
            return person_or_id(&plain::person(&self.people, address));
        };
        if let Some(id) = self.known(name) {
            return Ok(id);
        }
        let id = find(client, token, name).await?;
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name.to_owned(), id.clone());
        Ok(id)
    }

    fn known(&self, name: &str) -> Option<String> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(name).cloned()
    }
}

fn person_or_id(address: &str) -> Result<String, SendError> {
    let id = address.strip_prefix('@').unwrap_or(address);
    let fits =
        id.starts_with(['C', 'G', 'D', 'U', 'W']) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if fits && id.len() > 1 {
        Ok(id.to_owned())
    } else {
        let reason = "this is no Slack id; write #channel, a channel id (C…) or a person's id (U…), or add `slack: U…` to the person under `people`";
        Err(SendError::Misdirected { reason: reason.to_owned() })
    }
}

async fn find(client: &Client, token: &SlackApiToken, name: &str) -> Result<String, SendError> {
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let page = list(client, token, &cursor).await?;
        let rooms = page["channels"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(id) = rooms.iter().find(|room| room["name"] == name).and_then(|room| room["id"].as_str()) {
            return Ok(id.to_owned());
        }
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or("").to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    let reason = format!("Slack shows no channel #{name}; create it, invite the app, or use the channel's id (C…)");
    Err(SendError::Misdirected { reason })
}

async fn list(client: &Client, token: &SlackApiToken, cursor: &str) -> Result<Value, SendError> {
    let params = [
        ("types", Some("public_channel,private_channel")),
        ("exclude_archived", Some("true")),
        ("limit", Some("1000")),
        ("cursor", Some(cursor).filter(|c| !c.is_empty())),
    ];
    let session = client.open_session(token);
    session
        .http_session_api
        .http_get("conversations.list", &params.to_vec(), None)
        .await
        .map_err(|e| errors::before_post(&e))
}

/// Who reads `channel`. slack-morphism's typed channel lacks the flag, so the raw answer is read.
pub async fn readers(client: &Client, token: &SlackApiToken, channel: &str) -> Result<Readers, SendError> {
    let params = vec![("channel", Some(channel))];
    let session = client.open_session(token);
    let answer: Result<Value, _> = session.http_session_api.http_get("conversations.info", &params, None).await;
    answer.map(|info| judge(&info["channel"])).map_err(|e| errors::before_post(&e))
}

fn judge(channel: &Value) -> Readers {
    let invited = |name: &str| channel[name].as_array().is_some_and(|list| !list.is_empty());
    let pending = channel["is_pending_ext_shared"].as_bool();
    match channel["is_ext_shared"].as_bool() {
        Some(true) => Readers::Outside,
        _ if pending == Some(true) || invited("pending_shared") || invited("pending_connected_team_ids") => {
            Readers::Outside
        }
        Some(false) if pending.is_some() || channel["is_pending_ext_shared"].is_null() => Readers::Own,
        _ => Readers::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_channel_that_is_surely_our_own_passes() {
        let own = json!({"is_ext_shared": false, "is_pending_ext_shared": false});
        assert_eq!(judge(&own), Readers::Own);
        assert_eq!(judge(&json!({"is_ext_shared": true})), Readers::Outside);
        assert_eq!(judge(&json!({"is_ext_shared": false, "is_pending_ext_shared": true})), Readers::Outside);
        assert_eq!(judge(&json!({"is_ext_shared": false, "pending_shared": ["T2"]})), Readers::Outside);
        assert_eq!(judge(&json!({"is_ext_shared": false, "is_pending_ext_shared": "no"})), Readers::Unreadable);
        assert_eq!(judge(&json!({"is_shared": false})), Readers::Unreadable);
        assert_eq!(judge(&Value::Null), Readers::Unreadable);
    }

    #[test]
    fn addresses_that_are_no_ids_are_refused_with_advice() {
        assert_eq!(person_or_id("@U123").unwrap(), "U123");
        assert_eq!(person_or_id("C0FFEE").unwrap(), "C0FFEE");
        for bad in ["@kei", "", "C", "kei@example.test", "C12 3"] {
            assert!(matches!(person_or_id(bad), Err(SendError::Misdirected { .. })), "{bad}");
        }
    }
}
