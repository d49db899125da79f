//! HubSpot: companies that are customers, their contacts and deals, by pull; a webhook says that there is news.
//!
//! Its webhooks carry one property each and may come in any order: they only make us look. What is read is the object as
//! it stands, with the time of its last change.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Ask, Cursor, Heard, Page, Reading,
    shape::{asked, at, email, full_name, moment, money, num, text, value, work_domain, yes},
};
use crate::{
    model::{
        instant::{Instant, MINUTE},
        system::{Told, Whose, Word},
        track::host,
        value::{Props, Value},
    },
    source::track::Json,
};

/// Where it is.
pub const API: &str = "https://api.hubapi.com";
/// The property that names the records merged into one.
const MERGED: &str = "hs_merged_object_ids";
/// Stages of a company that make it a customer.
const CUSTOMERS: [&str; 2] = ["customer", "evangelist"];
/// What is read again each time: search knows of a change only after a while, and clocks differ.
const OVERLAP: i64 = 10 * MINUTE;
/// Objects of one page.
const PAGE: usize = 100;

/// The parts of a pull in their order: who looks after customers, then what is searched for, with the property of its
/// last change.
const PARTS: [(&str, &str); 4] = [
    ("owners", ""),
    ("companies", "hs_lastmodifieddate"),
    ("contacts", "lastmodifieddate"),
    ("deals", "hs_lastmodifieddate"),
];

/// What a webhook says: that there is news, and who is gone.
pub fn hook(payload: &Json) -> Heard {
    let one = [payload];
    let events: Vec<&Json> = match payload {
        Json::List(items) => items.iter().collect(),
        _ => one.to_vec(),
    };
    let kind = |event: &Json| text(event, "subscriptionType").unwrap_or_default();
    let ours = |event: &&&Json| ["company.", "contact.", "deal.", "object."].iter().any(|p| kind(event).starts_with(p));
    let gone = |event: &&Json| {
        matches!(kind(event).as_str(), "contact.deletion" | "contact.privacyDeletion").then(|| {
            Some(Told {
                id: format!("person/{}", text(event, "objectId")?),
                at: moment(event, "occurredAt")?,
                by: "deletion".to_owned(),
                whose: Whose::default(),
                word: Word::Person { key: None, attrs: Props::new(), weak: Props::new() },
            })
        })?
    };
    let told = events.iter().filter_map(gone).chain(events.iter().flat_map(|event| merged(event))).collect();
    Heard { told, look: events.iter().any(|event| ours(&event)) }
}

/// Companies and contacts that became another one. Which record stays may be a new one.
fn merged(event: &Json) -> Vec<Told> {
    let (kind, of) = (text(event, "subscriptionType"), text(event, "objectTypeId"));
    let kind = match (kind.as_deref(), of.as_deref()) {
        (Some("company.merge"), _) | (Some("object.merge"), Some("0-2")) => "customer",
        (Some("contact.merge"), _) | (Some("object.merge"), Some("0-1")) => "person",
        _ => return Vec::new(),
    };
    let Json::List(gone) = event.get("mergedObjectIds") else { return Vec::new() };
    let primary = text(event, "primaryObjectId");
    let Some((into, at)) = text(event, "newObjectId").or_else(|| primary.clone()).zip(moment(event, "occurredAt"))
    else {
        return Vec::new();
    };
    let ids = gone.iter().filter_map(number).chain(primary);
    ids.filter(|id| *id != into).map(|id| moved(kind, &id, &into, at)).collect()
}

