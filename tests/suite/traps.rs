//! What others got wrong, each with a test named after it. `docs/traps.md` lists them all; those that belong to the
//! store, the channels or the daemon stand in the tests of those.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::tz::TimeZone;
use shirube::{
    app::reload::read_project,
    engine::holdout,
    model::{
        fact::{Act, Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, HOUR, Instant},
        run::RunResult,
        snapshot::Snapshot,
        value::{Props, Value},
        world::World,
    },
    rulebook::{
        load::load,
        schedule::{
            calendar::Calendar,
            window::{SendWindow, ZoneOf, parse_days, parse_hours},
        },
        types::Rulebook,
    },
    simulate::account::Account,
};

const PAGE: &str = include_str!("../../docs/traps.md");

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn start() -> Instant {
    at("2026-04-01T10:00:00+09:00")
}

/// The model of the constructs, with these playbooks alone: `(name, what it says)`.
fn rulebook(playbooks: &[(&str, &str)]) -> Rulebook {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-constructs");
    let mut files = read_project(&root).unwrap();
    files.retain(|name, _| !name.starts_with("playbooks/"));
    for (name, body) in playbooks {
        let head = format!("playbook: {name}\ntitle: {{ja: 罠, en: Trap}}\npurpose: {{ja: 罠, en: Trap}}\n");
        files.insert(format!("playbooks/{name}.yaml"), head + body);
    }
    let (rulebook, findings) = load(&files);
    let mut rulebook = rulebook.unwrap_or_else(|| panic!("{findings:#?}"));
    (rulebook.number, rulebook.live_since) = (1, Instant(0));
    rulebook
}

/// One customer and its rulebook.
struct Scene {
    account: Account,
    rulebook: Rulebook,
    facts: usize,
}

impl Scene {
    fn new(playbooks: &[(&str, &str)]) -> Scene {
        let mut scene = Scene { account: Account::new(AccountId(1), "acme"), rulebook: rulebook(playbooks), facts: 0 };
        scene.attrs(0, &[("import_as", Value::text("new"))]);
        scene.until(0);
        scene
    }

    fn record(&mut self, hours: i64, contact: Option<i64>, body: FactBody) {
        self.facts += 1;
        let (at, event_id) = (start().plus(hours * HOUR), format!("f{}", self.facts));
        let (source, contact) = ("test".to_owned(), contact.map(ContactId));
        let account = AccountId(1);
        self.account.record(Fact {
            seq: 0,
            account,
            contact,
            occurred_at: at,
            received_at: at,
            source,
            event_id,
            body,
        });
    }

    fn attrs(&mut self, hours: i64, attrs: &[(&str, Value)]) {
        let attrs = attrs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.record(hours, None, FactBody::AccountAttrs { attrs });
    }

    fn person(&mut self, id: i64, role: &str, address: &str) {
        let attrs = [("key", format!("c{id}")), ("role", role.to_owned()), ("email", address.to_owned())];
        let attrs = attrs.into_iter().map(|(name, value)| (name.to_owned(), Value::text(value))).collect();
        self.record(0, Some(id), FactBody::ContactAttrs { attrs });
    }

    fn event(&mut self, hours: i64, name: &str) {
        self.record(hours, None, FactBody::event(name, Props::new()));
    }

    fn act(&mut self, hours: i64, act: Act) {
        self.record(hours, None, FactBody::Command(act));
    }

    fn until(&mut self, hours: i64) {
        self.account.advance(&World::default(), &self.rulebook, start().plus(hours * HOUR)).unwrap();
    }

    /// What has been sent, as `step hours-after-the-start`.
    fn sent(&self) -> Vec<String> {
        let line = |m: &shirube::model::message::Planned| format!("{} {}", m.step, m.ready_at.since(start()) / HOUR);
        self.account.sent.iter().map(line).collect()
    }

    fn runs(&self) -> usize {
        self.account.runs.len() + self.account.ended.len()
    }
}

const HELLO_BYE: &str =
    "to: \"#cs\"\nsteps:\n  - {id: hello, slack: t/team}\n  - {id: settle, wait: 48h}\n  - {id: bye, slack: t/team}\n";

fn hello_bye(head: &str) -> String {
    format!("{head}\n{HELLO_BYE}")
}

