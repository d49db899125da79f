//! Whole customers and visitors that are erased, on both engines; and what an older copy comes to.

use std::sync::Arc;

use shirube::{
    model::{
        fact::{Act, FactBody},
        ids::AccountId,
        message::{ChannelKind, Planned},
        track::{Call, Says},
        value::{Props, Value},
    },
    source::track::settle as settle_calls,
    store::{
        self,
        api::{DEAD, Mode, SharedPage, Store, Subject, Subscription, Tracking},
    },
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};

use super::{contracts, fixture::*};

contracts!(
    an_erased_customer_is_found_nowhere_and_its_contracts_stay_as_amounts,
    a_customer_is_not_erased_while_something_of_it_is_under_way,
    somebody_only_tracking_knew_could_not_be_erased,
);

/// What must be nowhere afterwards: key, name, people.
const CANARIES: [&str; 6] = ["kanaria", "カナリア商事", "yui@kanaria.test", "佐藤 結衣", "7777", "a secret"];

fn texts(list: &[(&str, &str)]) -> Props {
    list.iter().map(|(name, text)| ((*name).to_owned(), Value::text(*text))).collect()
}

fn contract(key: &str, account: AccountId, end: Option<i32>) -> Subscription {
    let (plan, currency) = ("pro".to_owned(), "JPY".to_owned());
    Subscription { key: key.to_owned(), account, plan, start: 20_000, end, mrr_minor: 50_000, currency, seats: None }
}

async fn track(store: &dyn Store, calls: Vec<Call>) {
    let request = Tracking { calls, wake: Vec::new(), once: None, now: at(10), settle: Arc::new(settle_calls) };
    store.track(request).await.unwrap().unwrap();
}

fn call(id: &str, who: (Option<&str>, Option<&str>), group: Option<&str>, says: Says) -> Call {
    let (user, anonymous) = (who.0.map(str::to_owned), who.1.map(str::to_owned));
    let group = group.map(str::to_owned);
    Call { id: id.into(), at: at(5), received_at: at(10), source: None, weak: false, user, anonymous, group, says }
}

async fn settle_all(store: &dyn Store) {
    while store.evaluate(at(60), 100, &settle).await.unwrap().accounts > 0 {}
}

