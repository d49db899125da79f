//! What most subcommands begin with: the project open as a tool, and who asks.

use std::io::IsTerminal;

use super::{Cli, Exit, Failure, assemble, assemble::Running, project::Project};
use crate::{
    chat::text,
    command::{
        desk::Asker,
        reply::Reply,
        roles::{Place, Role},
    },
    store::api::Mode,
};

/// Opens the project beside a daemon that may be running.
pub async fn open(cli: &Cli) -> Result<Running, Failure> {
    assemble::running(Project::open(&cli.dir)?, Mode::Tool, cli.clock()?).await
}

/// Decides what was just recorded, so that the next question sees it: whether a daemon runs or not.
pub async fn settle(running: &Running) -> Result<(), Failure> {
    let Some(shell) = running.deciding().await? else { return Ok(()) };
    shell.refresh_world().await?;
    shell.evaluate(shell.clock.now()).await?;
    Ok(())
}

/// Whoever can run this binary on the store may do everything.
pub fn asker(cli: &Cli) -> Asker {
    Asker {
        who: "terminal:cli".to_owned(),
        role: Role::Admin,
        place: Place::Direct,
        locale: cli.locale(),
        account: None,
    }
}

/// Prints an answer, as JSON where that was asked for.
pub fn print(cli: &Cli, reply: &Reply) {
    if cli.json {
        anstream::println!("{}", serde_json::to_string_pretty(reply).unwrap_or_default());
    } else {
        anstream::println!("{}", text(reply, std::io::stdout().is_terminal()));
    }
}

/// An answer as lines: 80 columns where somebody looks, everything whole where a program reads.
fn text(reply: &Reply, terminal: bool) -> String {
    if terminal { text::render(reply) } else { text::whole(reply) }
}

/// Prints an answer; a refusal, like every other, where errors are read.
pub fn answer(cli: &Cli, reply: &Reply) -> Exit {
    match reply.refused && !cli.json {
        true => anstream::eprintln!("{}", text::render(reply)),
        false => print(cli, reply),
    }
    exit(reply)
}

/// The exit code of an answer.
pub fn exit(reply: &Reply) -> Exit {
    if reply.refused { Exit::Finding } else { Exit::Done }
}

/// Prints any data as JSON.
pub fn json(data: &impl serde::Serialize) {
    anstream::println!("{}", serde_json::to_string_pretty(data).unwrap_or_default());
}
