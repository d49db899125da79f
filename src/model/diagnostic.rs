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

/// A change that certainly mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Where `old` begins (after a quote, if one stands there).
    #[serde(flatten)]
    pub place: Place,
    /// The text that is there now, within one line.
    pub old: String,
    /// The text that takes its place.
    pub new: String,
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
    /// What `check --fix` writes, where only one thing can have been meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (severity, place) = (Severity::Error, place.clone());
        Diagnostic { rule, severity, message: message.into(), place, help: help.into(), fix: None }
    }

    /// A warning at `place`.
    pub fn warning(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(rule, place, message, help) }
    }

    /// The same with the change that mends it: `old` at the finding's own place becomes `new`.
    pub fn mended(self, old: impl Into<String>, new: impl Into<String>) -> Self {
        let place = self.place.clone();
        self.mended_at(place, old, new)
    }

    /// The same where the change is at another place.
    pub fn mended_at(self, place: Place, old: impl Into<String>, new: impl Into<String>) -> Self {
        Diagnostic { fix: Some(Box::new(Fix { place, old: old.into(), new: new.into() })), ..self }
    }

    /// A typo is mended where exactly one of `candidates` is near enough to be meant.
    pub fn mended_if_typo<'a>(self, old: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match only_near(old, candidates) {
            Some(near) => self.mended(old, near),
            None => self,
        }
    }

    /// A hint at `place`.
    pub fn hint(rule: &'static str, place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Hint, ..Diagnostic::error(rule, place, message, help) }
    }
}

/// The candidate most like `wanted`, if one is near enough to suggest ("did you mean").
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1) + 1;
    near_enough(wanted, candidates, limit).min().map(|(_, c)| c)
}

/// The one candidate a typo certainly meant: two letters away at most, and no other is as near.
pub fn only_near<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = if wanted.chars().count() < 5 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = near_enough(wanted, candidates, most).collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(_, only)] => Some(only),
        [(first, best), (second, _), ..] if first < second => Some(best),
        _ => None,
    }
}

/// The candidates at most `most` away, with their distance.
fn near_enough<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> impl Iterator<Item = (usize, &'a str)> {
    let (ascii, length, letters_of) = (wanted.is_ascii(), wanted.len().min(LONGEST), letters(wanted));
    // Most names differ in length already; in ASCII that is seen without looking at their letters.
    let apart = move |c: &str| ascii && c.is_ascii() && c.len().min(LONGEST).abs_diff(length) > most;
    let judged = move |c: &'a str| if apart(c) { None } else { Some((distance(&letters_of, &letters(c), most)?, c)) };
    candidates.into_iter().filter_map(judged)
}

/// Longest text whose distance is measured, in characters; the rest is not looked at.
const LONGEST: usize = 64;

/// Optimal string alignment distance over characters: insert, delete, replace, swap neighbours.
pub fn edit_distance(a: &str, b: &str) -> usize {
    distance(&letters(a), &letters(b), 2 * LONGEST).unwrap_or(2 * LONGEST)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().take(LONGEST).collect()
}

/// The distance, unless it is more than `most`: then the search ends early.
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let (mut before, mut last, mut row) = ([0; LONGEST + 1], [0; LONGEST + 1], [0; LONGEST + 1]);
    (0..=b.len()).for_each(|j| last[j] = j);
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best;
        }
        // A later row is no smaller than this one or the one before it.
        let least = |row: &[usize]| row[..=b.len()].iter().copied().min().unwrap_or(0);
        if least(&row) > most && least(&last) > most {
            return None;
        }
        (before, last) = (last, row);
    }
    Some(last[b.len()]).filter(|d| *d <= most)
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

    #[test]
    fn the_short_cuts_change_no_distance() {
        let words = ["", "a", "ab", "ba", "email", "emial", "metric.logins_7d", "metric.logins_28d", "zzzzzz", "名前"];
        for a in words {
            for b in words {
                let full = edit_distance(a, b);
                for most in 0..12 {
                    let found = distance(&letters(a), &letters(b), most);
                    assert_eq!(found, (full <= most).then_some(full), "{a} {b} {most}");
                }
            }
        }
        assert_eq!((edit_distance("abc", "cab"), edit_distance("kitten", "sitting")), (2, 3));
    }

    #[test]
    fn only_a_typo_with_one_meaning_is_certain() {
        assert_eq!(only_near("emial", ["wait", "email", "slack"]), Some("email"));
        assert_eq!(only_near("logins_8d", ["logins_7d", "logins_9d"]), None, "two are as near");
        assert_eq!(only_near("emai", ["email", "emails"]), Some("email"), "one is nearer");
        assert_eq!(only_near("wat", ["email", "slack"]), None);
    }
}
