//! Who may import whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    nothing,
    tree::{File, code, sources},
};

/// The layers of `docs/architecture.md`, lowest first. A folder imports only from lower layers; folders of
/// one layer never import each other.
const LAYERS: [&[&str]; 12] = [
    &["model"],
    &["words"],
    &["rulebook"],
    &["engine", "insight", "knowledge"],
    &["net"],
    &["store", "channel", "source", "config", "clock"],
    &["app"],
    &["simulate"],
    &["command"],
    &["http", "chat"],
    &["cli"],
    &["main", "lib", "bin"],
];

type Imports = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn every_folder_has_a_layer() {
    let folders: BTreeSet<String> = sources().iter().map(|file| folder(&file.path)).collect();
    let unknown = folders.iter().filter(|name| layer(name).is_none());
    nothing(
        unknown
            .map(|name| format!("src/{name} has no layer: add it to LAYERS in tests/suite/tidy/layers.rs and to docs/architecture.md"))
            .collect(),
    );
}

#[test]
fn imports_go_downwards_only() {
    let mut found = Vec::new();
    for (from, imports) in imports() {
        for (to, place) in imports {
            let allowed = match (layer(&from), layer(&to)) {
                (Some(from), Some(to)) => to < from,
                _ => true,
            };
            if !allowed {
                found.push(format!(
                    "{place}: {from} must not import {to} (layer {} and {}): move what both need to a lower layer, or let a higher one hand it in",
                    layer(&from).unwrap_or(0),
                    layer(&to).unwrap_or(0)
                ));
            }
        }
    }
    nothing(found);
}

#[test]
fn folders_do_not_import_in_circles() {
    let imports = imports();
    let circles = imports.keys().filter_map(|start| circle(start, &imports));
    nothing(circles.map(|path| format!("{}: break the circle at its weakest link", path.join(" → "))).collect());
}

/// A way from `start` back to itself.
fn circle(start: &str, imports: &Imports) -> Option<Vec<String>> {
    let mut open = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        for next in imports.get(path.last()?).into_iter().flat_map(BTreeMap::keys) {
            let longer = [path.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                open.push(longer);
            }
        }
    }
    None
}

/// Folder → folders it imports, each with the first place where it does.
fn imports() -> Imports {
    let mut all = Imports::new();
    for file in sources() {
        let from = folder(&file.path);
        for (to, line) in roots(&file) {
            if to != from && layer(&to).is_some() {
                let place = format!("{}:{line}", file.path);
                all.entry(from.clone()).or_default().entry(to).or_insert(place);
            }
        }
    }
    all
}

/// The top-level names behind `crate::`, `crate::{…}` and enough `super::`, with their lines.
fn roots(file: &File) -> Vec<(String, usize)> {
    let code = code(file);
    let depth = file.path.trim_end_matches("/mod.rs").matches('/').count();
    let mut found = Vec::new();
    for anchor in ["crate::".to_owned(), "shirube::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&anchor).filter(|(at, _)| starts_word(&code, *at)) {
            let line = code[..at].matches('\n').count() + 1;
            found.extend(names(&code[at + anchor.len()..]).into_iter().map(|name| (name, line)));
        }
    }
    found
}

/// `a::b` names `a`; `{a::{b, c}, d}` names `a` and `d`.
fn names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut found, mut fresh) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' => fresh = true,
            c if depth == 1 && fresh && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
}

/// `src/engine/mod.rs` and `src/clock.rs` belong to `engine` and `clock`.
fn folder(path: &str) -> String {
    let inner = path.trim_start_matches("src/");
    inner.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&folder))
}

#[test]
fn grouped_and_relative_imports_are_seen() {
    let text =
        "use crate::{\n    model::{a, b},\n    store::c,\n};\nuse super::super::engine::d;\nlet x = my_crate::y;";
    let file =
        File { path: "src/app/inbox/run.rs".to_owned(), text: text.replace("super::super", "super::super::super") };
    let found: Vec<String> = roots(&file).into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, ["model", "store", "engine"]);
}
