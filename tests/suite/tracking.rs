//! Events of products over HTTP: what the SDKs really send, what nobody should send, and that nothing is lost or
//! counted twice.

mod bodies;
mod hooks;
mod orders;

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body, http::Request};
use base64::Engine as _;
use http_body_util::BodyExt as _;
use serde_json::{Value as Json, json};
use shirube::{
    app::{
        reload::{go_live, read_project},
        shell::Shell,
        track::Trust,
    },
    clock::{Clock, VirtualClock},
    http::{
        limited,
        track::{Tracking, hashed, routes},
    },
    model::{
        fact::{FactBody, Incoming},
        ids::AccountId,
        instant::{DAY, Instant},
        locale::Locale,
        snapshot::{ContactQuery, Snapshot},
        value::{Props, Value},
    },
    rulebook::load,
    store::{Mode, api::Store, open},
};
use tower::ServiceExt as _;

const KEY: &str = "wk-server";
const PAGE: &str = "wk-page";

/// The moment of every request.
fn now() -> Instant {
    Instant::parse("2026-11-10T12:00:00Z").unwrap()
}

/// A model with what the tests count.
const MODEL: &str = r#"
success: [{name: s, says: {ja: a, en: a}, when: "metric.logins_7d >= 1", by: 30d}]
attributes:
  account: {employees: number, industry: text, expectations: text, background: text, source_stage: text, handed_over_by: text}
  contact: {title: text}
metrics:
  logins_7d: {count: login, over: 7d}
  rows: {sum: report.exported, of: rows, over: 30d}
  users_30d: {distinct: contact, of: "*", over: 30d}
workspace: {timezone: Asia/Tokyo, locale: en}
"#;

/// A project with a store and the routes in front of it.
struct House {
    folder: tempfile::TempDir,
    shell: Arc<Shell>,
    router: Router,
    clock: Arc<VirtualClock>,
}

impl House {
    async fn new() -> House {
        House::at(tempfile::tempdir().unwrap()).await
    }

    /// As after a start on what is there.
    async fn at(folder: tempfile::TempDir) -> House {
        std::fs::write(folder.path().join("model.yaml"), MODEL).unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let store = open(&url, Mode::Tool).await.unwrap();
        House::on(folder, store).await
    }

    async fn on(folder: tempfile::TempDir, store: Arc<dyn Store>) -> House {
        std::fs::write(folder.path().join("model.yaml"), MODEL).unwrap();
        let files = read_project(folder.path()).unwrap();
        let (rulebook, found) = load::load(&files);
        let rulebook = rulebook.unwrap_or_else(|| panic!("{found:#?}"));
        let clock = Arc::new(VirtualClock::at(now()));
        let rulebook = go_live(store.as_ref(), rulebook, &files, now()).await.unwrap();
        let shell = Arc::new(Shell::new(store, Arc::clone(&clock) as Arc<dyn Clock>, rulebook).await.unwrap());
        let tracking = Tracking {
            shell: Arc::clone(&shell),
            keys: Arc::new(vec![(hashed(KEY), Trust::Server), (hashed(PAGE), Trust::Browser)]),
            origins: Arc::new(vec!["https://app.example.com".to_owned()]),
            horizon: 400 * DAY,
            locale: Locale::En,
        };
        House { folder, shell, router: limited(vec![routes(tracking)]), clock }
    }

