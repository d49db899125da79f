//! What must hold whatever happens: random histories of one account on the starter kit.

use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use shirube::{
    engine::holdout,
    model::{
        fact::{Act, Fact, FactBody},
        ids::AccountId,
        instant::{DAY, HOUR, Instant},
        message::{Audience, Class, Planned},
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::{
    lives::{self, fact, told},
    playbook_tests::kit,
};

/// The days a history lasts.
const DAYS: i64 = 50;

static KIT: LazyLock<Rulebook> = LazyLock::new(|| {
    let mut rulebook = kit().1;
    (rulebook.number, rulebook.live_since) = (1, start());
    rulebook
});

/// The kit with every mail to customers as marketing, so that consent and caps have work to do.
static MARKETING: LazyLock<Rulebook> = LazyLock::new(|| {
    let mut rulebook = KIT.clone();
    rulebook.playbooks.iter_mut().filter(|p| p.class == Class::Service).for_each(|p| p.class = Class::Marketing);
    rulebook
});

fn start() -> Instant {
    Instant::parse("2026-03-02T09:30:00+09:00").unwrap()
}

fn end() -> Instant {
    start().plus(DAYS * DAY)
}

/// Something that happens, so many minutes after the start.
#[derive(Clone, Debug)]
struct Happens {
    minute: i64,
    what: u8,
    who: i64,
}

/// An account's history: what it is, and what happens to it.
#[derive(Clone, Debug)]
struct History {
    key: u32,
    zone: &'static str,
    renewal_in: i64,
    consents: [Option<bool>; 2],
    events: Vec<Happens>,
}

fn histories() -> impl Strategy<Value = History> {
    let zones = proptest::sample::select(vec!["Asia/Tokyo", "America/New_York", "Pacific/Auckland", "Europe/London"]);
    let happens = (0..DAYS * 1440, 0u8..18, 1i64..=2).prop_map(|(minute, what, who)| Happens { minute, what, who });
    let consents = [proptest::option::of(any::<bool>()), proptest::option::of(any::<bool>())];
    let events = proptest::collection::vec(happens, 0..40);
    (any::<u32>(), zones, 20i64..150, consents, events).prop_map(|(key, zone, renewal_in, consents, mut events)| {
        events.sort_by_key(|e| e.minute);
        History { key, zone, renewal_in, consents, events }
    })
}

fn texts(pairs: &[(&str, &str)]) -> Props {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), Value::text(v))).collect()
}

impl History {
    fn facts(&self) -> Vec<Fact> {
        let mut attrs = texts(&[("name", "Acme"), ("touch", "tech"), ("csm", "kei"), ("import_as", "new")]);
        attrs.insert("timezone".into(), Value::text(self.zone));
        attrs.insert("renewal_date".into(), Value::Date(20_514 + self.renewal_in as i32));
        let mut out = vec![fact(start(), "account", None, FactBody::AccountAttrs { attrs })];
        for (i, consent) in self.consents.iter().enumerate() {
            let role = ["admin", "champion"][i];
            let mut attrs = texts(&[("name", "Yui"), ("email", &format!("c{i}@acme.test")), ("role", role)]);
            attrs.insert("key".into(), Value::text(format!("c{i}")));
            if let Some(given) = consent {
                attrs.insert("consent".into(), Value::text(if *given { "given" } else { "refused" }));
            }
            out.push(fact(start(), format!("contact{i}"), Some(i as i64 + 1), FactBody::ContactAttrs { attrs }));
        }
        out.extend(self.events.iter().enumerate().map(|(i, e)| e.fact(i)));
        out
    }

    fn account(&self) -> Account {
        let mut account = Account::new(AccountId(1), &format!("account-{}", self.key));
        self.facts().into_iter().for_each(|f| account.record(f));
        account
    }

    /// Whether this contact's consent is recorded as given at a moment.
    fn consents_at(&self, who: i64, at: Instant) -> bool {
        let changed = self.events.iter().filter(|e| e.who == who && e.at() <= at);
        let last = changed.filter_map(Happens::consent).next_back();
        last.or(self.consents[who as usize - 1]).unwrap_or(false)
    }
}

impl Happens {
    fn at(&self) -> Instant {
        start().plus(self.minute * 60_000_000)
    }

    fn consent(&self) -> Option<bool> {
        match self.what {
            12 => Some(true),
            13 => Some(false),
            _ => None,
        }
    }

