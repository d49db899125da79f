//! What a chat message says: a rendered template, or an answer as data.

use crate::model::{
    locale::Locale,
    message::{Action, Planned},
    reply::{Button, Press, Reply, Target},
};

/// The content of a chat message; `M` is the chat's own safe markup.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatContent<M> {
    /// A rendered template.
    Text {
        /// Without markup: notifications and screen readers.
        plain: String,
        /// With the chat's own markup.
        markup: M,
        /// Slack: the same as finished blocks, preferred while they fit; else empty.
        blocks: Vec<serde_json::Value>,
    },
    /// A digest, or another answer as data.
    Reply(Reply),
}

impl<M> ChatContent<M> {
    /// A text that is markup only.
    pub fn markup(plain: impl Into<String>, markup: M) -> ChatContent<M> {
        ChatContent::Text { plain: plain.into(), markup, blocks: Vec::new() }
    }
}

/// The buttons under `planned`: each carries the account and what it is about.
pub fn press_words(planned: &Planned) -> Vec<Button> {
    let about = format!("{}/{}", planned.playbook, planned.step);
    let button = |action: &Action| Button {
        label: label(planned.locale, *action).to_owned(),
        press: Press::Act(*action, Target::numbered(planned.account, about.clone())),
        about: String::new(),
    };
    planned.actions.iter().map(button).collect()
}

/// What the button of `action` says.
pub fn label(locale: Locale, action: Action) -> &'static str {
    match (locale, action) {
        (Locale::Ja, Action::Ack) => "対応します",
        (Locale::Ja, Action::Snooze) => "通知を止める",
        (Locale::Ja, Action::Assign) => "担当を変える",
        (Locale::En, Action::Ack) => "I am on it",
        (Locale::En, Action::Snooze) => "Later",
        (Locale::En, Action::Assign) => "Assign",
    }
}
