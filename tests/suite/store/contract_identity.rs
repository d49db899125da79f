//! Two accounts become one, and a key changes.

use std::sync::Mutex;

use shirube::{
    engine::ACCOUNT_MERGED,
    model::{
        decision::Outcome,
        estate::{Estate, Guest, Handover},
        fact::{Accepted, FactBody, Incoming},
        ids::{AccountId, ContactId},
        message::OutboxState,
        snapshot::{ContactQuery, Need, Snapshot},
        state::SendRecord,
        value::{Props, Value},
    },
    store::api::{Ask, Dispatch, Subscription},
};

use super::{
    contracts,
    fixture::{Fixture, at, fact, login, message, named, person, settle, settled},
};

contracts!(
    both_keys_mean_the_account_that_stays_and_its_people_come_along,
    what_waits_for_an_account_that_was_merged_is_not_sent_and_what_was_under_way_is_heard_of_by_the_other,
    accounts_that_are_merged_one_after_the_other_end_in_the_last,
    an_account_is_not_merged_with_itself_or_with_nobody,
    a_renamed_account_keeps_its_number_and_is_found_by_both_keys,
);

fn merge(from: &str, into: &str, id: &str, second: i64) -> Incoming {
    let body = FactBody::Merged { into: into.into(), other: AccountId::default() };
    fact(from, None, id, at(second), body)
}

/// Folds everything; leaves where that was said, as the engine does.
fn leaving(snapshot: &Snapshot, seen: &Mutex<Vec<(String, FactBody)>>) -> Outcome {
    seen.lock().unwrap().extend(snapshot.inbox.iter().map(|fact| (snapshot.key.clone(), fact.body.clone())));
    let mut decision = settled(snapshot);
    let into = snapshot.inbox.iter().find_map(|fact| match fact.body {
        FactBody::Merged { other, .. } => Some((other, fact.received_at)),
        _ => None,
    });
    if let Some((into, at)) = into {
        let contacts = snapshot.contacts.values();
        let guests = contacts.map(|c| Guest { contact: (**c).clone(), days: Vec::new(), runs: Vec::new() }).collect();
        let estate = Estate { state: snapshot.state.clone(), ..Estate::default() };
        decision.handover = Some(Box::new(Handover { into, at, estate, guests }));
    }
    for fact in &snapshot.inbox {
        if let (FactBody::ContactAttrs { attrs }, Some(id)) = (&fact.body, fact.contact)
            && let Some(mut contact) = snapshot.contacts.get(&id).cloned()
        {
            contact.attrs.extend(attrs.clone());
            decision.contacts.push(contact);
        }
    }
    Outcome::Done(Box::new(decision))
}

fn with_mail(account: &str, contact: &str, mail: &str) -> Incoming {
    let attrs = Props::from([("email".to_owned(), Value::text(mail))]);
    fact(account, Some(contact), &format!("{account}/{contact}"), at(0), FactBody::ContactAttrs { attrs })
}

fn leaves(fact_body: &FactBody) -> bool {
    matches!(fact_body, FactBody::Merged { .. })
}

