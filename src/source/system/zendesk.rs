//! Zendesk: tickets by its incremental export; a webhook says that there is news.

use super::{
    Ask, Cursor, Heard, Page, Reading,
    shape::{at, email, list, moment, num, text, yes},
    ticket::Ticket,
};
use crate::{
    model::{
        instant::{DAY, Instant, MINUTE, SECOND},
        track::host,
    },
    source::track::Json,
};

/// Tickets of so many days are read in the back-fill.
const TICKETS: i64 = 400 * DAY;

/// What a webhook says: that there is news.
pub fn hook(_payload: &Json) -> Heard {
    Heard { told: Vec::new(), look: true }
}

/// The next question.
pub fn ask(cursor: &Cursor, now: Instant) -> Ask {
    let more = "&include=users,organizations,metric_sets&per_page=100";
    let from = match cursor.after.as_str() {
        "" => format!("start_time={}", now.plus(-TICKETS).0 / SECOND),
        after => format!("cursor={after}"),
    };
    Ask::get(format!("/api/v2/incremental/tickets/cursor.json?{from}{more}"))
}

/// What an answer says, and where to go on.
pub fn read(cursor: &Cursor, answer: &Json, reading: &Reading<'_>) -> Option<Page> {
    let Json::List(tickets) = answer.get("tickets") else { return None };
    let told = tickets.iter().filter_map(|json| ticket(json, answer, reading)).flat_map(Ticket::told).collect();
    let after = text(answer, "after_cursor").unwrap_or_else(|| cursor.after.clone());
    let more = !yes(answer, "end_of_stream") && after != cursor.after;
    Some(Page { told, next: Cursor { after, ..cursor.clone() }, more })
}

fn ticket(json: &Json, answer: &Json, reading: &Reading<'_>) -> Option<Ticket> {
    let by = |name: &str, field: &str, id: Option<String>| {
        let id = id?;
        list(answer, name).iter().find(|one| text(one, field).as_ref() == Some(&id))
    };
    let status = text(json, "status")?;
    let id = text(json, "id").filter(|_| status != "deleted")?;
    let requester = by("users", "id", text(json, "requester_id")).unwrap_or(&Json::Null);
    let company = text(json, "organization_id").or_else(|| text(requester, "organization_id"));
    let company = by("organizations", "id", company).unwrap_or(&Json::Null);
    let metrics = by("metric_sets", "ticket_id", Some(id.clone())).unwrap_or(&Json::Null);
    let (opened, changed) = (moment(json, "created_at"), moment(json, "updated_at"));
    let done = matches!(status.as_str(), "solved" | "closed");
    let minutes = num(metrics, "reply_time_in_minutes.calendar");
    let domains = list(company, "domain_names");
    Some(Ticket {
        id,
        key: reading
            .account_key
            .and_then(|name| text(company, name).or_else(|| text(company, &format!("organization_fields.{name}")))),
        email: email(requester, "email"),
        name: text(requester, "name"),
        domain: domains.first().and_then(Json::text).map(host),
        subject: text(json, "subject"),
        priority: text(json, "priority"),
        channel: text(json, "via.channel"),
        opened,
        replied: opened.zip(minutes).map(|(at, minutes)| at.plus(minutes as i64 * MINUTE)),
        closed: moment(metrics, "solved_at").or(changed).filter(|_| done),
        rated: rated(at(json, "satisfaction_rating")).zip(changed).map(|((score, said), at)| (score, said, at)),
    })
}

/// Good is five of five, bad is one.
fn rated(json: &Json) -> Option<(f64, Option<String>)> {
    let score = text(json, "score")?;
    let score = match score.as_str() {
        good if good.starts_with("good") => 5.0,
        bad if bad.starts_with("bad") => 1.0,
        _ => return None,
    };
    Some((score, text(json, "comment")))
}