    fn fact(&self, i: usize) -> Fact {
        let at = self.at();
        let event = |name: &str| FactBody::event(name, Props::new());
        let attr = |name: &str, value| FactBody::AccountAttrs { attrs: Props::from([(name.to_owned(), value)]) };
        let (contact, body) = match self.what {
            0..=3 => (true, event("login")),
            4 | 5 => (true, event("setup.step_done")),
            6 => (false, event("invoice.sent")),
            7 => (true, event("key_feature.used")),
            8 => (false, event("contract.renewed")),
            9 => (false, attr("renewal_date", Value::Date(20_514 + 20 + (self.minute % 120) as i32))),
            10 => (false, attr("status", Value::text(if self.minute % 4 == 0 { "churned" } else { "active" }))),
            11 => (true, FactBody::Subscription { topic: "adoption".into(), subscribed: self.minute % 2 == 0 }),
            12 => (true, FactBody::Consent { given: true }),
            13 => (true, FactBody::Consent { given: false }),
            14 => {
                let until = Some(at.plus((self.minute % 200) * HOUR));
                (false, FactBody::Command(Act::Pause { playbook: None, until, reason: "holiday".into() }))
            }
            15 => {
                let (what, until) = ("onboarding".into(), at.plus((self.minute % 300) * HOUR));
                (false, FactBody::Command(Act::Snooze { what, until, reason: "later".into() }))
            }
            16 => (false, FactBody::Command(Act::TaskDone { task: "onboarding/call".into() })),
            _ => (true, FactBody::event("note.added", Props::from([("positive".into(), Value::Bool(true))]))),
        };
        fact(at, format!("e{i}"), contact.then_some(self.who), body)
    }
}

fn lived(history: &History, rulebook: &Rulebook) -> (Account, Vec<Planned>) {
    lives::lived(history.account(), rulebook, end())
}

/// What people see of messages, in order.
fn seen(messages: &[Planned]) -> Vec<String> {
    messages.iter().map(told).collect()
}

fn to_customers(messages: &[Planned]) -> impl Iterator<Item = &Planned> {
    messages.iter().filter(|m| m.audience == Audience::Customer)
}

/// The most messages to one address within any `per` microseconds.
fn most_within<'m>(messages: impl Iterator<Item = &'m Planned>, per: i64) -> usize {
    let mut by_address: BTreeMap<&str, Vec<Instant>> = BTreeMap::new();
    messages.for_each(|m| by_address.entry(&m.address).or_default().push(m.ready_at));
    let most = |times: &Vec<Instant>| {
        times.iter().map(|first| times.iter().filter(|t| **t >= *first && t.since(*first) < per).count()).max()
    };
    by_address.values().filter_map(most).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_marketing_without_consent(history in histories()) {
        let (_, planned) = lived(&history, &MARKETING);
        for m in to_customers(&planned).filter(|m| m.class == Class::Marketing) {
            let who = m.contact.unwrap().0;
            prop_assert!(history.consents_at(who, m.ready_at), "{}/{} at {}", m.playbook, m.step, m.ready_at);
        }
    }

    #[test]
    fn caps_are_never_exceeded(mut history in histories()) {
        history.consents = [Some(true), Some(true)];
        let (_, planned) = lived(&history, &MARKETING);
        let counted = || to_customers(&planned).filter(|m| m.class != Class::Notice);
        prop_assert!(most_within(counted().filter(|m| m.class == Class::Marketing), 7 * DAY) <= 2);
        prop_assert!(most_within(counted(), 7 * DAY) <= 3);
        let (_, planned) = lived(&history, &KIT);
        prop_assert!(most_within(to_customers(&planned).filter(|m| m.class != Class::Notice), 7 * DAY) <= 3);
    }

    #[test]
    fn who_is_held_out_gets_nothing_but_notices(history in histories(), salt in "[a-z]{1,8}") {
        let mut rulebook = KIT.clone();
        (rulebook.model.holdout.percent, rulebook.model.holdout.salt) = (50.0, salt.clone());
        let (account, planned) = lived(&history, &rulebook);
        let class = |name: &str| rulebook.playbook(name).map(|p| p.class);
        if holdout::share(&salt, &account.key) < 0.5 {
            let wrong: Vec<_> = planned.iter().filter(|m| class(&m.playbook) != Some(Class::Notice)).collect();
            prop_assert!(wrong.is_empty(), "{:?}", wrong.first());
            prop_assert!(account.tasks.values().all(|t| class(&t.playbook) == Some(Class::Notice)));
        } else {
            prop_assert_eq!(seen(&planned), seen(&lived(&history, &KIT).1));
        }
    }

    #[test]
    fn replay_equals_live(history in histories()) {
        let (live, planned) = lived(&history, &KIT);
        let (replay, again) = lives::replayed(&live, &KIT, end());
        prop_assert_eq!(seen(&planned), seen(&again));
        prop_assert_eq!(&live.state, &replay.state);
        prop_assert_eq!(&live.tasks, &replay.tasks);
    }

    #[test]
    fn the_next_due_moment_is_never_late(history in histories()) {
        let (_, planned) = lived(&history, &KIT);
        let mut hourly = history.account();
        for hour in 1..DAYS * 24 {
            // Nobody listens to it, but the account is judged anew.
            let at = start().plus(hour * HOUR);
            hourly.record(fact(at, format!("tick{hour}"), None, FactBody::event("nobody.listens", Props::new())));
        }
        let mut all = Vec::new();
        while let Some(at) = hourly.due().filter(|at| *at <= end()) {
            all.extend(hourly.step(&World::default(), &KIT, at).unwrap().messages);
        }
        prop_assert_eq!(seen(&planned), seen(&all));
    }
}
