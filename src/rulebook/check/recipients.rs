//! Messages that cannot find their reader.

use super::Book;
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        message::{ChannelKind, Class},
    },
    rulebook::{
        playbook::{Body, MessageStep, Playbook, Step, Subject, To},
        types::AttrType,
        yaml::{Node, values},
    },
};

/// Roles of our own team that need no declaration.
const TEAM: [&str; 2] = ["csm", "manager"];

/// A message without `to`, an e-mail to a channel, a role nobody declared.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    digests(book, out);
    for playbook in &book.rulebook.playbooks {
        for step in &playbook.steps {
            match &step.body {
                Body::Message(hook) if hook.channel == ChannelKind::Webhook => webhook(book, &hook.template, step, out),
                Body::Message(message) => self::message(book, playbook, step, message, out),
                Body::Task(task) => {
                    team_role(book, &task.owner, "owner", step, out);
                    task.escalate.iter().for_each(|role| team_role(book, role, "escalate", step, out));
                }
                _ => {}
            }
        }
    }
}

fn message(book: &Book<'_>, playbook: &Playbook, step: &Step, message: &MessageStep, out: &mut Vec<Diagnostic>) {
    let Some(to) = message.to.as_ref().or(playbook.to.as_ref()) else {
        if playbook.subject != Subject::Contact {
            let help = "add `to:` to the step or the playbook: {role: [admin], first: 1}, contact, csm or \"#channel\"";
            out.push(Diagnostic::error(
                "no-recipient",
                &step.place,
                format!("the step `{}` has no `to`", step.id),
                help,
            ));
        }
        return;
    };
    if let Some((_, role)) = &message.ack {
        team_role(book, role, "escalate", step, out);
        if !matches!(to, To::Team(_) | To::Channel(_)) {
            let help = "send it to csm, another role of ours or a \"#channel\"; for customers use `wait_for`";
            let text = format!("only our own team acknowledges; `{}` goes to a customer", step.id);
            out.push(Diagnostic::error("bad-ack", &recipient(book, step, "ack_within"), text, help));
        }
    }
    match to {
        To::Channel(name) if message.channel == ChannelKind::Email => {
            let text = format!("the e-mail `{}` goes to the channel `{name}`", step.id);
            out.push(Diagnostic::error(
                "mail-to-channel",
                &recipient(book, step, "to"),
                text,
                "use `slack:`, or give it a person as `to`",
            ));
        }
        To::Roles { .. } | To::Contact | To::Customer if playbook.subject == Subject::Workspace => {
            let text = format!("the step `{}` writes to a customer, but a workspace playbook knows none", step.id);
            let help = "send it to csm or a \"#channel\", or make the playbook `for: account`";
            out.push(Diagnostic::error("no-customer", &recipient(book, step, "to"), text, help));
        }
        To::Team(role) if matches!(message.channel, ChannelKind::Slack | ChannelKind::Discord) => {
            channel_or_role(book, role, step, out);
        }
        To::Team(role) => team_role(book, role, "to", step, out),
        To::Roles { roles, .. } => roles.iter().for_each(|r| contact_role(book, r, step, out)),
        _ => {}
    }
    let unclassed =
        message.class.unwrap_or(playbook.class) == Class::Marketing && message.channel != ChannelKind::Email;
    if unclassed && matches!(to, To::Team(_) | To::Channel(_)) {
        let text = format!("`{}` goes to our own team and is no marketing", step.id);
        out.push(Diagnostic::hint(
            "team-marketing",
            &recipient(book, step, "to"),
            text,
            "give the step `class: service`",
        ));
    }
}

/// Declared in `shirube.yaml` (`owners:`), or one of the two everybody has.
fn team_role(book: &Book<'_>, role: &str, key: &str, step: &Step, out: &mut Vec<Diagnostic>) {
    known_role(book, role, &recipient(book, step, key), out);
}

