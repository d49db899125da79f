//! Intercom: conversations that customers begin, by search; a webhook says that there is news.

use serde_json::json;

use super::{
    Ask, Cursor, Heard, Page,
    shape::{email, moment, num, text},
    ticket::Ticket,
};
use crate::{
    model::instant::{DAY, Instant, MINUTE, SECOND},
    source::track::Json,
};

/// Where it is.
pub const API: &str = "https://api.intercom.io";
/// The version of its API that these shapes are of.
pub const VERSION: &str = "2.11";
/// Conversations of so many days are read in the back-fill.
const CONVERSATIONS: i64 = 400 * DAY;
/// What is read again each time: search knows of a change only after a while, and clocks differ.
const OVERLAP: i64 = 10 * MINUTE;
/// Conversations of one page.
const PAGE: usize = 50;

/// What a webhook says: that there is news.
pub fn hook(payload: &Json) -> Heard {
    let look = text(payload, "topic").is_some_and(|topic| topic.starts_with("conversation"));
    Heard { told: Vec::new(), look }
}

/// The next question.
pub fn ask(cursor: &Cursor, now: Instant) -> Ask {
    let since = if cursor.since.0 > 0 { cursor.since } else { now.plus(-CONVERSATIONS) };
    let mut pagination = json!({"per_page": PAGE});
    if !cursor.after.is_empty() {
        pagination["starting_after"] = json!(cursor.after);
    }
    let changed = json!({"field": "updated_at", "operator": ">", "value": since.0 / SECOND});
    let body = json!({"query": {"operator": "AND", "value": [changed]}, "pagination": pagination});
    Ask { path: "/conversations/search".to_owned(), body: Some(body.to_string()) }
}

/// What an answer says, and where to go on.
pub fn read(cursor: &Cursor, answer: &Json, now: Instant) -> Option<Page> {
    let Json::List(items) = answer.get("conversations") else { return None };
    let told = items.iter().filter_map(ticket).flat_map(Ticket::told).collect();
    let mut next = cursor.clone();
    if next.after.is_empty() {
        next.begun = now.plus(-OVERLAP);
        // Where the first walk begins is the same on all of its pages.
        if next.since.0 == 0 {
            next.since = now.plus(-CONVERSATIONS);
        }
    }
    let more = next.walk(text(answer, "pages.next.starting_after"), &["conversations"]);
    Some(Page { told, next, more })
}

/// A conversation that a customer began.
fn ticket(json: &Json) -> Option<Ticket> {
    let author = json.get("source").get("author");
    if !matches!(text(author, "type")?.as_str(), "user" | "lead" | "contact") {
        return None;
    }
    let closed = text(json, "state").as_deref() == Some("closed");
    let stats = json.get("statistics");
    let rating = json.get("conversation_rating");
    let rated = num(rating, "rating").zip(moment(rating, "created_at"));
    let subject = text(json, "title").or_else(|| text(json, "source.subject"));
    Some(Ticket {
        id: text(json, "id")?,
        email: email(author, "email"),
        name: text(author, "name"),
        // Subjects may be written as HTML: what is between the brackets is no subject.
        subject: subject.map(|text| plain(&text)).filter(|text| !text.is_empty()),
        priority: text(json, "priority").filter(|word| word == "priority"),
        channel: text(json, "source.type"),
        opened: moment(json, "created_at"),
        replied: moment(stats, "first_admin_reply_at"),
        closed: moment(stats, "last_close_at").or_else(|| moment(json, "updated_at")).filter(|_| closed),
        rated: rated.map(|(score, at)| (score, text(rating, "remark"), at)),
        ..Ticket::default()
    })
}

fn plain(html: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        let was = inside;
        inside = (inside || *c == '<') && *c != '>';
        !was && !inside
    };
    html.chars().filter(keep).collect::<String>().trim().to_owned()
}
