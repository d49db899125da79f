//! What an edit of a playbook does to the runs that are under way.

use std::collections::BTreeMap;

use shirube::{
    engine::explain,
    model::{
        fact::{Act, FactBody},
        ids::AccountId,
        instant::{DAY, HOUR, Instant},
        run::RunResult,
        value::{Props, Value},
        world::World,
    },
    rulebook::{load, types::Rulebook},
    simulate::account::Account,
};

use crate::lives::{book, fact};

const LAYOUT: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>{{ body }}</mj-text></mj-column></mj-section></mj-body></mjml>";
/// What runs begin on.
const OLD: &str = "  - {id: wait, wait: 2d}\n  - {id: pause, wait: 1d}\n  - {id: tell, slack: t/team, to: \"#old\"}\n";

fn start() -> Instant {
    Instant::parse("2026-04-01T10:00:00+09:00").unwrap()
}

fn files(change: &str, steps: &str) -> BTreeMap<String, String> {
    let model = "success:\n  - {name: s, says: x, when: metric.logins >= 1}\nmetrics:\n  logins: {count: login, over: 7d}\n\
                 workspace: {timezone: Asia/Tokyo}\n";
    let playbook = format!(
        "playbook: p\ntitle: t\npurpose: p\nstart: {{on: go}}\nenroll: {{again: always}}\non_change: {change}\nsteps:\n{steps}"
    );
    let pairs = [
        ("model.yaml", model.to_owned()),
        ("playbooks/p.yaml", playbook),
        ("templates/t/team.ja.md", "x".to_owned()),
        ("templates/t/team.en.md", "x".to_owned()),
        ("templates/layouts/standard.mjml", LAYOUT.to_owned()),
    ];
    pairs.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}

/// An account whose run began under `OLD`, one day in, and the edited rulebook; `keep`: with the old version.
fn edited(change: &str, steps: &str, keep: bool) -> (Account, Rulebook, Instant) {
    let (before, after) = (files("drain", OLD), files(change, steps));
    let (world, old) = (World::default(), book(&before, 1, start()));
    let mut account = Account::new(AccountId(1), "acme");
    let attrs = Props::from([("name".to_owned(), Value::text("Acme"))]);
    account.record(fact(start(), "a", None, FactBody::AccountAttrs { attrs }));
    account.record(fact(start().plus(HOUR), "go", None, FactBody::event("go", Props::new())));
    account.advance(&world, &old, start().plus(DAY)).unwrap();
    assert_eq!(account.runs.len(), 1);
    let mut new = book(&after, 2, start().plus(DAY));
    if keep {
        let text = before["playbooks/p.yaml"].clone();
        assert!(load::add_versions(&mut new, &after, &[("playbooks/p.yaml".to_owned(), text)]).is_empty());
    }
    account.step(&world, &new, start().plus(DAY)).unwrap();
    (account, new, start().plus(DAY))
}

/// Steps, moments (hours after the start) and addresses of what went out in the next ten days.
fn out(mut account: Account, rulebook: &Rulebook, from: Instant) -> (Vec<(String, i64, String)>, Account) {
    account.advance(&World::default(), rulebook, from.plus(10 * DAY)).unwrap();
    let sent = account.sent.iter();
    let shown = sent.map(|m| (m.step.clone(), m.ready_at.since(start()) / HOUR, m.address.clone())).collect();
    (shown, account)
}

fn told(step: &str, hours: i64, to: &str) -> Vec<(String, i64, String)> {
    vec![(step.to_owned(), hours, to.to_owned())]
}

const NEW: &str = "  - {id: wait, wait: 4d}\n  - {id: tell, slack: t/team, to: \"#new\"}\n";

#[test]
fn drain_finishes_on_the_version_the_run_began_with() {
    let (account, rulebook, at) = edited("drain", NEW, true);
    let (sent, account) = out(account, &rulebook, at);
    assert_eq!(sent, told("tell", 1 + 72, "#old"));
    // A run that begins now takes the new one.
    let mut again = account;
    let later = at.plus(11 * DAY);
    again.record(fact(later, "go2", None, FactBody::event("go", Props::new())));
    let (sent, _) = out(again, &rulebook, later);
    assert_eq!(sent.last().unwrap().2, "#new");
}

#[test]
fn a_version_that_is_not_kept_any_more_is_followed_and_said() {
    let (account, rulebook, at) = edited("drain", NEW, false);
    assert!(account.ledger.iter().any(|l| l.kind == "change" && l.reason == "version_not_kept"));
    assert_eq!(out(account, &rulebook, at).0, told("tell", 1 + 96, "#new"));
}

#[test]
fn follow_moves_by_step_id() {
    let (account, rulebook, at) = edited("follow", NEW, true);
    assert_eq!(out(account, &rulebook, at).0, told("tell", 1 + 96, "#new"));
}

