//! Sentences of the language reference that a playbook test cannot say: rollouts, holdouts, approvals, tiers, and what
//! is frozen when a run begins.

use std::collections::BTreeMap;

use shirube::{
    model::{
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{HOUR, Instant},
        run::Arm,
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::account::Account,
};

use crate::lives::texts;

const MODEL: &str = "
attributes: {account: {weight: number}}
metrics:
  users: {contacts: 'contact.role == \"user\"'}
  logins_28d: {count: login, over: 28d}
workspace: {timezone: Asia/Tokyo, locale: ja}
";
const BODY: &str = "title: {ja: 題, en: Title}\npurpose: {ja: 目的, en: Purpose}\n";
const TELL: &str = "to: '#cs'\nsteps: [{id: tell, slack: t/team}]\n";

fn start() -> Instant {
    Instant::parse("2026-04-01T10:00:00+09:00").unwrap()
}

/// A rulebook of this model (added to the common one) and these playbooks, live from the beginning.
fn rulebook(model: &str, playbooks: &[(&str, &str)]) -> Rulebook {
    let mut files = BTreeMap::from([("model.yaml".to_owned(), format!("{MODEL}{model}"))]);
    for (name, rest) in playbooks {
        files.insert(format!("playbooks/{name}.yaml"), format!("playbook: {name}\n{BODY}{rest}"));
    }
    for locale in ["ja", "en"] {
        files.insert(format!("templates/t/team.{locale}.md"), "{{ account.name }}".to_owned());
        let mail = "---\nsubject: Hi\ntopic: t\n---\nHi".to_owned();
        files.insert(format!("templates/t/mail.{locale}.md"), mail);
    }
    let layout = include_str!("../data/language-constructs/templates/layouts/standard.mjml");
    files.insert("templates/layouts/standard.mjml".to_owned(), layout.to_owned());
    let (rulebook, findings) = load(&files);
    let mut rulebook = rulebook.unwrap_or_else(|| panic!("{findings:#?}"));
    (rulebook.number, rulebook.live_since) = (1, Instant(0));
    rulebook
}

fn fact(hours: i64, id: &str, contact: Option<i64>, body: FactBody) -> Fact {
    let at = start().plus(hours * HOUR);
    let (source, contact) = ("test".to_owned(), contact.map(ContactId));
    let (account, event_id) = (AccountId(1), id.to_owned());
    Fact { seq: 0, account, contact, occurred_at: at, received_at: at, source, event_id, body }
}

/// A new customer of this key, with what happens to it.
fn customer(key: &str, facts: impl IntoIterator<Item = Fact>) -> Account {
    let mut account = Account::new(AccountId(1), key);
    account.record(fact(0, "account", None, FactBody::AccountAttrs { attrs: texts([("import_as", "new")]) }));
    facts.into_iter().for_each(|f| account.record(f));
    account
}

fn person(id: i64, role: &str) -> Fact {
    let email = format!("c{id}@acme.test");
    let attrs = texts([("key", &format!("c{id}")), ("role", role), ("email", &email)]);
    fact(0, &format!("person{id}"), Some(id), FactBody::ContactAttrs { attrs })
}

fn event(hours: i64, name: &str) -> Fact {
    fact(hours, &format!("{name}{hours}"), None, FactBody::event(name, Props::new()))
}

fn lived(mut account: Account, rulebook: &Rulebook, world: &World, hours: i64) -> Account {
    account.advance(world, rulebook, start().plus(hours * HOUR)).unwrap();
    account
}

/// Looked at again, as the sweep after a new rulebook or an approval does it.
fn due(mut account: Account, hours: i64) -> Account {
    account.next_due = Some(start().plus(hours * HOUR));
    account
}

#[test]
fn the_global_holdout_covers_all_playbooks_but_those_that_say_none() {
    let own = format!("start: {{on: go}}\nholdout: {{percent: 100, salt: x}}\n{TELL}");
    let playbooks = [
        ("covered", &*format!("start: {{on: go}}\n{TELL}")),
        ("free", &*format!("start: {{on: go}}\nholdout: none\n{TELL}")),
        ("notice", &*format!("start: {{on: go}}\nclass: notice\n{TELL}")),
        ("own", &*own),
    ];
    let who = |model: &str| {
        let account = lived(customer("acme", [event(1, "go")]), &rulebook(model, &playbooks), &World::default(), 2);
        let mut sent: Vec<String> = account.sent.iter().map(|m| m.playbook.clone()).collect();
        sent.sort();
        sent
    };
    assert_eq!(who("holdout: {percent: 100, salt: all}"), ["free", "notice"]);
    assert_eq!(who("holdout: {percent: 0, salt: all}"), ["covered", "free", "notice"]);
}

#[test]
fn a_rollout_lets_in_its_share_and_whoever_matches_still_when_it_grows() {
    let part = |share: u32| {
        let playbook = format!("start: {{when: account.seats >= 1}}\nenroll: {{rollout: {share}%}}\n{TELL}");
        rulebook("", &[("part", &*playbook)])
    };
    let seats =
        || fact(1, "seats", None, FactBody::AccountAttrs { attrs: Props::from([("seats".into(), Value::Num(5.0))]) });
    let keys: Vec<String> = (0..200).map(|i| format!("account-{i}")).collect();
    let (fifth, all) = (part(20), part(100));
    let mut inside = 0;
    for key in &keys {
        let account = lived(customer(key, [seats()]), &fifth, &World::default(), 2);
        let before = account.sent.len();
        inside += before;
        // The same customer under the wider rollout: armed still, so it starts now.
        let mut wider = all.clone();
        (wider.number, wider.live_since) = (2, start().plus(3 * HOUR));
        let account = lived(due(account, 3), &wider, &World::default(), 4);
        assert_eq!(account.sent.len(), 1, "{key}: nobody is lost, nobody is told twice");
    }
    assert!((20..=60).contains(&inside), "{inside} of 200 are inside a fifth");
}

#[test]
fn more_recipients_than_approved_wait_for_a_word() {
    let playbook = "class: service\nstart: {on: go}\napprove: {recipients: 2}\nto: {role: [user]}\n\
                    steps: [{id: tell, email: t/mail}]\n";
    let book = rulebook("", &[("many", playbook)]);
    let few = customer("acme", [person(1, "user"), person(2, "user"), event(1, "go")]);
    assert_eq!(lived(few, &book, &World::default(), 2).sent.len(), 2);
    let people = [person(1, "user"), person(2, "user"), person(3, "user"), event(1, "go")];
    let account = lived(customer("acme", people), &book, &World::default(), 2);
    assert_eq!((account.sent.len(), &*account.runs[0].waiting), (0, "needs_approval"));
    let world = World { approved: ["many".to_owned()].into(), ..World::default() };
    assert_eq!(lived(due(account, 3), &book, &world, 3).sent.len(), 3);
}

#[test]
fn a_reported_event_about_a_message_starts_every_playbook_but_its_own() {
    let playbook = format!("start: {{on: message.forwarded}}\nenroll: {{again: always, open: parallel}}\n{TELL}");
    let book = rulebook("", &[("mine", &*playbook), ("other", &*playbook)]);
    let props = texts([("playbook", "mine")]);
    let reported = fact(1, "r", None, FactBody::event("message.forwarded", props));
    let account = lived(customer("acme", [reported]), &book, &World::default(), 2);
    assert_eq!(account.sent.iter().map(|m| m.playbook.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn a_newcomers_tier_is_judged_by_any_expression_before_anything_starts() {
    let model = "touch: {high: {top: 10%, by: metric.users * account.weight}, tech: rest}";
    let book = rulebook(model, &[("tech", &*format!("start: {{when: account.touch == \"tech\"}}\n{TELL}"))]);
    let world = World { touch_cuts: vec![("high".to_owned(), 20.0)], ..World::default() };
    let weighs = |n: f64| {
        let attrs = Props::from([("weight".to_owned(), Value::Num(n))]);
        [fact(0, "w", None, FactBody::AccountAttrs { attrs }), person(1, "user"), person(2, "user")]
    };
    assert_eq!(lived(customer("small", weighs(9.0)), &book, &world, 1).sent.len(), 1);
    assert_eq!(
        lived(customer("large", weighs(10.0)), &book, &world, 1).sent.len(),
        0,
        "two users of weight 10 are high"
    );
}

#[test]
fn arms_are_drawn_alike_for_treated_and_held_out() {
    let playbook = format!("start: {{on: go}}\nholdout: {{percent: 50, salt: x}}\n{TELL}");
    let book = rulebook("", &[("half", &*playbook)]);
    let arms = |i: u32| {
        let account = lived(customer(&format!("a{i}"), [event(1, "go")]), &book, &World::default(), 2);
        assert_eq!(account.sent.is_empty(), account.ended[0].arm == Arm::Holdout);
        account.ended[0].arm
    };
    let held = (0..100).filter(|i| arms(*i) == Arm::Holdout).count();
    assert!((30..=70).contains(&held), "{held}");
}

#[test]
fn where_each_stood_is_frozen_when_a_run_begins_for_treated_and_held_out_alike() {
    let model = "health:\n  - scorecard: all\n    for: 'true'\n    components:\n\
                 \x20     - {name: login, family: usage, measure: metric.logins_28d, linear: {from: 0, to: 4}, weight: 100}\n\
                 \x20   bands: {green: '>= 70', yellow: '>= 40', red: '< 40'}\n";
    let treated = format!("start: {{on: go}}\noutcome: {{churned_within: 90d}}\n{TELL}");
    let ghosts = format!("start: {{on: go}}\nholdout: {{percent: 100, salt: x}}\n{TELL}");
    let plain = format!("start: {{on: go}}\n{TELL}");
    let book = rulebook(model, &[("ghosts", &ghosts), ("plain", &plain), ("treated", &treated)]);
    let logins = (1..4).map(|hour| event(hour, "login"));
    let account =
        lived(customer("acme", logins.chain([event(5, "go"), event(6, "login")])), &book, &World::default(), 7);
    let frozen = |playbook: &str| {
        let begun = account.ledger.iter().find(|l| l.playbook == playbook && matches!(&*l.kind, "start" | "ghost"));
        let names = ["at_start.score", "at_start.band", "at_start.component.login", "at_start.usage_28d.logins_28d"];
        names.map(|name| begun.unwrap().values.get(name).map(Value::to_string).unwrap_or_default())
    };
    for playbook in ["treated", "ghosts"] {
        assert_eq!(frozen(playbook), ["75", "green", "75", "3"], "{playbook}: the login after the start is not in it");
    }
    assert_eq!(frozen("plain"), [""; 4], "nobody measures this one");
}

#[test]
fn a_ghost_that_did_not_wait_for_the_send_window_was_ahead_of_the_treated() {
    let steps = "class: service\nto: {role: [admin], first: 1}\nwindow: {days: mon-fri, hours: '10:00-17:00', zone: account}\n\
                 steps: [{id: mail, email: t/mail}, {id: rest, wait: 2d}, {id: again, email: t/mail}]\n";
    let book = rulebook(
        "",
        &[
            ("treated", &format!("start: {{on: go}}\n{steps}")),
            ("ghosts", &format!("start: {{on: go}}\nholdout: {{percent: 100, salt: x}}\n{steps}")),
        ],
    );
    // At midnight nobody is written to; two days after the first mail is Saturday.
    let account = lived(customer("acme", [person(7, "admin"), event(14, "go")]), &book, &World::default(), 200);
    let steps = |name: &str| {
        let run = account.ended.iter().find(|run| run.playbook == name).unwrap();
        ["mail", "rest", "again"].map(|step| run.steps[step].done_at.unwrap())
    };
    assert_eq!(steps("treated"), steps("ghosts"));
    assert_eq!(steps("ghosts")[0], Instant::parse("2026-04-02T10:00:00+09:00").unwrap());
    assert!(account.sent.iter().all(|m| m.playbook == "treated"), "a ghost sends nothing");
}

#[test]
fn a_start_that_was_used_was_said_to_have_held_before_the_playbook_went_live() {
    let when = |enroll: &str| format!("start: {{when: 'account.weight > 1'}}\n{enroll}{TELL}");
    let book = rulebook("", &[("often", &when("enroll: {again: always}\n"))]);
    let weighs = |hours, n: f64| {
        let attrs = Props::from([("weight".to_owned(), Value::Num(n))]);
        fact(hours, &format!("w{hours}"), None, FactBody::AccountAttrs { attrs })
    };
    let because = |account: &Account, hours: i64| {
        let at = start().plus(hours * HOUR);
        shirube::engine::explain::explain(&account.snapshot(at), &World::default(), &book, at, Some("often")).remove(0)
    };
    let ran = lived(customer("acme", [weighs(1, 5.0)]), &book, &World::default(), 3);
    assert_eq!(because(&ran, 3).because, "ran_for_this");
    // A customer known before: its condition held from the start on, and nothing ran.
    let mut known = Account::new(AccountId(1), "old");
    known.record(fact(0, "known", None, FactBody::AccountAttrs { attrs: texts([("import_as", "known")]) }));
    known.record(weighs(0, 5.0));
    let known = lived(known, &book, &World::default(), 3);
    assert!(known.ended.is_empty());
    assert_eq!(because(&known, 3).because, "matched_before_it_went_live");
}