fn number(json: &Json) -> Option<String> {
    match json {
        Json::Num(n) => Some(n.to_string()),
        Json::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn moved(kind: &str, id: &str, into: &str, at: Instant) -> Told {
    let (id, whose) = (format!("{kind}/{id}"), Whose::object(format!("{kind}/{into}")));
    Told { id, at, by: "merge".to_owned(), whose, word: Word::Moved }
}

/// The next question.
pub fn ask(cursor: &Cursor, reading: &Reading<'_>) -> Ask {
    let Some((part, changed)) = PARTS.iter().find(|(part, _)| *part == cursor.part).filter(|(_, c)| !c.is_empty())
    else {
        let after = if cursor.after.is_empty() { String::new() } else { format!("&after={}", cursor.after) };
        return Ask::get(format!("/crm/v3/owners?limit={PAGE}{after}"));
    };
    // Only the id orders without ties, and no search gives more than 10,000: each page asks for what follows the last.
    let mut filters = Vec::new();
    if cursor.since.0 > 0 {
        filters
            .push(json!({"propertyName": changed, "operator": "GTE", "value": (cursor.since.0 / 1_000).to_string()}));
    }
    if !cursor.after.is_empty() {
        filters.push(json!({"propertyName": "hs_object_id", "operator": "GT", "value": cursor.after}));
    }
    let groups = if filters.is_empty() { json!([]) } else { json!([{"filters": filters}]) };
    let body = json!({
        "filterGroups": groups,
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": properties(part, reading),
        "limit": PAGE,
    });
    Ask { path: format!("/crm/v3/objects/{part}/search"), body: Some(body.to_string()) }
}

fn properties(part: &str, reading: &Reading<'_>) -> Vec<String> {
    let own: &[&str] = match part {
        "companies" => &[
            "name",
            "domain",
            "lifecyclestage",
            "hubspot_owner_id",
            "hs_lifecyclestage_customer_date",
            "closedate",
            MERGED,
        ],
        "contacts" => &["email", "firstname", "lastname", "jobtitle", "hs_language", "associatedcompanyid", MERGED],
        _ => &[
            "dealname",
            "amount",
            "deal_currency_code",
            "dealstage",
            "pipeline",
            "closedate",
            "hs_is_closed",
            "hs_is_closed_won",
            "closed_lost_reason",
            "hs_primary_associated_company",
        ],
    };
    let mut all: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
    if part == "companies" {
        all.extend(reading.account_key.map(str::to_owned));
        all.extend(reading.attributes.values().cloned());
    }
    all
}

/// What an answer says, and where to go on.
pub fn read(cursor: &Cursor, answer: &Json, reading: &Reading<'_>) -> Option<Page> {
    let Json::List(items) = answer.get("results") else { return None };
    let mut next = cursor.clone();
    if next.part.is_empty() {
        next.part = PARTS[0].0.to_owned();
        next.begun = reading.options.now.plus(-OVERLAP);
        next.names.clear();
    }
    let told = items.iter().flat_map(|item| match next.part.as_str() {
        "companies" => company(item, cursor, reading).into_iter().chain(taken_in("customer", item)).collect::<Vec<_>>(),
        "contacts" => contact(item).into_iter().chain(taken_in("person", item)).collect(),
        "deals" => deal(item).into_iter().collect(),
        _ => Vec::new(),
    });
    let told = told.collect();
    let after = if next.part == "owners" {
        next.names.extend(items.iter().filter_map(|item| Some((text(item, "id")?, email(item, "email")?))));
        text(answer, "paging.next.after")
    } else {
        // A page that is full, or says that there is another one.
        let more = items.len() >= PAGE || !at(answer, "paging.next").is_null();
        items.last().and_then(|item| text(item, "id")).filter(|_| more)
    };
    let more = next.walk(after, &PARTS.map(|(part, _)| part));
    Some(Page { told, next, more })
}

fn told(item: &Json, kind: &str, whose: Whose, word: Word) -> Option<Told> {
    let at = moment(item, "updatedAt")?;
    Some(Told { id: format!("{kind}/{}", text(item, "id")?), at, by: String::new(), whose, word })
}

/// A company that is a customer.
fn company(item: &Json, cursor: &Cursor, reading: &Reading<'_>) -> Option<Told> {
    let property = |name: &str| text(item, &format!("properties.{name}"));
    let stage = property("lifecyclestage").unwrap_or_default();
    let usual = reading.customers.is_empty() && CUSTOMERS.contains(&stage.as_str());
    if !usual && !reading.customers.contains(&stage) {
        return None;
    }
    let domain = property("domain").map(|domain| host(&domain));
    let mut attrs = asked(item, "properties", reading.attributes, reading);
    if let Some(owner) = property("hubspot_owner_id").and_then(|id| cursor.names.get(&id)) {
        attrs.insert("csm".to_owned(), Value::text(reading.colleague(owner)));
    }
    // Since when it is one: who becomes a customer today is new, who has no such date was there before.
    let since =
        moment(item, "properties.hs_lifecyclestage_customer_date").or_else(|| moment(item, "properties.closedate"));
    let word = Word::Customer {
        key: reading.account_key.and_then(property),
        domains: domain.iter().cloned().collect::<BTreeSet<_>>(),
        attrs,
        weak: Props::from([
            ("name".to_owned(), value(property("name"))),
            ("domain".to_owned(), value(domain)),
            ("created_at".to_owned(), since.map(Value::Instant).unwrap_or_default()),
        ]),
    };
    told(item, "customer", Whose::default(), word)
}

/// Companies or contacts that were merged into this one.
fn taken_in(kind: &str, item: &Json) -> Vec<Told> {
    let ids = text(item, &format!("properties.{MERGED}")).unwrap_or_default();
    let Some((into, at)) = text(item, "id").zip(moment(item, "updatedAt")) else { return Vec::new() };
    let ids = ids.split(';').map(str::trim).filter(|id| !id.is_empty() && *id != into);
    ids.map(|id| moved(kind, id, &into, at)).collect()
}

fn contact(item: &Json) -> Option<Told> {
    let property = |name: &str| text(item, &format!("properties.{name}"));
    let address = email(item, "properties.email");
    let name = full_name(property("firstname"), property("lastname"));
    // `ja-jp` → `ja`
    let language = property("hs_language").map(|text| text.split(['-', '_']).next().unwrap_or_default().to_lowercase());
    let word = Word::Person {
        key: address.clone(),
        attrs: Props::from([("email".to_owned(), value(address.clone()))]),
        weak: Props::from([("name".to_owned(), value(name)), ("locale".to_owned(), value(language))]),
    };
    let object = property("associatedcompanyid").map(|id| format!("customer/{id}"));
    let email = address.filter(|address| work_domain(address).is_some());
    told(item, "person", Whose { object, email, key: None }, word)
}

/// A deal that was won or lost; it counts once, however often it is read.
fn deal(item: &Json) -> Option<Told> {
    let property = |name: &str| text(item, &format!("properties.{name}"));
    if !yes(item, "properties.hs_is_closed") {
        return None;
    }
    let won = yes(item, "properties.hs_is_closed_won");
    let (name, what) = if won { ("deal.won", "won") } else { ("deal.lost", "lost") };
    let currency = property("deal_currency_code");
    let amount = num(item, "properties.amount").map(|amount| match &currency {
        Some(code) => money(amount, code),
        None => Value::Num(amount),
    });
    let id = text(item, "id")?;
    let mut props = Props::from([("deal_id".to_owned(), Value::text(&id))]);
    props.extend(amount.map(|amount| ("amount".to_owned(), amount)));
    let texts = [("deal", "dealname"), ("pipeline", "pipeline"), ("reason", "closed_lost_reason")];
    props
        .extend(texts.into_iter().filter_map(|(ours, theirs)| Some((ours.to_owned(), Value::text(property(theirs)?)))));
    Some(Told {
        id: format!("event/deal-{id}:{what}"),
        at: moment(item, "properties.closedate").or_else(|| moment(item, "updatedAt"))?,
        by: String::new(),
        whose: Whose::object(format!("customer/{}", property("hs_primary_associated_company")?)),
        word: Word::Event { name: name.to_owned(), props, contact: None },
    })
}
