//! Lints: what is legal but probably not meant. One file each, in one plain list.

use std::collections::BTreeMap;

use super::{types::Rulebook, yaml::Node};
use crate::model::diagnostic::{Diagnostic, Place};

/// What a lint looks at. Where a file is broken the rulebook is as far as it could be read.
pub struct Book<'a> {
    /// The compiled project.
    pub rulebook: &'a Rulebook,
    /// The files' trees, for places.
    pub trees: &'a BTreeMap<String, Node>,
    /// The files themselves.
    pub files: &'a BTreeMap<String, String>,
}

impl Book<'_> {
    /// Where a key of `model.yaml` stands, else the file's top.
    pub fn model_place(&self, key: &str) -> Place {
        let top = || Place { file: "model.yaml".into(), line: 1, column: 1 };
        self.trees.get("model.yaml").and_then(|n| n.get(key)).map_or_else(top, |n| n.place.clone())
    }
}

/// A lint.
pub type Lint = fn(&Book<'_>, &mut Vec<Diagnostic>);

/// Every lint, in the order of its file name.
pub const LINTS: &[Lint] = &[];

/// Runs every lint.
pub fn run(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    LINTS.iter().for_each(|lint| lint(book, out));
}
