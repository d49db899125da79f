//! Layer 6: the command line. One file per subcommand; here only which there are.

mod account;
mod ask;
pub mod assemble;
mod audit;
mod backtest;
mod backup;
mod bodies;
mod bounce;
mod check;
mod completions;
mod daemon;
pub mod demo;
mod desk;
mod digest;
mod doctor;
mod doctor_mail;
mod doctor_slack;
mod effect;
mod enroll;
mod erase;
mod event;
mod exit;
mod export;
mod faq;
mod foresee;
mod front;
mod guided;
mod hearing;
mod import;
mod init;
mod kit;
mod list;
mod manifest;
mod merge;
mod migrate;
mod outbox;
mod pause;
mod plan;
mod portfolio;
pub mod preset;
mod preview;
mod progress;
pub mod project;
mod providers;
mod pull;
mod report;
mod restore;
mod run;
mod schema;
mod score;
mod share;
mod simulate;
mod stories;
mod system;
mod test;
mod tick;
mod tracking;
mod usage;
mod watch;

use std::{path::PathBuf, sync::Arc};

use clap::{Parser, Subcommand};

use crate::{
    clock::{Clock, FileClock, SystemClock},
    model::locale::Locale,
};
pub use exit::{Exit, Failure};
pub use usage::parse;

/// 道しるべ: customer-success automation. Playbooks as code; nothing is sent until you say so.
#[derive(Parser, Debug)]
#[command(name = "shirube", version, about, max_term_width = 100)]
pub struct Cli {
    /// The project folder.
    #[arg(long, global = true, default_value = ".")]
    pub dir: PathBuf,
    /// The language of answers: ja or en (default: LANG, else English).
    #[arg(long, global = true, value_parser = usage::known_language)]
    pub lang: Option<String>,
    /// One JSON document on stdout and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Rehearsal: the time stands in this file (RFC 3339) instead of coming from the system.
    #[arg(long, global = true, env = "SHIRUBE_CLOCK", hide_env_values = true)]
    pub clock: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write the starter kit into a folder (never overwrites).
    Init(init::Args),
    /// The main job on sample customers: 60 days replayed, then a live prompt.
    Demo(demo::Args),
    /// Check model, playbooks, templates and configuration; print all findings.
    Check(check::Args),
    /// Run the playbooks' tests on virtual time.
    Test(test::Args),
    /// Whom an edit affects: who enters, leaves, gets one more or one less message.
    Plan(plan::Args),
    /// Put back the rulebook's files that were live before.
    Rollback,
    /// What would go out, to whom, when, over all playbooks together.
    Simulate(simulate::Args),
    /// How a playbook would have done over history: precision, recall, lead time.
    Backtest(backtest::Args),
    /// Bring in accounts, contacts, subscriptions or events from CSV or NDJSON.
    Import(import::Args),
    /// Take in the sheets, files and folders of `sources:` now (run and tick do it when they are due).
    Pull(pull::Args),
    /// Write accounts, contacts or subscriptions as a sheet that can be imported again.
    Export(export::Args),
    /// The daemon: decide, send, answer, until told to stop.
    Run(run::Args),
    /// One turn of the ring, then exit.
    Tick(tick::Args),
    /// The same commands as in chat: `shirube cs health acme`.
    Cs(ask::CsArgs),
    /// One account: score, components, what runs, what is next.
    Health(ask::HealthArgs),
    /// Why, or why not: every condition with its values.
    Explain(ask::ExplainArgs),
    /// KPIs with numerator, denominator and method.
    Kpi(ask::KpiArgs),
    /// The report for those who decide: problem, solution, goal, resource; as text, Markdown or HTML.
    Report(report::Args),
    /// Does a playbook work? Verdict, interval, and what to do; or a test in a CSV file.
    Effect(effect::Args),
    /// Does the health score foretell who leaves? It is tested on your own past.
    Score(score::Args),
    /// What went out yesterday, what goes out today, open tasks, new reds.
    Today,
    /// Everything that happened with an account, newest first.
    Timeline(ask::AccountArgs),
    /// What the articles of knowledge/ answer, with the source named; or hand the question to a person.
    Ask(faq::AskArgs),
    /// Write the articles for customers as a page of plain HTML, in both languages.
    Faq(faq::Args),
    /// Write a note about an account.
    Note(ask::NoteArgs),
    /// List accounts.
    Accounts(list::Args),
    /// Show a digest now, or post it.
    Digest(digest::Args),
    /// What a customer would get; or send it to yourself.
    Preview(preview::Args),
    /// The ledger of sends.
    Outbox(outbox::Args),
    /// How returned mail, complaints and replies are understood.
    Bounce(bounce::Args),
    /// Pause a playbook, an account or everything (--all).
    Pause(pause::PauseArgs),
    /// Let it go on.
    Resume(pause::ResumeArgs),
    /// Start a playbook by hand, for one account or for all that match.
    Enroll(enroll::Args),
    /// End a run by hand.
    Unenroll(enroll::Args),
    /// What is asked of a new customer and what is known; a sheet to fill in, and back.
    Hearing(hearing::Args),
    /// Two accounts are one customer (merge), or a customer has another key (rename).
    Account(account::Args),
    /// Two contacts of an account are one person: the second takes in the first.
    Merge(merge::Args),
    /// Write everything the store holds into one file, while the daemon goes on.
    Backup(backup::Args),
    /// Put a backup back in place; everything is held, so that nothing is mailed twice.
    Restore(restore::Args),
    /// The store moves from its file into PostgreSQL; the file opens no more.
    Migrate(migrate::Args),
    /// One person's data goes; first shows what, then says what stays and why.
    Erase(erase::Args),
    /// Reports that others may read by a link: list them, take one back.
    Share(share::Args),
    /// The log of who did what: is it as it was written?
    Audit(audit::Args),
    /// Record an event.
    Event(event::Args),
    /// Check every channel, credential, clock and permission; say how to mend.
    Doctor,
    /// Print a JSON Schema for editors: model, playbook, test or config.
    Schema(schema::Args),
    /// Print what a shell needs to complete commands: bash, zsh or fish.
    Completions(completions::Args),
    /// Print the Slack app manifest.
    Manifest(manifest::Args),
    #[command(name = "render-child", hide = true)]
    RenderChild,
}

