//! Links in mails that went out before their account was merged: whoever follows one is heard at the account that stays.

use std::sync::Arc;

use shirube::{
    app::{
        done::Done,
        links::{self, Links},
        shell::Shell,
        survey::{Outcome, Surveys, subject},
        token::{Claims, Purpose, Tokens},
        unsubscribe::Unsubscribe,
    },
    clock::Clock,
    model::{
        contact::Contact,
        fact::{Act, Fact, FactBody, Incoming},
        ids::{AccountId, RunId},
        instant::{HOUR, SECOND},
        message::Planned,
        snapshot::ContactQuery,
        survey::Kind,
        value::{Props, Value},
    },
    store::api::Dispatch,
};

use crate::{
    shell::House,
    store::fixture::{message, plan},
};

/// Two accounts, one with a reader who was sent something.
struct Merging {
    house: House,
    shell: Shell,
    tokens: Arc<Tokens>,
    old: AccountId,
    reader: Contact,
}

impl Merging {
    async fn new() -> Merging {
        let house = House::new(&[]);
        let shell = house.shell().await;
        for (account, key) in [("acme", "yui"), ("heir", "ken")] {
            house.account(&shell, account, &[("name", Value::text(account))]).await;
            let attrs = Props::from([("email".to_owned(), Value::text(format!("{key}@acme.test")))]);
            let now = house.clock.now();
            let fact = Incoming {
                account: Some(account.to_owned()),
                contact: Some(key.to_owned()),
                occurred_at: now,
                received_at: now,
                source: "test".to_owned(),
                event_id: format!("contact:{key}"),
                body: FactBody::ContactAttrs { attrs },
            };
            shell.store.append(vec![fact]).await.unwrap();
        }
        shell.turn(house.clock.now()).await.unwrap();
        let old = shell.store.account_by_key("acme").await.unwrap().unwrap().id;
        let reader = shell.store.contacts(old, &ContactQuery::first(Vec::new(), 9)).await.unwrap().remove(0);
        let tokens = Arc::new(Tokens::new([(1, vec![7; 32])].into()).unwrap());
        Merging { house, shell, tokens, old, reader }
    }

    fn token(&self, purpose: Purpose, subject: impl Into<String>) -> String {
        let claims = Claims { account: self.old, contact: Some(self.reader.id), subject: subject.into() };
        self.tokens.mint(purpose, &claims)
    }

    async fn merge(&self) {
        let merged = FactBody::Merged { into: "heir".to_owned(), other: AccountId::default() };
        self.house.record(&self.shell, Some("acme"), "merge", merged).await;
        self.house.pass(&self.shell, HOUR).await;
        assert!(self.shell.store.snapshot(self.old).await.unwrap().is_none(), "the account has gone");
    }

    /// What was recorded of the account that stays.
    async fn heard(&self, one: impl Fn(&Fact) -> bool) -> usize {
        self.shell.turn(self.house.clock.now()).await.unwrap();
        let heir = self.shell.store.account_by_key("heir").await.unwrap().unwrap().id;
        let facts = self.shell.store.timeline(heir, 50).await.unwrap();
        facts.iter().filter(|fact| fact.account == heir && one(fact)).count()
    }
}

fn is_event(fact: &Fact, wanted: &str) -> bool {
    matches!(&fact.body, FactBody::Event { name, .. } if name == wanted)
}

/// It said “stopped” and stopped nothing.
#[tokio::test]
async fn who_unsubscribes_by_a_mail_from_before_the_merge_is_heard_at_the_account_that_stays() {
    let merging = Merging::new().await;
    let token = merging.token(Purpose::Unsub, "onboarding");
    merging.merge().await;
    let store = Arc::clone(&merging.shell.store);
    let leaving = Unsubscribe { store, tokens: Arc::clone(&merging.tokens), journal: None };
    leaving.post(&token, merging.house.clock.now()).await.unwrap();
    let hash = merging.shell.store.address_hash("yui@acme.test");
    let stopped = merging.shell.store.suppressed(&hash, "onboarding").await.unwrap();
    assert_eq!(stopped.as_deref(), Some("unsubscribed"));
    let heard = merging.heard(|fact| matches!(&fact.body, FactBody::Subscription { subscribed: false, .. }));
    assert_eq!(heard.await, 1);
}

/// The page said that the survey is closed.
#[tokio::test]
async fn who_answers_a_survey_asked_before_the_merge_is_heard_at_the_account_that_stays() {
    let merging = Merging::new().await;
    let now = merging.house.clock.now();
    let token = merging.token(Purpose::Survey, subject(Kind::Nps, now, &RunId("run1".into()), merging.reader.id));
    merging.merge().await;
    let (store, tokens) = (Arc::clone(&merging.shell.store), Arc::clone(&merging.tokens));
    let surveys = Surveys { store, tokens, company: String::new() };
    let now = merging.house.clock.now();
    for _ in 0..2 {
        assert_eq!(surveys.post(&token, b"score=9", now).await.unwrap(), Outcome::Noted(9));
    }
    assert_eq!(merging.heard(|fact| is_event(fact, "survey.responded")).await, 1);
}

/// The page thanked for it and nothing was recorded.
#[tokio::test]
async fn a_task_done_by_a_mail_from_before_the_merge_is_done_at_the_account_that_stays() {
    let merging = Merging::new().await;
    let token = merging.token(Purpose::Done, "plan:kickoff");
    merging.merge().await;
    let done = Done { store: Arc::clone(&merging.shell.store), tokens: Arc::clone(&merging.tokens) };
    done.post(&token, merging.house.clock.now()).await.unwrap();
    let is_done =
        |fact: &Fact| matches!(&fact.body, FactBody::Command(Act::TaskDone { task }) if task == "plan:kickoff");
    assert_eq!(merging.heard(is_done).await, 1);
}

/// The link led on, but nobody had clicked.
#[tokio::test]
async fn a_click_in_a_mail_from_before_the_merge_is_counted_at_the_account_that_stays() {
    let merging = Merging::new().await;
    let (store, reader) = (&merging.shell.store, merging.reader.id);
    let sent = plan(store.as_ref(), |account| {
        vec![Planned { contact: Some(reader), ..message(account, "k1", "yui@acme.test") }]
    });
    assert_eq!(sent.await, merging.old);
    let now = merging.house.clock.now();
    let claimed = store.claim(now, &["email"], 9, now.plus(HOUR)).await.unwrap().remove(0);
    let (one, fence) = (claimed.row.planned, claimed.row.fence);
    let (key, account) = (one.key.clone(), one.account);
    let over = Dispatch::HandOver { key: key.clone(), account, fence, body: b"x".to_vec() };
    let accepted = Dispatch::Sent { key, account, fence, detail: String::new() };
    assert_eq!(store.dispatch(now, vec![over, accepted]).await.unwrap(), [true, true]);
    let written = ["https://a.test/1".to_owned()];
    let map = links::count(store.as_ref(), &merging.tokens, "https://us.test", (&one, reader), &written);
    let token = map.await.unwrap()["https://a.test/1"].rsplit_once('/').unwrap().1.to_owned();
    merging.merge().await;
    let links = Links { store: Arc::clone(store), tokens: Arc::clone(&merging.tokens) };
    let now = merging.house.clock.now();
    assert_eq!(links.follow(&token, Some(now)).await.unwrap().as_deref(), Some("https://a.test/1"));
    links::judge_visits(store.as_ref(), now.plus(10 * SECOND)).await.unwrap();
    assert_eq!(merging.heard(|fact| is_event(fact, "message.clicked")).await, 1);
}
