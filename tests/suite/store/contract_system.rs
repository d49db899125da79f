//! What other systems tell: facts, contracts and the cursor of their pull are one transaction.

use std::sync::Arc;

use jiff::tz::TimeZone;
use shirube::{
    model::{
        system::{Stands, Terms, Told, Whose, Word},
        track::Verdict,
        value::{Props, Value},
    },
    source::system::settle,
    store::api::{Delivery, Moved, Once},
};

use super::{
    contracts,
    fixture::{Fixture, at},
};

contracts!(
    what_is_told_moves_the_cursor_or_neither,
    a_customer_whose_key_becomes_known_takes_its_contracts_along,
    what_a_person_said_elsewhere_goes_when_they_are_erased,
);

fn told(id: &str, seconds: i64, whose: Whose, word: Word) -> Told {
    Told { id: id.into(), at: at(seconds), by: String::new(), whose, word }
}

fn customer(seconds: i64, key: Option<&str>) -> Told {
    let attrs = Props::from([("plan".to_owned(), Value::text("pro"))]);
    let word = Word::Customer { key: key.map(Into::into), domains: Default::default(), attrs, weak: Props::new() };
    told("customer/c1", seconds, Whose::default(), word)
}

fn contract(seconds: i64, mrr_minor: i64) -> Told {
    let terms = Terms {
        stands: Stands::Active,
        plan: "pro".into(),
        mrr_minor,
        currency: "JPY".into(),
        start: Some(100),
        ..Terms::default()
    };
    told("contract/s1", seconds, Whose::object("customer/c1"), Word::Contract(terms))
}

fn paid(id: &str) -> Told {
    let word = Word::Event { name: "invoice.paid".into(), props: Props::new(), contact: None };
    told(id, 3, Whose::object("customer/c1"), word)
}

fn delivery(told: Vec<Told>) -> Delivery {
    Delivery {
        source: "stripe".into(),
        told,
        wake: true,
        once: None,
        cursor: None,
        now: at(100),
        settle: Arc::new(|known, told| settle(known, told, &TimeZone::UTC)),
    }
}

async fn what_is_told_moves_the_cursor_or_neither(f: Fixture) {
    let moved = |from: Option<&str>, to: &str| {
        Some(Moved { name: "system:x".into(), from: from.map(Into::into), to: to.into() })
    };
    let first = Delivery { cursor: moved(None, "p1"), ..delivery(vec![paid("event/1"), customer(1, None)]) };
    let taken = f.store.system(first.clone()).await.unwrap();
    assert_eq!(taken, Some(vec![Verdict::Taken, Verdict::Taken]));
    // Somebody else was quicker: nothing of it is taken.
    assert_eq!(f.store.system(Delivery { told: vec![paid("event/2")], ..first }).await.unwrap(), None);
    assert_eq!(f.store.cursor("system:x").await.unwrap().as_deref(), Some("p1"));
    let again = Delivery {
        cursor: moved(Some("p1"), "p2"),
        ..delivery(vec![paid("event/1"), paid("event/2"), customer(1, None)])
    };
    let taken = f.store.system(again).await.unwrap();
    assert_eq!(taken, Some(vec![Verdict::Duplicate, Verdict::Taken, Verdict::Duplicate]));
    let once = Some(Once { mark: "m".into(), until: at(900) });
    let proved = Delivery { once, ..delivery(vec![paid("event/3")]) };
    assert!(f.store.system(proved.clone()).await.unwrap().is_some());
    assert_eq!(f.store.system(proved).await.unwrap(), None);
    let row = f.store.account_by_key("stripe:c1").await.unwrap().unwrap();
    let events = f.store.timeline(row.id, 99).await.unwrap();
    assert_eq!(events.iter().filter(|fact| fact.event_id.starts_with("event/")).count(), 3);
}

async fn a_customer_whose_key_becomes_known_takes_its_contracts_along(f: Fixture) {
    let waits = f.store.system(delivery(vec![contract(1, 500), paid("event/1")])).await.unwrap().unwrap();
    assert_eq!(waits, [Verdict::Parked, Verdict::Parked]);
    assert_eq!(f.store.system_waits("stripe").await.unwrap(), (2, Some(at(1))));
    f.store.system(delivery(vec![customer(2, None)])).await.unwrap();
    assert_eq!(f.store.system_waits("stripe").await.unwrap().0, 0);
    let own = f.store.account_by_key("stripe:c1").await.unwrap().unwrap();
    assert_eq!(f.store.subscriptions().await.unwrap()[0].account, own.id);
    // Its key stands there now, and the price has changed twice.
    let days = |n: i64| n * 86_400;
    f.store.system(delivery(vec![customer(3, Some("acme")), contract(days(1), 800)])).await.unwrap();
    f.store.system(delivery(vec![contract(days(2), 900)])).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    let rows = f.store.subscriptions().await.unwrap();
    let paid: Vec<i64> = rows.iter().map(|row| row.mrr_minor).collect();
    assert!(rows.iter().all(|row| row.account == acme.id) && paid == [500, 800, 900], "{rows:?}");
    // The second change is taken back: the interval that was none goes.
    f.store.system(delivery(vec![contract(days(2) + 1, 800)])).await.unwrap();
    assert_eq!(f.store.subscriptions().await.unwrap().len(), 2);
}

async fn what_a_person_said_elsewhere_goes_when_they_are_erased(f: Fixture) {
    let attrs = Props::from([("email".to_owned(), Value::text("yui@acme.example"))]);
    let word = Word::Person { key: Some("yui@acme.example".into()), attrs, weak: Props::new() };
    let said = told("person/p1", 2, Whose::object("customer/c1"), word);
    f.store.system(delivery(vec![customer(1, Some("acme")), said.clone()])).await.unwrap();
    let person = f.store.people("yui@acme.example").await.unwrap().remove(0);
    f.store.erase(&person.into(), "kei", false, at(200)).await.unwrap();
    // Nothing is remembered of them: the very same version would be news.
    let again = f.store.system(delivery(vec![said, customer(1, Some("acme"))])).await.unwrap().unwrap();
    assert_eq!(again, [Verdict::Taken, Verdict::Duplicate]);
}
