//! Documents name what exists; nothing names the machine it was written on.

use std::path::Path;

use super::{
    nothing,
    tree::{files, root},
};

/// A backticked text that begins with one of these is a path of the repository.
const TOPS: [&str; 8] = ["src/", "tests/", "docs/", "benches/", "playbooks/", "templates/", "knowledge/", ".github/"];

#[test]
fn documents_name_only_paths_that_exist() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| is_document(&file.path)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            for path in named(line).into_iter().filter(|path| !exists(root(), path)) {
                found.push(format!(
                    "{}:{number}: `{path}` does not exist: mend the name or drop the sentence",
                    file.path
                ));
            }
            let folder = root().join(Path::new(&file.path).parent().unwrap_or(Path::new("")));
            for link in linked(line).into_iter().filter(|link| !exists(&folder, link)) {
                found.push(format!("{}:{number}: the link `{link}` leads nowhere: mend it or drop it", file.path));
            }
        }
    }
    nothing(found);
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let places = [["/ho", "me/"], ["/ro", "ot/"], ["/tm", "p/"], ["/wo", "rk/"], ["/Use", "rs/"], ["C:\\Use", "rs"]]
        .map(|p| p.concat());
    let hosts = [
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["registry.npm", "js.org"],
        ["arti", "factory"],
        ["jfrog", ".io"],
    ];
    let hosts = hosts.map(|p| p.concat());
    let mut found = Vec::new();
    for file in files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            if places.iter().any(|place| names_folder(line, place)) {
                found.push(format!(
                    "{}:{number}: a path of one machine: use a relative path, `tempfile` or CARGO_MANIFEST_DIR",
                    file.path
                ));
            }
            if hosts.iter().any(|host| line.contains(host.as_str())) {
                found
                    .push(format!("{}:{number}: a registry host: that belongs to a machine's own settings", file.path));
            }
        }
    }
    nothing(found);
}

fn is_document(path: &str) -> bool {
    let top = !path.contains('/') && (path.starts_with("README") || path.starts_with("CONTRIBUTING"));
    path.ends_with(".md") && (top || path.starts_with("docs/"))
}

/// `folder` at the start of a path, not in the middle of a URL.
fn names_folder(line: &str, folder: &str) -> bool {
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-./:}$*".contains(c));
    line.match_indices(folder).any(|(at, _)| starts(at))
}

/// Repository paths in backticks. What stands for something (`src/channel/NAME/`, `*`, `{…}`) ends the path.
fn named(line: &str) -> Vec<String> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(|span| TOPS.iter().any(|top| span.starts_with(top))).map(concrete).collect()
}

fn concrete(span: &str) -> String {
    let placeholder = |part: &str| {
        let word: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
        let shouted = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        part.contains(['*', '<', '{', '…', ' ', '(']) || shouted && word != "README"
    };
    let span = span.split(':').next().unwrap_or(span);
    span.split('/').take_while(|part| !placeholder(part)).collect::<Vec<_>>().join("/")
}

/// Targets of Markdown links into the repository.
fn linked(line: &str) -> Vec<String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    let outside = |target: &&str| target.is_empty() || target.contains("://") || target.starts_with("mailto:");
    targets.filter(|target| !outside(target)).map(str::to_owned).collect()
}

fn exists(folder: &Path, path: &str) -> bool {
    folder.join(path).exists()
}

#[test]
fn paths_and_links_are_found() {
    assert_eq!(named("see `src/model/`, `src/channel/NAME/mod.rs` and `cargo test`"), ["src/model/", "src/channel"]);
    assert_eq!(linked("[a](docs/a.md#part) [b](https://x.example) [c](#here)"), ["docs/a.md"]);
    assert!(is_document("README.ja.md") && is_document("docs/a.md") && !is_document("templates/a.md"));
}