#[test]
fn follow_goes_to_the_next_step_that_still_exists() {
    let (account, rulebook, at) = edited("follow", "  - {id: tell, slack: t/team, to: \"#new\"}\n", true);
    assert_eq!(out(account, &rulebook, at).0, told("tell", 24, "#new"));
    let (account, rulebook, at) = edited("follow", "  - {id: other, slack: t/team, to: \"#new\"}\n", true);
    let (sent, account) = out(account, &rulebook, at);
    assert_eq!((sent, account.ended[0].result), (vec![], Some(RunResult::Completed)));
}

#[test]
fn restart_begins_again_as_another_occurrence_of_the_same_run() {
    let steps = "  - {id: tell, slack: t/team, to: \"#new\"}\n  - {id: wait, wait: 2d}\n";
    let (account, rulebook, at) = edited("restart", steps, true);
    let run = account.runs[0].id.clone();
    assert_eq!(account.runs[0].started, at);
    let (sent, account) = out(account, &rulebook, at);
    assert_eq!(sent, told("tell", 24, "#new"));
    assert_eq!((account.ended.len(), &account.ended[0].id), (1, &run));
}

#[test]
fn exit_ends_the_run() {
    let (account, rulebook, at) = edited("exit", NEW, true);
    let (sent, account) = out(account, &rulebook, at);
    assert_eq!((sent, account.ended[0].reason.as_str()), (vec![], "playbook_changed"));
}

#[test]
fn a_comment_or_another_title_is_no_edit() {
    let (account, _, _) = edited("exit", &format!("# a comment\n{OLD}"), true);
    assert_eq!(account.runs.len(), 1);
}

/// The condition of an old version wakes the account, though nothing in the new one speaks of it.
#[test]
fn what_only_an_old_version_waits_for_still_wakes_the_account() {
    let model = "success:\n  - {name: s, says: x, when: metric.logins >= 1}\nmetrics:\n  logins: {count: login, over: 7d}\n\
                 journey:\n  - {phase: onboarding, until: \"false\"}\nworkspace: {timezone: Asia/Tokyo}\n";
    let waits =
        "  - {id: w, wait_for: days_in_phase >= 5, at_most: 30d}\n  - {id: tell, slack: t/team, to: \"#old\"}\n";
    let with = |steps: &str| {
        let mut files = files("drain", steps);
        files.insert("model.yaml".to_owned(), model.to_owned());
        files
    };
    let (before, after) = (with(waits), with(NEW));
    let (world, old) = (World::default(), book(&before, 1, start()));
    let mut account = Account::new(AccountId(1), "acme");
    account.record(fact(start(), "go", None, FactBody::event("go", Props::new())));
    account.advance(&world, &old, start().plus(DAY)).unwrap();
    let mut new = book(&after, 2, start().plus(DAY));
    let texts = [("playbooks/p.yaml".to_owned(), before["playbooks/p.yaml"].clone())];
    load::add_versions(&mut new, &after, &texts);
    account.step(&world, &new, start().plus(DAY)).unwrap();
    assert_eq!(out(account, &new, start().plus(DAY)).0, told("tell", 110, "#old"));
}

#[test]
fn a_version_the_model_no_longer_understands_is_left_out() {
    let after = files("drain", NEW);
    let mut rulebook = book(&after, 2, start());
    let text = files("drain", OLD)["playbooks/p.yaml"].replace("wait: 2d", "wait_for: metric.gone > 1, at_most: 1d");
    assert_eq!(
        load::add_versions(&mut rulebook, &after, &[("playbooks/p.yaml".to_owned(), text)]),
        ["playbooks/p.yaml"]
    );
    assert!(rulebook.versions.is_empty());
}

/// `unenroll` stops a run that a reply holds, and its question is closed; `explain` says why it is held.
#[test]
fn a_held_run_is_stopped_by_hand() {
    let rulebook =
        book(&files("drain", "  - {id: tell, slack: t/team, to: customer}\n  - {id: wait, wait: 9d}\n"), 1, start());
    let (world, mut account) = (World::default(), Account::new(AccountId(1), "acme"));
    let attrs = Props::from([("slack_channel".to_owned(), Value::text("C123"))]);
    account.record(fact(start(), "a", None, FactBody::AccountAttrs { attrs }));
    account.record(fact(start().plus(HOUR), "go", None, FactBody::event("go", Props::new())));
    account.record(fact(start().plus(2 * HOUR), "r", None, FactBody::event("message.replied", Props::new())));
    account.advance(&world, &rulebook, start().plus(3 * HOUR)).unwrap();
    let at = start().plus(3 * HOUR);
    let told = explain::explain(&account.snapshot(at), &world, &rulebook, at, Some("p")).remove(0);
    assert_eq!((told.verdict.as_str(), told.because.as_str()), ("held", "reply"));
    assert!(account.tasks["p/reply:hold"].done.is_none());
    account.record(fact(at, "u", None, FactBody::Command(Act::Unenroll { playbook: "p".into() })));
    account.advance(&world, &rulebook, at).unwrap();
    assert_eq!(account.ended[0].reason, "unenrolled");
    assert!(account.tasks["p/reply:hold"].done.is_some());
}
