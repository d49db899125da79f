//! Marketing needs a topic that people can leave, and a cap.

use super::Book;
use crate::{
    model::{
        diagnostic::Diagnostic,
        message::{ChannelKind, Class},
    },
    rulebook::playbook::Body,
};

/// Marketing e-mail without a topic, or without any cap in the model.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let capped = book.rulebook.model.caps.iter().any(|c| c.class != Some(Class::Service));
    for playbook in &book.rulebook.playbooks {
        let mut told = capped;
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            if message.channel != ChannelKind::Email || message.class.unwrap_or(playbook.class) != Class::Marketing {
                continue;
            }
            let templates = book.rulebook.templates.all.iter().filter(|((name, _), _)| *name == message.template);
            if templates.map(|(_, t)| t).any(|t| t.topic.is_empty()) {
                let text = format!("`{}` is marketing without a topic", message.template);
                let help = "add `topic: NAME` to the template: people unsubscribe from topics";
                out.push(Diagnostic::error("no-topic", &book.in_step(step, "email"), text, help));
            }
            if !std::mem::replace(&mut told, true) {
                let text = format!("`{}` sends marketing, and nothing caps it", playbook.name);
                let help =
                    "add to model.yaml: caps: [{count: email, class: marketing, at_most: 2 per 7d, per: contact}]";
                out.push(Diagnostic::warning("no-cap", &book.in_step(step, "email"), text, help));
            }
        }
    }
}
