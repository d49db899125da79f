//! Conditions that stay silent for those who never did something: `days_since(x) >= 90` without `has(x)`.

use super::Book;
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::load::{model_programs, programs},
};

/// The hints the compiler left on every program.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let playbooks = book.rulebook.playbooks.iter().flat_map(programs);
    for program in model_programs(&book.rulebook.model).into_iter().chain(playbooks) {
        out.extend(program.hints().iter().cloned());
    }
}
