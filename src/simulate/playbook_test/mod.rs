//! One playbook test on virtual time (language reference, section 5).

mod diff;
mod given;
mod judge;
mod when;

use serde::Serialize;
use std::collections::BTreeMap;

use super::account::{Account, Stuck};
use crate::{
    model::{diagnostic::Diagnostic, instant::Instant, world::World},
    rulebook::{
        testfile::{self, PlaybookTest},
        types::Rulebook,
    },
};
use jiff::tz::TimeZone;

/// How one test came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The file it stands in.
    pub file: String,
    /// What it shows.
    pub test: String,
    /// Whether everything came as expected.
    pub passed: bool,
    /// What was expected (`-`), what came instead (`+`), and why; empty when passed. One finding a line.
    pub diff: String,
}

/// The world of one test while it runs.
pub(super) struct Stage<'t> {
    test: &'t PlaybookTest,
    rulebook: Rulebook,
    world: World,
    zone: TimeZone,
    account: Account,
    /// How far time has come.
    clock: Instant,
}

/// Runs every test among `files` (path → text) whose playbook, file or sentence contains `only`. Findings
/// are about test files that cannot be read; the other files run nevertheless.
pub fn run_all(
    files: &BTreeMap<String, String>,
    rulebook: &Rulebook,
    world: &World,
    only: Option<&str>,
) -> (Vec<Verdict>, Vec<Diagnostic>) {
    let (mut verdicts, mut findings) = (Vec::new(), Vec::new());
    for (path, text) in files.iter().filter(|(path, _)| is_test_file(path)) {
        let (tests, wrong) = testfile::parse(path, text);
        findings.extend(wrong);
        let wanted = |t: &&PlaybookTest| only.is_none_or(|o| t.playbook == o || path.contains(o) || t.name.contains(o));
        verdicts.extend(tests.iter().filter(wanted).map(|t| run(t, rulebook, world)));
    }
    (verdicts, findings)
}

/// Whether a path of a project is a file of playbook tests.
pub fn is_test_file(path: &str) -> bool {
    path.starts_with("playbooks/") && path.ends_with(".test.yaml")
}

/// Runs one test against a checked rulebook. `world` brings people and stand-ins for roles; the test's
/// own people and KPI values are added to it.
pub fn run(test: &PlaybookTest, rulebook: &Rulebook, world: &World) -> Verdict {
    let diff = match Stage::set(test, rulebook, world) {
        Ok(stage) => stage.play(),
        Err(findings) => findings.iter().map(diff::finding).collect(),
    };
    Verdict { file: test.place.file.to_string(), test: test.name.clone(), passed: diff.is_empty(), diff }
}

impl Stage<'_> {
    fn play(mut self) -> String {
        match self.happen() {
            Ok(()) => self.judge(),
            Err(When::Wrong(finding)) => diff::finding(&finding),
            Err(When::Stuck(stuck)) => format!("! {stuck}\n"),
        }
    }

    /// Lets time pass up to `until`.
    fn advance(&mut self, until: Instant) -> Result<(), Stuck> {
        self.account.advance(&self.world, &self.rulebook, until)?;
        self.clock = self.clock.max(until);
        Ok(())
    }
}

/// Why the lines of `when` cannot be played.
enum When {
    Wrong(Box<Diagnostic>),
    Stuck(Stuck),
}

impl From<Stuck> for When {
    fn from(stuck: Stuck) -> When {
        When::Stuck(stuck)
    }
}
