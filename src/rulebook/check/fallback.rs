//! Values a message prints without saying what else to print where they are missing: such a message is not sent.

use std::collections::BTreeSet;

use super::{Book, to_customer};
use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::{
        load::programs,
        playbook::{Body, MessageStep, Playbook, Start},
        template::Template,
        types::{Metric, MetricKind},
    },
};

/// Every such value of a template that goes to customers, unless each playbook that sends it asks for the value.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for template in book.rulebook.templates.all.values() {
        let Some(asked) = asked(book, &template.name) else { continue };
        for (name, _) in &template.reads {
            let unknown = can_miss(book, name) || never_given(book, &template.name, name);
            if template.optional.contains(name) || asked.contains(name) || !unknown {
                continue;
            }
            let message = format!("where `{name}` is missing this message is not sent");
            let help = format!(
                "say what else to write: `{{{{ {name} | default(\"…\") }}}}`, or ask first: `{{% if {name} is defined %}}`"
            );
            out.push(Diagnostic::hint("missing-fallback", &place(book, template, name), message, help));
        }
    }
}

/// What every playbook that sends the template to customers asks for in its conditions; none: no playbook does.
fn asked(book: &Book<'_>, template: &str) -> Option<BTreeSet<String>> {
    let sending = book.rulebook.playbooks.iter().filter(|p| sends(p, template));
    let names = |p: &Playbook| -> BTreeSet<String> {
        with_parts(book, programs(p).into_iter().flat_map(|program| program.names()).collect())
    };
    sending.map(names).reduce(|a, b| a.intersection(&b).cloned().collect())
}

/// The names with those their definitions ask about: a segment's condition, what a metric is computed from.
fn with_parts(book: &Book<'_>, mut open: Vec<String>) -> BTreeSet<String> {
    let model = &book.rulebook.model;
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        let parts = match name.split_once('.') {
            Some(("segment", rest)) => model.segments.iter().find(|s| s.name == rest).map(|s| s.when.names()),
            Some(("milestone", rest)) => model.milestones.iter().find(|m| m.name == rest).map(|m| m.when.names()),
            Some(("metric", rest)) => model.metrics.iter().find(|m| m.name == rest).and_then(|m| match &m.kind {
                MetricKind::Expr(program) => Some(program.names()),
                _ => None,
            }),
            _ => None,
        };
        if found.insert(name) {
            open.extend(parts.unwrap_or_default());
        }
    }
    found
}

/// Built-in attributes that every account or contact has.
const ALWAYS: [&str; 5] = ["account.key", "account.status", "account.created_at", "account.name", "contact.email"];

fn can_miss(book: &Book<'_>, name: &str) -> bool {
    match name.split_once('.') {
        Some(("account" | "contact", rest)) => !ALWAYS.contains(&name) && !rest.starts_with("subscribed."),
        Some(("metric", rest)) => book.rulebook.model.metrics.iter().any(|m| m.name == rest && metric_can_miss(m)),
        Some(("milestone_at" | "playbook_at", _)) => true,
        _ => false,
    }
}

/// `start.PROP` where a playbook that sends the template to customers is started by no event.
fn never_given(book: &Book<'_>, template: &str, name: &str) -> bool {
    let eventless = |p: &&Playbook| !matches!(p.start, Start::On { .. });
    name.starts_with("start.") && book.rulebook.playbooks.iter().filter(eventless).any(|p| sends(p, template))
}

/// Whether a playbook sends this template to customers.
fn sends(playbook: &Playbook, template: &str) -> bool {
    let this = |m: &MessageStep| m.template == template && to_customer(playbook, m);
    playbook.steps.iter().any(|s| matches!(&s.body, Body::Message(m) if this(m)))
}

/// With `or:`, also what counts: of a customer without events and without that column nothing is known.
fn metric_can_miss(metric: &Metric) -> bool {
    let moving = matches!(
        metric.kind,
        MetricKind::Last(_)
            | MetricKind::First(_)
            | MetricKind::Latest(..)
            | MetricKind::Change(_)
            | MetricKind::Rank { .. }
    );
    moving || metric.or.is_some() || matches!(&metric.kind, MetricKind::Expr(program) if program.source().contains('/'))
}

