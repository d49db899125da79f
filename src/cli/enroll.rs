//! `enroll` and `unenroll`.

use super::{Cli, Exit, Failure, ask, desk};
use crate::{
    app::shell::Shell,
    command::{
        enroll,
        enroll::Order,
        enroll_many::{self, Many},
        foretold, person,
        reply::Reply,
    },
    rulebook::types::Rulebook,
    store::api::AccountRow,
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
            let row = ask::account_to_change(&running, &who, account).await?;
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
            if cli.json && order == Order::Preview {
                return seen(cli, shell, &row, args.contact.as_deref(), playbook).await;
            }
            enroll::enroll(shell, &who, &row.key, playbook, args.contact.as_deref(), order).await?
        }
        ([playbook], Some(filter)) if args.contact.is_none() => {
            known(cli, &shell.rulebook(), playbook)?;
            let program = super::list::condition(filter, &shell.rulebook(), cli.locale())?;
            let views = shell.views(Some(&program), shell.clock.now()).await?;
            if views.is_empty() {
                return Err(Failure::refused(refusal::nobody_fits(cli.locale())));
            }
            if start {
                let many = enroll_many::look(shell, &views, playbook).await?;
                if args.yes {
                    many.order(shell, &who).await?;
                    desk::settle(&running).await?;
                }
                return Ok(told(cli, shell, &many, args.yes));
            }
            if views.len() > MANY && !args.yes {
                return Err(Failure::refused(say::would_end(cli.locale(), views.len(), playbook)));
            }
            for view in &views {
                enroll::record(shell, &who, &view.key, None, playbook, false).await?;
            }
            Reply::new(cli.locale(), say::enrolled_many(cli.locale(), views.len(), playbook, false))
        }
        _ => return Err(Failure::usage(refusal::enroll_usage(cli.locale()))),
    };
    desk::settle(&running).await?;
    Ok(desk::answer(cli, &reply))
}

/// What a start would do, as data.
async fn seen(
    cli: &Cli,
    shell: &Shell,
    row: &AccountRow,
    contact: Option<&str>,
    playbook: &str,
) -> Result<Exit, Failure> {
    let contact = match contact {
        None => None,
        Some(typed) => person::find(shell, row, typed).await?.ok(),
    };
    let preview = foretold::start(shell, row, contact.as_ref(), playbook, foretold::AHEAD).await?;
    let preview = preview.ok_or_else(|| Failure::refused(refusal::account_gone(cli.locale())))?;
    desk::json(&preview.data());
    Ok(if preview.refusal(shell, cli.locale()).is_some() { Exit::Finding } else { Exit::Done })
}

/// What became of many, or would; without `--yes` nothing was done, which is a finding.
fn told(cli: &Cli, shell: &Shell, many: &Many, done: bool) -> Exit {
    if cli.json {
        desk::json(&many.data(done));
    } else {
        desk::print(cli, &many.reply(shell, cli.locale(), done));
    }
    if done && !many.is_empty() { Exit::Done } else { Exit::Finding }
}

fn known(cli: &Cli, rulebook: &Rulebook, playbook: &str) -> Result<(), Failure> {
    match rulebook.playbook(playbook) {
        Some(_) => Ok(()),
        None => Err(Failure::refused(sentence::no_playbook(cli.locale(), playbook, &rulebook.names()))),
    }
}
