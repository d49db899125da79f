//! What must hold whatever happens, for the constructs of the language that the starter kit does not use.

use std::{path::Path, sync::LazyLock};

use proptest::prelude::*;
use shirube::{
    model::{
        contact::Contact,
        fact::{Act, Fact, FactBody},
        ids::AccountId,
        instant::{DAY, HOUR, Instant, MINUTE},
        message::Planned,
        shared::Shared,
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::{
    lives::{self, fact, props, told},
    playbook_tests::project,
};

const DAYS: i64 = 40;

static CONSTRUCTS: LazyLock<Rulebook> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-constructs");
    Rulebook { number: 1, live_since: start(), ..project(&folder).1 }
});

fn start() -> Instant {
    Instant::parse("2026-03-02T09:30:00+09:00").unwrap()
}

fn end() -> Instant {
    start().plus(DAYS * DAY)
}

/// Something that happens, so many minutes after the start.
#[derive(Clone, Copy, Debug)]
struct Happens {
    minute: i64,
    what: u8,
    who: i64,
    amount: i64,
}

fn histories() -> impl Strategy<Value = (&'static str, Vec<Happens>)> {
    let zones = proptest::sample::select(vec!["Asia/Tokyo", "America/New_York", "Europe/London"]);
    let happens = (0..DAYS * 1440, 0u8..34, 1i64..=3, 0i64..100).prop_map(|(minute, what, who, amount)| Happens {
        minute,
        what,
        who,
        amount,
    });
    let events = proptest::collection::vec(happens, 0..60);
    (zones, events).prop_map(|(zone, mut events)| {
        events.sort_by_key(|e| e.minute);
        (zone, events)
    })
}

impl Happens {
    fn fact(self, i: usize) -> Fact {
        let at = start().plus(self.minute * MINUTE);
        let id = || ("invoice_id", Value::Num((self.amount % 4) as f64));
        let amount = || Value::Num((self.amount * 10) as f64);
        let event = |name: &str, props: Props| FactBody::event(name, props);
        let act = FactBody::Command;
        let (contact, body) = match self.what {
            0..=2 => (true, event("login", Props::new())),
            3..=6 => (false, event("points.given", props([("points", Value::Num(self.amount as f64))]))),
            7 | 8 => (false, event("invoice.failed", props([id(), ("amount", amount())]))),
            9 => (false, event("invoice.paid", props([id()]))),
            10 => (false, event("complaint", Props::new())),
            11 => (false, event("apology", Props::new())),
            12 | 13 => (false, event("trial.begun", Props::new())),
            14 => {
                let kind = if self.amount % 3 == 0 { "stock" } else { "sales" };
                (false, event("report.made", props([("kind", Value::text(kind)), ("pages", Value::Num(5.0))])))
            }
            15 => (false, event(if self.amount % 2 == 0 { "seat.added" } else { "seat.removed" }, Props::new())),
            16 => (true, event("message.replied", props([("auto", Value::Bool(self.amount % 5 == 0))]))),
            17 => (false, event("churn.risk", Props::new())),
            18 => (false, act(Act::Ack { what: "ack/tell".into(), by: "kei".into() })),
            19 => (false, act(Act::TaskDone { task: "reply_hold/reply:hold".into() })),
            20 => (false, act(Act::Unenroll { playbook: "reply_hold".into() })),
            21 => {
                let role = ["champion", "admin", "user", "left"][self.amount as usize % 4];
                (true, FactBody::ContactAttrs { attrs: props([("role", Value::text(role))]) })
            }
            22 => (true, FactBody::Consent { given: self.amount % 2 == 0 }),
            23 => {
                let (band, until) = ("red".to_owned(), at.plus(self.amount * HOUR));
                (false, act(Act::Override { band, until, reason: "x".into(), by: "kei".into() }))
            }
            24 => {
                let until = Some(at.plus(self.amount * HOUR));
                (false, act(Act::Pause { playbook: None, until, reason: "holiday".into() }))
            }
            30 => {
                let since = jiff::civil::date(2026, 3, 1).saturating_add(jiff::Span::new().days(self.amount));
                (true, FactBody::ContactAttrs { attrs: props([("since", Value::text(since.to_string()))]) })
            }
            31 => {
                let (topic, subscribed) = ("hello".to_owned(), self.amount % 2 == 0);
                (true, FactBody::Subscription { topic, subscribed })
            }
            32 => (false, event("contract.cancelled", Props::new())),
            33 => (self.amount % 2 == 0, act(Act::Enroll { playbook: "person_hand".into() })),
            25 => (false, event("risk.over", Props::new())),
            26 | 27 => (false, event("trial.begun", Props::new())),
            // The admin, whom the playbooks about replies write to.
            _ => return fact(at, format!("e{i}"), Some(1), event("message.replied", Props::new())),
        };
        fact(at, format!("e{i}"), contact.then_some(self.who), body)
    }
}

