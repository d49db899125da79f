//! `backup FILE`: everything the store holds, in one file, beside a daemon that goes on.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::json;

use super::{Cli, Exit, Failure, assemble, desk, project::Project};
use crate::{
    app::copies::{self, Copy},
    config::Store as Place,
    model::instant::Instant,
    store::{
        api::{AuditEntry, Mode, Store},
        file,
    },
    words::keeping as say,
};

/// Options of `backup`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Where to write; a file that is there already is not touched without --force.
    file: PathBuf,
    /// Replace the file.
    #[arg(long)]
    force: bool,
}

/// Writes the file, looks it through, and remembers that it exists.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let locale = cli.locale();
    let place = database(&project, |url| say::pg_dump(locale, url, &args.file.display().to_string()))?;
    let name = args.file.display().to_string();
    if !place.exists() {
        return Err(Failure::refused(say::nothing_to_back_up(locale, &place.display().to_string())));
    }
    if same(&place, &args.file) {
        return Err(Failure::refused(say::is_the_store(locale, &name)));
    }
    if args.file.exists() && !args.force {
        return Err(Failure::refused(say::exists(locale, &name)));
    }
    let store = assemble::open_store(&project, Mode::Tool).await?;
    store.backup(&args.file).await?;
    // Looked through as whoever restores it would.
    let seen = file::look(&args.file).await?;
    let now = cli.clock()?.now();
    let (bytes, sha256) = (std::fs::metadata(&args.file)?.len(), file::sha256(&args.file)?);
    let at = args.file.canonicalize()?.display().to_string();
    copies::add(store.as_ref(), &[Copy { file: at, at: now, sha256: sha256.clone() }]).await?;
    written(store.as_ref(), "backup", &name, now).await?;
    let newest = seen.newest.map(|at| at.rfc3339(&zone(&project)));
    if cli.json {
        let told = json!({"file": name, "bytes": bytes, "accounts": seen.accounts, "newest_fact": newest,
            "schema": seen.schema, "sha256": sha256});
        desk::json(&told);
    } else {
        anstream::println!("{}", say::backed_up(locale, &name, bytes, seen.accounts, newest.as_deref(), &sha256));
    }
    Ok(Exit::Done)
}

/// The file of the store; where it is none, what `instead` says of its URL (without its password).
pub fn database(project: &Project, instead: impl Fn(&str) -> String) -> Result<PathBuf, Failure> {
    match &project.config.store {
        Place::Sqlite(path) => Ok(project.path(path.split('?').next().unwrap_or(path))),
        Place::Postgres(url) => Err(Failure::refused(instead(&without_password(url.expose())))),
    }
}

/// A URL as it may be shown.
pub fn without_password(url: &str) -> String {
    match crate::config::url::password(url) {
        Some(password) => url.replacen(&format!(":{password}@"), "@", 1),
        None => url.to_owned(),
    }
}

/// Whether both names lead to one file.
pub fn same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().is_some_and(|path| other.canonicalize().is_ok_and(|other| other == path))
}

/// The zone people here read times in; a rulebook with errors does not stop anybody from keeping data safe.
pub fn zone(project: &Project) -> TimeZone {
    project.rulebook().map_or(TimeZone::UTC, |(rulebook, _)| rulebook.model.workspace.zone)
}

/// Writes the audit log.
pub async fn written(store: &dyn Store, what: &str, object: &str, at: Instant) -> Result<(), Failure> {
    let who = "terminal:cli".to_owned();
    let (what, object, result) = (what.to_owned(), object.to_owned(), "done".to_owned());
    Ok(store.audit(AuditEntry { at, who, what, object, result }).await?)
}
