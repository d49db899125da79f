//! Whatever the engine writes down has words for people in both languages.

use std::{collections::BTreeSet, fs, path::Path};

use shirube::{
    model::locale::Locale,
    words::{
        reasons::reason,
        terms::{Term, term},
    },
};

/// The engine's code without its tests.
fn engine() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    files.map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()).collect()
}

/// The literals that follow one of these beginnings.
fn said(beginnings: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in engine() {
        for begin in beginnings {
            let literals = text.split(begin).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(literals.filter(|word| !word.contains('{')).map(str::to_owned));
        }
    }
    found
}

fn without_words(list: Term, words: BTreeSet<String>) -> Vec<String> {
    words.into_iter().filter(|word| term(Locale::Ja, list, word) == *word).collect()
}

#[test]
fn every_reason_of_the_engine_has_words() {
    let reasons = said(&[
        "refusal(\"",
        "skip(\"",
        "Nobody(\"",
        "RunResult::Exited, \"",
        "RunResult::Completed, \"",
        "RunResult::Failed, \"",
        "RunResult::Succeeded, \"",
        "stay(run, None, \"",
        "stay(run, Some(until), \"",
        "skipped = Some(\"",
        ".note(\"skip\", playbook, step, \"",
        ".note(\"change\", &run.playbook, \"\", \"",
        ".note(\"not_started\", &playbook.name, \"\", \"",
        ".note_with(\"not_started\", &playbook.name, \"\", \"",
        ".note(\"goal\", &run.playbook, \"\", \"",
        ".note(\"goal\", &playbook.name, \"\", \"",
    ]);
    assert!(reasons.len() > 25, "the list above no longer fits the code: {reasons:?}");
    let as_people = |word: &String| reason(Locale::Ja, word, &|name| name.to_owned());
    let plain: Vec<&String> = reasons.iter().filter(|word| as_people(word) == **word).collect();
    assert!(plain.is_empty(), "give them a row in src/words/reasons.rs: {plain:?}");
}

#[test]
fn every_kind_of_decision_and_every_event_of_ours_has_words() {
    let kinds = said(&[".note(\"", ".note_with(\"", ".note_message(\""]);
    assert!(kinds.len() > 10, "{kinds:?}");
    assert_eq!(without_words(Term::Ledger, kinds), [""; 0], "give them a row in src/words/terms.rs");
    let events = said(&[".emit(\""]);
    assert!(events.len() > 10, "{events:?}");
    assert_eq!(without_words(Term::Event, events), [""; 0], "give them a row in src/words/terms.rs");
}

/// Japanese has brackets of its own; only code keeps the narrow ones.
#[test]
fn japanese_sentences_have_japanese_brackets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let japanese = |c: char| matches!(c, 'ぁ'..='ヿ' | '一'..='龥' | '、' | '。');
    let mut files: Vec<_> = fs::read_dir(root.join("src/words")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push(root.join("src/command/spec.rs"));
    for file in files.iter().filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        for line in text.lines() {
            let letters: Vec<char> = line.chars().collect();
            let narrow =
                letters.windows(2).any(|two| japanese(two[0]) && two[1] == '(' || two[0] == ')' && japanese(two[1]));
            assert!(!narrow, "{}: {line}", file.display());
        }
    }
}
