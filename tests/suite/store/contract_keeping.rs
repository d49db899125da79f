//! Erased people and the audit log, on both engines.

use shirube::{
    model::{
        fact::{Act, FactBody},
        message::OutboxState,
        value::{Props, Value},
    },
    store::api::{AuditEntry, Broken, DEAD, SharedPage},
};

use super::{contracts, fixture::*};

contracts!(
    an_erased_person_is_found_nowhere_and_never_written_to,
    a_namesake_and_words_of_ours_stay_when_somebody_is_erased,
    a_changed_missing_or_exchanged_audit_line_is_found,
);

fn yui(attrs: &[(&str, &str)], id: &str) -> shirube::model::fact::Incoming {
    let attrs: Props = attrs.iter().map(|(name, text)| ((*name).to_owned(), Value::text(*text))).collect();
    fact("acme", Some("yui"), id, T0, FactBody::ContactAttrs { attrs })
}

async fn settle_all(f: &Fixture) {
    while f.store.evaluate(at(60), 100, &settle).await.unwrap().accounts > 0 {}
}

async fn an_erased_person_is_found_nowhere_and_never_written_to(f: Fixture) {
    let told = [("email", "Yui@acme.test"), ("name", "佐藤 結衣"), ("phone", "090-7777-1234"), ("role", "admin")];
    f.store.append(vec![named("acme", "Acme", "a"), yui(&told, "c")]).await.unwrap();
    let text = "ask 佐藤 結衣 (yui@ACME.test)".to_owned();
    let note = FactBody::Command(Act::Note { text, tags: Vec::new(), positive: true });
    let comment = Props::from([("comment".to_owned(), Value::text("a secret")), ("score".to_owned(), Value::Num(9.0))]);
    f.store
        .append(vec![
            fact("acme", None, "n", at(1), note),
            fact("acme", Some("yui"), "survey of yui@acme.test", at(2), FactBody::event("survey.responded", comment)),
        ])
        .await
        .unwrap();
    let people = f.store.people("yui@acme.test").await.unwrap();
    assert_eq!(people.len(), 1);
    let who = &people[0];
    plan(&*f.store, |account| {
        let mut to_her = message(account, "k1", "yui@acme.test");
        to_her.contact = Some(who.contact);
        to_her.vars = Props::from([("contact.name".to_owned(), Value::text("佐藤 結衣"))]);
        let mut to_us = message(account, "k2", "#cs");
        to_us.vars = Props::from([("text".to_owned(), Value::text("佐藤 結衣 asked"))]);
        vec![to_her, to_us]
    })
    .await;

    for (id, page) in [
        ("a", "<li>佐藤 結衣: too dear</li>"),
        ("b", "<li>nobody</li>"),
        ("c", "<li>Rock &amp; O&#x27;Brien: &lt;3</li>"),
    ] {
        let (id, title, who) = (id.to_owned(), "Reasons".to_owned(), "t".to_owned());
        f.store.share(SharedPage { id, title, who, at: at(9), until: at(90) }, page.to_owned()).await.unwrap();
    }

    // A rehearsal counts the same and writes nothing.
    let would = f.store.erase(&who.clone().into(), "t", true, at(20)).await.unwrap();
    assert_eq!(f.store.people("yui").await.unwrap().len(), 1);
    assert_eq!(f.store.suppressed(&f.store.address_hash("yui@acme.test"), "x").await.unwrap(), None);
    let done = f.store.erase(&who.clone().into(), "t", false, at(20)).await.unwrap();
    assert_eq!(would, done);
    for (kind, n) in
        [("contact", 1), ("attributes", 1), ("events", 1), ("messages", 1), ("named", 2), ("shared_pages", 1)]
    {
        assert_eq!(done.rows.get(kind), Some(&n), "{kind}: {done:?}");
    }
    let shared: Vec<String> = f.store.shares(at(20)).await.unwrap().into_iter().map(|s| s.id).collect();
    let mut shared = shared;
    shared.sort();
    assert_eq!(shared, ["b", "c"], "a shared report that names her is taken back");
    settle_all(&f).await;
    for typed in ["yui", "yui@acme.test", "佐藤 結衣"] {
        assert!(f.store.people(typed).await.unwrap().is_empty(), "{typed}");
    }
    let facts = format!("{:?}", f.store.timeline(who.account, 99).await.unwrap());
    let rows = f.store.outbox(None, None, 9).await.unwrap();
    let all = format!("{facts}{rows:?}").to_lowercase();
    for canary in ["yui@acme", "佐藤", "7777", "a secret"] {
        assert!(!all.contains(canary), "{canary} in {all}");
    }
    assert!(facts.contains("survey.responded") && facts.contains("9.0"), "what counts stays: {facts}");
    let of = |key: &str| rows.iter().find(|row| row.planned.key.0 == key).unwrap().state;
    assert_eq!((of("k1"), of("k2")), (OutboxState::Skipped, OutboxState::Queued));
    let why = f.store.suppressed(&f.store.address_hash(" YUI@acme.test "), "anything").await.unwrap();
    assert_eq!(why.as_deref(), Some("erased"));
    assert_eq!(f.store.suppression(&f.store.address_hash("yui@acme.test"), DEAD).await.unwrap(), why);
    // The journal's word is carried out once, and says nothing about who comes back later.
    let word = [(done.pseudonym, at(20))].into();
    f.store.append(vec![yui(&told, "c2")]).await.unwrap();
    assert!(f.store.erased_before(&word).await.unwrap().is_empty());
    f.script("DELETE FROM audit").await;
    assert_eq!(f.store.erased_before(&word).await.unwrap().len(), 1, "a store from before has her still");
}

