//! `check`: every finding at once, in every format; `--fix` mends what is certain.

mod explain;
mod fix;
mod links;
mod print;
mod sarif;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::ValueEnum;

use super::{Cli, Exit, Failure, project};
use crate::{
    app::{
        reload::{read_later, read_project},
        render::Renderer,
    },
    config,
    model::diagnostic::{Diagnostic, Severity},
    rulebook::{load, testfile, types::Rulebook},
};
pub use print::{plain, told};

/// Options of `check`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How to print findings.
    #[arg(long, value_enum, default_value = "plain")]
    format: Format,
    /// Mend what is certain (typos with one meaning, missing quotes), and say what was done.
    #[arg(long)]
    fix: bool,
    /// With --fix: only show what would be changed.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Ask every link of content.yaml for an answer (goes to the network).
    #[arg(long)]
    links: bool,
    /// Explain one rule, e.g. `check --explain unknown-name`.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Plain,
    /// One JSON array.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub workflow commands.
    Github,
}

/// Checks configuration, model, playbooks, their tests and templates; exit 1 if something is an error.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if let Some(rule) = &args.explain {
        return explain::run(cli.locale(), rule);
    }
    let mut files = files(&cli.dir)?;
    if args.fix {
        files = fix::run(cli, files, args.dry_run)?;
        if args.dry_run {
            return Ok(Exit::Done);
        }
    }
    let (rulebook, mut findings) = findings(cli, &files)?;
    if let Some(rulebook) = &rulebook {
        findings.extend(Renderer::in_process().check(&rulebook.templates).await);
        if args.links {
            findings.extend(links::dead(rulebook, &files).await);
        }
    }
    findings.sort_by(|a, b| (&a.place, b.severity).cmp(&(&b.place, a.severity)));
    findings.dedup();
    let format = if cli.json { Format::Json } else { args.format };
    let playbooks = files.keys().filter(|p| p.starts_with("playbooks/") && !p.ends_with(".test.yaml")).count();
    print::all(cli.locale(), &findings, format, &files, playbooks);
    let bad = findings.iter().any(|f| f.severity == Severity::Error);
    Ok(if bad { Exit::Finding } else { Exit::Done })
}

/// The rulebook's files, and the configuration: not part of the rulebook, but it knows roles and webhooks.
fn files(dir: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = read_project(dir)?;
    files.extend(read_later(dir)?);
    let path: PathBuf = dir.join(config::FILE);
    if path.exists() {
        files.insert(config::FILE.to_owned(), String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
    }
    Ok(files)
}

/// Everything that can be found without rendering.
fn findings(cli: &Cli, files: &BTreeMap<String, String>) -> Result<(Option<Rulebook>, Vec<Diagnostic>), Failure> {
    let text = files.get(config::FILE).map_or("", String::as_str);
    let mut findings = project::config_of(&cli.dir, text).err().map(|f| f.findings).unwrap_or_default();
    let (rulebook, found) = load::load_at(files, cli.clock()?.now());
    findings.extend(found);
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".test.yaml")) {
        findings.extend(testfile::parse(path, text).1);
    }
    Ok((rulebook, findings))
}
