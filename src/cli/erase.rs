//! `erase CONTACT`: one person's data goes, and the report says what stays and why. `erase KEY --account`: a whole
//! customer's.

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
    store::api::{DEAD, Erased, Mode, Store, Subject},
    words::keeping as say,
};

/// Options of `erase`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Address, key or name of the person; ACCOUNT/CONTACT where several are meant. Also an id that only tracking knows.
    contact: String,
    /// The key is a customer's: everybody there goes, with everything that was said and sent.
    #[arg(long)]
    account: bool,
    /// What would go was seen: erase it.
    #[arg(long)]
    yes: bool,
}

/// Shows what would go; with `--yes`, or where somebody says so, erases it.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let (project, locale) = (Project::open(&cli.dir)?, cli.locale());
    let now = cli.clock()?.now();
    let store = assemble::open_store(&project, Mode::Tool).await?;
    let whom = match args.account {
        true => customer(store.as_ref(), &args.contact, cli).await?,
        false => meant(store.as_ref(), &args.contact, cli).await?,
    };
    let would = store.erase(&whom, "terminal:cli", true, now).await?;
    if !args.yes {
        report(cli, &whom, &would, None);
        if !agreed(cli)? {
            return Ok(Exit::Finding);
        }
    }
    let done = match &project.config.store {
        Place::Postgres(_) => store.erase(&whom, "terminal:cli", false, now).await?,
        Place::Sqlite(_) => {
            store.close().await;
            alone(cli, &project, &whom, &would, now).await?
        }
    };
    // Opened again: the store before is closed.
    let store = assemble::open_store(&project, Mode::Tool).await?;
    let known = copies::list(store.as_ref()).await?;
    let after = Afterwards {
        files: remove_files(&project, &done),
        copies: known.into_iter().filter(|copy| whom.since().is_none_or(|since| copy.at >= since)).collect(),
        postgres: matches!(project.config.store, Place::Postgres(_)),
        zone: zone(&project),
    };
    report(cli, &whom, &done, Some(&after));
    if !cli.json {
        anstream::println!("{}", say::what_stays(locale, after.postgres, args.account));
    }
    Ok(Exit::Done)
}

/// Erases while nobody else has the store. The journal knows it first: cut short, the next start finishes it.
async fn alone(cli: &Cli, project: &Project, whom: &Subject, would: &Erased, now: Instant) -> Result<Erased, Failure> {
    let held = || Failure { exit: Exit::Held, ..Failure::refused(say::end_the_daemon(cli.locale())) };
    let store = bounce::alone(project).await?.ok_or_else(held)?;
    let journal = bounce::journal(project, &store, now).await?;
    let refused = would.addresses.iter().map(|hash| Record::Suppressed(hash.clone(), DEAD.to_owned(), true, now));
    let records: Vec<Record> = [Record::Erased(would.pseudonym.clone(), now)].into_iter().chain(refused).collect();
    journal.append(&records, true).map_err(|e| Failure::refused(e.to_string()))?;
    let done = store.erase(whom, "terminal:cli", false, now).await?;
    drop(journal);
    close(store).await;
    Ok(done)
}

async fn close(store: Arc<dyn Store>) {
    store.close().await;
}

/// The customer with this key.
async fn customer(store: &dyn Store, key: &str, cli: &Cli) -> Result<Subject, Failure> {
    let found = store.company(key).await?.map(Subject::Account);
    found.ok_or_else(|| Failure::refused(say::no_customer(cli.locale(), key)))
}

/// The one person who is meant, or somebody whom only tracking knows; several are listed, and nothing is done.
async fn meant(store: &dyn Store, typed: &str, cli: &Cli) -> Result<Subject, Failure> {
    let mut people = store.people(typed).await?;
    if let (true, Some((account, contact))) = (people.is_empty(), typed.split_once('/')) {
        people = store.people(contact).await?;
        people.retain(|person| person.account_key == account || person.account_name == account);
    }
    match people.len() {
        0 | 1 => {
            let found = match people.pop() {
                Some(person) => Some(Subject::Person(person)),
                None => store.visitor(typed).await?.map(Subject::Visitor),
            };
            found.ok_or_else(|| Failure::refused(say::nobody(cli.locale(), typed)))
        }
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

/// Customer and contact, as they are called.
fn called(whom: &Subject) -> (&str, &str) {
    match whom {
        Subject::Person(person) => (&person.account_key, &person.key),
        Subject::Account(company) => (&company.key, ""),
        Subject::Visitor(visitor) => ("", &visitor.typed),
    }
}

fn report(cli: &Cli, whom: &Subject, erased: &Erased, after: Option<&Afterwards>) {
    let locale = cli.locale();
    let rows: Vec<(&str, u64)> = erased.rows.iter().filter(|(_, n)| **n > 0).map(|(what, n)| (*what, *n)).collect();
    let (account, contact) = called(whom);
    let name = [account, contact].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
    let at = |copy: &Copy, after: &Afterwards| copy.at.rfc3339(&after.zone);
    if cli.json {
        let copies: Vec<_> = after
            .iter()
            .flat_map(|after| after.copies.iter().map(|c| json!({"file": c.file, "at": at(c, after)})))
            .collect();
        let files = after.map(|after| after.files.clone()).unwrap_or_default();
        let rows: serde_json::Map<String, serde_json::Value> =
            rows.iter().map(|(what, n)| ((*what).to_owned(), json!(n))).collect();
        let told = json!({"account": account, "contact": contact, "erased": after.is_some(), "rows": rows,
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
