//! Surveys are answered by one person: a message that asks one goes to contacts.

use super::{Book, to_customer};
use crate::{
    model::{diagnostic::Diagnostic, locale::Locale},
    rulebook::playbook::{Body, To},
};

/// A step that sends a survey to the team, to a channel or to an endpoint: it would not leave.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let asks = |name: &str| {
        let of = |locale: &Locale| book.rulebook.templates.all.get(&(name.to_owned(), *locale));
        Locale::ALL.iter().filter_map(of).any(|t| !t.surveys.is_empty())
    };
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            let shared = matches!(message.to.as_ref().or(playbook.to.as_ref()), Some(To::Customer));
            if asks(&message.template) && (shared || !to_customer(playbook, message)) {
                let text = format!("`{}` asks a survey, and `{}` goes to no contact", message.template, step.id);
                let help = "send it `to: contact` or to roles of the customer's people: an answer is one person's";
                out.push(Diagnostic::error(
                    "survey-recipient",
                    &book.in_step(step, message.channel.word()),
                    text,
                    help,
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    const HEAD: &str =
        "playbook: p\npurpose: x\nphase: onboarding\npriority: 7\nstart: {on: x}\nclass: service\nsteps:";

    fn found(to: &str) -> Vec<String> {
        let playbook = format!("{HEAD}\n  - {{id: a, slack: survey/q, to: {to}}}\n");
        let templates = ["ja", "en"].map(|l| format!("templates/survey/q.{l}.md"));
        let more: Vec<(&str, &str)> = templates.iter().map(|path| (path.as_str(), "{{ survey(\"nps\") }}")).collect();
        let all = book_with(MODEL, &[("p", playbook)], &more);
        let ours = all.into_iter().filter(|d| d.rule == "survey-recipient");
        ours.map(|d| format!("{}:{}:{}", d.place.file, d.place.line, d.place.column)).collect()
    }

    #[test]
    fn a_survey_to_the_team_or_into_a_channel_is_found_and_one_to_people_is_right() {
        for wrong in ["csm", "\"#cs\"", "customer"] {
            assert_eq!(found(wrong), ["playbooks/p.yaml:8:20"], "{wrong}");
        }
        for right in ["{role: [admin]}", "contact"] {
            assert!(found(right).is_empty(), "{right}");
        }
    }
}
