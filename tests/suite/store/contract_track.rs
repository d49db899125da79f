//! Calls of tracking SDKs.

use std::sync::{Arc, Mutex};

use shirube::{
    model::{
        fact::FactBody,
        snapshot::Snapshot,
        track::{Call, Says, Verdict},
        value::Props,
    },
    source::track::settle,
    store::api::{Once, Tracking},
};

use super::{
    contracts,
    fixture::{self, Fixture, at},
};

contracts!(
    a_call_waits_until_it_is_known_whose_it_is,
    a_call_that_came_before_is_a_repeat_however_the_two_arrive,
    a_proof_is_used_up_with_what_it_brings,
    what_waits_too_long_or_too_much_is_given_up,
);

fn call(id: &str, group: Option<&str>, says: Says) -> Call {
    Call {
        id: id.into(),
        at: at(5),
        received_at: at(10),
        source: None,
        weak: false,
        user: Some("u-1".into()),
        anonymous: None,
        group: group.map(Into::into),
        says,
    }
}

fn event(id: &str) -> Call {
    call(id, None, Says::Event { name: "login".into(), props: Props::new() })
}

fn group(id: &str, key: &str) -> Call {
    call(id, Some(key), Says::Group { traits: Props::new() })
}

fn request(calls: Vec<Call>) -> Tracking {
    Tracking { calls, wake: Vec::new(), once: None, now: at(10), settle: Arc::new(settle) }
}

async fn taken(f: &Fixture, calls: Vec<Call>) -> Vec<Verdict> {
    f.store.track(request(calls)).await.unwrap().unwrap()
}

/// Events that the engine hears now, with their accounts.
async fn heard(f: &Fixture) -> Vec<String> {
    let heard = Mutex::new(Vec::new());
    let decide = |snapshot: &Snapshot| {
        let events = snapshot.inbox.iter().filter(|fact| matches!(fact.body, FactBody::Event { .. }));
        heard.lock().unwrap().extend(events.map(|fact| format!("{}/{}", snapshot.key, fact.event_id)));
        fixture::settle(snapshot)
    };
    f.store.evaluate(at(50), 10, &decide).await.unwrap();
    heard.into_inner().unwrap()
}

async fn a_call_waits_until_it_is_known_whose_it_is(f: Fixture) {
    assert_eq!(taken(&f, vec![event("e1")]).await, [Verdict::Parked]);
    let waiting = f.store.parked().await.unwrap();
    assert_eq!((waiting.calls, waiting.oldest), (1, Some(at(10))));
    assert!(f.store.account_by_key("acme").await.unwrap().is_none());
    assert_eq!(taken(&f, vec![group("g1", "acme")]).await, [Verdict::Taken]);
    assert_eq!(f.store.parked().await.unwrap().calls, 0);
    assert_eq!(heard(&f).await, ["acme/said:e1"]);
}

async fn a_call_that_came_before_is_a_repeat_however_the_two_arrive(f: Fixture) {
    assert_eq!(taken(&f, vec![event("e1"), event("e1")]).await, [Verdict::Parked, Verdict::Duplicate]);
    assert_eq!(taken(&f, vec![event("e1")]).await, [Verdict::Duplicate], "it waits already");
    assert_eq!(taken(&f, vec![group("g1", "acme"), event("e2")]).await, [Verdict::Taken, Verdict::Taken]);
    assert_eq!(taken(&f, vec![event("e2"), event("e1"), group("g1", "acme")]).await, [Verdict::Duplicate; 3]);
    assert_eq!(heard(&f).await, ["acme/said:e1", "acme/said:e2"]);
}

async fn a_proof_is_used_up_with_what_it_brings(f: Fixture) {
    let once = || Some(Once { mark: "proof".into(), until: at(600) });
    let first = f.store.track(Tracking { once: once(), ..request(vec![group("g1", "acme")]) }).await.unwrap();
    assert_eq!(first, Some(vec![Verdict::Taken]));
    let again = f.store.track(Tracking { once: once(), ..request(vec![group("g2", "beta")]) }).await.unwrap();
    assert_eq!(again, None, "it was used before");
    assert!(f.store.account_by_key("beta").await.unwrap().is_none());
    let later = Tracking { once: once(), now: at(601), ..request(vec![group("g2", "beta")]) };
    assert_eq!(f.store.track(later).await.unwrap(), Some(vec![Verdict::Taken]));
}

async fn what_waits_too_long_or_too_much_is_given_up(f: Fixture) {
    taken(&f, vec![event("e1"), event("e2"), event("e3")]).await;
    assert_eq!(f.store.drop_parked(at(10), 2).await.unwrap(), 1, "none is too old, one is too many");
    assert_eq!(f.store.drop_parked(at(11), 2).await.unwrap(), 2);
    assert_eq!(f.store.parked().await.unwrap().calls, 0);
}
