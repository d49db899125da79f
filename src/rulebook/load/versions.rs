//! Older versions of playbooks, compiled against the model of today, for the runs that finish on them.

use std::collections::BTreeMap;

use super::{
    names::Names,
    phase_days,
    playbook::{self, Around},
    topics,
};
use crate::{
    model::{diagnostic::Severity, ids::stable_hash},
    rulebook::{
        types::Rulebook,
        yaml::{self, Kind, Node},
    },
};

/// What may change without touching the runs that are under way.
const APART: [&str; 11] =
    ["pause_on", "title", "purpose", "phase", "tags", "reviewed", "start", "enroll", "holdout", "outcome", "on_change"];

/// The hash of what a run depends on: layout and comments do not count.
pub fn hash(node: &Node) -> String {
    let mut parts = Vec::new();
    if let Kind::Map(entries) = &node.kind {
        for entry in entries.iter().filter(|e| !APART.contains(&e.key.as_str())) {
            parts.push(entry.key.clone());
            write(&entry.value, false, &mut parts);
        }
    }
    stable_hash(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `listed`: an item of a list. Where that has an `id` it is a step, whose title nothing depends on.
fn write(node: &Node, listed: bool, parts: &mut Vec<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            let step = listed && entries.iter().any(|e| e.key == "id");
            parts.push("{".to_owned());
            for entry in entries.iter().filter(|e| !(step && e.key == "title")) {
                parts.push(entry.key.clone());
                write(&entry.value, false, parts);
            }
            parts.push("}".to_owned());
        }
        Kind::List(items) => {
            parts.push("[".to_owned());
            items.iter().for_each(|item| write(item, true, parts));
            parts.push("]".to_owned());
        }
        Kind::Scalar(scalar) => parts.extend([if scalar.plain { "=" } else { "\"" }.to_owned(), scalar.text.clone()]),
        Kind::Null => parts.push("~".to_owned()),
    }
}

/// Name and hash of every playbook among a rulebook's files, with its path: what an old rulebook can offer.
pub fn hashes(files: &BTreeMap<String, String>) -> Vec<(String, String, String)> {
    let one = |(path, text): (&String, &String)| {
        let node = yaml::parse(path, text, &mut Vec::new()).into_iter().next()?;
        Some((playbook::stem(path).to_owned(), hash(&node), path.clone()))
    };
    files.iter().filter(|(path, _)| super::is_playbook(path)).filter_map(one).collect()
}

/// Adds older versions (path, text) to a rulebook made of `files`. One that the model of today no longer understands
/// is left out; its runs then follow the live version. Answers the paths left out.
pub fn add_versions(
    rulebook: &mut Rulebook,
    files: &BTreeMap<String, String>,
    old: &[(String, String)],
) -> Vec<String> {
    let mut out = Vec::new();
    let model = files.get("model.yaml").and_then(|text| yaml::parse("model.yaml", text, &mut out).into_iter().next());
    let playbooks = files.keys().filter(|p| super::is_playbook(p)).map(|p| playbook::stem(p).to_owned()).collect();
    let names = Names::gather(model.as_ref(), playbooks, topics(files), &mut out);
    let (_, schemas) = names.schema(model.as_ref(), &mut out);
    let (mut versions, mut lost) = (Vec::new(), Vec::new());
    for (path, text) in old {
        let mut found = Vec::new();
        let around = Around { names: &names, schemas: &schemas, model: &rulebook.model };
        let node = yaml::parse(path, text, &mut found).into_iter().next();
        let read = node.and_then(|node| playbook::read(path, &node, &around, &mut found));
        match read.filter(|_| found.iter().all(|d| d.severity != Severity::Error)) {
            Some(version) => versions.push(version),
            None => lost.push(path.clone()),
        }
    }
    rulebook.slots = phase_days::noted(rulebook.slots.clone(), &rulebook.model, versions.iter());
    rulebook.versions = versions;
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(text: &str) -> String {
        hash(&yaml::parse("playbooks/p.yaml", text, &mut Vec::new()).remove(0))
    }

    const PLAYBOOK: &str = "playbook: p\ntitle: t\nstart: {manual: true}\nsteps:\n  - {id: a, wait: 2d}\n";

    #[test]
    fn only_what_a_run_depends_on_makes_another_version() {
        let same = [
            PLAYBOOK.replace("title: t", "title: u\nreviewed: 2026-04-01  # looked over"),
            PLAYBOOK.replace("{manual: true}", "{on: login}\nenroll: {rollout: 20%}"),
            PLAYBOOK.replace("{id: a, wait", "{id: a, title: {ja: 待つ, en: Time}, wait"),
            PLAYBOOK.replace("  - {id: a, wait: 2d}", "# a comment\n  - id: a\n    wait: 2d"),
        ];
        same.iter().for_each(|text| assert_eq!(hash_of(text), hash_of(PLAYBOOK), "{text}"));
        let other =
            [PLAYBOOK.replace("2d", "3d"), PLAYBOOK.replace("id: a", "id: b"), format!("{PLAYBOOK}priority: 7\n")];
        let hook = |title: &str| format!("{PLAYBOOK}  - {{id: h, webhook: x, vars: {{id: 1, title: {title}}}}}\n");
        assert_ne!(hash_of(&hook("a")), hash_of(&hook("b")), "a value of that name is no title");
        other.iter().for_each(|text| assert_ne!(hash_of(text), hash_of(PLAYBOOK), "{text}"));
    }
}