/// Who hears of rows of a digest that nobody took: a role or person of ours, or a channel where it is posted in chat.
fn digests(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let nodes = super::items(book.trees.get("model.yaml").and_then(|m| m.get("digests")));
    for digest in &book.rulebook.model.digests {
        let Some(late) = &digest.late else { continue };
        let named = |n: &&Node| n.get("digest").and_then(Node::scalar).is_some_and(|s| s.text == digest.name);
        let node = nodes.iter().find(named).and_then(|n| n.get("escalate"));
        let place = node.map_or_else(|| book.model_place("digests"), |n| n.place.clone());
        let to_channel = late.to.starts_with('#');
        if to_channel && digest.slack.is_none() && digest.discord.is_none() {
            let text = format!("the digest `{}` is mailed, but `{}` is a channel", digest.name, late.to);
            let help = "use `slack:`, or give `escalate` a person or role";
            out.push(Diagnostic::error("mail-to-channel", &place, text, help));
        } else if !to_channel {
            known_role(book, late.to.trim_start_matches('@'), &place, out);
        }
    }
}

/// A role or person of ours that nobody declared.
pub(super) fn known_role(book: &Book<'_>, role: &str, place: &Place, out: &mut Vec<Diagnostic>) {
    let known = roles(book);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.contains(&role) {
        return;
    }
    let help = match nearest(role, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add it to `owners:` in shirube.yaml; known are {}", known.join(", ")),
    };
    let found = Diagnostic::warning("unknown-role", place, format!("nobody has the role `{role}`"), help);
    out.push(found.mended_if_typo(role, known));
}

/// In chat a word without `#` is more often a channel than a role.
fn channel_or_role(book: &Book<'_>, word: &str, step: &Step, out: &mut Vec<Diagnostic>) {
    let known = roles(book);
    if known.iter().any(|role| role == word) {
        return;
    }
    let help = format!("for the channel write \"#{word}\"; roles of ours are {}", known.join(", "));
    let place = recipient(book, step, "to");
    out.push(Diagnostic::warning("unknown-role", &place, format!("nobody has the role `{word}`"), help));
}

/// Roles and people of our own, each once.
fn roles(book: &Book<'_>) -> Vec<String> {
    let mut known: Vec<String> = TEAM.map(str::to_owned).into();
    for name in owners(book) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}

/// The `to` of the step, else of its playbook; another key of the step.
fn recipient(book: &Book<'_>, step: &Step, key: &str) -> Place {
    let own = book.node_of(step).and_then(|n| n.get(key)).map(|n| n.place.clone());
    let shared = || book.trees.get(&*step.place.file).and_then(|t| t.get(key)).map(|n| n.place.clone());
    own.or_else(shared).unwrap_or_else(|| step.place.clone())
}

fn owners(book: &Book<'_>) -> Vec<String> {
    [configured(book, "owners"), configured(book, "people")].concat()
}

/// The names below a key of `shirube.yaml`, where that file is at hand.
fn configured(book: &Book<'_>, key: &str) -> Vec<String> {
    let Some(text) = book.files.get("shirube.yaml") else { return Vec::new() };
    let trees = crate::rulebook::yaml::parse("shirube.yaml", text, &mut Vec::new());
    trees.first().and_then(|t| t.get(key)).map(super::keys).unwrap_or_default()
}

/// Where `shirube.yaml` is at hand, it must know the webhook.
fn webhook(book: &Book<'_>, name: &str, step: &Step, out: &mut Vec<Diagnostic>) {
    let known = configured(book, "webhooks");
    if !book.files.contains_key("shirube.yaml") || known.iter().any(|k| k == name) {
        return;
    }
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add `webhooks: {{{name}: {{url: https://…, secret: \"${{env:…}}\"}}}}` to shirube.yaml"),
    };
    let text = format!("shirube.yaml has no webhook `{name}`");
    let found = Diagnostic::error("unknown-webhook", &book.in_step(step, "webhook"), text, help);
    out.push(found.mended_if_typo(name, known.iter().map(String::as_str)));
}

