//! `pause` and `resume`.

use super::{Cli, Exit, Failure, desk};
use std::io::IsTerminal;

use crate::command::{
    parse::{PauseTarget, is_length},
    pausing,
    reply::{Part, Reply},
    resuming,
};
use crate::words::told;

/// Options of `pause`.
#[derive(clap::Args, Debug)]
pub struct PauseArgs {
    /// A playbook or an account (`playbook:x`, `account:x` where a name is both), or a sender's marketing
    /// (`sender:x`).
    #[arg(required_unless_present = "all")]
    target: Option<String>,
    /// Everything: queued mail is held.
    #[arg(long)]
    all: bool,
    /// For how long (14d; without it until resumed), then why.
    #[arg(value_name = "14d REASON", trailing_var_arg = true)]
    rest: Vec<String>,
    /// For how long, e.g. 14d.
    #[arg(long = "for", value_name = "LENGTH")]
    length: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

impl PauseArgs {
    /// `pause acme 14d year-end freeze`, `pause --all 14d …`, or the same with `--for` and `--reason`.
    fn read(&self) -> (PauseTarget, Option<String>, String) {
        let first = self.target.iter().filter(|_| self.all).cloned();
        let mut words: Vec<String> = first.chain(self.rest.iter().cloned()).collect();
        let typed = words.first().is_some_and(|w| is_length(w)).then(|| words.remove(0));
        let reason = if words.is_empty() { self.reason.clone() } else { words.join(" ") };
        (target(self.target.as_deref(), self.all), self.length.clone().or(typed), reason)
    }
}

/// Options of `resume`.
#[derive(clap::Args, Debug)]
pub struct ResumeArgs {
    /// A playbook, an account, or a sender's marketing (`sender:x`; the one without a name is `sender:default`).
    #[arg(required_unless_present = "all")]
    target: Option<String>,
    /// Everything.
    #[arg(long)]
    all: bool,
    /// What would go was seen: let it. Without this it is only shown.
    #[arg(long)]
    yes: bool,
}

fn target(name: Option<&str>, all: bool) -> PauseTarget {
    match name {
        _ if all => PauseTarget::All,
        Some(name) => PauseTarget::read(name),
        None => PauseTarget::All,
    }
}

/// Pauses.
pub async fn pause(cli: &Cli, args: &PauseArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (what, length, reason) = args.read();
    let reply = pausing::pause(&running.shell, &desk::asker(cli), &what, length.as_deref(), &reason, true).await?;
    Ok(desk::answer(cli, &reply))
}

/// Resumes.
pub async fn resume(cli: &Cli, args: &ResumeArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let what = target(args.target.as_deref(), args.all);
    if !args.yes
        && let Some(waiting) = resuming::seen(&running.shell, &desk::asker(cli), &what).await?
        && !agreed(cli, waiting)?
    {
        return Ok(Exit::Finding);
    }
    let reply = pausing::pause(&running.shell, &desk::asker(cli), &what, None, "", false).await?;
    Ok(desk::answer(cli, &reply))
}

/// Shows what would go, and asks where somebody can answer.
fn agreed(cli: &Cli, mut waiting: Reply) -> Result<bool, Failure> {
    waiting.parts.retain(|part| !matches!(part, Part::Buttons(_)));
    desk::print(cli, &waiting);
    if cli.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        anstream::eprintln!("{}", told::still_held(cli.locale()));
        return Ok(false);
    }
    anstream::eprint!("{}", told::let_go(cli.locale()));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
