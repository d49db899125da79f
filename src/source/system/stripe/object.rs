//! Customers, subscriptions and invoices as Stripe writes them (API 2025-06-30.basil, and the shapes before 2025-03-31).

use std::collections::BTreeSet;

use super::money::{items, largest, major, monthly, mrr, seats};
use crate::{
    model::{
        instant::Instant,
        system::{Stands, Terms, Told, Whose, Word},
        value::{Props, Value},
    },
    source::{
        system::{
            Reading,
            shape::{asked, at, email, moment, num, text, value, work_domain, yes},
        },
        track::Json,
    },
};

/// Renewals are worth preparing where a period has so many months.
const LONG: f64 = 6.0;

/// A version of an object: when it stood so, and what decides between two of one moment.
#[derive(Clone, Copy)]
pub(super) struct Stood<'a> {
    pub(super) at: Instant,
    pub(super) by: &'a str,
}

/// The customer and the person who gets its invoices.
pub(super) fn customer(json: &Json, stood: Stood<'_>, reading: &Reading<'_>) -> Vec<Told> {
    let Some(id) = text(json, "id").filter(|_| !yes(json, "deleted")) else { return Vec::new() };
    let address = email(json, "email");
    let key = reading.account_key.map_or("metadata.account".to_owned(), |name| format!("metadata.{name}"));
    let domain = address.as_deref().and_then(work_domain);
    let name = text(json, "name").or_else(|| text(json, "description"));
    let created = moment(json, "created").map(Value::Instant).unwrap_or_default();
    let word = Word::Customer {
        key: text(json, &key),
        domains: domain.iter().cloned().collect::<BTreeSet<_>>(),
        attrs: asked(json, "metadata", reading.attributes, reading),
        weak: Props::from([
            ("name".to_owned(), value(name.clone())),
            ("domain".to_owned(), value(domain)),
            ("created_at".to_owned(), created),
        ]),
    };
    let told = |id: String, whose, word| Told { id, at: stood.at, by: stood.by.to_owned(), whose, word };
    let own = format!("customer/{id}");
    let person = Word::Person {
        key: address.clone(),
        attrs: Props::from([("email".to_owned(), value(address))]),
        weak: Props::from([("name".to_owned(), value(name)), ("role".to_owned(), Value::text("billing"))]),
    };
    vec![told(own.clone(), Whose::default(), word), told(format!("person/{id}"), Whose::object(own), person)]
}

/// A subscription as it stood.
pub(super) fn subscription(json: &Json, stood: Stood<'_>, reading: &Reading<'_>) -> Option<Told> {
    Some(Told {
        id: format!("contract/{}", text(json, "id")?),
        at: stood.at,
        by: stood.by.to_owned(),
        whose: Whose::object(customer_of(json)?),
        word: Word::Contract(terms(json, reading)),
    })
}

/// Whose an object is; the customer may be written out.
pub(super) fn customer_of(json: &Json) -> Option<String> {
    text(json, "customer").or_else(|| text(json, "customer.id")).map(|id| format!("customer/{id}"))
}

/// The terms of a subscription.
pub(super) fn terms(json: &Json, reading: &Reading<'_>) -> Terms {
    let zone = &reading.options.zone;
    let day = |path: &str| moment(json, path).map(|at| at.day(zone));
    let items = items(json);
    let stands = match text(json, "status").as_deref() {
        Some("trialing") => Stands::Trial,
        Some("active" | "past_due" | "unpaid" | "paused") => Stands::Active,
        Some("canceled") => Stands::Over,
        _ => Stands::Draft,
    };
    let over = || if stands == Stands::Over { day("ended_at").or_else(|| day("canceled_at")) } else { None };
    let asked_to = || if yes(json, "cancel_at_period_end") { period_end(json).map(|at| at.day(zone)) } else { None };
    let currency = text(json, "currency").unwrap_or_default();
    let rests = !at(json, "pause_collection").is_null() || text(json, "status").as_deref() == Some("paused");
    let months = largest(items).map(months).unwrap_or_default();
    Terms {
        stands,
        plan: largest(items).and_then(plan).unwrap_or_default(),
        mrr_minor: if rests { 0 } else { mrr(items, &currency) },
        currency: currency.to_ascii_uppercase(),
        seats: seats(items),
        start: day("trial_end").max(day("start_date")).or_else(|| day("created")),
        end: over().or_else(|| day("cancel_at")).or_else(asked_to),
        renews: period_end(json).map(|at| at.day(zone)).filter(|_| months >= LONG),
    }
}

/// How a price is called: its nickname, else a stable name of ours, else the product.
fn plan(item: &Json) -> Option<String> {
    ["price.nickname", "price.lookup_key", "price.metadata.plan", "price.product.name", "price.product", "price.id"]
        .iter()
        .find_map(|path| text(item, path))
}

