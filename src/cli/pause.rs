//! `pause` and `resume`.

use super::{Cli, Exit, Failure, desk};
use crate::command::{act, parse::PauseTarget};

/// Options of `pause`.
#[derive(clap::Args, Debug)]
pub struct PauseArgs {
    /// A playbook or an account (`playbook:x`, `account:x` where a name is both).
    #[arg(required_unless_present = "all")]
    target: Option<String>,
    /// Everything: queued mail is held.
    #[arg(long)]
    all: bool,
    /// For how long, e.g. 14d; without it until resumed.
    #[arg(long = "for")]
    length: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Options of `resume`.
#[derive(clap::Args, Debug)]
pub struct ResumeArgs {
    /// A playbook or an account.
    #[arg(required_unless_present = "all")]
    target: Option<String>,
    /// Everything.
    #[arg(long)]
    all: bool,
}

fn target(name: Option<&str>, all: bool) -> PauseTarget {
    match name {
        _ if all => PauseTarget::All,
        Some(name) => match name.split_once(':') {
            Some(("playbook", name)) => PauseTarget::Playbook(name.to_owned()),
            Some(("account", name)) => PauseTarget::Account(name.to_owned()),
            _ => PauseTarget::Named(name.to_owned()),
        },
        None => PauseTarget::All,
    }
}

/// Pauses.
pub async fn pause(cli: &Cli, args: &PauseArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let what = target(args.target.as_deref(), args.all);
    let reply =
        act::pause(&running.shell, &desk::asker(cli), &what, args.length.as_deref(), &args.reason, true).await?;
    desk::print(cli, &reply);
    Ok(Exit::Done)
}

/// Resumes.
pub async fn resume(cli: &Cli, args: &ResumeArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let what = target(args.target.as_deref(), args.all);
    let reply = act::pause(&running.shell, &desk::asker(cli), &what, None, "", false).await?;
    desk::print(cli, &reply);
    Ok(Exit::Done)
}
