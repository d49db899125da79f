//! Stripe: from its documented events and lists to intervals of what is paid.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use shirube::{
    app::pull::{Pulls, standing},
    model::{
        instant::{DAY, SECOND, date_of},
        value::Value,
    },
    source::system::{System, Vendor},
};

use super::{House, now, system};
use crate::fakes::{
    stripe::{Books, KEY, refused, start},
    web::{Answer, Web},
};

fn events() -> Vec<Json> {
    serde_json::from_str(include_str!("../../data/systems/stripe_events.json")).unwrap()
}

fn stripe(url: &str) -> System {
    system(Vendor::Stripe, "stripe", url, KEY)
}

fn deaf() -> System {
    stripe("http://127.0.0.1:9")
}

/// The books as they stand after all events, `known` of which have happened already.
fn books(known: usize) -> Books {
    let all = events();
    let newest = |kind: &str| {
        let of = |event: &&Json| event["data"]["object"]["object"] == kind;
        all[..known].iter().rev().find(of).map(|event| event["data"]["object"].clone())
    };
    let paid = all[..known].iter().filter(|event| event["type"] == "invoice.paid");
    Books {
        customers: newest("customer").into_iter().collect(),
        subscriptions: newest("subscription").into_iter().collect(),
        invoices: paid.map(|event| event["data"]["object"].clone()).collect(),
        events: all[..known].to_vec(),
        page: 0,
    }
}

async fn asked(books: Books) -> (Web, Arc<Mutex<Books>>, Pulls) {
    let books = Arc::new(Mutex::new(books));
    let web = start(Arc::clone(&books)).await;
    let pulls = Pulls::new(Vec::new(), vec![stripe(&web.url(""))]);
    (web, books, pulls)
}

