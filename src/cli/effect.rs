//! `effect`: does a playbook work? Or a test that was run elsewhere, from a CSV file.

use std::{fs::File, path::PathBuf};

use clap::ValueEnum;

use super::{Cli, Exit, Failure, desk, report};
use crate::{
    app::effects::Ask,
    command::{
        effect as answer,
        reply::{Part, Reply, Table as Rows},
    },
    insight::effect::file::{Compared, FileEffect, Reading, Table},
    model::locale::Locale,
    source::table::{Sheet, measure},
    words::effect as say,
};

/// Options of `effect`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The playbook.
    #[arg(required_unless_present_any = ["csv", "all"])]
    playbook: Option<String>,
    /// Every playbook, adjusted for their number, and all together by the global holdout.
    #[arg(long, conflicts_with_all = ["playbook", "csv", "outcome", "within", "mde", "pool"])]
    all: bool,
    /// `churn`, `goal`, a milestone or `outcome`, the condition of the playbook's own (default: what the playbook says); with --csv the column of outcomes.
    #[arg(long)]
    outcome: Option<String>,
    /// Days within which the outcome counts (default: what the playbook says).
    #[arg(long, value_name = "DAYS", conflicts_with = "csv", value_parser = clap::value_parser!(i32).range(1..=3650))]
    within: Option<i32>,
    /// The smallest difference worth finding, e.g. 2% or 0.02 (default: 2 % of churn, 10 % of what is to be reached); with --csv and measures a number of their own unit.
    #[arg(long, value_name = "SHARE")]
    mde: Option<String>,
    /// Runs of earlier versions of the playbook count too.
    #[arg(long, conflicts_with = "csv")]
    pool: bool,
    /// Told apart by a trait, as it was when each account began; groups are judged with Holm's p.
    #[arg(long, value_name = "TRAIT", value_parser = ["band", "plan", "touch", "phase", "locale"], conflicts_with_all = ["csv", "all"])]
    by: Option<String>,
    /// Writes a page with its curves, its steps and its guardrails: a name ending in .html or .md.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csv", "all"])]
    out: Option<PathBuf>,
    /// A test that was run elsewhere: one row an account.
    #[arg(long, value_name = "FILE", requires_all = ["arm", "control", "outcome"], conflicts_with = "playbook")]
    csv: Option<PathBuf>,
    /// The column that says which arm a row belongs to.
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    arm: Option<String>,
    /// The arm that got nothing.
    #[arg(long, value_name = "VALUE", requires = "csv")]
    control: Option<String>,
    /// Only this arm against it.
    #[arg(long, value_name = "VALUE", requires = "csv")]
    treated: Option<String>,
    /// The share of rows that was to be in the control, e.g. 10%: then the arms' sizes are checked.
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "csv")]
    control_share: Option<f64>,
    /// Which way is better (default: lower for churn, cancellation, complaints; else higher).
    #[arg(long, value_enum, requires = "csv")]
    better: Option<Better>,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Better {
    /// Fewer.
    Lower,
    /// More.
    Higher,
}

/// Parts of a column's name whose outcome is better when lower.
const BAD: [&str; 10] = ["churn", "cancel", "unsub", "complain", "bounce", "lost", "left", "解約", "退会", "配信停止"];

/// Prints the verdict.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if let Some(file) = &args.csv {
        return from_file(cli, args, file);
    }
    let running = desk::open(cli).await?;
    let (locale, now) = (cli.locale(), running.shell.clock.now());
    if args.all {
        let all = running.shell.effects(now).await?;
        if cli.json {
            desk::json(&all);
        } else {
            desk::print(cli, &answer::list(&all, &running.shell.rulebook(), locale));
        }
        return Ok(Exit::Done);
    }
    let ask = Ask {
        outcome: args.outcome.as_deref(),
        within: args.within,
        mde: mde(args, share)?,
        pool: args.pool,
        by: args.by.as_deref(),
    };
    let playbook = args.playbook.as_deref().unwrap_or_default();
    if let Some(out) = &args.out {
        let found = answer::pictured(&running.shell, playbook, ask, now, locale).await?.map_err(Failure::refused)?;
        return report::of_effect(&found, &running.shell.rulebook(), out, locale);
    }
    let found = answer::find(&running.shell, playbook, ask, now, locale).await?.map_err(Failure::refused)?;
    if cli.json {
        desk::json(&found);
    } else {
        desk::print(cli, &answer::reply(&found, &running.shell.rulebook(), locale));
    }
    Ok(Exit::Done)
}

