//! `restore FILE`: a backup becomes the store again, and nothing is mailed a second time.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::json;

use super::{
    Cli, Exit, Failure,
    backup::{database, same, written, zone},
    desk,
    project::Project,
};
use crate::{
    app::{
        copies::{self, Copy},
        dispatch::hold,
        journal::restore,
    },
    model::instant::Instant,
    store::{
        api::Mode,
        file::{self, Seen},
        open,
    },
    words::keeping as say,
};

/// Options of `restore`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What `shirube backup` wrote.
    file: PathBuf,
}

/// Checks the file, sets the present database aside and puts a copy of the file in its place, held.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let (locale, name) = (cli.locale(), args.file.display().to_string());
    let place = database(&project, |url| say::pg_restore(locale, url, &name))?;
    if !args.file.is_file() {
        return Err(Failure::usage(say::no_such_file(locale, &name)));
    }
    if same(&place, &args.file) {
        return Err(Failure::refused(say::is_the_store(locale, &name)));
    }
    // Whoever holds this may move the file; it ends with the process.
    let _alone = file::hold(&place)?;
    let seen = file::look(&args.file).await.map_err(|e| Failure::refused(say::no_backup(locale, &name, &e)))?;
    let present = file::look(&place).await.ok();
    if present.as_ref().is_some_and(|present| present.lineage != seen.lineage) {
        return Err(Failure::refused(say::another_project(locale, &name)));
    }
    let now = cli.clock()?.now();
    let aside = free_name(&place, now);
    let new = file::beside(&place, ".restoring");
    prepare(&Swap { file: &args.file, new: &new, place: &place, aside: &aside, now }).await?;
    let there = place.exists();
    file::put(&new, &place, &aside)?;
    let told = Told {
        seen,
        aside: there.then(|| aside.display().to_string()),
        journal: project.path("sent.journal").exists(),
        zone: zone(&project),
    };
    told.print(cli, &name);
    Ok(Exit::Done)
}

/// What goes where.
struct Swap<'a> {
    file: &'a Path,
    new: &'a Path,
    place: &'a Path,
    aside: &'a Path,
    now: Instant,
}

/// A copy of the backup beside the present database: held, and knowing of every copy that was made since.
async fn prepare(swap: &Swap<'_>) -> Result<(), Failure> {
    let known = known_copies(swap.place).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(file::beside(swap.new, end));
    }
    file::copy(swap.file, swap.new).await?;
    let store = open(&swap.new.display().to_string(), Mode::Tool).await?;
    let why = format!("restored from {}; check, then resume --all", swap.file.display());
    hold::everything(store.as_ref(), &why, swap.now).await?;
    restore::mark(store.as_ref()).await?;
    let file = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string();
    let this = Copy { file: file(swap.file), at: swap.now, sha256: file::sha256(swap.file)? };
    let mut more: Vec<Copy> = known.into_iter().filter(|copy| copy.file != this.file).collect();
    more.push(this);
    if swap.place.exists() {
        more.push(Copy { file: swap.aside.display().to_string(), at: swap.now, sha256: String::new() });
    }
    copies::add(store.as_ref(), &more).await?;
    written(store.as_ref(), "restore", &swap.file.display().to_string(), swap.now).await?;
    store.close().await;
    Ok(())
}

/// What the present database, if it can still be read, knows of copies.
async fn known_copies(place: &Path) -> Vec<Copy> {
    if !place.exists() {
        return Vec::new();
    }
    let Ok(store) = open(&place.display().to_string(), Mode::Tool).await else { return Vec::new() };
    let known = copies::list(store.as_ref()).await.unwrap_or_default();
    store.close().await;
    known
}

/// `shirube.db.before-restore-2026-11-23T03-00-00`; nothing is ever overwritten.
fn free_name(place: &Path, now: Instant) -> PathBuf {
    let moment = now.rfc3339(&TimeZone::UTC).chars().take(19).collect::<String>().replace(':', "-");
    let name = |n: u32| {
        let more = if n == 0 { String::new() } else { format!("-{n}") };
        file::beside(place, &format!(".before-restore-{moment}{more}"))
    };
    (0..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}

/// What is said at the end.
struct Told {
    seen: Seen,
    aside: Option<String>,
    journal: bool,
    zone: TimeZone,
}

impl Told {
    fn print(&self, cli: &Cli, name: &str) {
        let newest = self.seen.newest.map(|at| at.rfc3339(&self.zone));
        if cli.json {
            let told = json!({"file": name, "accounts": self.seen.accounts, "newest_fact": newest,
                "schema": self.seen.schema, "set_aside": self.aside, "journal": self.journal, "held": true});
            return desk::json(&told);
        }
        let locale = cli.locale();
        anstream::println!("{}", say::restored(locale, name, self.seen.accounts, newest.as_deref()));
        if let Some(aside) = &self.aside {
            anstream::println!("{}", say::set_aside(locale, aside));
        }
        anstream::println!("{}", say::after_restore(locale, self.journal));
    }
}