/// One customer that goes and one that stays, with everything a customer can leave behind.
async fn two_customers(store: &dyn Store) -> (AccountId, AccountId) {
    let note = |text: &str| FactBody::Command(Act::Note { text: text.to_owned(), tags: Vec::new(), positive: true });
    let yui = texts(&[("email", "yui@kanaria.test"), ("name", "佐藤 結衣"), ("phone", "090-7777-1234")]);
    let mut survey = texts(&[("comment", "a secret")]);
    survey.insert("score".to_owned(), Value::Num(9.0));
    let about = texts(&[("text", "カナリア商事 is at risk, call 佐藤 結衣")]);
    let digest = shirube::model::fact::Incoming {
        account: None,
        ..fact("", None, "digest", at(4), FactBody::event("digest.posted", about))
    };
    store
        .append(vec![
            named("kanaria", "カナリア商事", "a1"),
            fact("kanaria", Some("yui"), "a2", at(1), FactBody::ContactAttrs { attrs: yui }),
            fact("kanaria", None, "a3", at(2), note("ask yui@kanaria.test")),
            fact(
                "kanaria",
                Some("yui"),
                "survey of yui@kanaria.test",
                at(3),
                FactBody::event("survey.responded", survey),
            ),
            named("stays", "残る会社", "b1"),
            person("stays", "ken", "b2"),
            fact("stays", None, "b3", at(2), note("like カナリア商事")),
            digest,
        ])
        .await
        .unwrap();
    let id = async |key: &str| store.account_by_key(key).await.unwrap().unwrap().id;
    let (goes, stays) = (id("kanaria").await, id("stays").await);
    let contracts =
        vec![contract("c-open", goes, None), contract("c-old", goes, Some(20_100)), contract("d", stays, None)];
    store.put_subscriptions(contracts).await.unwrap();
    let decide = |snapshot: &shirube::model::snapshot::Snapshot| {
        let mut decision = settled(snapshot);
        let name = snapshot.key.to_string();
        let vars = texts(&[("contact.name", "佐藤 結衣")]);
        let to = |key: &str, address: &str| Planned { vars: vars.clone(), ..message(snapshot.account, key, address) };
        if name == "kanaria" && !snapshot.inbox.is_empty() {
            decision.messages = vec![to("k1", "yui@kanaria.test"), to("k2", "rin@kanaria.test")];
        }
        if snapshot.account == AccountId::WORKSPACE && !snapshot.inbox.is_empty() {
            let vars = texts(&[("rows", "カナリア商事 / 残る会社")]);
            let post = message(snapshot.account, "team", "#cs");
            decision.messages = vec![Planned { vars, channel: ChannelKind::Slack, ..post }];
        }
        shirube::model::decision::Outcome::Done(Box::new(decision))
    };
    while store.evaluate(at(5), 10, &decide).await.unwrap().accounts > 0 {}
    let claimed = store.claim(at(10), &["email"], 1, at(70)).await.unwrap().remove(0);
    let (key, account, fence) = (claimed.row.planned.key.clone(), goes, claimed.row.fence);
    let hand_over = shirube::store::api::Dispatch::HandOver {
        key: key.clone(),
        account,
        fence,
        body: b"yui@kanaria.test".to_vec(),
    };
    let sent = shirube::store::api::Dispatch::Sent { key, account, fence, detail: "250 for yui@kanaria.test".into() };
    assert_eq!(store.dispatch(at(11), vec![hand_over, sent]).await.unwrap(), [true, true]);
    let person = Says::Person { traits: texts(&[("email", "yui@kanaria.test")]) };
    let event = || Says::Event { name: "login".into(), props: Props::new() };
    let group = Says::Group { traits: texts(&[("name", "カナリア商事")]) };
    track(
        store,
        vec![
            call("t1", (Some("u-77"), Some("v-77")), Some("kanaria"), group),
            call("t2", (Some("u-77"), None), None, person),
            call("t3", (Some("u-88"), None), Some("stays"), event()),
        ],
    )
    .await;
    for (id, page) in [("p1", "<li>カナリア商事: too dear</li>"), ("p2", "<li>残る会社</li>")] {
        let about = SharedPage { id: id.into(), title: "R".into(), who: "t".into(), at: at(9), until: at(90) };
        store.share(about, page.to_owned()).await.unwrap();
    }
    settle_all(store).await;
    (goes, stays)
}

