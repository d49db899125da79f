//! The request body of a message: the bytes that every retry sends again.

use serde_json::{Value, json};

use super::embeds;
use crate::{
    channel::{ChatContent, plain, press_words},
    model::{
        message::Planned,
        reply::Reply,
        safe::{DiscordSafe, shorten},
    },
};

/// Characters of a message's text.
const CONTENT: usize = 2_000;
/// Characters of a nonce.
const NONCE: usize = 25;

/// The body of "create message" for `planned`. The nonce is the beginning of the key: for some
/// minutes a second call with it answers with the first message instead of posting again.
pub fn discord_body(planned: &Planned, content: &ChatContent<DiscordSafe>) -> Vec<u8> {
    let mut body = match content {
        ChatContent::Text { markup, .. } => {
            json!({"content": cut(markup), "components": embeds::components(&press_words(planned))})
        }
        ChatContent::Reply(reply) => {
            let mut buttons = embeds::buttons(reply);
            buttons.extend(press_words(planned));
            json!({"content": heading(reply), "embeds": [embeds::embed(reply)], "components": embeds::components(&buttons)})
        }
    };
    body["allowed_mentions"] = json!({"parse": []});
    body["nonce"] = Value::String(planned.key.0.chars().take(NONCE).collect());
    body["enforce_nonce"] = Value::Bool(true);
    body["flags"] = json!(4); // no previews of links
    body.to_string().into_bytes()
}

/// The message part of an answer to a question.
pub fn answer(reply: &Reply) -> Value {
    let ephemeral = if reply.shared { 0 } else { 64 };
    json!({
        "embeds": [embeds::embed(reply)],
        "components": embeds::components(&embeds::buttons(reply)),
        "allowed_mentions": {"parse": []},
        "flags": ephemeral,
    })
}

/// The notification shows the text, not the embed.
fn heading(reply: &Reply) -> String {
    DiscordSafe::new(&shorten(&plain::summary(&Reply { parts: Vec::new(), ..reply.clone() }, 300), 300))
        .as_str()
        .to_owned()
}

/// Cut at a line end: an escape or a link is never cut in two.
fn cut(text: &DiscordSafe) -> String {
    let text = text.as_str();
    if text.chars().count() <= CONTENT {
        return text.to_owned();
    }
    let mut out = String::new();
    for line in text.lines() {
        if out.chars().count() + line.chars().count() + 3 > CONTENT {
            break;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.push('…');
    out
}
