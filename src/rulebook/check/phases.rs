//! Phases without a playbook: the gap in "rich onboarding, nothing after".

use super::Book;
use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::yaml::Node,
};

/// Every phase but churn is served by a playbook.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for phase in book.rulebook.model.journey.iter().filter(|p| p.name != "churned") {
        if served(book, &phase.name) {
            continue;
        }
        let message = format!("no playbook serves the phase `{}`", phase.name);
        let help = format!("write one with `phase: {}`, or fold the phase into its neighbour", phase.name);
        out.push(Diagnostic::warning("phase-without-playbook", &place(book, &phase.name), message, help));
    }
}

/// By any playbook file, also one that could not be read to its end.
fn served(book: &Book<'_>, phase: &str) -> bool {
    let says = |tree: &Node| tree.get("phase").and_then(Node::scalar).is_some_and(|s| s.text == phase);
    let unreadable = |path: &String| {
        path.starts_with("playbooks/") && !path.ends_with(".test.yaml") && !book.trees.contains_key(path)
    };
    // What waits beside the rulebook is a plan for the phase, not a gap.
    let line = format!("phase: {phase}");
    let waits = |(path, text): (&String, &String)| {
        path.starts_with("later/playbooks/") && text.lines().any(|l| l.split('#').next().map(str::trim) == Some(&line))
    };
    book.trees.values().any(says) || book.files.keys().any(unreadable) || book.files.iter().any(waits)
}

fn place(book: &Book<'_>, phase: &str) -> Place {
    let phases = super::items(book.trees.get("model.yaml").and_then(|m| m.get("journey")));
    let found = phases.iter().find_map(|n| n.get("phase").filter(|p| p.scalar().is_some_and(|s| s.text == phase)));
    found.map_or_else(|| book.model_place("journey"), |n| n.place.clone())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    #[test]
    fn a_phase_whose_playbook_waits_in_later_is_no_gap() {
        let rules = |more: &[(&str, &str)]| -> usize {
            book_with(MODEL, &[], more).iter().filter(|d| d.rule == "phase-without-playbook").count()
        };
        assert_eq!(rules(&[]), 1);
        assert_eq!(rules(&[("later/playbooks/q.yaml", "playbook: q\nphase: onboarding  # later\n")]), 0);
        assert_eq!(rules(&[("later/playbooks/q.yaml", "playbook: q\nphase: adoption\n")]), 1);
    }
}
