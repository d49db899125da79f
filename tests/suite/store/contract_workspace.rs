//! The directory tables.

use shirube::{
    model::{ids::AccountId, world::World},
    store::{
        self, Mode,
        api::{AuditEntry, SharedPage, Subscription},
    },
};

use super::{contracts, fixture::*};

contracts!(
    the_world_changes_only_from_the_version_one_read,
    a_rulebook_keeps_its_number,
    a_cursor_moves_only_from_where_one_saw_it,
    a_signature_counts_once,
    the_audit_log_is_a_chain,
    subscriptions_are_upserted,
    the_highest_wall_time_is_remembered,
    addresses_are_hashed_with_a_lasting_secret,
    a_tool_works_beside_the_daemon,
    a_shared_page_is_read_until_its_day_is_over_or_it_is_taken_back,
    one_daemon_of_several_has_a_source_to_itself,
);

async fn the_world_changes_only_from_the_version_one_read(f: Fixture) {
    let mut world = f.store.world().await.unwrap();
    world.people.insert("kei".into(), "Kei".into());
    assert!(f.store.put_world(world.version, &world).await.unwrap());
    assert!(!f.store.put_world(world.version, &World::default()).await.unwrap());
    let now = f.store.world().await.unwrap();
    assert_eq!((now.version, now.people.len()), (world.version + 1, 1));
    f.store.ping().await.unwrap();
}

async fn a_rulebook_keeps_its_number(f: Fixture) {
    let first = f.store.put_rulebook("a", "A", at(1)).await.unwrap();
    let second = f.store.put_rulebook("b", "B", at(2)).await.unwrap();
    assert!(second > first && first > 0);
    assert_eq!(f.store.put_rulebook("a", "A", at(3)).await.unwrap(), first);
    let newest = f.store.rulebooks(1).await.unwrap();
    assert_eq!(newest, [(first, "a".to_string(), at(3), "A".to_string())]);
}

async fn a_cursor_moves_only_from_where_one_saw_it(f: Fixture) {
    assert_eq!(f.store.cursor("daily").await.unwrap(), None);
    assert!(f.store.move_cursor("daily", None, "1").await.unwrap());
    assert!(!f.store.move_cursor("daily", None, "2").await.unwrap());
    assert!(f.store.move_cursor("daily", Some("1"), "2").await.unwrap());
    assert!(!f.store.move_cursor("daily", Some("1"), "3").await.unwrap());
    assert_eq!(f.store.cursor("daily").await.unwrap().as_deref(), Some("2"));
}

async fn a_signature_counts_once(f: Fixture) {
    assert!(f.store.remember("s", at(600), at(0)).await.unwrap());
    assert!(!f.store.remember("s", at(600), at(1)).await.unwrap());
    assert!(f.store.remember("s", at(1200), at(601)).await.unwrap());
    // A proof that does not cover what comes with it: that may come again, nothing else.
    for (came, taken, now) in
        [("a", true, 0), ("a", true, 1), ("b", false, 2), ("b", false, 3), ("a", true, 4), ("b", true, 601)]
    {
        assert_eq!(f.store.remember_with("p", came, at(600), at(now)).await.unwrap(), taken, "{came} at {now}");
    }
    assert!(f.store.remember_with("p2", "b", at(600), at(0)).await.unwrap());
}

async fn the_audit_log_is_a_chain(f: Fixture) {
    for n in 0..3 {
        let entry = AuditEntry {
            at: at(n),
            who: "cli:kei".into(),
            what: "pause".into(),
            object: "*".into(),
            result: "done".into(),
        };
        f.store.audit(entry).await.unwrap();
    }
    let log = f.store.audit_log(2).await.unwrap();
    assert_eq!(log.iter().map(|entry| entry.at).collect::<Vec<_>>(), [at(2), at(1)]);
}

async fn subscriptions_are_upserted(f: Fixture) {
    let row = |key: &str, seats| Subscription {
        key: key.into(),
        account: AccountId(1),
        plan: "pro".into(),
        start: 20_000,
        end: None,
        mrr_minor: 5_000,
        currency: "JPY".into(),
        seats,
    };
    assert_eq!(f.store.put_subscriptions(vec![row("a", None), row("b", None)]).await.unwrap(), (2, 0, 0));
    assert_eq!(f.store.put_subscriptions(vec![row("a", Some(3)), row("b", None)]).await.unwrap(), (0, 1, 1));
    assert_eq!(f.store.subscriptions().await.unwrap(), [row("a", Some(3)), row("b", None)]);
}

