//! Marketing needs a topic that people can leave, and a cap; what is marketing everywhere else is no service here.

use super::Book;
use crate::{
    model::{
        diagnostic::Diagnostic,
        message::{ChannelKind, Class},
    },
    rulebook::playbook::{Body, Step, To},
};

/// Marketing e-mail without a topic, or without any cap in the model; service e-mail that is marketing elsewhere.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    disguised(book, out);
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

/// An e-mail of a playbook to customers.
struct Mail<'b> {
    step: &'b Step,
    playbook: &'b str,
    template: &'b str,
    topic: &'b str,
    class: Class,
}

fn mails<'b>(book: &'b Book<'_>) -> Vec<Mail<'b>> {
    let mut found = Vec::new();
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            let to = message.to.as_ref().or(playbook.to.as_ref());
            let team = matches!(to, Some(To::Team(_) | To::Channel(_)));
            if message.channel == ChannelKind::Email && !team {
                let mut languages =
                    book.rulebook.templates.all.iter().filter(|((name, _), _)| *name == message.template);
                let topic = languages.next().map_or("", |(_, template)| template.topic.as_str());
                let (template, class) = (message.template.as_str(), message.class.unwrap_or(playbook.class));
                found.push(Mail { step, playbook: &playbook.name, template, topic, class });
            }
        }
    }
    found
}

/// Service mail goes without consent: a template, or a topic, that marketing uses otherwise lets advertising pass as service.
fn disguised(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let all = mails(book);
    for mail in all.iter().filter(|mail| mail.class == Class::Service) {
        let mostly = |alike: &dyn Fn(&Mail<'_>) -> bool| {
            let others = all.iter().filter(|other| !std::ptr::eq(other.step, mail.step) && alike(other));
            let (marketing, rest): (Vec<&Mail<'_>>, Vec<&Mail<'_>>) =
                others.partition(|other| other.class == Class::Marketing);
            (marketing.len() > rest.len()).then(|| marketing.first().map_or("", |one| one.playbook))
        };
        let place = book.in_step(mail.step, "email");
        let help =
            "write `class: marketing` on the step (it then needs consent), or give it a template and topic of its own";
        if let Some(other) = mostly(&|other| other.template == mail.template) {
            let text = format!("`{}` is service here, and marketing in `{other}`", mail.template);
            out.push(Diagnostic::warning("service-or-marketing", &place, text, help));
        } else if let Some(other) = mostly(&|other| !mail.topic.is_empty() && other.topic == mail.topic) {
            let text = format!(
                "`{}` is service on the topic `{}`, which is marketing in `{other}`",
                mail.template, mail.topic
            );
            out.push(Diagnostic::warning("service-or-marketing", &place, text, help));
        }
    }
}
