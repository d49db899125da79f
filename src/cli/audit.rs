//! `audit verify`: is the log of who did what as it was written? `audit list` shows it.

use clap::Subcommand;
use serde_json::json;

use super::{Cli, Exit, Failure, assemble, backup::zone, desk, project::Project};
use crate::{
    store::api::{Broken, Mode},
    words::keeping as say,
};

/// Options of `audit`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Walk the log from its first entry: says how many are intact, or the first that is not.
    Verify,
    /// The newest entries: when, who, what, about which object.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// Runs the subcommand; a broken log exits 1.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    match args.what {
        What::Verify => verify(cli, &project).await,
        What::List { limit } => list(cli, &project, limit).await,
    }
}

async fn verify(cli: &Cli, project: &Project) -> Result<Exit, Failure> {
    let store = assemble::open_store(project, Mode::Tool).await?;
    let chain = store.audit_verify().await?;
    let zone = zone(project);
    let broken = chain.broken.as_ref();
    if cli.json {
        let broken = broken.map(|b| {
            let why = if b.why == Broken::Missing { "missing" } else { "changed" };
            json!({"entry": b.entry, "at": b.at.map(|at| at.rfc3339(&zone)), "why": why})
        });
        desk::json(
            &json!({"entries": chain.entries, "intact": broken.is_none(), "head": chain.head, "broken": broken}),
        );
    } else {
        let said = match broken {
            None => say::intact(cli.locale(), chain.entries, &chain.head),
            Some(b) => {
                let at = b.at.map(|at| at.rfc3339(&zone));
                say::broken(cli.locale(), b.entry, at.as_deref(), b.why == Broken::Missing)
            }
        };
        anstream::println!("{said}");
    }
    Ok(if broken.is_none() { Exit::Done } else { Exit::Finding })
}

async fn list(cli: &Cli, project: &Project, limit: usize) -> Result<Exit, Failure> {
    let store = assemble::open_store(project, Mode::Tool).await?;
    let zone = zone(project);
    let lines = store.audit_log(limit).await?;
    if cli.json {
        let line = |e: &crate::store::api::AuditEntry| json!({"at": e.at.rfc3339(&zone), "who": e.who, "what": e.what, "object": e.object, "result": e.result});
        desk::json(&lines.iter().map(line).collect::<Vec<_>>());
    } else {
        for e in &lines {
            anstream::println!("{}  {}  {}  {}  {}", e.at.rfc3339(&zone), e.who, e.what, e.object, e.result);
        }
    }
    Ok(Exit::Done)
}
