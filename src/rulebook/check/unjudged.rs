//! A guardrail that is to pause a playbook, where there is nobody to compare with.

use super::Book;
use crate::{model::diagnostic::Diagnostic, rulebook::playbook::Playbook};

/// Playbooks that pause by a comparison which no holdout makes possible.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        if !playbook.pause_on.contains(&"tickets") || has_holdout(book, playbook) {
            continue;
        }
        let message = "`pause_on: [tickets]` compares with those held out, and nobody is: it never pauses";
        let help = "give the playbook a holdout, such as `holdout: {percent: 10}`, or take `tickets` out";
        out.push(Diagnostic::warning("unjudged-guardrail", &book.in_playbook(playbook, "pause_on"), message, help));
    }
}

fn has_holdout(book: &Book<'_>, playbook: &Playbook) -> bool {
    let own = playbook.holdout.as_ref().is_some_and(|holdout| holdout.percent > 0.0);
    own || (!playbook.no_holdout && book.rulebook.model.holdout.percent > 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book};

    fn found(model: &str, more: &str) -> Vec<String> {
        let playbook = format!(
            "playbook: p\nstart: {{when: metric.logins < 1}}\n{more}steps: [{{id: a, slack: '#cs', template: team/nudge}}]\n"
        );
        let told = book(model, &[("p", playbook)]).into_iter().filter(|d| d.rule == "unjudged-guardrail");
        told.map(|d| format!("{}:{}", d.place.line, d.place.column)).collect()
    }

    #[test]
    fn a_guardrail_that_compares_needs_somebody_to_compare_with() {
        assert_eq!(found(MODEL, "pause_on: [opt_outs, tickets]\n"), ["3:11"]);
        assert_eq!(
            found(&format!("{MODEL}holdout: {{percent: 5}}\n"), "pause_on: [tickets]\nholdout: none\n"),
            ["3:11"]
        );
        assert!(found(&format!("{MODEL}holdout: {{percent: 5}}\n"), "pause_on: [tickets]\n").is_empty());
        assert!(found(MODEL, "pause_on: [tickets]\nholdout: {percent: 10}\n").is_empty());
        assert!(found(MODEL, "pause_on: [opt_outs]\n").is_empty());
    }
}