async fn the_highest_wall_time_is_remembered(f: Fixture) {
    assert_eq!(f.store.wall_high(at(10)).await.unwrap(), None);
    assert_eq!(f.store.wall_high(at(5)).await.unwrap(), Some(at(10)));
    assert_eq!(f.store.wall_high(at(20)).await.unwrap(), Some(at(10)));
}

async fn addresses_are_hashed_with_a_lasting_secret(f: Fixture) {
    let hash = f.store.address_hash("Yui@Example.com ");
    assert_eq!((hash.len(), hash.clone()), (32, f.store.address_hash("ｙｕｉ@example.com")));
    let f = f.restarted().await;
    assert_eq!(f.store.address_hash("yui@example.com"), hash);
}

async fn a_tool_works_beside_the_daemon(f: Fixture) {
    let tool = shirube::store::open(&f.url, shirube::store::Mode::Tool).await.unwrap();
    tool.append(vec![login("acme", "1", at(1))]).await.unwrap();
    assert_eq!((tool.epoch(), f.store.earliest_due().await.unwrap()), (f.store.epoch(), Some(at(1))));
}

fn page(id: &str, from: i64, until: i64) -> SharedPage {
    let (title, who) = ("Monthly".to_owned(), "terminal:cli".to_owned());
    SharedPage { id: id.to_owned(), title, who, at: at(from), until: at(until) }
}

async fn a_shared_page_is_read_until_its_day_is_over_or_it_is_taken_back(f: Fixture) {
    let first = page("one", 1, 10);
    f.store.share(first.clone(), "<p>one</p>".into()).await.unwrap();
    f.store.share(page("two", 2, 20), "<p>two</p>".into()).await.unwrap();
    assert_eq!(f.store.shared("one", at(9)).await.unwrap().as_deref(), Some("<p>one</p>"));
    assert_eq!(f.store.shared("one", at(10)).await.unwrap(), None, "its day is over");
    assert_eq!(f.store.shared("on_", at(3)).await.unwrap(), None);
    assert_eq!(f.store.shares(at(3)).await.unwrap(), [page("two", 2, 20), first]);
    assert!(f.store.unshare("two", "terminal:cli", at(4)).await.unwrap());
    assert!(!f.store.unshare("two", "terminal:cli", at(4)).await.unwrap());
    assert_eq!(f.store.shared("two", at(5)).await.unwrap(), None);
    // A new one sweeps out those whose day is over.
    f.store.share(page("three", 11, 30), String::new()).await.unwrap();
    assert_eq!(f.store.shares(at(3)).await.unwrap(), [page("three", 11, 30)]);
    let log = f.store.audit_log(9).await.unwrap();
    let said: Vec<_> = log.iter().map(|e| (e.what.as_str(), e.object.as_str())).collect();
    assert_eq!(said, [("share", "three"), ("unshare", "two"), ("share", "two"), ("share", "one")]);
}

async fn one_daemon_of_several_has_a_source_to_itself(f: Fixture) {
    let mine = async |until: i64| f.store.lease("pull:a", at(until), at(0)).await.unwrap();
    assert!(mine(60).await && mine(90).await, "renewed");
    // A file has one daemon; a second one is possible on a server only.
    let Ok(other) = store::open(&f.url, Mode::Daemon).await else { return };
    let theirs = async |name: &str| other.lease(name, at(60), at(0)).await.unwrap();
    assert!(!theirs("pull:a").await && theirs("pull:b").await);
    other.release("pull:a").await.unwrap();
    assert!(!theirs("pull:a").await, "nobody gives back what is another's");
    f.store.release("pull:a").await.unwrap();
    assert!(theirs("pull:a").await);
    assert!(!mine(60).await);
    // Whoever died loses it when its time is over.
    assert!(f.store.lease("pull:c", at(0), at(60)).await.unwrap());
    assert!(theirs("pull:c").await);
}
