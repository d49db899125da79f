//! `score backtest`: did the health score foretell who left, or readiness who grew? `score suggest`: which weights would have?

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::{Cli, Exit, Failure, desk, portfolio};
use crate::{
    app::{past::Past, shell::Shell},
    command::{
        score::{self as answer, Tested, Version},
        score_growth as growth,
        score_suggest::{self as offers, Offered},
    },
    engine::holdout,
    insight::score::{
        report::{Seen, report},
        suggest::{self as offer, Form, Refused, split},
    },
    model::{
        ids::AccountId,
        instant::{DAY, Instant},
        locale::Locale,
        run::Arm,
        score::ScoreKind,
    },
    rulebook::{
        expr::Program,
        load::programs,
        playbook::{Playbook, Start, Subject},
        types::{Rulebook, Scorecard},
    },
    simulate::{
        heard::Heard,
        score::{self as past_scores, Asked, Observed},
    },
    words::{
        expansion,
        score::{self as say, When},
    },
};

/// Options of `score`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Did the score foretell who left (or, of `expansion`, who grew)? AUC, lift, shares by band, each component by itself.
    Backtest(BacktestArgs),
    /// Weights that your past would give the components, judged on a later period; changes nothing.
    Suggest(SuggestArgs),
}

/// Options of `score backtest`.
#[derive(clap::Args, Debug)]
pub struct BacktestArgs {
    /// Which score: `expansion` is held against growth of the monthly revenue instead of churn.
    #[arg(long, value_enum, default_value = "health")]
    score: Of,
    /// The day the score is looked at, with what was known before it (default: the latest day whose churn is known).
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// How long after that day leaving (or growing) counts.
    #[arg(long, value_name = "DAYS", default_value = "90d", visible_alias = "within")]
    churn_within: String,
    /// Earlier days too, so far apart: 30d; they end where history begins.
    #[arg(long, value_name = "DAYS")]
    every: Option<String>,
    /// Only customers on this scorecard then (default: each on its own).
    #[arg(long, value_name = "NAME")]
    scorecard: Option<String>,
}

/// A score of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// `health:`.
    Health,
    /// `expansion:`.
    Expansion,
}

impl Of {
    fn kind(self) -> ScoreKind {
        match self {
            Of::Health => ScoreKind::Health,
            Of::Expansion => ScoreKind::Expansion,
        }
    }
}

/// Options of `score suggest`.
#[derive(clap::Args, Debug)]
pub struct SuggestArgs {
    /// Which score: `expansion` is fitted to growth of the monthly revenue instead of churn.
    #[arg(long, value_enum, default_value = "health")]
    score: Of,
    /// How long after each day looked at leaving (or growing) counts.
    #[arg(long, value_name = "DAYS", default_value = "90d", visible_alias = "within")]
    churn_within: String,
    /// How far apart those days are.
    #[arg(long, value_name = "DAYS", default_value = "30d")]
    every: String,
    /// The scorecard (default: the one most customers are on).
    #[arg(long, value_name = "NAME")]
    scorecard: Option<String>,
}

/// More moments than this are not looked at.
const MOST_POINTS: usize = 60;
/// Silence before the end of the days looked at that is worth telling.
const SILENT: i64 = 7 * DAY;
/// A scorecard of at most so many points is small.
const SMALL_CARD: f64 = 20.0;

/// Looks back; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::Backtest(args) => backtest(cli, args).await,
        What::Suggest(args) => suggest(cli, args).await,
    }
}

async fn backtest(cli: &Cli, args: &BacktestArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let rulebook = running.shell.rulebook();
    let tested = test(&running.shell, &rulebook, args, cli.locale()).await?;
    match (cli.json, args.score) {
        (true, Of::Health) => desk::json(&tested),
        (true, Of::Expansion) => desk::json(&growth::json(&tested)),
        (false, Of::Health) => desk::print(cli, &answer::reply(&tested, &rulebook, cli.locale())),
        (false, Of::Expansion) => desk::print(cli, &growth::reply(&tested, &rulebook, cli.locale())),
    }
    Ok(Exit::Done)
}

