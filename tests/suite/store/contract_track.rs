//! Calls of tracking SDKs.

use std::sync::{Arc, Mutex};

use shirube::{
    model::{
        fact::{Accepted, FactBody, Incoming},
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
    keys_of_tracked_events_were_kept_for_ever,
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

/// `retention.events` was read and said, and no key of an event was ever forgotten.
async fn keys_of_tracked_events_were_kept_for_ever(f: Fixture) {
    let told = async |source: &str, id: usize, when: i64| {
        let event = FactBody::event("login", Props::new());
        let fact =
            Incoming { source: source.into(), ..fixture::fact("acme", None, &format!("e{id:03}"), at(when), event) };
        f.store.append(vec![fact]).await.unwrap().remove(0) == Accepted::Duplicate
    };
    for n in 0..25 {
        assert!(!told("api", n, if n % 2 == 0 { 10 } else { 500 }).await);
    }
    assert!(!told("csv", 0, 10).await);
    // A few at a time, in rounds: 13 of 25 are old.
    let mut gone = 0;
    for _ in 0..4 {
        gone += f.store.forget_seen(at(100), 10).await.unwrap();
    }
    assert_eq!(gone, 13);
    for _ in 0..4 {
        assert_eq!(f.store.forget_seen(at(100), 10).await.unwrap(), 0);
    }
    assert!(told("api", 1, 500).await && told("api", 23, 500).await, "younger ones are known");
    assert!(told("csv", 0, 10).await, "a file may be brought again however old it is");
    assert!(!told("api", 0, 10).await && !told("api", 24, 10).await);
    // The walk goes round.
    let again: usize =
        [f.store.forget_seen(at(100), 10).await.unwrap(), f.store.forget_seen(at(100), 100).await.unwrap()]
            .iter()
            .sum();
    assert_eq!(again, 2);
}
