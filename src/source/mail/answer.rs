//! Answers: by a machine (RFC 3834, and what machines wrote before it), or by a person.

use super::{Class, Heard, fields, human, key, notice, opened::Opened};

/// Whether it answers some mail and no server wrote it: whatever words it quotes, it is no returned mail.
pub fn is_by_a_person(opened: &Opened) -> bool {
    ANSWERS.iter().any(|name| opened.field(name).is_some())
        && !(opened.is_report || !opened.feedback.is_empty() || notice::marked(opened).is_some())
        && !(human::is_by_a_server(opened) || human::takes_no_answer(opened))
}

/// The fields by which an answer names what it answers.
const ANSWERS: [&str; 2] = ["in-reply-to", "references"];

/// A mail that is no returned mail: an automatic answer, a person's reply to a message of ours, or nothing.
pub fn read(opened: &Opened) -> Heard {
    let recipient = opened.from.clone().or_else(|| opened.field("from").and_then(fields::address));
    let key = ANSWERS.iter().filter_map(|name| opened.field(name)).find_map(key::in_brackets);
    if automatic(opened, key.is_some()) {
        return Heard { class: Class::AutoReply, recipient, ..Heard::nothing() };
    }
    Heard { reply: key.is_some(), key, recipient, ..Heard::nothing() }
}

/// Whether a machine wrote it. What answers one of our mails may have come through a list: a shared mailbox of the
/// customer's, in which people answer.
fn automatic(opened: &Opened, answers_ours: bool) -> bool {
    let submitted = opened.field("auto-submitted").map(str::to_ascii_lowercase);
    if let Some(word) = submitted {
        return !word.starts_with("no");
    }
    let precedence = opened.field("precedence").unwrap_or_default().to_ascii_lowercase();
    let subject = opened.subject.trim_start().to_lowercase();
    let listed = opened.field("list-id").is_some() || matches!(precedence.as_str(), "bulk" | "list");
    MARKS.iter().any(|name| opened.field(name).is_some())
        || listed && !answers_ours
        || opened.field("x-apple-action").is_some_and(|v| v.eq_ignore_ascii_case("vacation"))
        || matches!(precedence.as_str(), "auto_reply" | "auto-reply" | "junk")
        || matches!(opened.field("return-path"), Some("<>"))
        || SUBJECTS.iter().any(|begin| subject.starts_with(begin))
}

/// Headers that only machines set.
const MARKS: [&str; 8] = [
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response-for",
    "x-mail-autoreply",
    "x-ms-exchange-inbox-rules-loop",
    "x-vacation",
];

/// How subjects of automatic answers begin.
const SUBJECTS: [&str; 22] = [
    "auto:",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "automatic reply",
    "automatic response",
    "automated reply",
    "out of office",
    "out-of-office",
    "out of the office",
    "away from",
    "vacation",
    "abwesenheit",
    "自動返信",
    "自動応答",
    "不在通知",
    "不在の",
    "【自動",
    "[自動",
];
