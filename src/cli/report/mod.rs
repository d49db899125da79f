//! `report`: numbers for people who decide, as text, Markdown, JSON or a page that prints.

mod charts;
mod effect;
mod executive;
mod monthly;
mod onboarding;
mod page;
mod value;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use jiff::civil::Date;

use self::page::Extras;
use super::{Cli, Exit, Failure, ask, assemble::Running, desk, share};
use crate::{
    app::{effects::Pictured, quarterly::last_quarter},
    chat::markdown,
    command::report,
    model::{
        instant::{Instant, day_number},
        locale::Locale,
        reply::Reply,
    },
    rulebook::types::Rulebook,
    words::{refusal, report as say, reports::value as of_one},
};

/// Options of `report`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which report.
    kind: Kind,
    /// Of `value`: whose, by key, name or domain.
    account: Option<String>,
    /// The last month it looks at (default: the last full one; of `onboarding`: until yesterday).
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    /// Where to write it: a name ending in .html or .md (default: to the terminal).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Make a link instead, by which others may read it for so long (30d; `share list` and `share revoke`).
    #[arg(long, value_name = "30d", conflicts_with = "out")]
    share: Option<String>,
}

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// For those who decide on money: problem, solution, goal, resource. Twelve months.
    Executive,
    /// How customers get started: phases, days, drop-off, milestones, and what followed each message.
    Onboarding,
    /// One month: figures against the month before, revenue, who stays, health, playbooks, reasons to leave.
    Monthly,
    /// Three months (the last full quarter, or those that end with --month): the roadmap, what is new, what to revise.
    Quarterly,
    /// One customer's month for the customer's own eyes, in their language: what they used, reached, and what is next.
    Value,
}

/// A report in the forms people ask for.
struct Made {
    /// For programs.
    json: serde_json::Value,
    /// For people.
    reply: Reply,
    /// Charts of the page.
    extras: Extras,
}

/// Prints or writes the report.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if args.account.is_some() != (args.kind == Kind::Value) {
        let told = if args.account.is_some() { of_one::of_all(cli.locale()) } else { of_one::whose(cli.locale()) };
        return Err(Failure::usage(told));
    }
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let now = running.shell.clock.now();
    let made = match args.kind {
        Kind::Executive => executive(&running, args, now, locale).await?,
        Kind::Onboarding => onboarding(&running, args, now, locale).await?,
        Kind::Monthly => monthly(&running, args, now, locale).await?,
        Kind::Quarterly => quarterly(&running, args, now, locale).await?,
        Kind::Value => value(cli, &running, args, now).await?,
    };
    if let Some(length) = &args.share {
        let page = page::html(&made.reply, &made.extras, made.reply.locale).map_err(Failure::refused)?;
        return share::make(cli, &running, (&made.reply.title, page), length).await;
    }
    let Some(out) = &args.out else {
        if cli.json {
            desk::json(&made.json);
        } else {
            desk::print(cli, &made.reply);
        }
        return Ok(Exit::Done);
    };
    write(&made, out, locale)
}

/// Writes the page of one playbook's effect.
pub(super) fn of_effect(found: &Pictured, rulebook: &Rulebook, out: &Path, locale: Locale) -> Result<Exit, Failure> {
    let (reply, extras) = (report::effect::reply(found, rulebook, locale), effect::extras(found, rulebook, locale));
    write(&Made { json: serde_json::Value::Null, reply, extras }, out, locale)
}

fn write(made: &Made, out: &Path, locale: Locale) -> Result<Exit, Failure> {
    let text = match out.extension().and_then(|e| e.to_str()) {
        Some("html") => page::html(&made.reply, &made.extras, made.reply.locale).map_err(Failure::refused)?,
        Some("md") => markdown::render(&made.reply),
        _ => return Err(Failure::usage(say::no_format(locale, &out.display().to_string()))),
    };
    fs::write(out, text).map_err(|e| Failure::refused(format!("{}: {e}", out.display())))?;
    anstream::println!("{}", say::written(locale, &out.display().to_string()));
    Ok(Exit::Done)
}

