//! HubSpot's CRM API as documented: owners by page, searches with filters, sorting and `after`.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::web::{Answer, Call, Web};

pub const TOKEN: &str = "pat-na1-0123456789";

#[derive(Default)]
pub struct Portal {
    pub owners: Vec<Value>,
    pub companies: Vec<Value>,
    pub contacts: Vec<Value>,
    pub deals: Vec<Value>,
}

/// An object with its time of change in milliseconds, as it stands in properties and beside them.
pub fn object(id: u64, changed: i64, mut properties: Value) -> Value {
    let at = jiff::Timestamp::from_millisecond(changed).unwrap().to_string();
    for name in ["hs_lastmodifieddate", "lastmodifieddate"] {
        properties[name] = json!(at);
    }
    properties["hs_object_id"] = json!(id.to_string());
    json!({"id": id.to_string(), "properties": properties, "createdAt": at, "updatedAt": at, "archived": false})
}

pub async fn start(portal: Arc<Mutex<Portal>>) -> Web {
    Web::start(move |call| answer(&portal.lock().unwrap(), call)).await
}

fn answer(portal: &Portal, call: &Call) -> Answer {
    if call.authorization != format!("Bearer {TOKEN}") {
        let body = json!({"status": "error", "message": "Authentication credentials not found.", "category": "INVALID_AUTHENTICATION"});
        return Answer { status: 401, headers: Vec::new(), body };
    }
    let all = match call.path.as_str() {
        "/crm/v3/owners" => return Answer::ok(json!({"results": portal.owners})),
        "/crm/v3/objects/companies/search" => &portal.companies,
        "/crm/v3/objects/contacts/search" => &portal.contacts,
        "/crm/v3/objects/deals/search" => &portal.deals,
        _ => return Answer::ok(json!({"results": []})),
    };
    let filters = call.body["filterGroups"][0]["filters"].as_array().cloned().unwrap_or_default();
    let mut found: Vec<&Value> = all.iter().filter(|one| filters.iter().all(|filter| holds(one, filter))).collect();
    found.sort_by_key(|one| id(one));
    let limit = usize::try_from(call.body["limit"].as_u64().unwrap()).unwrap();
    let more = found.len() > limit;
    let mut body = json!({"total": found.len(), "results": found[..found.len().min(limit)]});
    if more {
        body["paging"] = json!({"next": {"after": limit.to_string()}});
    }
    Answer::ok(body)
}

fn id(one: &Value) -> i64 {
    one["id"].as_str().unwrap().parse().unwrap()
}

fn holds(one: &Value, filter: &Value) -> bool {
    let wanted: i64 = filter["value"].as_str().unwrap().parse().unwrap();
    let name = filter["propertyName"].as_str().unwrap();
    match (name, filter["operator"].as_str().unwrap()) {
        ("hs_object_id", "GT") => id(one) > wanted,
        (_, "GTE") => {
            let at: jiff::Timestamp = one["properties"][name].as_str().unwrap().parse().unwrap();
            at.as_millisecond() >= wanted
        }
        other => panic!("{other:?}"),
    }
}
