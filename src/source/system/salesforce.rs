//! Salesforce: accounts that are customers, their contacts and opportunities, by REST query.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::{
    Ask, Cursor, Page, Reading,
    shape::{asked, email, full_name, moment, num, text, value, work_domain, yes},
};
use crate::{
    model::{
        instant::{Instant, MINUTE},
        safe::SafeUrl,
        system::{Told, Whose, Word},
        track::host,
        value::{Props, Value},
    },
    net::oauth::Grant,
    source::track::Json,
};

/// The version of its API that is asked.
const VERSION: &str = "v62.0";
/// An account of a type that begins so is a customer.
const CUSTOMER: &str = "Customer";
/// What is read again each time: what was being written has an earlier time than when it is seen.
const OVERLAP: i64 = 10 * MINUTE;

/// The parts of a pull in their order.
const PARTS: [&str; 5] = ["Account", MERGED, "Contact", MERGED_PEOPLE, "Opportunity"];
/// Accounts that were merged into another one: deleted, with their heir.
const MERGED: &str = "Merged";
/// Contacts likewise.
const MERGED_PEOPLE: &str = "MergedContact";

/// What a connected app shows for a session (OAuth 2.0 client credentials).
pub fn login(api: &SafeUrl, key: &str, secret: &SecretString) -> Option<Grant> {
    Some(Grant {
        token_url: SafeUrl::new(&format!("{}/services/oauth2/token", api.as_str().trim_end_matches('/'))).ok()?,
        client_id: key.to_owned(),
        client_secret: Some(secret.clone()),
        refresh_token: None,
        scope: None,
    })
}

/// A query as a question.
pub fn query(text: &str) -> Ask {
    asking("query", text)
}

fn asking(resource: &str, text: &str) -> Ask {
    let encoded: String = text
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    Ask::get(format!("/services/data/{VERSION}/{resource}?q={encoded}"))
}

/// Whether mergers may be read.
pub fn mergers() -> Ask {
    asking("queryAll", "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true LIMIT 1")
}

/// The walk goes on behind the mergers; none where it is not at them.
pub fn without_mergers(cursor: &Cursor) -> Option<Cursor> {
    let mut next = cursor.clone();
    ([MERGED, MERGED_PEOPLE].contains(&cursor.part.as_str()) && next.walk(None, &PARTS)).then_some(next)
}

/// The next question.
pub fn ask(cursor: &Cursor, reading: &Reading<'_>) -> Ask {
    // Only a path of its own API is followed.
    if cursor.after.starts_with("/services/data/") {
        return Ask::get(cursor.after.clone());
    }
    let part = if cursor.part.is_empty() { PARTS[0] } else { &cursor.part };
    let since = |word: &str| match cursor.since.0 {
        1.. => format!(" {word} SystemModstamp >= {}", utc(cursor.since)),
        _ => String::new(),
    };
    if let MERGED | MERGED_PEOPLE = part {
        let of = if part == MERGED { "Account" } else { "Contact" };
        let gone = "IsDeleted = true AND MasterRecordId != null";
        let what = format!("SELECT Id, MasterRecordId, SystemModstamp FROM {of} WHERE {gone}");
        return asking("queryAll", &format!("{what}{} ORDER BY SystemModstamp, Id", since("AND")));
    }
    let mut fields: Vec<&str> = match part {
        "Account" => vec!["Id", "Name", "Website", "Type", "Owner.Email", "SystemModstamp"],
        "Contact" => vec!["Id", "AccountId", "Email", "FirstName", "LastName", "SystemModstamp"],
        _ => vec!["Id", "AccountId", "Name", "Amount", "IsClosed", "IsWon", "CloseDate", "StageName", "SystemModstamp"],
    };
    if part == "Account" {
        let more = reading.account_key.into_iter().chain(reading.attributes.values().map(String::as_str));
        fields.extend(more.filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b))));
    }
    fields.dedup();
    query(&format!("SELECT {} FROM {part}{} ORDER BY SystemModstamp, Id", fields.join(", "), since("WHERE")))
}

