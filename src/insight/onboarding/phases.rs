//! The funnel: who reached a phase, who moved on, who left in it, and how long it takes.

use serde::Serialize;

use super::path::Starter;
use crate::insight::{
    churn::Share,
    rate::Rate,
    survival::{self, Ended, Observed},
};

/// A phase of the journey that is left for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Days it usually takes.
    pub expected: Option<i32>,
    /// Longer than this is stuck.
    pub stuck_after: Option<i32>,
}

/// One phase of the funnel. `reached` = `moved_on` + `left` + `there`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseRow {
    /// The phase.
    pub phase: String,
    /// Days it usually takes, by the model.
    pub expected_days: Option<i32>,
    /// Customers of the cohort who came that far.
    pub reached: u64,
    /// Who went on to the next phase.
    pub moved_on: u64,
    /// Who left us in this phase.
    pub left: u64,
    /// Who is still in it.
    pub there: u64,
    /// Of those still in it, who have been for longer than the model calls stuck.
    pub stuck: u64,
    /// Days until half of those who reached it had moved on; leaving counts as never (Aalen–Johansen). None until then,
    /// and in the last phase.
    pub median_days: Option<f64>,
    /// Left ÷ reached.
    pub drop_off: Rate,
}

/// The rows of the cohort as known before `to`.
pub fn rows(stages: &[Stage], cohort: &[&Starter], to: i32) -> Vec<PhaseRow> {
    stages.iter().enumerate().map(|(n, stage)| row(n, n + 1 == stages.len(), stage, cohort, to)).collect()
}

fn row(n: usize, last: bool, stage: &Stage, cohort: &[&Starter], to: i32) -> PhaseRow {
    let observed: Vec<Observed> = cohort.iter().filter_map(|starter| observed(n, starter, to)).collect();
    let count = |which: Ended| observed.iter().filter(|o| o.1 == which).count() as u64;
    let stuck = |limit: i32| observed.iter().filter(|o| o.1 == Ended::Open && o.0 > f64::from(limit)).count() as u64;
    let (reached, left) = (observed.len() as u64, count(Ended::Left));
    PhaseRow {
        phase: stage.name.clone(),
        expected_days: stage.expected,
        reached,
        moved_on: count(Ended::Reached),
        left,
        there: count(Ended::Open),
        stuck: stage.stuck_after.map_or(0, stuck),
        median_days: survival::median_incidence(&observed).filter(|_| !last),
        drop_off: Rate::share(Share { of: left, all: reached }, "left_of_reached"),
    }
}

/// How long it was in the n-th phase, and how that ended. None: it never came that far.
fn observed(n: usize, starter: &Starter, to: i32) -> Option<Observed> {
    let lost = starter.lost.filter(|day| *day < to);
    let there = |day: &i32| *day < to && lost.is_none_or(|lost| *day <= lost);
    let day = |n: usize| starter.reached.get(n).copied().flatten().filter(there);
    let began = day(n)?;
    let (end, how) = match (day(n + 1), lost) {
        (Some(next), _) => (next, Ended::Reached),
        (None, Some(lost)) => (lost, Ended::Left),
        (None, None) => (to - 1, Ended::Open),
    };
    Some((f64::from((end - began).max(0)), how))
}