#[test]
fn pausing_and_resuming_repeats_nothing_and_loses_nobody() {
    let mut scene = Scene::new(&[(
        "p",
        &hello_bye("start: {on: trial.begun}\nenroll: {open: parallel}\nhold_at_most: 10 business days"),
    )]);
    scene.event(1, "trial.begun");
    scene.act(2, Act::Pause { playbook: None, until: None, reason: "error".into() });
    scene.event(24, "trial.begun");
    scene.act(100, Act::Resume { playbook: None });
    scene.until(400);
    assert_eq!(scene.sent(), ["hello 1", "bye 100", "hello 100", "bye 148"]);
}

#[test]
fn firings_missed_while_down_are_skipped_made_up_once_or_made_up_each_as_written() {
    for (missed, expected) in [("skip", 0), ("once", 1), ("all", 5)] {
        let head = format!(
            "start: {{cron: \"0 9 * * *\", zone: workspace, missed: {missed}}}\nenroll: {{again: always, open: parallel}}\n\
             to: \"#cs\"\nsteps:\n  - {{id: hello, slack: t/team}}\n"
        );
        let mut scene = Scene::new(&[("p", &head)]);
        // Down for five mornings, up again in the afternoon of the fifth: one decision, whatever was due before.
        let now = start().plus(5 * DAY + 4 * HOUR);
        scene.account.step(&World::default(), &scene.rulebook, now).unwrap();
        while scene.account.due().is_some_and(|due| due <= now) {
            scene.account.step(&World::default(), &scene.rulebook, now).unwrap();
        }
        assert_eq!(scene.runs(), expected, "missed: {missed}");
    }
}

/// The account as a store gives it back: everything through JSON.
fn restarted(account: &Account) -> Account {
    fn copy<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    }
    let snapshot = Snapshot {
        account: account.id,
        key: account.key.clone(),
        rev: account.rev,
        state: copy(&account.state),
        runs: copy(&account.runs),
        tasks: copy(&account.tasks).into_values().collect(),
        contacts: copy(&account.contacts),
        inbox: copy(&account.inbox).into(),
        ..Snapshot::default()
    };
    let mut again = Account::loaded(snapshot, 1_000);
    (again.next_due, again.sent) = (account.next_due, account.sent.clone());
    again
}

#[test]
fn stability_delays_and_waits_survive_a_restart() {
    let head = "start: {when: metric.logins_7d >= 1, stable_for: 36h}";
    let wait = "to: \"#cs\"\nsteps:\n  - {id: hello, slack: t/team}\n  - id: answer\n    \
                wait_for: {event: report.made}\n    at_most: 72h\n    otherwise: [{id: nudge, slack: t/team}]\n  \
                - {id: settle, wait: 24h}\n  - {id: bye, slack: t/team}\n";
    let run = |every: Option<i64>| {
        let mut scene = Scene::new(&[("p", &format!("{head}\n{wait}"))]);
        scene.event(1, "login");
        for hour in 2..200 {
            scene.until(hour);
            if every.is_some_and(|n| hour % n == 0) {
                scene.account = restarted(&scene.account);
            }
        }
        scene.sent()
    };
    let expected = ["hello 37", "nudge 109", "bye 133"];
    assert_eq!(run(None), expected);
    assert_eq!(run(Some(1)), expected, "restarted every hour");
    assert_eq!(run(Some(35)), expected, "restarted now and then");
}

#[test]
fn who_leaves_and_comes_back_while_it_runs_is_left_restarted_or_doubled_as_written() {
    let cases = [
        ("ignore", vec!["hello 1", "bye 49"]),
        ("restart", vec!["hello 1", "hello 25", "bye 73"]),
        ("parallel", vec!["hello 1", "hello 25", "bye 49", "bye 73"]),
    ];
    for (open, expected) in cases {
        let head = format!("start: {{on: trial.begun}}\nenroll: {{open: {open}}}");
        let mut scene = Scene::new(&[("p", &hello_bye(&head))]);
        scene.event(1, "trial.begun");
        scene.event(25, "trial.begun");
        scene.until(200);
        assert_eq!(scene.sent(), expected, "{open}");
    }
}

#[test]
fn contacts_that_share_an_address_get_one_mail() {
    let body = "class: notice\nstart: {on: trial.begun}\nto: {role: [admin, champion]}\nsteps:\n  - {id: hello, email: t/hello}\n";
    let mut scene = Scene::new(&[("p", body)]);
    scene.person(1, "admin", "info@acme.test");
    scene.person(2, "champion", "Info@Acme.test");
    scene.person(3, "champion", "yui@acme.test");
    scene.event(1, "trial.begun");
    scene.until(100);
    let addresses: Vec<String> = scene.account.sent.iter().map(|m| m.address.to_lowercase()).collect();
    assert_eq!(addresses, ["info@acme.test", "yui@acme.test"]);
}

