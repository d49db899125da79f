//! Phases without a playbook: the gap in "rich onboarding, nothing after".

use super::Book;
use crate::model::diagnostic::{Diagnostic, Place};

/// Every phase but churn is served by a playbook.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let rulebook = book.rulebook;
    for phase in rulebook.model.journey.iter().filter(|p| p.name != "churned") {
        if rulebook.playbooks.iter().any(|p| p.phase.as_deref() == Some(&phase.name)) {
            continue;
        }
        let message = format!("no playbook serves the phase `{}`", phase.name);
        let help = format!("write one with `phase: {}`, or fold the phase into its neighbour", phase.name);
        out.push(Diagnostic::warning("phase-without-playbook", &place(book, &phase.name), message, help));
    }
}

fn place(book: &Book<'_>, phase: &str) -> Place {
    let phases = super::items(book.trees.get("model.yaml").and_then(|m| m.get("journey")));
    let found = phases.iter().find_map(|n| n.get("phase").filter(|p| p.scalar().is_some_and(|s| s.text == phase)));
    found.map_or_else(|| book.model_place("journey"), |n| n.place.clone())
}