async fn a_namesake_and_words_of_ours_stay_when_somebody_is_erased(f: Fixture) {
    let told = [("email", "yui@acme.test"), ("name", "Admin"), ("department", "Sales"), ("role", "admin")];
    f.store.append(vec![named("acme", "Acme", "a"), yui(&told, "c"), person("acme", "ken", "d")]).await.unwrap();
    let ken = [("name", "Admin"), ("department", "Sales"), ("manager", "yui@acme.test")];
    let attrs: Props = ken.iter().map(|(name, text)| ((*name).to_owned(), Value::text(*text))).collect();
    f.store.append(vec![fact("acme", Some("ken"), "e", at(1), FactBody::ContactAttrs { attrs })]).await.unwrap();
    assert_eq!(f.store.people("Admin").await.unwrap().len(), 2, "a name that two have");
    let who = f.store.people("yui").await.unwrap().remove(0);
    f.store.erase(&who.clone().into(), "t", false, at(20)).await.unwrap();
    settle_all(&f).await;
    let left = f.store.people("ken").await.unwrap().remove(0);
    assert!(left.names.contains("Admin") && left.others.contains("Sales"), "{left:?}");
    assert!(left.others.contains("[erased]") && !left.others.contains("yui@acme.test"), "{left:?}");
}

async fn a_changed_missing_or_exchanged_audit_line_is_found(f: Fixture) {
    const LINES: i64 = 12;
    for n in 0..LINES {
        let (who, what) = (format!("slack:U{n}"), "pause".to_owned());
        let entry = AuditEntry { at: at(n), who, what, object: "acme".into(), result: "done".into() };
        f.store.audit(entry).await.unwrap();
    }
    let whole = f.store.audit_verify().await.unwrap();
    assert_eq!((whole.entries, whole.broken.clone(), whole.head.len()), (12, None, 32));
    for n in 1..=LINES {
        for column in ["who", "what", "object", "result"] {
            f.script(&format!("UPDATE audit SET {column} = {column} || 'x' WHERE seq = {n}")).await;
            let broken = f.store.audit_verify().await.unwrap().broken.unwrap();
            assert_eq!((broken.entry, broken.why), (n, Broken::Changed));
            f.script(&format!("UPDATE audit SET {column} = replace({column}, 'x', '') WHERE seq = {n}")).await;
        }
        f.script(&format!(
            "CREATE TABLE kept AS SELECT * FROM audit WHERE seq = {n}; DELETE FROM audit WHERE seq = {n}"
        ))
        .await;
        let broken = f.store.audit_verify().await.unwrap().broken.unwrap();
        assert_eq!((broken.entry, broken.why), (n, Broken::Missing));
        f.script("INSERT INTO audit SELECT * FROM kept; DROP TABLE kept").await;
        if n < LINES {
            let next = n + 1;
            let swap = format!(
                "UPDATE audit SET seq = -1 WHERE seq = {n}; UPDATE audit SET seq = {n} WHERE seq = {next}; \
                 UPDATE audit SET seq = {next} WHERE seq = -1"
            );
            f.script(&swap).await;
            assert_eq!(f.store.audit_verify().await.unwrap().broken.unwrap().entry, n);
            f.script(&swap).await;
        }
        assert_eq!(f.store.audit_verify().await.unwrap(), whole);
    }
}
