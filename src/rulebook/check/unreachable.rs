//! Steps that no run ever comes to: after a `stop`, behind a condition that is always false, in an arm without a share.

use std::{collections::BTreeSet, sync::Arc};

use super::Book;
use crate::{
    model::diagnostic::{Diagnostic, Severity},
    rulebook::{
        expr::Program,
        playbook::{Body, Playbook, Step},
    },
};

/// The first step of every stretch that is never reached, and steps whose `if` is `"false"`.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    // What could not be read leaves gaps behind which nothing seems to come.
    let broken: BTreeSet<Arc<str>> =
        out.iter().filter(|d| d.severity == Severity::Error).map(|d| d.place.file.clone()).collect();
    for playbook in book.rulebook.playbooks.iter().filter(|p| !broken.contains(&p.place.file)) {
        let reached = reached(playbook);
        let unreached = || playbook.steps.iter().zip(&reached).filter(|(_, r)| !**r).map(|(step, _)| step);
        let told: BTreeSet<usize> = unreached().flat_map(after).collect();
        for (i, step) in playbook.steps.iter().enumerate() {
            let never = step.cond.as_ref().and_then(constant) == Some(false);
            if never && reached[i] {
                let message = format!("the step `{}` never happens: its `if` is always false", step.id);
                let help = "change the condition, or delete the step";
                out.push(Diagnostic::warning("unreachable-step", &book.in_step(step, "if"), message, help));
            } else if !reached[i] && !told.contains(&i) {
                let message = format!("no run ever comes to the step `{}`", step.id);
                let help = "what stands before it always ends the run or goes elsewhere: move the step up, give that `stop` an `if`, or delete it";
                out.push(Diagnostic::warning("unreachable-step", &book.in_step(step, "id"), message, help));
            }
        }
    }
}

/// Which steps a run can come to.
fn reached(playbook: &Playbook) -> Vec<bool> {
    let mut reached = vec![false; playbook.steps.len()];
    let mut open: Vec<usize> = if playbook.steps.is_empty() { Vec::new() } else { vec![0] };
    open.extend(playbook.exits.iter().filter_map(|e| e.then));
    open.extend(playbook.goal.iter().filter_map(|g| g.then));
    while let Some(at) = open.pop() {
        if let Some(seen) = reached.get_mut(at)
            && !std::mem::replace(seen, true)
        {
            open.extend(after(&playbook.steps[at]));
        }
    }
    reached
}

/// The steps that can come next.
fn after(step: &Step) -> Vec<usize> {
    let or_next = |list: Option<usize>| list.or(step.next);
    let inside: Vec<Option<usize>> = match &step.body {
        Body::Stop(_) => Vec::new(),
        Body::Branch { when, then, otherwise } => match constant(when) {
            Some(true) => vec![or_next(*then)],
            Some(false) => vec![or_next(*otherwise)],
            None => vec![or_next(*then), or_next(*otherwise)],
        },
        Body::Split(arms) => {
            arms.iter().filter(|(_, share, _)| *share > 0).map(|(_, _, list)| or_next(*list)).collect()
        }
        Body::WaitFor(wait) => {
            wait.branches.iter().map(|(_, list)| or_next(*list)).chain([or_next(wait.otherwise)]).collect()
        }
        _ => vec![step.next],
    };
    let skipped = step.cond.is_some().then_some(step.next).flatten();
    match step.cond.as_ref().and_then(constant) {
        Some(false) => step.next.into_iter().collect(),
        _ => inside.into_iter().flatten().chain(skipped).collect(),
    }
}

/// The value of a condition that says only `true` or `false`.
fn constant(program: &Program) -> Option<bool> {
    program.source().trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book, found, places};

    #[test]
    fn a_condition_that_could_not_be_read_does_not_make_what_follows_unreachable() {
        let rules = |cond: &str| -> Vec<&str> {
            let text = format!(
                "playbook: p\nstart: {{manual: true}}\nsteps:\n  - {{id: s, if: '{cond}', stop: x}}\n  - {{id: b, if: '{cond}', then: [{{id: c, stop: y}}]}}\n  - {{id: t, task: {{ja: あ, en: A}}}}\n"
            );
            let found = book(MODEL, &[("p", text)]).into_iter().map(|d| d.rule);
            found.filter(|rule| ["unknown-name", "unreachable-step"].contains(rule)).collect()
        };
        assert_eq!(rules("account.mystery == 1"), ["unknown-name", "unknown-name"]);
        assert!(rules("account.mrr == 1").is_empty());
    }

    #[test]
    fn what_stands_after_a_stop_is_told_once() {
        let steps = "
  - {id: a, task: {ja: あ, en: A}}
  - {id: end, stop: done}
  - {id: b, task: {ja: い, en: B}}
  - {id: c, task: {ja: う, en: C}}
";
        assert_eq!(places("unreachable-step", steps), ["playbooks/p.yaml:9:10"]);
    }

    #[test]
    fn an_arm_without_a_share_and_a_false_condition_are_never_reached() {
        let steps = "
  - {id: s, split: {x: 1, y: 0}, x: [], y: [{id: in_y, task: {ja: あ, en: A}}]}
  - {id: off, if: \"false\", task: {ja: い, en: B}}
";
        assert_eq!(places("unreachable-step", steps), ["playbooks/p.yaml:7:50", "playbooks/p.yaml:8:19"]);
    }

    #[test]
    fn steps_behind_branches_waits_and_conditional_stops_are_reached() {
        let steps = "
  - {id: maybe, if: account.mrr > 5, stop: rich}
  - id: b
    if: account.mrr > 1
    then: [{id: t, task: {ja: あ, en: A}}]
    else: [{id: e, stop: poor}]
  - id: w
    wait_for: account.mrr > 9
    at_most: 2d
    otherwise: [{id: o, task: {ja: い, en: B}}]
  - {id: last, task: {ja: う, en: C}}
";
        assert!(found("unreachable-step", steps).is_empty());
    }
}