fn from_file(cli: &Cli, args: &Args, file: &PathBuf) -> Result<Exit, Failure> {
    let locale = cli.locale();
    let trouble = |why: String| Failure::refused(format!("{}: {why}", file.display()));
    let mut sheet =
        Sheet::open(File::open(file).map_err(|e| trouble(e.to_string()))?).map_err(|e| trouble(e.to_string()))?;
    let column = |name: &Option<String>| {
        let name = name.as_deref().unwrap_or_default();
        let known = || say::no_column(locale, name, &sheet.columns.join(", "));
        sheet.column(name).ok_or_else(|| trouble(known()))
    };
    let (arm, outcome) = (column(&args.arm)?, column(&args.outcome)?);
    let (mut table, mut unread) = (Table::default(), 0_u64);
    while let Some((_, cells)) = sheet.next_row().map_err(|e| trouble(e.to_string()))? {
        match (cells.get(arm), cells.get(outcome).and_then(|cell| measure(cell))) {
            (Some(arm), Some(value)) if !arm.trim().is_empty() => table.add(arm.trim(), value),
            _ => unread += 1,
        }
    }
    let outcome = args.outcome.clone().unwrap_or_default();
    let reading = Reading {
        control: args.control.as_deref().unwrap_or_default().trim().to_owned(),
        treated: args.treated.as_deref().map(|arm| arm.trim().to_owned()),
        lower_is_better: args.better.map_or_else(|| is_bad(&outcome), |better| better == Better::Lower),
        mde: mde(args, |text| if table.is_measured() { measure_of(text) } else { share(text) })?,
        held_out: args.control_share,
    };
    let Some(found) = table.compare(&reading) else {
        let missing = reading.treated.as_ref().filter(|_| table.names().contains(&reading.control.as_str()));
        let typed = missing.unwrap_or(&reading.control);
        return Err(trouble(say::no_arm(locale, typed, &table.names().join(", "))));
    };
    if cli.json {
        desk::json(&Printed { outcome: &outcome, found: &found, unread_rows: unread + sheet.bad });
    } else {
        desk::print(cli, &reply(&found, &outcome, unread + sheet.bad, locale));
    }
    Ok(Exit::Done)
}

#[derive(serde::Serialize)]
struct Printed<'a> {
    outcome: &'a str,
    #[serde(flatten)]
    found: &'a FileEffect,
    unread_rows: u64,
}

fn is_bad(column: &str) -> bool {
    let lower = column.to_lowercase();
    BAD.iter().any(|word| lower.contains(word))
}

fn reply(found: &FileEffect, outcome: &str, unread: u64, locale: Locale) -> Reply {
    let one = |arm: &Compared| {
        let verdict = match found.mde.filter(|_| found.holdout.events.is_none()) {
            Some(mde) => say::verdict_of_means(locale, &arm.arm, arm.verdict.word(), mde),
            None => say::verdict(locale, &arm.arm, arm.verdict.word(), found.mde.unwrap_or(0.0)),
        };
        say::sentences(locale, &[&verdict, &compared(arm, found, outcome, locale)])
    };
    let mut lines = found.arms.iter().map(one);
    let mut reply = Reply::new(locale, say::file_title(locale, outcome, &found.control, found.lower_is_better));
    for line in lines.by_ref() {
        reply = reply.line(line);
    }
    if found.arms.len() > 1 {
        reply = reply.line(say::together(locale, &compared(&found.all, found, outcome, locale)));
    }
    reply = reply.with(Part::Table(rows(found, locale)));
    match unread {
        0 => reply,
        rows => reply.line(say::unread(locale, rows)),
    }
}

