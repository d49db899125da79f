//! Answers as data: what `--json` prints of decisions and facts. Keys instead of numbers, RFC 3339 with the workspace's
//! offset instead of microseconds.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::explain::Why;
use crate::{
    engine::explain::Explanation,
    model::{
        decision::LedgerEntry,
        fact::{Act, Fact, FactBody},
        ids::ContactId,
        value::Props,
    },
    rulebook::expr::Reason,
};

/// `explain --json`: the fields of the first playbook beside the account, the other playbooks below `others`.
pub fn why(why: &Why, zone: &TimeZone) -> Json {
    let mut out = why.first.as_ref().map_or_else(Map::new, |first| explanation(first, zone));
    out.insert("account".to_owned(), json!(why.account));
    let others = why.others.iter().map(|other| Json::Object(explanation(other, zone))).collect();
    out.insert("others".to_owned(), Json::Array(others));
    let ledger = why.ledger.iter().map(|entry| ledger(entry, &why.keys, zone)).collect();
    out.insert("ledger".to_owned(), Json::Array(ledger));
    Json::Object(out)
}

fn explanation(e: &Explanation, zone: &TimeZone) -> Map<String, Json> {
    let reasons: Vec<Json> = e.reasons.iter().map(|r| reason(r, zone)).collect();
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("playbook", json!(e.playbook));
    if let Some(key) = &e.contact {
        put("contact", json!(key));
    }
    put("verdict", json!(e.verdict));
    put("step", json!(e.step));
    put("until", json!(e.until.map(|at| at.rfc3339(zone))));
    put("because", json!(e.because));
    if let Some(at) = e.goal_at {
        put("goal_at", json!(at.rfc3339(zone)));
    }
    put("reasons", Json::Array(reasons));
    out
}

fn reason(reason: &Reason, zone: &TimeZone) -> Json {
    let inputs: Map<String, Json> = reason.inputs.iter().map(|(name, v)| (name.clone(), v.plain(zone))).collect();
    json!({"expr": reason.expr, "value": reason.value.plain(zone), "inputs": inputs})
}

fn ledger(entry: &LedgerEntry, keys: &BTreeMap<ContactId, String>, zone: &TimeZone) -> Json {
    json!({
        "at": entry.at.rfc3339(zone), "kind": entry.kind, "playbook": entry.playbook, "step": entry.step,
        "contact": entry.contact.and_then(|id| keys.get(&id)), "channel": entry.channel, "reason": entry.reason,
        "values": props(&entry.values, zone),
    })
}

fn props(props: &Props, zone: &TimeZone) -> Json {
    Json::Object(props.iter().map(|(name, value)| (name.clone(), value.plain(zone))).collect())
}

/// `timeline --json`: each fact with its keys, newest first, and `text` as the timeline tells it.
pub fn fact(
    fact: &Fact,
    account: &str,
    keys: &BTreeMap<ContactId, String>,
    zone: &TimeZone,
    text: &str,
) -> Map<String, Json> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("at", json!(fact.occurred_at.rfc3339(zone)));
    put("received_at", json!(fact.received_at.rfc3339(zone)));
    put("account", json!(account));
    put("contact", json!(fact.contact.and_then(|id| keys.get(&id))));
    put("source", json!(fact.source));
    put("event_id", json!(fact.event_id));
    put("text", json!(text));
    out.append(&mut body(&fact.body, zone));
    out
}

/// `kind` and what belongs to it.
fn body(body: &FactBody, zone: &TimeZone) -> Map<String, Json> {
    let mut out = match serde_json::to_value(body) {
        Ok(Json::Object(map)) => map,
        _ => Map::new(),
    };
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    match body {
        FactBody::Event { props: values, .. } if !values.is_empty() => put("props", props(values, zone)),
        FactBody::AccountAttrs { attrs } | FactBody::ContactAttrs { attrs } => put("attrs", props(attrs, zone)),
        FactBody::DailyPass { values } => put("values", props(values, zone)),
        FactBody::Absorbed { .. } | FactBody::Merged { .. } => drop(out.remove("other")),
        FactBody::TookIn { .. } => drop(out.remove("estate")),
        FactBody::Arrived { .. } => {
            out.remove("was");
            out.remove("guest");
        }
        FactBody::Command(Act::Snooze { until, .. } | Act::Override { until, .. }) => {
            put("until", json!(until.rfc3339(zone)));
        }
        FactBody::Command(Act::Pause { until, .. }) => put("until", json!(until.map(|at| at.rfc3339(zone)))),
        FactBody::Command(Act::OpenTask { due, .. }) => put("due", json!(due.map(|at| at.rfc3339(zone)))),
        _ => {}
    }
    out
}
