//! Stripe: customers, subscriptions and invoices, by webhook and by pull.
//!
//! Its objects carry no time of their last change. What was read in the back-fill counts as of the newest event that
//! was there before; from then on the same events are read that its webhooks bring.

mod money;
mod object;

use self::object::{Stood, changes, customer, customer_of, described, failed, paid, subscription};
use super::{
    Ask, Cursor, Heard, Page, Reading,
    shape::{at, list, moment, money, text, yes},
};
use crate::{
    model::{
        instant::{DAY, Instant, MINUTE, SECOND},
        system::{Told, Whose, Word},
    },
    source::track::Json,
};

/// The version of its API that these shapes are of.
pub const VERSION: &str = "2025-06-30.basil";
/// Where it is.
pub const API: &str = "https://api.stripe.com";
/// The events that are read; a webhook needs no others.
pub const EVENTS: [&str; 9] = [
    "customer.created",
    "customer.updated",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
];
/// Invoices of so many days are read in the back-fill.
const INVOICES: i64 = 400 * DAY;

/// What one event says; what it does not speak of is nothing.
pub fn hook(event: &Json, reading: &Reading<'_>) -> Heard {
    Heard { told: told(event, reading), look: false }
}

fn told(event: &Json, reading: &Reading<'_>) -> Vec<Told> {
    let Some(created) = moment(event, "created") else { return Vec::new() };
    let (Some(id), Some(kind)) = (text(event, "id"), text(event, "type")) else { return Vec::new() };
    let json = at(event, "data.object");
    let stood = Stood { at: created, by: &id };
    match kind.as_str() {
        "customer.created" | "customer.updated" => customer(json, stood, reading),
        "invoice.paid" => paid(json, Some(created)).into_iter().collect(),
        "invoice.payment_failed" => failed(json, created).into_iter().collect(),
        kind => match kind.strip_prefix("customer.subscription.") {
            Some(what) => contract(event, what, stood, reading),
            None => Vec::new(),
        },
    }
}

/// The subscription as it stands, and what happened to it.
fn contract(event: &Json, what: &str, stood: Stood<'_>, reading: &Reading<'_>) -> Vec<Told> {
    let json = at(event, "data.object");
    let (Some(told), Some(owner)) = (subscription(json, stood, reading), customer_of(json)) else { return Vec::new() };
    let names = match what {
        "created" if text(json, "status").as_deref() != Some("incomplete") => vec!["contract.started"],
        "updated" => changes(json, at(event, "data.previous_attributes"), reading),
        "deleted" => vec!["contract.cancelled"],
        _ => Vec::new(),
    };
    let happened = |name: &'static str| {
        let props = described(json, reading);
        // That it began is said once, and its end once for each day on which it shall be.
        let mark = match name {
            "contract.started" => "started".to_owned(),
            "contract.cancelled" => {
                format!("cancelled:{}", props.get("end").map(|v| v.to_string()).unwrap_or_default())
            }
            other => format!("{other}:{}", stood.by),
        };
        Told {
            id: format!("event/{}:{mark}", text(json, "id").unwrap_or_default()),
            at: stood.at,
            by: String::new(),
            whose: Whose::object(owner.clone()),
            word: Word::Event { name: name.to_owned(), props, contact: None },
        }
    };
    std::iter::once(told.clone()).chain(names.into_iter().map(happened)).collect()
}

/// The parts of a pull, in their order.
const PARTS: [&str; 4] = ["customers", "subscriptions", "invoices", "events"];

/// The next question.
pub fn ask(cursor: &Cursor) -> Ask {
    let after = |text: &mut String| {
        if !cursor.after.is_empty() {
            text.push_str(&format!("&starting_after={}", cursor.after));
        }
    };
    let mut path = match cursor.part.as_str() {
        // Before anything else: what is the newest that happened? The state that is read then is no older.
        "" => return Ask::get("/v1/events?limit=1".to_owned()),
        "customers" => "/v1/customers?limit=100".to_owned(),
        "subscriptions" => "/v1/subscriptions?status=all&limit=100".to_owned(),
        "invoices" => {
            let since = cursor.since.plus(-INVOICES).0 / SECOND;
            format!("/v1/invoices?status=paid&limit=100&created[gte]={since}")
        }
        _ => events(cursor),
    };
    if cursor.part != "events" || cursor.seen.is_empty() || !cursor.after.is_empty() {
        after(&mut path);
    }
    Ask::get(path)
}

fn events(cursor: &Cursor) -> String {
    let types: String = EVENTS.iter().map(|name| format!("&types[]={name}")).collect();
    match cursor.seen.as_str() {
        "" => format!("/v1/events?limit=100{types}&created[gte]={}", cursor.since.0 / SECOND),
        last => format!("/v1/events?limit=100{types}&ending_before={last}"),
    }
}

/// What an answer says, and where to go on.
pub fn read(cursor: &Cursor, answer: &Json, reading: &Reading<'_>) -> Option<Page> {
    let Json::List(_) = answer.get("data") else { return None };
    let items = list(answer, "data");
    if cursor.part.is_empty() {
        return Some(begun(items.first(), reading.options.now));
    }
    let stood = Stood { at: cursor.since, by: "" };
    let told = items.iter().flat_map(|json| match cursor.part.as_str() {
        "customers" => customer(json, stood, reading),
        "subscriptions" => subscription(json, stood, reading).into_iter().collect(),
        "invoices" => paid(json, None).into_iter().collect(),
        _ => told(json, reading),
    });
    let told = told.collect();
    let more = yes(answer, "has_more") && !items.is_empty();
    let mut next = cursor.clone();
    match cursor.part.as_str() {
        "events" => newer(&mut next, items, more),
        part if more => next.after = items.last().and_then(|json| text(json, "id")).unwrap_or_else(|| part.to_owned()),
        part => {
            next.after.clear();
            let place = PARTS.iter().position(|known| *known == part).unwrap_or_default();
            next.part = PARTS.get(place + 1).copied().unwrap_or("events").to_owned();
        }
    }
    let more = more || next.part != cursor.part;
    Some(Page { told, next, more })
}

fn begun(newest: Option<&Json>, now: Instant) -> Page {
    let seen = newest.and_then(|event| text(event, "id")).unwrap_or_default();
    // By its own clock; where nothing ever happened ours must do.
    let since = newest.and_then(|event| moment(event, "created")).unwrap_or_else(|| now.plus(-10 * MINUTE));
    Page {
        told: Vec::new(),
        next: Cursor { part: "customers".to_owned(), since, seen, ..Cursor::default() },
        more: true,
    }
}

/// Events come newest first: the first of them is where the next look begins. Where no event was known yet, the rest of
/// the first answer is walked down.
fn newer(next: &mut Cursor, items: &[Json], more: bool) {
    let id = |json: Option<&Json>| json.and_then(|json| text(json, "id"));
    if !next.seen.is_empty() && next.after.is_empty() {
        next.seen = id(items.first()).unwrap_or_else(|| next.seen.clone());
        return;
    }
    if next.mark.is_empty() {
        next.mark = id(items.first()).unwrap_or_default();
    }
    if more {
        next.after = id(items.last()).unwrap_or_default();
    } else {
        next.after.clear();
        next.seen = std::mem::take(&mut next.mark);
    }
}