async fn both_keys_mean_the_account_that_stays_and_its_people_come_along(f: Fixture) {
    let facts = vec![
        named("old", "Old", "a"),
        named("kept", "Kept", "b"),
        with_mail("old", "u1", "Yui@x.test"),
        with_mail("old", "u2", "ken@x.test"),
        with_mail("old", "yui", "mai@x.test"),
        with_mail("kept", "yui", "yui@x.test"),
    ];
    f.store.append(facts).await.unwrap();
    let seen = Mutex::new(Vec::new());
    let decide = |snapshot: &Snapshot| leaving(snapshot, &seen);
    f.store.evaluate(at(1), 10, &decide).await.unwrap();
    let (old, kept) = (id(&f, "old").await, id(&f, "kept").await);
    let contract = Subscription {
        key: "s".into(),
        account: old,
        plan: "pro".into(),
        start: 20_000,
        end: None,
        mrr_minor: 5,
        currency: "JPY".into(),
        seats: None,
    };
    f.store.put_subscriptions(vec![contract]).await.unwrap();
    let held = f.store.holdings(old, Some(kept)).await.unwrap();
    assert_eq!((held.contacts, held.subscriptions), (3, 1));
    assert_eq!((held.shared, held.clashing), (vec!["u1".to_owned()], vec!["yui".to_owned()]));

    // At once both keys mean the one, for its people too; nothing is decided for it before the other was decided.
    let said = fact("old", Some("u2"), "late", at(3), FactBody::event("login", Props::new()));
    let answers = f.store.append(vec![merge("old", "kept", "m", 2), said]).await.unwrap();
    assert_eq!(answers, [Accepted::New(old), Accepted::New(kept)]);
    assert_eq!(id(&f, "old").await, kept);
    let everybody = |snapshot: &Snapshot| {
        // The engine asks for everybody before it leaves.
        let all = ContactQuery { roles: Vec::new(), limit: 100, after: Some(ContactId(0)) };
        let asked = snapshot.answers.iter().any(|(query, _)| *query == all);
        if snapshot.inbox.iter().any(|fact| leaves(&fact.body)) && !asked {
            return Outcome::Need(vec![Need::Contacts(all)]);
        }
        leaving(snapshot, &seen)
    };
    seen.lock().unwrap().clear();
    f.store.evaluate(at(4), 10, &everybody).await.unwrap();
    let told = std::mem::take(&mut *seen.lock().unwrap());
    let kinds: Vec<(&str, String)> = told.iter().map(|(key, body)| (key.as_str(), kind(body))).collect();
    let (old_key, kept_key) = ("old", "kept");
    let expected = [
        (old_key, "merged"),
        (kept_key, "took_in old"),
        (kept_key, "arrived yui"),
        (kept_key, "arrived u2"),
        (kept_key, "arrived old:yui"),
        (kept_key, "event"),
    ];
    assert_eq!(kinds, expected.map(|(key, kind)| (key, kind.to_owned())));

    // One account is left, with everything; what was recorded before is found under it.
    assert_eq!(f.store.accounts(AccountId(0), 9).await.unwrap().len(), 1);
    assert!(f.store.page(AccountId(0), 9).await.unwrap().iter().all(|snapshot| snapshot.account == kept));
    assert_eq!(f.store.subscriptions().await.unwrap()[0].account, kept);
    let people = f.store.contacts(kept, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
    assert_eq!(people.len(), 3);
    let named_old = f.store.timeline(kept, 99).await.unwrap().into_iter().filter(|fact| fact.account == old).count();
    assert_eq!(named_old, 5, "what it was told, and that it was merged");
    assert_eq!(f.store.accounts_of(&[old]).await.unwrap()[0].key, "kept");

    // An import finds people under either key.
    let pairs = [("old", "u1"), ("old", "u2"), ("old", "yui"), ("kept", "yui")];
    let contacts = pairs.map(|(a, c)| (a.to_owned(), c.to_owned())).into();
    let ask = Ask { accounts: ["old", "kept"].map(str::to_owned).into(), contacts, ..Ask::default() };
    let known = f.store.present(&ask).await.unwrap();
    let found = |a: &str, c: &str| known.contacts[&(a.to_owned(), c.to_owned())].id;
    assert_eq!(found("old", "u1"), found("kept", "yui"));
    assert_ne!(found("old", "yui"), found("kept", "yui"));
    assert_eq!((known.accounts["old"].absorbed, known.accounts["kept"].absorbed), (true, false));
    // So does an event, and a visit under the old key wakes the one account.
    f.store.append(vec![fact("old", Some("yui"), "e9", at(6), FactBody::event("login", Props::new()))]).await.unwrap();
    let newest = f.store.timeline(kept, 1).await.unwrap().remove(0);
    assert_eq!((newest.account, newest.contact), (kept, Some(found("old", "yui"))));
    assert!(f.store.evaluate(at(9), 9, &settle).await.unwrap().accounts > 0);

    // Whoever is erased is erased under the old account's number too.
    let ken = f.store.people("u2").await.unwrap().remove(0);
    f.store.erase(&ken.into(), "t", false, at(20)).await.unwrap();
    let facts = format!("{:?}", f.store.timeline(kept, 99).await.unwrap());
    assert!(!facts.contains("ken@x.test") && facts.contains("mai@x.test"), "{facts}");
}

fn kind(body: &FactBody) -> String {
    match body {
        FactBody::Merged { .. } => "merged".to_owned(),
        FactBody::TookIn { key, .. } => format!("took_in {key}"),
        FactBody::Arrived { key, .. } => format!("arrived {key}"),
        FactBody::Event { .. } => "event".to_owned(),
        _ => "other".to_owned(),
    }
}

async fn id(f: &Fixture, key: &str) -> AccountId {
    f.store.account_by_key(key).await.unwrap().unwrap().id
}

async fn what_waits_for_an_account_that_was_merged_is_not_sent_and_what_was_under_way_is_heard_of_by_the_other(
    f: Fixture,
) {
    f.store.append(vec![login("old", "1", at(0)), login("kept", "2", at(0))]).await.unwrap();
    let plan = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        if snapshot.key == "old" {
            for n in 0..2 {
                let mail = message(snapshot.account, &format!("m{n}"), &format!("p{n}@x.test"));
                decision.state.sends.push(SendRecord {
                    at: at(1),
                    key: mail.key.0.clone(),
                    channel: "email".into(),
                    class: "service".into(),
                    address: mail.address.clone(),
                    by: String::new(),
                    survey: String::new(),
                });
                decision.messages.push(mail);
            }
        }
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(1), 10, &plan).await.unwrap();
    let (old, kept) = (id(&f, "old").await, id(&f, "kept").await);
    // The first is being handed over while somebody merges.
    let claimed = f.store.claim(at(22), &["email"], 1, at(80)).await.unwrap();
    let first = claimed[0].row.clone();
    let begin =
        Dispatch::HandOver { key: first.planned.key.clone(), account: old, fence: first.fence, body: b"x".to_vec() };
    assert_eq!(f.store.dispatch(at(23), vec![begin]).await.unwrap(), [true]);
    f.store.append(vec![merge("old", "kept", "m", 24)]).await.unwrap();
    assert!(f.store.claim(at(25), &["email"], 9, at(80)).await.unwrap().is_empty(), "nothing leaves meanwhile");
    let seen = Mutex::new(Vec::new());
    f.store.evaluate(at(25), 10, &|snapshot: &Snapshot| leaving(snapshot, &seen)).await.unwrap();
    let rows = f.store.outbox(None, Some(kept), 9).await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row.state, row.detail.as_str())).collect();
    assert_eq!(states, [(OutboxState::Skipped, ACCOUNT_MERGED), (OutboxState::HandingOver, "")]);
    let estate = seen.lock().unwrap().iter().find_map(|(_, body)| match body {
        FactBody::TookIn { estate, .. } => Some(estate.clone()),
        _ => None,
    });
    let counted: Vec<String> = estate.unwrap().state.sends.iter().map(|send| send.key.clone()).collect();
    assert_eq!(counted, std::slice::from_ref(&first.planned.key.0), "what is not sent counts against no cap");
    // Its receipt is news of the account that stays.
    let sent =
        Dispatch::Sent { key: first.planned.key.clone(), account: old, fence: first.fence, detail: String::new() };
    assert_eq!(f.store.dispatch(at(26), vec![sent]).await.unwrap(), [true]);
    let newest = f.store.timeline(kept, 1).await.unwrap().remove(0);
    assert!(newest.account == kept && matches!(newest.body, FactBody::Receipt { .. }), "{newest:?}");
    assert!(f.store.claim(at(920), &["email"], 9, at(980)).await.unwrap().is_empty());
    assert_eq!(f.store.earliest_ready().await.unwrap(), None);
    assert_ne!(old, kept);
}

