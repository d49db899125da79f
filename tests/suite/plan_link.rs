//! The shared plan's signed link: opening it changes nothing, its button makes the task done, once.

use std::{collections::BTreeMap, sync::Arc};

use shirube::{
    app::{
        done::{Done, get_page},
        token::{Claims, Purpose, Tokens},
    },
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
