//! `title:` wherever the model has one, `plans:`, `topics:`, `events:` and `task_types:`.

use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{
        titles::{Titled, Titles},
        yaml::{Kind, Node, values},
    },
};

/// Lists of the model whose items carry a name and a title.
const LISTS: [(&str, &str, Titled); 4] = [
    ("journey", "phase", Titled::Phase),
    ("health", "scorecard", Titled::Scorecard),
    ("expansion", "scorecard", Titled::Scorecard),
    ("digests", "digest", Titled::Digest),
];
/// Mappings of the model whose entries carry a title.
const MAPS: [(&str, Titled); 3] =
    [("metrics", Titled::Metric), ("milestones", Titled::Milestone), ("segments", Titled::Segment)];

/// Mappings from names to titles.
const WORDS: [(&str, Titled); 4] =
    [("plans", Titled::Plan), ("topics", Titled::Topic), ("events", Titled::Event), ("task_types", Titled::TaskType)];

/// Every title of `model.yaml`.
pub fn gather(model: &Node, out: &mut Vec<Diagnostic>) -> Titles {
    let mut titles = Titles::default();
    for (key, name, what) in LISTS {
        for item in model.get(key).map(values::list).unwrap_or_default() {
            named(item, name, what, &mut titles, out);
            for component in item.get("components").map(values::list).unwrap_or_default() {
                named(component, "name", Titled::Component, &mut titles, out);
            }
        }
    }
    for (key, what) in MAPS {
        for (name, value) in entries(model.get(key)) {
            add(value.get("title"), name, what, &mut titles, out);
        }
    }
    for (key, what) in WORDS {
        for (name, value) in entries(model.get(key)) {
            add(Some(value), name, what, &mut titles, out);
        }
    }
    titles
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let list = match node.map(|n| &n.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    list.iter().map(|e| (e.key.as_str(), &e.value))
}

fn named(item: &Node, key: &str, what: Titled, titles: &mut Titles, out: &mut Vec<Diagnostic>) {
    if let Some(name) = item.get(key).and_then(Node::scalar) {
        add(item.get("title"), &name.text, what, titles, out);
    }
}

fn add(node: Option<&Node>, name: &str, what: Titled, titles: &mut Titles, out: &mut Vec<Diagnostic>) {
    if let Some(title) = node.and_then(|n| values::bilingual(n, out)) {
        titles.add(what, name, title);
    }
}
