//! `check`: every finding at once.

use clap::ValueEnum;
use serde_json::json;

use super::{Cli, Exit, Failure, project};
use crate::{
    app::{reload::read_project, render::Renderer},
    model::diagnostic::{Diagnostic, Severity},
    rulebook::load,
};

/// Options of `check`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How to print findings.
    #[arg(long, value_enum, default_value = "plain")]
    format: Format,
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

/// Checks configuration, model, playbooks and templates; exit 1 if something is an error.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let mut findings = match project::read_config(&cli.dir) {
        Ok(_) => Vec::new(),
        Err(failure) => failure.findings,
    };
    let mut files = read_project(&cli.dir)?;
    // Not part of the rulebook, but it knows the names of roles and webhooks.
    if let Ok(text) = std::fs::read_to_string(cli.dir.join(crate::config::FILE)) {
        files.insert(crate::config::FILE.to_owned(), text);
    }
    let (rulebook, found) = load::load(&files);
    findings.extend(found);
    if let Some(rulebook) = &rulebook {
        findings.extend(Renderer::in_process().check(&rulebook.templates).await);
    }
    findings.sort_by(|a, b| (&a.place, b.severity).cmp(&(&b.place, a.severity)));
    findings.dedup();
    let format = if cli.json { Format::Json } else { args.format };
    print(&findings, format, rulebook.as_ref().map_or(0, |r| r.playbooks.len()));
    let bad = findings.iter().any(|f| f.severity == Severity::Error);
    Ok(if bad { Exit::Finding } else { Exit::Done })
}

fn print(findings: &[Diagnostic], format: Format, playbooks: usize) {
    match format {
        Format::Plain => {
            findings.iter().for_each(|f| anstream::println!("{}\n", plain(f)));
            let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
            anstream::println!("{playbooks} playbooks, {errors} errors, {} other findings", findings.len() - errors);
        }
        Format::Json => anstream::println!("{}", serde_json::to_string_pretty(findings).unwrap_or_default()),
        Format::Sarif => anstream::println!("{}", sarif(findings)),
        Format::Github => findings.iter().for_each(|f| anstream::println!("{}", github(f))),
    }
}

/// One finding for people.
pub fn plain(f: &Diagnostic) -> String {
    let severity = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    let place = if f.place.file.is_empty() {
        String::new()
    } else {
        format!("\n  --> {}:{}:{}", f.place.file, f.place.line, f.place.column)
    };
    let help = if f.help.is_empty() { String::new() } else { format!("\n  help: {}", f.help) };
    format!("{severity}[{}]: {}{place}{help}", f.rule, f.message)
}

fn github(f: &Diagnostic) -> String {
    let kind = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let text = format!("{} ({})", f.message, f.help).replace('%', "%25").replace('\n', "%0A").replace('\r', "");
    format!("::{kind} file={},line={},col={},title={}::{text}", f.place.file, f.place.line, f.place.column, f.rule)
}

fn sarif(findings: &[Diagnostic]) -> String {
    let level = |s: Severity| match s {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    };
    let results: Vec<_> = findings
        .iter()
        .map(|f| {
            json!({
                "ruleId": f.rule, "level": level(f.severity), "message": {"text": format!("{} {}", f.message, f.help)},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": f.place.file},
                    "region": {"startLine": f.place.line.max(1), "startColumn": f.place.column.max(1)}}}],
            })
        })
        .collect();
    let driver = json!({"name": "shirube", "version": env!("CARGO_PKG_VERSION")});
    json!({"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{"tool": {"driver": driver}, "results": results}]})
    .to_string()
}