async fn intervals(house: &House) -> Vec<String> {
    let rows = house.store().subscriptions().await.unwrap();
    let day = |day: i32| date_of(day).to_string();
    let end = |end: Option<i32>| end.map(day).unwrap_or_default();
    rows.iter().map(|r| format!("{} {}..{} {} {}", r.key, day(r.start), end(r.end), r.mrr_minor, r.plan)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_become_intervals_attributes_and_what_playbooks_listen_to() {
    let house = House::new().await;
    for event in events() {
        house.hear(&deaf(), &event).await;
    }
    let state = house.state().await;
    // 3 × 12,000 a month and 30,000 a quarter after the trial; 5 seats from the first of January; the end is announced.
    let want = ["sub_hana 2026-12-22..2027-01-01 46000 Pro", "sub_hana@2027-01-01 2027-01-01..2027-02-22 70000 Pro"];
    assert_eq!(intervals(&house).await, want);
    let happened: Vec<&str> = state
        .iter()
        .filter(|(key, _)| key.contains(" !"))
        .map(|(_, said)| said.split(' ').next().unwrap_or_default())
        .collect();
    let want = [
        "contract.started",
        "invoice.paid",
        "contract.upgraded",
        "invoice.failed",
        "invoice.failed",
        "invoice.paid",
        "contract.cancelled",
    ];
    assert_eq!(happened, want, "{state:#?}");
    let row = house.store().account_by_key("stripe:cus_hana").await.unwrap().unwrap();
    let snapshot = house.store().snapshot(row.id).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), snapshot.state.attr("status")), ("株式会社ハナ", Value::text("active")));
    // The address that gets the bills has changed: one person, under the new one.
    let people: Vec<&String> = state.keys().filter(|key| key.contains(" @")).collect();
    assert_eq!(people, ["stripe:cus_hana @billing@hana.example"], "{state:#?}");
    let failed = state.values().find(|said| said.starts_with("invoice.failed")).unwrap();
    assert!(failed.contains("in_2") && failed.contains("amount_minor: 66000"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shuffled_repeated_or_pulled_the_state_is_the_same() {
    let straight = House::new().await;
    for event in events() {
        straight.hear(&deaf(), &event).await;
    }
    let want = straight.state().await;
    // The customer's key is known from its first event on, so that an address that changes is told from a new person.
    for seed in 1..=6_u64 {
        let house = House::new().await;
        let (_web, books, pulls) = asked(books(0)).await;
        let mut order: Vec<Json> = events()[1..].iter().chain(&events()[3..9]).cloned().collect();
        let mut chance = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for n in (1..order.len()).rev() {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            order.swap(n, usize::try_from(chance % (n as u64 + 1)).unwrap());
        }
        let heard = order.len() * usize::try_from(seed % 4).unwrap() / 3;
        house.hear(&deaf(), &events()[0]).await;
        for event in &order[..heard] {
            house.hear(&deaf(), event).await;
        }
        // What was not heard comes by pull, and some of it twice.
        house.pull(&pulls).await.unwrap();
        books.lock().unwrap().events = events();
        house.clock.set(now().plus(DAY));
        house.pull(&pulls).await.unwrap();
        assert_eq!(house.state().await, want, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_fill_and_its_increments_end_where_the_webhooks_do() {
    let house = House::new().await;
    let (web, books, pulls) = asked(Books { page: 2, ..books(9) }).await;
    assert!(house.pull(&pulls).await.unwrap() > 0);
    assert_eq!(intervals(&house).await, ["sub_hana 2026-12-22.. 70000 Pro"], "what it is now, since it began");
    assert_eq!(house.pull(&pulls).await.unwrap(), 0, "nothing is read twice");
    books.lock().unwrap().events = events();
    house.pull(&pulls).await.unwrap();
    assert_eq!(intervals(&house).await, ["sub_hana 2026-12-22..2027-02-22 70000 Pro"]);
    let asked = web.calls("/v1/events");
    assert!(asked.iter().any(|call| call.query.get("ending_before").is_some_and(|id| id == "evt_09")), "{asked:?}");
    // The mark fell out of the 30 days that events are kept: everything is read again, and nothing is counted twice.
    let before = house.state().await;
    books.lock().unwrap().events.drain(..11);
    books.lock().unwrap().events[0]["id"] = json!("evt_13");
    house.pull(&pulls).await.unwrap();
    let lists = web.calls("/v1/customers").len();
    assert_eq!(lists, 2, "customers were read again");
    let after = house.state().await;
    let paid = |state: &std::collections::BTreeMap<String, String>| {
        state.values().filter(|said| said.starts_with("invoice.")).count()
    };
    assert_eq!(paid(&after), paid(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_breaks_off_goes_on_where_it_was() {
    let house = House::new().await;
    let mut many = books(12);
    many.page = 1;
    many.customers = (0..3).map(|n| json!({"id": format!("cus_{n}"), "created": 1, "email": null})).collect();
    let (web, _books, pulls) = asked(many).await;
    let wait = vec![("retry-after", "90".to_owned())];
    web.script("/v1/customers", Answer::ok(json!({"data": [{"id": "cus_2", "created": 1}], "has_more": true})));
    web.script("/v1/customers", Answer { headers: wait, ..refused(429, "Too many requests") });
    assert!(house.pull(&pulls).await.unwrap_err().contains("Busy"));
    let next = standing(house.store(), "stripe").await.unwrap().next;
    assert_eq!(next.since(now()), 90 * SECOND, "no earlier than Stripe asks");
    assert!(pulls.due(&house.shell).await.unwrap().is_empty(), "not before");
    house.clock.set(now().plus(90 * SECOND));
    house.pull(&pulls).await.unwrap();
    let first = web.calls("/v1/customers").into_iter().filter(|call| !call.query.contains_key("starting_after"));
    assert_eq!(first.count(), 1, "the first page was not read again");
    assert!(house.store().account_by_key("stripe:cus_0").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_missing_permission_are_told_apart() {
    let house = House::new().await;
    let (web, _books, pulls) = asked(books(12)).await;
    web.script("/v1/invoices", refused(403, "Having the 'rak_invoice_read' permission would allow this request."));
    let missing = pulls.allowed(&pulls.systems[0]).await.unwrap_err();
    assert_eq!((missing.len(), missing[0].0.as_str()), (1, "Invoices: read"));
    let wrong = System { token: Some("rk_test_of_somebody_else".to_owned().into()), ..stripe(&web.url("")) };
    let wrong = Pulls::new(Vec::new(), vec![wrong]);
    assert!(house.pull(&wrong).await.unwrap_err().contains("Token"));
    assert!(pulls.allowed(&pulls.systems[0]).await.is_ok());
    // A page of a proxy is no list.
    web.script("/v1/events", Answer::ok(json!({"welcome": true})));
    assert!(house.pull(&pulls).await.unwrap_err().contains("Shape"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_its_customer_waits_for_it() {
    let house = House::new().await;
    for event in &events()[1..9] {
        house.hear(&deaf(), event).await;
    }
    assert_eq!(house.store().system_waits("stripe").await.unwrap().0, 7, "a contract, and six things that happened");
    assert!(house.store().subscriptions().await.unwrap().is_empty());
    let mut customer = events()[0].clone();
    customer["data"]["object"]["metadata"] = json!({"account": "hana", "industry": "retail"});
    house.hear(&deaf(), &customer).await;
    let state = house.state().await;
    assert_eq!(house.store().system_waits("stripe").await.unwrap().0, 0);
    assert_eq!(state.keys().filter(|key| key.starts_with("hana !")).count(), 6, "{state:#?}");
    assert!(state["hana .industry"].starts_with("retail"), "{state:#?}");
    assert_eq!(intervals(&house).await.len(), 2);
}

/// `run` asked systems only where there was a table as well.
#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_asks_a_system_also_where_there_is_no_table() {
    let web = start(Arc::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let shirube = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_shirube"));
        command.arg("--dir").arg(folder.path()).args(args).env("STRIPE_KEY", KEY);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    };
    assert!(shirube(&["init"]).status().unwrap().success());
    let config = format!(
        "http: {{listen: \"127.0.0.1:0\"}}\nsources:\n  stripe: {{token: \"${{env:STRIPE_KEY}}\", api: \"{}\"}}\n",
        web.url("")
    );
    std::fs::write(folder.path().join("shirube.yaml"), config).unwrap();
    let _daemon = Daemon(shirube(&["run"]).spawn().unwrap());
    web.wait("/v1/customers", 1).await;
}

/// Ends with the test, however that ends.
struct Daemon(std::process::Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
