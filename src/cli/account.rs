//! `account merge FROM INTO`, `account rename OLD NEW`: who a customer is.

use clap::Subcommand;
use serde_json::json;

use super::{Cli, Exit, Failure, ask, assemble::Running, desk};
use crate::{
    command::act,
    model::{
        fact::{FactBody, Incoming},
        ids::{AccountId, stable_hash},
    },
    store::api::{AccountRow, Holdings},
    words::identity as say,
};

/// Options of `account`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Two accounts are one customer: the second takes in the first, and both keys mean it from then on.
    Merge {
        /// The account that goes (key, name or domain).
        from: String,
        /// The account that stays (key, name or domain).
        into: String,
        /// What would move was seen: do it.
        #[arg(long)]
        yes: bool,
        /// Only show what would move.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
    },
    /// The customer has another key; the old one still finds it.
    Rename {
        /// The account (key, name or domain).
        old: String,
        /// Its new key.
        new: String,
        /// Do it; without, nothing changes.
        #[arg(long)]
        yes: bool,
        /// Only show what would be renamed.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
    },
}

/// Shows what would move; with `--yes` it does.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    match &args.what {
        What::Merge { from, into, yes, dry_run } => merge(cli, &running, (from, into), (*yes, *dry_run)).await,
        What::Rename { old, new, yes, dry_run } => rename(cli, &running, (old, new), (*yes, *dry_run)).await,
    }
}

async fn merge(
    cli: &Cli,
    running: &Running,
    (from, into): (&str, &str),
    (yes, dry_run): (bool, bool),
) -> Result<Exit, Failure> {
    let (who, shell, locale) = (desk::asker(cli), &running.shell, cli.locale());
    let gone = ask::account_to_change(running, &who, from).await?;
    let kept = ask::account_to_change(running, &who, into).await?;
    if gone.id == kept.id {
        return Err(Failure::refused(say::same_account(locale, &kept.key)));
    }
    let held = shell.store.holdings(gone.id, Some(kept.id)).await?;
    if yes {
        let body = FactBody::Merged { into: kept.key.clone(), other: AccountId::default() };
        record(running, &who.who, &gone.key, body).await?;
        act::audit(shell, &who, "merge accounts", &format!("{} → {}", gone.key, kept.key)).await?;
        desk::settle(running).await?;
    }
    if cli.json {
        desk::json(&json!({"from": gone.key, "into": kept.key, "done": yes, "moves": held}));
    } else {
        show(cli, &gone, &kept, &held, yes);
    }
    finish(cli, yes, dry_run)
}

fn show(cli: &Cli, gone: &AccountRow, kept: &AccountRow, held: &Holdings, done: bool) {
    let locale = cli.locale();
    let name = |row: &AccountRow| (row.key.clone(), row.name.clone());
    anstream::println!("{}", say::merging(locale, &name(gone), &name(kept), done));
    say::moves(locale, held).iter().for_each(|line| anstream::println!("{line}"));
    if !done {
        say::what_follows(locale).iter().for_each(|line| anstream::println!("{line}"));
    }
}

async fn rename(
    cli: &Cli,
    running: &Running,
    (old, new): (&str, &str),
    (yes, dry_run): (bool, bool),
) -> Result<Exit, Failure> {
    let (who, shell, locale) = (desk::asker(cli), &running.shell, cli.locale());
    let row = ask::account_to_change(running, &who, old).await?;
    let new = new.trim();
    if new.is_empty() || new == row.key {
        return Err(Failure::refused(say::same_key(locale, &row.key)));
    }
    if shell.store.account_by_key(new).await?.is_some_and(|other| other.id != row.id) {
        return Err(Failure::refused(say::key_taken(locale, &row.key, new)));
    }
    if yes {
        let body = FactBody::Renamed { from: String::new(), to: new.to_owned() };
        record(running, &who.who, &row.key, body).await?;
        act::audit(shell, &who, "rename account", &format!("{} → {new}", row.key)).await?;
        desk::settle(running).await?;
    }
    if cli.json {
        desk::json(&json!({"from": row.key, "to": new, "done": yes}));
    } else {
        anstream::println!("{}", say::renaming(locale, &row.key, new, yes));
    }
    finish(cli, yes, dry_run)
}

fn finish(cli: &Cli, yes: bool, dry_run: bool) -> Result<Exit, Failure> {
    if !yes && !dry_run {
        anstream::eprintln!("{}", say::say_yes(cli.locale()));
        return Ok(Exit::Finding);
    }
    Ok(Exit::Done)
}

/// The fact from which everything follows.
async fn record(running: &Running, who: &str, account: &str, body: FactBody) -> Result<(), Failure> {
    let now = running.shell.clock.now();
    let what = serde_json::to_string(&body).unwrap_or_default();
    let fact = Incoming {
        account: Some(account.to_owned()),
        contact: None,
        occurred_at: now,
        received_at: now,
        source: who.to_owned(),
        event_id: stable_hash(&["account", account, &what, &now.0.to_string()]),
        body,
    };
    running.shell.store.append(vec![fact]).await?;
    Ok(())
}