/// Only where `attributes.contact.role` lists the words.
fn contact_role(book: &Book<'_>, role: &str, step: &Step, out: &mut Vec<Diagnostic>) {
    let Some(AttrType::Words(words)) = book.rulebook.model.contact_attributes.get("role") else { return };
    if words.iter().any(|w| w == role) {
        return;
    }
    let help = match nearest(role, words.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("attributes.contact.role has: {}", words.join(", ")),
    };
    let place = role_place(book, role, step);
    let found = Diagnostic::error("unknown-role", &place, format!("no contact has the role `{role}`"), help);
    out.push(found.mended_if_typo(role, words.iter().map(String::as_str)));
}

/// Where a role stands in the list of a `to`.
fn role_place(book: &Book<'_>, role: &str, step: &Step) -> Place {
    let own = book.node_of(step).and_then(|n| n.get("to"));
    let to = own.or_else(|| book.trees.get(&*step.place.file).and_then(|t| t.get("to")));
    let named = to.and_then(|t| t.get("role")).map(values::list).unwrap_or_default();
    let found = named.into_iter().find(|n| n.scalar().is_some_and(|s| s.text == role));
    found.map_or_else(|| recipient(book, step, "to"), |n| n.place.clone())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    fn helps(step: &str) -> Vec<String> {
        let playbook = format!("playbook: p\nstart: {{manual: true}}\nsteps:\n  - {step}\n");
        let config = "owners: {csm: {fallback: kei}, manager: {fallback: mio}}\npeople: {kei: {}, csm: {}}\n";
        let found = book_with(MODEL, &[("p", playbook)], &[("shirube.yaml", config)]);
        found.into_iter().filter(|d| d.rule == "unknown-role").map(|d| d.help).collect()
    }

    #[test]
    fn who_hears_of_rows_nobody_took_is_somebody_of_ours() {
        let found = |goes: &str, to: &str| {
            let digest = format!(
                "{MODEL}\ndigests: [{{digest: d, cron: \"0 9 * * 1\", where: \"true\", {goes}, ack_within: 2d, escalate: \"{to}\"}}]\n"
            );
            let config = "owners: {csm: {fallback: kei}, manager: {fallback: mio}}\npeople: {kei: {}}\n";
            let found = book_with(&digest, &[], &[("shirube.yaml", config)]);
            let ours = ["unknown-role", "mail-to-channel", "unknown-key", "bad-ack"];
            found.into_iter().filter(|d| ours.contains(&d.rule)).map(|d| d.message).collect::<Vec<_>>()
        };
        assert_eq!(found("slack: \"#cs\"", "maneger"), ["nobody has the role `maneger`"]);
        assert_eq!(found("slack: \"#cs\"", "@bob"), ["nobody has the role `bob`"]);
        assert_eq!(found("email: kei", "#heads"), ["the digest `d` is mailed, but `#heads` is a channel"]);
        for to in ["manager", "@kei", "kei", "#heads"] {
            assert!(found("slack: \"#cs\"", to).is_empty(), "{to}");
        }
    }

    #[test]
    fn the_people_there_are_are_named_once() {
        let expected = "add it to `owners:` in shirube.yaml; known are csm, manager, kei";
        assert_eq!(helps("{id: a, task: {ja: あ, en: A}, owner: bos}"), [expected]);
    }

    #[test]
    fn a_channel_without_its_sign_is_offered_with_it_not_as_a_role() {
        let expected = "for the channel write \"#cs\"; roles of ours are csm, manager, kei";
        assert_eq!(helps("{id: a, slack: team/nudge, to: \"cs\"}"), [expected]);
        assert_eq!(helps("{id: a, email: team/nudge, to: csn}"), ["did you mean `csm`?"], "a mail goes to people");
        assert!(helps("{id: a, slack: team/nudge, to: kei}").is_empty());
    }
}
