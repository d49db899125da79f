//! A store that moves from a file into PostgreSQL: every row, and nothing sent twice. Skipped without a cluster.

use std::path::Path;

use shirube::{
    model::message::OutboxState,
    store::{
        self, Mode, StoreError,
        api::{AuditEntry, Dispatch},
    },
};

use crate::store::fixture::*;

/// One message handed over by a daemon that died, one waiting; an opt-out, an audit line.
async fn lived() -> Fixture {
    let f = Fixture::sqlite().await;
    f.store.append(vec![named("acme", "アクメ", "n"), person("acme", "yui", "p")]).await.unwrap();
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "b@example.com")]).await;
    let claimed = f.store.claim(at(10), &["email"], 1, at(60)).await.unwrap().remove(0);
    let (key, account, fence) = (claimed.row.planned.key.clone(), claimed.row.planned.account, claimed.row.fence);
    let step = Dispatch::HandOver { key, account, fence, body: b"bytes \x00\xff".to_vec() };
    assert_eq!(f.store.dispatch(at(11), vec![step]).await.unwrap(), [true]);
    let hash = f.store.address_hash("c@example.com");
    f.store.suppress(&hash, "*", "unsubscribed", true, at(12)).await.unwrap();
    let entry = AuditEntry { at: at(1), who: "a".into(), what: "w".into(), object: "o".into(), result: "done".into() };
    f.store.audit(entry).await.unwrap();
    f
}

async fn moved(f: &Fixture, to: &str) -> Result<Vec<store::moved::Table>, StoreError> {
    moved_again(f, to, "postgres://there/cs", false).await
}

async fn moved_again(f: &Fixture, to: &str, name: &str, again: bool) -> Result<Vec<store::moved::Table>, StoreError> {
    let path = f.url.trim_start_matches("sqlite:");
    for _ in 0..100_000 {
        // The daemon's last task may still be letting go of the file.
        match store::transfer(Path::new(path), to, name, again, at(20)).await {
            Err(StoreError::Held(_)) => tokio::task::yield_now().await,
            done => return done,
        }
    }
    panic!("the file is never let go of")
}

/// The same file without its daemon.
async fn ended(mut f: Fixture) -> Fixture {
    f.store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let other = store::open(&folder.path().join("x.db").display().to_string(), Mode::Tool).await.unwrap();
    f.store = other;
    f
}

#[tokio::test]
async fn a_store_that_moved_keeps_every_row_and_opens_no_more() {
    let Some(pg) = Fixture::postgres().await else { return };
    let f = lived().await;
    let held = store::transfer(Path::new(f.url.trim_start_matches("sqlite:")), &pg.url, "x", false, at(20)).await;
    assert!(matches!(held, Err(StoreError::Held(_))), "a daemon works on it: {held:?}");
    let hash = f.store.address_hash("c@example.com");
    let f = ended(f).await;
    let tables = moved(&f, &pg.url).await.unwrap();
    let rows = |name: &str| tables.iter().find(|t| t.name == name).unwrap().rows;
    assert_eq!((rows("outbox"), rows("contact"), rows("audit"), rows("suppression")), (2, 1, 1, 1));
    let there = store::open(&pg.url, Mode::Daemon).await.unwrap();
    let acme = there.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!(acme.name, "アクメ");
    assert_eq!(there.address_hash("c@example.com"), hash, "opt-outs are known by the same secret");
    assert!(there.suppressed(&hash, "news").await.unwrap().is_some());
    assert!(there.audit_verify().await.unwrap().broken.is_none());
    // What the dead daemon was handing over is of unknown fate and does not go again; what waited goes once.
    let unknown = there.outbox(Some(OutboxState::MaybeSent), None, 9).await.unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].body.as_deref(), Some(&b"bytes \x00\xff"[..]));
    while there.evaluate(at(25), 10, &settle).await.unwrap().accounts > 0 {}
    let next = there.claim(at(30), &["email"], 10, at(90)).await.unwrap();
    assert_eq!(next.iter().map(|c| c.row.planned.key.0.as_str()).collect::<Vec<_>>(), ["k2"]);
    // Numbers go on where they were.
    there.append(vec![named("beta", "Beta", "m")]).await.unwrap();
    assert_ne!(there.account_by_key("beta").await.unwrap().unwrap().id, acme.id);
    assert_eq!(there.timeline(acme.id, 99).await.unwrap().len() as u64, rows("fact"));
    for mode in [Mode::Daemon, Mode::Tool] {
        let Err(StoreError::Moved(to)) = store::open(&f.url, mode).await else { panic!("the file opened") };
        assert_eq!(to, "postgres://there/cs");
    }
}

#[tokio::test]
async fn a_move_into_a_database_that_is_not_empty_changes_nothing() {
    let Some(pg) = Fixture::postgres().await else { return };
    pg.store.append(vec![named("other", "Other", "n")]).await.unwrap();
    let f = ended(lived().await).await;
    let refused = moved(&f, &pg.url).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    assert!(pg.store.account_by_key("acme").await.unwrap().is_none());
    let here = store::open(&f.url, Mode::Daemon).await.unwrap();
    assert_eq!(here.outbox(None, None, 9).await.unwrap().len(), 2);
}

/// As after a crash between the mark and the other side's commit.
const MARKED: &str = "INSERT INTO meta (name, value) VALUES ('moved_to', 'postgres://there/cs')";

#[tokio::test]
async fn a_move_that_was_cut_short_between_the_two_commits_is_begun_again() {
    let Some(pg) = Fixture::postgres().await else { return };
    let f = ended(lived().await).await;
    f.script(MARKED).await;
    assert!(matches!(moved(&f, &pg.url).await, Err(StoreError::Moved(_))), "not by chance");
    let tables = moved_again(&f, &pg.url, "postgres://there/cs", true).await.unwrap();
    assert_eq!(tables.iter().find(|t| t.name == "outbox").unwrap().rows, 2);
    let there = store::open(&pg.url, Mode::Daemon).await.unwrap();
    assert_eq!(there.outbox(Some(OutboxState::MaybeSent), None, 9).await.unwrap().len(), 1);
    assert!(matches!(store::open(&f.url, Mode::Tool).await, Err(StoreError::Moved(_))));
    // Once more finds it there, and changes nothing.
    let refused = moved_again(&f, &pg.url, "postgres://there/cs", true).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    assert!(matches!(store::open(&f.url, Mode::Tool).await, Err(StoreError::Moved(_))));
}

/// `--again` with another empty database took the mark away: two stores would have sent.
#[tokio::test]
async fn again_into_another_database_revived_a_store_that_lives_elsewhere() {
    let Some(pg) = Fixture::postgres().await else { return };
    let f = ended(lived().await).await;
    f.script(MARKED).await;
    let refused = moved_again(&f, &pg.url, "postgres://elsewhere/cs", true).await;
    assert!(matches!(&refused, Err(StoreError::Moved(there)) if there == "postgres://there/cs"), "{refused:?}");
    assert!(matches!(store::open(&f.url, Mode::Tool).await, Err(StoreError::Moved(_))));
}
