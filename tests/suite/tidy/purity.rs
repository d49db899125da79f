//! What the core may not contain.

use super::{
    nothing,
    tree::{code, files, sources},
};

/// Folders that decide: no I/O, no waiting, no clock, no chance.
const CORE: [&str; 4] = ["src/model/", "src/rulebook/", "src/engine/", "src/insight/"];
const FORBIDDEN: [&str; 16] = [
    "tokio",
    "sqlx",
    "reqwest",
    "hyper",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::process",
    "std::thread::sleep",
    "async fn",
    "::now()",
    "SystemTime",
    "std::time::Instant",
    "rand::",
    "println!",
    "eprintln!",
];
/// Folders whose answers must not depend on the order of a hash map.
const ORDERED: [&str; 2] = ["src/engine/", "src/insight/"];

#[test]
fn the_core_touches_nothing_outside_itself() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| CORE.iter().any(|core| file.path.starts_with(core))) {
        let ordered = ORDERED.iter().any(|folder| file.path.starts_with(folder));
        let forbidden = FORBIDDEN.iter().copied().chain(["HashMap", "HashSet"].into_iter().filter(|_| ordered));
        let code = code(file);
        for word in forbidden {
            for line in (1..).zip(code.lines()).filter(|(_, line)| line.contains(word)).map(|(number, _)| number) {
                found.push(format!("{}:{line}: `{word}` has no place in the core: {}", file.path, instead(word)));
            }
        }
    }
    nothing(found);
}

fn instead(word: &str) -> &'static str {
    match word {
        "::now()" | "SystemTime" | "std::time::Instant" => "take `now: Instant` as a parameter",
        "HashMap" | "HashSet" => "use BTreeMap or BTreeSet, their order is the same everywhere",
        "std::fs" | "std::env" => "let the caller read and hand in the text",
        "rand::" => "derive it from a hash of stable ids",
        "println!" | "eprintln!" => "return a value or a Diagnostic",
        _ => "return data that says what is to be done; `app` does it",
    }
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.path.ends_with(".rs")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let line = line.trim_start();
            if line.starts_with(concat!("#[", "allow")) || line.starts_with(concat!("#![", "allow")) {
                found.push(format!(
                    "{}:{number}: write #[expect(lint, reason = \"…\")], which fails once it is not needed",
                    file.path
                ));
            }
        }
    }
    nothing(found);
}

#[test]
fn the_clock_is_asked_in_one_file() {
    let asks = ["Timestamp::now(", "Zoned::now(", "SystemTime::now(", "Utc::now(", "Local::now("];
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.path != "src/clock.rs") {
        for (number, line) in (1..).zip(code(file).lines()) {
            if asks.iter().any(|ask| line.contains(ask)) {
                found.push(format!("{}:{number}: take the time from `clock::Clock`", file.path));
            }
        }
    }
    nothing(found);
}
