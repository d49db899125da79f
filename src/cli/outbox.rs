//! `outbox`: the ledger of sends, and what a person decides about uncertain ones.

use std::collections::{BTreeMap, BTreeSet};

use clap::Subcommand;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{Cli, Exit, Failure, assemble::Running, desk};
use crate::{
    model::{
        ids::{AccountId, MessageKey},
        message::OutboxState,
    },
    store::api::OutboxRow,
    words::{refusal, told},
};

/// Options of `outbox`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand, Debug)]
enum What {
    /// List messages, newest first.
    List {
        /// queued, claimed, handing_over, sent, maybe_sent, failed, skipped, held, frozen.
        #[arg(long)]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// One message with its attempts.
    Show {
        /// Its key.
        key: String,
    },
    /// Say what became of an uncertain message: `sent` or `not-sent`.
    Mark {
        /// Its key.
        key: String,
        /// sent or not-sent.
        outcome: String,
    },
    /// Send an uncertain message again, with the same key and Message-ID.
    Resend {
        /// Its key.
        key: String,
    },
}

/// Runs the subcommand; a bare `outbox` lists.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        None => list(cli, None, 100).await,
        Some(What::List { state, limit }) => list(cli, state.as_deref(), *limit).await,
        Some(What::Show { key }) => show(cli, key).await,
        Some(What::Mark { key, outcome }) => {
            let to = match outcome.as_str() {
                "sent" => OutboxState::Sent,
                "not-sent" => OutboxState::Skipped,
                other => return Err(Failure::usage(refusal::mark_usage(cli.locale(), other))),
            };
            resolve(cli, key, to).await
        }
        Some(What::Resend { key }) => resolve(cli, key, OutboxState::Queued).await,
    }
}

async fn list(cli: &Cli, state: Option<&str>, limit: usize) -> Result<Exit, Failure> {
    let wanted = match state {
        Some(word) => Some(OutboxState::parse(word).ok_or_else(|| {
            let words: Vec<&str> = OutboxState::ALL.iter().map(|s| s.word()).collect();
            Failure::usage(refusal::no_state(cli.locale(), word, &words.join(", ")))
        })?),
        None => None,
    };
    let running = desk::open(cli).await?;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let rows = running.shell.store.outbox(wanted, None, limit).await?;
    let accounts = accounts(&running, rows.iter().map(|r| r.planned.account)).await?;
    let keys: Vec<_> = rows.iter().map(|r| entry(r, &accounts, &zone)).collect();
    if cli.json {
        desk::json(&keys);
    } else {
        for (row, entry) in rows.iter().zip(&keys) {
            let at = entry["at"].as_str().unwrap_or("");
            anstream::println!(
                "{:<12} {at} {}/{} {} {}",
                row.state.word(),
                row.planned.playbook,
                row.planned.step,
                row.planned.key.0,
                row.detail
            );
        }
        anstream::println!("{}", told::messages(cli.locale(), rows.len()));
    }
    Ok(Exit::Done)
}

/// The keys of accounts; the workspace, which digests go out for, has none.
async fn accounts(
    running: &Running,
    ids: impl Iterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, String>, Failure> {
    let ids: BTreeSet<AccountId> = ids.filter(|id| *id != AccountId::WORKSPACE).collect();
    let rows = running.shell.store.accounts_of(&ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.key)).collect())
}

fn entry(row: &OutboxRow, accounts: &BTreeMap<AccountId, String>, zone: &TimeZone) -> serde_json::Value {
    json!({"key": row.planned.key.0, "state": row.state.word(), "channel": row.planned.channel.word(), "address": row.planned.address,
        "playbook": row.planned.playbook, "step": row.planned.step, "account": accounts.get(&row.planned.account), "attempts": row.attempts,
        "at": row.at.rfc3339(zone), "detail": row.detail, "resend_of": row.resend_of})
}

async fn show(cli: &Cli, key: &str) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let found = running.shell.store.outbox_row(&MessageKey(key.to_owned())).await?;
    let (row, attempts) = found.ok_or_else(|| Failure::refused(refusal::no_message(cli.locale(), key)))?;
    let attempts: Vec<_> = attempts
        .iter()
        .map(|(n, phase, detail, at)| json!({"attempt": n, "phase": phase, "detail": detail, "at": at.rfc3339(&zone)}))
        .collect();
    let accounts = accounts(&running, std::iter::once(row.planned.account)).await?;
    let mut data = entry(&row, &accounts, &zone);
    data["log"] = json!(attempts);
    desk::json(&data);
    Ok(Exit::Done)
}

async fn resolve(cli: &Cli, key: &str, to: OutboxState) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let now = running.shell.clock.now();
    let done = running.shell.store.resolve(&MessageKey(key.to_owned()), to, "terminal:cli", now).await?;
    if done {
        anstream::println!("{}", told::settled(cli.locale(), key, to.word()));
        return Ok(Exit::Done);
    }
    Err(Failure::refused(refusal::not_uncertain(cli.locale(), key)))
}
