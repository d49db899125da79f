//! `plan`: whom an edit affects, before it is live. `rollback`: the files that were live before.

use std::{collections::BTreeMap, path::Path, process::Command};

use super::{Cli, Exit, Failure, desk, portfolio};
use crate::{
    app::{reload::read_project, versions::keep_versions},
    command::reply::{Part, Reply, Table},
    model::{instant::DAY, locale::Locale},
    rulebook::{load, titles::Titled, types::Rulebook},
    simulate::{
        habits,
        plan::{self, Entry, Plan},
        portfolio::{Line, Portfolio},
    },
    words::{outlook as say, refusal},
};

/// Options of `plan`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Compare with a folder or a git ref (default: with what is live).
    #[arg(long, value_name = "REF|DIR")]
    against: Option<String>,
    /// How far to look ahead.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    days: u16,
    /// Assume that everybody goes on doing what they did in the last so many days; 0 = nothing new happens.
    #[arg(long, value_name = "DAYS", default_value_t = 28)]
    habits: u16,
}

/// Rows of a list that people see; `--json` has all.
const SHOWN: usize = 12;

/// Compares the rulebook on disk with another on the store's customers; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let now = running.shell.clock.now();
    let (mut before, files) = match &args.against {
        Some(name) => other(cli, name)?,
        None => live(&running, cli.locale()).await?,
    };
    keep_versions(running.shell.store.as_ref(), &mut before, &files, None).await?;
    let edited = running.shell.rulebook().as_ref().clone();
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
    let world = accounts.world.clone();
    let names = edited.clone();
    let live = Portfolio::new(accounts.accounts.clone(), world.clone(), Rulebook { number, ..before }, now);
    let edited = Portfolio::new(accounts.accounts, world, edited, now);
    let found = plan::compare(live, edited, until).map_err(|stuck| Failure::refused(stuck.to_string()))?;
    if cli.json {
        desk::json(&found);
    } else {
        let name = args.against.clone().unwrap_or_else(|| say::rulebook(cli.locale(), number));
        desk::print(cli, &shown(&found, &name, i64::from(args.days), &names, cli.locale()));
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

fn shown(found: &Plan, against: &str, days: i64, names: &Rulebook, locale: Locale) -> Reply {
    let title = |name: &str| names.title(Titled::Playbook, name, locale).to_owned();
    let (entry, message) = (|e: &Entry| entry(e, &title), |l: &Line| message(l, &title));
    let reply = Reply::new(locale, say::planned(locale, against, days));
    if found.is_empty() {
        return reply.with(Part::Text(say::no_difference(locale)));
    }
    let reply = part(reply, say::enter, say::run_header(locale), &found.enter, entry, locale);
    let reply = part(reply, say::leave, say::run_header(locale), &found.leave, entry, locale);
    let reply = part(reply, say::added, say::message_header(locale), &found.messages_added, message, locale);
    let reply = part(reply, say::removed, say::message_header(locale), &found.messages_removed, message, locale);
    let later: Vec<Line> = found.messages_moved.iter().map(|(_, after)| after.clone()).collect();
    let reply = part(reply, say::moved, say::message_header(locale), &later, message, locale);
    let stands = |m: &plan::Moved| {
        let step = |s: &Option<String>| s.clone().unwrap_or_else(|| "-".to_owned());
        vec![m.account.clone(), title(&m.playbook), step(&m.from), step(&m.to)]
    };
    part(reply, say::running, say::moved_header(locale), &found.running, stands, locale)
}

fn part<T>(
    reply: Reply,
    title: fn(Locale, usize) -> String,
    header: Vec<String>,
    list: &[T],
    row: impl Fn(&T) -> Vec<String>,
    locale: Locale,
) -> Reply {
    if list.is_empty() {
        return reply;
    }
    let table = Table { header, rows: list.iter().take(SHOWN).map(row).collect() };
    let reply = reply.with(Part::Heading(title(locale, list.len()))).with(Part::Table(table));
    match list.len().saturating_sub(SHOWN) {
        0 => reply,
        rest => reply.with(Part::Text(say::more(locale, rest))),
    }
}

fn entry(entry: &Entry, title: &dyn Fn(&str) -> String) -> Vec<String> {
    let who = entry.contact.as_ref().map_or_else(String::new, |c| format!(" ({c})"));
    vec![format!("{}{who}", entry.account), title(&entry.playbook), minute(&entry.at)]
}

fn message(line: &Line, title: &dyn Fn(&str) -> String) -> Vec<String> {
    let to = line.address.clone().unwrap_or_default();
    vec![minute(&line.at), line.account.clone(), title(&line.playbook), line.step.clone(), to]
}

/// `2026-12-01 10:00`: seconds and offset are for machines.
fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}

/// Puts the files back that were live before; the daemon takes them up like any edit.
pub async fn rollback(cli: &Cli) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let books = running.shell.store.rulebooks(20).await?;
    let live = books.first().map(|b| b.1.clone());
    let Some((number, _, _, content)) = books.into_iter().find(|b| Some(&b.1) != live.as_ref()) else {
        return Err(Failure::refused(say::no_rollback(cli.locale())));
    };
    let files: BTreeMap<String, String> = serde_json::from_str(&content).unwrap_or_default();
    checked(&files, &say::rulebook(cli.locale(), number), cli.locale())?;
    let kept = put_back(&running.project.dir, &running.project.files, &files)?;
    if cli.json {
        desk::json(&serde_json::json!({"rulebook": number, "kept": kept}));
    } else {
        anstream::println!("{}", say::rolled_back(cli.locale(), number, &kept));
    }
    Ok(Exit::Done)
}

/// Moves the present files aside and writes the others; answers the folder of those aside.
fn put_back(
    dir: &Path,
    present: &BTreeMap<String, String>,
    files: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    let kept = (1..).map(|n| format!("rulebook.before-rollback-{n}")).find(|name| !dir.join(name).exists());
    let kept = kept.unwrap_or_default();
    for path in present.keys() {
        let aside = dir.join(&kept).join(path);
        std::fs::create_dir_all(aside.parent().unwrap_or(dir))?;
        std::fs::copy(dir.join(path), aside)?;
    }
    for (path, text) in files {
        let to = dir.join(path);
        std::fs::create_dir_all(to.parent().unwrap_or(dir))?;
        std::fs::write(to, text)?;
    }
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(dir.join(path))?;
    }
    Ok(kept)
}
