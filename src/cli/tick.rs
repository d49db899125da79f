//! `tick`: one turn of the ring, then exit.

use serde_json::json;

use super::{Cli, Exit, Failure, assemble, assemble::Running, desk, portfolio, project::Project};
use crate::{
    app::dispatch::{Report, Stats},
    clock::VirtualClock,
    model::{instant::Instant, locale::Locale},
    store::api::Mode,
    words::{outlook as say, refusal, track},
};
use std::sync::Arc;

/// Options of `tick`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Show what would be decided; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// As if it were this moment (only with --dry-run).
    #[arg(long, requires = "dry_run")]
    at: Option<String>,
}

/// Runs one turn.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if args.dry_run {
        return dry_run(cli, args).await;
    }
    let running = assemble::running(Project::open(&cli.dir)?, Mode::Daemon, cli.clock()?).await?;
    let now = running.shell.clock.now();
    let (dispatcher, started, journal) = running.dispatcher().await?;
    say_held(&started, cli.locale());
    super::bounce::collect(&running.project, &running.shell.store, &journal, running.shell.clock.as_ref()).await?;
    super::pull::collect(&running).await?;
    let turned = running.shell.turn(now).await?;
    let sent = dispatcher.dispatch_once().await.map_err(|e| Failure::refused(e.to_string()))?;
    let held = running.shell.store.outbox(Some(crate::model::message::OutboxState::Held), None, 10_000).await?.len();
    let parked = running.shell.store.parked().await?.calls;
    report(cli, turned.accounts, turned.messages, usize::try_from(sent.sent).unwrap_or(usize::MAX), held, parked);
    Ok(Exit::Done)
}

fn report(cli: &Cli, evaluated: usize, messages: usize, sent: usize, held: usize, parked: u64) {
    if cli.json {
        let fields =
            json!({"evaluated": evaluated, "messages": messages, "sent": sent, "held": held, "parked": parked});
        return desk::json(&fields);
    }
    anstream::println!("{}", say::ticked(cli.locale(), evaluated, messages, sent, held));
    if parked > 0 {
        anstream::println!("{}", track::waiting(cli.locale(), parked));
    }
}

/// Dispatches what is ready now.
pub async fn send(running: &Running, locale: Locale) -> Result<Stats, Failure> {
    let (dispatcher, started, _) = running.dispatcher().await?;
    say_held(&started, locale);
    dispatcher.dispatch_once().await.map_err(|e| Failure::refused(e.to_string()))
}

fn say_held(started: &Report, locale: Locale) {
    if let Some(why) = &started.held {
        anstream::eprintln!("{}", say::all_held(locale, why));
    }
}

/// A turn and its dispatch, for commands that post something at once.
pub async fn turn_and_send(running: &Running, locale: Locale) -> Result<Stats, Failure> {
    if let Some(live) = running.deciding().await? {
        live.turn(live.clock.now()).await?;
    }
    send(running, locale).await
}

async fn dry_run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let at = match &args.at {
        Some(text) => Instant::parse(text).ok_or_else(|| Failure::usage(refusal::no_moment(cli.locale(), text)))?,
        None => cli.clock()?.now(),
    };
    let clock = Arc::new(VirtualClock::at(at));
    let running = assemble::running(Project::open(&cli.dir)?, Mode::Tool, clock).await?;
    let mut all = portfolio::load(&running, at, false).await?;
    let evaluated = all.accounts.iter().filter(|a| a.due().is_some_and(|due| due <= at)).count();
    let mut messages = 0;
    all.advance(at, &mut |line| messages += usize::from(line.kind == "message"))
        .map_err(|stuck| Failure::refused(stuck.to_string()))?;
    let parked = running.shell.store.parked().await?.calls;
    report(cli, evaluated, messages, 0, 0, parked);
    Ok(Exit::Done)
}
