//! The report for those who decide, with its charts and the chain from the result to the work.

use super::{
    charts::{GAINED, LOST, bars::Bars, month},
    page::{Column, Extras, Figure},
};
use crate::{
    app::executive::Page,
    command::{
        kpi::{figure, named},
        report::{about, major},
    },
    insight::{
        executive::{Executive, Month},
        rate::Unit,
    },
    model::locale::Locale,
    rulebook::types::Rulebook,
    words::{
        report as say,
        terms::{Term, term},
    },
};

/// KPIs of the chain, the leading ones.
const LEADING: [&str; 4] = ["onboarding_completion", "ttfv_median_days", "active_user_rate", "health_green_share"];

/// What stands beside its text.
pub fn extras(page: &Page, rulebook: &Rulebook, locale: Locale) -> Extras {
    let [problem, solution, ..] = say::headings(locale);
    let figure =
        |(title, svg): (&str, String)| Figure { under: problem.to_owned(), first: false, title: title.to_owned(), svg };
    let columns = say::chain(locale).into_iter().zip(chain(page, rulebook, locale));
    let columns = columns.map(|(title, rows)| Column { title: title.to_owned(), rows }).collect();
    Extras {
        figures: charts(&page.executive, locale).into_iter().map(figure).collect(),
        chain: Some((solution.to_owned(), columns)),
    }
}

fn charts(found: &Executive, locale: Locale) -> Vec<(&'static str, String)> {
    let [churn, moved, per_account] = say::charts(locale);
    let share = |month: &Month| month.lost as f64 / month.opening.max(1) as f64;
    let months = found.months.iter();
    let by_month: Vec<_> =
        months.clone().filter(|m| m.recorded).map(|m| (month(&m.first), vec![(share(m), LOST)])).collect();
    // One bar is no course.
    let drawn = by_month.len() > 1;
    let percent = |v: f64| figure(v, Unit::Share, locale);
    let lost = Bars { title: churn, bars: by_month, legend: Vec::new(), line: found.churn.target, tick: &percent };
    let scale = if let Unit::Money(currency) = found.unit() { currency.scale() } else { 1.0 };
    let parts = |m: &Month| {
        let v = |minor: i64| minor as f64 / scale;
        let moved = &m.movements;
        vec![(v(moved.new + moved.expansion + moved.reactivation), GAINED), (v(moved.churn + moved.contraction), LOST)]
    };
    let by_month = months.clone().map(|m| (month(&m.first), parts(m))).collect();
    let amount = |v: f64| major(found, v);
    let movements = Bars { title: moved, bars: by_month, legend: Vec::new(), line: None, tick: &amount };
    let by_month = months.filter_map(|m| Some((month(&m.first), vec![(m.arpa?, GAINED)]))).collect();
    let arpa = Bars {
        title: per_account,
        bars: by_month,
        legend: Vec::new(),
        line: found.arpa_trend.map(|trend| trend.then),
        tick: &amount,
    };
    let lost = drawn.then(|| (churn, lost.svg()));
    lost.into_iter().chain([(moved, movements.svg()), (per_account, arpa.svg())]).collect()
}

/// The result, what leads to it, what we do: each with its figure.
fn chain(page: &Page, rulebook: &Rulebook, locale: Locale) -> [Vec<(String, String)>; 3] {
    let found = &page.executive;
    let churn = found.churn.value.map(|v| (named(rulebook, locale, "logo_churn"), figure(v, Unit::Share, locale)));
    let arpa = found.arpa.map(|v| (named(rulebook, locale, "arpa"), major(found, v)));
    let ltv = found.what_if.map(|w| (say::ltv(locale).to_owned(), about(found, w.ltv[0])));
    let leading = LEADING.iter().filter_map(|name| {
        let rate = page.last_month.kpis.get(*name)?;
        Some((named(rulebook, locale, name), figure(rate.value?, rate.unit, locale)))
    });
    let done = page.last_month.kais.iter().filter(|(_, n)| **n > 0);
    let done = done.map(|(name, n)| (term(locale, Term::Kai, name).to_owned(), n.to_string()));
    [ltv.into_iter().chain(churn).chain(arpa).collect(), leading.collect(), done.collect()]
}
