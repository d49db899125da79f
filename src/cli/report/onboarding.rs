//! The onboarding report with its charts.

use super::{
    charts::{
        GAINED,
        bars::Bars,
        curve::{Curves, Line},
        funnel::Funnel,
        month,
    },
    page::{Extras, Figure},
};
use crate::{
    command::kpi::figure,
    insight::{onboarding::Onboarding, rate::Unit},
    model::locale::Locale,
    rulebook::{titles::Titled, types::Rulebook},
    words::reports::onboarding as say,
};

/// What stands beside its text.
pub fn extras(found: &Onboarding, rulebook: &Rulebook, locale: Locale) -> Extras {
    let [funnel, _, completion, both, _] = say::headings(locale);
    let [way, by_month, stays] = say::charts(locale);
    let figures = vec![
        Figure::first(funnel, way, self::funnel(found, way, rulebook, locale)),
        Figure::first(completion, by_month, self::by_month(found, by_month, locale)),
        Figure::first(both, stays, curves(found, stays, locale)),
    ];
    Extras { figures, chain: None }
}

fn funnel(found: &Onboarding, title: &str, rulebook: &Rulebook, locale: Locale) -> String {
    let [_, _, moved_on, there, left, _] = say::phase_columns(locale);
    let rows = found.phases.iter().map(|row| {
        let label = rulebook.title(Titled::Phase, &row.phase, locale).to_owned();
        (label, [row.moved_on, row.there, row.left])
    });
    Funnel { title, legend: [moved_on, there, left], rows: rows.collect() }.svg()
}

fn by_month(found: &Onboarding, title: &str, locale: Locale) -> String {
    let months = found.by_month.iter();
    let bars = months.map(|m| (month(&m.first), vec![(m.completion.value.unwrap_or(0.0), GAINED)])).collect();
    let percent = |v: f64| figure(v, Unit::Share, locale);
    Bars { title, bars, legend: Vec::new(), line: found.completion.target, tick: &percent }.svg()
}

/// From the 30th day to the 180th.
fn curves(found: &Onboarding, title: &str, locale: Locale) -> String {
    let Some(staying) = &found.staying else { return String::new() };
    let [done, late] = say::groups(locale, staying.n_done, staying.n_late);
    let line = |name, steps, until| Line { name, steps, until };
    let curves = [line(&done, &staying.done, staying.until.0), line(&late, &staying.late, staying.until.1)];
    Curves { title, curves, days: (30.0, 180.0), from: 1.0, span: (0.0, 1.0), below: None }.svg()
}
