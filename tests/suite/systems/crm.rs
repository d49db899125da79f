//! HubSpot and Salesforce: companies that are customers, their people, and deals.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use shirube::{
    app::pull::{Pulls, standing},
    model::{
        instant::{DAY, HOUR, SECOND},
        value::Value,
    },
    source::system::{System, Vendor},
};

use super::{House, now, system};
use crate::fakes::{
    hubspot::{Portal, TOKEN, object, start},
    web::{Answer, Web},
};

fn ms(ago: i64) -> i64 {
    now().plus(-ago).0 / 1_000
}

fn company(id: u64, ago: i64, more: Json) -> Json {
    let mut properties =
        json!({"name": format!("会社{id}"), "domain": format!("c{id}.example"), "lifecyclestage": "customer"});
    for (name, value) in more.as_object().unwrap() {
        properties[name] = value.clone();
    }
    object(id, ms(ago), properties)
}

fn portal() -> Portal {
    let person = json!({"email": "Hana@c1.example", "firstname": "花", "lastname": "佐藤", "associatedcompanyid": "1", "hs_language": "ja-jp"});
    let visitor = json!({"email": "x@gmail.com", "firstname": "X", "lastname": "Y"});
    let deal = json!({
        "dealname": "Renewal", "amount": "120000", "deal_currency_code": "JPY", "hs_is_closed": "true",
        "hs_is_closed_won": "true", "closedate": "2027-02-20T00:00:00Z", "hs_primary_associated_company": "1", "pipeline": "default",
    });
    Portal {
        owners: vec![
            json!({"id": "77", "email": "Kei@our.example", "firstName": "Kei", "lastName": "Y", "archived": false}),
        ],
        companies: vec![
            company(1, 30 * DAY, json!({"hubspot_owner_id": "77", "industry": "RETAIL", "crm_key": "hana"})),
            company(2, 20 * DAY, json!({"lifecyclestage": "lead"})),
        ],
        contacts: vec![object(11, ms(9 * DAY), person), object(12, ms(9 * DAY), visitor)],
        deals: vec![object(21, ms(9 * DAY), deal), object(22, ms(DAY), json!({"hs_is_closed": "false"}))],
    }
}

