//! `accounts`: a list, filtered by a condition.

use serde_json::json;

use super::{Cli, Exit, Failure, desk};
use crate::{
    command::{
        lists,
        reply::{Part, Reply, Table},
    },
    model::{diagnostic::Place, instant::date_of, locale::Locale},
    rulebook::{
        expr::{Program, Want},
        types::Rulebook,
    },
    words::{Word, refusal, say, sentence},
};

/// Options of `accounts`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A condition, e.g. `health.band == "red" && account.mrr > 50000`.
    #[arg(long = "where")]
    filter: Option<String>,
    /// key, name, score, expansion, mrr or renewal.
    #[arg(long, default_value = "key")]
    sort: String,
    /// At most so many.
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
}

/// A condition typed after `--where`. Errors: its faults, with their column.
pub fn condition(text: &str, rulebook: &Rulebook, locale: Locale) -> Result<Program, Failure> {
    let place = Place { file: "--where".into(), line: 1, column: 1 };
    Program::compile(text, &place, &rulebook.schema, Want::Condition)
        .map_err(|findings| Failure { exit: Exit::Usage, ..Failure::findings(refusal::no_condition(locale), findings) })
}

/// Prints the list.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let shell = &running.shell;
    let rulebook = shell.rulebook();
    let filter = args.filter.as_deref().map(|text| condition(text, &rulebook, cli.locale())).transpose()?;
    let mut views = shell.views(filter.as_ref(), shell.clock.now()).await?;
    let number = |v: &crate::insight::view::AccountView| match args.sort.as_str() {
        "score" => v.score().unwrap_or(f64::INFINITY),
        "expansion" => -v.number("expansion.score").unwrap_or(f64::NEG_INFINITY),
        "mrr" => -v.mrr().map_or(0.0, |m| m.major()),
        "renewal" => v.day("account.renewal_date").map_or(f64::INFINITY, f64::from),
        _ => 0.0,
    };
    match args.sort.as_str() {
        "key" => views.sort_by(|a, b| a.key.cmp(&b.key)),
        "name" => views.sort_by_key(|v| v.name()),
        "score" | "expansion" | "mrr" | "renewal" => {
            views.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.key.cmp(&b.key)))
        }
        other => return Err(Failure::usage(refusal::no_order(cli.locale(), other))),
    }
    let total = views.len();
    views.truncate(args.limit);
    if cli.json {
        let rows: Vec<_> = views.iter().map(|v| json!({"key": v.key, "name": v.name(), "band": v.band(), "score": v.score(), "expansion": v.readiness_band().map(|band| json!({"band": band, "score": v.number("expansion.score")})),
            "phase": v.text("phase"), "mrr": v.mrr(), "renewal_date": v.day("account.renewal_date").map(|d| date_of(d).to_string())})).collect();
        desk::json(&rows);
        return Ok(Exit::Done);
    }
    let locale = cli.locale();
    let header = [Word::Account, Word::Name, Word::Band, Word::Score, Word::Phase, Word::Mrr, Word::NextDate];
    let table = Table {
        header: header.iter().map(|w| say(locale, *w).to_owned()).collect(),
        rows: views.iter().map(|v| lists::account_line(v, &rulebook, locale)).collect(),
    };
    desk::print(
        cli,
        &Reply::new(locale, sentence::accounts_title(locale, views.len(), total)).with(Part::Table(table)),
    );
    Ok(Exit::Done)
}
