//! What is foretold comes true: random conditions over numbers whose days leave their windows, judged only when an account
//! asks to be, against the same account judged every few hours and after every midnight.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shirube::{
    model::{
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, HOUR, Instant, MINUTE},
        money::{Currency, Money},
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::lives::{book, fact, props};

const DAYS: i64 = 30;

const MODEL: &str = r#"
success: [{name: used, says: {ja: 使われている, en: In use}, when: metric.c5 >= 1}]
metrics:
  c5: {count: login, over: 5d}
  d6: {days: login, over: 6d}
  p4: {distinct: contact, of: login, over: 4d}
  p7: {distinct: contact, of: login, over: 7d}
  s8: {sum: amount, of: paid, over: 8d}
  ch3: {change: login, over: 3d}
  o6: {count: failed, unless: paid, over: 6d}
  tm: {count: login, over: this_month}
  last: {last: login}
  e1: {expr: metric.c5 / metric.d6}
  e2: {expr: "metric.e1 > 1 ? metric.p4 : metric.p7 - metric.c5"}
  m1: {expr: account.mrr * metric.ch3}
milestones: {paid: {when: metric.s8 > 4}, few: {when: metric.p4 == 1 && metric.c5 < 3}}
journey:
  - {phase: onboarding, until: milestone.paid, expected: 10d}
  - {phase: adoption, until: "false"}
health:
  - scorecard: all
    for: "true"
    components:
      - {name: logins, family: usage, measure: metric.c5, points: [{at_least: 4, give: 30}, {at_least: 1, give: 10}, {give: 0}]}
      - {name: days, family: usage, measure: metric.d6 - metric.p4, points: [{at_least: 2, give: 40}, {give: 5}]}
      - {name: people, family: usage, measure: metric.p7, points: [{at_least: 2, give: 30}, {give: 0}]}
    bands: {green: ">= 70", yellow: ">= 40", red: "< 40"}
    caps: [{when: metric.o6 >= 1, at_most: yellow, because: {ja: 失敗, en: Failed}}]
alerts: [{drop: 20, within: 4d}, {stays: red, for: 2d}]
workspace: {timezone: Asia/Tokyo, locale: ja}
segments:
"#;

fn number() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "metric.c5",
        "metric.d6",
        "metric.p4",
        "metric.p7",
        "metric.s8",
        "metric.ch3",
        "metric.o6",
        "metric.tm",
        "metric.e1",
        "metric.e2",
        "account.seats",
        "days_in_phase",
        "days_since(metric.last)",
        "health.score",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(2, 4, 2, |inner| {
        let sign = prop::sample::select(vec!["+", "-", "*", "/"]);
        prop_oneof![
            (inner.clone(), sign.clone(), inner.clone()).prop_map(|(a, s, b)| format!("({a} {s} {b})")),
            (inner, sign, 1..4).prop_map(|(a, s, k)| format!("({a} {s} {k})")),
        ]
    })
}

