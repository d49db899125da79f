//! An account of very many contacts: every decision stays small, and nobody is forgotten.

use std::time::{Duration, Instant as Clock};

use shirube::{
    engine::ANNOUNCEMENT,
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{DAY, Instant},
        snapshot::PEOPLE,
        value::{Props, Value},
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::lives::{book, fact, with_mail};

/// With `TEST_CROWD=50000` the account of the documentation.
fn crowd() -> i64 {
    std::env::var("TEST_CROWD").ok().and_then(|n| n.parse().ok()).unwrap_or(1_100)
}

fn text<const N: usize>(pairs: [(&str, String); N]) -> Props {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::text(value))).collect()
}

/// Every contact logs in once, on one of three days.
fn arrived(now: Instant) -> Account {
    let mut account = Account::new(AccountId(1), "crowd");
    let attrs = text([("name", "Crowd".into()), ("csm", "kei".into()), ("import_as", "new".into())]);
    account.record(fact(now, "account", None, FactBody::AccountAttrs { attrs }));
    for i in 1..=crowd() {
        let attrs = text([("key", format!("c{i}")), ("email", format!("c{i}@crowd.test")), ("role", "user".into())]);
        account.record(fact(now, format!("c{i}"), Some(i), FactBody::ContactAttrs { attrs }));
    }
    for i in 1..=crowd() {
        let at = now.plus(DAY + (i % 3) * DAY);
        account.record(fact(at, format!("l{i}"), Some(i), FactBody::event("login", Props::new())));
    }
    account
}

const MODEL: &str = "\
metrics:
  my_last_login: {last: login, per: contact}
health:
  - {scorecard: one, for: 'true', components: [{name: a, family: usage, measure: 'account.seats', weight: 100, linear: {from: 0, to: 1}}], bands: {green: '>= 70', yellow: '>= 40', red: '< 40'}}
journey:
  - {phase: adoption, until: 'false'}
workspace: {timezone: Asia/Tokyo, locale: ja}
";
const SILENT: &str = "\
playbook: silent
title: {ja: 静か, en: Silent}
purpose: {ja: 静か, en: Silent}
for: contact
start: {when: 'phase == \"adoption\" && has(metric.my_last_login) && days_since(metric.my_last_login) >= 14'}
steps:
  - {id: back, email: t/hello}
  - {id: rest, wait: 2 calendar days}
  - {id: tell, task: {ja: 電話, en: Call}, owner: csm}
";

const SEMINAR: &str = "\
playbook: seminar
title: {ja: セミナー, en: Seminar}
purpose: {ja: 招く, en: Invite}
for: contact
start: {on: seminar.announced, where: 'contact.role == \"user\"'}
enroll: {again: always, open: parallel}
steps:
  - {id: invite, email: t/hello}
  - {id: eve, wait: {until: start.day - 1 calendar days}}
  - {id: remind, email: t/hello}
";

fn rulebook(now: Instant, name: &str, playbook: &str) -> Rulebook {
    book(&with_mail(MODEL, (name, playbook)), 1, now)
}

#[test]
fn an_account_of_many_contacts_is_decided_in_small_pieces() {
    let now = Instant::parse("2026-03-02T09:30:00+09:00").unwrap();
    let rulebook = rulebook(now, "silent", SILENT);
    let (world, end) = (World::default(), now.plus(30 * DAY));
    let mut account = arrived(now);
    let (mut most, mut longest, mut decisions) = (0, Duration::ZERO, 0);
    while let Some(at) = account.due().filter(|at| *at <= end) {
        // A thousand facts name a thousand people at most, and a page is a thousand.
        most = most.max(account.snapshot(at).contacts.len());
        let begun = Clock::now();
        let decision = account.step(&world, &rulebook, at).unwrap();
        longest = longest.max(begun.elapsed());
        assert!(decision.runs.len() <= 2 * PEOPLE, "{}", decision.runs.len());
        decisions += 1;
    }
    println!(
        "{} contacts, 30 days: {decisions} decisions, at most {most} contacts in one snapshot, longest {longest:?}",
        crowd()
    );
    assert!(most <= 2 * PEOPLE, "{most}");
    assert_eq!(account.sent.len() as i64, crowd(), "everybody fell silent once");
    assert_eq!(account.ended.len() as i64, crowd());
    let task = account.tasks.values().next().unwrap();
    assert_eq!(task.contacts.len() as i64 + i64::from(task.more), crowd(), "one task lists them");
}

#[test]
fn an_announcement_starts_a_run_for_every_contact_that_matches() {
    let now = Instant::parse("2026-03-02T09:30:00+09:00").unwrap();
    let (rulebook, world) = (rulebook(now, "seminar", SEMINAR), World::default());
    let mut account = Account::new(AccountId(1), "acme");
    let attrs = text([("name", "Acme".into()), ("import_as", "new".into())]);
    account.record(fact(now, "account", None, FactBody::AccountAttrs { attrs }));
    for (i, role) in [(1, "user"), (2, "admin"), (3, "user")] {
        let attrs = text([("key", format!("c{i}")), ("email", format!("c{i}@acme.test")), ("role", role.into())]);
        account.record(fact(now, format!("c{i}"), Some(i), FactBody::ContactAttrs { attrs }));
    }
    let told = |id: &str, source: &str| {
        let props = text([("day", "2026-03-20".into())]);
        let body = FactBody::event("seminar.announced", props);
        Fact { source: source.to_owned(), ..fact(now.plus(DAY), id.to_owned(), None, body) }
    };
    account.record(told("s1", ANNOUNCEMENT));
    // The same of this account alone is no announcement, and names nobody.
    account.record(told("s2", "api"));
    account.advance(&world, &rulebook, now.plus(30 * DAY)).unwrap();
    let sent: Vec<String> = account.sent.iter().map(|m| format!("{} {} {}", m.step, m.address, m.ready_at)).collect();
    let invited = "2026-03-03T00:30:00Z";
    let mut expected = vec![format!("invite c1@acme.test {invited}"), format!("invite c3@acme.test {invited}")];
    expected.extend(["c1", "c3"].map(|c| format!("remind {c}@acme.test 2026-03-18T15:00:00Z")));
    let mut sorted = sent.clone();
    sorted.sort();
    assert_eq!(sorted, expected, "{sent:?}");
}
