//! Data of every released schema stays readable, on both engines.

use shirube::{
    model::{
        ids::MessageKey,
        message::OutboxState,
        snapshot::{ContactQuery, Snapshot},
        value::Value,
    },
    store::{self, Mode, api::Ask},
};

use super::{contracts, fixture::*};

contracts!(version_one_is_read, version_two_is_read, older_subscriptions_are_found_by_their_key);

const V1: &str = include_str!("../../data/store/v1.sql");
const V2: &str = include_str!("../../data/store/v2.sql");

async fn version_two_is_read(f: Fixture) {
    f.script(V2).await;
    let store = store::open(&f.url, Mode::Tool).await.unwrap();
    assert_eq!(store.open_versions().await.unwrap(), [("onboarding".to_owned(), "h".to_owned())]);
    let run = store.runs(None, Some("onboarding"), 9).await.unwrap().remove(0);
    assert_eq!((run.at.as_deref(), run.goal_at, run.reply_at), (Some("settle"), None, None));
}

async fn version_one_is_read(f: Fixture) {
    f.script(V1).await;
    let store = store::open(&f.url, Mode::Tool).await.unwrap();
    let acme = store.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!((acme.name.as_str(), acme.band.as_str(), acme.due), ("アクメ", "green", Some(at(60))));
    let (row, _) = store.outbox_row(&MessageKey("k1".into())).await.unwrap().unwrap();
    assert_eq!((row.state, row.planned.ready_at), (OutboxState::Sent, at(10)));
    let admins = ContactQuery::first(vec!["admin".into()], 5);
    let yui = store.contacts(acme.id, &admins).await.unwrap().remove(0);
    assert_eq!((yui.email(), yui.wants("news")), (Some("yui@example.com"), false));
    let decide = |snapshot: &Snapshot| {
        assert_eq!((snapshot.state.rulebook, snapshot.state.now, snapshot.inbox.len()), (1, T0, 1));
        assert_eq!(snapshot.state.attr("name"), Value::text("アクメ"));
        settle(snapshot)
    };
    let done = store.evaluate(at(60), 10, &decide).await.unwrap();
    assert_eq!((done.accounts, done.failed.len()), (1, 0));
    assert_eq!(store.timeline(acme.id, 9).await.unwrap().len(), 2);
}

/// The schema as version 2 left it: what came later is taken away again.
const BACK_TO_TWO: &str = "ALTER TABLE hot DROP COLUMN own_due; ALTER TABLE hot DROP COLUMN decided; DROP INDEX fact_said; DROP INDEX fact_asked; DROP INDEX fact_ticket; DROP INDEX fact_happened; DROP INDEX contact_due; ALTER TABLE contact DROP COLUMN due; \
    DROP INDEX run_open; ALTER TABLE run DROP COLUMN person; \
    CREATE INDEX run_open ON run (account_id) WHERE ended IS NULL; \
    DROP TABLE account_alias; DROP TABLE link; DROP TABLE shared_page; DROP TABLE tracked; DROP TABLE parked; DROP TABLE account_domain; DROP TABLE system_object; DROP TABLE contact_alias; DROP TABLE address_send; DROP INDEX outbox_body; DROP TABLE stage; DROP TABLE staging; \
    DELETE FROM counter WHERE name = 'import'; UPDATE schema_version SET version = 2;";
const V2_SUBSCRIPTION: &str = r#"INSERT INTO subscription (account_id, key, start_day, body) VALUES (1, 's1', 20000,
    '{"key":"s1","account":1,"plan":"light","start":20000,"end":null,"mrr_minor":1000,"currency":"JPY","seats":3}')"#;

async fn older_subscriptions_are_found_by_their_key(f: Fixture) {
    f.script(V1).await;
    f.script(BACK_TO_TWO).await;
    f.script(V2_SUBSCRIPTION).await;
    let store = store::open(&f.url, Mode::Tool).await.unwrap();
    let ask = Ask { subscriptions: ["s1".to_owned()].into(), ..Ask::default() };
    let found = store.present(&ask).await.unwrap().subscriptions;
    assert_eq!((found["s1"].0.as_str(), found["s1"].1.mrr_minor), ("acme", 1000));
    assert!(store.begin_import("x", T0).await.unwrap() > 0);
}
