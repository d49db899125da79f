//! A counted link: it leads to what was kept and nowhere else, looking is no click, programs are told from people, each
//! link counts once.

use std::{collections::BTreeMap, sync::Arc};

use shirube::{
    app::{
        links::{self, Links},
        token::{Claims, Purpose, Tokens},
    },
    clock::VirtualClock,
    http::{self, click},
    model::{
        fact::FactBody,
        ids::{AccountId, ContactId, MessageKey},
        instant::Instant,
        locale::Locale,
        message::Planned,
        snapshot::ContactQuery,
        value::{Props, Value},
    },
    store::api::{Dispatch, Store},
};

use crate::store::fixture::{Fixture, at, message, named, person, plan};

/// Two mails to one person, accepted at 12 s; `k1` has three links.
struct Sent {
    store: Arc<dyn Store>,
    links: Links,
    account: AccountId,
    yui: ContactId,
    urls: Vec<String>,
    _fixture: Fixture,
}

impl Sent {
    async fn new() -> Sent {
        let fixture = Fixture::sqlite().await;
        let store: Arc<dyn Store> = fixture.store.clone();
        store.append(vec![named("acme", "Acme", "1"), person("acme", "yui", "2")]).await.unwrap();
        let id = store.account_by_key("acme").await.unwrap().unwrap().id;
        let yui = store.contacts(id, &ContactQuery::first(Vec::new(), 9)).await.unwrap().first().unwrap().id;
        let account =
            plan(&*store, |account| vec![Planned { contact: Some(yui), ..message(account, "k1", "yui@acme.test") }])
                .await;
        let claimed = store.claim(at(10), &["email"], 9, at(70)).await.unwrap().remove(0);
        let (key, fence) = (claimed.row.planned.key.clone(), claimed.row.fence);
        let over = Dispatch::HandOver { key: key.clone(), account, fence, body: b"x".to_vec() };
        let sent = Dispatch::Sent { key, account, fence, detail: String::new() };
        assert_eq!(store.dispatch(at(12), vec![over, sent]).await.unwrap(), [true, true]);
        let tokens = Arc::new(Tokens::new(BTreeMap::from([(1, vec![7; 32])])).unwrap());
        let written = ["https://a.test/1?x=1&y=2", "https://us.test/u/own", "https://a.test/2", "https://b.test/3"];
        let written: Vec<String> = written.map(str::to_owned).into();
        let one = claimed.row.planned;
        let map = links::count(&*store, &tokens, "https://us.test/", (&one, yui), &written).await.unwrap();
        assert!(!map.contains_key("https://us.test/u/own"), "our own pages are not counted");
        let urls = written.iter().filter_map(|url| map.get(url).cloned()).collect();
        Sent { links: Links { store: store.clone(), tokens }, store, account, yui, urls, _fixture: fixture }
    }

    fn token(&self, n: usize) -> &str {
        self.urls[n - 1].strip_prefix("https://us.test/c/").unwrap()
    }

    async fn click(&self, n: usize, now: Instant) -> Option<String> {
        self.links.follow(self.token(n), Some(now)).await.unwrap()
    }

    /// Clicks recorded so far, oldest first: link, whether a program came.
    async fn clicks(&self) -> Vec<(f64, bool)> {
        let facts = self.store.timeline(self.account, 99).await.unwrap();
        let read = |props: &Props| -> f64 {
            assert_eq!(props["key"], Value::text("k1"));
            assert_eq!((&props["playbook"], &props["step"]), (&Value::text("onboarding"), &Value::text("step-k1")));
            props["link"].as_num().unwrap()
        };
        let clicks = facts.iter().rev().filter_map(|fact| match &fact.body {
            FactBody::Event { name, props } if name == "message.clicked" || name == "message.auto_clicked" => {
                assert_eq!(fact.contact, Some(self.yui));
                let automatic = name == "message.auto_clicked";
                assert_eq!(props.contains_key("automatic"), automatic);
                Some((read(props), automatic))
            }
            _ => None,
        });
        clicks.collect()
    }

    async fn judged(&self, now: Instant) -> Vec<(f64, bool)> {
        links::judge_visits(&*self.store, now).await.unwrap();
        self.clicks().await
    }
}

#[tokio::test]
async fn a_person_counts_once_a_link() {
    let sent = Sent::new().await;
    assert_eq!(sent.click(1, at(60)).await.as_deref(), Some("https://a.test/1?x=1&y=2"));
    assert!(sent.judged(at(61)).await.is_empty(), "it is judged when nothing can come together with it any more");
    assert_eq!(sent.judged(at(62)).await, [(1.0, false)]);
    for n in 0..20 {
        sent.click(1, at(70 + 10 * n)).await;
    }
    sent.click(2, at(400)).await;
    assert_eq!(sent.judged(at(500)).await, [(1.0, false), (2.0, false)]);
    assert_eq!(sent.judged(at(600)).await.len(), 2);
}

