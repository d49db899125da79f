//! Conditions that compare with a target nobody set: such a part never holds.

use super::Book;
use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::{
        load::programs,
        playbook::Playbook,
        yaml::{Kind, Node},
    },
};

/// Each target that a playbook's conditions read without asking `has(…)`, and that `targets:` does not set.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        for kpi in unset(book, playbook) {
            let place = place(book, playbook, &format!("target.{kpi}"));
            let message = format!("`target.{kpi}` is compared with, but `{kpi}` has no target: this never holds");
            let help = format!("add `{kpi}` to `targets:` in model.yaml, or take this comparison out");
            out.push(Diagnostic::warning("unset-target", &place, message, help));
        }
    }
}

/// The KPIs without a target that are compared with one, each once.
fn unset(book: &Book<'_>, playbook: &Playbook) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for program in programs(playbook) {
        let text: String = program.source().split_whitespace().collect();
        for name in program.names() {
            let Some(kpi) = name.strip_prefix("target.") else { continue };
            let asked = text.contains(&format!("has({name})"));
            if !asked && !book.rulebook.model.targets.contains_key(kpi) && !found.iter().any(|k| k == kpi) {
                found.push(kpi.to_owned());
            }
        }
    }
    found
}

/// Where the name first stands in a playbook's file.
fn place(book: &Book<'_>, playbook: &Playbook, name: &str) -> Place {
    book.tree_of(playbook).and_then(|tree| within(tree, name)).unwrap_or_else(|| playbook.place.clone())
}

fn within(node: &Node, name: &str) -> Option<Place> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|e| within(&e.value, name)),
        Kind::List(items) => items.iter().find_map(|n| within(n, name)),
        Kind::Scalar(scalar) => {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            let whole = |(at, _): &(usize, &str)| !scalar.text[at + name.len()..].starts_with(letter);
            let (at, _) = scalar.text.match_indices(name).find(whole)?;
            let before = &scalar.text[..at];
            // Within a text of several lines only its beginning is certain.
            let columns = if before.contains('\n') { 0 } else { before.chars().count() as u32 };
            Some(if node.place.line == scalar.content.line {
                scalar.content.right(columns)
            } else {
                scalar.content.clone()
            })
        }
        Kind::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book};

    fn found(start: &str) -> Vec<String> {
        let playbook =
            format!("playbook: p\nfor: workspace\nstart: {{when: '{start}'}}\nsteps: [{{id: a, stop: x}}]\n");
        let told = book(MODEL, &[("p", playbook)]).into_iter().filter(|d| d.rule == "unset-target");
        told.map(|d| format!("{}:{} {}", d.place.line, d.place.column, d.message)).collect()
    }

    #[test]
    fn a_condition_against_a_target_nobody_set_is_told_instead_of_never_holding() {
        let expected = ["3:26 `target.nps` is compared with, but `nps` has no target: this never holds"];
        assert_eq!(found("kpi.nps < target.nps || kpi.nps < target.nps"), expected);
        assert_eq!(found("kpi.logo_churn > target.logo_churn || kpi.nps < target.nps").len(), 1);
    }

    #[test]
    fn a_target_that_is_set_or_asked_for_is_fine() {
        assert!(found("kpi.logo_churn > target.logo_churn").is_empty());
        assert!(found("has( target.nps ) && kpi.nps < target.nps").is_empty());
    }
}
