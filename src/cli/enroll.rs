//! `enroll` and `unenroll`.

use super::{Cli, Exit, Failure, ask, desk};
use crate::{
    command::{enroll, enroll::Order, person, reply::Reply},
    rulebook::types::Rulebook,
    words::{outlook as say, refusal, sentence},
};

/// Ending more than this at once must be said twice; starting always is.
const MANY: usize = 50;

/// Options of `enroll` and `unenroll`: ACCOUNT PLAYBOOK, or `--where CEL PLAYBOOK`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The account (key, name or domain); left out with `--where`.
    #[arg(num_args = 1..=2, required = true, value_names = ["ACCOUNT", "PLAYBOOK"])]
    names: Vec<String>,
    /// Every account for which this holds.
    #[arg(long = "where", value_name = "CEL")]
    filter: Option<String>,
    /// Only this contact (key, address or name).
    #[arg(long)]
    contact: Option<String>,
    /// Do it; without this only what would go out is shown.
    #[arg(long)]
    yes: bool,
}

/// Starts (or ends) a playbook by hand.
pub async fn run(cli: &Cli, args: &Args, start: bool) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (who, shell) = (desk::asker(cli), &running.shell);
    let reply = match (args.names.as_slice(), &args.filter) {
        ([account, playbook], None) => {
            known(cli, &shell.rulebook(), playbook)?;
            let row = ask::account(&running, &who, account).await?;
            if let Some(typed) = &args.contact
                && let Err(near) = person::find(shell, &row, typed).await?
            {
                return Err(Failure::refused(refusal::no_contact(cli.locale(), &row.name, typed, &near.join(", "))));
            }
            let order = match (start, args.yes) {
                (true, false) => Order::Preview,
                (true, true) => Order::Start,
                (false, _) => Order::End,
            };
            enroll::enroll(shell, &who, &row.key, playbook, args.contact.as_deref(), order).await?
        }
        ([playbook], Some(filter)) if args.contact.is_none() => {
            known(cli, &shell.rulebook(), playbook)?;
            let program = super::list::condition(filter, &shell.rulebook(), cli.locale())?;
            let views = shell.views(Some(&program), shell.clock.now()).await?;
            if views.is_empty() {
                return Err(Failure::refused(refusal::nobody_fits(cli.locale())));
            }
            if (start || views.len() > MANY) && !args.yes {
                return Err(Failure::refused(say::would_enroll(cli.locale(), views.len(), playbook)));
            }
            for view in &views {
                enroll::record(shell, &who, &view.key, None, playbook, start).await?;
            }
            let held = views
                .iter()
                .filter(|v| start && enroll::held_out(&shell.rulebook(), playbook, v.state.drawn(&v.key)))
                .count();
            let reply = Reply::new(cli.locale(), say::enrolled_many(cli.locale(), views.len(), playbook, start));
            if held > 0 { reply.line(say::of_them_held_out(cli.locale(), held)) } else { reply }
        }
        _ => return Err(Failure::usage(refusal::enroll_usage(cli.locale()))),
    };
    desk::settle(&running).await?;
    Ok(desk::answer(cli, &reply))
}

fn known(cli: &Cli, rulebook: &Rulebook, playbook: &str) -> Result<(), Failure> {
    match rulebook.playbook(playbook) {
        Some(_) => Ok(()),
        None => Err(Failure::refused(sentence::no_playbook(cli.locale(), playbook, &rulebook.names()))),
    }
}