async fn an_erased_customer_is_found_nowhere_and_its_contracts_stay_as_amounts(f: Fixture) {
    let store = &*f.store;
    let (goes, stays) = two_customers(store).await;
    let company = store.company("kanaria").await.unwrap().unwrap();
    assert_eq!((company.account, company.name.as_str()), (goes, "カナリア商事"));
    assert!(store.company("nobody").await.unwrap().is_none());
    let whom = Subject::Account(company);
    let would = store.erase(&whom, "t", true, at(100)).await.unwrap();
    assert_eq!(store.people("yui@kanaria.test").await.unwrap().len(), 2, "a rehearsal");
    let done = store.erase(&whom, "t", false, at(100)).await.unwrap();
    assert_eq!(would, done);
    for (kind, n) in [("account", 1), ("contact", 2), ("messages", 2), ("subscriptions", 2), ("shared_pages", 1)] {
        assert_eq!(done.rows.get(kind), Some(&n), "{kind}: {done:?}");
    }
    settle_all(store).await;
    assert!(store.account_by_key("kanaria").await.unwrap().is_none());
    assert!(store.people("yui@kanaria.test").await.unwrap().is_empty());
    assert!(store.visitor("v-77").await.unwrap().is_none(), "their visits");
    let all = format!(
        "{:?}{:?}{:?}{:?}",
        store.outbox(None, None, 99).await.unwrap(),
        store.timeline(AccountId::WORKSPACE, 99).await.unwrap(),
        store.subscriptions().await.unwrap(),
        store.timeline(goes, 99).await.unwrap(),
    );
    for canary in CANARIES {
        assert!(!all.contains(canary), "{canary} in {all}");
    }
    let months: Vec<(i32, Option<i32>, i64)> =
        store.subscriptions().await.unwrap().iter().map(|c| (c.start, c.end, c.mrr_minor)).collect();
    let today = i32::try_from(at(100).0.div_euclid(86_400_000_000)).unwrap();
    let mut want = vec![(20_000, Some(today), 50_000), (20_000, Some(20_100), 50_000), (20_000, None, 50_000)];
    let mut months = months;
    months.sort_unstable();
    want.sort_unstable();
    assert_eq!(months, want);
    // The other one is as it was.
    assert_eq!(store.account_by_key("stays").await.unwrap().unwrap().id, stays);
    assert_eq!(store.people("ken").await.unwrap().len(), 1);
    assert_eq!(store.shares(at(20)).await.unwrap().len(), 1);
    // Brought back it is somebody new, and nobody writes to the address.
    let back = texts(&[("email", "yui@kanaria.test")]);
    let facts = vec![
        named("kanaria", "K", "a1"),
        fact("kanaria", Some("yui"), "a2", at(200), FactBody::ContactAttrs { attrs: back }),
    ];
    store.append(facts).await.unwrap();
    assert_ne!(store.account_by_key("kanaria").await.unwrap().unwrap().id, goes);
    let refused = store.suppression(&store.address_hash("yui@kanaria.test"), DEAD).await.unwrap();
    assert_eq!(refused.as_deref(), Some("erased"));
    assert!(store.erased_before(&[(done.pseudonym, at(100))].into()).await.unwrap().is_empty(), "known already");
}

async fn a_customer_is_not_erased_while_something_of_it_is_under_way(f: Fixture) {
    let store = &*f.store;
    let account = plan(store, |a| vec![message(a, "k1", "yui@acme.test")]).await;
    let claimed = store.claim(at(10), &["email"], 1, at(70)).await.unwrap().remove(0);
    let (key, fence) = (claimed.row.planned.key.clone(), claimed.row.fence);
    let step = shirube::store::api::Dispatch::HandOver { key, account, fence, body: Vec::new() };
    store.dispatch(at(11), vec![step]).await.unwrap();
    let whom = Subject::Account(store.company("acme").await.unwrap().unwrap());
    let error = store.erase(&whom, "t", false, at(20)).await.unwrap_err().to_string();
    assert!(error.contains("just being handed over"), "{error}");
    assert!(store.company("acme").await.unwrap().is_some());
}

/// `erase` answered that nobody is known by the id of a visitor whose calls wait.
async fn somebody_only_tracking_knew_could_not_be_erased(f: Fixture) {
    let store = &*f.store;
    let event = |name: &str| Says::Event { name: name.into(), props: Props::new() };
    let person = Says::Person { traits: texts(&[("email", "mai@nowhere.test")]) };
    track(
        store,
        vec![
            call("1", (None, Some("v-1")), None, event("page")),
            call("2", (Some("u-1"), Some("v-1")), None, person),
            call("3", (None, Some("v-2")), None, event("page")),
        ],
    )
    .await;
    let calls = store.parked().await.unwrap().calls;
    assert!(store.people("v-1").await.unwrap().is_empty());
    assert!(store.visitor("v-9").await.unwrap().is_none());
    for typed in ["v-1", "u-1", " MAI@nowhere.test"] {
        let visitor = store.visitor(typed).await.unwrap().unwrap();
        assert!(visitor.keys.contains("u:u-1") && visitor.keys.contains("a:v-1"), "{typed}: {visitor:?}");
        assert!(!visitor.keys.contains("a:v-2"), "somebody else: {visitor:?}");
    }
    let whom = Subject::Visitor(store.visitor("v-1").await.unwrap().unwrap());
    let done = store.erase(&whom, "t", false, at(20)).await.unwrap();
    assert!(done.rows["tracked"] > 0, "{done:?}");
    assert!(store.visitor("mai@nowhere.test").await.unwrap().is_none());
    let left = store.parked().await.unwrap().calls;
    assert!((1..calls).contains(&left), "{left} of {calls}");
    assert!(store.visitor("v-2").await.unwrap().is_some());
    let refused = store.suppression(&store.address_hash("mai@nowhere.test"), DEAD).await.unwrap();
    assert_eq!(refused.as_deref(), Some("erased"));
    assert!(store.erased_before(&[(done.pseudonym, at(20))].into()).await.unwrap().is_empty());
}

