//! What only a file can do: locks, damage, and schemas of other versions.

use super::fixture::*;
use shirube::{
    insight::{kpi::support, wins},
    model::message::OutboxState,
    store::{self, Mode, StoreError, said},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};

#[tokio::test]
async fn a_second_daemon_is_turned_away_at_once() {
    let f = Fixture::sqlite().await;
    let second = store::open(&f.url, Mode::Daemon).await;
    assert!(matches!(second.err(), Some(StoreError::Held(_))));
    f.restarted().await.store.ping().await.unwrap();
}

/// Reports read every fact for what happened outside the index of what KPIs count.
#[tokio::test]
async fn reports_read_every_fact_for_events_no_index_knew() {
    let f = Fixture::sqlite().await;
    let options = SqliteConnectOptions::new().filename(f.url.trim_start_matches("sqlite:"));
    let mut connection = options.connect().await.unwrap();
    let asked =
        [&wins::EVENTS[..], &support::EVENTS, &["phase.entered", "health.band_changed", "meeting.held"]].concat();
    for name in asked.into_iter().chain(["task.done", "message.sent", "message.complained", "contact.unsubscribed"]) {
        assert!(said::is_found(name), "{name}");
        let text = format!("EXPLAIN QUERY PLAN {}", said::newest(name));
        let plan = sqlx::query(AssertSqlSafe(text)).bind(name).bind(0_i64).bind(9_i64).bind(9_i64);
        let plan: Vec<String> =
            plan.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get::<String, _>("detail")).collect();
        assert!(plan[0].contains("USING INDEX fact_") && !plan[0].contains("SCAN"), "{name}: {plan:?}");
    }
    assert!(!said::is_found("seminar.announced"), "what a rulebook names is read");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let f = Fixture::sqlite().await;
    f.script("UPDATE schema_version SET version = 999").await;
    let opened = store::open(&f.url, Mode::Tool).await;
    assert!(matches!(opened.err(), Some(StoreError::TooNew { found: 999, .. })));
}

#[tokio::test]
async fn a_flipped_bit_freezes_the_row() {
    let f = Fixture::sqlite().await;
    plan(&*f.store, |a| vec![message(a, "k", "yui@example.com")]).await;
    f.script("UPDATE outbox SET planned = replace(planned, 'yui@', 'yuj@')").await;
    assert!(f.store.claim(at(10), &["email"], 10, at(60)).await.unwrap().is_empty());
    assert_eq!(f.store.outbox(Some(OutboxState::Frozen), None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_audit_line_is_noticed() {
    let f = Fixture::sqlite().await;
    for who in ["a", "b"] {
        let entry = store::api::AuditEntry {
            at: at(1),
            who: who.into(),
            what: "w".into(),
            object: "o".into(),
            result: "done".into(),
        };
        f.store.audit(entry).await.unwrap();
    }
    f.script("UPDATE audit SET who = 'c' WHERE who = 'b'").await;
    assert!(matches!(f.store.audit_log(9).await, Err(StoreError::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_share_commits_and_each_gets_its_own_answer() {
    let f = Fixture::sqlite().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..100 {
        let store = f.store.clone();
        tasks.spawn(
            async move { store.append(vec![login(&format!("a{}", n % 10), &format!("{}", n % 50), at(n))]).await },
        );
    }
    let answers: Vec<_> = tasks.join_all().await.into_iter().map(|answer| answer.unwrap()[0]).collect();
    let new = answers.iter().filter(|a| matches!(a, shirube::model::fact::Accepted::New(_))).count();
    assert_eq!(new, 50);
}

#[tokio::test]
async fn an_account_of_fifty_thousand_contacts_has_a_small_snapshot() {
    let f = Fixture::sqlite().await;
    let mut facts = vec![named("acme", "Acme", "a")];
    facts.extend((0..50_000).map(|n| person("acme", &format!("c{n}"), &format!("p{n}"))));
    f.store.append(facts).await.unwrap();
    while f.store.evaluate(at(5), 100, &settle).await.unwrap().accounts > 0 {}
    plan(&*f.store, |account| vec![message(account, "k", "yui@example.com")]).await;
    let claimed = f.store.claim(at(10), &["email"], 10, at(60)).await.unwrap();
    assert_eq!(claimed[0].snapshot.contacts.len(), 0);
    let few = shirube::model::snapshot::ContactQuery::first(Vec::new(), 3);
    assert_eq!(f.store.contacts(claimed[0].row.planned.account, &few).await.unwrap().len(), 3);
}
