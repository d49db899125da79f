//! `score backtest`: the answer in a sentence first, then what it rests on, then what to do next.

use jiff::civil::Date;
use serde::Serialize;

use super::reply::{Part, Reply, Table};
use crate::{
    insight::score::report::{Band, Component, FEWEST, LeftOut, Report, Verdict},
    model::locale::Locale,
    rulebook::{titles::Titled, types::Rulebook},
    words::{
        band as band_word,
        effect::percent,
        score::{self as say, Left, When},
    },
};

/// With fewer customers than this, or fewer that left than [`SMALL_CHURN`], the answer says that it rests on few.
pub(super) const SMALL: u64 = 100;
/// See [`SMALL`].
pub(super) const SMALL_CHURN: u64 = 20;

/// A test of the score, as `--json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// The (last) moment looked at, RFC 3339.
    pub as_of: String,
    /// Every moment looked at, first to last.
    pub points: Vec<String>,
    /// Days after each within which leaving counts.
    pub churn_within_days: i32,
    /// Scorecards that scored anybody then.
    pub scorecards: Vec<String>,
    /// The rulebook tested: today's, on past data.
    pub rulebook: Version,
    /// The figures.
    #[serde(flatten)]
    pub report: Report,
    /// Accounts in no figure, counted once a moment.
    pub left_out: LeftOut,
    /// Last day on which anything is recorded, where that is before the end of the days looked at.
    pub recorded_until: Option<Date>,
    /// The same moments as local days.
    #[serde(skip)]
    pub when: When,
}

/// A version of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its number.
    pub number: i64,
    /// Its content hash.
    pub hash: String,
}

/// For people.
pub fn reply(tested: &Tested, rulebook: &Rulebook, locale: Locale) -> Reply {
    let report = &tested.report;
    let title = |what: Titled, name: &str| rulebook.title(what, name, locale).to_owned();
    let cards: Vec<String> = tested.scorecards.iter().map(|card| title(Titled::Scorecard, card)).collect();
    let between = if locale == Locale::Ja { "、" } else { ", " };
    let mut reply = Reply::new(locale, verdict(tested, locale))
        .line(say::tested(locale, &cards.join(between), tested.rulebook.number))
        .line(say::figures(locale, counts(report), report.auc, report.top_decile_lift));
    if tested.when.points > 1 {
        reply = reply.line(say::several(locale, tested.when.points));
    }
    if report.n > 0 {
        reply = reply.with(Part::Table(bands(report, say::band_header(locale), locale)));
    }
    if let Some(trend) = report.band_trend {
        reply = reply.line(say::trend(locale, trend.z, trend.p));
    }
    if report.undetermined.n > 0 {
        reply = reply.line(say::undetermined(locale, left(&report.undetermined)));
    }
    if let Some(worst) = report.by_band.last().filter(|_| report.churned > 0) {
        let lead = report.lead_time;
        let band = band_word(locale, &worst.band);
        reply = reply.line(say::lead(locale, lead.median_days, lead.warned, lead.unwarned, band));
    }
    if !report.components.is_empty() {
        let header = say::component_header(locale).map(str::to_owned).into();
        let rows = report.components.iter().map(|c| component(c, title(Titled::Component, &c.name), locale)).collect();
        reply = reply.with(Part::Table(Table { header, rows }));
    }
    reply = calibrated(reply, report, locale);
    reply = closing(reply, tested, locale);
    reply.line(next(tested, rulebook, locale))
}

fn verdict(tested: &Tested, locale: Locale) -> String {
    let (report, when) = (&tested.report, tested.when);
    let ci = report.auc_ci95.unwrap_or([0.0, 1.0]);
    match report.verdict {
        Verdict::Predicts => {
            let named = |band: &'_ Band| (band_word(locale, &band.band), left(band));
            let ends = report.by_band.last().zip(report.by_band.first());
            let both = ends.filter(|(worst, best)| worst.n > 0 && best.n > 0);
            let turned = both.is_some_and(|(worst, best)| worst.rate <= best.rate);
            match both.map(|(worst, best)| [named(worst), named(best)]) {
                Some(bands) if turned => say::ranks_only(locale, when, bands, ci),
                bands => say::predicts(locale, when, bands, ci),
            }
        }
        Verdict::DoesNotPredict => say::does_not_predict(locale, when, ci),
        Verdict::WrongWay => say::wrong_way(locale, when, ci),
        Verdict::NotEnoughData => say::not_enough(locale, when, counts(report), FEWEST),
    }
}

