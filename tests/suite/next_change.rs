//! Every form of condition whose next change the language promises to know, by brute force: an account that is only
//! looked at when it asks to be, against the same account read minute by minute.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::prelude::*;
use shirube::{
    engine::explain,
    model::{
        fact::FactBody,
        ids::AccountId,
        instant::{Instant, MINUTE},
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::lives::{book, fact};

const DAYS: i64 = 45;

/// One playbook each starts whenever its form becomes true.
const FORMS: [&str; 27] = [
    "metric.logins_7d < 2",
    "metric.days_14d <= 1",
    "metric.people_10d == 0",
    "metric.paid_20d < 5",
    "metric.this_month == 0",
    "metric.last_month > 2",
    "metric.change_5d < 0",
    "metric.open_15d == 0",
    "metric.a_day < 0.5",
    "metric.score < 5",
    "days_since(metric.last) >= 5",
    "days_since(metric.last) == 9",
    "9 < days_since(metric.last) + 2",
    "days_until(account.renewal_date) <= 20",
    "days_until(account.renewal_date) in [30, 14]",
    "business_days_since(metric.last) >= 4",
    "now - metric.last > duration(\"36h\")",
    "account.renewal_date - now < duration(\"100h\")",
    "now >= metric.first + duration(\"300h\")",
    "days_in_phase >= 12",
    "stuck",
    "account.age_month >= 1",
    "health.score < 50",
    "health.band == \"red\"",
    "health.change_7d < -10",
    "alert.drop",
    "has(metric.last) && (segment.f0 || !segment.f13) && (segment.f15 ? segment.f16 : days_since(metric.first) > 12)",
];

const MODEL: &str = r#"
success: [{name: used, says: {ja: 使われている, en: In use}, when: metric.logins_7d >= 1}]
metrics:
  logins_7d: {count: login, over: 7d}
  days_14d: {days: login, over: 14d}
  people_10d: {distinct: contact, of: login, over: 10d}
  paid_20d: {sum: amount, of: paid, over: 20d}
  this_month: {count: login, over: this_month}
  last_month: {count: login, over: last_month}
  change_5d: {change: login, over: 5d}
  open_15d: {count: failed, unless: paid, over: 15d}
  a_day: {expr: metric.logins_7d / 7}
  score: {latest: score, of: survey}
  last: {last: login}
  first: {first: login}
milestones: {paid_once: {when: metric.paid_20d > 0}}
journey:
  - {phase: onboarding, until: milestone.paid_once, expected: 10d}
  - {phase: adoption, until: "false"}
health:
  - scorecard: all
    for: "true"
    components:
      - {name: logins, family: usage, measure: metric.logins_7d, linear: {from: 0, to: 6}, weight: 60}
      - {name: people, family: usage, measure: metric.people_10d, linear: {from: 0, to: 2}, weight: 40}
    bands: {green: ">= 70", yellow: ">= 40", red: "< 40"}
alerts: [{drop: 15, within: 7d}]
workspace: {timezone: Asia/Tokyo, locale: ja}
segments:
"#;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    let mut model = MODEL.to_owned();
    for (i, form) in FORMS.iter().enumerate() {
        model.push_str(&format!("  f{i}: '{form}'\n"));
        let playbook = format!(
            "playbook: p{i}\ntitle: {{ja: 形, en: Form}}\nstart: {{when: '{form}'}}\nenroll: {{again: always}}\n\
             steps: [{{id: end, stop: done}}]\n"
        );
        files.insert(format!("playbooks/p{i}.yaml"), playbook);
    }
    files.insert("model.yaml".to_owned(), model);
    book(&files, 1, Instant(0))
});

/// What happens to one account, in minutes after the start.
#[derive(Clone, Debug)]
struct History {
    zone: &'static str,
    start: Instant,
    renewal_in: i32,
    events: Vec<(i64, u8)>,
    /// The days that are read minute by minute.
    close: [i64; 2],
}

