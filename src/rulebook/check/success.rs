//! Success comes first: what it is, in the customer's words, and a milestone that proves it.

use super::Book;
use crate::model::diagnostic::Diagnostic;

/// A model without a success definition, or one that no milestone proves.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let model = &book.rulebook.model;
    // A file that cannot be read says nothing either way.
    if !book.trees.contains_key("model.yaml") {
        return;
    }
    if model.success.is_empty() && book.trees.get("model.yaml").is_none_or(|n| n.get("success").is_none()) {
        let help = "begin model.yaml with `success:`, e.g. - {name: fast_closing, says: …, when: metric.closing_minutes <= 30}";
        let message = "nothing says what success is for a customer";
        out.push(Diagnostic::warning("no-success", &book.model_place("success"), message, help));
        return;
    }
    if !model.milestones.is_empty() && model.milestones.iter().all(|m| m.success.is_none()) {
        let help = "add `success: NAME` to the milestone that shows first value: time to first value is measured to it";
        out.push(Diagnostic::hint(
            "no-first-value",
            &book.model_place("milestones"),
            "no milestone proves a success",
            help,
        ));
    }
}
