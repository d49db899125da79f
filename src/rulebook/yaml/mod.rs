//! YAML text → a tree in which every key and value knows its place.
//!
//! One reading serves `model.yaml`, playbooks, `content.yaml` and tests. Bounded on purpose: 256 KiB, 5,000 nodes,
//! depth 32, no anchors, no tags, no duplicate keys. Nothing is converted here: `id: no` stays the text `no`.

pub mod fields;
pub mod mistakes;
mod parse;
pub mod values;

pub use parse::parse;

use crate::model::diagnostic::{Diagnostic, Place};

/// Longest file read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Most keys, values, lists and mappings in one file.
pub const MAX_NODES: usize = 5_000;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 32;
/// More findings are not looked for: so much is wrong that one has to begin somewhere.
pub const MAX_FINDINGS: usize = 300;

/// Whether so much is wrong already that nothing more is looked for.
pub fn enough(out: &[Diagnostic]) -> bool {
    out.len() >= MAX_FINDINGS
}

/// Why a file cannot be read as text: too large, another encoding, a character no text has.
pub fn fault(file: &str, text: &str) -> Option<Diagnostic> {
    let top = Place { file: file.into(), line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        let help = format!(
            "split it: one playbook a file; at most {} KiB, {MAX_NODES} keys and values, {MAX_DEPTH} levels",
            MAX_BYTES / 1024
        );
        return Some(Diagnostic::error("too-big", &top, format!("the file has {} KiB", text.len() / 1024), help));
    }
    let strange = |c: char| c == '\u{fffd}' || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    let at = text.find(strange)?;
    let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let column = text[line_start..at].chars().count() as u32 + 1;
    let place = Place { line: text[..at].matches('\n').count() as u32 + 1, column, ..top };
    let (message, help) = if text[at..].starts_with('\u{fffd}') {
        ("the file is not UTF-8 from here on", "save it as UTF-8")
    } else {
        let help = "delete it; the file may be no text, or saved in another encoding";
        ("this character cannot stand in a text file", help)
    };
    Some(Diagnostic::error("not-text", &place, message, help))
}

/// A key or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// Written in flow style (`{…}`, `[…]`), or a scalar inside such.
    pub flow: bool,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// A text, number, yes/no … as written.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping in file order, keys unique.
    Map(Vec<Entry>),
}

/// A scalar as written, after YAML's own unescaping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its text.
    pub text: String,
    /// Whether it was written without quotes.
    pub plain: bool,
    /// Where its first character stands (inside the quotes).
    pub content: Place,
    /// What follows it as a comment on its last line, without the `#`.
    pub comment: Option<String>,
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// What it is, in words for messages.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// The scalar's text, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }
}
