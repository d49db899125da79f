//! One file of `playbooks/`.

use super::{
    body::CLASSES,
    feeds,
    names::{Names, Schemas, check_text, known},
    parts,
    scope::{self, Scope},
    settings, start,
    steps::Steps,
    versions,
};
use crate::{
    model::{diagnostic::Diagnostic, locale::Bilingual, message::Class},
    rulebook::{
        playbook::{Approve, Exit, Goal, Hold, OnChange, OnReply, Outcome, Playbook, Subject},
        schedule::length::Length,
        types::{Holdout, Model},
        yaml::{Kind, Node, fields::Fields, values},
    },
};

/// What surrounds a playbook.
pub struct Around<'a> {
    /// Names conditions may use.
    pub names: &'a Names,
    /// Schemas made of them.
    pub schemas: &'a Schemas,
    /// The model.
    pub model: &'a Model,
}

/// Reads a playbook; none where something it cannot do without is missing or wrong.
pub fn read(path: &str, node: &Node, around: &Around<'_>, out: &mut Vec<Diagnostic>) -> Option<Playbook> {
    const SUBJECTS: [(&str, Subject); 3] =
        [("account", Subject::Account), ("contact", Subject::Contact), ("workspace", Subject::Workspace)];
    let mut f = Fields::of(node, "a playbook", out)?;
    let name = name(&mut f, path, out);
    let subject = f.word("for", &SUBJECTS, out).unwrap_or(Subject::Account);
    let scope = Scope::of(subject, around.schemas, scope::steps(node));
    let start = f.need("start", "what starts it, e.g. {when: phase == \"onboarding\"}", out);
    let start = start.and_then(|n| start::start(n, &scope, subject, out));
    let enroll = start::enroll(f.take("enroll"), start.as_ref(), &scope, out);
    let class = f.word("class", &CLASSES, out).unwrap_or(Class::Service);
    let mut steps = Steps::new(&scope, around.model, class);
    if let Some(node) = f.need("steps", "what happens then, one `- {id: …}` a step", out) {
        steps.list(node, None, out);
        if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
            out.push(Diagnostic::error(
                "missing-value",
                &node.place,
                "a playbook without steps",
                "give it at least one",
            ));
        }
    }
    let exits = f.take("exit").map(|n| exits(n, &mut steps, out)).unwrap_or_default();
    let goal = f.take("goal").and_then(|n| goal(n, &mut steps, out));
    let head = head(&mut f, around, &scope, out);
    f.finish(out);
    let mut playbook = Playbook {
        name: name?,
        subject,
        class,
        start: start?,
        enroll,
        exits,
        goal,
        steps: steps.linked(),
        hash: versions::hash(node),
        place: node.place.clone(),
        ..head
    };
    playbook.feeds = feeds::of(&playbook, around.model);
    Some(playbook)
}

fn name(f: &mut Fields<'_>, path: &str, out: &mut Vec<Diagnostic>) -> Option<String> {
    let node = f.need("playbook", "its name: the file's name without .yaml", out)?;
    let name = values::text(node, out)?;
    check_text(name, &node.place, "a playbook", out);
    if stem(path) != name {
        let message = format!("the playbook `{name}` is in the file `{}.yaml`", stem(path));
        out.push(Diagnostic::error("file-name", &node.place, message, "give both the same name"));
    }
    Some(name.to_owned())
}

/// `playbooks/onboarding.yaml` → `onboarding`.
pub fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yaml")
}

/// Everything that stands on its own; the other fields are placeholders filled by `read`.
fn head(f: &mut Fields<'_>, around: &Around<'_>, scope: &Scope, out: &mut Vec<Diagnostic>) -> Playbook {
    const REPLY: [(&str, OnReply); 3] =
        [("hold", OnReply::Hold), ("exit", OnReply::Exit), ("continue", OnReply::Continue)];
    const CHANGE: [(&str, OnChange); 4] = [
        ("drain", OnChange::Drain),
        ("follow", OnChange::Follow),
        ("restart", OnChange::Restart),
        ("exit", OnChange::Exit),
    ];
    let mut p = blank();
    p.title = f.bilingual("title", out).unwrap_or_default();
    p.purpose = f.bilingual("purpose", out).unwrap_or_default();
    p.phase = f.take("phase").and_then(|n| phase(n, around.names, out));
    p.outcome = f.take("outcome").and_then(|n| outcome(n, scope, out));
    p.window = f.take("window").and_then(|n| parts::window(n, around.model, out));
    p.hold_at_most = f.take("hold_at_most").and_then(|n| parts::hold(n, out)).unwrap_or(p.hold_at_most);
    p.to = f.take("to").and_then(|n| parts::to(n, scope, out));
    p.priority = f.take("priority").and_then(|n| values::whole(n, 0, 1_000, out)).map_or(50, |n| n as i32);
    p.on_reply = f.word("on_reply", &REPLY, out).unwrap_or(OnReply::Hold);
    p.on_change = f.word("on_change", &CHANGE, out).unwrap_or(OnChange::Drain);
    p.include_churned = f.bool("include_churned", out).unwrap_or(false);
    if let Some(node) = f.take("holdout") {
        (p.holdout, p.no_holdout) = holdout(node, out);
    }
    const RAILS: [(&str, &str); 2] = [("opt_outs", "opt_outs"), ("tickets", "tickets")];
    let rails = f.take("pause_on").map(values::list).unwrap_or_default();
    p.pause_on = rails.into_iter().filter_map(|n| values::word(n, &RAILS, out)).collect();
    p.tags = f.texts("tags", out);
    p.reviewed = f.take("reviewed").and_then(|n| reviewed(n, out));
    p.approve = f.take("approve").and_then(|n| approve(n, out));
    p
}

