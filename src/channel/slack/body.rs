//! The request body of a message: the bytes that every retry sends again.

use serde_json::{Value, json};

use super::blocks::{self, Page};
use crate::{
    channel::{ChatContent, plain, press_words},
    model::{
        message::Planned,
        reply::Reply,
        safe::{MrkdwnSafe, shorten},
    },
};

/// Characters of the summary beside the blocks: notification and screen reader.
const SUMMARY: usize = 3_000;

/// The body of `chat.postMessage` for `planned`.
pub fn slack_body(planned: &Planned, content: &ChatContent<MrkdwnSafe>) -> Vec<u8> {
    let (text, blocks) = match content {
        ChatContent::Text { plain, markup, blocks } => (escaped(plain), text_blocks(planned, markup, blocks)),
        ChatContent::Reply(reply) => (summary(reply), blocks::reply(&with_actions(planned, reply))),
    };
    let body = json!({
        "channel": planned.address,
        "text": text,
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
        "metadata": {
            "event_type": "shirube_message",
            "event_payload": {"key": planned.key.0, "playbook": planned.playbook, "step": planned.step},
        },
    });
    body.to_string().into_bytes()
}

/// The body of an answer to a question, for a `response_url`.
pub fn answer(reply: &Reply) -> Value {
    json!({
        "response_type": if reply.shared { "in_channel" } else { "ephemeral" },
        "replace_original": false,
        "text": summary(reply),
        "blocks": blocks::reply(reply),
    })
}

/// The whole answer as one escaped text.
pub fn summary(reply: &Reply) -> String {
    escaped(&plain::summary(reply, SUMMARY))
}

fn escaped(text: &str) -> String {
    let text = MrkdwnSafe::new(text);
    blocks::pieces(text.as_str(), SUMMARY).into_iter().next().unwrap_or_else(|| "–".to_owned())
}

/// The finished blocks while they fit, else the text in sections as far as it fits. The buttons come
/// first in the count: a message without them could not be acted on.
fn text_blocks(planned: &Planned, markup: &MrkdwnSafe, finished: &[Value]) -> Vec<Value> {
    let mut page = Page::with_buttons_below(&press_words(planned));
    if finished.is_empty() || !page.has_room_for(finished) {
        page.mrkdwn(markup);
    } else {
        finished.iter().for_each(|block| page.push(block.clone()));
    }
    page.finish(planned.locale)
}

/// A digest has its own buttons on every row; the message's actions come last.
fn with_actions(planned: &Planned, reply: &Reply) -> Reply {
    let mut reply = reply.clone();
    reply.title = shorten(&reply.title, SUMMARY);
    press_words(planned).into_iter().fold(reply, |reply, button| reply.button(button.label, button.press))
}