#[test]
fn a_missing_or_invalid_date_starts_nothing_and_a_wait_for_it_holds() {
    let dated = hello_bye("start: {before: account.renewal_date, by: 30d}");
    let waiting = "start: {on: trial.begun}\nto: \"#cs\"\nsteps:\n  - {id: until, wait: {until: account.renewal_date, if_past: run}}\n  \
                   - {id: late, slack: t/team}\n";
    for date in [Value::Missing, Value::text("next spring"), Value::text("")] {
        let mut scene = Scene::new(&[("dated", &dated), ("waiting", waiting)]);
        scene.attrs(0, &[("renewal_date", date.clone())]);
        scene.event(1, "trial.begun");
        scene.until(60 * 24);
        assert_eq!(scene.sent(), Vec::<String>::new(), "{date}");
        let waits: Vec<&str> = scene.account.runs.iter().map(|r| r.waiting.as_str()).collect();
        assert_eq!(waits, ["missing_date"], "{date}");
    }
}

#[test]
fn weekdays_and_hours_are_those_of_the_customers_clock_also_over_daylight_saving() {
    // Four questions a peer answers with Tuesday, Saturday, 10:00 and 08:00.
    let window = |days: &str, hours: &str| {
        let (days, hours) = (parse_days(days).unwrap(), parse_hours(hours).unwrap());
        SendWindow { days, hours, zone: ZoneOf::Contact, calendar: None }
    };
    let (work, every) = (window("mon-fri", "08:00-09:00"), window("mon-sun", "09:00-10:00"));
    let cases = [
        (&work, "Asia/Tokyo", "2026-03-07T12:00:00+09:00", "2026-03-09T08:00:00+09:00"),
        (&work, "Asia/Tokyo", "2026-03-06T12:00:00+09:00", "2026-03-09T08:00:00+09:00"),
        (&every, "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T09:00:00-04:00"),
        (&every, "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T09:00:00-05:00"),
    ];
    for (window, zone, asked, expected) in cases {
        let zone = TimeZone::get(zone).unwrap();
        let next = window.next_open(at(asked), &zone, &Calendar::plain()).unwrap();
        assert_eq!(next.rfc3339(&zone), expected);
    }
}

#[test]
fn two_playbooks_that_start_each_other_come_to_an_end() {
    let body = |on: &str, say: &str| {
        format!("start: {{on: {on}}}\nenroll: {{open: parallel}}\nsteps:\n  - {{id: say, event: {{name: {say}}}}}\n")
    };
    let mut scene = Scene::new(&[("ping", &body("loop.ping", "loop.pong")), ("pong", &body("loop.pong", "loop.ping"))]);
    scene.event(1, "loop.ping");
    scene.until(24 * 30);
    assert!((2..=10).contains(&scene.runs()), "{} runs", scene.runs());
    let stopped = scene.account.ledger.iter().any(|line| line.reason.starts_with("chain_too_deep"));
    assert!(stopped, "the ledger says why it ended");
    let failed = scene.account.ended.iter().filter(|r| r.result == Some(RunResult::Failed)).count();
    assert_eq!(failed, 1, "the run that went too deep has failed");
    let told: Vec<&str> = scene.account.tasks.values().map(|task| task.reason.as_str()).collect();
    assert_eq!(told, ["failed"], "and a person hears of it, once");
}

#[test]
fn one_change_is_one_message_and_staying_so_is_none() {
    let body = "start: {when: metric.logins_7d >= 1}\nenroll: {again: always}\nto: \"#cs\"\nsteps:\n  - {id: hello, slack: t/team}\n";
    let mut scene = Scene::new(&[("p", body)]);
    for hour in (1..100).step_by(7) {
        scene.event(hour, "login");
        // The same value again is no change either.
        scene.attrs(hour, &[("plan", Value::text("pro"))]);
    }
    scene.until(150);
    assert_eq!(scene.sent(), ["hello 1"]);
    // Silent for a week: it is armed again, and the next login is a change.
    scene.event(400, "login");
    scene.until(500);
    assert_eq!(scene.sent(), ["hello 1", "hello 400"]);
}

