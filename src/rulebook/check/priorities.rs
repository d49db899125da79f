//! Two playbooks that write to customers with the same priority: the name would decide.

use std::collections::BTreeMap;

use super::Book;
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::playbook::{Body, Playbook, To},
};

/// Ties of priority among playbooks that compete for a customer's attention, where a cap makes it matter.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    if book.rulebook.model.caps.is_empty() {
        return;
    }
    let mut by_priority: BTreeMap<i32, Vec<&Playbook>> = BTreeMap::new();
    for playbook in book.rulebook.playbooks.iter().filter(|p| writes_to_customers(p)) {
        by_priority.entry(playbook.priority).or_default().push(playbook);
    }
    for (priority, tied) in by_priority.iter().filter(|(_, tied)| tied.len() > 1) {
        let names: Vec<&str> = tied.iter().map(|p| p.name.as_str()).collect();
        let message = format!(
            "{} share the priority {priority}: where a cap lets one through, the name decides",
            names.join(", ")
        );
        let help = "give the more important one a higher `priority`";
        if let Some(first) = tied.first() {
            out.push(Diagnostic::hint("priority-tie", &book.in_playbook(first, "priority"), message, help));
        }
    }
}

fn writes_to_customers(playbook: &Playbook) -> bool {
    let customer = |to: Option<&To>| matches!(to, Some(To::Contact | To::Roles { .. } | To::Customer));
    playbook
        .steps
        .iter()
        .any(|s| matches!(&s.body, Body::Message(m) if customer(m.to.as_ref().or(playbook.to.as_ref()))))
}
