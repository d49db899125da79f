//! `manifest slack`: the app manifest with the least scopes.

use super::{Cli, Exit, Failure, desk, project};
use crate::{chat::manifest, config::SlackMode};

/// Options of `manifest`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The platform.
    #[arg(value_parser = ["slack"])]
    platform: String,
}

/// Prints the manifest for this project's command name and address.
pub fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let config = project::read_config(&cli.dir)?;
    let url = config.http.public_url.as_deref().filter(|_| config.slack.mode == SlackMode::Http);
    let manifest = manifest::slack(&config.slack.command, url).map_err(Failure::usage)?;
    let _ = &args.platform;
    desk::json(&manifest);
    Ok(Exit::Done)
}
