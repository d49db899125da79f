//! Steps that name a template that is not there.

use std::collections::BTreeSet;

use super::Book;
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        locale::Locale,
        message::ChannelKind,
    },
    rulebook::playbook::Body,
};

/// Every message step's template exists in every language.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let names = names(book);
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            if message.channel == ChannelKind::Webhook || names.contains(message.template.as_str()) {
                continue;
            }
            let help = match nearest(&message.template, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let file = |l: Locale| format!("templates/{}.{}.md", message.template, l.code());
                    format!("write {}", Locale::ALL.map(file).join(" and "))
                }
            };
            let text = format!("the step `{}` names a template `{}` that is not there", step.id, message.template);
            let place = book.in_step(step, message.channel.word());
            let found = Diagnostic::error("unknown-template", &place, text, help);
            out.push(found.mended_if_typo(&message.template, names.iter().copied()));
        }
    }
}

/// Names of the template files, whether or not they could be read.
fn names<'a>(book: &'a Book<'_>) -> BTreeSet<&'a str> {
    let name = |path: &'a str| {
        let rest = path.strip_prefix("templates/")?;
        Locale::ALL.iter().find_map(|l| rest.strip_suffix(".md")?.strip_suffix(l.code())?.strip_suffix('.'))
    };
    book.files.keys().filter_map(|p| name(p)).collect()
}
