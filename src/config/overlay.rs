//! `SHIRUBE_A__B=value` replaces key `a.b`.

use std::{collections::BTreeMap, sync::Arc};

use super::tree::{Entry, Node, Value};
use crate::model::diagnostic::{Diagnostic, Place};

const PREFIX: &str = "SHIRUBE_";

/// Puts every variable that names a key into the tree; others (`SHIRUBE_LANG`) and empty ones are left alone.
pub fn apply(root: &mut Node, variables: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, value) in variables {
        let Some(path) = name.strip_prefix(PREFIX).filter(|rest| rest.contains("__")) else { continue };
        if value.is_empty() {
            continue;
        }
        let place = Place { file: Arc::from(name.as_str()), line: 1, column: 1 };
        let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        if !set(root, &keys, &place, value) {
            let help = "write SHIRUBE_ and the path of the key joined by `__`, as in SHIRUBE_EMAIL__TRANSPORT";
            findings.push(Diagnostic::error("config-variable", &place, format!("{name} names no key"), help));
        }
    }
    findings
}

/// Sets the value at `keys`, making mappings on the way; false where a key is empty or a plain value stands in the way.
fn set(node: &mut Node, keys: &[String], place: &Place, value: &str) -> bool {
    let Some((key, rest)) = keys.split_first() else {
        *node = Node { place: place.clone(), literal: false, value: Value::Text(value.to_owned()) };
        return true;
    };
    if matches!(node.value, Value::Null) {
        node.value = Value::Map(Vec::new());
    }
    let Value::Map(entries) = &mut node.value else { return false };
    if key.is_empty() {
        return false;
    }
    let at = entries.iter().position(|entry| same(&entry.key, key)).unwrap_or_else(|| {
        let empty = Node { place: place.clone(), literal: false, value: Value::Null };
        entries.push(Entry { key: key.clone(), place: place.clone(), node: empty });
        entries.len() - 1
    });
    entries.get_mut(at).is_some_and(|entry| set(&mut entry.node, rest, place, value))
}

/// Variables know neither case nor hyphens.
fn same(key: &str, wanted: &str) -> bool {
    key.to_lowercase().replace('-', "_") == wanted
}
