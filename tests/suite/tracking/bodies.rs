//! Bodies as the SDKs send them (kept in `tests/data/track`), and bodies that are an attack or an accident.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/track")
}

/// One request as it came: first line `METHOD path`, headers, an empty line, the body as JSON.
struct Kept {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn kept(name: &str) -> Vec<Kept> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    text.split("\n---\n").map(one).collect()
}

fn one(text: &str) -> Kept {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let path = lines.next().unwrap().strip_prefix("POST ").unwrap().to_owned();
    let headers = lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Kept { path, headers, body: body.trim().to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sdk_is_understood_as_it_speaks() {
    let expected = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Json> = serde_json::from_str(&expected).unwrap();
    assert_eq!(expected.len(), 8);
    for (name, want) in expected {
        let house = House::new().await;
        for kept in kept(&name) {
            let headers: Vec<(&str, &str)> = kept.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let zipped = headers.iter().any(|(_, value)| *value == "gzip");
            let body = if zipped { gzip(kept.body.as_bytes()) } else { kept.body.into_bytes() };
            let (status, answer) = house.post(&kept.path, &headers, body).await;
            assert_eq!((status, &answer["rejected"]), (200, &json!([])), "{name}: {answer}");
        }
        house.turn().await;
        assert_eq!(json!(house.events("acme").await), want["events"], "{name}");
        let acme = house.snapshot("acme").await;
        assert_eq!(acme.state.attr("plan"), Value::text("pro"), "{name}");
        let people = house.store().contacts(acme.account, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
        let people: Vec<&str> = people.iter().filter_map(|contact| contact.email()).collect();
        assert_eq!(people, ["hana@acme.example"], "{name}");
        assert_eq!(house.store().parked().await.unwrap().calls, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calls_itself_something_else_is_read_all_the_same() {
    let house = House::new().await;
    let body = json!({"batch": [track("m1", "u", "login")], "writeKey": KEY}).to_string();
    let form = ("content-type", "application/x-www-form-urlencoded");
    // As RudderStack's Node library labels its gzipped JSON.
    let (status, answer) = house.post("/v1/batch", &[form, ("content-encoding", "gzip")], gzip(body.as_bytes())).await;
    assert_eq!((status, &answer["parked"]), (200, &json!(1)));
    assert_eq!(house.post("/v1/batch", &[("content-encoding", "gzip")], body.clone()).await.1["duplicate"], 1);
    assert_eq!(house.post("/v1/batch", &[form], gzip(body.as_bytes())).await.1["duplicate"], 1);
    let event = json!({"event": "login", "distinct_id": "u2", "uuid": "p1", "api_key": KEY}).to_string();
    let data = base64::engine::general_purpose::STANDARD.encode(&event);
    let data: String = form_urlencoded::byte_serialize(data.as_bytes()).collect();
    assert_eq!(house.post("/e/", &[form], format!("data={data}")).await.1["parked"], 1);
    assert_eq!(house.post("/capture/", &[], event).await.1["duplicate"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_and_say_what_is_wrong() {
    let house = House::new().await;
    let key = basic(KEY);
    let auth = [("authorization", key.as_str())];
    let deep = format!("{}1{}", r#"{"a":"#.repeat(5_000), "}".repeat(5_000));
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 1 << 20);
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (deep.into_bytes(), 400, "not_json"),
        (br#"{"batch": [{"a": NaN}]}"#.to_vec(), 400, "not_json"),
        (b"\xff\xfe\x00".to_vec(), 400, "not_json"),
        (Vec::new(), 400, "not_json"),
        (b"[]".to_vec(), 400, "no_batch"),
        (b"null".to_vec(), 400, "not_an_object"),
        (bomb, 400, "body_too_large"),
        (b"\x1f\x8b\x08nonsense".to_vec(), 400, "not_gzip"),
        (vec![b'x'; 600 * 1024], 400, "body_too_large"),
    ];
    for (body, status, reason) in cases {
        let start: Vec<u8> = body.iter().take(20).copied().collect();
        let (got, answer) = house.post("/v1/batch", &auth, body).await;
        assert_eq!((got, answer["reason"].as_str()), (status, Some(reason)), "{start:?}: {answer}");
        assert!(answer["help"].as_str().is_some_and(|help| help.len() > 10), "{answer}");
    }
    assert_eq!(house.post("/v1/batch", &auth, vec![b'x'; 10 << 20]).await.0, 413);
    assert_eq!(house.post("/v1/batch", &[auth[0], ("content-encoding", "br")], "x").await.0, 415);
    let twice =
        r#"{"batch": [{"type": "track", "userId": "u", "event": "x", "properties": {"amount": 1, "amount": 2}}]}"#;
    let (_, answer) = house.post("/v1/batch", &auth, twice).await;
    assert_eq!(
        (&answer["rejected"][0]["reason"], &answer["rejected"][0]["field"]),
        (&json!("twice"), &json!("amount"))
    );
    let (_, broken) = house.post("/v1/batch", &auth, "{\n  \"batch\": [}").await;
    assert_eq!(broken["detail"], "line 2, column 13");
}

/// Any JSON, small.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        Just(json!("2026-11-10T11:00:00Z")),
        Just(json!("track")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![
            Just("userId"),
            Just("event"),
            Just("type"),
            Just("traits"),
            Just("properties"),
            Just("context"),
            Just("groupId"),
            Just("timestamp"),
            Just("messageId"),
            Just("distinct_id"),
            Just("$set"),
            Just("$groups"),
            Just("company"),
            Just("x")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn nothing_that_is_json_brings_it_down(items in prop::collection::vec(anything(), 0..5)) {
        use shirube::source::track::{Dialect, Kind, read, settle};
        let options = options();
        let text = json!({"batch": items}).to_string();
        let body = shirube::source::track::Json::parse(text.as_bytes()).unwrap();
        for dialect in [Dialect::Segment(None), Dialect::Segment(Some(Kind::Identify)), Dialect::PostHog] {
            let Ok(read) = read(dialect, &body, None, &options) else { continue };
            let calls = read.into_iter().filter_map(|item| match item.heard {
                shirube::source::track::Heard::Calls(calls) => Some(calls),
                _ => None,
            });
            let calls: Vec<_> = calls.flatten().collect();
            let known = shirube::model::track::Known { now: options.now, ..Default::default() };
            prop_assert_eq!(settle(known, calls.clone()).verdicts.len(), calls.len());
        }
    }
}

fn options() -> shirube::source::track::Options {
    shirube::source::track::Options {
        now: now(),
        horizon: 400 * DAY,
        zone: jiff::tz::TimeZone::UTC,
        currency: shirube::model::money::Currency::JPY,
        account_attributes: BTreeMap::new(),
        contact_attributes: BTreeMap::new(),
    }
}
