//! Advertising mail says who sends it, from where, and how to stop it (特定電子メール法, CAN-SPAM, GDPR).

use std::collections::BTreeSet;

use super::{Book, to_customer};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        message::{ChannelKind, Class},
    },
    rulebook::{
        playbook::Body,
        yaml::{self, Node},
    },
};

/// Layouts without a footer; and, where `shirube.yaml` is at hand, marketing without a sender's name and postal address
/// or with opt-out links nobody can open.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let mails = mails(book);
    footers(&mails, book, out);
    let first = mails.iter().find(|mail| mail.class == Class::Marketing);
    if let (Some(first), Some(text)) = (first, book.files.get("shirube.yaml")) {
        let tree = yaml::parse("shirube.yaml", text, &mut Vec::new()).into_iter().next();
        sender(first, tree.as_ref(), out);
        way_out(first, tree.as_ref(), out);
    }
}

/// A mail to customers.
struct Mail<'a> {
    class: Class,
    template: &'a str,
    place: Place,
}

fn mails<'a>(book: &Book<'a>) -> Vec<Mail<'a>> {
    let mut found = Vec::new();
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            if message.channel == ChannelKind::Email && to_customer(playbook, message) {
                let class = message.class.unwrap_or(playbook.class);
                found.push(Mail { class, template: &message.template, place: book.in_step(step, "email") });
            }
        }
    }
    found
}

/// The footer holds name, address and the link; a layout without it sends mail nobody can stop.
fn footers(mails: &[Mail<'_>], book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let templates = &book.rulebook.templates;
    for mail in mails.iter().filter(|mail| mail.class != Class::Notice) {
        // Each language may have a layout of its own.
        let own = templates.all.iter().filter(|((name, _), _)| name == mail.template);
        let names: BTreeSet<&str> = own.map(|(_, template)| template.layout.as_str()).collect();
        let bare = |name: &&str| templates.layouts.get(*name).is_some_and(|layout| !has_footer(&layout.source));
        for name in names.into_iter().filter(bare) {
            let text = format!("the layout `{name}` of this mail has no {{{{ footer }}}}");
            let help = "add {{ footer }} in an mj-text: sender, postal address and the opt-out link stand in it";
            out.push(Diagnostic::error("no-footer", &mail.place, text, help));
        }
    }
}

fn has_footer(layout: &str) -> bool {
    layout.contains("{{ footer }}") || layout.contains("{{footer}}")
}

fn sender(mail: &Mail<'_>, config: Option<&Node>, out: &mut Vec<Diagnostic>) {
    if !(said(config, "company", "name") && said(config, "company", "address")) {
        let text = format!("`{}` is marketing, and nothing says who sends it", mail.template);
        let help =
            "add to shirube.yaml: company: {name: \"…\", address: \"…\"}; the law asks for both in advertising mail";
        out.push(Diagnostic::error("no-imprint", &mail.place, text, help));
    }
}

fn way_out(mail: &Mail<'_>, config: Option<&Node>, out: &mut Vec<Diagnostic>) {
    let transport = config.and_then(|c| c.get("email")?.get("transport")?.scalar()).map(|s| s.text.as_str());
    let leaves = transport.is_some_and(|t| t.starts_with("smtp"));
    if leaves && !said(config, "http", "public_url") {
        let text = format!("`{}` is marketing, and its opt-out link leads nowhere", mail.template);
        let help = "add to shirube.yaml: http: {public_url: https://…}; readers and mail programs open it from outside";
        out.push(Diagnostic::warning("no-way-out", &mail.place, text, help));
    }
}

/// Whether a key of the configuration has a text.
fn said(config: Option<&Node>, section: &str, key: &str) -> bool {
    let value = config.and_then(|c| c.get(section)?.get(key)?.scalar());
    value.is_some_and(|v| !v.text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use crate::{
        rulebook::check::tests::{MODEL, book_with},
        words::findings::is_known,
    };

    const PLAYBOOK: &str = "playbook: p\npurpose: x\nphase: onboarding\npriority: 7\nclass: CLASS\nstart: {when: account.mrr > 5}\n\
        to: {role: [admin]}\nsteps:\n  - {id: a, email: news/a}\n";
    const LAYOUT: &str =
        "<mjml><mj-body><mj-section><mj-column><mj-text>{{ body }}</mj-text></mj-column></mj-section></mj-body></mjml>";

    fn found(class: &str, config: &str, layout: &str) -> Vec<String> {
        let text = "---\nsubject: s\ntopic: news\nlayout: own\n---\nHello\n";
        let more = [
            ("templates/news/a.ja.md", text),
            ("templates/news/a.en.md", text),
            ("templates/layouts/own.mjml", layout),
            ("shirube.yaml", config),
        ];
        let found = book_with(MODEL, &[("p", PLAYBOOK.replace("CLASS", class))], &more);
        let ours = ["no-footer", "no-imprint", "no-way-out"];
        let place =
            |d: &crate::model::diagnostic::Diagnostic| format!("{} {}:{}", d.rule, d.place.line, d.place.column);
        let found: Vec<_> = found.into_iter().filter(|d| ours.contains(&d.rule)).collect();
        assert!(found.iter().all(|d| is_known(&d.message) && is_known(&d.help)), "in Japanese, too: {found:?}");
        found.iter().map(place).collect()
    }

    #[test]
    fn each_language_has_a_footer_of_its_own_to_forget() {
        let whole = LAYOUT.replace("{{ body }}", "{{ body }} {{ footer }}");
        for (ja, en) in [("own", "bare"), ("bare", "own")] {
            let text = |layout: &str| format!("---\nsubject: s\ntopic: news\nlayout: {layout}\n---\nHello\n");
            let (ja, en) = (text(ja), text(en));
            let more = [
                ("templates/news/a.ja.md", ja.as_str()),
                ("templates/news/a.en.md", en.as_str()),
                ("templates/layouts/own.mjml", whole.as_str()),
                ("templates/layouts/bare.mjml", LAYOUT),
            ];
            let found = book_with(MODEL, &[("p", PLAYBOOK.replace("CLASS", "service"))], &more);
            let bare: Vec<_> = found.iter().filter(|d| d.rule == "no-footer").collect();
            assert!(bare.len() == 1 && bare[0].message.contains("`bare`"), "{found:?}");
        }
    }

    #[test]
    fn advertising_says_who_sends_it_and_how_to_stop_it() {
        let whole = LAYOUT.replace("{{ body }}", "{{ body }} {{ footer }}");
        let smtp = "email: {transport: \"smtp://relay\", from: a@b.example}\n";
        let company = "company: {name: X, address: Y}\n";
        let url = "http: {public_url: https://s.example}\n";
        let all = format!("{smtp}{company}{url}");
        assert_eq!(found("marketing", &all, &whole), Vec::<String>::new());
        assert_eq!(found("marketing", &all, LAYOUT), ["no-footer 9:20"]);
        assert_eq!(found("service", "", LAYOUT), ["no-footer 9:20"]);
        assert_eq!(found("notice", "", LAYOUT), Vec::<String>::new());
        assert_eq!(found("marketing", &format!("{smtp}{url}"), &whole), ["no-imprint 9:20"]);
        assert_eq!(found("marketing", &format!("{smtp}{company}"), &whole), ["no-way-out 9:20"]);
        assert_eq!(found("service", smtp, &whole), Vec::<String>::new());
        assert_eq!(found("marketing", "company: {name: X, address: \" \"}\n", &whole), ["no-imprint 9:20"]);
    }
}
