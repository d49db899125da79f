//! Exits that are implied, and playbooks for churned accounts that never start.

use super::Book;
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::playbook::{Start, Trigger},
};

/// `exit: account.status == "churned"` is implied; a start that needs it needs `include_churned`.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in book.rulebook.playbooks.iter().filter(|p| !p.include_churned) {
        if let Start::When { cond, .. } = &playbook.start
            && squeezed(cond.source()).contains(CHURNED)
            && !cond.source().contains("||")
        {
            let message = format!("`{}` starts for churned accounts only, which never start", playbook.name);
            let place = &book.in_playbook(playbook, "start");
            out.push(Diagnostic::error("never-starts", place, message, "add `include_churned: true`"));
        }
        for exit in &playbook.exits {
            if matches!(&exit.on, Trigger::When(when) if squeezed(when.source()) == CHURNED) && exit.then.is_none() {
                let message = format!("`{}` exits at churn by itself", playbook.name);
                let place = &book.in_playbook(playbook, "exit");
                out.push(Diagnostic::hint("implied-exit", place, message, "the exit can be left out"));
            }
        }
    }
}

const CHURNED: &str = "account.status==\"churned\"";

fn squeezed(text: &str) -> String {
    text.replace('\'', "\"").split_whitespace().collect()
}