#[test]
fn a_larger_share_keeps_its_members_and_membership_is_the_same_for_ever() {
    let members = |share: f64| -> BTreeSet<u32> {
        (0..4_000).filter(|n| holdout::share("salt", &format!("account-{n}")) < share).collect()
    };
    let (ten, twenty) = (members(0.1), members(0.2));
    assert!(ten.is_subset(&twenty));
    assert!((330..470).contains(&ten.len()) && (700..900).contains(&twenty.len()), "{} {}", ten.len(), twenty.len());
    // The first members, as they were when this was written: another build must not reshuffle anybody.
    let first: Vec<u32> = ten.into_iter().take(6).collect();
    assert_eq!(first, FIRST_MEMBERS);
}

const FIRST_MEMBERS: [u32; 6] = [0, 8, 21, 27, 32, 35];

#[test]
fn an_exit_counts_from_the_moment_of_its_event() {
    let mut scene = Scene::new(&[("p", &hello_bye("start: {on: trial.begun}\nexit: [{on: contract.started}]"))]);
    scene.event(1, "trial.begun");
    // In the very hour in which `bye` is due, and before it.
    scene.event(49, "contract.started");
    scene.until(49);
    assert_eq!(scene.sent(), ["hello 1"]);
    let ended: Vec<Instant> = scene.account.ended.iter().filter_map(|r| r.ended).collect();
    assert_eq!(ended, [start().plus(49 * HOUR)]);
}

#[test]
fn who_has_left_is_not_enrolled_and_does_not_go_on() {
    let mut scene = Scene::new(&[("p", &hello_bye("start: {on: trial.begun}\nenroll: {open: parallel}"))]);
    scene.event(1, "trial.begun");
    scene.attrs(2, &[("status", Value::text("churned"))]);
    scene.event(3, "trial.begun");
    scene.until(200);
    assert_eq!(scene.sent(), ["hello 1"]);
    assert_eq!(scene.runs(), 1);
}

#[test]
fn the_first_of_several_scorecards_that_hold_counts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-constructs");
    let mut files: BTreeMap<String, String> = read_project(&root).unwrap();
    files.retain(|name, _| !name.starts_with("playbooks/"));
    let card = |name: &str, cond: &str, to: u32| {
        format!(
            "  - scorecard: {name}\n    for: '{cond}'\n    components:\n      - {{name: points, family: usage, measure: \
             metric.points, linear: {{from: 0, to: {to}}}, weight: 100}}\n    bands: {{green: \">= 70\", yellow: \">= 40\", red: \"< 40\"}}\n"
        )
    };
    let model = files.get_mut("model.yaml").unwrap();
    let (head, rest) = (model.find("health:\n").unwrap(), model.find("alerts:\n").unwrap());
    let cards = card("starters", "metric.logins_7d < 1", 50) + &card("all", "true", 100) + &card("never", "true", 10);
    *model = format!("{}health:\n{cards}{}", &model[..head], &model[rest..]);
    let (rulebook, findings) = load(&files);
    let mut rulebook = rulebook.unwrap_or_else(|| panic!("{findings:#?}"));
    (rulebook.number, rulebook.live_since) = (1, Instant(0));
    let mut scene = Scene { account: Account::new(AccountId(1), "acme"), rulebook, facts: 0 };
    scene.attrs(0, &[("import_as", Value::text("new"))]);
    let props = Props::from([("points".to_owned(), Value::Num(40.0))]);
    scene.record(1, None, FactBody::event("points.given", props));
    scene.event(50, "login");
    let mut score = |hours: i64| {
        scene.until(hours);
        let now = start().plus(hours * HOUR);
        let snapshot = scene.account.snapshot(now);
        let read = shirube::engine::explain::read(&snapshot, &World::default(), &scene.rulebook, now, None);
        read.values.get("health.score").cloned().unwrap_or_default()
    };
    assert_eq!(score(2), Value::Num(80.0), "40 of 50");
    assert_eq!(score(51), Value::Num(40.0), "40 of 100");
}

#[test]
fn every_trap_of_the_table_has_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut rows = 0;
    for row in PAGE.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`")) {
        rows += 1;
        let mut file = String::new();
        for word in row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") {
                file = std::fs::read_to_string(root.join(word)).unwrap_or_else(|_| panic!("{word} is gone"));
            } else {
                assert!(file.contains(&format!("fn {word}(")), "`{word}` is not a test of its file:\n{row}");
            }
        }
    }
    assert_eq!(rows, 29, "a trap has lost its row");
}