/// Every row of every table but those that count starts and log who did what.
async fn rows(url: &str) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(url.trim_start_matches("sqlite:"));
    let mut connection = options.connect().await.unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                 AND name NOT IN ('audit', 'counter', 'meta') ORDER BY name";
    let mut all = Vec::new();
    for row in sqlx::query(names).fetch_all(&mut connection).await.unwrap() {
        let table: String = row.get(0);
        let columns =
            format!("SELECT group_concat('quote(' || name || ')', '||''|''||') FROM pragma_table_info('{table}')");
        let list: String = sqlx::query(AssertSqlSafe(columns)).fetch_one(&mut connection).await.unwrap().get(0);
        let text = format!("SELECT CAST({list} AS TEXT) FROM {table} ORDER BY 1");
        let found = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap();
        all.extend(found.iter().map(|row| format!("{table}|{}", row.get::<String, _>(0))));
    }
    all
}

/// An older copy that the journal's word reaches ends like the store in which it was said.
#[tokio::test]
async fn an_older_copy_comes_to_the_same_by_the_journal_s_word() {
    let f = Fixture::sqlite().await;
    two_customers(&*f.store).await;
    let event = Says::Event { name: "page".into(), props: Props::new() };
    track(&*f.store, vec![call("9", (None, Some("v-1")), None, event)]).await;
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    f.store.backup(&old).await.unwrap();
    let before = rows(&f.url).await;
    let whole = before.join("\n");
    assert!(CANARIES.iter().all(|canary| whole.contains(canary)), "the test would see them");

    let mut word = std::collections::BTreeMap::new();
    let company = Subject::Account(f.store.company("kanaria").await.unwrap().unwrap());
    let visitor = Subject::Visitor(f.store.visitor("v-1").await.unwrap().unwrap());
    let ken = Subject::Person(f.store.people("ken").await.unwrap().remove(0));
    for whom in [company, ken, visitor] {
        word.insert(f.store.erase(&whom, "t", false, at(100)).await.unwrap().pseudonym, at(100));
    }
    settle_all(&*f.store).await;
    let erased = rows(&f.url).await;
    let whole = erased.join("\n");
    for canary in CANARIES.iter().filter(|canary| **canary != "カナリア商事") {
        assert!(!whole.contains(canary), "{canary} in {whole}");
    }
    let named = erased.iter().filter(|row| row.contains("カナリア商事")).count();
    assert_eq!(named, 1, "only what another customer's note says of it: {whole}");

    let url = format!("sqlite:{}", old.display());
    let copy = store::open(&url, Mode::Daemon).await.unwrap();
    let found = copy.erased_before(&word).await.unwrap();
    assert_eq!(found.len(), 3);
    for whom in &found {
        copy.erase(whom, "journal", false, at(100)).await.unwrap();
    }
    settle_all(&*copy).await;
    assert_eq!(rows(&url).await, erased);
    assert!(copy.erased_before(&word).await.unwrap().is_empty(), "once");
}
