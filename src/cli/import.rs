//! `import`: from a spreadsheet or an event file.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Cli, Exit, Failure, desk};
use crate::{
    app::import::{Report, Settings, import_file},
    model::instant::Instant,
    source::table::{Assume, Kind, Mapping, Options},
};

/// Options of `import`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What the rows are.
    #[arg(value_enum)]
    kind: What,
    /// CSV, TSV or NDJSON; `-` reads standard input.
    file: PathBuf,
    /// Columns, constants and filters (YAML).
    #[arg(long)]
    map: Option<PathBuf>,
    /// Show how the file is understood; record nothing.
    #[arg(long)]
    dry_run: bool,
    /// One bad row refuses the whole file.
    #[arg(long)]
    strict: bool,
    /// What customers without any date are (without a terminal: known).
    #[arg(long = "as", value_enum)]
    assume: Option<Known>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Accounts,
    Contacts,
    Subscriptions,
    Events,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Known {
    /// They have been customers for a while.
    Known,
    /// They begin now.
    New,
}

/// Imports a file and decides at once what follows from it.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let shell = &running.shell;
    let now = shell.clock.now();
    let options = options(args, &running, now)?;
    let settings = Settings { dry_run: args.dry_run, strict: args.strict, locale: cli.locale() };
    let (report, rejects) = import_file(shell.store.as_ref(), &args.file, &options, settings)
        .await
        .map_err(|e| Failure::refused(e.to_string()))?;
    let mut starts = Vec::new();
    if !args.dry_run {
        shell.feed_arrived("csv", now).await?;
        let turned = shell.turn(shell.clock.now()).await?;
        starts = counted(turned.planned.iter().map(|p| p.playbook.clone()));
    }
    print(cli, args, &report, rejects, &starts);
    let refused = args.strict && report.summary.rejected > 0;
    Ok(if refused { Exit::Finding } else { Exit::Done })
}

fn counted(names: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    names.for_each(|n| *counts.entry(n).or_insert(0) += 1);
    counts.into_iter().collect()
}

fn options(args: &Args, running: &super::assemble::Running, now: Instant) -> Result<Options, Failure> {
    let rulebook = running.shell.rulebook();
    let model = &rulebook.model;
    let kind = match args.kind {
        What::Accounts => Kind::Accounts,
        What::Contacts => Kind::Contacts,
        What::Subscriptions => Kind::Subscriptions,
        What::Events => Kind::Events,
    };
    let mapping = match &args.map {
        None => Mapping::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
            Mapping::parse(&text, &path.display().to_string()).map_err(|e| Failure::usage(e.to_string()))?
        }
    };
    Ok(Options {
        zone: model.workspace.zone.clone(),
        locale: model.workspace.locale,
        currency: model.workspace.currency,
        account_attributes: model.account_attributes.clone(),
        contact_attributes: model.contact_attributes.clone(),
        mapping,
        assume: args.assume.map(|a| match a {
            Known::Known => Assume::Known,
            Known::New => Assume::New,
        }),
        ..Options::new(kind, now)
    })
}

fn print(cli: &Cli, args: &Args, report: &Report, rejects: Option<PathBuf>, starts: &[(String, usize)]) {
    if let Some(path) = rejects {
        anstream::eprintln!("bad rows are in {}", path.display());
    }
    if cli.json {
        return desk::json(&report.summary);
    }
    if args.dry_run {
        anstream::println!("{}\n", report.preview.text(cli.locale()));
    }
    let s = &report.summary;
    anstream::println!(
        "read {}: {} new, {} changed, {} unchanged, {} rejected",
        s.read,
        s.inserted,
        s.updated,
        s.unchanged,
        s.rejected
    );
    for warning in &s.warnings {
        anstream::println!("warning: {}", serde_json::to_string(warning).unwrap_or_default());
    }
    for (playbook, count) in starts {
        anstream::println!("{playbook}: {count} message(s) ready");
    }
}