pub(super) fn counts(report: &Report) -> Left {
    Left { n: report.churned, of: report.n }
}

pub(super) fn left(band: &Band) -> Left {
    Left { n: band.churned, of: band.n }
}

pub(super) fn bands(report: &Report, header: [&str; 5], locale: Locale) -> Table {
    let row = |band: &Band| {
        vec![
            band_word(locale, &band.band).to_owned(),
            band.n.to_string(),
            band.churned.to_string(),
            band.rate.map_or_else(|| "–".to_owned(), percent),
            band.ci95.map_or_else(String::new, |[low, high]| format!("{}–{}", points(low), percent(high))),
        ]
    };
    Table { header: header.map(str::to_owned).into(), rows: report.by_band.iter().map(row).collect() }
}

fn points(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

pub(super) fn component(one: &Component, title: String, locale: Locale) -> Vec<String> {
    vec![
        title,
        one.auc.map_or_else(|| "–".to_owned(), |auc| format!("{auc:.3}")),
        one.auc_ci95.filter(|_| !one.constant).map_or_else(String::new, |[low, high]| format!("{low:.2}–{high:.2}")),
        one.n.to_string(),
        say::component_verdict(locale, if one.constant { "constant" } else { word(one.verdict) }).to_owned(),
    ]
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Predicts => "predicts",
        Verdict::DoesNotPredict => "does_not_predict",
        Verdict::WrongWay => "wrong_way",
        Verdict::NotEnoughData => "not_enough_data",
    }
}

fn calibrated(reply: Reply, report: &Report, locale: Locale) -> Reply {
    let told = report.calibration.as_ref().filter(|_| report.verdict == Verdict::Predicts);
    let Some(found) = told else { return reply };
    let number = |n: f64| format!("{:.1}", n).trim_end_matches(".0").to_owned();
    let rows = found
        .groups
        .iter()
        .map(|group| {
            let span = match group.from == group.to {
                true => number(group.from),
                false => format!("{}–{}", number(group.from), number(group.to)),
            };
            let (n, churned) = (group.n.to_string(), group.churned.to_string());
            vec![span, n, churned, percent(group.rate), percent(group.expected)]
        })
        .collect();
    let header = say::calibration_header(locale).map(str::to_owned).into();
    reply
        .with(Part::Heading(say::calibration(locale).to_owned()))
        .with(Part::Table(Table { header, rows }))
        .line(say::brier(locale, found.brier, found.brier_base))
}

/// What limits the answer.
fn closing(mut reply: Reply, tested: &Tested, locale: Locale) -> Reply {
    let report = &tested.report;
    let LeftOut { internal, gone, not_yet, no_contract, no_score, other_scorecard } = tested.left_out;
    let out = say::Out { internal, gone, not_yet, no_contract, no_score, other: other_scorecard };
    if let Some(line) = say::left_out(locale, out) {
        reply = reply.line(line);
    }
    if report.verdict != Verdict::NotEnoughData && (report.n < SMALL || report.churned < SMALL_CHURN) {
        reply = reply.line(say::small(locale, counts(report)));
    }
    match tested.recorded_until {
        Some(day) => reply.line(say::silent(locale, day)),
        None => reply,
    }
}

fn next(tested: &Tested, rulebook: &Rulebook, locale: Locale) -> String {
    let report = &tested.report;
    let named = |which: &dyn Fn(&&Component) -> bool| -> Vec<String> {
        let found = report.components.iter().filter(which);
        found.map(|c| rulebook.title(Titled::Component, &c.name, locale).to_owned()).collect()
    };
    match report.verdict {
        Verdict::Predicts => say::next_works(locale, &named(&|c| c.verdict != Verdict::Predicts)),
        Verdict::DoesNotPredict => say::next_fails(locale, &named(&|c| c.verdict == Verdict::Predicts)),
        Verdict::WrongWay => say::next_turn(locale, &named(&|c| c.verdict == Verdict::WrongWay)),
        Verdict::NotEnoughData => say::next_wait(locale, tested.when.days.saturating_mul(2)),
    }
}
