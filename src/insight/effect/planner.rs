//! How many accounts and weeks a comparison that is under way still needs.

use super::{
    compare::EARLY_ALPHA,
    power::{ALPHA, Inflow, Needs, Rule, needs},
    proportions::Counts,
    report::{Case, Terms},
};

/// Days of a week.
const WEEK: i32 = 7;
/// How far back new accounts are counted, in days.
const RECENT: i32 = 28;
/// Taken as the share where nothing happened to anybody yet.
const ASSUMED: f64 = 0.05;
/// Events of the control arm from which its own share is believed.
const BELIEVED: u64 = 5;

/// What it takes to find the smallest difference worth finding, by the rule the verdict will go by.
pub(super) fn needed(cases: &[Case], terms: &Terms, (treated, holdout): (Counts, Counts)) -> Option<Needs> {
    let pooled = treated.with(holdout);
    let known = if holdout.events >= BELIEVED { holdout.rate() } else { pooled.rate() };
    let base = known.filter(|share| *share > 0.0 && *share < 1.0).unwrap_or(ASSUMED);
    let change = match terms.question.lower_is_better {
        true => -terms.question.mde.min(base / 2.0),
        false => terms.question.mde.min((1.0 - base) / 2.0),
    };
    let first = cases.iter().map(|case| case.began).min()?;
    let length = (terms.today - first).clamp(WEEK, RECENT);
    let recent = cases.iter().filter(|case| case.began >= terms.today - length).count();
    let held_out = share_held_out(cases, terms);
    let rule = if terms.until.is_some() { Rule::Once(ALPHA - EARLY_ALPHA) } else { Rule::Always(terms.design()) };
    let inflow = Inflow {
        known_in: if held_out.is_some() { known_in(cases, terms) } else { Vec::new() },
        a_week: recent as f64 * f64::from(WEEK) / f64::from(length),
        horizon_days: f64::from(terms.horizon) + 1.0,
        // Without a holdout: as if half were held out.
        ratio: held_out.map_or(1.0, |share| (1.0 - share) / share),
    };
    let needs = needs(base, change, &rule, &inflow)?;
    let left = terms.until.map(|until| f64::from((until - terms.today).max(0)) / f64::from(WEEK));
    Some(Needs { by_end: left.map(|left| needs.weeks.is_some_and(|weeks| weeks as f64 <= left)), ..needs })
}

/// By design; where the holdout was taken away since, as it was.
fn share_held_out(cases: &[Case], terms: &Terms) -> Option<f64> {
    let seen = cases.iter().filter(|case| !case.treated).count() as f64 / cases.len() as f64;
    Some(if terms.held_out > 0.0 { terms.held_out } else { seen }).filter(|share| *share > 0.0 && *share < 1.0)
}

/// In how many days each account is followed to its end, the soonest first.
fn known_in(cases: &[Case], terms: &Terms) -> Vec<f64> {
    let days = |case: &Case| (case.began.saturating_add(terms.horizon).saturating_add(1) - terms.today).max(0);
    let mut all: Vec<i32> = cases.iter().map(days).collect();
    all.sort_unstable();
    all.into_iter().map(f64::from).collect()
}
