//! The starter kit at the repository root: no findings at all, and every playbook test passes.

use std::path::Path;

use shirube::{
    app::reload::read_project,
    model::world::World,
    rulebook::{load, template::render},
    simulate::playbook_test::run_all,
};

#[test]
fn the_kit_has_no_findings_and_its_playbooks_do_what_they_say() {
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the repository root");
    let (rulebook, findings) = load::load(&files);
    let told: Vec<String> = findings.iter().map(|f| format!("{:?} {} {}", f.place, f.rule, f.message)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let rulebook = rulebook.expect("a rulebook without errors");
    let (verdicts, wrong) = run_all(&files, &rulebook, &World::default(), None);
    assert!(wrong.is_empty(), "{wrong:?}");
    let failed: Vec<String> =
        verdicts.iter().filter(|v| !v.passed).map(|v| format!("{}: {}\n{}", v.file, v.test, v.diff)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for playbook in &rulebook.playbooks {
        assert!(verdicts.iter().any(|v| v.file.contains(&playbook.name)), "{} has no test", playbook.name);
    }
}

#[test]
fn every_template_of_the_kit_renders_in_both_languages() {
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the repository root");
    let rulebook = load::load(&files).0.expect("a rulebook without errors");
    let findings = rulebook.templates.sample_render_all(render::render);
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(rulebook.templates.sample_jobs().len() >= rulebook.templates.all.len());
}
