//! `bounce FILE.eml…`: how a mail that came in is understood; with `--record`, and done.

use std::{
    io::{Read, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use tokio::sync::watch;

use super::{
    Cli, Exit, Failure,
    assemble::{self, Running},
    desk, exit,
    project::Project,
};
use crate::{
    app::{
        journal::{Journal, restore},
        returned::{
            self, Did, Intake, asked,
            maildir::{self, Watched},
        },
    },
    clock::Clock,
    config::{self, Store as Place},
    model::{instant::Instant, locale::Locale, safe::clean},
    source::{
        mail::{self, Heard, MOST, Mail},
        mailbox::{Proof, Settings},
    },
    store::api::{Mode, Store},
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
        let bytes = match bytes(cli, file) {
            // A mail server keeps what it could not hand over, and tries again.
            Err(failure) if args.record && file == "-" => return Err(later(failure)),
            read => read?,
        };
        let mail = mail::read(&bytes);
        let done = match &recorder {
            None => None,
            Some(recorder) => Some(recorder.record(&mail, &bytes).await?),
        };
        for (n, heard) in mail.heard.iter().enumerate() {
            let did = done.as_ref().map(|all| all.get(n).map_or("queued", |d| d.word()));
            if !cli.json {
                // Nobody may be listening in a mail server's pipe; what was recorded stays recorded.
                let _ = writeln!(anstream::stdout(), "{}", line(cli.locale(), file, heard, did));
            }
            entries.push(entry(file, heard, did));
        }
    }
    if cli.json {
        desk::json(&entries);
    }
    Ok(Exit::Done)
}

fn later(failure: Failure) -> Failure {
    Failure { exit: Exit::Held, ..failure }
}

/// As much of a file as is read. The standard input is read to its end: who writes into a pipe that is closed early
/// takes it for a failure.
fn bytes(cli: &Cli, file: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = MOST as u64;
    let done = match file {
        "-" => {
            let mut input = std::io::stdin().lock();
            let read = input.by_ref().take(most).read_to_end(&mut bytes);
            read.and_then(|_| std::io::copy(&mut input, &mut std::io::sink())).map(|_| 0)
        }
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

/// Records at once where nothing is in the way; else a daemon or the next `tick` does it, from the spool.
struct Recorder {
    now: Option<(Intake, Arc<dyn Clock>)>,
    spool: PathBuf,
}

impl Recorder {
    /// Errors: this is no project folder, so that nobody would look into a spool here.
    async fn open(cli: &Cli) -> Result<Recorder, Failure> {
        if ![config::FILE, "model.yaml"].iter().any(|name| cli.dir.join(name).is_file()) {
            return Err(later(Failure::refused(words::mail::no_project(cli.locale(), &cli.dir.display().to_string()))));
        }
        let now = Recorder::at_once(cli).await.unwrap_or_else(|failure| {
            tracing::warn!(why = failure.says, "the store cannot be used now; the mail waits in the spool");
            None
        });
        Ok(Recorder { now, spool: cli.dir.join(SPOOL) })
    }

    async fn at_once(cli: &Cli) -> Result<Option<(Intake, Arc<dyn Clock>)>, Failure> {
        let project = Project::open(&cli.dir)?;
        let Some(store) = alone(&project).await? else { return Ok(None) };
        let clock = cli.clock()?;
        let journal = journal(&project, &store, clock.now()).await?;
        Ok(Some((intake(&project, &store, &journal), clock)))
    }

    /// What was done; nothing yet where it went into the spool. Errors: not even that could be written (exit 75).
    async fn record(&self, mail: &Mail, bytes: &[u8]) -> Result<Vec<Did>, Failure> {
        if let Some((intake, clock)) = &self.now {
            match intake.take(mail, clock.now()).await {
                Ok(done) => return Ok(done),
                Err(error) => tracing::warn!(%error, "a mail could not be recorded; it waits in the spool"),
            }
        }
        maildir::deliver(&self.spool, bytes).map_err(|e| later(e.into()))?;
        Ok(Vec::new())
    }
}

/// The store for this process alone; none where a daemon may be writing the journal. On PostgreSQL daemons share the
/// store, and a journal has one writer: only they record.
pub async fn alone(project: &Project) -> Result<Option<Arc<dyn Store>>, Failure> {
    if matches!(project.config.store, Place::Postgres(_)) {
        return Ok(None);
    }
    match assemble::open_store(project, Mode::Daemon).await {
        Ok(store) => Ok(Some(store)),
        Err(failure) if failure.exit == exit::Exit::Held => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The journal, compared with the store as at every start.
pub async fn journal(project: &Project, store: &Arc<dyn Store>, now: Instant) -> Result<Arc<Journal>, Failure> {
    let refused = |e: String| Failure::refused(e);
    let (journal, found) = Journal::open(&project.path("sent.journal")).map_err(|e| refused(e.to_string()))?;
    restore::at_start(store.as_ref(), &journal, &found, now).await.map_err(|e| refused(e.to_string()))?;
    Ok(Arc::new(journal))
}

/// What takes mails in.
pub fn intake(project: &Project, store: &Arc<dyn Store>, journal: &Arc<Journal>) -> Intake {
    let (email, people) = (&project.config.email, project.config.people.values());
    let senders = std::iter::once(&email.from).chain(email.senders.values()).map(|s| &s.address);
    let own = senders.chain(people.filter_map(|p| p.email.as_ref())).map(|a| a.as_str().to_lowercase()).collect();
    let trying_out = email.redirect_all_to.is_some();
    let (store, journal) = (Arc::clone(store), Arc::clone(journal));
    Intake { store, journal, own: Arc::new(own), left: Arc::default(), trying_out }
}

/// The folders that are looked at: the spool, and the maildir of the configuration.
pub fn folders(project: &Project) -> Vec<Watched> {
    let own = Watched { folder: project.path(SPOOL), own: true };
    let given = project.config.email.bounce.maildir.as_ref();
    let given = given.map(|folder| Watched { folder: project.path(folder), own: false });
    [own].into_iter().chain(given).collect()
}

/// Takes what has arrived, before a turn. A mailbox that cannot be read just now is read next time.
pub async fn collect(
    project: &Project,
    store: &Arc<dyn Store>,
    journal: &Arc<Journal>,
    clock: &dyn Clock,
) -> Result<usize, Failure> {
    let intake = intake(project, store, journal);
    if let Some((settings, _)) = mailbox(project)?
        && let Err(why) = intake.mailbox(&settings, &marks(project), clock).await
    {
        tracing::warn!(why, "the mailbox for returned mail could not be read");
    }
    Ok(intake.collect(&folders(project), clock.now()).await?)
}

/// The mailbox of the configuration, and how often it is read.
pub fn mailbox(project: &Project) -> Result<Option<(Settings, Duration)>, Failure> {
    let Some(imap) = &project.config.email.bounce.imap else { return Ok(None) };
    let ca = project.config.email.ca_file.as_ref().map(|file| assemble::ca(project, file)).transpose()?;
    let settings = Settings {
        host: imap.host.clone(),
        port: imap.port,
        tls: imap.tls,
        ca,
        user: imap.user.clone(),
        proof: match &imap.proof {
            config::Proof::Password(password) => Proof::Password(password.inner().clone()),
            config::Proof::OAuth(oauth) => Proof::Tokens(assemble::tokens(oauth)?),
        },
        folder: imap.folder.clone(),
        move_to: imap.move_to.clone(),
    };
    Ok(Some((settings, imap.every)))
}

/// Where it is noted which mail is being read.
fn marks(project: &Project) -> PathBuf {
    project.path(SPOOL).join("imap")
}

/// Reads the mailbox again and again. Why it cannot be read is said once.
pub async fn read_forever(
    project: Arc<Running>,
    intake: Intake,
    (settings, every): (Settings, Duration),
    mut stopping: watch::Receiver<bool>,
) {
    let (marks, clock) = (marks(&project.project), Arc::clone(&project.shell.clock));
    let mut said = String::new();
    while !*stopping.borrow() {
        let read = tokio::select! {
            read = intake.mailbox(&settings, &marks, clock.as_ref()) => read,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        match read {
            Ok(_) => said.clear(),
            Err(why) if why == said => {}
            Err(why) => {
                tracing::error!(why, "the mailbox for returned mail cannot be read; it is tried again");
                said = why;
            }
        }
        let _ = tokio::time::timeout(every, stopping.wait_for(|stop| *stop)).await;
    }
}

async fn release(cli: &Cli, address: &str) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let refused = || Failure::refused(words::mail::not_suppressed(cli.locale()));
    if let Some(store) = alone(&project).await? {
        let now = cli.clock()?.now();
        let journal = journal(&project, &store, now).await?;
        if !intake(&project, &store, &journal).release(address, now).await? {
            return Err(refused());
        }
        anstream::println!("{}", words::mail::released(cli.locale()));
        return Ok(Exit::Done);
    }
    let store = assemble::open_store(&project, Mode::Tool).await?;
    if !returned::is_stopped(store.as_ref(), address).await? {
        return Err(refused());
    }
    asked::release(&project.path(SPOOL), address)?;
    anstream::println!("{}", words::mail::released_soon(cli.locale()));
    Ok(Exit::Done)
}
