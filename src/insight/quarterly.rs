//! The quarter's review of the roadmap: are the KPIs reached, what is new, what to revise.

use serde::Serialize;

use super::{
    effect::verdict::Verdict,
    kpi::pairs::Pair,
    monthly::{Figure, Monthly},
    onboarding::phases::PhaseRow,
};

/// One phase of the roadmap with what was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// The phase.
    pub phase: String,
    /// Customers in it today.
    pub there: u64,
    /// Of them, for longer than the model calls stuck.
    pub stuck: u64,
    /// Its KPIs in the quarter.
    pub figures: Vec<Figure>,
    /// How the customers who started within a year go through it; none of phases that lie over others.
    pub funnel: Option<PhaseRow>,
}

/// The review.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quarterly {
    /// The quarter's figures, revenue, reasons and playbooks.
    #[serde(flatten)]
    pub review: Monthly,
    /// KPIs with a target and a figure: reached, and all of them.
    pub reached: [u64; 2],
    /// The roadmap, phase by phase.
    pub roadmap: Vec<Progress>,
    /// Reasons to leave that nobody gave in the quarter before.
    pub new_reasons: Vec<String>,
    /// Playbooks that were judged beyond chance, with the verdict.
    pub judged: Vec<(String, Verdict)>,
}

/// How many of the KPIs with a target have reached it, and of how many.
pub fn reached(figures: &[Figure]) -> [u64; 2] {
    let judged: Vec<bool> = figures.iter().filter_map(|figure| figure.reached).collect();
    [judged.iter().filter(|reached| **reached).count() as u64, judged.len() as u64]
}

/// Reasons of `now` that are not among those of `before`.
pub fn new_reasons(now: &Monthly, before: &[String]) -> Vec<String> {
    now.reasons.iter().map(|reason| &reason.reason).filter(|reason| !before.contains(reason)).cloned().collect()
}

impl Quarterly {
    /// KPIs whose actions say what to look at: the amount or the quality.
    pub fn pairs(&self) -> &[Pair] {
        &self.review.this.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::{churn::Share, rate::Rate};

    #[test]
    fn a_figure_without_a_target_is_neither_reached_nor_missed() {
        let figure = |reached| Figure {
            kpi: "k".into(),
            now: Rate::share(Share { of: 1, all: 2 }, "m"),
            before: None,
            change: None,
            reached,
        };
        assert_eq!(reached(&[figure(Some(true)), figure(None), figure(Some(false)), figure(Some(true))]), [2, 3]);
    }
}
