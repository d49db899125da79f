//! `import`: from a spreadsheet or an event file.

use std::{collections::BTreeMap, io::IsTerminal as _, path::PathBuf};

use clap::ValueEnum;

use super::{Cli, Exit, Failure, desk, foresee, progress::Bar};
use crate::{
    app::{
        import::{ImportError, Progress, Report, Settings, prepare_file},
        shell::Shell,
    },
    model::{instant::Instant, locale::Locale},
    source::table::{Assume, Kind, Mapping, Options},
    words::{Word, say, sentence},
};

/// Newest runs looked at for what an import started.
const NEWEST: usize = 100_000;

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
    let (bar, locale) = (Bar::new(), cli.locale());
    let progress = |at: Progress| show(&bar, locale, at);
    let settings = Settings { name: "", dry_run: args.dry_run, strict: args.strict, locale, progress: Some(&progress) };
    let store = shell.store.as_ref();
    let refused = |e: ImportError| Failure::refused(e.to_string());
    let (waiting, rejects) = prepare_file(store, &args.file, &options, settings).await.map_err(refused)?;
    let has_playbooks = !shell.rulebook().playbooks.is_empty();
    let mut done = Done { rejects, has_playbooks, ..Done::default() };
    let import = waiting.import;
    if args.dry_run {
        done.starts = foresee::starts(shell, import, now).await?;
    } else if let Some(cuts) = shell.first_cuts(import, now).await? {
        shell.set_first_cuts(&cuts).await?;
    }
    let report = waiting.finish(store, &options, settings).await.map_err(refused)?;
    bar.clear();
    if report.summary.applied {
        shell.feed_arrived("csv", now).await?;
        if let Some(live) = running.deciding().await? {
            done.messages = live.turn(shell.clock.now()).await?.planned.len();
        }
        done.starts = started(shell, now).await?;
    }
    print(cli, args, &report, &done);
    let refused = args.strict && report.summary.rejected > 0;
    Ok(if refused { Exit::Finding } else { Exit::Done })
}

/// What follows from an import, beside its counts.
#[derive(Default)]
struct Done {
    rejects: Option<PathBuf>,
    /// Playbook → runs that start (would start, in a dry run).
    starts: BTreeMap<String, usize>,
    messages: usize,
    has_playbooks: bool,
}

fn show(bar: &Bar, locale: Locale, progress: Progress) {
    match progress {
        Progress::Inspecting => bar.show(say(locale, Word::ImportInspecting), 0, 1),
        Progress::Reading(done, total) => bar.show(say(locale, Word::ImportReading), done, total),
        Progress::Applying(done, total) => bar.show(say(locale, Word::ImportApplying), done, total),
    }
}

/// Runs that started since the import began.
async fn started(shell: &Shell, since: Instant) -> Result<BTreeMap<String, usize>, Failure> {
    let mut counts = BTreeMap::new();
    for run in shell.store.runs(None, None, NEWEST).await? {
        if run.started >= since {
            *counts.entry(run.playbook).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

fn options(args: &Args, running: &super::assemble::Running, now: Instant) -> Result<Options, Failure> {
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
    let assume = args.assume.map(|a| match a {
        Known::Known => Assume::Known,
        Known::New => Assume::New,
    });
    Ok(running.shell.table_options(kind, mapping, assume, now))
}

fn print(cli: &Cli, args: &Args, report: &Report, done: &Done) {
    let locale = cli.locale();
    if let Some(path) = &done.rejects {
        anstream::eprintln!("{}", sentence::rejects_at(locale, &path.display().to_string()));
    }
    if cli.json {
        let mut json = serde_json::to_value(&report.summary).unwrap_or_default();
        json["starts"] = serde_json::json!(done.starts);
        return desk::json(&json);
    }
    let s = &report.summary;
    if args.dry_run {
        anstream::println!("{}\n", report.preview.text(locale, !std::io::stdout().is_terminal()).trim_end());
    }
    anstream::println!("{}", sentence::import_counts(locale, [s.read, s.inserted, s.updated, s.unchanged, s.rejected]));
    if !args.dry_run {
        for line in s.warnings.iter().flat_map(|warning| warning.lines(locale)) {
            anstream::println!("{line}");
        }
    }
    if !s.applied {
        anstream::println!("{}", say(locale, if args.dry_run { Word::ImportDry } else { Word::ImportRefused }));
    }
    for (playbook, count) in &done.starts {
        anstream::println!("{}", sentence::would_start(locale, playbook, *count, args.dry_run));
    }
    if done.starts.is_empty() && done.has_playbooks && (args.dry_run || s.applied) {
        anstream::println!("{}", sentence::starts_nothing(locale, args.dry_run));
    }
    if done.messages > 0 {
        anstream::println!("{}", sentence::messages_ready(locale, done.messages));
    }
}
