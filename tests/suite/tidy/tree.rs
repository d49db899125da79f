//! The files of the repository, and Rust text without comments, strings and tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text file: its path from the root, with `/`, and its content.
pub struct File {
    pub path: String,
    pub text: String,
}

/// What builds, runs and editors leave behind; never part of the repository.
const NOT_OURS: [&str; 7] = ["target", "demo", "outbox", "node_modules", ".git", ".idea", ".vscode"];

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below the root, sorted by path.
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The Rust files of the library and its programs.
pub fn sources() -> Vec<File> {
    files().into_iter().filter(|f| f.path.starts_with("src/") && f.path.ends_with(".rs")).collect()
}

fn walk(folder: &Path, found: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if NOT_OURS.contains(&name) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(File { path, text });
        }
    }
}

/// The product's own code in `file`: comments, string contents and everything from the test module on are
/// blanked, line numbers stay. Empty for files that are nothing but tests.
pub fn code(file: &File) -> String {
    let only_tests = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
    if only_tests {
        return String::new();
    }
    let text = file.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().map(blanked).collect::<Vec<_>>().join("\n")
}

/// A line without its comment and the insides of its strings.
fn blanked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match (c, inside) {
            ('\\', true) => drop(chars.next()),
            ('"', _) => {
                inside = !inside;
                out.push('"');
            }
            (_, true) => {}
            ('\'', _) if chars.peek() == Some(&'"') => drop(chars.next()),
            ('/', _) if chars.peek() == Some(&'/') => break,
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn comments_strings_and_tests_are_not_code() {
    let text = "use a; // crate::b\nlet x = \"crate::c\"; crate::d\n#[cfg(test)]\nmod tests { crate::e }\n";
    let file = File { path: "src/a.rs".to_owned(), text: text.to_owned() };
    assert_eq!(code(&file), "use a; \nlet x = \"\"; crate::d");
}