/// Where the name first stands in the file.
fn place(book: &Book<'_>, template: &Template, name: &str) -> Place {
    let text = book.files.get(&*template.place.file).map_or("", String::as_str);
    for (line, words) in (1u32..).zip(text.lines()) {
        let whole = |(at, _): &(usize, &str)| {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            !words[..*at].ends_with(letter) && !words[*at + name.len()..].starts_with(letter)
        };
        if let Some((at, _)) = words.match_indices(name).find(whole) {
            return Place { line, column: words[..at].chars().count() as u32 + 1, ..template.place.clone() };
        }
    }
    template.place.clone()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    fn hints(body: &str, start: &str) -> Vec<String> {
        let playbook = format!(
            "playbook: p\nclass: service\nstart: {{when: '{start}'}}\nsteps:\n  - {{id: a, slack: team/cust, to: {{role: [admin]}}}}\n"
        );
        let templates = [("templates/team/cust.ja.md", body), ("templates/team/cust.en.md", "Hello")];
        let model = MODEL.replace("over: 7d}}", "over: 7d}, visits: {count: visit, over: 7d, or: account.seats_used}, use: {expr: metric.logins / account.seats_used}}")
            + "segments: {busy: metric.use > 1}\n";
        let found = book_with(&model, &[("p", playbook)], &templates);
        let place =
            |d: &crate::model::diagnostic::Diagnostic| format!("{}:{} {}", d.place.line, d.place.column, d.message);
        found.iter().filter(|d| d.rule == "missing-fallback").map(place).collect()
    }

    #[test]
    fn a_value_that_can_be_missing_wants_another_word() {
        let expected = ["2:5 where `account.seats_used` is missing this message is not sent"];
        assert_eq!(hints("席数\n{{  account.seats_used }} {{ account.name }}", "account.mrr > 5"), expected);
    }

    #[test]
    fn a_count_that_falls_back_to_a_column_is_unknown_where_the_column_is_empty() {
        let body = "{{ metric.visits }}";
        assert_eq!(hints(body, "account.mrr > 5"), ["1:4 where `metric.visits` is missing this message is not sent"]);
        assert!(hints("{{ metric.visits | default(0) }}", "account.mrr > 5").is_empty());
    }

    #[test]
    fn what_starts_by_hand_brings_nothing_along() {
        let hints = |start: &str| {
            let playbook = format!(
                "playbook: p\nclass: service\nstart: {start}\nsteps:\n  - {{id: a, slack: team/cust, to: {{role: [admin]}}}}\n"
            );
            let templates = [("templates/team/cust.ja.md", "{{ start.title }}"), ("templates/team/cust.en.md", "x")];
            let found = book_with(MODEL, &[("p", playbook)], &templates);
            found.into_iter().filter(|d| d.rule == "missing-fallback").map(|d| d.message).collect::<Vec<_>>()
        };
        assert_eq!(hints("{manual: true}"), ["where `start.title` is missing this message is not sent"]);
        assert!(hints("{on: seminar.announced}").is_empty(), "an event may bring it");
    }

    #[test]
    fn a_default_a_question_or_the_start_is_enough() {
        assert!(hints("{{ account.seats_used | default(\"?\") }}", "account.mrr > 5").is_empty());
        assert!(
            hints("{% if account.seats_used is defined %}{{ account.seats_used }}{% endif %}", "account.mrr > 5")
                .is_empty()
        );
        assert!(hints("{{ account.seats_used }}", "account.seats_used > 5").is_empty());
        let parts = "{{ metric.use | percent }} {{ account.seats_used }}";
        assert!(hints(parts, "segment.busy").is_empty(), "a segment asks for what it is made of");
        assert!(hints("{{ metric.logins }}", "account.mrr > 5").is_empty(), "a count is never missing");
    }
}