async fn accounts_that_are_merged_one_after_the_other_end_in_the_last(f: Fixture) {
    f.store.append(["a", "b", "c"].map(|key| login(key, key, at(0))).into()).await.unwrap();
    f.store.evaluate(at(1), 10, &settle).await.unwrap();
    let last = id(&f, "c").await;
    // Before the first was decided, the second goes too.
    f.store.append(vec![merge("a", "b", "m1", 2), merge("b", "c", "m2", 2)]).await.unwrap();
    let seen = Mutex::new(Vec::new());
    for n in 3..6 {
        f.store.evaluate(at(n), 10, &|snapshot: &Snapshot| leaving(snapshot, &seen)).await.unwrap();
    }
    for key in ["a", "b", "c"] {
        assert_eq!(id(&f, key).await, last);
    }
    let mut took: Vec<String> =
        seen.lock().unwrap().iter().filter(|(key, _)| key == "c").map(|(_, body)| kind(body)).collect();
    took.sort();
    assert_eq!(took, ["took_in a", "took_in b"]);
    assert_eq!(f.store.accounts(AccountId(0), 9).await.unwrap().len(), 1);
    assert_eq!(f.store.timeline(last, 99).await.unwrap().iter().filter(|f| kind(&f.body) == "event").count(), 3);
}

