//! Lints: what is legal but probably not meant. One file each, in one plain list.

mod bands;
mod churned;
mod marketing;
mod missing;
mod phases;
mod priorities;
mod purpose;
mod recipients;
pub mod reviewed;
mod success;
mod targets;
mod templates;
mod weights;

use std::collections::BTreeMap;

use super::{
    types::Rulebook,
    yaml::{Kind, Node},
};
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
pub const LINTS: &[Lint] = &[
    bands::check,
    churned::check,
    marketing::check,
    missing::check,
    phases::check,
    priorities::check,
    purpose::check,
    recipients::check,
    success::check,
    targets::check,
    templates::check,
    weights::check,
];

/// Runs every lint.
pub fn run(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    LINTS.iter().for_each(|lint| lint(book, out));
}

fn scorecards<'a>(book: &'a Book<'_>) -> Vec<&'a Node> {
    items(book.trees.get("model.yaml").and_then(|m| m.get("health"))).iter().collect()
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|n| &n.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

fn keys(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|e| e.key.clone()).collect(),
        _ => Vec::new(),
    }
}
