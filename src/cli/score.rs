//! `score backtest`: did the health score foretell who left?

use jiff::tz::TimeZone;

use super::{Cli, Exit, Failure, desk, portfolio};
use crate::{
    app::{past::Past, shell::Shell},
    command::score::{self as answer, Tested, Version},
    insight::score::report::{Seen, report},
    model::{
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::types::Rulebook,
    simulate::{
        heard::Heard,
        score::{self as past_scores, Asked, Observed},
    },
    words::score::{self as say, When},
};

/// Options of `score`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Did the score foretell who left? AUC, lift, churn by band, each component by itself.
    Backtest(BacktestArgs),
}

/// Options of `score backtest`.
#[derive(clap::Args, Debug)]
pub struct BacktestArgs {
    /// The day the score is looked at, with what was known before it (default: the latest day whose churn is known).
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// How long after that day leaving counts.
    #[arg(long, value_name = "DAYS", default_value = "90d")]
    churn_within: String,
    /// Earlier days too, so far apart: 30d; they end where history begins.
    #[arg(long, value_name = "DAYS")]
    every: Option<String>,
    /// Only customers on this scorecard then (default: each on its own).
    #[arg(long, value_name = "NAME")]
    scorecard: Option<String>,
}

/// More moments than this are not looked at.
const MOST_POINTS: usize = 60;
/// Silence before the end of the days looked at that is worth telling.
const SILENT: i64 = 7 * DAY;

/// Looks back; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::Backtest(args) => backtest(cli, args).await,
    }
}

async fn backtest(cli: &Cli, args: &BacktestArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let rulebook = running.shell.rulebook();
    let tested = test(&running.shell, &rulebook, args, cli.locale()).await?;
    if cli.json {
        desk::json(&tested);
    } else {
        desk::print(cli, &answer::reply(&tested, &rulebook, cli.locale()));
    }
    Ok(Exit::Done)
}

async fn test(shell: &Shell, rulebook: &Rulebook, args: &BacktestArgs, locale: Locale) -> Result<Tested, Failure> {
    let (now, zone) = (shell.clock.now(), &rulebook.model.workspace.zone);
    let within = days(&args.churn_within, locale)?;
    let every = args.every.as_ref().map(|text| days(text, locale)).transpose()?;
    let card = scorecard(rulebook, args.scorecard.as_deref(), locale)?;
    let asked_for = args.as_of.as_deref().map(|text| portfolio::moment(text, now, zone, locale)).transpose()?;
    let heard = Heard::by_metrics(rulebook);
    let past = shell.past(|facts| heard.only(facts), now).await?;
    let points = points(&past, asked_for, within, every, now, zone, locale)?;
    let recorded_until = silent(&past, &points, within).map(|at| at.date(zone));
    let asked = Asked { points: points.clone(), within, card };
    let Observed { seen, left_out } = past_scores::observe(past.accounts, &past.ledgers, rulebook, &asked)
        .map_err(|stuck| Failure::refused(stuck.to_string()))?;
    let first = points.first().copied().unwrap_or(now);
    let last = points.last().copied().unwrap_or(now);
    Ok(Tested {
        as_of: last.rfc3339(zone),
        points: points.iter().map(|at| at.rfc3339(zone)).collect(),
        churn_within_days: within,
        scorecards: cards(&seen, rulebook),
        rulebook: Version { number: rulebook.number, hash: rulebook.hash.clone() },
        report: report(&seen, &bands(&seen, rulebook)),
        left_out,
        recorded_until,
        when: When { from: first.date(zone), to: last.date(zone), points: points.len(), days: within },
    })
}

/// The moments, first to last: `asked_for` or the latest day whose churn is known, and earlier ones where asked for.
fn points(
    past: &Past,
    asked_for: Option<Instant>,
    within: i32,
    every: Option<i32>,
    now: Instant,
    zone: &TimeZone,
    locale: Locale,
) -> Result<Vec<Instant>, Failure> {
    let back = |from: Instant, days: i32| Instant::start_of_day(from.day(zone).saturating_sub(days), zone);
    let latest = back(now, within);
    // What is recorded ends sooner where it is an import of some time ago.
    let usual = past.last.map_or(latest, |last| latest.min(back(last.plus(DAY), within)));
    let last = asked_for.unwrap_or(usual);
    if last > latest && last.plus(i64::from(within) * DAY) > now {
        return Err(Failure::usage(say::not_over(locale, within, latest.date(zone))));
    }
    let Some(first) = past.first.filter(|first| *first < last) else {
        return Err(Failure::refused(say::no_history(locale, within)));
    };
    let mut points = vec![last];
    while let Some(every) = every.filter(|_| points.len() < MOST_POINTS) {
        let earlier = back(last, every.saturating_mul(i32::try_from(points.len()).unwrap_or(i32::MAX)));
        if earlier <= first {
            break;
        }
        points.push(earlier);
    }
    points.reverse();
    Ok(points)
}

/// The last recorded moment, where the days looked at go on well after it.
fn silent(past: &Past, points: &[Instant], within: i32) -> Option<Instant> {
    let end = points.last()?.plus(i64::from(within) * DAY);
    past.last.filter(|last| last.plus(SILENT) < end)
}

/// `90d`: a number of days.
fn days(text: &str, locale: Locale) -> Result<i32, Failure> {
    let number = text.trim().trim_end_matches(['d', '日']).parse::<i32>().ok();
    number.filter(|n| (1..=3_650).contains(n)).ok_or_else(|| Failure::usage(say::no_days(locale, text)))
}

fn scorecard(rulebook: &Rulebook, named: Option<&str>, locale: Locale) -> Result<Option<String>, Failure> {
    let cards = &rulebook.model.health;
    if cards.is_empty() {
        return Err(Failure::refused(say::no_health(locale)));
    }
    match named {
        Some(name) if cards.iter().all(|card| card.name != name) => {
            let known: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
            Err(Failure::refused(say::no_scorecard(locale, name, &known.join(", "))))
        }
        named => Ok(named.map(str::to_owned)),
    }
}

/// Scorecards that scored anybody, in the rulebook's order.
fn cards(seen: &[Seen], rulebook: &Rulebook) -> Vec<String> {
    let used = |name: &String| seen.iter().any(|one| one.card == *name);
    rulebook.model.health.iter().map(|card| card.name.clone()).filter(used).collect()
}

/// Their bands, best first.
fn bands(seen: &[Seen], rulebook: &Rulebook) -> Vec<String> {
    let used = cards(seen, rulebook);
    let mut names: Vec<String> = Vec::new();
    for card in rulebook.model.health.iter().filter(|card| used.is_empty() || used.contains(&card.name)) {
        for (name, _) in &card.bands {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}