async fn an_account_is_not_merged_with_itself_or_with_nobody(f: Fixture) {
    f.store.append(vec![login("a", "1", at(0)), login("b", "2", at(0))]).await.unwrap();
    let answers = f.store.append(vec![merge("a", "a", "m1", 1), merge("a", "nobody", "m2", 1)]).await.unwrap();
    assert_eq!(answers, [Accepted::Unknown; 2]);
    let rename =
        |to: &str, id: &str| fact("a", None, id, at(1), FactBody::Renamed { from: String::new(), to: to.into() });
    let answers = f.store.append(vec![rename("b", "r1"), rename("", "r2"), rename("a", "r3")]).await.unwrap();
    assert_eq!(answers, [Accepted::Unknown; 3]);
    f.store.append(vec![merge("a", "b", "m3", 2)]).await.unwrap();
    let again = f.store.append(vec![merge("a", "b", "m4", 3), merge("b", "a", "m5", 3)]).await.unwrap();
    assert_eq!(again, [Accepted::Unknown; 2]);
}

async fn a_renamed_account_keeps_its_number_and_is_found_by_both_keys(f: Fixture) {
    f.store.append(vec![login("a", "1", at(0)), person("a", "yui", "2")]).await.unwrap();
    f.store.evaluate(at(1), 9, &settle).await.unwrap();
    let number = id(&f, "a").await;
    let body = FactBody::Renamed { from: String::new(), to: "b".into() };
    f.store.append(vec![fact("a", None, "r", at(2), body)]).await.unwrap();
    for key in ["a", "b"] {
        assert_eq!(id(&f, key).await, number);
    }
    let row = f.store.account_by_key("a").await.unwrap().unwrap();
    assert_eq!((row.key.as_str(), row.name.as_str()), ("b", "b"), "a name that was nothing but the key follows");
    let newest = f.store.timeline(number, 1).await.unwrap().remove(0);
    assert_eq!(newest.body, FactBody::Renamed { from: "a".into(), to: "b".into() });
    let event = |key: &str, id: &str| fact(key, Some("yui"), id, at(3), FactBody::event("login", Props::new()));
    let answers = f.store.append(vec![event("a", "e1"), event("b", "e2")]).await.unwrap();
    assert_eq!(answers, [Accepted::New(number); 2]);
}
