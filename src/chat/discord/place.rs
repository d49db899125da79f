//! The answer to a pressed button, put under the message itself: everybody sees who took what.

use serde_json::{Value, json};

use crate::model::{
    reply::{Part, Reply},
    safe::{DiscordSafe, clean, shorten},
};

/// Marks the embed in which these answers stand.
const SAID: u32 = 0x0057_8b6f;
/// Answers kept, the newest; characters of one.
const LINES: usize = 10;
const LINE: usize = 150;
/// Discord's limits: embeds of a message, characters over all of them.
const EMBEDS: usize = 10;
const TOTAL: usize = 6_000;

/// The data that changes `message` into itself with `reply` under it. None where the message is not known, is full, or
/// the answer asks something itself.
pub fn replacement(message: &Value, reply: &Reply) -> Option<Value> {
    if !message.is_object() || reply.parts.iter().any(|part| matches!(part, Part::Buttons(_))) {
        return None;
    }
    let before = message["embeds"].as_array().map_or(&[][..], Vec::as_slice);
    let (said, mut embeds): (Vec<Value>, Vec<Value>) = before.iter().cloned().partition(|e| e["color"] == SAID);
    let mut embeds: Vec<Value> = embeds.drain(..).map(|embed| plain(&embed)).collect();
    let mut lines: Vec<String> =
        said.iter().filter_map(|e| e["description"].as_str()).flat_map(str::lines).map(str::to_owned).collect();
    lines.push(DiscordSafe::new(&shorten(&clean(&reply.title), LINE)).as_str().to_owned());
    lines.drain(..lines.len().saturating_sub(LINES));
    embeds.push(json!({"description": lines.join("\n"), "color": SAID}));
    let cost: usize = embeds.iter().map(characters).sum();
    (embeds.len() <= EMBEDS && cost <= TOTAL)
        .then(|| json!({"type": 7, "data": {"embeds": embeds, "allowed_mentions": {"parse": []}}}))
}

/// An embed as it was sent, without what Discord added.
fn plain(embed: &Value) -> Value {
    let mut made = json!({});
    for key in ["title", "description", "color", "footer"] {
        if !embed[key].is_null() {
            made[key] = embed[key].clone();
        }
    }
    let field = |f: &Value| json!({"name": f["name"], "value": f["value"], "inline": f["inline"]});
    if let Some(fields) = embed["fields"].as_array() {
        made["fields"] = fields.iter().map(field).collect();
    }
    made
}

fn characters(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(characters).sum(),
        Value::Object(map) => map.values().map(characters).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{locale::Locale, reply::Press};

    fn message(description: &str) -> Value {
        json!({"id": "1", "content": "the digest", "components": [{"type": 1}], "embeds": [
            {"type": "rich", "title": "At risk", "description": description, "fields": [{"name": "a", "value": "b", "inline": true}]}]})
    }

    #[test]
    fn answers_gather_under_the_message_and_the_rest_of_it_stays() {
        let first = replacement(&message("1. Acme"), &Reply::new(Locale::En, "Kei is on **it**")).unwrap();
        assert_eq!(first["type"], 7);
        let embeds = first["data"]["embeds"].as_array().unwrap().clone();
        assert_eq!((&embeds[0]["title"], &embeds[0]["fields"][0]["value"]), (&json!("At risk"), &json!("b")));
        assert_eq!(embeds[1]["description"], "Kei is on \\*\\*it\\*\\*");
        assert!(first["data"].get("components").is_none(), "what is not named stays");
        let mut later = message("1. Acme");
        later["embeds"] = json!(embeds);
        for i in 0..30 {
            let next = replacement(&later, &Reply::new(Locale::En, format!("line {i}"))).unwrap();
            later["embeds"] = next["data"]["embeds"].clone();
        }
        assert_eq!(later["embeds"].as_array().unwrap().len(), 2);
        assert_eq!(later["embeds"][1]["description"].as_str().unwrap().lines().count(), LINES);
    }

    #[test]
    fn without_a_message_or_room_or_where_something_is_asked_it_is_answered_apart() {
        let reply = Reply::new(Locale::En, "x");
        assert_eq!(replacement(&Value::Null, &reply), None);
        assert_eq!(replacement(&message(&"x".repeat(5_995)), &reply), None);
        let asks = Reply::new(Locale::En, "Who?").button("Kei", Press::Ask("assign acme kei".into()));
        assert_eq!(replacement(&message("x"), &asks), None);
    }
}
