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
        if playbook.phase.is_none() && playbook.subject != Subject::Workspace && !book.rulebook.model.journey.is_empty()
        {
            tell("no-phase", "serves no phase", "add `phase:`, so that gaps in the journey show");
        }
    }
}
