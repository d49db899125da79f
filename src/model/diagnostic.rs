//! Findings about files: always where, what, and what to do next.

use std::sync::Arc;

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never blocks.
    Hint,
    /// Probably not what was meant; the rulebook still goes live.
    Warning,
    /// The rulebook is refused; the last good one stays live.
    Error,
}

/// A place in a text file. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Path relative to the project folder.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// The place `columns` characters further right on the same line.
    pub fn right(&self, columns: u32) -> Place {
        Place { column: self.column + columns, ..self.clone() }
    }
}

/// One finding, as data. Renderers (plain, json, sarif, github) are in `cli`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The rule's stable name, e.g. `unknown-name`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What to do next.
    pub help: String,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Diagnostic { rule, severity: Severity::Error, message: message.into(), place: place.clone(), help: help.into() }
    }

    /// A warning at `place`.
    pub fn warning(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(rule, place, message, help) }
    }

    /// A hint at `place`.
    pub fn hint(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Hint, ..Diagnostic::error(rule, place, message, help) }
    }
}

/// The candidate most like `wanted`, if one is near enough to suggest ("did you mean").
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|c| (edit_distance(wanted, c), c))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, c)| c)
}

/// Optimal string alignment distance over characters: insert, delete, replace, swap neighbours.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = (0..=a.len()).map(|i| (i..=i + b.len()).collect()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_one_step_away() {
        assert_eq!(edit_distance("emial", "email"), 1);
        assert_eq!(nearest("emial", ["wait", "email", "slack"]), Some("email"));
        assert_eq!(nearest("zzz", ["wait", "email"]), None);
    }
}