fn utc(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What an answer says, and where to go on.
pub fn read(cursor: &Cursor, answer: &Json, reading: &Reading<'_>) -> Option<Page> {
    let Json::List(items) = answer.get("records") else { return None };
    let mut next = cursor.clone();
    if next.part.is_empty() {
        next.part = PARTS[0].to_owned();
        next.begun = reading.options.now.plus(-OVERLAP);
    }
    let told = items.iter().filter_map(|item| match next.part.as_str() {
        "Account" => account(item, reading),
        MERGED => merged("customer", item),
        MERGED_PEOPLE => merged("person", item),
        "Contact" => contact(item),
        _ => opportunity(item),
    });
    let told = told.collect();
    let after = text(answer, "nextRecordsUrl").filter(|_| !yes(answer, "done"));
    let more = next.walk(after, &PARTS);
    Some(Page { told, next, more })
}

fn told(item: &Json, kind: &str, whose: Whose, word: Word) -> Option<Told> {
    let at = modified(item)?;
    Some(Told { id: format!("{kind}/{}", text(item, "Id")?), at, by: String::new(), whose, word })
}

/// `2026-11-10T12:00:00.000+0000`: its offset has no colon.
fn modified(item: &Json) -> Option<Instant> {
    let written = text(item, "SystemModstamp")?;
    moment(item, "SystemModstamp").or_else(|| Instant::parse(&format!("{}Z", written.strip_suffix("+0000")?)))
}

/// An account that is a customer.
fn account(item: &Json, reading: &Reading<'_>) -> Option<Told> {
    let kind = text(item, "Type").unwrap_or_default();
    let usual = reading.customers.is_empty() && kind.starts_with(CUSTOMER);
    if !usual && !reading.customers.contains(&kind) {
        return None;
    }
    let domain = text(item, "Website").map(|website| host(&website)).filter(|domain| domain.contains('.'));
    let mut attrs = asked(item, "", reading.attributes, reading);
    if let Some(owner) = email(item, "Owner.Email") {
        attrs.insert("csm".to_owned(), Value::text(reading.colleague(&owner)));
    }
    let word = Word::Customer {
        key: reading.account_key.and_then(|name| text(item, name)),
        domains: domain.iter().cloned().collect::<BTreeSet<_>>(),
        attrs,
        weak: Props::from([("name".to_owned(), value(text(item, "Name"))), ("domain".to_owned(), value(domain))]),
    };
    told(item, "customer", Whose::default(), word)
}

/// An account or contact that became another one.
fn merged(kind: &str, item: &Json) -> Option<Told> {
    let whose = Whose::object(format!("{kind}/{}", text(item, "MasterRecordId")?));
    Some(Told { by: "merge".to_owned(), ..told(item, kind, whose, Word::Moved)? })
}

fn contact(item: &Json) -> Option<Told> {
    let address = email(item, "Email");
    let name = full_name(text(item, "FirstName"), text(item, "LastName"));
    let word = Word::Person {
        key: address.clone(),
        attrs: Props::from([("email".to_owned(), value(address.clone()))]),
        weak: Props::from([("name".to_owned(), value(name))]),
    };
    let object = text(item, "AccountId").map(|id| format!("customer/{id}"));
    let email = address.filter(|address| work_domain(address).is_some());
    told(item, "person", Whose { object, email, key: None }, word)
}

/// An opportunity that was won or lost; it counts once, however often it is read.
fn opportunity(item: &Json) -> Option<Told> {
    if !yes(item, "IsClosed") {
        return None;
    }
    let (name, what) = if yes(item, "IsWon") { ("deal.won", "won") } else { ("deal.lost", "lost") };
    let id = text(item, "Id")?;
    let mut props = Props::from([("deal_id".to_owned(), Value::text(&id))]);
    props.extend(num(item, "Amount").map(|amount| ("amount".to_owned(), Value::Num(amount))));
    let texts = [("deal", "Name"), ("stage", "StageName")];
    props.extend(
        texts.into_iter().filter_map(|(ours, theirs)| Some((ours.to_owned(), Value::text(text(item, theirs)?)))),
    );
    // A close date is a day: noon of it is that day everywhere we are.
    let closed = text(item, "CloseDate").and_then(|day| Instant::parse(&format!("{day}T03:00:00Z")));
    Some(Told {
        id: format!("event/deal-{id}:{what}"),
        at: closed.or_else(|| modified(item))?,
        by: String::new(),
        whose: Whose::object(format!("customer/{}", text(item, "AccountId")?)),
        word: Word::Event { name: name.to_owned(), props, contact: None },
    })
}
