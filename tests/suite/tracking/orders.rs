//! The same calls twice, shuffled or in other portions leave the identical state.

use proptest::{prelude::*, test_runner::Config};

use super::*;

const USERS: [(&str, &str); 4] = [("u-1", "acme"), ("u-2", "acme"), ("u-3", "beta"), ("h@gamma.example", "gamma")];

/// One call of a little world in which everybody works at one company.
fn call() -> impl Strategy<Value = Json> {
    let kind = prop_oneof![
        4 => (Just("login"), 0..50_u32).prop_map(|(event, n)| json!({"type": "track", "event": event, "properties": {"n": n}})),
        2 => (0..9_u32).prop_map(|rows| json!({"type": "track", "event": "report.exported", "properties": {"rows": rows}})),
        1 => Just(json!({"type": "page", "name": "Home"})),
        2 => ("[a-c]", any::<bool>()).prop_map(|(name, mail)| {
            let mut traits = json!({"name": name, "title": name});
            if mail { traits["email"] = "@".into(); }
            json!({"type": "identify", "traits": traits})
        }),
        2 => (0..4_u32).prop_map(|n| json!({"type": "group", "traits": {"employees": n * 10, "plan": format!("p{n}")}})),
    ];
    (kind, 0..USERS.len(), any::<bool>()).prop_map(|(mut call, user, visitor)| {
        let (id, company) = USERS[user];
        call["user"] = json!([id, company, visitor]);
        call
    })
}

/// Distinct ids and moments; a visitor's event names only the device, and somebody says later whose it is.
fn finished(calls: Vec<Json>) -> Vec<Json> {
    let mut all = Vec::new();
    for (n, mut call) in calls.into_iter().enumerate() {
        let who = call.as_object_mut().unwrap().remove("user").unwrap();
        let (id, company) = (who[0].as_str().unwrap(), who[1].as_str().unwrap());
        call["messageId"] = format!("m{n}").into();
        call["timestamp"] = format!("2026-11-0{}T{:02}:{:02}:00Z", 1 + n % 9, n % 24, n % 60).into();
        let event = matches!(call["type"].as_str(), Some("track" | "page"));
        if event && who[2] == true {
            call["anonymousId"] = format!("dev-{id}").into()
        } else {
            call["userId"] = id.into()
        }
        if call["type"] == "group" {
            call["groupId"] = company.into();
        }
        if call["traits"]["email"] == "@" {
            call["traits"]["email"] = format!("{}@{company}.example", id.replace('@', ".")).into();
        }
        all.push(call);
    }
    for (id, company) in USERS {
        let mut last = identify(&format!("i-{id}"), id, json!({}));
        last["anonymousId"] = format!("dev-{id}").into();
        all.extend([last, group(&format!("g-{id}"), id, company, json!({}))]);
    }
    all
}

/// Everything decisions read, as far as it does not tell when something was heard.
async fn state(house: &House) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    for company in ["acme", "beta", "gamma"] {
        let snapshot = house.snapshot(company).await;
        let attrs: BTreeMap<String, Value> =
            snapshot.state.attrs.iter().map(|(name, attr)| (name.clone(), attr.value.clone())).collect();
        let query = ContactQuery::first(Vec::new(), 99);
        let contacts = house.store().contacts(snapshot.account, &query).await.unwrap();
        let mut contacts: Vec<Json> = contacts.iter().map(|c| json!([c.key, c.attrs, c.metrics])).collect();
        contacts.sort_by_key(Json::to_string);
        let told = json!({"attrs": attrs, "metrics": snapshot.state.metrics, "contacts": contacts, "events": house.events(company).await});
        found.insert(company.to_owned(), told);
    }
    assert_eq!(house.store().parked().await.unwrap().calls, 0);
    found
}

async fn sent(portions: Vec<Vec<Json>>) -> BTreeMap<String, Json> {
    let house = House::new().await;
    for portion in portions {
        let answer = house.batch(&portion).await;
        assert_eq!(answer["rejected"], json!([]), "{answer}");
    }
    house.turn().await;
    state(&house).await
}

fn runs(calls: Vec<Json>, order: Vec<usize>, size: usize) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = finished(calls);
    let mut shuffled: Vec<(usize, Json)> =
        calls.iter().enumerate().map(|(n, call)| (order[n % order.len()] ^ n.wrapping_mul(7), call.clone())).collect();
    shuffled.sort_by_key(|(place, _)| *place);
    let shuffled: Vec<Json> = shuffled.into_iter().map(|(_, call)| call).collect();
    runtime.block_on(async {
        let once = sent(vec![calls.clone()]).await;
        prop_assert_eq!(&sent(vec![calls.clone(), calls.clone()]).await, &once, "twice");
        prop_assert_eq!(&sent(vec![shuffled.clone()]).await, &once, "shuffled");
        let portions: Vec<Vec<Json>> = shuffled.chunks(size).map(<[Json]>::to_vec).collect();
        prop_assert_eq!(&sent(portions.clone()).await, &once, "shuffled, in portions of {}", size);
        let again: Vec<Vec<Json>> = portions.into_iter().flat_map(|portion| [portion.clone(), portion]).collect();
        prop_assert_eq!(&sent(again).await, &once, "each portion twice");
        Ok(())
    })
}

#[test]
fn orders_portions_and_repeats_make_no_difference() {
    let mut runner = proptest::test_runner::TestRunner::new(Config { cases: 24, ..Config::default() });
    let given = (prop::collection::vec(call(), 1..24), prop::collection::vec(0..1000_usize, 8), 1..7_usize);
    runner.run(&given, |(calls, order, size)| runs(calls, order, size)).unwrap_or_else(|e| panic!("{e}"));
}
