//! `share list|revoke`: the reports that others may read by a link (`report … --share 30d` makes one).

use clap::Subcommand;
use serde_json::json;

use super::{Cli, Exit, Failure, desk};
use crate::{
    model::reply::{Part, Reply, Table},
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

async fn list(cli: &Cli) -> Result<Exit, Failure> {
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let shares = running.shell.store.shares(running.shell.clock.now()).await?;
    if cli.json {
        let line = |s: &crate::store::api::SharedPage| json!({"id": s.id, "title": s.title, "who": s.who, "at": s.at.rfc3339(&zone), "until": s.until.rfc3339(&zone)});
        desk::json(&shares.iter().map(line).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let mut reply = Reply::new(locale, say::count(locale, shares.len()));
    if !shares.is_empty() {
        let row = |s: &crate::store::api::SharedPage| {
            vec![s.id.clone(), s.title.clone(), s.at.short(&zone), s.until.short(&zone)]
        };
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
