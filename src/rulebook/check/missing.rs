//! Conditions that stay silent for those who never did something: `days_since(x) >= 90` without `has(x)`.

use super::Book;
use crate::{model::diagnostic::Diagnostic, rulebook::load::programs};

/// The hints the compiler left on every program.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let model = &book.rulebook.model;
    let of_model = model
        .segments
        .iter()
        .map(|s| &s.when)
        .chain(model.milestones.iter().map(|m| &m.when))
        .chain(model.success.iter().map(|s| &s.when))
        .chain(model.journey.iter().flat_map(|p| p.until.iter().chain(&p.when)))
        .chain(model.digests.iter().map(|d| &d.where_))
        .chain(model.health.iter().flat_map(|s| s.caps.iter().map(|c| &c.when)));
    for program in of_model.chain(book.rulebook.playbooks.iter().flat_map(programs)) {
        out.extend(program.hints().iter().cloned());
    }
}
