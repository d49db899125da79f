//! `simulate` says what live does; `plan` says what an edit changes; `backtest` never looks ahead.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use shirube::{
    app::{
        reload::{go_live, read_project},
        shell::Shell,
    },
    clock::{Clock, VirtualClock},
    model::{
        fact::{Fact, FactBody, Incoming},
        ids::AccountId,
        instant::{DAY, HOUR, Instant, day_number},
        money::{Currency, Money},
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::{
        account::Account,
        backtest::{self, History},
        heard::Heard,
        plan,
        portfolio::{Line, Portfolio},
    },
    store::{self, Mode, Store},
};

pub fn start() -> Instant {
    Instant::parse("2026-05-20T09:30:00+09:00").unwrap()
}

fn kit() -> BTreeMap<String, String> {
    read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn rulebook(files: &BTreeMap<String, String>) -> Rulebook {
    load(files).0.unwrap()
}

fn incoming(account: &str, contact: Option<&str>, at: Instant, id: &str, body: FactBody) -> Incoming {
    Incoming {
        account: Some(account.to_owned()),
        contact: contact.map(str::to_owned),
        occurred_at: at,
        received_at: start(),
        source: "csv:test".to_owned(),
        event_id: format!("{account}:{id}"),
        body,
    }
}

/// Twelve customers of every sort: new and old, lively and silent, near their renewal and far from it.
fn customers() -> Vec<Incoming> {
    let today = day_number(start().date(&jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()));
    let mut facts = Vec::new();
    for n in 0..12_i32 {
        let key = format!("a{n}");
        let zone = ["Asia/Tokyo", "America/New_York", "Europe/London"][n as usize % 3];
        let attrs = Props::from([
            ("name".to_owned(), Value::text(format!("Customer {n}"))),
            ("status".to_owned(), Value::text("active")),
            ("timezone".to_owned(), Value::text(zone)),
            ("mrr".to_owned(), Value::Money(Money { amount_minor: 1_000 * i64::from(n), currency: Currency::JPY })),
            ("contract_start".to_owned(), Value::Date(if n % 2 == 0 { today } else { today - 200 - n })),
            ("renewal_date".to_owned(), Value::Date(today + 20 + 9 * n)),
            ("csm".to_owned(), Value::text("kei")),
        ]);
        facts.push(incoming(&key, None, start(), "attrs", FactBody::AccountAttrs { attrs }));
        let attrs = Props::from([
            ("name".to_owned(), Value::text(format!("Person {n}"))),
            ("email".to_owned(), Value::text(format!("p{n}@example.com"))),
            ("role".to_owned(), Value::text(if n % 4 == 0 { "champion" } else { "admin" })),
            ("locale".to_owned(), Value::text(if n % 3 == 0 { "ja" } else { "en" })),
        ]);
        facts.push(incoming(&key, Some("p"), start(), "person", FactBody::ContactAttrs { attrs }));
        for day in (1..n * 4).step_by(1 + n as usize % 3) {
            let at = start().plus(-i64::from(day) * DAY);
            facts.push(incoming(&key, Some("p"), at, &format!("login{day}"), FactBody::event("login", Props::new())));
        }
    }
    facts
}

pub struct Live {
    pub store: Arc<dyn Store>,
    pub shell: Arc<Shell>,
    pub clock: Arc<VirtualClock>,
    _folder: tempfile::TempDir,
}

/// A store with the kit live and twelve customers.
pub async fn live() -> Live {
    live_with(kit()).await
}

/// The same with the kit's model changed.
pub async fn live_edited(from: &str, to: &str) -> Live {
    live_edited_in("model.yaml", from, to).await
}

/// The same with one of the kit's files changed.
pub async fn live_edited_in(file: &str, from: &str, to: &str) -> Live {
    let mut files = kit();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
    live_with(files).await
}

async fn live_with(files: BTreeMap<String, String>) -> Live {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&folder.path().join("s.db").display().to_string(), Mode::Daemon).await.unwrap();
    let book = go_live(store.as_ref(), rulebook(&files), &files, start().plus(-DAY)).await.unwrap();
    let clock = Arc::new(VirtualClock::at(start()));
    let seen: Arc<dyn Clock> = Arc::<VirtualClock>::clone(&clock);
    let shell = Arc::new(Shell::new(Arc::clone(&store), seen, book).await.unwrap());
    store.append(customers()).await.unwrap();
    Live { store, shell, clock, _folder: folder }
}