/// Both sides and the difference, in a sentence.
fn compared(arm: &Compared, found: &FileEffect, outcome: &str, locale: Locale) -> String {
    let Some((diff, ci)) = arm.diff.zip(arm.ci95) else { return String::new() };
    match (arm.treated.events, found.holdout.events) {
        (Some(events), Some(held)) => {
            let counts = say::rows(locale, &arm.arm, outcome, (events, arm.treated.n), (held, found.holdout.n));
            say::sentences(locale, &[&counts, &say::difference(locale, diff, ci)])
        }
        _ => {
            let side = |mean: Option<f64>, n: u64| (mean.unwrap_or_default(), n);
            let (a, b) = (side(arm.treated.mean, arm.treated.n), side(found.holdout.mean, found.holdout.n));
            say::mean_difference(locale, a, b, diff, ci)
        }
    }
}

fn rows(found: &FileEffect, locale: Locale) -> Rows {
    let share = found.holdout.events.is_some();
    let number = |v: f64| if share { format!("{:+.2}", v * 100.0) } else { format!("{v:+.3}") };
    let row = |arm: &Compared| {
        let interval = arm.ci95.map(|[low, high]| format!("[{}, {}]", number(low), number(high)));
        vec![
            arm.arm.clone(),
            say::verdict_word(locale, arm.verdict.word()).to_owned(),
            arm.treated.n.to_string(),
            found.holdout.n.to_string(),
            format!("{} {}", arm.diff.map(number).unwrap_or_default(), interval.unwrap_or_default()),
            arm.p_adjusted
                .map(|p| if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") })
                .unwrap_or_default(),
        ]
    };
    Rows {
        header: say::arms_header(locale, share).map(str::to_owned).into(),
        rows: found.arms.iter().map(row).collect(),
    }
}

/// The smallest difference worth finding, if one is asked for.
fn mde(args: &Args, read: impl Fn(&str) -> Result<f64, String>) -> Result<Option<f64>, Failure> {
    let read = |text: &String| read(text).map_err(|why| Failure::usage(format!("--mde {text}: {why}")));
    args.mde.as_ref().map(read).transpose()
}

/// `2%`, `2 %` or `0.02`: a share, more than none and less than all.
fn share(text: &str) -> Result<f64, String> {
    let typed = text.trim();
    let (number, scale) = match typed.strip_suffix(['%', '％']) {
        Some(number) => (number.trim(), 100.0),
        None => (typed, 1.0),
    };
    let value = number.parse::<f64>().map_err(|_| "write a share, e.g. 2% or 0.02".to_owned())?;
    match value / scale {
        share if share > 0.0 && share < 1.0 => Ok(share),
        _ if scale == 1.0 && (1.0..100.0).contains(&value) => {
            Err(format!("this is no share; write {value}% or {}", value / 100.0))
        }
        _ => Err("write a share between 0 and 1, e.g. 2% or 0.02".to_owned()),
    }
}

/// A number in the unit of what is measured.
fn measure_of(text: &str) -> Result<f64, String> {
    let positive = text.trim().parse::<f64>().ok().filter(|value| *value > 0.0 && value.is_finite());
    positive.ok_or_else(|| "the outcomes are measures: write a number above 0 in their unit, e.g. 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_percent_sign() {
        assert_eq!((share("2%"), share("2 ％"), share("0.02")), (Ok(0.02), Ok(0.02), Ok(0.02)));
        assert!(["x", "-1%", "NaN", "0", "100%", "inf"].iter().all(|typed| share(typed).is_err()));
    }

    #[test]
    fn five_is_no_share_and_what_was_meant_is_said() {
        assert!(share("5").unwrap_err().contains("5% or 0.05") && share("10").unwrap_err().contains("10% or 0.1"));
        assert_eq!((measure_of("0.5"), measure_of("5%").is_err()), (Ok(0.5), true));
    }

    #[test]
    fn churn_is_better_lower_and_a_visit_higher() {
        assert!(is_bad("Churned") && is_bad("解約日") && !is_bad("visit"));
    }
}
