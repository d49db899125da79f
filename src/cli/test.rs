//! `test`: playbook tests on virtual time. Nothing is stored, nothing is sent.

use anstream::println;
use serde_json::json;

use super::{Cli, Exit, Failure, project::Project};
use crate::{
    model::{
        diagnostic::{Diagnostic, Severity},
        locale::Locale,
        world::World,
    },
    simulate::playbook_test::{self, Verdict},
    words::told,
};

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Options of `test`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only tests of this playbook, or whose file or sentence contains this.
    name: Option<String>,
}

/// Runs the tests under `playbooks/`; exit 1 if one fails, cannot be read, or none is found by that name.
pub fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let (rulebook, _) = project.rulebook()?;
    let (verdicts, mut findings) =
        playbook_test::run_all(&project.files, &rulebook, &world(&project), args.name.as_deref());
    findings.retain(|f| f.severity == Severity::Error);
    if verdicts.is_empty() && findings.is_empty() {
        return Err(Failure::refused(nothing(args.name.as_deref())));
    }
    if cli.json {
        println!("{}", as_json(&verdicts, &findings));
    } else {
        say(cli.locale(), &verdicts, &findings);
    }
    let bad = !findings.is_empty() || verdicts.iter().any(|v| !v.passed);
    Ok(if bad { Exit::Finding } else { Exit::Done })
}

/// The people of `shirube.yaml`: tests may name them and their roles.
fn world(project: &Project) -> World {
    let (people, away) = (project.config.people.iter(), project.config.people.iter());
    World {
        people: people.map(|(key, p)| (key.clone(), p.called(key, Locale::Ja))).collect(),
        fallbacks: project.config.owners.clone(),
        away: away.filter_map(|(key, p)| Some((key.clone(), p.away.clone()?))).collect(),
        ..World::default()
    }
}

fn nothing(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("no playbook test is called `{name}`; `shirube test` runs them all"),
        None => "there are no tests; write playbooks/NAME.test.yaml beside a playbook".to_owned(),
    }
}

/// A file that cannot be read is a test that fails: scripts see it in the same list.
fn as_json(verdicts: &[Verdict], findings: &[Diagnostic]) -> String {
    let unreadable = findings
        .iter()
        .map(|f| json!({"file": f.place.file, "test": "", "passed": false, "diff": super::check::plain(f)}));
    let list: Vec<_> = verdicts.iter().map(|v| json!(v)).chain(unreadable).collect();
    serde_json::to_string_pretty(&list).unwrap_or_default()
}

fn say(locale: Locale, verdicts: &[Verdict], findings: &[Diagnostic]) {
    for verdict in verdicts {
        let (colour, word) = if verdict.passed { (GREEN, "ok  ") } else { (RED, "FAIL") };
        println!("{colour}{word}{PLAIN} {}: {}", verdict.file, verdict.test);
        verdict.diff.lines().for_each(|line| println!("     {}", coloured(line)));
    }
    findings.iter().for_each(|f| println!("{}\n", super::check::told(locale, f)));
    let failed = verdicts.iter().filter(|v| !v.passed).count();
    println!("{}", told::tests(locale, verdicts.len() - failed, failed, findings.len()));
}

fn coloured(line: &str) -> String {
    match line.chars().next() {
        Some('-' | '!') => format!("{RED}{line}{PLAIN}"),
        Some('+') => format!("{GREEN}{line}{PLAIN}"),
        _ => line.to_owned(),
    }
}
