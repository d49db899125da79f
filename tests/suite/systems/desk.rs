//! Zendesk and Intercom: tickets are opened, answered, closed and rated, once each.

use serde_json::{Value as Json, json};
use shirube::{
    app::pull::Pulls,
    model::{
        fact::{FactBody, Incoming},
        instant::{DAY, HOUR},
        value::{Props, Value},
    },
    source::system::{System, Vendor},
};

use super::{House, now, system};
use crate::fakes::web::{Answer, Web};

/// A customer that a sheet brought.
async fn acme(house: &House) {
    let attrs = Props::from([
        ("domain".to_owned(), Value::text("acme.example")),
        ("import_as".to_owned(), Value::text("known")),
    ]);
    let fact = Incoming {
        account: Some("acme".into()),
        ..Incoming::own("a1".into(), FactBody::AccountAttrs { attrs }, now())
    };
    house.store().append(vec![fact]).await.unwrap();
    house.turn().await;
}

/// Names and properties of what happened at a customer, oldest first.
async fn happened(house: &House, source: &str) -> Vec<String> {
    house.turn().await;
    let row = house.store().account_by_key("acme").await.unwrap().unwrap();
    let mut facts = house.store().timeline(row.id, 99).await.unwrap();
    facts.retain(|fact| fact.source == source);
    facts.sort_by_key(|fact| (fact.occurred_at, fact.event_id.clone()));
    let told = |fact: &shirube::model::fact::Fact| match &fact.body {
        FactBody::Event { name, props } => {
            let prop = |name: &str| props.get(name).map(|v| format!(" {name}={v}")).unwrap_or_default();
            let who = if fact.contact.is_some() { " by somebody" } else { "" };
            Some(format!("{name}{}{}{}{}{who}", prop("ticket_id"), prop("minutes"), prop("score"), prop("subject")))
        }
        _ => None,
    };
    facts.iter().filter_map(told).collect()
}