async fn executive(running: &Running, args: &Args, now: Instant, locale: Locale) -> Result<Made, Failure> {
    let rulebook = running.shell.rulebook();
    let last = last_month(args.month.as_deref(), now.date(&rulebook.model.workspace.zone), locale)?;
    let found = running.shell.executive(last, now).await?;
    let reply = report::reply(&found, &rulebook, locale);
    Ok(Made { json: json(&found), reply, extras: executive::extras(&found, &rulebook, locale) })
}

async fn onboarding(running: &Running, args: &Args, now: Instant, locale: Locale) -> Result<Made, Failure> {
    let rulebook = running.shell.rulebook();
    let today = now.date(&rulebook.model.workspace.zone);
    let to = match &args.month {
        Some(month) => day_number(last_month(Some(month), today, locale)?.last_of_month()) + 1,
        None => day_number(today),
    };
    let found = running.shell.onboarding_report(to, now).await?;
    let reply = report::onboarding::reply(&found, &rulebook, locale);
    Ok(Made { json: json(&found), reply, extras: onboarding::extras(&found, &rulebook, locale) })
}

async fn monthly(running: &Running, args: &Args, now: Instant, locale: Locale) -> Result<Made, Failure> {
    let rulebook = running.shell.rulebook();
    let month = last_month(args.month.as_deref(), now.date(&rulebook.model.workspace.zone), locale)?;
    let found = running.shell.monthly_report(month, now).await?;
    let reply = report::monthly::reply(&found, &rulebook, locale);
    Ok(Made { json: json(&found), reply, extras: monthly::extras(&found, locale) })
}

async fn quarterly(running: &Running, args: &Args, now: Instant, locale: Locale) -> Result<Made, Failure> {
    let rulebook = running.shell.rulebook();
    let today = now.date(&rulebook.model.workspace.zone);
    let last = match &args.month {
        Some(month) => last_month(Some(month), today, locale)?,
        None => last_quarter(today),
    };
    let found = running.shell.quarterly_report(last, now).await?;
    let reply = report::quarterly::reply(&found, &rulebook, locale);
    Ok(Made { json: json(&found), reply, extras: Extras::default() })
}

async fn value(cli: &Cli, running: &Running, args: &Args, now: Instant) -> Result<Made, Failure> {
    let (locale, rulebook) = (cli.locale(), running.shell.rulebook());
    let gone = || Failure::refused(refusal::account_gone(locale));
    let typed = args.account.as_deref().unwrap_or_default();
    let row = ask::account(running, &desk::asker(cli), typed).await?;
    let zone = running.shell.zone_of(row.id).await?.ok_or_else(gone)?;
    let month = last_month(args.month.as_deref(), now.date(&zone), locale)?.first_of_month();
    let found = running.shell.value_report(row.id, month, now).await?.ok_or_else(gone)?;
    if found.used.is_empty() {
        anstream::eprintln!("{}", of_one::no_metrics(locale));
    }
    let extras = value::extras(&found, &rulebook);
    Ok(Made { json: json(&found), reply: report::value::reply(&found, &rulebook), extras })
}

fn json(data: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(data).unwrap_or_default()
}

/// The first day of the month asked for, or the last day of the last full one: a day of the month.
pub(super) fn last_month(asked: Option<&str>, today: Date, locale: Locale) -> Result<Date, Failure> {
    let first = match asked {
        Some(text) => format!("{text}-01").parse::<Date>().ok(),
        None => today.first_of_month().yesterday().ok(),
    };
    let first = first.ok_or_else(|| Failure::usage(refusal::no_month(locale, asked.unwrap_or_default())))?;
    match first.last_of_month() < today {
        true => Ok(first),
        false => Err(Failure::usage(say::not_over(locale, asked.unwrap_or_default()))),
    }
}
