//! `pull`: takes in the tables of `sources:` now, due or not.

use std::{io::IsTerminal as _, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Cli, Exit, Failure, assemble::Running, desk, project::Project, system};
use crate::{
    app::pull::{self, Done, End, Feed, Place, Pulls, Schedule},
    config::{self, TablePlace},
    model::{instant::Instant, locale::Locale, safe::SafeUrl},
    source::{
        pull::{Address, Query, Trouble, table_address},
        system::System,
        table::{Assume, Kind},
    },
    words::{Word, pulls as say, say as word, systems},
};

/// An address is looked at so often, files so often, unless something else is said.
const HOURLY: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_secs(5);
/// Where rows that are not taken are written.
const REJECTS: &str = "rejects";

/// Options of `pull`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A name below `sources:` in shirube.yaml; all of them without one.
    name: Option<String>,
    /// Fetch and show how it is understood; record nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Takes tables in and decides at once what follows.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (shell, locale) = (&running.shell, cli.locale());
    let all = pulls(&running.project)?;
    let meant = |name: &String| args.name.as_ref().is_none_or(|n| n == name);
    let chosen: Vec<&Feed> = all.feeds.iter().filter(|f| meant(&f.name)).collect();
    let systems: Vec<&System> = all.systems.iter().filter(|s| meant(&s.name) && s.token.is_some()).collect();
    if chosen.is_empty() && systems.is_empty() {
        let names = all.feeds.iter().map(|f| &f.name).chain(all.systems.iter().map(|s| &s.name));
        let known: Vec<&str> = names.map(String::as_str).collect();
        let name = args.name.as_deref().unwrap_or_default();
        return Err(Failure::usage(say::no_source(locale, name, &known.join(", "))));
    }
    let mut done = Vec::new();
    for feed in chosen {
        let found = all.one(shell, feed, args.dry_run).await?;
        if found.is_empty() {
            done.push(Done { feed: feed.name.clone(), file: None, end: End::Unchanged });
        }
        done.extend(found);
    }
    // What systems say cannot be previewed row by row: a dry run leaves them alone.
    for one in systems.into_iter().filter(|_| !args.dry_run) {
        done.push(all.system(shell, one).await?);
    }
    let news = !args.dry_run && done.iter().any(|d| matches!(d.end, End::Taken(..) | End::Told(..)));
    if news && let Some(live) = running.deciding().await? {
        live.turn(shell.clock.now()).await?;
    }
    if cli.json {
        desk::json(&done.iter().map(|d| entry(d, args.dry_run, locale)).collect::<Vec<_>>());
    } else {
        done.iter().for_each(|d| print(d, args.dry_run, locale));
    }
    Ok(exit(&done))
}

fn exit(done: &[Done]) -> Exit {
    let troubles: Vec<say::Fault> = done.iter().filter_map(trouble).map(|t| t.fault).collect();
    let away = |fault: &say::Fault| matches!(fault, say::Fault::Unreachable | say::Fault::Silent);
    match troubles.as_slice() {
        [] => Exit::Done,
        all if all.iter().all(away) => Exit::Unreachable,
        _ => Exit::Finding,
    }
}

fn trouble(done: &Done) -> Option<&Trouble> {
    match &done.end {
        End::Failed(trouble) => Some(trouble),
        _ => None,
    }
}

fn entry(done: &Done, dry_run: bool, locale: Locale) -> Value {
    let mut entry = json!({"source": done.feed, "file": done.file});
    match &done.end {
        End::Unchanged => entry["state"] = json!("unchanged"),
        End::Told(things, waits) => {
            entry["state"] = json!("imported");
            entry["read"] = json!(things);
            entry["waiting"] = json!(waits);
        }
        End::Failed(trouble) => {
            entry["state"] = json!("failed");
            entry["why"] = json!(say::fault(locale, trouble.fault, &trouble.detail));
        }
        End::Taken(report, rejects) => {
            entry["state"] = json!(if dry_run { "dry_run" } else { "imported" });
            if let (Value::Object(all), Ok(Value::Object(counts))) = (&mut entry, serde_json::to_value(&report.summary))
            {
                all.extend(counts);
            }
            entry["rejects"] = json!(rejects);
        }
    }
    entry
}

fn print(done: &Done, dry_run: bool, locale: Locale) {
    let name = done.file.as_ref().map_or_else(|| done.feed.clone(), |file| format!("{}/{file}", done.feed));
    match &done.end {
        End::Unchanged => anstream::println!("{}", say::unchanged(locale, &name)),
        End::Told(things, waits) => anstream::println!("{}", systems::taken(locale, &name, *things, *waits)),
        End::Failed(trouble) => {
            let why = say::fault(locale, trouble.fault, &trouble.detail);
            anstream::eprintln!("{}", say::failed(locale, &name, &why));
        }
        End::Taken(report, rejects) => {
            let s = &report.summary;
            if dry_run {
                anstream::println!("{}\n", report.preview.text(locale, !std::io::stdout().is_terminal()).trim_end());
            }
            let counts = [s.read, s.inserted, s.updated, s.unchanged, s.rejected];
            anstream::println!("{}", say::taken(locale, &name, counts));
            if dry_run {
                anstream::println!("{}", word(locale, Word::ImportDry));
            } else {
                s.warnings.iter().flat_map(|w| w.lines(locale)).for_each(|line| anstream::println!("{line}"));
            }
            if let Some(path) = rejects {
                anstream::eprintln!("{}", say::rejects_at(locale, &path.display().to_string()));
            }
        }
    }
}

