//! `report executive`: problem, solution, goal and resource with the numbers filled in; as text, Markdown or a page
//! that prints.

mod chart;
mod page;

use std::{fs, path::PathBuf};

use clap::ValueEnum;
use jiff::civil::Date;

use super::{Cli, Exit, Failure, desk};
use crate::{
    chat::markdown,
    command::report,
    insight::executive::Costs,
    model::locale::Locale,
    words::{refusal, report as say},
};

/// Options of `report`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which report.
    kind: Kind,
    /// The last of its twelve months (default: the last full one).
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    /// Where to write it: a name ending in .html or .md (default: to the terminal).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// For those who decide on money: problem, solution, goal, resource.
    Executive,
}

/// Prints or writes the report.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let Kind::Executive = args.kind;
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let now = running.shell.clock.now();
    let rulebook = running.shell.rulebook();
    let last = last_month(args.month.as_deref(), now.date(&rulebook.model.workspace.zone), locale)?;
    let config = running.project.config.report;
    let costs =
        Costs { people: config.people, tools: config.tool_cost, cac: config.cac, gross_margin: config.gross_margin };
    let found = running.shell.executive(last, costs, now).await?;
    let reply = report::reply(&found, &rulebook, locale);
    let Some(out) = &args.out else {
        if cli.json {
            desk::json(&found);
        } else {
            desk::print(cli, &reply);
        }
        return Ok(Exit::Done);
    };
    let text = match out.extension().and_then(|e| e.to_str()) {
        Some("html") => page::html(&found, &reply, &rulebook, locale).map_err(Failure::refused)?,
        Some("md") => markdown::render(&reply),
        _ => return Err(Failure::usage(say::no_format(locale, &out.display().to_string()))),
    };
    fs::write(out, text).map_err(|e| Failure::refused(format!("{}: {e}", out.display())))?;
    anstream::println!("{}", say::written(locale, &out.display().to_string()));
    Ok(Exit::Done)
}

/// The first day of the month asked for, or of the last full one.
fn last_month(asked: Option<&str>, today: Date, locale: Locale) -> Result<Date, Failure> {
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
