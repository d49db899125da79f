//! Playbook tests on virtual time: the language reference's example, what a failure says, values that are fixed.

use std::{collections::BTreeMap, path::Path};

use shirube::{
    app::reload::read_project,
    model::{diagnostic::Severity, world::World},
    rulebook::{load, types::Rulebook},
    simulate::playbook_test::{self, Verdict},
};

/// A project's files and its rulebook.
pub fn project(dir: &Path) -> (BTreeMap<String, String>, Rulebook) {
    let files = read_project(dir).unwrap();
    let (rulebook, findings) = load::load(&files);
    let errors: Vec<_> = findings.into_iter().filter(|f| f.severity == Severity::Error).collect();
    (files, rulebook.unwrap_or_else(|| panic!("{errors:#?}")))
}

/// The starter kit.
pub fn kit() -> (BTreeMap<String, String>, Rulebook) {
    project(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn all_pass(verdicts: &[Verdict]) {
    let failed: Vec<String> =
        verdicts.iter().filter(|v| !v.passed).map(|v| format!("{}: {}\n{}", v.file, v.test, v.diff)).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

fn example() -> (BTreeMap<String, String>, Rulebook) {
    project(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-example"))
}

#[test]
fn the_example_of_the_language_reference_passes() {
    let (files, rulebook) = example();
    let (verdicts, findings) = playbook_test::run_all(&files, &rulebook, &World::default(), None);
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(verdicts.len(), 1);
    all_pass(&verdicts);
}

/// Runs the example with one thing said otherwise.
fn altered(from: &str, to: &str) -> Verdict {
    let (mut files, rulebook) = example();
    let text = files.get_mut("playbooks/onboarding.test.yaml").unwrap();
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
    let (mut verdicts, findings) = playbook_test::run_all(&files, &rulebook, &World::default(), None);
    assert!(findings.is_empty(), "{findings:#?}");
    verdicts.remove(0)
}

#[test]
fn a_wrong_expectation_shows_what_was_expected_what_came_and_why() {
    let verdict = altered("{step: guide, at: 2026-04-03T10:00+09:00}", "{step: guide, at: 2026-04-04T10:00+09:00}");
    assert!(!verdict.passed);
    for line in [
        "-   guide  2026-04-04T10:00+09:00  (playbooks/onboarding.test.yaml:15)",
        "+   guide  2026-04-03T10:00+09:00  yui@acme.test",
        "    2026-04-03T10:00+09:00  skip praise: if_false",
        "explain: sent",
    ] {
        assert!(verdict.diff.contains(line), "no {line:?} in\n{}", verdict.diff);
    }
}

#[test]
fn each_part_of_then_is_judged() {
    let cases = [
        ("state: completed", "state: exited", "-   exited\n+   completed"),
        ("not_sent: [praise]", "not_sent: [guide]", "  not_sent:\n+   guide"),
        ("owner: kei,", "owner: mio,", "-   call  mio"),
        ("to: yui@acme.test", "to: ken@acme.test", "-   welcome"),
        ("    - {step: guide, at: 2026-04-03T10:00+09:00}\n", "", "+   guide"),
    ];
    for (from, to, shows) in cases {
        let verdict = altered(from, to);
        assert!(!verdict.passed && verdict.diff.contains(shows), "{to}: no {shows:?} in\n{}", verdict.diff);
    }
}

#[test]
fn what_a_test_gives_and_nobody_knows_is_refused_with_a_suggestion() {
    let cases = [
        ("touch: tech", "tuch: tech", "did you mean `touch`?"),
        ("playbook: onboarding", "playbook: onbording", "did you mean `onboarding`?"),
        ("  people:", "  metric: {logins_8d: 3}\n  people:", "did you mean `logins_7d`?"),
        ("  people:", "  health: {bands: red}\n  people:", "did you mean `band`?"),
        ("  people:", "  phase: adoptions\n  people:", "did you mean `adoption`?"),
        ("contact: yui}\n", "contact: yuy}\n", "did you mean `yui`?"),
        ("at: 2026-04-02T11:00", "at: 2026-03-02T11:00", "in the order of time"),
    ];
    for (from, to, says) in cases {
        let verdict = altered(from, to);
        assert!(!verdict.passed && verdict.diff.contains(says), "{to}: no {says:?} in\n{}", verdict.diff);
    }
}

#[test]
fn a_fixed_value_holds_until_a_fact_changes_it() {
    // Four steps are given as done: praise, no guide.
    let fixed = altered("  people:", "  metric: {setup_steps: 4}\n  people:");
    assert!(fixed.diff.contains("+   praise"), "{}", fixed.diff);
    // A login changes no step; a step does, and then it is the first one.
    let changed = "  - {at: 2026-04-02T12:00+09:00, event: setup.step_done}\n  - {days: 12}";
    let (mut files, rulebook) = example();
    let text = files.get_mut("playbooks/onboarding.test.yaml").unwrap();
    *text = text.replace("  people:", "  milestone: {setup_done: false}\n  metric: {setup_steps: 3}\n  people:");
    *text = text.replace("  - {days: 12}", changed);
    let (verdicts, _) = playbook_test::run_all(&files, &rulebook, &World::default(), None);
    all_pass(&verdicts);
}