async fn hubspot(portal: Portal) -> (Web, Arc<Mutex<Portal>>, Pulls) {
    let portal = Arc::new(Mutex::new(portal));
    let web = start(Arc::clone(&portal)).await;
    let own = System { account_key: Some("crm_key".into()), ..system(Vendor::Hubspot, "hubspot", &web.url(""), TOKEN) };
    (web, portal, Pulls::new(Vec::new(), vec![own]))
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_that_are_customers_come_with_their_people_deals_and_owner() {
    let house = House::new().await;
    let (_web, portal, pulls) = hubspot(portal()).await;
    house.pull(&pulls).await.unwrap();
    let state = house.state().await;
    let row = house.store().account_by_key("hana").await.unwrap().unwrap();
    let hana = house.store().snapshot(row.id).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), hana.state.attr("csm")), ("会社1", Value::text("kei")), "the owner, as we call her");
    assert!(state["hana .industry"].starts_with("RETAIL"), "{state:#?}");
    assert!(state["hana @hana@c1.example"].contains("佐藤 花"), "{state:#?}");
    assert_eq!(house.store().accounts(shirube::model::ids::AccountId(0), 9).await.unwrap().len(), 1, "a lead is none");
    assert!(
        state.values().any(|said| said.starts_with("deal.won") && said.contains("amount_minor: 120000")),
        "{state:#?}"
    );

    // Increments: one is renamed, the lead has become a customer, somebody has another address, one is gone.
    house.clock.set(now().plus(HOUR));
    let before = portal.lock().unwrap().contacts.len();
    {
        let mut portal = portal.lock().unwrap();
        portal.companies[1] = company(
            2,
            -HOUR,
            json!({"lifecyclestage": "customer", "hs_lifecyclestage_customer_date": "2027-03-01T12:30:00Z"}),
        );
        portal.contacts[0] = object(
            11,
            ms(-HOUR),
            json!({"email": "h.sato@c1.example", "lastname": "佐藤", "associatedcompanyid": "1"}),
        );
        portal.contacts.push(object(13, ms(-HOUR), json!({"email": "new@c2.example", "associatedcompanyid": "2"})));
    }
    assert_eq!((before, house.pull(&pulls).await.unwrap()), (2, 3), "only what has changed");
    let gone =
        json!([{"eventId": 1, "subscriptionType": "contact.deletion", "objectId": 13, "occurredAt": ms(-2 * HOUR)}]);
    house.clock.set(now().plus(2 * HOUR));
    house.hear(&pulls.systems[0], &gone).await;
    let state = house.state().await;
    let people: Vec<&str> = state.keys().filter_map(|key| key.split_once(" @")).map(|(_, key)| key).collect();
    assert_eq!(people, ["h.sato@c1.example"], "{state:#?}");
    let since = &state["hubspot:2 .created_at"];
    assert!(since.starts_with("2027-03-01T12:30:00Z"), "new since it is a customer: {since}");
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_that_were_merged_in_the_crm_are_one_customer_by_webhook_and_by_pull() {
    let house = House::new().await;
    let three = Portal { companies: (1..=4).map(|id| company(id, 30 * DAY, json!({}))).collect(), ..Portal::default() };
    let (_web, portal, pulls) = hubspot(three).await;
    house.pull(&pulls).await.unwrap();
    let id = async |key: &str| house.store().account_by_key(key).await.unwrap().unwrap().id;
    let (one, two) = (id("hubspot:1").await, id("hubspot:2").await);
    assert_ne!(one, two);
    // The webhook tells it at once; told again, it is no news.
    let merge = json!([{"subscriptionType": "company.merge", "primaryObjectId": 1, "mergedObjectIds": [2], "occurredAt": ms(0)}]);
    for _ in 0..2 {
        house.hear(&pulls.systems[0], &merge).await;
        assert_eq!(id("hubspot:2").await, one);
    }
    // So does the record that stays, at the next pull; a company nobody knew is nothing.
    house.clock.set(now().plus(HOUR));
    portal.lock().unwrap().companies =
        vec![company(1, -HOUR, json!({"hs_merged_object_ids": "2;3;99"})), company(4, 30 * DAY, json!({}))];
    house.pull(&pulls).await.unwrap();
    for key in ["hubspot:1", "hubspot:2", "hubspot:3"] {
        assert_eq!(id(key).await, one, "{key}");
    }
    house.state().await;
    let left = house.store().accounts(shirube::model::ids::AccountId(0), 9).await.unwrap();
    assert_eq!(left.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["hubspot:1", "hubspot:4"]);
    // What the CRM says of the one that stays is believed as before.
    house.clock.set(now().plus(2 * HOUR));
    portal.lock().unwrap().companies[0] = company(1, -2 * HOUR, json!({"name": "One", "hs_merged_object_ids": "2;3"}));
    house.pull(&pulls).await.unwrap();
    assert_eq!(house.store().account_by_key("hubspot:3").await.unwrap().unwrap().name, "One");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_that_were_merged_in_the_crm_are_one_person_whichever_is_heard_of_first() {
    let house = House::new().await;
    let person = |id: u64, ago: i64, email: &str, company: &str, merged: &str| {
        let told = json!({"email": email, "associatedcompanyid": company, "hs_merged_object_ids": merged});
        object(id, ms(ago), told)
    };
    let some = Portal {
        companies: (1..=2).map(|id| company(id, 30 * DAY, json!({}))).collect(),
        contacts: vec![
            person(11, 9 * DAY, "a@c1.example", "1", ""),
            person(12, 9 * DAY, "b@c1.example", "1", ""),
            person(13, 9 * DAY, "c@c2.example", "2", ""),
        ],
        ..Portal::default()
    };
    let (_web, portal, pulls) = hubspot(some).await;
    house.pull(&pulls).await.unwrap();
    let people = async || -> Vec<String> {
        house.state().await.keys().filter_map(|key| key.split_once(" @")).map(|(_, key)| key.to_owned()).collect()
    };
    assert_eq!(people().await, ["a@c1.example", "b@c1.example", "c@c2.example"]);
    // The webhook tells it at once, and again; leads nobody knew are nothing.
    let merge = |kind: &str, into: u64, gone: u64, ago: i64| json!([{"subscriptionType": kind, "objectTypeId": "0-1", "primaryObjectId": into, "mergedObjectIds": [gone, 98], "occurredAt": ms(ago)}]);
    for _ in 0..2 {
        house.hear(&pulls.systems[0], &merge("contact.merge", 11, 12, DAY)).await;
        assert_eq!(people().await, ["a@c1.example", "c@c2.example"]);
    }
    // The one that stays is not known yet: both are one as soon as it is.
    house.clock.set(now().plus(HOUR));
    house.hear(&pulls.systems[0], &merge("object.merge", 14, 11, 0)).await;
    assert_eq!(people().await, ["a@c1.example", "c@c2.example"]);
    // So does a pull; who was at another customer is there no more.
    let stays = person(14, -HOUR, "d@c1.example", "1", "13;99");
    portal.lock().unwrap().contacts = vec![stays];
    house.pull(&pulls).await.unwrap();
    assert_eq!(people().await, ["d@c1.example"]);
    let id = house.store().account_by_key("hubspot:1").await.unwrap().unwrap().id;
    let merged = house.store().snapshot(id).await.unwrap().unwrap().state.merged.len();
    assert_eq!(merged, 2, "what was sent to them is remembered of the one that stays");
    // Told once more by a later version it is no news.
    house.clock.set(now().plus(2 * HOUR));
    portal.lock().unwrap().contacts = vec![person(14, -2 * HOUR, "d@c1.example", "1", "13;99")];
    house.pull(&pulls).await.unwrap();
    assert_eq!(people().await, ["d@c1.example"]);
    assert_ne!(house.store().account_by_key("hubspot:2").await.unwrap().unwrap().id, id, "their customers stay two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_of_many_is_read_page_by_page_and_a_webhook_only_makes_us_look() {
    let house = House::new().await;
    let many = Portal { companies: (1..=250).map(|id| company(id, DAY, json!({}))).collect(), ..Portal::default() };
    let (web, _portal, pulls) = hubspot(many).await;
    assert_eq!(house.pull(&pulls).await.unwrap(), 250);
    let pages = web.calls("/crm/v3/objects/companies/search");
    let after = |n: usize| pages[n].body["filterGroups"][0]["filters"][0]["value"].clone();
    assert_eq!((pages.len(), after(1), after(2)), (3, json!("100"), json!("200")));
    assert_eq!(house.pull(&pulls).await.unwrap(), 0);
    let next = standing(house.store(), "hubspot").await.unwrap().next;
    assert_eq!(next, now().plus(600 * SECOND));
    let news = json!([{"subscriptionType": "company.propertyChange", "objectId": 3, "propertyName": "name", "propertyValue": "New", "occurredAt": ms(0)}]);
    house.hear(&pulls.systems[0], &news).await;
    assert_eq!(standing(house.store(), "hubspot").await.unwrap().next, now().plus(15 * SECOND));
    // Asked to wait, we wait: not even a webhook makes us ask earlier.
    let wait = vec![
        ("retry-after", "Mon, 01 Mar 2027 12:05:00 GMT".to_owned()),
        ("date", "Mon, 01 Mar 2027 12:00:00 GMT".to_owned()),
    ];
    web.script("/crm/v3/owners", Answer { status: 429, headers: wait, body: json!({"message": "limit"}) });
    assert!(house.pull(&pulls).await.unwrap_err().contains("Busy"));
    house.hear(&pulls.systems[0], &news).await;
    assert_eq!(standing(house.store(), "hubspot").await.unwrap().next, now().plus(300 * SECOND));
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforce_is_asked_by_query_with_a_session_of_its_own() {
    let house = House::new().await;
    let web = Web::start(|call| {
        let record = |kind: &str, mut more: Json| {
            more["attributes"] = json!({"type": kind});
            more["SystemModstamp"] = json!("2027-02-01T00:00:00.000+0000");
            more
        };
        if call.path == "/services/oauth2/token" {
            assert_eq!(String::from_utf8_lossy(&call.raw), "grant_type=client_credentials&client_id=3MVG9&client_secret=a-consumer-secret");
            return Answer::ok(json!({"access_token": "00Dsession", "instance_url": "x", "token_type": "Bearer"}));
        }
        if call.authorization != "Bearer 00Dsession" {
            let body = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
            return Answer { status: 401, headers: Vec::new(), body };
        }
        let q = call.query.get("q").cloned().unwrap_or_default();
        let records = match q.split(" FROM ").nth(1).unwrap_or_default() {
            from if from.contains("IsDeleted") => {
                assert_eq!(call.path, "/services/data/v62.0/queryAll");
                match from.starts_with("Account") {
                    true => vec![record("Account", json!({"Id": "001C", "MasterRecordId": "001A"}))],
                    false => vec![record("Contact", json!({"Id": "003B", "MasterRecordId": "003A"}))],
                }
            }
            from if from.starts_with("Account") => vec![
                record("Account", json!({"Id": "001A", "Name": "Acme", "Website": "https://www.acme.example/ja", "Type": "Customer - Direct", "Owner": {"Email": "kei@our.example"}})),
                record("Account", json!({"Id": "001C", "Name": "Acme KK", "Website": null, "Type": "Customer - Direct", "Owner": null})),
                record("Account", json!({"Id": "001B", "Name": "Lead", "Website": null, "Type": "Prospect"})),
            ],
            from if from.starts_with("Contact") => {
                let next = "/services/data/v62.0/query/01gX-2000";
                let first = record("Contact", json!({"Id": "003A", "AccountId": "001A", "Email": "a@acme.example", "FirstName": "Ann", "LastName": "Lee"}));
                return Answer::ok(json!({"totalSize": 2, "done": false, "nextRecordsUrl": next, "records": [first]}));
            }
            from if from.starts_with("Opportunity") => vec![record("Opportunity", json!({"Id": "006A", "AccountId": "001A", "Name": "Upsell", "Amount": 5000.0, "IsClosed": true, "IsWon": false, "CloseDate": "2027-01-31", "StageName": "Closed Lost"}))],
            _ => vec![record("Contact", json!({"Id": "003B", "AccountId": "001A", "Email": "b@acme.example", "LastName": "Bo"}))],
        };
        Answer::ok(json!({"totalSize": records.len(), "done": true, "records": records}))
    })
    .await;
    let own = System {
        user: Some("3MVG9".into()),
        attributes: Default::default(),
        ..system(Vendor::Salesforce, "salesforce", &web.url(""), "a-consumer-secret")
    };
    let pulls = Pulls::new(Vec::new(), vec![own]);
    assert_eq!(house.pull(&pulls).await.unwrap(), 7);
    let merged = house.store().account_by_key("salesforce:001C").await.unwrap();
    assert_eq!(merged.map(|row| row.key).as_deref(), Some("salesforce:001A"), "merged there");
    let state = house.state().await;
    let people = state.keys().filter(|key| key.starts_with("salesforce:001A @")).count();
    assert_eq!(
        (people, state["salesforce:001A .domain"].split(' ').next()),
        (1, Some("acme.example")),
        "two were one person: {state:#?}"
    );
    assert!(state.contains_key("salesforce:001A @a@acme.example"), "{state:#?}");
    assert!(state.values().any(|said| said.starts_with("deal.lost")), "{state:#?}");
    assert_eq!(web.calls("/services/oauth2/token").len(), 1, "one session for all of it");
    // The session has ended: another one is had, and only what is new is asked for.
    house.clock.set(now().plus(DAY));
    web.script("/services/data/v62.0/query", Answer { status: 401, headers: Vec::new(), body: json!([]) });
    house.pull(&pulls).await.unwrap();
    assert_eq!(web.calls("/services/oauth2/token").len(), 2);
    let last = web.calls("/services/data/v62.0/query").pop().unwrap().query["q"].clone();
    assert!(last.contains("WHERE SystemModstamp >= 2027-03-01T11:50:00Z ORDER BY"), "{last}");
    // A user who may not see deleted records: mergers are not told, everything else is.
    let refused = |status| Answer { status, headers: Vec::new(), body: json!([{"errorCode": "INSUFFICIENT_ACCESS"}]) };
    let asked = |of: &str| {
        let calls = web.calls("/services/data/v62.0/query");
        calls.iter().filter(|call| call.query["q"].contains(&format!(" FROM {of}"))).count()
    };
    let (contacts, deals) = (asked("Contact"), asked("Opportunity"));
    house.clock.set(now().plus(2 * DAY));
    web.script("/services/data/v62.0/queryAll", refused(403));
    house.pull(&pulls).await.unwrap();
    assert_eq!((asked("Contact"), asked("Opportunity")), (contacts + 1, deals + 1));
    // A server in trouble is asked again later.
    house.clock.set(now().plus(3 * DAY));
    web.script("/services/data/v62.0/queryAll", refused(500));
    house.pull(&pulls).await.unwrap_err();
    assert_eq!(asked("Contact"), contacts + 1);
}