/// `true`, or `{first_run: true, recipients: 50}`.
fn approve(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Approve> {
    if !matches!(node.kind, Kind::Map(_)) {
        return values::bool(node, out).filter(|on| *on).map(|_| Approve { first_run: true, recipients: None });
    }
    let mut f = Fields::of(node, "`approve`", out)?;
    let first_run = f.bool("first_run", out).unwrap_or(false);
    let recipients = f.take("recipients").and_then(|n| values::whole(n, 1, 1_000_000, out));
    f.finish(out);
    Some(Approve { first_run, recipients }).filter(|a| a.first_run || a.recipients.is_some())
}

fn blank() -> Playbook {
    Playbook {
        name: String::new(),
        title: Bilingual::default(),
        purpose: Bilingual::default(),
        phase: None,
        subject: Subject::Account,
        class: Class::Service,
        start: crate::rulebook::playbook::Start::Manual,
        enroll: crate::rulebook::playbook::Enroll {
            existing: false,
            again: crate::rulebook::playbook::Again::Never,
            open: crate::rulebook::playbook::Open::Ignore,
            key: None,
            rollout: 100.0,
        },
        exits: Vec::new(),
        goal: None,
        outcome: None,
        window: None,
        hold_at_most: Hold { at_most: Length::BusinessDays(2), exit: false },
        to: None,
        priority: 50,
        on_reply: OnReply::Hold,
        on_change: OnChange::Drain,
        approve: None,
        include_churned: false,
        holdout: None,
        no_holdout: false,
        tags: Vec::new(),
        reviewed: None,
        pause_on: Vec::new(),
        feeds: Vec::new(),
        steps: Vec::new(),
        hash: String::new(),
        place: Default::default(),
    }
}

fn phase(node: &Node, names: &Names, out: &mut Vec<Diagnostic>) -> Option<String> {
    let name = values::text(node, out)?;
    known(name, names.phases.iter().map(String::as_str), "phase", "unknown-phase", &node.place, out)
        .then(|| name.to_owned())
}

/// A date: when somebody looked over it, when a test ends.
fn reviewed(node: &Node, out: &mut Vec<Diagnostic>) -> Option<jiff::civil::Date> {
    let text = values::text(node, out)?;
    let date = values::date(text);
    if date.is_none() {
        let message = format!("`{}` is no date", values::shorten(text));
        out.push(Diagnostic::error("bad-date", &node.place, message, "e.g. `reviewed: 2026-04-01`"));
    }
    date
}

fn exits(node: &Node, steps: &mut Steps<'_>, out: &mut Vec<Diagnostic>) -> Vec<Exit> {
    values::list(node).into_iter().filter_map(|n| exit(n, steps, out)).collect()
}

fn exit(node: &Node, steps: &mut Steps<'_>, out: &mut Vec<Diagnostic>) -> Option<Exit> {
    let mut f = Fields::of(node, "an exit", out)?;
    let on = parts::trigger(&mut f, &steps.scope.run, "on", out);
    let then = f.take("then").and_then(|n| steps.closing(n, out));
    f.finish(out);
    Some(Exit { on: on?, then })
}

fn goal(node: &Node, steps: &mut Steps<'_>, out: &mut Vec<Diagnostic>) -> Option<Goal> {
    let mut f = Fields::of(node, "`goal`", out)?;
    let on = parts::trigger(&mut f, &steps.scope.run, "on", out);
    let within = f.length("within", out);
    let then = f.take("then").and_then(|n| steps.closing(n, out));
    f.finish(out);
    Some(Goal { on: on?, within, then })
}

fn outcome(node: &Node, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<Outcome> {
    let mut f = Fields::of(node, "`outcome`", out)?;
    let churned = f.length("churned_within", out);
    let when = f
        .take("when")
        .and_then(|n| super::cond::program(n, "when", &scope.before, crate::rulebook::expr::Want::Awaited, out));
    let within = f.length("within", out);
    let better = f.word("better", &[("less", true), ("more", false)], out);
    let mde =
        f.take("mde").and_then(|n| values::percent(n, out)).map(|percent| percent / 100.0).filter(|mde| *mde > 0.0);
    let until = f.take("until").and_then(|n| reviewed(n, out));
    let given = (f.has("churned_within"), f.has("when") && f.has("within"));
    if given.0 == given.1 {
        let help = "`{churned_within: 180d}` or `{when: COND, within: 90d}`";
        out.push(Diagnostic::error("bad-outcome", &f.place, "an outcome is one thing within one time", help));
    }
    f.finish(out);
    match (churned, when, within) {
        (Some(within), None, None) => Some(Outcome { when: None, within, less_is_better: true, mde, until }),
        (None, Some(when), Some(within)) => {
            Some(Outcome { when: Some(when), within, less_is_better: better == Some(true), mde, until })
        }
        _ => None,
    }
}

fn holdout(node: &Node, out: &mut Vec<Diagnostic>) -> (Option<Holdout>, bool) {
    if node.scalar().is_some_and(|s| s.text == "none") {
        return (None, true);
    }
    (settings::holdout(node, "playbook", out), false)
}
