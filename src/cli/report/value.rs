//! The value report with its charts.

use super::{
    charts::{GAINED, THERE, bars::Bars, month},
    page::{Extras, Figure},
};
use crate::{
    command::report::value::{title, written},
    insight::value::{Used, ValueReport},
    rulebook::types::Rulebook,
    words::reports::value as say,
};

/// Figures that are drawn.
const DRAWN: usize = 3;

/// What stands beside its text: one chart a figure, where there are months to compare.
pub fn extras(found: &ValueReport, rulebook: &Rulebook) -> Extras {
    let [under, ..] = say::headings(found.locale);
    let drawn = |used: &Used| {
        let title = say::chart(found.locale, title(used, rulebook, found.locale));
        Figure::first(under, &title, bars(found, used, &title))
    };
    let figures = if found.months.len() > 1 { found.used.iter().take(DRAWN).map(drawn).collect() } else { Vec::new() };
    Extras { figures, chain: None }
}

/// The month asked for stands out.
fn bars(found: &ValueReport, used: &Used, title: &str) -> String {
    let last = found.months.len().saturating_sub(1);
    let bar = |(n, first): (usize, &String)| {
        let colour = if n == last { GAINED } else { THERE };
        (month(first), vec![(used.values.get(n).copied().flatten().unwrap_or(0.0), colour)])
    };
    let bars = found.months.iter().enumerate().map(bar).collect();
    Bars { title, bars, legend: Vec::new(), line: None, tick: &written }.svg()
}
