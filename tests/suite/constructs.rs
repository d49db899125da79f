//! Every construct of the language that the starter kit does not use (`tests/data/language-constructs`), and the sentences
//! of its reference that need a model of their own (`tests/data/language-rules`): checked and played on virtual time.

use std::path::Path;

use shirube::{model::world::World, simulate::playbook_test};

use crate::playbook_tests::project;

#[test]
fn every_construct_does_what_its_tests_say() {
    all_hold("tests/data/language-constructs");
}

#[test]
fn every_rule_of_the_reference_does_what_its_tests_say() {
    all_hold("tests/data/language-rules");
}

fn all_hold(folder: &str) {
    let (files, rulebook) = project(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let (verdicts, findings) = playbook_test::run_all(&files, &rulebook, &World::default(), None);
    assert!(findings.is_empty(), "{findings:#?}");
    let failed: Vec<String> =
        verdicts.iter().filter(|v| !v.passed).map(|v| format!("{}: {}\n{}", v.file, v.test, v.diff)).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    let tested = |name: &str| verdicts.iter().any(|v| v.file == format!("playbooks/{name}.test.yaml"));
    let without: Vec<&str> = rulebook.playbooks.iter().map(|p| p.name.as_str()).filter(|n| !tested(n)).collect();
    assert!(without.is_empty(), "no test for {without:?}");
}
