//! `start:` and `enroll:`.

use super::{
    cond, parts,
    scope::{Scope, with_event},
    settings,
};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{
        expr::Want,
        playbook::{Again, Enroll, IfPast, Missed, Open, Start, Subject},
        schedule::window::ZoneOf,
        yaml::{Kind, Node, fields::Fields, values},
    },
};

/// What starts the playbook.
pub fn start(node: &Node, scope: &Scope, subject: Subject, out: &mut Vec<Diagnostic>) -> Option<Start> {
    let mut f = Fields::of(node, "`start`", out)?;
    let kinds: Vec<&str> =
        ["when", "on", "cron", "before", "after", "manual"].into_iter().filter(|k| f.has(k)).collect();
    let read = match kinds.as_slice() {
        ["when"] => when(&mut f, scope, out),
        ["on"] => on(&mut f, scope, out),
        ["cron"] => cron(&mut f, scope, out),
        ["before"] => dated(&mut f, "before", scope, subject, out),
        ["after"] => dated(&mut f, "after", scope, subject, out),
        ["manual"] => f.bool("manual", out).filter(|m| *m).map(|_| Start::Manual),
        [] => {
            let help = "one of: when, on, cron, before, after, manual: true";
            out.push(Diagnostic::error("missing-key", &f.place, "`start` says nothing", help));
            // Asked for only so that the suggestion for a misspelled key knows them.
            for key in ["when", "on", "cron", "before", "after", "manual"] {
                f.entry(key);
            }
            None
        }
        many => {
            let message = format!("`start` has {} at once", many.join(" and "));
            out.push(Diagnostic::error("two-kinds", &f.place, message, "make two playbooks of it"));
            return None;
        }
    };
    f.finish(out);
    read
}

fn when(f: &mut Fields<'_>, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<Start> {
    let cond = f.take("when").and_then(|n| cond::program(n, "when", &scope.before, Want::Awaited, out));
    let stable_for = f.length("stable_for", out);
    cond.map(|cond| Start::When { cond, stable_for })
}

fn on(f: &mut Fields<'_>, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<Start> {
    let event = f.text("on", out);
    let where_ =
        f.take("where").and_then(|n| cond::program(n, "where", &with_event(&scope.before), Want::Condition, out));
    event.map(|event| Start::On { event, where_ })
}

fn cron(f: &mut Fields<'_>, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<Start> {
    const MISSED: [(&str, Missed); 3] = [("skip", Missed::Skip), ("once", Missed::Once), ("all", Missed::All)];
    let schedule = f.take("cron").and_then(|n| settings::cron(n, out));
    let zone = f.word("zone", &parts::ZONES, out).unwrap_or(ZoneOf::Workspace);
    let where_ = f.take("where").and_then(|n| cond::program(n, "where", &scope.before, Want::Condition, out));
    let missed = f.word("missed", &MISSED, out).unwrap_or(Missed::Once);
    schedule.map(|schedule| Start::Cron { schedule, zone, where_, missed })
}

fn dated(
    f: &mut Fields<'_>,
    key: &'static str,
    scope: &Scope,
    subject: Subject,
    out: &mut Vec<Diagnostic>,
) -> Option<Start> {
    const PAST: [(&str, IfPast); 3] = [("skip", IfPast::Skip), ("run", IfPast::Run), ("alert", IfPast::Alert)];
    if subject == Subject::Workspace {
        let help = "use `cron`, or `for: account`";
        out.push(Diagnostic::error("bad-start", &f.place, "a playbook for the workspace has no dates", help));
    }
    let date = f.take(key).and_then(|n| parts::date(n, key, &scope.before, out));
    let by = f.need("by", "how long before or after, e.g. `by: 30d`", out).and_then(|n| values::length(n, out));
    let if_past = f.word("if_past", &PAST, out).unwrap_or(IfPast::Skip);
    Some(Start::Dated { date: date?, before: key == "before", by: by?, if_past })
}

/// Who may start, how often. `again` defaults to never for `when`, else always.
pub fn enroll(node: Option<&Node>, start: Option<&Start>, scope: &Scope, out: &mut Vec<Diagnostic>) -> Enroll {
    const OPEN: [(&str, Open); 3] =
        [("ignore", Open::Ignore), ("restart", Open::Restart), ("parallel", Open::Parallel)];
    let again = if matches!(start, Some(Start::When { .. })) { Again::Never } else { Again::Always };
    let mut read = Enroll { existing: false, again, open: Open::Ignore, key: None, rollout: 100.0 };
    let Some(mut f) = node.and_then(|n| Fields::of(n, "`enroll`", out)) else { return read };
    read.existing = f.bool("existing", out).unwrap_or(false);
    if let Some(node) = f.take("again") {
        read.again = self::again(node, out).unwrap_or(read.again);
    }
    read.open = f.word("open", &OPEN, out).unwrap_or(Open::Ignore);
    read.key = f.take("key").and_then(|n| cond::program(n, "key", &with_event(&scope.before), Want::Any, out));
    if read.key.is_some() && !matches!(start, Some(Start::On { .. })) {
        let help = "leave it out, or start `on` an event";
        out.push(Diagnostic::error("bad-key", &f.place, "`key` tells apart the events that start a playbook", help));
    }
    read.rollout = f.take("rollout").and_then(|n| values::percent(n, out)).unwrap_or(100.0);
    f.finish(out);
    read
}

fn again(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Again> {
    if !matches!(node.kind, Kind::Map(_)) {
        return values::word(node, &[("always", Again::Always), ("never", Again::Never)], out);
    }
    let mut f = Fields::of(node, "`again`", out)?;
    let after = f.length("after", out);
    let at_most = f.take("at_most").and_then(|n| times(n, out));
    if !f.has("after") && !f.has("at_most") {
        out.push(Diagnostic::error(
            "missing-key",
            &f.place,
            "`again` needs `after` or `at_most`",
            "e.g. `again: {after: 30d}`",
        ));
    }
    f.finish(out);
    Some(Again::After { after, at_most })
}

fn times(node: &Node, out: &mut Vec<Diagnostic>) -> Option<(u32, crate::rulebook::schedule::length::Length)> {
    let mut f = Fields::of(node, "`at_most`", out)?;
    let times = f.need("times", "how many", out).and_then(|n| values::whole(n, 1, 10_000, out));
    let per = f.need("per", "in how long, e.g. 365d", out).and_then(|n| values::length(n, out));
    f.finish(out);
    times.zip(per)
}
