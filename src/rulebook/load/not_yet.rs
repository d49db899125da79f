//! Words of the language that this version refuses, rather than ignoring them.

use crate::model::diagnostic::{Diagnostic, Place};

/// Reports `what` as known but not supported yet.
pub fn not_yet(place: &Place, what: &str, instead: &str, out: &mut Vec<Diagnostic>) {
    out.push(Diagnostic::error("not-yet", place, format!("{what} is not supported yet"), instead));
}
