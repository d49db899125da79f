//! When milestones are reached, and by whom never.

use serde::Serialize;

use super::path::Starter;
use crate::insight::survival::{self, Ended, Observed};

/// One milestone. `n` = `reached` + `left` + `open`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MilestoneRow {
    /// The milestone.
    pub milestone: String,
    /// Customers of the cohort.
    pub n: u64,
    /// Who reached it.
    pub reached: u64,
    /// Who left without it.
    pub left: u64,
    /// Who is still on the way.
    pub open: u64,
    /// Days from the start until half had reached it (Kaplan–Meier; who left is followed no further). None until then.
    pub median_days: Option<f64>,
    /// Its 95 % interval (log(−log), Greenwood); an open end is null.
    pub ci95: [Option<f64>; 2],
    /// The same for three of four.
    pub p75_days: Option<f64>,
    /// Mean days of those who reached it: too low, as slow ones are not in it yet.
    pub mean_days_of_reached: Option<f64>,
    /// (left + open) ÷ n: who has not reached it by the report's day.
    pub never: Option<f64>,
}

/// The row of `milestone` over the cohort as known before `to`.
pub fn row(milestone: &str, cohort: &[&Starter], to: i32) -> MilestoneRow {
    let observed: Vec<Observed> = cohort.iter().map(|starter| observed(milestone, starter, to)).collect();
    let of = |which: Ended| observed.iter().filter(move |o| o.1 == which);
    let count = |which: Ended| of(which).count() as u64;
    let (n, reached) = (observed.len() as u64, count(Ended::Reached));
    let curve = survival::kaplan_meier(&observed);
    let interval = survival::median_interval(&observed);
    let sum: f64 = of(Ended::Reached).map(|o| o.0).sum();
    MilestoneRow {
        milestone: milestone.to_owned(),
        n,
        reached,
        left: count(Ended::Left),
        open: count(Ended::Open),
        median_days: survival::median(&curve),
        ci95: [interval.0, interval.1],
        p75_days: survival::first_below(&curve, 0.25),
        mean_days_of_reached: (reached > 0).then(|| sum / reached as f64),
        never: (n > 0).then(|| (n - reached) as f64 / n as f64),
    }
}

/// Days from the start, and how that ended. What was reached before the start counts as reached at it.
pub fn observed(milestone: &str, starter: &Starter, to: i32) -> Observed {
    let reached = starter.milestones.get(milestone).copied().filter(|day| *day < to);
    let lost = starter.lost.filter(|day| *day < to);
    let (end, how) = match (reached, lost) {
        (Some(day), lost) if lost.is_none_or(|lost| day <= lost) => (day, Ended::Reached),
        (_, Some(lost)) => (lost, Ended::Left),
        _ => (to - 1, Ended::Open),
    };
    (f64::from((end - starter.start).max(0)), how)
}
