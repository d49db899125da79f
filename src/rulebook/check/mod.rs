//! Lints: what is legal but probably not meant. One file each, in one plain list.

mod bands;
mod caps;
mod churned;
mod conflicting_set;
mod consent;
mod cron_often;
mod deputies;
mod fallback;
mod features;
pub mod fix;
mod ignored;
mod imprint;
mod kpi_goal;
mod linked;
mod marketing;
mod missing;
mod missing_locale;
mod no_exit;
mod past_date;
mod phases;
mod priorities;
mod purpose;
mod recipients;
mod reviewed;
mod sight;
mod success;
mod surveys;
mod targets;
mod templates;
#[cfg(test)]
mod tests;
mod unjudged;
mod unreachable;
mod unset_target;
mod weights;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    playbook::{MessageStep, Playbook, Step, Subject, To},
    types::Rulebook,
    yaml::{Kind, Node},
};
use crate::model::{
    diagnostic::{Diagnostic, Place},
    message::ChannelKind,
    score::ScoreKind,
};

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

    /// The tree of a playbook's file.
    pub fn tree_of(&self, playbook: &Playbook) -> Option<&Node> {
        self.trees.get(&*playbook.place.file)
    }

    /// Where the value of `key` stands in a playbook's file, else where the file begins.
    pub fn in_playbook(&self, playbook: &Playbook, key: &str) -> Place {
        self.tree_of(playbook).and_then(|t| t.get(key)).map_or_else(|| playbook.place.clone(), |n| n.place.clone())
    }

    /// The mapping a step was read from.
    pub fn node_of(&self, step: &Step) -> Option<&Node> {
        self.trees.get(&*step.place.file).and_then(|tree| at(tree, &step.place))
    }

    /// Where the value of `key` stands in a step, else where the step begins.
    pub fn in_step(&self, step: &Step, key: &str) -> Place {
        self.node_of(step).and_then(|n| n.get(key)).map_or_else(|| step.place.clone(), |n| n.place.clone())
    }
}

/// A lint.
pub type Lint = fn(&Book<'_>, &mut Vec<Diagnostic>);

/// Every lint, in the order of its file name.
pub const LINTS: &[Lint] = &[
    bands::check,
    caps::check,
    churned::check,
    conflicting_set::check,
    consent::check,
    cron_often::check,
    fallback::check,
    features::check,
    ignored::check,
    imprint::check,
    kpi_goal::check,
    linked::check,
    marketing::check,
    missing::check,
    missing_locale::check,
    no_exit::check,
    phases::check,
    priorities::check,
    purpose::check,
    recipients::check,
    sight::check,
    success::check,
    surveys::check,
    targets::check,
    templates::check,
    unjudged::check,
    unreachable::check,
    unset_target::check,
    weights::check,
];

/// A lint whose answer depends on the day.
pub type DatedLint = fn(&Book<'_>, Date, &mut Vec<Diagnostic>);

/// Lints that need to know which day it is: apart from `load`, which knows no clock.
pub const DATED: &[DatedLint] = &[past_date::check, reviewed::check, deputies::check];

/// Runs every lint.
pub fn run(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    LINTS.iter().for_each(|lint| lint(book, out));
}

/// Runs every lint that depends on the day.
pub fn dated(book: &Book<'_>, today: Date, out: &mut Vec<Diagnostic>) {
    DATED.iter().for_each(|lint| lint(book, today, out));
}

/// Whether a message goes to customers (and not to our own team or an endpoint).
fn to_customer(playbook: &Playbook, message: &MessageStep) -> bool {
    let to = message.to.as_ref().or(playbook.to.as_ref());
    message.channel != ChannelKind::Webhook
        && match to {
            Some(To::Contact | To::Roles { .. } | To::Customer) => true,
            Some(To::Team(_) | To::Channel(_)) => false,
            None => playbook.subject == Subject::Contact,
        }
}

/// The mapping that begins at `place`.
fn at<'n>(node: &'n Node, place: &Place) -> Option<&'n Node> {
    match &node.kind {
        Kind::Map(entries) => {
            let here = (node.place == *place).then_some(node);
            here.or_else(|| entries.iter().find_map(|e| at(&e.value, place)))
        }
        Kind::List(items) => items.iter().find_map(|n| at(n, place)),
        _ => None,
    }
}

fn scorecards<'a>(book: &'a Book<'_>, kind: ScoreKind) -> Vec<&'a Node> {
    items(book.trees.get("model.yaml").and_then(|m| m.get(kind.word()))).iter().collect()
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
