//! Messages to a customer's own channel, where no condition asks whether a channel is linked.

use super::Book;
use crate::{
    model::{diagnostic::Diagnostic, message::ChannelKind},
    rulebook::playbook::{Body, Playbook, To},
};

/// `to: customer` goes to `account.slack_channel` or `account.discord_channel`. Where nothing reads that attribute, the
/// playbook starts for everybody, and the step is passed over for each account without a channel.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            let chat = matches!(message.channel, ChannelKind::Slack | ChannelKind::Discord);
            let customer = matches!(message.to.as_ref().or(playbook.to.as_ref()), Some(To::Customer));
            let attribute = format!("account.{}_channel", message.channel.word());
            if chat && customer && !asks(book, playbook, &attribute) {
                let text =
                    format!("`{}` goes to a channel of the customer, and nothing asks whether one is linked", step.id);
                let help = format!(
                    "add `has({attribute})` to `when` or `where`; the column `{}_channel` of your sheet links it",
                    message.channel.word()
                );
                out.push(Diagnostic::hint(
                    "no-linked-channel",
                    &book.in_step(step, message.channel.word()),
                    text,
                    help,
                ));
            }
        }
    }
}

/// Whether the playbook's file or the model (a segment) reads the attribute.
fn asks(book: &Book<'_>, playbook: &Playbook, attribute: &str) -> bool {
    let files = [&*playbook.place.file, "model.yaml"];
    files.iter().filter_map(|path| book.files.get(*path)).any(|text| text.contains(attribute))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    fn found(when: &str, step: &str) -> Vec<String> {
        let playbook = format!(
            "playbook: p\npurpose: x\nphase: onboarding\npriority: 7\nstart: {{when: '{when}'}}\nclass: service\nsteps:\n  - {step}\n"
        );
        let all = book_with(MODEL, &[("p", playbook)], &[]);
        let ours = all.into_iter().filter(|d| d.rule == "no-linked-channel");
        ours.map(|d| format!("{}:{} {}", d.place.line, d.place.column, d.help)).collect()
    }

    #[test]
    fn a_message_to_the_customer_s_channel_is_for_those_who_have_one() {
        let step = "{id: a, slack: team/nudge, to: customer}";
        let help =
            "add `has(account.slack_channel)` to `when` or `where`; the column `slack_channel` of your sheet links it";
        assert_eq!(found("account.mrr > 1", step), [format!("8:20 {help}")]);
        assert!(found("has(account.slack_channel)", step).is_empty());
        assert_eq!(found("has(account.discord_channel)", step).len(), 1, "another platform's channel");
        assert!(found("account.mrr > 1", "{id: a, slack: team/nudge, to: \"#cs\"}").is_empty());
    }
}