fn zendesk(call: &crate::fakes::web::Call) -> Answer {
    // agent@our.example/token:a-zendesk-token
    assert_eq!(call.authorization, "Basic YWdlbnRAb3VyLmV4YW1wbGUvdG9rZW46YS16ZW5kZXNrLXRva2Vu");
    let ticket = |id: u64, status: &str, requester: u64, company: Json| {
        json!({
            "id": id, "status": status, "subject": format!("Question {id}"), "priority": "normal", "via": {"channel": "email"},
            "created_at": "2027-02-20T09:00:00Z", "updated_at": "2027-02-21T12:00:00Z", "requester_id": requester,
            "organization_id": company, "satisfaction_rating": {"score": if status == "solved" { "good" } else { "unoffered" }, "comment": "Thanks"},
        })
    };
    let first = !call.query.contains_key("cursor");
    let tickets = if first {
        vec![ticket(1, "solved", 5, json!(9)), ticket(2, "open", 6, json!(9)), ticket(3, "open", 7, Json::Null)]
    } else if call.query["cursor"] == "c1" {
        vec![ticket(2, "solved", 6, json!(9)), ticket(1, "closed", 5, json!(9)), ticket(4, "deleted", 5, json!(9))]
    } else {
        Vec::new()
    };
    Answer::ok(json!({
        "tickets": tickets,
        "users": [{"id": 5, "name": "Hana", "email": "hana@acme.example"}, {"id": 6, "name": "Yui", "email": "yui@gmail.com"}, {"id": 7, "name": "?", "email": "who@gmail.com"}],
        "organizations": [{"id": 9, "name": "Acme", "domain_names": ["acme.example"]}],
        "metric_sets": [{"ticket_id": 1, "reply_time_in_minutes": {"calendar": 42, "business": 40}, "solved_at": "2027-02-21T10:00:00Z"}],
        "after_cursor": if first { "c1" } else { "c2" },
        "end_of_stream": true,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn zendesk_tickets_happen_once_however_often_they_are_read() {
    let house = House::new().await;
    acme(&house).await;
    let web = Web::start(zendesk).await;
    let own = System {
        user: Some("agent@our.example".into()),
        ..system(Vendor::Zendesk, "zendesk", &web.url(""), "a-zendesk-token")
    };
    let pulls = Pulls::new(Vec::new(), vec![own]);
    house.pull(&pulls).await.unwrap();
    let first = [
        "ticket.opened ticket_id=1 subject=Question 1 by somebody",
        "ticket.opened ticket_id=2 subject=Question 2 by somebody",
        "ticket.replied ticket_id=1 minutes=42 by somebody",
        "ticket.closed ticket_id=1 subject=Question 1 by somebody",
        "survey.responded ticket_id=1 score=5 by somebody",
    ];
    assert_eq!(happened(&house, "zendesk").await, first, "one who writes from gmail and belongs nowhere waits");
    assert_eq!(house.store().system_waits("zendesk").await.unwrap().0, 1);
    house.pull(&pulls).await.unwrap();
    let after = happened(&house, "zendesk").await;
    assert_eq!(after.len(), first.len() + 2, "the second was solved and rated: {after:?}");
    assert_eq!(web.calls("/api/v2/incremental/tickets/cursor.json")[1].query["cursor"], "c1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_waits_for_its_customer_and_is_recorded_once_that_is_there() {
    let house = House::new().await;
    let web = Web::start(zendesk).await;
    let own = System {
        user: Some("agent@our.example".into()),
        ..system(Vendor::Zendesk, "zendesk", &web.url(""), "a-zendesk-token")
    };
    let pulls = Pulls::new(Vec::new(), vec![own]);
    house.pull(&pulls).await.unwrap();
    assert_eq!(house.store().system_waits("zendesk").await.unwrap().0, 6);
    acme(&house).await;
    house.pull(&pulls).await.unwrap();
    assert_eq!(house.store().system_waits("zendesk").await.unwrap().0, 1);
    assert_eq!(happened(&house, "zendesk").await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn intercom_conversations_that_customers_begin_are_tickets() {
    let house = House::new().await;
    acme(&house).await;
    let at = |ago: i64| now().plus(-ago).0 / 1_000_000;
    let talk = move |id: &str, kind: &str, state: &str| {
        json!({
            "type": "conversation", "id": id, "title": null, "created_at": at(DAY), "updated_at": at(HOUR), "state": state,
            "source": {"type": "conversation", "subject": "<p>Export</p>", "author": {"type": kind, "id": "1", "name": "Hana", "email": "hana@acme.example"}},
            "statistics": {"first_admin_reply_at": at(DAY - HOUR), "last_close_at": at(2 * HOUR)},
            "conversation_rating": {"rating": 2, "remark": "slow", "created_at": at(HOUR)},
        })
    };
    let web = Web::start(move |call| {
        assert_eq!((call.authorization.as_str(), call.headers["intercom-version"].as_str()), ("Bearer an-intercom-token", "2.11"));
        let (items, next) = match call.body["pagination"]["starting_after"].as_str() {
            None => (vec![talk("7", "user", "closed")], json!({"page": 2, "starting_after": "p2"})),
            Some(_) => (vec![talk("8", "admin", "open")], Json::Null),
        };
        Answer::ok(json!({"type": "conversation.list", "conversations": items, "pages": {"type": "pages", "page": 1, "next": next}, "total_count": 2}))
    })
    .await;
    let pulls = Pulls::new(Vec::new(), vec![system(Vendor::Intercom, "intercom", &web.url(""), "an-intercom-token")]);
    house.pull(&pulls).await.unwrap();
    let want = [
        "ticket.opened ticket_id=7 subject=Export by somebody",
        "ticket.replied ticket_id=7 minutes=60 by somebody",
        "ticket.closed ticket_id=7 subject=Export by somebody",
        "survey.responded ticket_id=7 score=2 by somebody",
    ];
    assert_eq!(happened(&house, "intercom").await, want);
    house.clock.set(now().plus(HOUR));
    house.pull(&pulls).await.unwrap();
    assert_eq!(happened(&house, "intercom").await, want);
    let since = |n: usize| web.calls("/conversations/search")[n].body["query"]["value"][0]["value"].clone();
    assert_eq!(
        (since(0) == since(1), since(2)),
        (true, json!(at(600_000_000))),
        "then only what changed since, and a little more"
    );
}
