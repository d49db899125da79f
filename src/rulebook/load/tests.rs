//! What loading makes of files, beside the golden findings of `tests/data/check`.

use std::collections::BTreeMap;

use super::load;
use crate::{
    model::{instant::DAY, locale::Locale},
    rulebook::{
        playbook::{Again, Body, Playbook, SetValue, Start, Trigger},
        schedule::length::Length,
        titles::Titled,
        types::{MetricKind, Rulebook, Window},
    },
};

const MODEL: &str = "
success: [{name: quick, says: Quick, when: metric.logins >= 1}]
attributes: {account: {risk: [low, high], logins_per_week: number}}
metrics:
  use: {expr: metric.logins / account.seats}
  logins: {count: login, over: 7d, or: account.logins_per_week}
segments: {busy: metric.use > 1}
milestones: {done: {when: segment.busy && days_in_phase > 3}}
journey: [{phase: onboarding, until: \"false\"}]
targets: {logo_churn: 3%}
feeds: {csv: {stale_after: 8d}}
";

fn book(playbook: &str) -> Rulebook {
    let files = [("model.yaml", MODEL), ("playbooks/p.yaml", playbook)];
    let files: BTreeMap<String, String> = files.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let (book, found) = load(&files);
    book.unwrap_or_else(|| panic!("{found:#?}"))
}

fn playbook(text: &str) -> Playbook {
    book(&format!("playbook: p\n{text}")).playbooks.remove(0)
}

fn next_of(playbook: &Playbook) -> Vec<(&str, Option<&str>)> {
    let id = |i: usize| playbook.steps[i].id.as_str();
    playbook.steps.iter().map(|s| (s.id.as_str(), s.next.map(id))).collect()
}

#[test]
fn nested_lists_go_on_after_the_step_around_them() {
    let p = playbook(
        "
start: {manual: true}
exit: [{on: contract.cancelled, then: [{id: bye, stop: gone}]}]
steps:
  - id: choose
    if: milestone.done
    then:
      - {id: a, wait: 1d}
      - id: inner
        split: {x: 1, y: 1}
        x: [{id: in_x, wait: 1d}]
    else: [{id: b, wait: 1d}]
  - {id: last, stop: done}
",
    );
    let expected = [
        ("choose", Some("last")),
        ("a", Some("inner")),
        ("inner", Some("last")),
        ("in_x", Some("last")),
        ("b", Some("last")),
        ("last", None),
        ("bye", None),
    ];
    assert_eq!(next_of(&p), expected);
    let Body::Branch { then, otherwise, .. } = &p.steps[0].body else { panic!() };
    assert_eq!((*then, *otherwise), (Some(1), Some(4)));
    assert_eq!(p.exits[0].then, Some(6));
    let Body::Split(arms) = &p.steps[2].body else { panic!() };
    assert_eq!(arms, &[("x".to_owned(), 1, Some(3)), ("y".to_owned(), 1, None)]);
}

#[test]
fn again_is_never_for_conditions_and_always_for_events() {
    let steps = "steps: [{id: a, stop: x}]";
    assert_eq!(playbook(&format!("start: {{when: milestone.done}}\n{steps}")).enroll.again, Again::Never);
    assert_eq!(playbook(&format!("start: {{on: login}}\n{steps}")).enroll.again, Again::Always);
    assert_eq!(
        playbook(&format!("start: {{before: account.renewal_date, by: 30d}}\n{steps}")).enroll.again,
        Again::Always
    );
}

#[test]
fn dates_take_an_offset() {
    let p = playbook("start: {before: account.renewal_date - 2 business days, by: 30d}\nsteps: [{id: a, stop: x}]");
    let Start::Dated { date, before: true, by, .. } = p.start else { panic!() };
    assert_eq!(date.base.source(), "account.renewal_date");
    assert_eq!(date.offset, Some((false, Length::BusinessDays(2))));
    assert_eq!(by, Length::Exact(30 * DAY));
}

#[test]
fn quoted_values_are_words_and_names_are_computed() {
    let p = playbook(
        "start: {on: x}\nsteps: [{id: a, event: {name: e, props: {n: start.score, w: \"start.score\", k: 3}}}]",
    );
    let Body::Event { props, .. } = &p.steps[0].body else { panic!() };
    assert!(matches!(&props["n"], SetValue::Computed(p) if p.source() == "start.score"));
    assert!(matches!(&props["w"], SetValue::Literal(v) if v.as_text() == Some("start.score")));
    assert!(matches!(&props["k"], SetValue::Literal(v) if v.as_num() == Some(3.0)));
}

#[test]
fn waits_know_their_branches() {
    let p = playbook(
        "
start: {on: x}
steps:
  - id: hold
    wait_for: [{event: survey.responded, where: event.score < 7, then: [{id: sorry, stop: s}]}, {when: milestone.done}]
    at_most: {until: 2026-04-01}
    since: start
",
    );
    let Body::WaitFor(wait) = &p.steps[0].body else { panic!() };
    assert!(
        matches!(&wait.branches[0], (Trigger::On { event, where_: Some(_) }, Some(1)) if event == "survey.responded")
    );
    assert!(matches!(&wait.branches[1], (Trigger::When(_), None)));
    assert!(wait.at_most.is_none() && wait.until.is_some());
    assert_eq!(wait.since.as_deref(), Some("start"));
}

#[test]
fn parts_come_before_what_is_made_of_them() {
    let book = book("playbook: p\nstart: {on: x}\nsteps: [{id: a, stop: x}]");
    let at = |name: &str| {
        let slot = book.slots.sources.iter().position(|s| s.name(&book.model) == name).unwrap() as u32;
        book.slots.order.iter().position(|s| *s == slot).unwrap()
    };
    assert!(at("account.seats") < at("metric.logins"));
    assert!(at("metric.logins") < at("metric.use"));
    assert!(at("metric.use") < at("segment.busy"));
    assert!(at("segment.busy") < at("milestone.done") && at("phase") < at("milestone.done"));
    assert_eq!(book.slots.order.len(), book.slots.sources.len());
    assert_eq!((book.slots.phase_days.as_slice(), book.slots.every_day), ([3, 4].as_slice(), false));
}

#[test]
fn metrics_keep_their_hash_until_their_meaning_changes() {
    let logins = |model: &str| {
        let files = BTreeMap::from([("model.yaml".to_owned(), model.to_owned())]);
        load(&files).0.unwrap().model.metrics.remove(1)
    };
    let first = logins(MODEL);
    assert!(matches!(&first.kind, MetricKind::Count(e) if e == "login"));
    assert_eq!((first.over, first.or.as_deref()), (Window::Days(7), Some("logins_per_week")));
    assert_eq!(
        first.hash,
        logins(&MODEL.replace("segments: {busy: metric.use > 1}", "segments: {busy: metric.use > 2}")).hash
    );
    assert_ne!(first.hash, logins(&MODEL.replace("over: 7d", "over: 8d")).hash);
}

#[test]
fn only_playbooks_that_read_data_depend_on_feeds() {
    assert_eq!(playbook("start: {when: milestone.done}\nsteps: [{id: a, stop: x}]").feeds, ["csv"]);
    assert!(playbook("start: {on: x}\nsteps: [{id: a, stop: x}]").feeds.is_empty());
}

#[test]
fn a_share_of_300_percent_is_no_target() {
    let found = |targets: &str| -> Vec<(String, String)> {
        let files = [("model.yaml".to_owned(), format!("targets: {{{targets}}}\n"))].into();
        let found = load(&files).1.into_iter().filter(|d| d.rule == "impossible-target");
        found.map(|d| (d.help, d.fix.map(|f| f.new).unwrap_or_default())).collect()
    };
    let expected = ("write `logo_churn: 3%` or `logo_churn: 0.03`".to_owned(), "3%".to_owned());
    assert_eq!(found("logo_churn: 3"), [expected]);
    assert_eq!(found("feature_adoption.x: 60").len(), 1);
    assert!(
        found("logo_churn: 0.03, csat: 90%, nps: 30, ltv: 3000000, arpa: 60000, nrr: 1.1, ttfv_median_days: 14")
            .is_empty()
    );
}

#[test]
fn the_hash_follows_every_rulebook_file_and_no_other() {
    let files = |extra: &str, text: &str| {
        BTreeMap::from([("model.yaml".to_owned(), MODEL.to_owned()), (extra.to_owned(), text.to_owned())])
    };
    let hash = |extra: &str, text: &str| load(&files(extra, text)).0.unwrap().hash;
    assert_eq!(hash("shirube.yaml", "a: 1"), hash("playbooks/p.test.yaml", "b"));
    assert_ne!(hash("shirube.yaml", "a: 1"), hash("content.yaml", "a: https://example.com"));
}

#[test]
fn titles_are_read_wherever_people_meet_a_name() {
    let model = "
metrics: {logins: {count: login, over: 7d, title: {ja: ログイン, en: Logins}}}
milestones: {done: {when: metric.logins > 3, title: {ja: 完了, en: Done}}}
segments: {busy: {when: metric.logins > 1, title: 忙しい}, idle: metric.logins < 1}
journey: [{phase: onboarding, until: milestone.done, title: {ja: 導入期, en: Onboarding}}]
plans: {light: {ja: ライト, en: Light}}
health:
  - scorecard: seed
    title: {ja: 基本, en: Basic}
    for: \"true\"
    components: [{name: login, title: {ja: 利用, en: Usage}, measure: metric.logins, points: [{give: 1}]}]
    bands: {green: \">= 1\", yellow: \">= 0\", red: \"< 0\"}
digests: [{digest: at-risk, title: {ja: 要注意, en: At risk}, cron: \"0 9 * * 1\", where: segment.busy, slack: \"#cs\"}]
";
    let playbook = "playbook: p\ntitle: {ja: 案内, en: Guide}\nstart: {manual: true}\nsteps: [{id: w, wait: 1d}]\n";
    let files = [("model.yaml", model), ("playbooks/p.yaml", playbook)].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let (book, found) = load(&BTreeMap::from(files));
    let book = book.unwrap_or_else(|| panic!("{found:#?}"));
    let ja = |what, name| book.title(what, name, Locale::Ja);
    let list = [
        (Titled::Metric, "logins", "ログイン"),
        (Titled::Milestone, "done", "完了"),
        (Titled::Segment, "busy", "忙しい"),
        (Titled::Segment, "idle", "idle"),
        (Titled::Phase, "onboarding", "導入期"),
        (Titled::Plan, "light", "ライト"),
        (Titled::Scorecard, "seed", "基本"),
        (Titled::Component, "login", "利用"),
        (Titled::Digest, "at-risk", "要注意"),
        (Titled::Playbook, "p", "案内"),
    ];
    for (what, name, title) in list {
        assert_eq!(ja(what, name), title);
    }
    assert_eq!(book.title(Titled::Component, "login", Locale::En), "Usage");
    let wrong = model.replace("{ja: 完了, en: Done}", "{jp: 完了}");
    let (_, found) = load(&BTreeMap::from([("model.yaml".to_owned(), wrong)]));
    assert!(found.iter().any(|d| d.message.contains("jp")), "{found:#?}");
}

#[test]
fn what_a_digest_of_this_kind_does_not_read_is_told_where_it_stands() {
    let digest = |keys: &str| {
        format!(
            "milestones: {{a: \"true\"}}\ndigests:\n  - digest: d\n    cron: \"0 9 * * 1\"\n    slack: \"#cs\"\n    {keys}\n"
        )
    };
    let found = |keys: &str| {
        let (_, found) = load(&BTreeMap::from([("model.yaml".to_owned(), digest(keys))]));
        found.into_iter().find(|d| d.message.contains("does not read")).map(|d| (d.place.line, d.message))
    };
    let told = |kind: &str, key: &str| Some((7, format!("a digest of {kind} does not read `{key}`")));
    assert_eq!(found("of: wins\n    order: risk"), told("wins", "order"));
    assert_eq!(found("of: playbooks\n    limit: 5"), told("playbooks", "limit"));
    assert_eq!(found("where: \"true\"\n    over: 30d"), told("accounts", "over"));
    assert_eq!(found("of: playbooks\n    by: tags"), told("playbooks", "by"));
    assert_eq!(found("of: topics\n    event: a\n    by: b\n    over: 7d\n    limit: 5"), None);
    assert_eq!(found("of: playbooks\n    over: 30d\n    where: \"true\""), None);
    assert_eq!(found("of: today\n    where: \"true\""), told("today", "where"));
    assert_eq!(found("of: today"), None);
}
