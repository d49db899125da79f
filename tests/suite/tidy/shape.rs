//! Sizes of files and functions.

use super::{
    nothing,
    tree::{File, files},
};

const LONGEST_FILE: usize = 1_000;
const LONGEST_FUNCTION: usize = 100;

#[test]
fn no_file_is_too_long() {
    let rust = files().into_iter().filter(|file| file.path.ends_with(".rs"));
    let long = rust.map(|file| (file.text.lines().count(), file.path)).filter(|(lines, _)| *lines > LONGEST_FILE);
    nothing(
        long.map(|(lines, path)| format!("{path}: {lines} lines, at most {LONGEST_FILE}: split it by what it does"))
            .collect(),
    );
}

#[test]
fn no_function_is_too_long() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.path.ends_with(".rs")) {
        for (line, name, length) in functions(file).into_iter().filter(|f| f.2 > LONGEST_FUNCTION) {
            found.push(format!(
                "{}:{line}: {name} has {length} lines, at most {LONGEST_FUNCTION}: name its parts",
                file.path
            ));
        }
    }
    nothing(found);
}

/// Line, name and number of lines of each function, as rustfmt lays them out.
fn functions(file: &File) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let close = format!("{indent}}}");
        let body =
            lines[start..].iter().take_while(|l| !(l.ends_with(';') && l.starts_with(indent) && !l.contains('{')));
        // A declaration without a body ends at its semicolon, before any line opens a block.
        let opens = body.take_while(|l| **l != close).any(|l| l.ends_with('{'));
        let one_line = line.ends_with('}');
        if let (true, false, Some(length)) = (opens, one_line, lines[start..].iter().position(|l| *l == close)) {
            found.push((start + 1, name, length + 1));
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let (before, after) = line.split_once("fn ")?;
    let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "extern", "\"C\""];
    let qualifiers = before.split_whitespace().all(|word| words.contains(&word));
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (qualifiers && !name.is_empty()).then_some(name)
}

#[test]
fn functions_are_measured_from_their_signature_to_their_brace() {
    let text = "trait T {\n    fn declared(&self);\n}\nfn one() {}\npub async fn three(\n) {\n}\nimpl X {\n    fn four() {\n        if a {\n        }\n    }\n}\n";
    let file = File { path: "x.rs".to_owned(), text: text.to_owned() };
    let found: Vec<(String, usize)> = functions(&file).into_iter().map(|(_, name, length)| (name, length)).collect();
    assert_eq!(found, [("three".to_owned(), 3), ("four".to_owned(), 4)]);
}