impl Cli {
    /// Where the time comes from.
    pub fn clock(&self) -> Result<Arc<dyn Clock>, Failure> {
        let Some(path) = &self.clock else { return Ok(Arc::new(SystemClock)) };
        tracing::warn!(path = %path.display(), "a rehearsal: the time comes from a file");
        Ok(Arc::new(FileClock::open(path).map_err(Failure::usage)?))
    }

    /// The language to answer in.
    pub fn locale(&self) -> Locale {
        language(self.lang.as_deref())
    }
}

/// The language asked for, else the environment's, else English.
fn language(given: Option<&str>) -> Locale {
    let from_env =
        || ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    given.and_then(Locale::parse).or_else(|| Locale::parse(&from_env()?)).unwrap_or(Locale::En)
}

/// Runs the command line; the answer is the process's exit code.
///
/// The runtime starts here and not in `main.rs`: an async function is compiled into the crate that
/// polls it, so the whole program would be compiled once more with the binary.
pub fn main(cli: Cli) -> Exit {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(dispatch(cli)),
        Err(error) => exit::finish(&cli, Err(Failure::refused(format!("the runtime did not start: {error}")))),
    }
}

async fn dispatch(cli: Cli) -> Exit {
    let done = match &cli.command {
        Command::Init(args) => init::run(&cli, args),
        Command::Demo(args) => demo::run(&cli, args).await,
        Command::Check(args) => check::run(&cli, args).await,
        Command::Test(args) => test::run(&cli, args),
        Command::Plan(args) => plan::run(&cli, args).await,
        Command::Rollback => plan::rollback::run(&cli).await,
        Command::Simulate(args) => simulate::run(&cli, args).await,
        Command::Backtest(args) => backtest::run(&cli, args).await,
        Command::Import(args) => import::run(&cli, args).await,
        Command::Pull(args) => pull::run(&cli, args).await,
        Command::Export(args) => export::run(&cli, args).await,
        Command::Run(args) => run::run(&cli, args).await,
        Command::Tick(args) => tick::run(&cli, args).await,
        Command::Cs(args) => ask::cs(&cli, args).await,
        Command::Health(args) => ask::health(&cli, args).await,
        Command::Explain(args) => ask::explain(&cli, args).await,
        Command::Kpi(args) => ask::kpi(&cli, args).await,
        Command::Report(args) => report::run(&cli, args).await,
        Command::Effect(args) => effect::run(&cli, args).await,
        Command::Score(args) => score::run(&cli, args).await,
        Command::Today => ask::today(&cli).await,
        Command::Timeline(args) => ask::timeline(&cli, args).await,
        Command::Ask(args) => faq::ask(&cli, args).await,
        Command::Faq(args) => faq::faq(&cli, args),
        Command::Note(args) => ask::note(&cli, args).await,
        Command::Accounts(args) => list::run(&cli, args).await,
        Command::Digest(args) => digest::run(&cli, args).await,
        Command::Preview(args) => preview::run(&cli, args).await,
        Command::Outbox(args) => outbox::run(&cli, args).await,
        Command::Bounce(args) => bounce::run(&cli, args).await,
        Command::Pause(args) => pause::pause(&cli, args).await,
        Command::Resume(args) => pause::resume(&cli, args).await,
        Command::Hearing(args) => hearing::run(&cli, args).await,
        Command::Account(args) => account::run(&cli, args).await,
        Command::Merge(args) => merge::run(&cli, args).await,
        Command::Backup(args) => backup::run(&cli, args).await,
        Command::Restore(args) => restore::run(&cli, args).await,
        Command::Migrate(args) => migrate::run(&cli, args).await,
        Command::Erase(args) => erase::run(&cli, args).await,
        Command::Share(args) => share::run(&cli, args).await,
        Command::Audit(args) => audit::run(&cli, args).await,
        Command::Enroll(args) => enroll::run(&cli, args, true).await,
        Command::Unenroll(args) => enroll::run(&cli, args, false).await,
        Command::Event(args) => event::run(&cli, args).await,
        Command::Doctor => doctor::run(&cli).await,
        Command::Schema(args) => schema::run(&cli, args),
        Command::Completions(args) => completions::run(args),
        Command::Manifest(args) => manifest::run(&cli, args),
        Command::RenderChild => render_child(),
    };
    exit::finish(&cli, done)
}

/// Whether this process is the hidden rendering child, which must not start threads before it limits itself.
pub fn is_render_child(cli: &Cli) -> bool {
    matches!(cli.command, Command::RenderChild)
}

fn render_child() -> Result<Exit, Failure> {
    crate::app::render::child::run().map_err(|e| Failure::refused(e.to_string()))?;
    Ok(Exit::Done)
}