impl Live {
    async fn portfolio(&self) -> Portfolio {
        let whole = self.store.whole(AccountId(-1), 1_000, true).await.unwrap();
        let accounts: Vec<Account> = whole.into_iter().map(Account::from).collect();
        let (world, book) = (self.shell.world().as_ref().clone(), self.shell.rulebook().as_ref().clone());
        Portfolio::new(accounts, world, book, start())
    }
}

type Sent = (Instant, String, String, String, String);

fn sent(lines: &[Line]) -> Vec<Sent> {
    let mut list: Vec<Sent> = lines
        .iter()
        .filter(|l| l.kind == "message" && !l.playbook.starts_with("digest:"))
        .map(|l| {
            (l.moment, l.account.clone(), l.playbook.clone(), l.step.clone(), l.address.clone().unwrap_or_default())
        })
        .collect();
    list.sort();
    list
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_says_what_live_does() {
    let live = live().await;
    let mut portfolio = live.portfolio().await;
    let until = start().plus(45 * DAY);
    let mut lines = Vec::new();
    portfolio.advance(until, &mut |line| lines.push(line)).unwrap();
    let foretold = sent(&lines);
    let (mut done, mut at) = (Vec::new(), start());
    let keys: BTreeMap<i64, String> =
        live.store.accounts(AccountId(0), 100).await.unwrap().into_iter().map(|r| (r.id.0, r.key)).collect();
    while at <= until {
        for planned in live.shell.turn(at).await.unwrap().planned {
            if let Some(key) = keys.get(&planned.account.0) {
                done.push((planned.ready_at, key.clone(), planned.playbook, planned.step, planned.address));
            }
        }
        at = at.plus(HOUR / 2);
    }
    done.retain(|(at, ..)| *at <= until);
    done.sort();
    assert!(foretold.len() > 15, "{foretold:#?}");
    assert_eq!(foretold, done);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rulebook_changes_nothing_and_an_edit_changes_what_it_says() {
    let live = live().await;
    live.shell.turn(start()).await.unwrap();
    let (now, until) = (start(), start().plus(30 * DAY));
    let portfolio = live.portfolio().await;
    let told = std::cell::RefCell::new(Vec::new());
    let tell = |day, days| told.borrow_mut().push((day, days));
    let same = plan::compare_telling(portfolio.clone(), portfolio.clone(), until, &tell).unwrap();
    let told = told.into_inner();
    assert_eq!((told.first(), told.last()), (Some(&(1, told.len())), Some(&(told.len(), told.len()))), "{told:?}");
    assert!(same.is_empty(), "{same:#?}");
    let mut files = kit();
    let renewal = files.get_mut("playbooks/renewal.yaml").unwrap();
    let before = renewal.clone();
    *renewal = renewal.replace("by: 90 calendar days", "by: 60 calendar days");
    assert_ne!(*renewal, before);
    let number = portfolio.rulebook.number;
    let edited = Rulebook { number: number + 1, live_since: now, ..rulebook(&files) };
    let edited = Portfolio::new(portfolio.accounts.clone(), portfolio.world.clone(), edited, now);
    let found = plan::compare(portfolio, edited, until).unwrap();
    assert!(!found.is_empty());
    let touched = found.enter.iter().chain(&found.leave).all(|e| e.playbook == "renewal");
    assert!(touched, "{found:#?}");
    assert!(!found.leave.is_empty(), "{found:#?}");
}

#[test]
fn attributes_set_and_events_raised_are_told() {
    let text = "playbook: marks\ntitle: t\npurpose: p\nfor: account\nstart: {on: login}\nsteps:\n  - {id: mark, set: {account.churn_reason: \"seen\"}}\n\
                \x20 - {id: say, event: {name: customer.seen, props: {how: \"login\"}}}\n";
    let mut files = kit();
    files.insert("playbooks/marks.yaml".to_owned(), text.to_owned());
    let (book, findings) = load(&files);
    let book = Rulebook { number: 1, ..book.unwrap_or_else(|| panic!("{findings:#?}")) };
    let (id, key, facts) = user(1, 0);
    let mut account = Account::new(id, &key);
    facts.into_iter().for_each(|f| account.record(Fact { received_at: f.occurred_at, ..f }));
    let mut portfolio = Portfolio::new(vec![account], World::default(), book, start());
    let mut told = Vec::new();
    portfolio.advance(start().plus(DAY), &mut |l| told.push((l.kind, l.playbook, l.step, l.reason))).unwrap();
    told.retain(|line| line.1 == "marks");
    let line = |kind: &str, step: &str, reason: &str| (kind.into(), "marks".into(), step.into(), reason.into());
    assert_eq!(told, [line("set", "mark", "done"), line("event", "say", "customer.seen")]);
}

fn fact(account: i64, at: Instant, received: Instant, id: &str, body: FactBody) -> Fact {
    Fact {
        seq: 0,
        account: AccountId(account),
        contact: None,
        occurred_at: at,
        received_at: received,
        source: "csv:test".to_owned(),
        event_id: id.to_owned(),
        body,
    }
}

/// A customer that logs in daily until `last` (days after the start).
fn user(account: i64, last: i64) -> (AccountId, String, Vec<Fact>) {
    let begin = start();
    let attrs = Props::from([("status".to_owned(), Value::text("active"))]);
    let mut facts = vec![fact(account, begin, begin, "attrs", FactBody::AccountAttrs { attrs })];
    let imported = begin.plus(300 * DAY);
    for day in 0..=last {
        let at = begin.plus(day * DAY + HOUR);
        facts.push(fact(account, at, imported, &format!("login{day}"), FactBody::event("login", Props::new())));
    }
    (AccountId(account), format!("a{account}"), facts)
}

#[test]
fn a_backtest_counts_hits_misses_and_lead_time_as_by_hand() {
    let book = Rulebook { number: 1, ..rulebook(&kit()) };
    let playbook = book.playbook("no_login").unwrap().clone();
    // 1 falls silent on day 20 and churns on day 60; 2 falls silent and stays; 3 stays lively and churns; 4 stays.
    let accounts = vec![user(1, 20), user(2, 20), user(3, 150), user(4, 290)];
    let churned = BTreeMap::from([(AccountId(1), start().plus(60 * DAY)), (AccountId(3), start().plus(100 * DAY))]);
    let history = History { accounts, churned, ..History::default() };
    let found = backtest::run(history, &book, &playbook, start(), start().plus(290 * DAY)).unwrap();
    let fired: Vec<&str> = found.fired.iter().map(|f| f.account.as_str()).collect();
    // 3 stops logging in on day 150, after its churn: it is no customer any more and is not fired on.
    assert_eq!(fired, ["a1", "a2"], "{found:#?}");
    // Silent since the evening of day 20: 14 local days later is day 34; day 60 is 26 days after it.
    assert_eq!(found.fired[0].at.get(..10), Some("2026-06-23"));
    assert_eq!(found.lead_days_median, Some(26.0));
    assert_eq!((found.churned, found.accounts, found.horizon_days), (2, 4, 180));
    assert_eq!(found.precision, Some(0.5));
    assert_eq!((found.recall, found.base_rate), (Some(0.5), Some(0.5)));
    // 1 lives 60 days and 3 lives 100, all within 180 days of a churn; 2 and 4 are known for 290 - 180 days each.
    assert_eq!(found.by_chance, Some(160.0 / 380.0));
}

/// It named a renamed customer by the key it had long ago, and conditions read that one.
#[test]
fn a_backtest_speaks_of_customers_by_their_present_key() {
    let book = Rulebook { number: 1, ..rulebook(&kit()) };
    let playbook = book.playbook("no_login").unwrap().clone();
    let (id, _, facts) = user(1, 20);
    let drawn = BTreeMap::from([(id, "a1".to_owned())]);
    let history = History { accounts: vec![(id, "renamed".to_owned(), facts)], drawn, ..History::default() };
    let found = backtest::run(history, &book, &playbook, start(), start().plus(290 * DAY)).unwrap();
    assert_eq!(found.fired.iter().map(|f| f.account.as_str()).collect::<Vec<_>>(), ["renamed"]);
}

#[test]
fn a_backtest_never_names_a_day_before_the_first_one_asked_for() {
    let book = Rulebook { number: 1, ..rulebook(&kit()) };
    let playbook = book.playbook("no_login").unwrap().clone();
    let mut new_york = user(1, 20);
    let attrs = Props::from([("timezone".to_owned(), Value::text("America/New_York"))]);
    new_york.2.push(fact(1, start(), start(), "zone", FactBody::AccountAttrs { attrs }));
    let history = History { accounts: vec![new_york], ..History::default() };
    let found = backtest::run(history, &book, &playbook, start(), start().plus(290 * DAY)).unwrap();
    // Its own midnight is early afternoon in Tokyo, where the period was asked for.
    assert!(found.fired[0].at.ends_with("T13:00:00+09:00"), "{}", found.fired[0].at);
}

#[test]
fn a_backtest_finds_the_same_without_the_events_nobody_hears() {
    let book = Rulebook { number: 1, ..rulebook(&kit()) };
    let playbook = book.playbook("no_login").unwrap().clone();
    let heard = Heard::of(&book, &playbook);
    let noisy = |account: i64, last: i64| {
        let (id, key, mut facts) = user(account, last);
        for hour in 0..200 {
            let at = start().plus(hour * 31 * HOUR);
            let body = FactBody::event("page.scrolled", Props::new());
            facts.push(fact(account, at, at.plus(HOUR), &format!("noise{hour}"), body));
        }
        (id, key, facts)
    };
    let run = |accounts| {
        let history = History { accounts, ..History::default() };
        backtest::run(history, &book, &playbook, start(), start().plus(200 * DAY)).unwrap()
    };
    let whole = vec![noisy(1, 20), noisy(2, 40), noisy(3, 190)];
    let less: Vec<_> = whole.iter().map(|(id, key, facts)| (*id, key.clone(), heard.only(facts.clone()))).collect();
    assert_eq!((whole[0].2.len(), less[0].2.len()), (222, 23), "the first fact of all stays");
    assert_eq!(run(less), run(whole));
}

#[test]
fn a_backtest_does_not_know_today_what_was_said_later() {
    let text = "playbook: by_plan\ntitle: t\npurpose: p\nfor: account\nstart: {when: account.plan == \"pro\"}\n\
                steps:\n  - {id: tell, task: {ja: あ, en: a}, owner: csm, due: 1d}\n";
    let mut files = kit();
    files.insert("playbooks/by_plan.yaml".to_owned(), text.to_owned());
    let (book, findings) = load(&files);
    let book = Rulebook { number: 1, ..book.unwrap_or_else(|| panic!("{findings:#?}")) };
    let playbook = book.playbook("by_plan").unwrap().clone();
    let (id, key, mut facts) = user(1, 100);
    let told = start().plus(80 * DAY);
    let attrs = Props::from([("plan".to_owned(), Value::text("pro"))]);
    facts.push(fact(1, told, told, "plan", FactBody::AccountAttrs { attrs }));
    let history = || History { accounts: vec![(id, key.clone(), facts.clone())], ..History::default() };
    let early = backtest::run(history(), &book, &playbook, start(), told.plus(-DAY)).unwrap();
    assert!(early.fired.is_empty());
    assert_eq!((early.undetermined.n, early.undetermined.attributes), (1, vec!["account.plan".to_owned()]));
    let late = backtest::run(history(), &book, &playbook, start(), told.plus(DAY)).unwrap();
    assert_eq!(late.fired.len(), 1);
    assert_eq!(late.fired[0].moments.0, told);
}

#[test]
fn an_empty_world_foretells_nothing() {
    let book = Rulebook { number: 1, ..rulebook(&kit()) };
    let mut portfolio = Portfolio::new(Vec::new(), World::default(), book, start());
    portfolio.advance(start().plus(400 * DAY), &mut |line| panic!("{line:?}")).unwrap();
}