async fn test(shell: &Shell, rulebook: &Rulebook, args: &BacktestArgs, locale: Locale) -> Result<Tested, Failure> {
    let (now, zone) = (shell.clock.now(), &rulebook.model.workspace.zone);
    let within = days(&args.churn_within, locale)?;
    let every = args.every.as_ref().map(|text| days(text, locale)).transpose()?;
    let kind = args.score.kind();
    let card = scorecard(rulebook, kind, args.scorecard.as_deref(), locale)?;
    let asked_for = args.as_of.as_deref().map(|text| portfolio::moment(text, now, zone, locale)).transpose()?;
    let heard = Heard::by_metrics(rulebook);
    let past = shell.past(|facts| heard.only(facts), |fact| heard.listens_to(fact), now).await?;
    let points = points(&past, asked_for, within, every, now, zone, locale)?;
    let recorded_until = silent(&past, &points, within).map(|at| at.date(zone));
    let asked = Asked { points: points.clone(), within, kind, card };
    let Observed { seen, left_out } = past_scores::observe(past.accounts, &past.ledgers, rulebook, &asked)
        .map_err(|stuck| Failure::refused(stuck.to_string()))?;
    let first = points.first().copied().unwrap_or(now);
    let last = points.last().copied().unwrap_or(now);
    Ok(Tested {
        as_of: last.rfc3339(zone),
        points: points.iter().map(|at| at.rfc3339(zone)).collect(),
        churn_within_days: within,
        scorecards: cards(&seen, rulebook, kind),
        rulebook: Version { number: rulebook.number, hash: rulebook.hash.clone() },
        report: report(&seen, &bands(kind), kind),
        left_out,
        recorded_until,
        when: When { from: first.date(zone), to: last.date(zone), points: points.len(), days: within },
    })
}

async fn suggest(cli: &Cli, args: &SuggestArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let rulebook = running.shell.rulebook();
    let offered = offered(&running.shell, &rulebook, args, cli.locale()).await?;
    match (cli.json, args.score) {
        (true, Of::Health) => desk::json(&offered),
        (true, Of::Expansion) => desk::json(&growth::called(&offered)),
        (false, of) => desk::print(cli, &offers::reply(&offered, &rulebook, of.kind(), cli.locale())),
    }
    Ok(Exit::Done)
}

async fn offered(shell: &Shell, rulebook: &Rulebook, args: &SuggestArgs, locale: Locale) -> Result<Offered, Failure> {
    let (now, zone) = (shell.clock.now(), &rulebook.model.workspace.zone);
    let (within, every) = (days(&args.churn_within, locale)?, days(&args.every, locale)?);
    let kind = args.score.kind();
    let named = scorecard(rulebook, kind, args.scorecard.as_deref(), locale)?;
    let heard = Heard::by_metrics(rulebook);
    let past = shell.past(|facts| heard.only(facts), |fact| heard.listens_to(fact), now).await?;
    let points = points(&past, None, within, Some(every), now, zone, locale)?;
    let refuse = |why: Refused| Failure::refused(offers::refused(why, kind, within, locale));
    let mut keys: BTreeMap<AccountId, String> = past.accounts.iter().map(|(id, key, _)| (*id, key.clone())).collect();
    // Draws go on with the key they were made with.
    keys.extend(past.drawn);
    let asked = Asked { points, within, kind, card: named };
    let seen = past_scores::observe(past.accounts, &past.ledgers, rulebook, &asked)
        .map_err(|stuck| Failure::refused(stuck.to_string()))?
        .seen;
    let card = most_used(&seen, rulebook, kind).ok_or_else(|| refuse(Refused::TooShort))?;
    let own: Vec<Seen> = seen.into_iter().filter(|one| one.card == card.name).collect();
    let (early, late) = split(own, within).ok_or_else(|| refuse(Refused::TooShort))?;
    let acting: Vec<&Playbook> =
        rulebook.playbooks.iter().filter(|playbook| acts_on_score(playbook, rulebook, kind)).collect();
    let held_out = |one: &Seen| {
        let key = keys.get(&one.account).map_or("", String::as_str);
        acting.iter().all(|playbook| holdout::arm(rulebook, playbook, key) == Arm::Holdout)
    };
    let untouched: Vec<Seen> = early.iter().filter(|one| held_out(one)).cloned().collect();
    let form = Form { missing: card.missing, unit: unit(card, early.first().map_or(0.0, |one| one.best)), kind };
    let alone = if acting.is_empty() { None } else { offer::suggest(&untouched, &late, form).ok() };
    let held_out_only = alone.is_some();
    let suggestion = alone.map_or_else(|| offer::suggest(&early, &late, form), Ok).map_err(refuse)?;
    let lost = untouched.iter().filter(|one| one.left.is_some()).map(|one| one.account);
    Ok(Offered {
        scorecard: card.name.clone(),
        churn_within_days: within,
        rulebook: Version { number: rulebook.number, hash: rulebook.hash.clone() },
        diff: offers::diff(card, &suggestion),
        suggestion,
        held_out_churned: if acting.is_empty() { 0 } else { lost.collect::<BTreeSet<_>>().len() as u64 },
        acting_playbooks: acting.iter().map(|playbook| playbook.name.clone()).collect(),
        held_out_only,
    })
}

