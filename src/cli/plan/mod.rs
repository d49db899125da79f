//! `plan`: whom an edit affects, before it is live.

pub mod rollback;
mod shown;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Cli, Exit, Failure, desk, portfolio};
use crate::{
    app::{reload::read_project, versions::keep_versions},
    command::reply::Part,
    model::{instant::DAY, locale::Locale},
    rulebook::{load, types::Rulebook},
    simulate::{habits, plan, portfolio::Portfolio},
    words::{outlook as say, refusal},
};

/// Options of `plan`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Compare with a folder or a git ref (default: with what is live).
    #[arg(long, value_name = "REF|DIR")]
    against: Option<String>,
    /// The edited rulebook is in this folder (default: the project folder).
    #[arg(long, value_name = "DIR")]
    draft: Option<PathBuf>,
    /// How far to look ahead.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    days: u16,
    /// Assume that everybody goes on doing what they did in the last so many days; 0 = nothing new happens.
    #[arg(long, value_name = "DAYS", default_value_t = 28)]
    habits: u16,
}

/// Compares the rulebook on disk with another on the store's customers; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let now = running.shell.clock.now();
    let (mut before, files) = match &args.against {
        Some(name) => other(cli, name)?,
        None => live(&running, cli.locale()).await?,
    };
    keep_versions(running.shell.store.as_ref(), &mut before, &files, None).await?;
    let edited = match &args.draft {
        Some(folder) => checked(&read_project(folder)?, &folder.display().to_string(), cli.locale())?,
        None => running.shell.rulebook().as_ref().clone(),
    };
    let number = before.number.max(edited.number);
    // An edit is a new number, live from now: whoever matches only because of it is not enrolled.
    let same = before.hash == edited.hash;
    let (since, new) = if same { (before.live_since, number) } else { (now, number + 1) };
    let edited = Rulebook { number: new, live_since: since, ..edited };
    let until = now.plus(i64::from(args.days.clamp(1, 366)) * DAY);
    let mut accounts = portfolio::load(&running, now, true).await?;
    if args.habits > 0 {
        accounts.accounts.iter_mut().for_each(|one| habits::go_on(one, now, until, i64::from(args.habits.min(366))));
    }
    let (world, locale) = (accounts.world.clone(), cli.locale());
    let names = shown::Names::of(&accounts.accounts, &before, &edited, locale);
    let (zone, live_since) = (edited.model.workspace.zone.clone(), before.live_since);
    let live = Portfolio::new(accounts.accounts.clone(), world.clone(), Rulebook { number, ..before }, now);
    let edited = Portfolio::new(accounts.accounts, world, edited, now);
    let progress = portfolio::Progress::new(cli.json);
    let found = plan::compare_telling(live, edited, until, &|day, days| progress.show(day, days));
    progress.done();
    let found = found.map_err(|stuck| Failure::refused(stuck.to_string()))?;
    if cli.json {
        desk::json(&found);
    } else {
        let days = i64::from(args.days);
        let title = match &args.against {
            Some(name) => say::planned(locale, name, days),
            None => say::planned_live(locale, number, &live_since.short(&zone), days),
        };
        let reply = shown::shown(&found, &names, title);
        let hint = (args.against.is_none() && same).then(|| say::nothing_edited(locale));
        desk::print(cli, &hint.into_iter().fold(reply, |reply, text| reply.with(Part::Text(text))));
    }
    Ok(Exit::Done)
}

/// A rulebook and the files it was read from.
type Book = (Rulebook, BTreeMap<String, String>);

/// What is live by the store's word.
async fn live(running: &super::assemble::Running, locale: Locale) -> Result<Book, Failure> {
    let newest = running.shell.store.rulebooks(1).await?.into_iter().next();
    let Some((number, _, since, content)) = newest else {
        return Err(Failure::refused(refusal::nothing_live(locale)));
    };
    let files: BTreeMap<String, String> = serde_json::from_str(&content).unwrap_or_default();
    let rulebook = checked(&files, &say::rulebook(locale, number), locale)?;
    Ok((Rulebook { number, live_since: since, ..rulebook }, files))
}

/// A folder, or the project as it was at a git ref.
fn other(cli: &Cli, name: &str) -> Result<Book, Failure> {
    let folder = Path::new(name);
    let files = if folder.is_dir() {
        read_project(folder)?
    } else {
        let kept = tempdir(cli)?;
        let files = at_ref(&cli.dir, name, &kept, cli.locale());
        let _ = std::fs::remove_dir_all(&kept);
        files?
    };
    Ok((checked(&files, name, cli.locale())?, files))
}

fn tempdir(cli: &Cli) -> Result<std::path::PathBuf, Failure> {
    let folder = cli.dir.join(format!(".shirube-plan-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The files at `name`, written out by git and read like any project.
fn at_ref(dir: &Path, name: &str, kept: &Path, locale: Locale) -> Result<BTreeMap<String, String>, Failure> {
    if name.starts_with('-') {
        return Err(Failure::usage(refusal::no_such_version(locale, name, "")));
    }
    let git = |args: &[&str]| Command::new("git").arg("-C").arg(dir).args(args).output();
    let listed = git(&[
        "ls-tree",
        "-r",
        "-z",
        "--name-only",
        name,
        "--",
        "model.yaml",
        "content.yaml",
        "playbooks",
        "templates",
    ])
    .map_err(|e| Failure::refused(refusal::no_git(locale, &e.to_string())))?;
    if !listed.status.success() {
        let why = String::from_utf8_lossy(&listed.stderr).trim().to_owned();
        return Err(Failure::usage(refusal::no_such_version(locale, name, &why)));
    }
    for path in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|p| !p.is_empty()) {
        let shown = git(&["show", &format!("{name}:./{path}")]).map_err(|e| Failure::refused(e.to_string()))?;
        let to = kept.join(path);
        // git lists no path outside the tree; a strange one is left out all the same.
        if shown.status.success() && !path.split('/').any(|part| part == "..") && !path.starts_with('/') {
            std::fs::create_dir_all(to.parent().unwrap_or(kept))?;
            std::fs::write(&to, shown.stdout)?;
        }
    }
    Ok(read_project(kept)?)
}

fn checked(files: &BTreeMap<String, String>, what: &str, locale: Locale) -> Result<Rulebook, Failure> {
    match load::load(files) {
        (Some(rulebook), _) => Ok(rulebook),
        (None, findings) => Err(Failure::findings(refusal::cannot_compare(locale, what), findings)),
    }
}
