//! Texts for people that exist in one language only.

use super::Book;
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::yaml::{Entry, Kind, Node},
};

/// Every `{ja: …}` without `en`, every `{en: …}` without `ja`.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    book.trees.values().for_each(|tree| look(tree, out));
}

fn look(node: &Node, out: &mut Vec<Diagnostic>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|n| look(n, out)),
        Kind::Map(entries) => match entries.as_slice() {
            [one] if one.key == "ja" || one.key == "en" => out.push(half(one)),
            _ => entries.iter().for_each(|e| look(&e.value, out)),
        },
        Kind::Null | Kind::Scalar(_) => {}
    }
}

fn half(there: &Entry) -> Diagnostic {
    let missing = if there.key == "ja" { "en" } else { "ja" };
    let message = format!("this text has `{}` and no `{missing}`", there.key);
    let help = format!("add `{missing}: …` beside it; until then everybody reads the other language");
    Diagnostic::warning("missing-locale", &there.place, message, help)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, places};

    #[test]
    fn a_task_in_one_language_is_found_at_its_key() {
        assert_eq!(places("missing-locale", "\n  - {id: a, task: {ja: 電話}}\n"), ["playbooks/p.yaml:7:20"]);
        assert!(found("missing-locale", "\n  - {id: a, task: {ja: 電話, en: Call}}\n").is_empty());
        assert!(found("missing-locale", "\n  - {id: a, task: Call}\n").is_empty(), "one text for both");
    }
}
