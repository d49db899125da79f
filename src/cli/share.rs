//! `share list|revoke`: the reports that others may read by a link (`report … --share 30d` makes one).

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{Cli, Exit, Failure, assemble::Running, desk};
use crate::{
    app::share::{LONGEST, Shares},
    model::reply::{Part, Reply, Table},
    rulebook::schedule::length::Length,
    store::api::SharedPage,
    words::share as say,
};

/// Options of `share`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// The reports that may be read now.
    List,
    /// Take one back: its link leads nowhere from now on.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// Runs the subcommand.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::List => list(cli).await,
        What::Revoke { id } => revoke(cli, id).await,
    }
}

/// Keeps a page, its title beside it, as it is now for `length` (30d), and prints its link.
pub(super) async fn make(cli: &Cli, running: &Running, page: (&str, String), length: &str) -> Result<Exit, Failure> {
    let (locale, now) = (cli.locale(), running.shell.clock.now());
    let base = running.project.config.http.public_url.as_deref();
    let base = base.ok_or_else(|| Failure::refused(say::no_url(locale)))?;
    let rulebook = running.shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let until = Length::parse(length).ok().map(|length| length.after(now, zone, rulebook.calendar(None)));
    let until = until.filter(|until| *until > now && until.since(now) <= LONGEST);
    let until = until.ok_or_else(|| Failure::usage(say::bad_length(locale, length)))?;
    let shares = Shares { store: Arc::clone(&running.shell.store), tokens: Arc::clone(&running.tokens) };
    let (id, token) = shares.make(page.0, page.1, &desk::asker(cli).who, now, until).await?;
    let url = format!("{base}/share/{token}");
    if cli.json {
        desk::json(&json!({"id": id, "url": url, "until": until.rfc3339(zone)}));
    } else {
        anstream::println!("{}", say::made(locale, &url, &until.short(zone), &id));
    }
    Ok(Exit::Done)
}

async fn list(cli: &Cli) -> Result<Exit, Failure> {
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let shares = running.shell.store.shares(running.shell.clock.now()).await?;
    if cli.json {
        let line = |s: &SharedPage| {
            let (at, until) = (s.at.rfc3339(&zone), s.until.rfc3339(&zone));
            json!({"id": s.id, "title": s.title, "who": s.who, "at": at, "until": until})
        };
        desk::json(&shares.iter().map(line).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let mut reply = Reply::new(locale, say::count(locale, shares.len()));
    if !shares.is_empty() {
        let row = |s: &SharedPage| vec![s.id.clone(), s.title.clone(), s.at.short(&zone), s.until.short(&zone)];
        let table = Table { header: say::header(locale), rows: shares.iter().map(row).collect() };
        reply = reply.with(Part::Table(table));
    }
    desk::print(cli, &reply);
    Ok(Exit::Done)
}

async fn revoke(cli: &Cli, id: &str) -> Result<Exit, Failure> {
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let now = running.shell.clock.now();
    if !running.shell.store.unshare(id, &desk::asker(cli).who, now).await? {
        return Err(Failure::refused(say::unknown(locale, id)));
    }
    if cli.json {
        desk::json(&json!({"id": id, "revoked": true}));
    } else {
        anstream::println!("{}", say::revoked(locale, id));
    }
    Ok(Exit::Done)
}