/// The scorecard that most rows are on.
fn most_used<'r>(seen: &[Seen], rulebook: &'r Rulebook, kind: ScoreKind) -> Option<&'r Scorecard> {
    let rows = |card: &&Scorecard| seen.iter().filter(|one| one.card == card.name).count();
    rulebook.model.scorecards(kind).iter().rev().max_by_key(rows).filter(|card| rows(card) > 0)
}

/// It starts, ends or branches by the score, or by a segment that does.
fn acts_on_score(playbook: &Playbook, rulebook: &Rulebook, kind: ScoreKind) -> bool {
    let of_score = |name: &str| name.starts_with(prefix(kind));
    let by_score = |program: &Program| program.names().iter().any(|name| of_score(name));
    let segments: BTreeSet<String> =
        rulebook.model.segments.iter().filter(|s| by_score(&s.when)).map(|s| format!("segment.{}", s.name)).collect();
    let on_change = matches!(&playbook.start, Start::On { event, .. } if of_score(event));
    let reads =
        |program: &&Program| by_score(program) || program.names().iter().any(|name| segments.contains(name.as_str()));
    playbook.subject != Subject::Workspace && (on_change || programs(playbook).iter().any(reads))
}

/// How names of a score begin in conditions and events.
fn prefix(kind: ScoreKind) -> &'static str {
    match kind {
        ScoreKind::Health => "health.",
        ScoreKind::Expansion => "expansion.",
    }
}

/// Weights in whole numbers; points of a small scorecard in halves.
fn unit(card: &Scorecard, best: f64) -> f64 {
    if !card.weighted && best <= SMALL_CARD { 0.5 } else { 1.0 }
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
        return Err(Failure::refused(match past.first.filter(|_| asked_for.is_some()) {
            Some(first) => say::no_past(locale, first.date(zone)),
            None => say::no_history(locale, within),
        }));
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

fn scorecard(
    rulebook: &Rulebook,
    kind: ScoreKind,
    named: Option<&str>,
    locale: Locale,
) -> Result<Option<String>, Failure> {
    let cards = rulebook.model.scorecards(kind);
    if cards.is_empty() {
        return Err(Failure::refused(match kind {
            ScoreKind::Health => say::no_health(locale),
            ScoreKind::Expansion => expansion::no_scorecard(locale).to_owned(),
        }));
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
fn cards(seen: &[Seen], rulebook: &Rulebook, kind: ScoreKind) -> Vec<String> {
    let used = |name: &String| seen.iter().any(|one| one.card == *name);
    rulebook.model.scorecards(kind).iter().map(|card| card.name.clone()).filter(used).collect()
}

/// Their bands: the one in which least is to happen first.
fn bands(kind: ScoreKind) -> Vec<String> {
    let mut names = kind.bands().map(str::to_owned).to_vec();
    if kind == ScoreKind::Expansion {
        names.reverse();
    }
    names
}
