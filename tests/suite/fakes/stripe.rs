//! Stripe's API as documented: lists newest first, cursors both ways, bearer keys, a pinned version.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::web::{Answer, Call, Web};

pub const KEY: &str = "rk_test_0123456789";

/// What one account holds, oldest first.
#[derive(Default)]
pub struct Books {
    pub customers: Vec<Value>,
    pub subscriptions: Vec<Value>,
    pub invoices: Vec<Value>,
    pub events: Vec<Value>,
    /// At most so many on a page, whatever is asked for; 0 = as asked for.
    pub page: usize,
}

pub async fn start(books: Arc<Mutex<Books>>) -> Web {
    Web::start(move |call| answer(&books.lock().unwrap(), call)).await
}

fn answer(books: &Books, call: &Call) -> Answer {
    if call.authorization != format!("Bearer {KEY}") {
        return refused(401, "Invalid API Key provided");
    }
    assert_eq!(call.headers["stripe-version"], "2025-06-30.basil");
    let all = match call.path.as_str() {
        "/v1/customers" => &books.customers,
        "/v1/subscriptions" => &books.subscriptions,
        "/v1/invoices" => &books.invoices,
        "/v1/events" => &books.events,
        _ => return refused(404, "Unrecognized request URL"),
    };
    let newest: Vec<&Value> = all.iter().rev().collect();
    let place = |name: &str| {
        let id = call.query.get(name)?;
        Some(newest.iter().position(|one| one["id"] == **id))
    };
    let limit = call.query["limit"].parse::<usize>().unwrap();
    let limit = if books.page > 0 { limit.min(books.page) } else { limit };
    let (from, to, more) = match (place("starting_after"), place("ending_before")) {
        (Some(None), _) | (_, Some(None)) => return refused(400, "No such object"),
        (Some(Some(at)), _) => (at + 1, (at + 1 + limit).min(newest.len()), at + 1 + limit < newest.len()),
        (None, Some(Some(at))) => (at.saturating_sub(limit), at, at > limit),
        (None, None) => (0, limit.min(newest.len()), limit < newest.len()),
    };
    Answer::ok(json!({"object": "list", "url": call.path, "has_more": more, "data": newest[from..to]}))
}

pub fn refused(status: u16, message: &str) -> Answer {
    let body = json!({"error": {"type": "invalid_request_error", "message": message}});
    Answer { status, headers: Vec::new(), body }
}
