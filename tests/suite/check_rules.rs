//! Every rule has its section in docs/checks.md, and every sentence of a finding its Japanese.

use std::{collections::BTreeSet, fs, path::Path};

use shirube::words::findings::is_known;

use super::{check::findings_of_every_case, tidy::tree};

/// Rules as the source names them: the first text of a `Diagnostic::…(`, `Fault::new(`, `fault(`, `known(` or a
/// tuple that begins with a rule.
fn rules() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in tree::sources() {
        let text = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for call in ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::hint(", "Fault::new(", "fault("] {
            for (at, _) in text.match_indices(call) {
                found.extend(first_text(&text[at + call.len()..]));
            }
        }
    }
    found
}

/// `"rule"` right behind the bracket.
fn first_text(after: &str) -> Option<String> {
    let rest = after.trim_start().strip_prefix('"')?;
    let word = &rest[..rest.find('"')?];
    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-').then(|| word.to_owned())
}

#[test]
fn every_rule_has_its_section() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md")).unwrap();
    let sections: BTreeSet<String> = page.lines().filter_map(|l| l.strip_prefix("### ")).map(str::to_owned).collect();
    let of_findings = findings_of_every_case().into_iter().map(|d| d.rule.to_owned());
    let missing: Vec<String> = rules().into_iter().chain(of_findings).filter(|r| !sections.contains(r)).collect();
    assert!(missing.is_empty(), "docs/checks.md: add a section `### …` for {missing:?}");
}

#[test]
fn every_section_speaks_both_languages() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md")).unwrap();
    for section in page.split("\n### ").skip(1) {
        let body = section.split("\n## ").next().unwrap_or_default();
        let japanese = body.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c));
        assert!(japanese && body.lines().count() >= 5, "{section}");
    }
}

#[test]
fn whatever_a_check_says_it_says_in_japanese_too() {
    let mut english = BTreeSet::new();
    for finding in findings_of_every_case() {
        english.extend([finding.message, finding.help].into_iter().filter(|text| !is_known(text)));
    }
    assert!(
        english.is_empty(),
        "add to src/words/findings_ja/:\n{}",
        english.into_iter().collect::<Vec<_>>().join("\n")
    );
}
