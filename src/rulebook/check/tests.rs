//! What the tests of the lints share: a small project around the lines that are wrong.

use std::collections::BTreeMap;

use crate::{
    model::{diagnostic::Diagnostic, instant::Instant},
    rulebook::load::{load, load_at},
};

/// A model that says enough for most lints.
pub const MODEL: &str = "success: [{name: quick, says: Quick, when: metric.logins >= 1}]
attributes: {account: {seats_used: number}}
metrics: {logins: {count: login, over: 7d}}
targets: {logo_churn: 3%}
journey: [{phase: onboarding, until: \"false\"}]
milestones: {done: {when: metric.logins > 3, success: quick}}
workspace: {timezone: Asia/Tokyo}
";

/// Everything `check` finds in a project of `model`, playbooks by name, and a template `team/nudge`.
pub fn book(model: &str, playbooks: &[(&str, String)]) -> Vec<Diagnostic> {
    book_with(model, playbooks, &[])
}

/// The same with more files.
pub fn book_with(model: &str, playbooks: &[(&str, String)], more: &[(&str, &str)]) -> Vec<Diagnostic> {
    load(&files(model, playbooks, more)).1
}

fn files(model: &str, playbooks: &[(&str, String)], more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("model.yaml".to_owned(), model.to_owned())]);
    files.extend(playbooks.iter().map(|(name, text)| (format!("playbooks/{name}.yaml"), text.clone())));
    for locale in ["ja", "en"] {
        files.insert(format!("templates/team/nudge.{locale}.md"), "Hello".to_owned());
    }
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    files
}

/// The findings of `rule` in a playbook with these lines below `steps:` (line 6 of the file).
pub fn found(rule: &str, steps: &str) -> Vec<Diagnostic> {
    found_in(rule, MODEL, steps)
}

/// The same with another model.
pub fn found_in(rule: &str, model: &str, steps: &str) -> Vec<Diagnostic> {
    let head = "playbook: p\npurpose: x\nphase: onboarding\npriority: 7\nstart: {when: account.mrr > 5}\nsteps:";
    let found = book(model, &[("p", format!("{head}{steps}"))]);
    let broken = found.iter().find(|d| d.severity == crate::model::diagnostic::Severity::Error);
    assert_eq!(broken, None, "the case itself is wrong");
    found.into_iter().filter(|d| d.rule == rule).collect()
}

/// Where they stand.
pub fn places(rule: &str, steps: &str) -> Vec<String> {
    places_in(rule, MODEL, steps)
}

/// The same with another model.
pub fn places_in(rule: &str, model: &str, steps: &str) -> Vec<String> {
    let place = |d: Diagnostic| format!("{}:{}:{}", d.place.file, d.place.line, d.place.column);
    found_in(rule, model, steps).into_iter().map(place).collect()
}

/// What depends on the day: rule and place, on a playbook with these lines below its name.
pub fn dated(model: &str, lines: &str, today: &str) -> Vec<String> {
    let files = files(model, &[("p", format!("playbook: p\n{lines}"))], &[]);
    let now = Instant::parse(&format!("{today}T00:00:00Z")).unwrap();
    let (rulebook, found) = load_at(&files, now);
    assert!(rulebook.is_some(), "{found:#?}");
    let dated = found.iter().filter(|d| ["past-date", "old-review"].contains(&d.rule));
    dated.map(|d| format!("{} {}:{}:{}", d.rule, d.place.file, d.place.line, d.place.column)).collect()
}

#[test]
fn an_error_elsewhere_does_not_hide_what_depends_on_the_day() {
    let lines = "playbook: p\nreviewed: 2026-01-01\nstart: {before: 2026-05-01, by: 7d}\nsteps: [{id: a, stop: x}]\n";
    let model = MODEL.replace("journey:", "jurney:");
    let files = files(&model, &[("p", lines.to_owned())], &[]);
    let (rulebook, found) = load_at(&files, Instant::parse("2026-08-01T00:00:00Z").unwrap());
    assert!(rulebook.is_none(), "the case has an error");
    for rule in ["past-date", "old-review"] {
        assert_eq!(found.iter().filter(|d| d.rule == rule).count(), 1, "{rule}: {found:#?}");
    }
}

#[test]
fn an_old_review_is_told_at_its_date() {
    let with = |day: &str| format!("reviewed: {day}\nstart: {{manual: true}}\nsteps: [{{id: a, stop: x}}]\n");
    assert_eq!(dated(MODEL, &with("2026-01-01"), "2026-06-30"), Vec::<String>::new(), "180 days");
    assert_eq!(dated(MODEL, &with("2026-01-01"), "2026-07-01"), ["old-review playbooks/p.yaml:2:11"]);
}