fn months(item: &Json) -> f64 {
    let count = num(item, "price.recurring.interval_count").unwrap_or(1.0);
    match text(item, "price.recurring.interval").as_deref() {
        Some("year") => 12.0 * count,
        Some("month") => count,
        _ => 0.0,
    }
}

/// The end of the period that was paid: since 2025-03-31 it stands with each item.
fn period_end(json: &Json) -> Option<Instant> {
    let of_items = || items(json).iter().filter_map(|item| moment(item, "current_period_end")).min();
    moment(json, "current_period_end").or_else(of_items)
}

/// An invoice that was paid: the same whether it is heard of or read.
pub(super) fn paid(json: &Json, heard: Option<Instant>) -> Option<Told> {
    let at = moment(json, "status_transitions.paid_at").or(heard)?;
    invoice(json, "paid", "invoice.paid", at, "amount_paid", Props::new())
}

/// A payment that failed, once for each try.
pub(super) fn failed(json: &Json, heard: Instant) -> Option<Told> {
    let tries = num(json, "attempt_count").unwrap_or_default();
    let more = Props::from([("attempt".to_owned(), Value::Num(tries))]);
    invoice(json, &format!("failed:{tries}"), "invoice.failed", heard, "amount_due", more)
}

fn invoice(json: &Json, what: &str, name: &str, at: Instant, amount: &str, more: Props) -> Option<Told> {
    let (id, currency) = (text(json, "id")?, text(json, "currency").unwrap_or_default());
    let subscription = text(json, "subscription").or_else(|| text(json, "parent.subscription_details.subscription"));
    let mut props = Props::from([
        ("invoice_id".to_owned(), Value::text(&id)),
        ("amount".to_owned(), super::money(major(num(json, amount).unwrap_or_default(), &currency), &currency)),
    ]);
    props.extend(text(json, "number").map(|number| ("number".to_owned(), Value::text(number))));
    props.extend(subscription.map(|id| ("subscription".to_owned(), Value::text(id))));
    props.extend(more);
    Some(Told {
        id: format!("event/{id}:{what}"),
        at,
        by: String::new(),
        whose: Whose::object(customer_of(json)?),
        word: Word::Event { name: name.to_owned(), props, contact: None },
    })
}

/// What a change of a subscription is called, by what it was before.
pub(super) fn changes(json: &Json, previous: &Json, reading: &Reading<'_>) -> Vec<&'static str> {
    let (old, new) = (terms(&overlaid(json, previous), reading), terms(json, reading));
    if new.stands == Stands::Draft || old.stands == Stands::Draft {
        return if new.stands == old.stands { Vec::new() } else { vec!["contract.started"] };
    }
    let end = match (old.end, new.end) {
        (was, is) if was == is => None,
        (Some(was), Some(is)) if is > was => Some("contract.renewed"),
        (Some(_), None) => Some("contract.renewed"),
        _ => Some("contract.cancelled"),
    };
    let prolonged = (new.renews > old.renews && old.renews.is_some() && end.is_none()).then_some("contract.renewed");
    let price = match new.mrr_minor.cmp(&old.mrr_minor) {
        _ if old.currency != new.currency => None,
        std::cmp::Ordering::Greater => Some("contract.upgraded"),
        std::cmp::Ordering::Less => Some("contract.downgraded"),
        std::cmp::Ordering::Equal => None,
    };
    let plan = (price.is_none() && old.plan != new.plan).then_some("contract.changed");
    [end, prolonged, price, plan].into_iter().flatten().collect()
}

/// An object as it was: what changed stands with its old values.
fn overlaid(json: &Json, previous: &Json) -> Json {
    let mut old = json.clone();
    let Json::Map(map) = &mut old else { return old };
    for (name, value) in previous.pairs() {
        match map.pairs.iter_mut().find(|(known, _)| known == name) {
            Some(pair) => pair.1 = value.clone(),
            None => map.pairs.push((name.clone(), value.clone())),
        }
    }
    old
}

/// What an event about a contract says of it.
pub(super) fn described(json: &Json, reading: &Reading<'_>) -> Props {
    let terms = terms(json, reading);
    let monthly: f64 = items(json).iter().map(monthly).sum();
    let mut props = Props::from([
        ("subscription".to_owned(), value(text(json, "id"))),
        ("plan".to_owned(), Value::text(&terms.plan)),
        ("mrr".to_owned(), super::money(major(monthly, &terms.currency), &terms.currency)),
    ]);
    props.extend(terms.start.map(|day| ("start".to_owned(), Value::Date(day))));
    props.extend(terms.end.map(|day| ("end".to_owned(), Value::Date(day))));
    props.extend(terms.seats.map(|n| ("seats".to_owned(), Value::Num(n as f64))));
    props
}
