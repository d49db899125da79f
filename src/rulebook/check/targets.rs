//! KPI targets: none is a failure the field knows, many drown a small team.

use super::Book;
use crate::model::diagnostic::Diagnostic;

/// More targets than this are too many to begin with.
pub const MOST: usize = 3;

/// No target, or more than three; targets of a role that nobody has.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    // A file that cannot be read says nothing either way.
    if !book.trees.contains_key("model.yaml") {
        return;
    }
    for role in book.rulebook.model.role_targets.keys() {
        let node = book.trees.get("model.yaml").and_then(|m| m.get("role_targets")).and_then(|m| m.get(role));
        let place = node.map_or_else(|| book.model_place("role_targets"), |n| n.place.clone());
        super::recipients::known_role(book, role, &place, out);
    }
    let count = book.rulebook.model.targets.len();
    let place = book.model_place("targets");
    if count == 0 && book.trees.get("model.yaml").is_none_or(|n| n.get("targets").is_none()) {
        let help = "begin with two: `targets: {logo_churn: 3%, onboarding_completion: 80%}`";
        out.push(Diagnostic::warning("no-target", &place, "no KPI has a target", help));
    }
    if count > MOST {
        let message = format!("{count} KPI targets are many to begin with");
        let help = "keep the two or three you will look at every week; the others are computed all the same";
        out.push(Diagnostic::hint("many-targets", &place, message, help));
    }
}
