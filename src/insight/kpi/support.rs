//! What the help desk did: tickets an account, hours until they were solved, and how customers rated them.

use std::collections::{BTreeMap, BTreeSet};

use super::{event, put, voices};
use crate::{
    insight::{
        rate::{Rate, Unit},
        survival::{self, Ended, Observed},
    },
    model::{fact::Fact, ids::AccountId, instant::Instant, value::Value},
};

/// What a source reports of a ticket.
pub const EVENTS: [&str; 2] = ["ticket.opened", "ticket.closed"];
/// Microseconds of an hour.
const HOUR: f64 = 3_600_000_000.0;

/// When a ticket was opened, and closed last.
#[derive(Clone, Copy)]
struct Ticket {
    opened: Instant,
    closed: Option<Instant>,
}

/// Adds the figures of the tickets in `said`; `present` are the accounts active at the closing, `end` the moment up to
/// which they are followed.
pub(super) fn add(said: &[&Fact], present: &BTreeSet<AccountId>, end: Instant, kpis: &mut BTreeMap<String, Rate>) {
    let tickets = tickets(said);
    let theirs = tickets.keys().filter(|(account, _)| present.contains(account)).count() as u64;
    let all = if tickets.is_empty() { 0 } else { present.len() as u64 };
    let value = (all > 0).then(|| theirs as f64 / all as f64);
    let rate = Rate::ratio(i64::try_from(theirs).unwrap_or(i64::MAX), all, "opened_by_active");
    put(kpis, "tickets_per_account", Rate { value, unit: Unit::Points, ..rate });
    let observed: Vec<Observed> = tickets.values().map(|ticket| ticket.observed(end)).collect();
    put(kpis, "resolution_hours", hours(&observed));
    let rated: Vec<&Fact> = said.iter().copied().filter(|fact| id(fact).is_some()).collect();
    put(kpis, "csat_tickets", voices::csat(&rated));
}

/// The hours by which half of the tickets were solved (Kaplan–Meier: those still open count as long as they are).
fn hours(observed: &[Observed]) -> Rate {
    let closed = observed.iter().filter(|o| o.1 == Ended::Reached).count() as i64;
    let (low, high) = survival::median_interval(observed);
    let value = survival::median(&survival::kaplan_meier(observed));
    let rate = Rate::ratio(closed, observed.len() as u64, "opened_in_period_kaplan_meier");
    Rate { value, ci95: (closed > 0).then_some([low, high]), unit: Unit::Hours, ..rate }
}

impl Ticket {
    fn observed(&self, end: Instant) -> Observed {
        let since = |at: Instant| at.since(self.opened).max(0) as f64 / HOUR;
        match self.closed.filter(|at| *at < end) {
            Some(closed) => (since(closed), Ended::Reached),
            None => (since(end), Ended::Open),
        }
    }
}

/// Tickets that were opened, each once; one without an id is never closed as far as we know, and one that was opened
/// again is solved when it was closed last.
fn tickets(said: &[&Fact]) -> BTreeMap<(AccountId, String), Ticket> {
    let key = |fact: &Fact| (fact.account, id(fact).unwrap_or_else(|| fact.event_id.clone()));
    let mut all: BTreeMap<(AccountId, String), Ticket> = BTreeMap::new();
    for fact in said.iter().filter(|fact| event(fact) == EVENTS[0]) {
        let new = Ticket { opened: fact.occurred_at, closed: None };
        let ticket = all.entry(key(fact)).or_insert(new);
        ticket.opened = ticket.opened.min(fact.occurred_at);
    }
    for fact in said.iter().filter(|fact| event(fact) == EVENTS[1]) {
        if let Some(ticket) = all.get_mut(&key(fact)) {
            ticket.closed = ticket.closed.max(Some(fact.occurred_at));
        }
    }
    all
}

fn id(fact: &Fact) -> Option<String> {
    Some(fact.body.prop("ticket_id")).filter(|id| *id != Value::Missing).map(|id| id.to_string())
}