    /// Posts; answers status and body.
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (u16, Json) {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    /// A batch in Segment's form with the server's key.
    async fn batch(&self, items: &[Json]) -> Json {
        let body = json!({"batch": items, "writeKey": KEY, "sentAt": "2026-11-10T12:00:00Z"});
        let (status, answer) = self.post("/v1/batch", &[], body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn turn(&self) {
        self.shell.turn(self.clock.now()).await.unwrap();
    }

    fn store(&self) -> &dyn Store {
        self.shell.store.as_ref()
    }

    async fn snapshot(&self, account: &str) -> Snapshot {
        let row = self.store().account_by_key(account).await.unwrap();
        let row = row.unwrap_or_else(|| panic!("no account {account}"));
        self.store().snapshot(row.id).await.unwrap().unwrap()
    }

    async fn id(&self, account: &str) -> Option<AccountId> {
        self.store().account_by_key(account).await.unwrap().map(|row| row.id)
    }

    /// Names of the events of an account with the keys of their contacts, oldest first.
    async fn events(&self, account: &str) -> Vec<String> {
        let Some(id) = self.id(account).await else { return Vec::new() };
        let people = self.people(account).await;
        let mut facts = self.store().timeline(id, 10_000).await.unwrap();
        facts.retain(|fact| fact.source == "api");
        facts.sort_by_key(|fact| (fact.occurred_at, fact.event_id.clone()));
        let told = |fact: &shirube::model::fact::Fact| match &fact.body {
            FactBody::Event { name, .. } => {
                let who = fact.contact.map(|c| people.get(&c.0).cloned().unwrap_or_else(|| "?".into()));
                Some(format!("{name}/{}", who.unwrap_or_default()))
            }
            _ => None,
        };
        facts.iter().filter_map(told).collect()
    }

    /// Keys of contacts by number.
    async fn people(&self, account: &str) -> BTreeMap<i64, String> {
        let id = self.id(account).await.unwrap();
        let all = self.store().contacts(id, &ContactQuery::first(Vec::new(), 10_000)).await.unwrap();
        all.into_iter().map(|contact| (contact.id.0, contact.key)).collect()
    }
}

fn basic(key: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{key}:")))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn track(id: &str, user: &str, event: &str) -> Json {
    json!({"type": "track", "messageId": id, "userId": user, "event": event, "timestamp": "2026-11-10T11:00:00Z"})
}

fn group(id: &str, user: &str, group: &str, traits: Json) -> Json {
    json!({"type": "group", "messageId": id, "userId": user, "groupId": group, "traits": traits, "timestamp": "2026-11-10T10:00:00Z"})
}

fn identify(id: &str, user: &str, traits: Json) -> Json {
    json!({"type": "identify", "messageId": id, "userId": user, "traits": traits, "timestamp": "2026-11-10T10:30:00Z"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_heard_from_its_first_call_on() {
    let house = House::new().await;
    let items = [
        group("m1", "u-1", "acme", json!({"name": "Acme Inc.", "employees": "1,200", "plan": "pro", "color": "red"})),
        identify("m2", "u-1", json!({"email": "hana@acme.example", "name": "Hana"})),
        track("m3", "u-1", "login"),
        json!({"type": "page", "messageId": "m4", "userId": "u-1", "name": "Pricing", "timestamp": "2026-11-10T11:30:00Z"}),
    ];
    let answer = house.batch(&items).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(4), &json!([])));
    assert_eq!(answer["warnings"][0]["field"], "traits.color");
    assert_eq!(answer["warnings"][0]["reason"], "unknown_attribute");
    house.turn().await;
    let acme = house.snapshot("acme").await;
    assert_eq!(acme.state.attr("employees"), Value::Num(1200.0));
    assert_eq!(acme.state.attr("plan"), Value::text("pro"));
    assert_eq!(acme.state.metrics["logins_7d"].total, 1.0);
    assert_eq!(house.events("acme").await, ["login/u-1", "page/u-1"]);
    assert!(house.shell.world().feeds.contains_key("api"), "its freshness is known");
    let again = house.batch(&items).await;
    assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(0), &json!(4)));
}

/// Welcomes whoever logs in; nobody who was there before.
const WELCOME: &str = r#"
playbook: welcome
title: {ja: a, en: a}
purpose: {ja: a, en: a}
class: service
start: {when: metric.logins_7d >= 1}
exit: {when: metric.logins_7d == 0}
steps: [{id: rest, wait: 30d}]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_first_event_came_a_turn_before_its_date_was_no_new_customer() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("playbooks")).unwrap();
    std::fs::write(folder.path().join("playbooks/welcome.yaml"), WELCOME).unwrap();
    let house = House::at(folder).await;
    let here = |id: &str, user: &str, key: &str| {
        let mut login = track(id, user, "login");
        login["context"] = json!({"groupId": key});
        login
    };
    house.batch(&[here("m1", "u-1", "acme"), here("m2", "u-2", "beta"), here("m3", "u-3", "old")]).await;
    house.turn().await;
    for key in ["acme", "beta", "old"] {
        assert!(house.snapshot(key).await.runs.is_empty(), "{key} may have been there for years");
    }
    let dated = |id: &str, user: &str, key: &str, day: &str| group(id, user, key, json!({"createdAt": day}));
    house.batch(&[dated("m4", "u-1", "acme", "2026-11-10"), dated("m5", "u-3", "old", "2024-01-01")]).await;
    house.turn().await;
    assert_eq!(house.snapshot("acme").await.runs.len(), 1, "it began today");
    assert!(house.snapshot("old").await.runs.is_empty(), "it is two years old");
    house.clock.set(now().plus(90 * DAY));
    house.batch(&[here("m6", "u-2", "beta"), dated("m7", "u-2", "beta", "2027-02-08")]).await;
    house.turn().await;
    assert!(house.snapshot("beta").await.state.known, "it was heard of three months ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_asked_for_in_every_place_an_sdk_puts_them() {
    let house = House::new().await;
    let call = json!({"userId": "u", "event": "login", "context": {"groupId": "acme"}});
    let with = |name: &str, key: &str| {
        let mut call = call.clone();
        call[name] = key.into();
        call.to_string()
    };
    let status = async |headers: &[(&str, &str)], body: String| house.post("/v1/track", headers, body).await.0;
    assert_eq!(status(&[("authorization", &basic(KEY))], call.to_string()).await, 200);
    house.clock.set(now().plus(1));
    assert_eq!(status(&[], with("writeKey", KEY)).await, 200);
    for (headers, body) in [
        (vec![], call.to_string()),
        (vec![], with("writeKey", "")),
        (vec![], with("writeKey", "other")),
        (vec![("authorization", basic(""))], call.to_string()),
        // A key in the header decides.
        (vec![("authorization", basic("other"))], with("writeKey", KEY)),
        (vec![("authorization", "Bearer x".to_owned())], call.to_string()),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(status(&headers, body).await, 401, "{headers:?}");
    }
    let (_, refusal) = house.post("/v1/track", &[("accept-language", "ja")], call.to_string()).await;
    assert_eq!(refusal["reason"], "no_key");
    assert!(refusal["help"].as_str().unwrap().contains("書き込みキー"), "{refusal}");
    assert_eq!(house.events("acme").await.len(), 2, "what was refused is not recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_events_from_a_named_site_and_nothing_else() {
    let house = House::new().await;
    let origin = ("origin", "https://app.example.com");
    let body = |key: &str, n: &str| {
        let items = [
            group(&format!("g{n}"), "u", "acme", json!({"plan": "free for ever"})),
            track(&format!("t{n}"), "u", "login"),
            json!({"type": "alias", "messageId": format!("a{n}"), "userId": "u", "previousId": "boss"}),
        ];
        json!({"batch": items, "writeKey": key}).to_string()
    };
    // A customer that nobody knows is not made by a page; what happens there waits.
    let (_, answer) = house.post("/v1/b", &[origin], body(PAGE, "1")).await;
    assert_eq!((&answer["parked"], &answer["rejected"][0]["reason"]), (&json!(1), &json!("not_by_browser")));
    assert!(house.id("acme").await.is_none());
    house.batch(&[group("m0", "boss", "acme", json!({}))]).await;
    assert_eq!(house.post("/v1/b", &[("origin", "https://evil.example")], body(PAGE, "2")).await.0, 403);
    let (status, refusal) = house.post("/v1/b", &[origin], body(KEY, "2")).await;
    assert_eq!((status, refusal["reason"].as_str()), (403, Some("server_key")));
    let (status, answer) = house.post("/v1/b", &[origin, ("content-type", "text/plain")], body(PAGE, "1")).await;
    assert_eq!((status, &answer["accepted"], &answer["duplicate"]), (200, &json!(0), &json!(1)), "{answer}");
    // Where somebody belongs is the word of a server; then what waited is recorded.
    house.batch(&[group("m1", "u", "acme", json!({}))]).await;
    let (_, answer) = house.post("/v1/b", &[origin], body(PAGE, "2")).await;
    assert_eq!((&answer["accepted"], answer["rejected"].as_array().unwrap().len()), (&json!(1), 2));
    assert_eq!(house.events("acme").await, ["login/u", "login/u"]);
    house.turn().await;
    assert_eq!(house.snapshot("acme").await.state.attr("plan"), Value::Missing);
    let preflight = |origin: &'static str| {
        let request = Request::options("/v1/t").header("origin", origin).body(Body::empty()).unwrap();
        house.router.clone().oneshot(request)
    };
    let allowed = "access-control-allow-origin";
    assert_eq!(preflight("https://app.example.com").await.unwrap().headers()[allowed], "https://app.example.com");
    assert!(!preflight("https://evil.example").await.unwrap().headers().contains_key(allowed));
}

/// With the key of a page, which everybody can read, users of one customer could be moved to another, e-mail and all.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_move_somebody_elses_user_to_another_customer() {
    let house = House::new().await;
    house.batch(&[group("m1", "boss", "acme", json!({})), group("m2", "eve", "beta", json!({}))]).await;
    let mut call = track("x1", "boss", "login");
    call["context"] = json!({"groupId": "beta"});
    let body = json!({"batch": [call], "writeKey": PAGE}).to_string();
    let (_, answer) = house.post("/v1/b", &[("origin", "https://app.example.com")], body).await;
    assert_eq!(answer["accepted"], 1, "{answer}");
    house.batch(&[track("m3", "boss", "visit")]).await;
    assert_eq!(house.events("acme").await, ["visit/boss"]);
    let beta = house.events("beta").await;
    assert!(beta.len() == 1 && !beta[0].contains("boss"), "an event of the customer, of nobody: {beta:?}");
}