fn condition() -> impl Strategy<Value = String> {
    let op = || prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let clause = prop_oneof![
        4 => (number(), op(), -1i32..6).prop_map(|(n, op, k)| format!("{n} {op} {k}")),
        2 => (number(), op(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (op(), -1i32..3).prop_map(|(op, k)| format!("metric.m1 {op} {}", k * 500)),
        1 => op().prop_map(|op| format!("metric.m1 {op} account.mrr")),
        1 => prop::sample::select(vec!["has(metric.ch3)", "alert.drop", "milestone.few", "stuck"]).prop_map(str::to_owned),
        1 => number().prop_map(|n| format!("{n} in [1, 2, 5]")),
    ];
    clause.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

/// One playbook starts whenever a condition becomes true, one when a segment does, one at ten where it holds.
fn rulebook(conditions: &[String]) -> Rulebook {
    let (mut files, mut model) = (BTreeMap::new(), MODEL.to_owned());
    for (i, text) in conditions.iter().enumerate() {
        model.push_str(&format!("  s{i}: '{text}'\n"));
        let starts = [
            ("when", format!("{{when: '{text}'}}")),
            ("held", format!("{{when: 'segment.s{i}', stable_for: 30h}}")),
            ("ten", format!("{{cron: '0 10 * * *', where: '{text}'}}")),
        ];
        for (kind, start) in starts {
            let playbook = format!(
                "playbook: {kind}{i}\ntitle: {{ja: 形, en: Form}}\nstart: {start}\nenroll: {{again: always}}\n\
                 goal: {{when: 'segment.s{i} != true', within: 5d}}\n\
                 steps:\n  - {{id: w, wait_for: 'segment.s{i} == false', at_most: 2d}}\n  - {{id: end, stop: done}}\n"
            );
            files.insert(format!("playbooks/{kind}{i}.yaml"), playbook);
        }
    }
    files.insert("model.yaml".to_owned(), model);
    book(&files, 1, Instant(0))
}

/// Something that happens a quarter of a day at a time, known at once though it may have happened on another day.
#[derive(Clone, Copy, Debug)]
struct Happens {
    quarter: i64,
    what: u8,
    who: i64,
    amount: i64,
    shift: i64,
}

fn histories() -> impl Strategy<Value = (&'static str, Vec<Happens>)> {
    let places = prop::sample::select(vec!["Asia/Tokyo", "America/New_York", "Europe/London"]);
    let shift = prop_oneof![6 => Just(0i64), 2 => -9i64..0, 1 => 1i64..4];
    let event = (0..DAYS * 2, 0u8..12, 1i64..=3, -3i64..9, shift);
    let event = event.prop_map(|(quarter, what, who, amount, shift)| Happens { quarter, what, who, amount, shift });
    (places, prop::collection::vec(event, 0..40)).prop_map(|(place, mut events)| {
        events.sort_by_key(|e| e.quarter);
        (place, events)
    })
}

fn start() -> Instant {
    Instant::parse("2026-03-20T09:30:00+09:00").unwrap()
}

impl Happens {
    fn fact(self, i: usize) -> Fact {
        let at = start().plus(self.quarter * DAY / 4);
        let event = |name: &str, props| FactBody::event(name, props);
        let (name, values) = match self.what {
            0..=5 => ("login", Props::new()),
            6..=8 => {
                ("paid", props([("amount", Value::Num(self.amount as f64 / if self.who == 3 { 2.0 } else { 1.0 }))]))
            }
            9 => ("failed", Props::new()),
            10 => {
                let attrs = props([("seats", Value::Num(self.amount as f64))]);
                return fact(at, format!("e{i}"), None, FactBody::AccountAttrs { attrs });
            }
            _ => {
                let status = if self.amount % 2 == 0 { "churned" } else { "active" };
                return fact(
                    at,
                    format!("e{i}"),
                    None,
                    FactBody::AccountAttrs { attrs: props([("status", Value::text(status))]) },
                );
            }
        };
        Fact {
            occurred_at: at.plus(self.shift * DAY),
            ..fact(at, format!("e{i}"), Some(self.who), event(name, values))
        }
    }
}

fn account(zone: &str, events: &[Happens]) -> Account {
    let mut account = Account::new(AccountId(1), "acme");
    let attrs = props([
        ("import_as", Value::text("new")),
        ("timezone", Value::text(zone)),
        ("seats", Value::Num(3.0)),
        ("mrr", Value::Money(Money { amount_minor: 1_000, currency: Currency::JPY })),
    ]);
    account.record(fact(start(), "account", None, FactBody::AccountAttrs { attrs }));
    for i in 1..=3 {
        let attrs = props([("key", Value::text(format!("c{i}"))), ("role", Value::text("admin"))]);
        account.record(fact(start(), format!("c{i}"), Some(i), FactBody::ContactAttrs { attrs }));
    }
    events.iter().enumerate().for_each(|(i, e)| account.record(e.fact(i)));
    account
}

/// When each run began and how it ended, when milestones were reached, the alerts, the band and the phase.
fn seen(account: &Account) -> Vec<String> {
    let runs = account.runs.iter().chain(&account.ended);
    let mut all: Vec<String> =
        runs.map(|r| format!("{} {} {:?} {:?} {:?}", r.playbook, r.started, r.ended, r.result, r.goal_at)).collect();
    all.extend(account.state.milestones.iter().map(|(name, at)| format!("{name} {at}")));
    all.extend(account.ledger.iter().filter(|l| l.kind == "alert").map(|l| format!("alert {} {}", l.at, l.reason)));
    all.extend(account.state.health.iter().map(|h| format!("{} since {}", h.band, h.band_since)));
    all.extend(account.state.phase.iter().map(|(name, at)| format!("{name} since {at}")));
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_judged_only_when_due_is_what_judging_all_the_time_says(
        conditions in prop::collection::vec(condition(), 4), (zone, events) in histories(),
    ) {
        let (rulebook, end) = (rulebook(&conditions), start().plus(DAYS * DAY));
        let mut lazy = account(zone, &events);
        lazy.advance(&World::default(), &rulebook, end).unwrap();
        let mut busy = account(zone, &events);
        let tz = jiff::tz::TimeZone::get(zone).unwrap();
        let midnights = (1..=DAYS as i32).map(|day| Instant::start_of_day(start().day(&tz) + day, &tz).plus(MINUTE));
        let hours = (1..DAYS * 8).map(|n| start().plus(n * 3 * HOUR + 29 * MINUTE));
        for (n, at) in midnights.chain(hours).enumerate() {
            // Nobody listens to it, but the account is judged anew.
            busy.record(fact(at, format!("tick{n}"), None, FactBody::event("nobody.listens", Props::new())));
        }
        busy.advance(&World::default(), &rulebook, end).unwrap();
        prop_assert_eq!(seen(&lazy), seen(&busy), "{:#?}", conditions);
    }
}

/// A rulebook of one model and one playbook each.
fn small(number: i64, model: &str, playbooks: &[&str]) -> Rulebook {
    const HEAD: &str = "success: [{name: s, says: {ja: 成功, en: Success}, when: account.seats >= 1}]\n\
                        workspace: {timezone: Asia/Tokyo, locale: ja}\n";
    let named = playbooks.iter().enumerate().map(|(i, text)| (format!("playbooks/p{i}.yaml"), playbook(i, text)));
    let files = named.chain([("model.yaml".to_owned(), format!("{HEAD}{model}"))]).collect();
    book(&files, number, Instant(number))
}

fn playbook(i: usize, text: &str) -> String {
    format!(
        "playbook: p{i}\ntitle: {{ja: 形, en: Form}}\n{text}\nenroll: {{again: always}}\nsteps: [{{id: end, stop: done}}]\n"
    )
}

fn days_after(account: &Account) -> Vec<i64> {
    account.ended.iter().map(|run| run.started.since(start()) / DAY).collect()
}

fn changed(day: i64, name: &str, value: Value) -> Fact {
    let attrs = props([(name, value)]);
    fact(start().plus(day * DAY + HOUR), format!("{name}{day}"), None, FactBody::AccountAttrs { attrs })
}

fn said(day: i64, contact: i64, name: &str, values: Props) -> Fact {
    fact(start().plus(day * DAY), format!("{name}{day}"), Some(contact), FactBody::event(name, values))
}

/// A metric's value as conditions read it.
fn metric(account: &Account, rulebook: &Rulebook, name: &str) -> Value {
    let at = account.state.now;
    let read = shirube::engine::explain::read(&account.snapshot(at), &World::default(), rulebook, at, None);
    read.values.get(format!("metric.{name}").as_str()).cloned().unwrap_or_default()
}

#[test]
fn days_in_a_phase_beside_a_number_that_is_no_constant_were_looked_at_on_some_days_only() {
    let model = "journey: [{phase: a, until: \"false\"}]\n";
    let rulebook = small(1, model, &["start: {when: days_in_phase > 20 || days_in_phase > account.seats}"]);
    let mut account = account("Asia/Tokyo", &[]);
    account.advance(&World::default(), &rulebook, start().plus(10 * DAY)).unwrap();
    let midnight = Instant::parse("2026-03-24T00:00:00+09:00").unwrap();
    assert_eq!(account.ended.iter().map(|r| r.started).collect::<Vec<_>>(), [midnight]);
}

#[test]
fn an_amount_that_becomes_known_by_time_was_never_looked_at() {
    let model = "metrics: {ch: {change: login, over: 3d}, m: {expr: account.mrr * metric.ch}}\n";
    let rulebook = small(1, model, &["start: {when: metric.m < 100}"]);
    let mut account = account("Asia/Tokyo", &[]);
    account.record(said(1, 1, "login", Props::new()));
    account.advance(&World::default(), &rulebook, start().plus(20 * DAY)).unwrap();
    assert_eq!(account.ended.len(), 1);
}

/// Two customers' days are one day's: when one of them moves on, the number and its next change stay, its way does not.
#[test]
fn a_number_that_stays_but_goes_another_way_kept_its_old_one() {
    let model = "metrics: {p: {distinct: contact, of: login, over: 4d}}\nsegments: {one: metric.p == 1}\n";
    let rulebook = small(1, model, &["start: {when: segment.one, stable_for: 1h}"]);
    let mut account = account("Asia/Tokyo", &[]);
    for (day, who) in [(1, 1), (1, 2), (2, 2)] {
        account.record(Fact { event_id: format!("{day}/{who}"), ..said(day, who, "login", Props::new()) });
    }
    account.advance(&World::default(), &rulebook, start().plus(20 * DAY)).unwrap();
    let at = Instant::parse("2026-03-25T01:00:00+09:00").unwrap();
    assert_eq!(account.ended.iter().map(|r| r.started).collect::<Vec<_>>(), [at]);
}

#[test]
fn contacts_counted_by_an_older_definition_took_others_out_of_the_count() {
    let by = |more: &str| format!("metrics: {{p: {{distinct: contact, of: login, over: 30d{more}}}}}\n");
    let (old, new) = (small(1, &by(""), &[]), small(2, &by(", where: event.kind == \"x\""), &[]));
    let x = || props([("kind", Value::text("x"))]);
    let mut account = account("Asia/Tokyo", &[]);
    for event in [said(1, 1, "login", Props::new()), said(5, 2, "login", x()), said(8, 1, "login", x())] {
        account.record(event);
    }
    account.advance(&World::default(), &old, start().plus(6 * DAY)).unwrap();
    account.next_due = Some(start().plus(7 * DAY));
    account.advance(&World::default(), &new, start().plus(9 * DAY)).unwrap();
    assert_eq!(metric(&account, &new, "p"), Value::Num(2.0));
}

#[test]
fn a_metric_that_was_taken_out_and_brought_back_lacked_what_happened_meanwhile() {
    let with = |number| small(number, "metrics: {n: {count: login, over: 30d}}\n", &[]);
    let mut account = account("Asia/Tokyo", &[]);
    for (day, rulebook) in [(2, with(1)), (4, small(2, "", &[])), (6, with(3))] {
        account.record(said(day, 1, "login", Props::new()));
        account.advance(&World::default(), &rulebook, start().plus(day * DAY)).unwrap();
    }
    assert_eq!(metric(&account, &with(3), "n"), Value::Num(3.0));
}

#[test]
fn a_window_made_longer_has_the_days_again_also_those_of_messages() {
    let over = |number, days| {
        let model =
            format!("metrics: {{n: {{count: login, over: {days}d}}, m: {{count: message.sent, over: {days}d}}}}\n");
        small(number, &model, &[])
    };
    let mut account = account("Asia/Tokyo", &[]);
    for day in 0..20 {
        account.record(said(day, 1, "login", Props::new()));
        let body = FactBody::Receipt {
            key: shirube::model::ids::MessageKey(format!("k{day}")),
            run: None,
            playbook: "p".to_owned(),
            step: "s".to_owned(),
            outcome: "sent".to_owned(),
            detail: String::new(),
        };
        account.record(fact(start().plus(day * DAY + 1), format!("sent{day}"), None, body));
    }
    account.advance(&World::default(), &over(1, 3), start().plus(20 * DAY)).unwrap();
    account.next_due = Some(account.state.now.plus(1));
    account.advance(&World::default(), &over(2, 15), start().plus(20 * DAY)).unwrap();
    let numbers = ["n", "m"].map(|name| metric(&account, &over(2, 15), name));
    assert_eq!(numbers, [Value::Num(15.0), Value::Num(15.0)]);
}

#[test]
fn a_schedule_for_contacts_stood_still_after_the_account_came_back() {
    let rulebook = small(1, "", &["for: contact\nstart: {cron: '0 10 * * *'}"]);
    let mut account = account("Asia/Tokyo", &[]);
    account.record(changed(3, "status", Value::text("churned")));
    account.record(changed(9, "status", Value::text("active")));
    account.advance(&World::default(), &rulebook, start().plus(14 * DAY)).unwrap();
    let first = account.ended.iter().filter(|r| r.contact == Some(ContactId(1)));
    let days: Vec<i64> = first.map(|run| run.started.since(start()) / DAY).collect();
    assert_eq!(days, [0, 1, 2, 3, 10, 11, 12, 13]);
}

#[test]
fn whoever_came_back_was_not_armed_by_what_was_false_meanwhile() {
    let rulebook = small(1, "", &["start: {when: \"days_until(account.renewal_date) in [30, 14]\"}"]);
    let mut account = account("Asia/Tokyo", &[]);
    let renewal = start().day(&jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()) + 31;
    account.record(Fact {
        received_at: start(),
        occurred_at: start(),
        ..changed(0, "renewal_date", Value::Date(renewal))
    });
    account.record(changed(1, "status", Value::text("churned")));
    account.record(changed(17, "status", Value::text("active")));
    account.advance(&World::default(), &rulebook, start().plus(20 * DAY)).unwrap();
    assert_eq!(days_after(&account), [0, 17]);
}
