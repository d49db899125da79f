//! `bounce FILE.eml…`: how a mail that came in is understood; with `--record`, and done.

use std::{io::Read, path::PathBuf, sync::Arc};

use serde_json::json;

use super::{Cli, Exit, Failure, assemble, desk, exit, project::Project};
use crate::{
    app::{
        journal::{Journal, restore},
        returned::{
            Did, Intake,
            maildir::{self, Watched},
        },
    },
    clock::Clock,
    config::Store as Place,
    model::{instant::Instant, locale::Locale, safe::clean},
    source::mail::{self, Heard, MOST, Mail},
    store::api::{Mode, Store, StoreError},
    words,
};

/// The maildir in the project folder for what cannot be recorded at once.
const SPOOL: &str = "returned";

/// Options of `bounce`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Mails as files; `-` is the standard input.
    #[arg(required_unless_present = "release")]
    files: Vec<String>,
    /// Do what they mean: suppress dead addresses, record replies. Works in a mail server's pipe.
    #[arg(long)]
    record: bool,
    /// Write to this address again, whose mailbox was dead or full.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["files", "record"])]
    release: Option<String>,
}

/// Reads the mails and prints, one by one, what they say.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if let Some(address) = &args.release {
        return release(cli, address).await;
    }
    let recorder = if args.record { Some(Recorder::open(cli).await?) } else { None };
    let mut entries = Vec::new();
    for file in &args.files {
        let bytes = bytes(cli, file)?;
        let mail = mail::read(&bytes);
        let done = match &recorder {
            None => None,
            Some(recorder) => Some(recorder.record(&mail, &bytes).await?),
        };
        for (n, heard) in mail.heard.iter().enumerate() {
            let did = done.as_ref().map(|all| all.get(n).map_or("queued", |d| d.word()));
            if !cli.json {
                anstream::println!("{}", line(cli.locale(), file, heard, did));
            }
            entries.push(entry(file, heard, did));
        }
    }
    if cli.json {
        desk::json(&entries);
    }
    Ok(Exit::Done)
}

/// As much of a file as is read.
fn bytes(cli: &Cli, file: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = MOST as u64;
    let done = match file {
        "-" => std::io::stdin().take(most).read_to_end(&mut bytes),
        _ => std::fs::File::open(file).and_then(|f| f.take(most).read_to_end(&mut bytes)),
    };
    done.map_err(|e| Failure::usage(words::mail::unreadable(cli.locale(), file, &e.to_string())))?;
    Ok(bytes)
}

fn entry(file: &str, heard: &Heard, did: Option<&str>) -> serde_json::Value {
    let mut entry = json!({"file": file, "class": heard.class.word(), "status": heard.status,
        "recipient": heard.recipient, "key": heard.key, "reason": heard.reason.map(|r| r.word()),
        "reply_code": heard.reply_code, "delayed": heard.delayed, "reply": heard.reply, "said": heard.said});
    if let Some(did) = did {
        entry["done"] = json!(did);
    }
    entry
}

fn line(locale: Locale, file: &str, heard: &Heard, did: Option<&str>) -> String {
    let class = if heard.reply { words::mail::reply(locale) } else { words::mail::class(locale, heard.class.word()) };
    let reason = heard.reason.map_or("", |r| words::mail::reason(locale, r.word()));
    let parts = [heard.recipient.as_deref(), Some(class), heard.status.as_deref(), Some(reason), heard.key.as_deref()];
    let told: Vec<&str> = parts.into_iter().flatten().filter(|p| !p.is_empty()).collect();
    let done = did.map(|word| format!(" → {}", words::mail::did(locale, word))).unwrap_or_default();
    clean(&format!("{file}: {}{done}", told.join(" · ")))
}

/// Records at once where no daemon holds the store; else the daemon does, from the spool.
enum Recorder {
    Now(Intake, Arc<dyn Clock>),
    Spool(PathBuf),
}

impl Recorder {
    async fn open(cli: &Cli) -> Result<Recorder, Failure> {
        let project = Project::open(&cli.dir)?;
        // On PostgreSQL daemons share the store, and a journal has one writer: only they record.
        if matches!(project.config.store, Place::Postgres(_)) {
            return Ok(Recorder::Spool(project.path(SPOOL)));
        }
        match assemble::open_store(&project, Mode::Daemon).await {
            Ok(store) => {
                let clock = cli.clock()?;
                let journal = journal(&project, &store, clock.now()).await?;
                Ok(Recorder::Now(intake(&store, &journal), clock))
            }
            Err(failure) if failure.exit == exit::Exit::Held => Ok(Recorder::Spool(project.path(SPOOL))),
            Err(failure) => Err(failure),
        }
    }

    /// What was done; nothing yet where it went into the spool.
    async fn record(&self, mail: &Mail, bytes: &[u8]) -> Result<Vec<Did>, Failure> {
        match self {
            Recorder::Now(intake, clock) => Ok(intake.take(mail, clock.now()).await?),
            Recorder::Spool(folder) => {
                maildir::deliver(folder, bytes)?;
                Ok(Vec::new())
            }
        }
    }
}

/// The journal, compared with the store as at every start.
async fn journal(project: &Project, store: &Arc<dyn Store>, now: Instant) -> Result<Arc<Journal>, Failure> {
    let refused = |e: String| Failure::refused(e);
    let (journal, found) = Journal::open(&project.path("sent.journal")).map_err(|e| refused(e.to_string()))?;
    restore::at_start(store.as_ref(), &journal, &found, now).await.map_err(|e| refused(e.to_string()))?;
    Ok(Arc::new(journal))
}

/// What takes mails in.
pub fn intake(store: &Arc<dyn Store>, journal: &Arc<Journal>) -> Intake {
    Intake { store: Arc::clone(store), journal: Arc::clone(journal) }
}

/// The folders that are looked at: the spool, and the maildir of the configuration.
pub fn folders(project: &Project) -> Vec<Watched> {
    let own = Watched { folder: project.path(SPOOL), own: true };
    let given = project.config.email.bounce.maildir.as_ref();
    let given = given.map(|folder| Watched { folder: project.path(folder), own: false });
    [own].into_iter().chain(given).collect()
}

/// Takes what has arrived, before a turn.
pub async fn collect(
    project: &Project,
    store: &Arc<dyn Store>,
    journal: &Arc<Journal>,
    now: Instant,
) -> Result<usize, StoreError> {
    intake(store, journal).collect(&folders(project), now).await
}

async fn release(cli: &Cli, address: &str) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let store = assemble::open_store(&project, Mode::Daemon).await?;
    let now = cli.clock()?.now();
    let journal = journal(&project, &store, now).await?;
    let lifted = intake(&store, &journal).release(address, now).await?;
    if !lifted {
        return Err(Failure::refused(words::mail::not_suppressed(cli.locale())));
    }
    anstream::println!("{}", words::mail::released(cli.locale()));
    Ok(Exit::Done)
}
