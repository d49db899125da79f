//! `erase CONTACT`: one person's data goes, and the report says what stays and why.

use std::{io::IsTerminal as _, path::Path, sync::Arc};

use serde_json::json;

use super::{Cli, Exit, Failure, assemble, backup::zone, bounce, desk, project::Project};
use crate::{
    app::{
        copies::{self, Copy},
        journal::Record,
    },
    config::{Store as Place, Transport},
    model::instant::Instant,
    store::api::{DEAD, Erased, Mode, Person, Store},
    words::keeping as say,
};

/// Options of `erase`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Address, key or name of the person; ACCOUNT/CONTACT where several are meant.
    contact: String,
    /// What would go was seen: erase it.
    #[arg(long)]
    yes: bool,
}

/// Shows what would go; with `--yes`, or where somebody says so, erases it.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let (project, locale) = (Project::open(&cli.dir)?, cli.locale());
    let now = cli.clock()?.now();
    let store = assemble::open_store(&project, Mode::Tool).await?;
    let person = meant(store.as_ref(), &args.contact, cli).await?;
    let would = store.erase(&person, "terminal:cli", true, now).await?;
    if !args.yes {
        report(cli, &person, &would, None);
        if !agreed(cli)? {
            return Ok(Exit::Finding);
        }
    }
    let done = match &project.config.store {
        Place::Postgres(_) => store.erase(&person, "terminal:cli", false, now).await?,
        Place::Sqlite(_) => {
            store.close().await;
            alone(cli, &project, &person, &would, now).await?
        }
    };
    // Opened again: the store before is closed.
    let store = assemble::open_store(&project, Mode::Tool).await?;
    let known = copies::list(store.as_ref()).await?;
    let after = Afterwards {
        files: remove_files(&project, &done),
        copies: known.into_iter().filter(|copy| person.since.is_none_or(|since| copy.at >= since)).collect(),
        postgres: matches!(project.config.store, Place::Postgres(_)),
        zone: zone(&project),
    };
    report(cli, &person, &done, Some(&after));
    if !cli.json {
        anstream::println!("{}", say::what_stays(locale, after.postgres));
    }
    Ok(Exit::Done)
}

/// Erases while nobody else has the store. The journal knows it first: cut short, the next start finishes it.
async fn alone(cli: &Cli, project: &Project, person: &Person, would: &Erased, now: Instant) -> Result<Erased, Failure> {
    let held = || Failure { exit: Exit::Held, ..Failure::refused(say::end_the_daemon(cli.locale())) };
    let store = bounce::alone(project).await?.ok_or_else(held)?;
    let journal = bounce::journal(project, &store, now).await?;
    let refused = would.addresses.iter().map(|hash| Record::Suppressed(hash.clone(), DEAD.to_owned(), true, now));
    let records: Vec<Record> = [Record::Erased(would.pseudonym.clone(), now)].into_iter().chain(refused).collect();
    journal.append(&records, true).map_err(|e| Failure::refused(e.to_string()))?;
    let done = store.erase(person, "terminal:cli", false, now).await?;
    drop(journal);
    close(store).await;
    Ok(done)
}

async fn close(store: Arc<dyn Store>) {
    store.close().await;
}

/// The one person who is meant; several are listed, and nothing is done.
async fn meant(store: &dyn Store, typed: &str, cli: &Cli) -> Result<Person, Failure> {
    let mut people = store.people(typed).await?;
    if let (true, Some((account, contact))) = (people.is_empty(), typed.split_once('/')) {
        people = store.people(contact).await?;
        people.retain(|person| person.account_key == account || person.account_name == account);
    }
    match people.len() {
        1 => people.pop().ok_or_else(|| Failure::refused(say::nobody(cli.locale(), typed))),
        0 => Err(Failure::refused(say::nobody(cli.locale(), typed))),
        _ => {
            let list: Vec<String> = people.iter().map(|p| format!("{}/{}", p.account_key, p.key)).collect();
            Err(Failure::refused(say::several(cli.locale(), typed, &list)))
        }
    }
}

/// What is known after it was done.
struct Afterwards {
    files: Vec<String>,
    copies: Vec<Copy>,
    postgres: bool,
    zone: jiff::tz::TimeZone,
}

fn report(cli: &Cli, person: &Person, erased: &Erased, after: Option<&Afterwards>) {
    let locale = cli.locale();
    let rows: Vec<(&str, u64)> = erased.rows.iter().filter(|(_, n)| **n > 0).map(|(what, n)| (*what, *n)).collect();
    let name = format!("{}/{}", person.account_key, person.key);
    let at = |copy: &Copy, after: &Afterwards| copy.at.rfc3339(&after.zone);
    if cli.json {
        let copies: Vec<_> = after
            .iter()
            .flat_map(|after| after.copies.iter().map(|c| json!({"file": c.file, "at": at(c, after)})))
            .collect();
        let files = after.map(|after| after.files.clone()).unwrap_or_default();
        let rows: serde_json::Map<String, serde_json::Value> =
            rows.iter().map(|(what, n)| ((*what).to_owned(), json!(n))).collect();
        let told = json!({"account": person.account_key, "contact": person.key, "erased": after.is_some(), "rows": rows,
            "addresses_refused": erased.addresses.len(), "files_removed": files, "backups": copies});
        return desk::json(&told);
    }
    anstream::println!("{}", say::erasing(locale, &name, after.is_some()));
    for (what, n) in rows {
        anstream::println!("  {n:>5}  {}", say::kind(locale, what));
    }
    let Some(after) = after else { return };
    for file in &after.files {
        anstream::println!("{}", say::file_removed(locale, file));
    }
    for copy in &after.copies {
        anstream::println!("{}", say::still_in(locale, &copy.file, &at(copy, after)));
    }
}

/// Asks where somebody can answer.
fn agreed(cli: &Cli) -> Result<bool, Failure> {
    if cli.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        anstream::eprintln!("{}", say::say_yes(cli.locale()));
        return Ok(false);
    }
    anstream::eprint!("{}", say::really(cli.locale()));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Mails and posts that were written into the outbox folder: their names hold the message's key.
fn remove_files(project: &Project, erased: &Erased) -> Vec<String> {
    let folder = match &project.config.email.transport {
        Transport::File(folder) => project.path(folder),
        Transport::Smtp(_) => project.path("outbox"),
    };
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let theirs = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        erased.keys.iter().any(|key| name.contains(key.as_str()))
    };
    let paths = entries.flatten().map(|entry| entry.path()).filter(|path| theirs(path));
    let mut removed: Vec<String> =
        paths.filter(|path| std::fs::remove_file(path).is_ok()).map(|path| path.display().to_string()).collect();
    removed.sort();
    removed
}