#[tokio::test]
async fn a_scanner_is_told_from_the_reader_who_comes_after_it() {
    let sent = Sent::new().await;
    // As soon as the mail is there: one link. Later another program follows the others at once.
    sent.click(1, at(13)).await;
    sent.click(2, at(100)).await;
    sent.click(3, at(101)).await;
    assert_eq!(sent.judged(at(110)).await, [(1.0, true), (2.0, true), (3.0, true)]);
    // The reader comes while nothing has turned since a second scan: judged apart.
    sent.click(2, at(120)).await;
    sent.click(3, at(120)).await;
    sent.click(2, at(125)).await;
    let all = sent.judged(at(130)).await;
    assert_eq!(all.iter().filter(|c| **c == (2.0, true)).count(), 1, "a program counts once a link, too: {all:?}");
    assert_eq!(all.last(), Some(&(2.0, false)), "{all:?}");
}

/// Whatever somebody puts into the address, nobody is led where no mail of ours led.
#[tokio::test]
async fn over_http_a_link_redirects_to_what_was_kept_and_nowhere_else() {
    let sent = Sent::new().await;
    let clicking =
        click::Clicking { links: sent.links.clone(), clock: Arc::new(VirtualClock::at(at(60))), locale: Locale::Ja };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let router = http::outside(vec![click::routes(clicking)]);
    let (bound, _task) = http::serve("127.0.0.1:0".parse().unwrap(), router, stopped).await.unwrap();
    shirube::channel::tls::ready();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = |token: &str| format!("http://{bound}/c/{token}");

    for _ in 0..3 {
        let head = client.head(url(sent.token(2))).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers()["location"].to_str().unwrap()), (302, "https://a.test/2"));
    }
    assert!(sent.judged(at(99)).await.is_empty(), "HEAD is no click");
    let evil = "url=https://evil.test&next=//evil.test&to=javascript:alert(1)";
    let got = client.get(format!("{}?{evil}", url(sent.token(1)))).header("referer", "https://evil.test/").send().await;
    let got = got.unwrap();
    assert_eq!((got.status().as_u16(), got.headers()["location"].to_str().unwrap()), (302, "https://a.test/1?x=1&y=2"));
    assert_eq!(got.headers()["referrer-policy"].to_str().unwrap(), "no-referrer");
    assert_eq!(client.post(url(sent.token(1))).send().await.unwrap().status(), 405);

    let mint = |purpose: Purpose, account: AccountId, subject: &str| {
        sent.links.tokens.mint(purpose, &Claims { account, contact: Some(sent.yui), subject: subject.to_owned() })
    };
    let (mine, other) = (sent.account, AccountId(999));
    let strangers = Tokens::new(BTreeMap::from([(1, vec![9; 32])])).unwrap();
    let forged = Claims { account: mine, contact: Some(sent.yui), subject: "k1/1".into() };
    let mut bad: Vec<String> = vec![
        format!("{}x", sent.token(1)),
        sent.token(1)[1..].to_owned(),
        strangers.mint(Purpose::Click, &forged),
        mint(Purpose::Unsub, mine, "k1/1"),
        mint(Purpose::Survey, mine, "k1/1"),
        mint(Purpose::Click, other, "k1/1"),
        "https:%2F%2Fevil.test".into(),
        "%2F%2Fevil.test".into(),
        "%0d%0aLocation:%20https:%2F%2Fevil.test".into(),
        "..%2F..%2Fu%2Fx".into(),
        "%ff%fe".into(),
        "a".repeat(4_000),
    ];
    let subjects = [
        "k1/0",
        "k1/4",
        "k1/-1",
        "k1/99999999999999999999",
        "k1/1.5",
        "k1/",
        "k1",
        "/1",
        "k2/1",
        "https://evil.test/1",
    ];
    bad.extend(subjects.map(|subject| mint(Purpose::Click, mine, subject)));
    let mut page = None;
    for token in bad {
        let got = client.get(url(&token)).header("accept-language", "ja").send().await.unwrap();
        assert!(!got.headers().contains_key("location"), "{token}");
        if got.status() == 400 && token.contains("%ff") {
            continue;
        }
        assert_eq!(got.status().as_u16(), 200, "{token}");
        let text = got.text().await.unwrap();
        assert!(text.contains("このリンクは使えません") && !text.contains("evil"), "{text}");
        assert_eq!(page.get_or_insert_with(|| text.clone()), &text, "all alike: {token}");
    }
    assert_eq!(sent.judged(at(99)).await, [(1.0, false)]);
    let contact = sent.store.contact(sent.account, sent.yui).await.unwrap().unwrap();
    assert!(contact.wants("onboarding"), "following a link changes nobody's consent");

    // Whoever is erased has no links.
    let yui = sent.store.people("yui").await.unwrap().remove(0);
    sent.store.erase(&yui.into(), "t", false, at(70)).await.unwrap();
    let gone = client.get(url(sent.token(1))).header("accept-language", "ja").send().await.unwrap();
    assert_eq!((gone.status().as_u16(), Some(gone.text().await.unwrap())), (200, page));
    assert_eq!(sent.store.links(sent.account, &MessageKey("k1".into())).await.unwrap(), []);
}
