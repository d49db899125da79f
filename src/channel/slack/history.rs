//! Is a message there? Every post carries its key in the metadata, and the channel's history shows it.

use serde_json::Value;
use slack_morphism::prelude::SlackApiToken;

use super::{client::Client, errors};
use crate::model::{
    instant::{Instant, MINUTE},
    message::SendError,
};

/// Clocks differ by less than this.
const SLACK: i64 = 5 * MINUTE;
/// Pages read at most, 200 messages each; a channel that is busier cannot be judged.
const PAGES: usize = 5;

/// The `ts` of the post with `key` in `room`, made at about `at`; `Ok(None)` = surely not there.
pub async fn find(
    client: &Client,
    token: &SlackApiToken,
    room: &str,
    key: &str,
    at: Instant,
) -> Result<Option<String>, SendError> {
    let oldest = seconds(at.plus(-SLACK));
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let page = page(client, token, room, &oldest, &cursor).await?;
        let messages = page["messages"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(found) = messages.iter().find(|m| m["metadata"]["event_payload"]["key"] == key) {
            return Ok(Some(found["ts"].as_str().unwrap_or("?").to_owned()));
        }
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or("").to_owned();
        if cursor.is_empty() {
            return Ok(None);
        }
    }
    Err(SendError::Unknown { reason: "the channel is too busy to be searched".to_owned() })
}

async fn page(
    client: &Client,
    token: &SlackApiToken,
    room: &str,
    oldest: &str,
    cursor: &str,
) -> Result<Value, SendError> {
    let params = vec![
        ("channel", Some(room)),
        ("oldest", Some(oldest)),
        ("include_all_metadata", Some("true")),
        ("limit", Some("200")),
        ("cursor", Some(cursor).filter(|c| !c.is_empty())),
    ];
    let session = client.open_session(token);
    let answer = session.http_session_api.http_get("conversations.history", &params, None).await;
    answer.map_err(|e| errors::before_post(&e))
}

/// The id of the conversation with a person; a channel's id as it is.
pub async fn conversation(client: &Client, token: &SlackApiToken, room: &str) -> Result<String, SendError> {
    if !room.starts_with(['U', 'W']) {
        return Ok(room.to_owned());
    }
    let session = client.open_session(token);
    let request = serde_json::json!({"users": room});
    let answer: Result<Value, _> = session.http_session_api.http_post("conversations.open", &request, None).await;
    let answer = answer.map_err(|e| errors::before_post(&e))?;
    let id = answer["channel"]["id"].as_str();
    id.map(str::to_owned).ok_or_else(|| SendError::Unknown { reason: "Slack named no conversation".to_owned() })
}

fn seconds(at: Instant) -> String {
    format!("{}.{:06}", at.0.div_euclid(1_000_000), at.0.rem_euclid(1_000_000))
}
