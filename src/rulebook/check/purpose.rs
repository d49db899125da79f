//! A playbook says what it is for and which phase it serves.

use super::Book;
use crate::{model::diagnostic::Diagnostic, rulebook::playbook::Subject};

/// Missing purpose, title or phase.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        let mut tell = |rule, message: &str, help: &str| {
            out.push(Diagnostic::warning(rule, &playbook.place, format!("`{}` {message}", playbook.name), help));
        };
        if playbook.purpose.ja.is_none() && playbook.purpose.en.is_none() {
            tell("no-purpose", "does not say what it is for", "add `purpose:`, one sentence; reports show it");
        }
        // A phase that nobody knows is told where it stands.
        let written = book.tree_of(playbook).is_some_and(|tree| tree.get("phase").is_some());
        let journey = !book.rulebook.model.journey.is_empty() && playbook.subject != Subject::Workspace;
        if playbook.phase.is_none() && !written && journey {
            tell("no-phase", "serves no phase", "add `phase:`, so that gaps in the journey show");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book};

    #[test]
    fn a_phase_nobody_knows_is_not_told_as_missing_too() {
        let rules = |phase: &str| -> Vec<&str> {
            let text =
                format!("playbook: p\npurpose: x\n{phase}start: {{manual: true}}\nsteps: [{{id: a, stop: x}}]\n");
            let found = book(MODEL, &[("p", text)]).into_iter().map(|d| d.rule);
            found.filter(|rule| rule.ends_with("-phase")).collect()
        };
        assert_eq!(rules("phase: onbording\n"), ["unknown-phase"]);
        assert_eq!(rules(""), ["no-phase"]);
    }
}
