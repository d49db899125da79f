//! Links of mails that are counted, on both engines.

use shirube::{
    model::{
        fact::FactBody,
        ids::MessageKey,
        value::{Props, Value},
    },
    store::api::Visit,
};

use super::{contracts, fixture::*};

contracts!(
    a_link_that_left_never_leads_elsewhere,
    a_visit_waits_once_and_is_judged_once,
    links_go_with_the_person_and_so_do_those_that_name_them,
);

fn key(text: &str) -> MessageKey {
    MessageKey(text.into())
}

fn urls(list: &[&str]) -> Vec<String> {
    list.iter().map(|url| (*url).to_owned()).collect()
}

async fn people(f: &Fixture) -> [shirube::store::api::Person; 2] {
    let attrs = |email: &str| FactBody::ContactAttrs { attrs: Props::from([("email".to_owned(), Value::text(email))]) };
    let facts = vec![
        named("acme", "Acme", "a"),
        fact("acme", Some("yui"), "b", T0, attrs("yui@acme.test")),
        fact("acme", Some("ken"), "c", T0, attrs("ken@acme.test")),
    ];
    f.store.append(facts).await.unwrap();
    [f.store.people("yui").await.unwrap().remove(0), f.store.people("ken").await.unwrap().remove(0)]
}

async fn a_link_that_left_never_leads_elsewhere(f: Fixture) {
    let [yui, _] = people(&f).await;
    let keep = async |k: &str, list: &[&str]| {
        f.store.keep_links((yui.account, &key(k)), yui.contact, urls(list)).await.unwrap()
    };
    assert_eq!(keep("k1", &["https://a.test/1", "https://a.test/2"]).await, [1, 2]);
    // Rendered again with another rulebook: what is new comes behind.
    assert_eq!(keep("k1", &["https://a.test/3", "https://a.test/2", "https://a.test/3"]).await, [3, 2, 3]);
    assert_eq!(keep("k2", &["https://a.test/2"]).await, [1]);
    let kept = f.store.links(yui.account, &key("k1")).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|l| (l.number, l.url.as_str(), l.visit)).collect();
    let want = [1, 2, 3]
        .map(|n| (n, ["https://a.test/1", "https://a.test/2", "https://a.test/3"][n as usize - 1], Visit::None));
    assert_eq!(kept, want);
}

async fn a_visit_waits_once_and_is_judged_once(f: Fixture) {
    let [yui, _] = people(&f).await;
    let k = key("k1");
    f.store.keep_links((yui.account, &k), yui.contact, urls(&["https://a.test/1"])).await.unwrap();
    let visit = async |n: i64, t: i64| f.store.visit(yui.account, &k, n, at(t)).await.unwrap();
    assert_eq!(visit(1, 10).await.as_deref(), Some("https://a.test/1"));
    assert_eq!(visit(1, 11).await.as_deref(), Some("https://a.test/1"), "the way is open again and again");
    assert_eq!((visit(2, 11).await, visit(0, 11).await, visit(-1, 11).await), (None, None, None));
    assert!(f.store.visits(at(9), 9).await.unwrap().is_empty());
    let waiting = f.store.visits(at(10), 9).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].at, waiting[0].visit), (1, at(10), Visit::Waiting));
    f.store.judged(&waiting[0], Visit::Automatic).await.unwrap();
    assert!(f.store.visits(at(99), 9).await.unwrap().is_empty());
    // After a program a person may come still; after a person nobody counts.
    visit(1, 20).await;
    f.store.judged(&waiting[0], Visit::Person).await.unwrap();
    let waiting = f.store.visits(at(99), 9).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].at), (1, at(20)), "an old judgement is not about a new visit");
    f.store.judged(&waiting[0], Visit::Person).await.unwrap();
    visit(1, 30).await;
    assert!(f.store.visits(at(99), 9).await.unwrap().is_empty());
}

async fn links_go_with_the_person_and_so_do_those_that_name_them(f: Fixture) {
    let [yui, ken] = people(&f).await;
    let keep = async |k: &str, who: &shirube::store::api::Person, list: &[&str]| {
        f.store.keep_links((who.account, &key(k)), who.contact, urls(list)).await.unwrap()
    };
    keep("k1", &yui, &["https://a.test/1", "https://a.test/2"]).await;
    keep(
        "k2",
        &ken,
        &["https://a.test/1", "https://a.test/about?of=Yui@acme.test", "https://a.test/of/yui%40ACME.test/"],
    )
    .await;
    f.store.visit(yui.account, &key("k1"), 1, at(10)).await.unwrap();
    let done = f.store.erase(&yui.clone().into(), "t", false, at(20)).await.unwrap();
    assert_eq!(done.rows.get("links"), Some(&4), "{done:?}");
    assert_eq!(f.store.visit(yui.account, &key("k1"), 1, at(21)).await.unwrap(), None);
    assert!(f.store.visits(at(99), 9).await.unwrap().is_empty());
    let left = f.store.links(ken.account, &key("k2")).await.unwrap();
    assert_eq!(left.iter().map(|l| l.url.as_str()).collect::<Vec<_>>(), ["https://a.test/1"]);
}
