//! `score backtest --score expansion`: did readiness foretell who grew? The same figures as of health, with growth of the
//! monthly revenue in the place of churn.

use serde_json::{Map, Value as Json};

use super::{
    reply::{Part, Reply, Table},
    score::{SMALL, SMALL_CHURN, Tested, bands, component, counts, left},
};
use crate::{
    insight::score::report::{Component, FEWEST, LeftOut, Verdict},
    model::locale::Locale,
    rulebook::{titles::Titled, types::Rulebook},
    words::{band as band_word, score as say, score_growth as growth},
};

/// What `--json` calls otherwise than for health.
const NAMES: [(&str, &str); 4] = [
    ("held_out_churned", "held_out_expanded"),
    ("churned", "expanded"),
    ("churn_within_days", "expanded_within_days"),
    ("worst_band_recall", "ready_band_recall"),
];

/// The same of a suggestion.
pub fn called(found: &impl serde::Serialize) -> Json {
    renamed(serde_json::to_value(found).unwrap_or_default())
}

/// For programs: what is called by churn in a test of health is called by growth here.
pub fn json(tested: &Tested) -> Json {
    called(tested)
}

fn renamed(json: Json) -> Json {
    let name = |key: String| NAMES.iter().find(|(old, _)| *old == key).map_or(key, |(_, new)| (*new).to_owned());
    match json {
        Json::Object(map) => Json::Object(map.into_iter().map(|(k, v)| (name(k), renamed(v))).collect::<Map<_, _>>()),
        Json::Array(items) => items.into_iter().map(renamed).collect(),
        other => other,
    }
}

/// For people.
pub fn reply(tested: &Tested, rulebook: &Rulebook, locale: Locale) -> Reply {
    let report = &tested.report;
    let title = |what: Titled, name: &str| rulebook.title(what, name, locale).to_owned();
    let cards: Vec<String> = tested.scorecards.iter().map(|card| title(Titled::Scorecard, card)).collect();
    let between = if locale == Locale::Ja { "、" } else { ", " };
    let mut reply = Reply::new(locale, verdict(tested, locale))
        .line(say::tested(locale, &cards.join(between), tested.rulebook.number))
        .line(growth::figures(locale, counts(report), report.auc, report.top_decile_lift));
    if tested.when.points > 1 {
        reply = reply.line(say::several(locale, tested.when.points));
    }
    if report.n > 0 {
        reply = reply.with(Part::Table(bands(report, growth::band_header(locale), locale)));
    }
    if let Some(trend) = report.band_trend {
        reply = reply.line(growth::trend(locale, trend.z, trend.p));
    }
    if report.undetermined.n > 0 {
        reply = reply.line(growth::undetermined(locale, left(&report.undetermined)));
    }
    if let Some(ready) = report.by_band.last().filter(|_| report.churned > 0) {
        let lead = report.lead_time;
        let band = band_word(locale, &ready.band);
        reply = reply.line(growth::lead(locale, lead.median_days, lead.warned, lead.unwarned, band));
    }
    if !report.components.is_empty() {
        let header = say::component_header(locale).map(str::to_owned).into();
        let rows = report.components.iter().map(|c| component(c, title(Titled::Component, &c.name), locale)).collect();
        reply = reply.with(Part::Table(Table { header, rows }));
    }
    closing(reply, tested, locale).line(next(tested, rulebook, locale))
}

fn verdict(tested: &Tested, locale: Locale) -> String {
    let (report, when) = (&tested.report, tested.when);
    let ci = report.auc_ci95.unwrap_or([0.0, 1.0]);
    match report.verdict {
        Verdict::Predicts => {
            let ends = report.by_band.last().zip(report.by_band.first());
            let both = ends.filter(|(ready, not_yet)| ready.n > 0 && not_yet.n > 0);
            let turned = both.is_some_and(|(ready, not_yet)| ready.rate <= not_yet.rate);
            match both.map(|(a, b)| [a, b].map(|band| (band_word(locale, &band.band), left(band)))) {
                Some(shares) if turned => growth::ranks_only(locale, when, shares, ci),
                shares => growth::predicts(locale, when, shares, ci),
            }
        }
        Verdict::DoesNotPredict => growth::does_not_predict(locale, when, ci),
        Verdict::WrongWay => growth::wrong_way(locale, when, ci),
        Verdict::NotEnoughData => growth::not_enough(locale, when, counts(report), FEWEST),
    }
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
        reply = reply.line(growth::small(locale, counts(report)));
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
        // What was known of nobody, or of too few, has not failed.
        Verdict::Predicts => growth::next_works(
            locale,
            &named(&|c| !c.constant && matches!(c.verdict, Verdict::DoesNotPredict | Verdict::WrongWay)),
        ),
        Verdict::DoesNotPredict => growth::next_fails(locale, &named(&|c| c.verdict == Verdict::Predicts)),
        Verdict::WrongWay => say::next_turn(locale, &named(&|c| c.verdict == Verdict::WrongWay)),
        Verdict::NotEnoughData => growth::next_wait(locale, tested.when.days.saturating_mul(2)),
    }
}