fn histories() -> impl Strategy<Value = History> {
    let places = prop::sample::select(vec![
        ("Asia/Tokyo", "2026-04-10T09:30:00+09:00"),
        ("America/New_York", "2026-02-20T09:30:00-05:00"),
        ("Europe/London", "2026-10-05T09:30:00+01:00"),
        ("Australia/Lord_Howe", "2026-03-20T09:30:00+11:00"),
    ]);
    let events = prop::collection::vec((0..25 * 1440i64, 0u8..9), 0..30);
    (places, 5i32..60, events, [0..DAYS, 0..DAYS]).prop_map(|((zone, start), renewal_in, mut events, close)| {
        events.sort_unstable();
        events.dedup_by_key(|e| e.0);
        History { zone, start: Instant::parse(start).unwrap(), renewal_in, events, close }
    })
}

impl History {
    fn account(&self) -> Account {
        let mut account = Account::new(AccountId(1), "acme");
        let zone = jiff::tz::TimeZone::get(self.zone).unwrap();
        let attrs = Props::from([
            ("import_as".to_owned(), Value::text("new")),
            ("timezone".to_owned(), Value::text(self.zone)),
            ("created_at".to_owned(), Value::Instant(self.start)),
            ("renewal_date".to_owned(), Value::Date(self.start.day(&zone) + self.renewal_in)),
        ]);
        account.record(fact(self.start, "attrs", None, FactBody::AccountAttrs { attrs }));
        for who in ["a", "b"] {
            let attrs = Props::from([("key".to_owned(), Value::text(who))]);
            let id = if who == "a" { 1 } else { 2 };
            account.record(fact(self.start, who, Some(id), FactBody::ContactAttrs { attrs }));
        }
        for (i, (minute, what)) in self.events.iter().enumerate() {
            let (name, who, prop) = match what {
                0..=3 => ("login", 1, None),
                4 | 5 => ("login", 2, None),
                6 => ("paid", 1, Some(("amount", 3.0))),
                7 => ("failed", 1, None),
                _ => ("survey", 2, Some(("score", (minute % 11) as f64))),
            };
            let props = prop.map(|(name, n)| (name.to_owned(), Value::Num(n))).into_iter().collect();
            let at = self.start.plus(minute * MINUTE);
            account.record(fact(at, format!("e{i}"), Some(who), FactBody::event(name, props)));
        }
        account
    }

    /// Half hours, every minute of some days, and the minutes in which something happens.
    fn moments(&self) -> impl Iterator<Item = Instant> {
        let close = |minute: i64| self.close.contains(&(minute / 1440));
        let happens: BTreeSet<i64> = self.events.iter().flat_map(|(m, _)| [m - 1, *m]).collect();
        let minutes = (1..DAYS * 1440).filter(move |m| m % 30 == 0 || close(*m) || happens.contains(m));
        minutes.map(|m| self.start.plus(m * MINUTE))
    }
}

fn holding(account: &Account, at: Instant) -> Vec<bool> {
    let read = explain::read(&account.snapshot(at), &World::default(), &RULEBOOK, at, None);
    (0..FORMS.len()).map(|i| read.values.get(&format!("segment.f{i}")) == Some(&Value::Bool(true))).collect()
}

/// How often each playbook has started.
fn starts(account: &Account) -> Vec<usize> {
    let runs = || account.runs.iter().chain(&account.ended);
    (0..FORMS.len()).map(|i| runs().filter(|r| r.playbook == format!("p{i}")).count()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn what_is_looked_at_only_when_due_starts_when_reading_every_minute_says_so(history in histories()) {
        let mut account = history.account();
        account.advance(&World::default(), &RULEBOOK, history.start).unwrap();
        let (mut held, mut started) = (holding(&account, history.start), starts(&account));
        for at in history.moments() {
            account.advance(&World::default(), &RULEBOOK, at).unwrap();
            let (holds, now_started) = (holding(&account, at), starts(&account));
            for (i, form) in FORMS.iter().enumerate() {
                let (began, runs) = (!held[i] && holds[i], now_started[i] - started[i]);
                prop_assert_eq!(runs, usize::from(began), "{} at {}", form, at);
            }
            (held, started) = (holds, now_started);
        }
    }
}
