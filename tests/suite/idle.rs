//! Idle accounts cost nothing: with the starter kit live, an account without recent events and without a
//! date in the next day has nothing due in that day.

use std::path::Path;

use shirube::{
    app::reload::read_project,
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{DAY, Instant, day_number},
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::account::Account,
};

fn kit() -> Rulebook {
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    Rulebook { number: 1, ..load(&files).0.unwrap() }
}

fn fact(at: Instant, received: Instant, body: FactBody) -> Fact {
    Fact {
        seq: 0,
        account: AccountId(1),
        contact: None,
        occurred_at: at,
        received_at: received,
        source: "csv:test".to_owned(),
        event_id: format!("{}-{}", at.0, received.0),
        body,
    }
}

/// A customer of three years who was last seen 500 days before `now` and renews in 200 days.
fn sleeper(rulebook: &Rulebook, now: Instant, touch: &str) -> Account {
    let zone = &rulebook.model.workspace.zone;
    let today = day_number(now.date(zone));
    let attrs = Props::from([
        ("name".to_owned(), Value::text("眠る会社")),
        ("status".to_owned(), Value::text("active")),
        ("touch".to_owned(), Value::text(touch)),
        ("contract_start".to_owned(), Value::Date(today - 1_100)),
        ("renewal_date".to_owned(), Value::Date(today + 200)),
    ]);
    let mut account = Account::new(AccountId(1), "sleeper");
    account.record(fact(now, now, FactBody::AccountAttrs { attrs }));
    for name in ["login", "setup.step_done", "invoice.sent", "key_feature.used"] {
        account.record(fact(now.plus(-500 * DAY), now, FactBody::event(name, Props::new())));
    }
    account
}

#[test]
fn nothing_is_due_within_a_day_for_a_sleeping_account() {
    let rulebook = kit();
    let world = World::default();
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    for touch in ["tech", "high"] {
        let mut account = sleeper(&rulebook, now, touch);
        account.advance(&world, &rulebook, now.plus(30 * DAY)).unwrap();
        let settled = now.plus(30 * DAY);
        let due = account.due();
        assert!(due.is_none_or(|at| at > settled.plus(DAY)), "{touch}: due at {due:?}");
    }
}

/// Thirty logins in thirty days leave their windows one by one: that wakes the account when something follows from it,
/// not every night.
#[test]
fn a_window_that_empties_wakes_an_account_only_when_something_follows() {
    let rulebook = kit();
    let world = World::default();
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    let mut account = sleeper(&rulebook, now, "tech");
    for day in 0..30 {
        account.record(fact(now.plus(-day * DAY), now, FactBody::event("login", Props::new())));
    }
    account.advance(&world, &rulebook, now).unwrap();
    let before = account.rev;
    account.advance(&world, &rulebook, now.plus(60 * DAY)).unwrap();
    let nights = account.rev - before;
    assert!((1..=30).contains(&nights), "decided {nights} times in 60 days");
}

const CRON_MODEL: &str = "success: [{name: s, says: {ja: 成功, en: Success}, when: account.seats >= 1}]\n\
    workspace: {timezone: Asia/Tokyo, locale: ja}\n";

/// Every day at ten, for accounts of more than ten seats: whoever has fewer is not woken, and when that changes at noon,
/// the firing of that morning is over.
#[test]
fn a_schedule_wakes_only_those_who_may_meet_its_condition() {
    let playbook = "playbook: daily\ntitle: {ja: 毎日, en: Daily}\nstart: {cron: '0 10 * * *', where: account.seats > 10}\n\
        enroll: {again: always}\nsteps: [{id: end, stop: done}]\n";
    let files = [("model.yaml", CRON_MODEL), ("playbooks/daily.yaml", playbook)];
    let (rulebook, findings) = load(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
    let rulebook = Rulebook { number: 1, ..rulebook.unwrap_or_else(|| panic!("{findings:#?}")) };
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    let noon = Instant::parse("2026-06-09T12:00:00+09:00").unwrap();
    let mut account = Account::new(AccountId(1), "small");
    let seats = |n: f64| FactBody::AccountAttrs { attrs: Props::from([("seats".to_owned(), Value::Num(n))]) };
    account.record(fact(now, now, seats(5.0)));
    account.record(fact(noon, noon, seats(50.0)));
    account.advance(&World::default(), &rulebook, noon.plus(-1)).unwrap();
    assert_eq!(account.rev, 1, "only the row itself was decided");
    account.advance(&World::default(), &rulebook, noon.plus(DAY)).unwrap();
    let starts: Vec<Instant> = account.ended.iter().map(|run| run.started).collect();
    assert_eq!(starts, [Instant::parse("2026-06-10T10:00:00+09:00").unwrap()]);
}

#[test]
fn deciding_twice_gives_the_same_to_the_bit() {
    let rulebook = kit();
    let world = World::default();
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    let account = sleeper(&rulebook, now, "tech");
    let (first, second) = (account.decide(&world, &rulebook, now), account.decide(&world, &rulebook, now));
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}
