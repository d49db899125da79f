//! Signed webhooks: what is proved is recorded, everything else is answered alike and changes nothing.

use hmac::{Hmac, KeyInit as _, Mac as _};
use shirube::{
    http::hook::{Hooks, routes},
    source::hook::{Hook, Reads, Scheme, read_map},
};

use super::*;

const SECRET: &str = "a secret of sixteen bytes";
const MAP: &str = r#"
id: event.id
rules:
  - when: event.type == "deal.won"
    account: event.company
    event: deal.won
    account_attributes: {plan: event.plan}
"#;

fn won(id: &str) -> String {
    json!({"id": id, "type": "deal.won", "company": "acme", "plan": "pro"}).to_string()
}

fn signed(parts: &[&str]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A house whose routes are those of webhooks: `stripe` and `plain`.
async fn house() -> House {
    let mut house = House::new().await;
    let plain = Scheme::Plain { header: "X-Signature".into(), prefix: String::new(), base64: false };
    let hook = |(name, scheme): (&str, Scheme)| {
        let map = Reads::Map(Box::new(read_map(MAP, "m.yaml").unwrap()));
        (
            name.to_owned(),
            Hook {
                name: name.to_owned(),
                scheme,
                secrets: vec!["an older secret, on its way out".into(), SECRET.to_owned().into()],
                reads: map,
            },
        )
    };
    let hooks = [("stripe", Scheme::Stripe), ("plain", plain)].map(hook).into();
    let shell = Arc::clone(&house.shell);
    let hooks =
        Hooks { shell, hooks: Arc::new(hooks), horizon: 400 * DAY, locale: Locale::En, metrics: Arc::default() };
    house.router = limited(vec![routes(hooks)]);
    house
}

/// Stripe's header for `body`, signed `late` seconds from now.
fn stripe(body: &str, late: i64) -> String {
    let at = (now().0 / 1_000_000 + late).to_string();
    format!("t={at},v1={}", hex(&signed(&[&at, ".", body])))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proved_payload_is_recorded_once() {
    let house = house().await;
    let body = won("e1");
    let line = stripe(&body, 0);
    let (status, answer) = house.post("/webhooks/stripe", &[("stripe-signature", &line)], body.clone()).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)));
    house.turn().await;
    assert_eq!(house.snapshot("acme").await.state.attr("plan"), Value::text("pro"));
    let id = house.id("acme").await.unwrap();
    let facts = house.store().timeline(id, 99).await.unwrap();
    assert!(facts.iter().any(
        |fact| fact.source == "stripe" && matches!(&fact.body, FactBody::Event { name, .. } if name == "deal.won")
    ));
    // The very same request is refused; its sender's next try is signed anew and counts no second time.
    assert_eq!(house.post("/webhooks/stripe", &[("stripe-signature", &line)], body.clone()).await.0, 401);
    let again = stripe(&body, 1);
    let (status, answer) = house.post("/webhooks/stripe", &[("stripe-signature", &again)], body.clone()).await;
    assert_eq!((status, &answer["duplicate"]), (200, &json!(1)));
    // Nor does the header open the door when it is written otherwise: its parts turned, more of them, spaces.
    let (time, proof) = line.split_once(',').unwrap();
    for other in [format!("{proof},{time}"), format!("{line},v1=00ff"), format!("{time}, v0=00, {proof}")] {
        let (status, _) = house.post("/webhooks/stripe", &[("stripe-signature", &other)], body.clone()).await;
        assert_eq!(status, 401, "{other}");
    }
    // A signature without a time is the same each time.
    let line = hex(&signed(&[&won("e2")]));
    for want in ["accepted", "duplicate"] {
        let (status, answer) = house.post("/webhooks/plain", &[("x-signature", &line)], won("e2")).await;
        assert_eq!((status, &answer[want]), (200, &json!(1)), "{want}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_nothing_is_answered_alike_and_changes_nothing() {
    let house = house().await;
    let body = won("e1");
    let (right, old, ahead) = (stripe(&body, 0), stripe(&body, -301), stripe(&body, 301));
    let cases = [
        ("/webhooks/stripe", "stripe-signature", old.as_str(), body.clone()),
        ("/webhooks/stripe", "stripe-signature", ahead.as_str(), body.clone()),
        ("/webhooks/stripe", "stripe-signature", right.as_str(), won("e2")),
        ("/webhooks/stripe", "x-other", right.as_str(), body.clone()),
        ("/webhooks/nobody", "stripe-signature", right.as_str(), body.clone()),
        ("/webhooks/plain", "x-signature", "", body.clone()),
        // Not even broken JSON is looked at before the signature.
        ("/webhooks/stripe", "stripe-signature", right.as_str(), "{".to_owned()),
    ];
    for (path, name, value, body) in cases {
        assert_eq!(house.post(path, &[(name, value)], body).await, (401, Json::Null), "{path} {name}");
    }
    assert!(house.id("acme").await.is_none());
    let broken = "{";
    let (status, answer) = house.post("/webhooks/stripe", &[("stripe-signature", &stripe(broken, 0))], broken).await;
    assert_eq!((status, answer["reason"].as_str()), (400, Some("not_json")));
}

/// The example of the page is what one gets.
#[tokio::test(flavor = "multi_thread")]
async fn a_deal_that_is_won_hands_over_what_sales_knows() {
    let page = include_str!("../../../docs/connect/handover.md");
    let block = |of: &str| page.split(&format!("```{of}\n")).last().unwrap().split("```").next().unwrap().to_owned();
    let (map, payload) = (block("yaml"), block("json"));
    let mut house = House::new().await;
    let scheme = Scheme::Plain { header: "X-Signature".into(), prefix: String::new(), base64: false };
    let reads = Reads::Map(Box::new(read_map(&map, "m.yaml").unwrap()));
    let hook = Hook {
        name: "crm".to_owned(),
        scheme,
        secrets: vec!["an older secret, on its way out".into(), SECRET.to_owned().into()],
        reads,
    };
    let hooks = Arc::new([("crm".to_owned(), hook)].into());
    let shell = Arc::clone(&house.shell);
    let hooks = Hooks { shell, hooks, horizon: 400 * DAY, locale: Locale::En, metrics: Arc::default() };
    house.router = limited(vec![routes(hooks)]);
    let line = hex(&signed(&[&payload]));
    let (status, answer) = house.post("/webhooks/crm", &[("x-signature", &line)], payload).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    house.turn().await;
    let state = house.snapshot("acme").await.state;
    assert_eq!(state.attr("goals"), Value::List(vec![Value::text("close the books in 30 minutes")].into()));
    let told = ["expectations", "background", "source_stage", "handed_over_by"].map(|name| state.attr(name));
    let said = ["live by the end of March", "the auditor asked for it", "inside_sales", "Aoi"];
    assert_eq!(told, said.map(Value::text));
}
