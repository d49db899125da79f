//! The page of one playbook with its charts.

use super::{
    charts::{
        curve::{Below, Curves, Line},
        funnel::Funnel,
    },
    page::{Extras, Figure},
};
use crate::{
    app::effects::Pictured,
    command::report::effect::stage,
    insight::effect::{
        curves::{Curve, Curves as Both},
        funnel::Row,
    },
    model::locale::Locale,
    rulebook::types::Rulebook,
    words::reports::effect as say,
};

/// Characters of a label that fit beside the funnel, wide ones counted twice.
const LABEL: usize = 24;

/// What stands beside its text.
pub fn extras(found: &Pictured, rulebook: &Rulebook, locale: Locale) -> Extras {
    let leaving = found.is_leaving();
    let [days, steps, ..] = say::headings(locale, leaving);
    let (from, to) = span(&found.curves, leaving);
    let part = if to - from < 1.0 { say::part_of_scale(locale, from, to) } else { String::new() };
    let (shown, way) = (&format!("{}{part}", say::curves(locale, leaving)), say::funnel(locale));
    let figures = vec![
        Figure::first(days, shown, curves(found, shown, leaving, locale)),
        Figure::first(steps, way, funnel(found, way, rulebook, locale)),
    ];
    Extras { figures, chain: None }
}

fn curves(found: &Pictured, title: &str, leaving: bool, locale: Locale) -> String {
    let (effect, curves) = (&found.found.effect, &found.curves);
    let [treated, holdout] = say::groups(locale, effect.treated.assigned, effect.holdout.assigned);
    let drawn = |curve: &Curve| -> Vec<(f64, f64)> {
        curve.steps.iter().map(|(day, share)| (*day, if leaving { *share } else { 1.0 - share })).collect()
    };
    let (a, b) = (drawn(&curves.treated), drawn(&curves.holdout));
    let name = |name, n: u64| if n == 0 { "" } else { name };
    let line = |name, steps, curve: &Curve| Line { name, steps, until: curve.followed };
    let lines = [
        line(name(treated.as_str(), effect.treated.assigned), a.as_slice(), &curves.treated),
        line(name(holdout.as_str(), effect.holdout.assigned), b.as_slice(), &curves.holdout),
    ];
    let numbers = curves.marks.iter().map(|mark| {
        let at_risk = [mark.treated.at_risk, mark.holdout.at_risk].map(|n| n.to_string());
        (f64::from(mark.day), at_risk)
    });
    let below = Some(Below { heading: say::at_risk(locale, leaving), rows: numbers.collect() });
    let from = if leaving { 1.0 } else { 0.0 };
    let (days, span) = ((0.0, f64::from(curves.within_days)), span(curves, leaving));
    Curves { title, curves: lines, days, from, span, below }.svg()
}

/// The quarters of the scale that both curves need: few customers leave, and few points are all there is to see.
fn span(curves: &Both, leaving: bool) -> (f64, f64) {
    let steps = curves.treated.steps.iter().chain(&curves.holdout.steps);
    let farthest = steps.map(|(_, share)| 1.0 - share).fold(0.0, f64::max);
    let needed = ((farthest * 4.0 + 1e-9).ceil() / 4.0).clamp(0.25, 1.0);
    if leaving { (1.0 - needed, 1.0) } else { (0.0, needed) }
}

fn funnel(found: &Pictured, title: &str, rulebook: &Rulebook, locale: Locale) -> String {
    let name = |row: &Row| short(&stage(&row.stage, &found.found.playbook, rulebook, locale));
    let row = |row: &Row| (name(row), [row.went_on, row.there, row.ended]);
    Funnel { title, legend: say::parts(locale), rows: found.funnel.iter().map(row).collect() }.svg()
}

/// As much of a label as fits.
fn short(label: &str) -> String {
    let (mut wide, mut cut) = (0, String::new());
    for letter in label.chars() {
        wide += if letter.is_ascii() { 1 } else { 2 };
        if wide > LABEL {
            return cut + "…";
        }
        cut.push(letter);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_shows_the_quarters_that_are_needed() {
        let both = |share| Both {
            within_days: 9,
            treated: Curve { steps: vec![(1.0, share)], followed: 9.0 },
            holdout: Curve::default(),
            marks: Vec::new(),
        };
        assert_eq!((span(&both(0.9), true), span(&both(0.9), false)), ((0.75, 1.0), (0.0, 0.25)));
        assert_eq!((span(&both(0.7), true), span(&both(0.0), true)), ((0.5, 1.0), (0.0, 1.0)));
    }

    #[test]
    fn a_long_name_is_cut_and_a_short_one_stays() {
        assert_eq!(
            (short("welcome"), short("最初の案内をもう一度お送りする")),
            ("welcome".into(), "最初の案内をもう一度お送…".into())
        );
    }
}
