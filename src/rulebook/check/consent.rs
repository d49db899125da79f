//! Messages to customers whose consent class nobody chose.

use super::{Book, to_customer};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::playbook::{Body, Playbook},
};

/// `class:` is written on the playbook or on the step; the default would be `service`.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in book.rulebook.playbooks.iter().filter(|p| !says_class(book, p)) {
        let first = playbook
            .steps
            .iter()
            .find(|s| matches!(&s.body, Body::Message(m) if m.class.is_none() && to_customer(playbook, m)));
        if let Some(step) = first {
            let message = format!("`{}` writes to customers and does not say on which ground", step.id);
            let help = "add `class: service` (part of what they pay for), `marketing` (needs consent) or `notice` (contract, payment, law) to the playbook";
            out.push(Diagnostic::warning("no-class", &book.in_step(step, "id"), message, help));
        }
    }
}

fn says_class(book: &Book<'_>, playbook: &Playbook) -> bool {
    book.tree_of(playbook).is_some_and(|tree| tree.get("class").is_some())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, places};

    #[test]
    fn the_class_is_said_once_by_playbook_or_step() {
        let steps = "\n  - {id: a, email: team/nudge, to: {role: [admin]}}\n";
        assert_eq!(places("no-class", steps), ["playbooks/p.yaml:7:10"]);
        assert!(found("no-class", &format!("{steps}class: notice\n")).is_empty());
        assert!(found("no-class", &steps.replace("{id: a,", "{id: a, class: marketing,")).is_empty());
        assert!(found("no-class", "\n  - {id: a, slack: team/nudge, to: \"#cs\"}\n").is_empty(), "to our own team");
    }
}
