//! A survey's signed link: opening it changes nothing, its button answers, an answer can be corrected, and whatever is
//! wrong with a link nothing is recorded.

use std::{collections::BTreeMap, sync::Arc};

use shirube::{
    app::{
        survey::{Outcome, Surveys, subject},
        token::{Claims, Purpose, Tokens},
    },
    clock::VirtualClock,
    http::{self, survey as routes},
    model::{
        fact::FactBody,
        ids::{AccountId, ContactId, RunId},
        instant::{DAY, Instant},
        locale::Locale,
        snapshot::ContactQuery,
        survey::Kind,
        value::{Props, Value},
    },
    store::api::Store,
};

use crate::store::fixture::{Fixture, at, named, person};

/// A customer with one person, and the keys.
struct Asked {
    store: Arc<dyn Store>,
    surveys: Surveys,
    account: AccountId,
    yui: ContactId,
    _fixture: Fixture,
}

impl Asked {
    async fn new() -> Asked {
        let fixture = Fixture::sqlite().await;
        let store: Arc<dyn Store> = fixture.store.clone();
        store.append(vec![named("acme", "アクメ", "1"), person("acme", "yui", "2")]).await.unwrap();
        let account = store.account_by_key("acme").await.unwrap().unwrap().id;
        let people = store.contacts(account, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
        let tokens = Arc::new(Tokens::new(BTreeMap::from([(1, vec![7; 32])])).unwrap());
        let surveys = Surveys { store: store.clone(), tokens, company: "Example".into() };
        Asked { store, surveys, account, yui: people[0].id, _fixture: fixture }
    }

    fn token(&self, kind: Kind, asked: Instant, run: &str) -> String {
        let subject = subject(kind, asked, &RunId(run.into()), self.yui);
        self.mint(Purpose::Survey, subject)
    }

    fn mint(&self, purpose: Purpose, subject: String) -> String {
        let claims = Claims { account: self.account, contact: Some(self.yui), subject };
        self.surveys.tokens.mint(purpose, &claims)
    }

    /// Answers so far: kind, score, comment, oldest first.
    async fn answers(&self) -> Vec<(String, f64, String)> {
        let facts = self.store.timeline(self.account, 99).await.unwrap();
        let answer = |props: &Props| {
            let text = |name: &str| props.get(name).and_then(Value::as_text).unwrap_or_default().to_owned();
            (text("kind"), props["score"].as_num().unwrap(), text("comment"))
        };
        let said = facts.iter().rev().filter_map(|fact| match &fact.body {
            FactBody::Event { name, props } if name == "survey.responded" => {
                assert_eq!(fact.contact, Some(self.yui));
                Some(answer(props))
            }
            _ => None,
        });
        said.collect()
    }
}

#[tokio::test]
async fn an_answer_counts_once_is_corrected_and_ends_somewhere() {
    let asked = Asked::new().await;
    let token = asked.token(Kind::Nps, at(1), "run1");
    let post = async |body: &str, n: i64| asked.surveys.post(&token, body.as_bytes(), at(n)).await.unwrap();
    for n in 1..4 {
        assert_eq!(post("score=3&comment=%E9%81%85%E3%81%84", n).await, Outcome::Noted(3));
    }
    assert_eq!(asked.answers().await, [("nps".to_owned(), 3.0, "遅い".to_owned())], "the same answer is one");
    assert_eq!(post("score=9", 5).await, Outcome::Noted(9));
    assert_eq!(post("score=3&comment=%E9%81%85%E3%81%84", 6).await, Outcome::Noted(3));
    let scores: Vec<f64> = asked.answers().await.into_iter().map(|a| a.1).collect();
    assert_eq!(scores, [3.0, 9.0, 3.0], "back again is a correction too");
    // The reminder's link asks the same question; another kind of the same run is another one.
    let reminder = asked.token(Kind::Nps, at(1).plus(7 * DAY), "run1");
    asked.surveys.post(&reminder, b"score=3&comment=%E9%81%85%E3%81%84", at(9)).await.unwrap();
    assert_eq!(asked.answers().await.len(), 3);
    asked.surveys.post(&asked.token(Kind::Csat, at(1), "run1"), b"score=3", at(9)).await.unwrap();
    assert_eq!(asked.answers().await.len(), 4);
    for n in 0..60 {
        post(&format!("score={}", n % 11), 20 + n).await;
    }
    assert_eq!(asked.answers().await.iter().filter(|a| a.0 == "nps").count(), 20, "nobody fills the store by a link");
}

#[tokio::test]
async fn nothing_is_recorded_without_a_number_or_by_a_link_that_is_no_good() {
    let asked = Asked::new().await;
    let token = asked.token(Kind::Csat, at(1), "run1");
    for body in ["", "score=", "score=0", "score=6", "score=4.5", "score=-1", "comment=only+words", "\u{0}%%%"] {
        let outcome = asked.surveys.post(&token, body.as_bytes(), at(2)).await.unwrap();
        assert!(matches!(&outcome, Outcome::Unanswered(form) if form.kind == Kind::Csat), "{body}: {outcome:?}");
    }
    let late = at(1).plus(91 * DAY);
    let subject = subject(Kind::Csat, at(1), &RunId("run1".into()), asked.yui);
    let nobody = Claims { account: asked.account, contact: Some(ContactId(999_999)), subject: subject.clone() };
    let links = [
        (token.clone(), late),
        (format!("{token}x"), at(2)),
        ("forged".to_owned(), at(2)),
        (asked.mint(Purpose::Done, subject.clone()), at(2)),
        (asked.mint(Purpose::Unsub, subject), at(2)),
        (asked.surveys.tokens.mint(Purpose::Survey, &nobody), at(2)),
    ];
    for (link, now) in links {
        assert_eq!(asked.surveys.form(&link, b"score=4", now).await.unwrap(), None, "{link}");
        assert_eq!(asked.surveys.post(&link, b"score=4", now).await.unwrap(), Outcome::Closed, "{link}");
    }
    let preview = asked.token(Kind::Csat, at(1), "preview");
    assert_eq!(asked.surveys.post(&preview, b"score=4", at(2)).await.unwrap(), Outcome::Noted(4));
    assert!(asked.answers().await.is_empty(), "a preview's link answers for nobody");
}

/// Over HTTP as the customer's browser (or a mail scanner) comes.
#[tokio::test]
async fn over_http_a_get_chooses_the_number_and_only_a_post_answers() {
    let asked = Asked::new().await;
    let asking =
        routes::Asking { surveys: asked.surveys.clone(), clock: Arc::new(VirtualClock::at(at(5))), locale: Locale::Ja };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let router = http::outside(vec![routes::routes(asking)]);
    let (bound, _task) = http::serve("127.0.0.1:0".parse().unwrap(), router, stopped).await.unwrap();
    let url = format!("http://{bound}/s/{}", asked.token(Kind::Nps, at(1), "run1"));
    shirube::channel::tls::ready();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for score in 0..=10 {
        let page = client.get(format!("{url}?score={score}")).header("accept-language", "en").send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.headers()["referrer-policy"].to_str().unwrap()), (200, "no-referrer"));
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
        let page = page.text().await.unwrap();
        assert!(page.contains(&format!("value=\"{score}\" required checked>")), "{page}");
        assert!(page.contains("recommend Example") && page.contains("lang=\"en\""), "{page}");
    }
    assert_eq!(client.head(&url).send().await.unwrap().status(), 200);
    assert!(asked.answers().await.is_empty(), "opening the page is no answer");
    let post = async |body: String| {
        let request = client.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, page) = post("comment=%3Cscript%3E".into()).await;
    assert!(status == 422 && page.contains("&lt;script&gt;</textarea>") && page.contains("role=\"alert\""), "{page}");
    let (status, page) = post(format!("score=2&comment={}", "x".repeat(9_000))).await;
    assert!(status == 200 && page.contains("2 と承りました"), "{page}");
    let answers = asked.answers().await;
    assert_eq!((answers.len(), answers[0].1, answers[0].2.len()), (1, 2.0, 2_000));
    assert_eq!(post("x".repeat((1 << 20) + 1)).await.0, 413);
    let forged = client.get(format!("http://{bound}/s/forged")).send().await.unwrap();
    assert_eq!(forged.status(), 200);
    assert!(!forged.text().await.unwrap().contains("<form"));
}
