//! Playbooks that go on writing to customers who have long done what they were asked.

use super::{Book, to_customer};
use crate::{
    model::{diagnostic::Diagnostic, message::Class},
    rulebook::playbook::{Body, Playbook, Step, Subject, Wait},
};

/// A message to customers after a wait by time, where nothing can end the run: no goal, no exit, no `if`.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in book.rulebook.playbooks.iter().filter(|p| p.subject != Subject::Workspace) {
        if playbook.goal.is_some() || !playbook.exits.is_empty() {
            continue;
        }
        if let Some(step) = unguarded(playbook) {
            let message = format!(
                "`{}` has no goal and no exit: `{}` also goes to customers who have done what it asks",
                playbook.name, step.id
            );
            let help =
                "add `goal: {when: …, within: 30d}` (what it is meant to reach), an `exit`, or an `if` on the step";
            out.push(Diagnostic::warning("no-exit", &book.in_step(step, "id"), message, help));
        }
    }
}

/// The first such message among the steps that every run goes through.
fn unguarded(playbook: &Playbook) -> Option<&Step> {
    let mut waited = false;
    let mut at = Some(0);
    while let Some(step) = at.and_then(|i| playbook.steps.get(i)) {
        match &step.body {
            Body::Wait(Wait::For(_) | Wait::Until(..)) => waited = true,
            // What was waited for, or chosen, was looked at.
            Body::WaitFor(_) | Body::Branch { .. } => return None,
            Body::Message(m) if waited && step.cond.is_none() && to_customer(playbook, m) => {
                return (m.class.unwrap_or(playbook.class) != Class::Notice).then_some(step);
            }
            _ => {}
        }
        at = step.next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, places};

    const LATER: &str = "
  - {id: first, email: team/nudge, to: {role: [admin]}}
  - {id: pause, wait: 3d}
  - {id: again, email: team/nudge, to: {role: [admin]}}
";

    #[test]
    fn a_second_mail_needs_a_way_out() {
        assert_eq!(places("no-exit", LATER), ["playbooks/p.yaml:9:10"]);
    }

    #[test]
    fn a_goal_an_exit_or_a_condition_is_a_way_out() {
        for more in ["goal: {when: account.mrr > 1}\n", "exit: [{when: account.mrr > 1}]\n"] {
            assert!(found("no-exit", &format!("{LATER}{more}")).is_empty(), "{more}");
        }
        let asked = LATER.replace("{id: again,", "{id: again, if: account.mrr > 1,");
        assert!(found("no-exit", &asked).is_empty());
        assert!(found("no-exit", "\n  - {id: once, email: team/nudge, to: {role: [admin]}}\n").is_empty());
    }
}
