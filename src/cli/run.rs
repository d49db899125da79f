//! `run`: the daemon.

use std::sync::Arc;

use super::{Cli, Exit, Failure, assemble, daemon, project::Project};
use crate::{store::api::Mode, words::refusal};

/// Options of `run`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Parts to run, comma-separated: evaluate, dispatch, http, chat (default: all).
    #[arg(long, value_delimiter = ',', default_value = "evaluate,dispatch,http,chat")]
    role: Vec<String>,
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let known = ["evaluate", "dispatch", "http", "chat"];
    if let Some(odd) = args.role.iter().find(|r| !known.contains(&r.as_str())) {
        return Err(Failure::usage(refusal::no_role(cli.locale(), odd, &known.join(", "))));
    }
    let running = assemble::running(Project::open(&cli.dir)?, Mode::Daemon, cli.clock()?).await?;
    daemon::serve(Arc::new(running), &args.role, cli.locale()).await?;
    Ok(Exit::Done)
}
