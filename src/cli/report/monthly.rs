//! The month's report with its charts.

use super::{
    charts::{AT_RISK, GAINED, UNKNOWN, WATCH, bars::Bars, heat::Heat, month, waterfall::Waterfall},
    page::{Extras, Figure},
};
use crate::{
    command::report::monthly::steps,
    insight::{cohort::Cohorts, monthly::Monthly, rate::Unit},
    model::{
        locale::Locale,
        money::{Currency, Money},
    },
    words::{
        self,
        reports::monthly as say,
        terms::{Term, term},
    },
};

/// What stands beside its text.
pub fn extras(found: &Monthly, locale: Locale) -> Extras {
    let [_, revenue, stays, health, ..] = say::headings(locale);
    let [fall, heat, bands] = say::charts(locale);
    let figures = vec![
        Figure::first(revenue, fall, waterfall(found, fall, locale)),
        Figure::first(stays, heat, cohorts(&found.cohorts, heat)),
        Figure::first(health, bands, self::health(found, bands, locale)),
    ];
    Extras { figures, chain: None }
}

fn waterfall(found: &Monthly, title: &str, locale: Locale) -> String {
    let (Some(moved), Unit::Money(currency)) = (found.this.mrr_movements, found.unit()) else { return String::new() };
    let step =
        |(name, minor): (&str, i64)| (term(locale, Term::Movement, name).to_owned(), minor as f64 / currency.scale());
    let tick = |value: f64| short(value, currency);
    Waterfall { title, steps: steps(&moved).into_iter().map(step).collect(), tick: &tick }.svg()
}

/// An amount short enough for an axis: thousands and millions.
fn short(value: f64, currency: Currency) -> String {
    let whole = Money::from_major(value.round(), currency).to_string();
    whole.strip_suffix(".00").map_or_else(|| whole.clone(), str::to_owned)
}

fn cohorts(found: &Cohorts, title: &str) -> String {
    let row = |row: &crate::insight::cohort::Cohort| {
        let label = format!("{} (n={})", month(&row.first), row.n);
        (label, row.there.iter().map(|of| of.map(|of| of as f64 / row.n.max(1) as f64)).collect())
    };
    Heat { title, rows: found.rows.iter().map(row).collect() }.svg()
}

fn health(found: &Monthly, title: &str, locale: Locale) -> String {
    let bar = |bands: &crate::insight::monthly::bands::Bands| {
        let parts = [(bands.green, GAINED), (bands.yellow, WATCH), (bands.red, AT_RISK), (bands.unknown, UNKNOWN)];
        (month(&bands.day), parts.map(|(n, colour)| (n as f64, colour)).to_vec())
    };
    let bars = found.health.iter().map(bar).collect();
    let tick = |value: f64| format!("{value:.0}");
    let names = [("green", GAINED), ("yellow", WATCH), ("red", AT_RISK), ("unknown", UNKNOWN)];
    let legend = names.map(|(band, colour)| (colour, words::band(locale, band))).to_vec();
    Bars { title, bars, legend, line: None, tick: &tick }.svg()
}