/// The tables and systems of the configuration.
pub fn pulls(project: &Project) -> Result<Pulls, Failure> {
    let feeds = project.config.sources.iter().filter_map(|(name, source)| feed(project, name, source));
    let mut feeds: Vec<Feed> = feeds.collect::<Result<_, _>>()?;
    // Whoever a row is about has to be there first.
    feeds.sort_by_key(|feed| match feed.kind {
        Kind::Accounts => 0,
        Kind::Contacts => 1,
        Kind::Subscriptions => 2,
        Kind::Events => 3,
    });
    Ok(Pulls::new(feeds, system::systems(project)?))
}

fn feed(project: &Project, name: &str, source: &config::Source) -> Option<Result<Feed, Failure>> {
    let table = source.table.as_ref()?;
    let place = match &table.place {
        TablePlace::File(path) => Place::File(project.path(path)),
        TablePlace::Folder(path) => Place::Folder(project.path(path)),
        TablePlace::Url(url) => match SafeUrl::new(&table_address(url.expose())) {
            Ok(url) => {
                let header = |(name, value): &(String, config::Secret)| (name.clone(), value.inner().clone());
                Place::Url(Address { url, headers: table.headers.iter().map(header).collect() })
            }
            Err(why) => return Some(Err(Failure::refused(format!("sources.{name}.url: {why}")))),
        },
        TablePlace::Database { dsn, query, cursor } => match std::fs::read_to_string(project.path(query)) {
            Ok(text) => Place::Query(Query { dsn: dsn.inner().clone(), text, cursor: cursor.clone() }),
            Err(why) => {
                return Some(Err(Failure::refused(format!("sources.{name}.query: {query} cannot be read: {why}"))));
            }
        },
    };
    let usual = if matches!(place, Place::Url(_) | Place::Query(_)) { HOURLY } else { SOON };
    let every = i64::try_from(table.every.unwrap_or(usual).as_micros()).unwrap_or(i64::MAX);
    Some(Ok(Feed {
        name: name.to_owned(),
        place,
        kind: Kind::parse(table.fills)?,
        rows: table.rows.clone(),
        map: source.map.as_ref().map(|path| project.path(path)),
        assume: table.known.map(|known| if known { Assume::Known } else { Assume::New }),
        schedule: table.cron.clone().map_or(Schedule::Every(every), Schedule::Cron),
        most: table.max_mib << 20,
        rejects: project.path(REJECTS),
    }))
}

/// Takes in what is due, again and again.
pub async fn forever(running: Arc<Running>, all: Pulls, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let done = tokio::select! {
            done = all.due(&running.shell) => done,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        let rest = match done {
            Ok(done) => {
                done.iter().for_each(note);
                Duration::from_secs(1)
            }
            Err(error) => {
                tracing::error!(%error, "what was pulled could not be recorded; it is tried again");
                // Our own trouble must not make us ask others every second.
                Duration::from_secs(60)
            }
        };
        let _ = tokio::time::timeout(rest, stopping.wait_for(|stop| *stop)).await;
    }
}

/// Takes in what is due, once.
pub async fn collect(running: &Running) -> Result<(), Failure> {
    let done = pulls(&running.project)?.due(&running.shell).await?;
    done.iter().for_each(note);
    Ok(())
}

fn note(done: &Done) {
    if let End::Told(things @ 1.., waits) = &done.end {
        tracing::info!(source = done.feed, things, waits, "a system was asked");
    }
    if let End::Taken(report, _) = &done.end {
        let s = &report.summary;
        tracing::info!(
            source = done.feed,
            read = s.read,
            new = s.inserted,
            changed = s.updated,
            rejected = s.rejected,
            "a table was taken in"
        );
    }
}

/// What `doctor` says of each: the check's name, and how it is or what to mend.
pub async fn checks(running: &Running, locale: Locale) -> Result<Vec<(String, Result<String, String>)>, Failure> {
    let all = pulls(&running.project)?;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let day = |at: Instant| at.rfc3339(&zone);
    let mut lines = system::checks(running, &all, locale).await?;
    for feed in &all.feeds {
        let standing = pull::standing(running.shell.store.as_ref(), &feed.name).await?;
        let why = |trouble: &Trouble| say::fault(locale, trouble.fault, &trouble.detail);
        let said = match all.reach(feed).await {
            Err(trouble) if standing.fails > 0 => Err(say::fails_since(locale, &day(standing.since), &why(&trouble))),
            Err(trouble) => Err(why(&trouble)),
            Ok(()) => {
                let next = (standing.next > running.shell.clock.now()).then(|| day(standing.next));
                Ok(say::works(locale, standing.good.map(day).as_deref(), next.as_deref()))
            }
        };
        lines.push((format!("source {}", feed.name), said));
        let rows = (standing.rejected > 0).then(|| (feed.name.clone(), standing.rejected));
        let of_files = standing.files.iter().filter(|(_, seen)| seen.rejected > 0);
        let of_files = of_files.map(|(file, seen)| (feed.table_of(file), seen.rejected));
        for (table, rows) in rows.into_iter().chain(of_files) {
            let path = feed.rejects_of(&table).display().to_string();
            lines.push((format!("source {}", feed.name), Err(say::rows_left_out(locale, rows, &path))));
        }
        for (file, trouble) in standing.files.iter().filter_map(|(file, seen)| Some((file, seen.trouble.as_ref()?))) {
            lines.push((format!("source {}", feed.name), Err(say::of_file(locale, file, &why(trouble)))));
        }
    }
    Ok(lines)
}