/// A page's `messageId` stood where the fact that a customer is an old one would stand: onboarding began for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn no_id_of_a_sender_takes_the_place_of_a_fact_of_ours() {
    let house = House::new().await;
    house.batch(&[group("m1", "u", "acme", json!({}))]).await;
    let ids = ["account:newco", "ours:account:newco", "said:m9", "m9:placed:newco", "ours:m9:placed:newco"];
    let calls: Vec<_> = ids.iter().map(|id| track(id, "u", "login")).collect();
    assert_eq!(house.batch(&calls).await["accepted"], ids.len());
    let answer = house.batch(&[group("m9", "boss", "newco", json!({})), track("m10", "boss", "login")]).await;
    assert_eq!(answer["accepted"], 2, "{answer}");
    assert_eq!(house.events("newco").await, ["login/boss"]);
    house.turn().await;
    assert!(house.snapshot("newco").await.state.known);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_place_waits_and_is_recorded_once_it_can_be() {
    let house = House::new().await;
    let visitor =
        json!({"type": "page", "messageId": "m1", "anonymousId": "dev-1", "timestamp": "2026-11-10T10:00:00Z"});
    let answer = house.batch(&[visitor.clone(), track("m2", "u-1", "login")]).await;
    assert_eq!((&answer["accepted"], &answer["parked"]), (&json!(0), &json!(2)));
    assert_eq!(house.batch(&[visitor]).await["duplicate"], 1, "it waits once");
    let parked = house.store().parked().await.unwrap();
    assert_eq!((parked.calls, parked.people, parked.oldest), (2, 2, Some(now())));
    // The visitor is u-1; u-1 is somebody at acme.
    let mut known = identify("m3", "u-1", json!({"email": "hana@acme.example"}));
    known["anonymousId"] = "dev-1".into();
    assert_eq!(house.batch(&[known]).await["parked"], 1);
    assert_eq!(house.batch(&[group("m4", "u-1", "acme", json!({}))]).await["accepted"], 1);
    assert_eq!(house.events("acme").await, ["page/u-1", "login/u-1"]);
    assert_eq!(house.store().parked().await.unwrap().calls, 0);
    assert_eq!(house.batch(&[track("m2", "u-1", "login")]).await["duplicate"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_domain_places_those_who_wait() {
    let house = House::new().await;
    house.batch(&[identify("m1", "u-1", json!({"email": "Hana@Acme.example"})), track("m2", "u-1", "login")]).await;
    house.turn().await;
    assert_eq!(house.store().parked().await.unwrap().calls, 1);
    let attrs = Props::from([("domain".to_owned(), Value::text("https://www.acme.example/"))]);
    let fact = Incoming {
        account: Some("c-77".into()),
        ..Incoming::own("import".into(), FactBody::AccountAttrs { attrs }, now())
    };
    house.store().append(vec![fact]).await.unwrap();
    house.clock.set(now().plus(DAY));
    house.turn().await;
    assert_eq!(house.events("c-77").await, ["login/u-1"]);
    assert_eq!(house.store().parked().await.unwrap().calls, 0);
    let people = house.store().contacts(house.id("c-77").await.unwrap(), &ContactQuery::first(Vec::new(), 9)).await;
    assert_eq!(people.unwrap()[0].email(), Some("Hana@Acme.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_too_long_is_given_up_and_counted() {
    let house = House::new().await;
    house.batch(&[track("m1", "u-1", "login"), track("m2", "u-2", "login")]).await;
    house.clock.set(now().plus(31 * DAY));
    house.turn().await;
    let parked = house.store().parked().await.unwrap();
    assert_eq!((parked.calls, parked.dropped), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_crash() {
    let house = House::new().await;
    house
        .batch(&[group("m1", "u-1", "acme", json!({})), track("m2", "u-1", "login"), track("m3", "nobody", "login")])
        .await;
    // Another process looks at the file as a crash would leave it: nothing of the first one is closed.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(house.folder.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let after = House::at(copy).await;
    assert_eq!(after.events("acme").await, ["login/u-1"]);
    assert_eq!(after.store().parked().await.unwrap().calls, 1);
    let again = after.batch(&[track("m2", "u-1", "login"), track("m3", "nobody", "login")]).await;
    assert_eq!(again["duplicate"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheets_contact_and_the_sdks_user_are_one_person() {
    let house = House::new().await;
    let person = |key: &str, id: &str| Incoming {
        account: Some("acme".into()),
        contact: Some(key.into()),
        ..Incoming::own(
            id.into(),
            FactBody::ContactAttrs { attrs: Props::from([("email".into(), Value::text("hana@acme.example"))]) },
            now(),
        )
    };
    house.batch(&[group("m1", "u-1", "acme", json!({})), track("m2", "u-1", "login")]).await;
    house.turn().await;
    house.store().append(vec![person("hana@acme.example", "i1")]).await.unwrap();
    house.batch(&[identify("m3", "u-1", json!({"email": "hana@acme.example"})), track("m4", "u-1", "login")]).await;
    house.turn().await;
    let people: Vec<String> = house.people("acme").await.into_values().collect();
    assert_eq!(people, ["hana@acme.example"]);
    assert_eq!(house.snapshot("acme").await.state.metrics["logins_7d"].total, 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_take_calls_in_alike() {
    let on = async |store: Arc<dyn Store>| {
        let house = House::on(tempfile::tempdir().unwrap(), store).await;
        house.batch(&[track("m1", "u-1", "login"), identify("m2", "u-1", json!({"email": "h@acme.example"}))]).await;
        house.batch(&[group("m3", "u-1", "acme", json!({"domain": "acme.example"}))]).await;
        let answer = house.batch(&[track("m4", "h@acme.example", "login"), track("m1", "u-1", "login")]).await;
        house.turn().await;
        (house.events("acme").await, answer["duplicate"].clone(), house.store().parked().await.unwrap())
    };
    let lite = on(crate::store::fixture::Fixture::sqlite().await.store.clone()).await;
    assert_eq!(lite.0, ["login/u-1", "login/h@acme.example"]);
    if let Some(f) = crate::store::fixture::Fixture::postgres().await {
        assert_eq!(on(f.store.clone()).await, lite);
    }
}