fn account(zone: &str, events: &[Happens]) -> Account {
    let mut account = Account::new(AccountId(1), "acme");
    let attrs = props([
        ("name", Value::text("Acme")),
        ("csm", Value::text("kei")),
        ("manager", Value::text("mio")),
        ("import_as", Value::text("new")),
        ("timezone", Value::text(zone)),
    ]);
    account.record(fact(start(), "account", None, FactBody::AccountAttrs { attrs }));
    for i in 1..=3 {
        let attrs = props([
            ("key", Value::text(format!("c{i}"))),
            ("email", Value::text(format!("c{i}@acme.test"))),
            ("role", Value::text(if i == 1 { "admin" } else { "champion" })),
        ]);
        account.record(fact(start(), format!("c{i}"), Some(i), FactBody::ContactAttrs { attrs }));
    }
    events.iter().enumerate().for_each(|(i, e)| account.record(e.fact(i)));
    account
}

fn lived(account: Account) -> (Account, Vec<Planned>) {
    lives::lived(account, &CONSTRUCTS, end())
}

/// The first lines in which two values differ; empty when they are the same.
fn differs<T: std::fmt::Debug + PartialEq>(a: &T, b: &T) -> String {
    let (a, b) = (format!("{a:#?}"), format!("{b:#?}"));
    let Some(at) = a.lines().zip(b.lines()).position(|(a, b)| a != b) else { return String::new() };
    let part = |text: &str| text.lines().skip(at.saturating_sub(12)).take(20).collect::<Vec<_>>().join("\n");
    format!("{}\n--- but ---\n{}", part(&a), part(&b))
}

/// What people see: planned messages (a late replay takes some back before they leave), tasks, how runs ended and when goals were reached, alerts.
fn seen((account, planned): &(Account, Vec<Planned>)) -> Vec<String> {
    let mut all: Vec<String> = planned.iter().map(told).collect();
    all.extend(account.tasks.values().map(|t| format!("{} {} {:?} {:?}", t.identity(), t.opened, t.due, t.done)));
    let mut ended: Vec<String> = account
        .ended
        .iter()
        .map(|r| format!("{} {:?} {:?} {} goal {:?}", r.id.0, r.ended, r.result, r.reason, r.goal_at))
        .collect();
    ended.sort();
    all.extend(ended);
    all.extend(account.state.alerts.iter().map(|(name, since)| format!("{name} since {since}")));
    all.extend(account.ledger.iter().filter(|l| l.kind == "alert").map(|l| format!("{} {}", l.at, l.reason)));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn replay_equals_live((zone, events) in histories()) {
        let before = lived(account(zone, &events));
        let live = &before.0;
        let (replay, planned) = lives::replayed(live, &CONSTRUCTS, end());
        prop_assert_eq!(differs(&live.state, &replay.state), "");
        prop_assert_eq!(differs(&live.runs, &replay.runs), "");
        prop_assert_eq!(differs(&live.contacts, &replay.contacts), "");
        prop_assert_eq!(seen(&before), seen(&(replay, planned)));
    }

    #[test]
    fn the_next_due_moment_is_never_late((zone, events) in histories()) {
        let plain = lived(account(zone, &events));
        let mut hourly = account(zone, &events);
        for hour in 1..DAYS * 24 {
            // Nobody listens to it, but the account is judged anew.
            let at = start().plus(hour * HOUR);
            let tick = || FactBody::event("nobody.listens", Props::new());
            hourly.record(fact(at, format!("tick{hour}"), None, tick()));
            if hour % 4 == 0 {
                hourly.record(fact(at, format!("own{hour}"), Some(hour / 4 % 3 + 1), tick()));
            }
        }
        prop_assert_eq!(seen(&plain), seen(&lived(hourly)));
    }

    /// While a reply waits for an answer, its run sends nothing.
    #[test]
    fn a_held_run_is_silent((zone, events) in histories()) {
        let mut account = account(zone, &events);
        while let Some(at) = account.due().filter(|at| *at <= end()) {
            let held: Vec<_> = account.runs.iter().filter(|r| r.reply_at.is_some()).map(|r| r.id.clone()).collect();
            let snapshot = account.snapshot(at);
            let decided_on = |body: &FactBody| matches!(body, FactBody::Command(_));
            let decided = snapshot.inbox.iter().any(|f| decided_on(&f.body));
            let decision = account.step(&World::default(), &CONSTRUCTS, at).unwrap();
            let wrong = decision.messages.iter().find(|m| held.contains(&m.run));
            prop_assert!(decided || wrong.is_none(), "{:?}", wrong);
        }
    }

    /// The count of champions is what counting them says.
    #[test]
    fn counted_contacts_are_what_counting_says((zone, events) in histories()) {
        let account = lived(account(zone, &events)).0;
        let champion = |c: &&Shared<Contact>| {
            c.text("role") == Some("champion") && c.consent.as_ref().is_some_and(|k| k.given)
        };
        let counted = account.state.metrics.get("champions").map_or(0.0, |m| m.total);
        prop_assert_eq!(counted, account.contacts.values().filter(champion).count() as f64);
    }
}
