//! The shared plan's signed link: opening it changes nothing, its button makes the task done, once.

use std::{collections::BTreeMap, sync::Arc};

use shirube::{
    app::{
        done::{Done, get_page},
        token::{Claims, Purpose, Tokens},
    },
    clock::VirtualClock,
    http::{self, done as routes},
    model::{
        fact::{Act, FactBody, Incoming},
        locale::Locale,
        value::{Props, Value},
    },
};

use crate::store::fixture::{Fixture, at};

#[tokio::test]
async fn only_the_button_makes_a_task_done_and_only_once() {
    let f = Fixture::sqlite().await;
    let attrs = Props::from([("name".to_owned(), Value::text("アクメ"))]);
    let account = Incoming {
        account: Some("acme".into()),
        contact: None,
        occurred_at: at(0),
        received_at: at(0),
        source: "test".into(),
        event_id: "1".into(),
        body: FactBody::AccountAttrs { attrs },
    };
    f.store.append(vec![account]).await.unwrap();
    let id = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    let tokens = Arc::new(Tokens::new(BTreeMap::from([(1, vec![7; 32])])).unwrap());
    let claims = Claims { account: id, contact: None, subject: "plan/import_data".into() };
    let token = tokens.mint(Purpose::Done, &claims);
    let page = get_page(Locale::Ja).0;
    assert!(page.contains("<form method=\"post\">") && page.contains("lang=\"ja\""), "{page}");
    let done = Done { store: f.store.clone(), tokens: tokens.clone() };
    let count = || async {
        let facts = f.store.timeline(id, 99).await.unwrap();
        facts.iter().filter(|f| f.body == FactBody::Command(Act::TaskDone { task: "plan/import_data".into() })).count()
    };
    done.post("forged", at(1)).await.unwrap();
    done.post(&tokens.mint(Purpose::Unsub, &claims), at(1)).await.unwrap();
    assert_eq!(count().await, 0, "a token of another purpose is good for nothing here");
    done.post(&token, at(2)).await.unwrap();
    done.post(&token, at(3)).await.unwrap();
    assert_eq!(count().await, 1);
}

/// Over HTTP as the customer's browser (or a mail scanner) comes: GET changes nothing however often, POST does it.
#[tokio::test]
async fn over_http_a_get_shows_the_page_in_the_readers_language_and_only_a_post_does_it() {
    let f = Fixture::sqlite().await;
    let attrs = Props::from([("name".to_owned(), Value::text("アクメ"))]);
    let body = FactBody::AccountAttrs { attrs };
    let (source, event_id) = ("test".to_owned(), "1".to_owned());
    let account = Incoming {
        account: Some("acme".into()),
        contact: None,
        occurred_at: at(0),
        received_at: at(0),
        source,
        event_id,
        body,
    };
    f.store.append(vec![account]).await.unwrap();
    let id = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    let tokens = Arc::new(Tokens::new(BTreeMap::from([(1, vec![7; 32])])).unwrap());
    let claims = Claims { account: id, contact: None, subject: "plan/import_data".into() };
    let done = Done { store: f.store.clone(), tokens: tokens.clone() };
    let doing = routes::Doing { done, clock: Arc::new(VirtualClock::at(at(5))), locale: Locale::Ja };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let router = http::outside(vec![routes::routes(doing)]);
    let (bound, _task) = http::serve("127.0.0.1:0".parse().unwrap(), router, stopped).await.unwrap();
    let url = format!("http://{bound}/d/{}", tokens.mint(Purpose::Done, &claims));
    let facts = || async { f.store.timeline(id, 99).await.unwrap().len() };

    shirube::channel::tls::ready();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..3 {
        let page = client.get(&url).header("accept-language", "en-GB,en;q=0.8").send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert_eq!(page.headers()["referrer-policy"], "no-referrer");
        let page = page.text().await.unwrap();
        assert!(page.contains("lang=\"en\"") && page.contains("method=\"post\""), "{page}");
    }
    assert_eq!(facts().await, 1, "opening the page is not doing it");
    let page = client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("lang=\"ja\""), "the workspace's language where the browser names none of ours");
    for _ in 0..2 {
        assert_eq!(client.post(&url).send().await.unwrap().status(), 200);
    }
    assert_eq!(facts().await, 2, "done once");
    // A forged link looks alike to whoever tries it, and does nothing.
    assert_eq!(client.post(format!("http://{bound}/d/forged")).send().await.unwrap().status(), 200);
    assert_eq!(facts().await, 2);
    assert_eq!(client.put(&url).send().await.unwrap().status(), 405);
}
