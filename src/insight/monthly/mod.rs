//! The month's report: figures against last month and their targets, what moved the revenue, who stays, how healthy
//! customers are, what playbooks did, what customer success may take credit for, and why customers left.

pub mod bands;
pub mod credit;
pub mod groups;
pub mod reasons;

use serde::Serialize;

use self::{bands::Bands, credit::Credit, groups::Groups, reasons::Reason};
use super::{
    cohort::Cohorts,
    kpi::KpiReport,
    rate::{Rate, Unit},
    revenue::Movements,
};
use crate::model::money::Currency;

/// A figure with the one of the month before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The KPI.
    pub kpi: String,
    /// This month.
    pub now: Rate,
    /// The month before; none where nothing was counted.
    pub before: Option<f64>,
    /// Now − before.
    pub change: Option<f64>,
    /// Whether the target is reached; none without a target or a figure.
    pub reached: Option<bool>,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Monthly {
    /// The month, and everything counted in it.
    #[serde(flatten)]
    pub this: KpiReport,
    /// Figures against the month before.
    pub figures: Vec<Figure>,
    /// Opening and movements make the closing; none without revenue.
    pub balanced: Option<bool>,
    /// Who stays, by the month of the start.
    pub cohorts: Cohorts,
    /// How many customers stood in which band at the end of the last months.
    pub health: Vec<Bands>,
    /// What playbooks did in the month, by their tags.
    pub by_tag: Vec<Groups>,
    /// The same by the segments customers are in today.
    pub by_segment: Vec<Groups>,
    /// Expansion that came after customer success had been with the customer.
    pub credit: Option<Credit>,
    /// Why customers left, the most revenue first.
    pub reasons: Vec<Reason>,
    /// Who left without a reason on record.
    pub no_reason: u64,
}

/// Methods that speak of the moment of the question: the month before has no figure of its own.
const MOMENTARY: [&str; 3] = ["now", "accounts_login_7d", "accounts_with_one_use"];

impl Figure {
    /// It says how things stand when it is asked, not at the end of the month.
    pub fn is_momentary(&self) -> bool {
        MOMENTARY.contains(&self.now.method)
    }
}

/// Figures of the month beside those of the month before.
pub fn figures(this: &KpiReport, before: &KpiReport) -> Vec<Figure> {
    let one = |(name, now): (&String, &Rate)| {
        let before = before.kpis.get(name).filter(|rate| !MOMENTARY.contains(&rate.method)).and_then(|rate| rate.value);
        let change = now.value.zip(before).map(|(now, before)| now - before);
        Figure { kpi: name.clone(), now: now.clone(), before, change, reached: reached(name, now) }
    };
    this.kpis.iter().map(one).collect()
}

/// Whether a figure has reached its target.
pub fn reached(name: &str, rate: &Rate) -> Option<bool> {
    let (value, target) = rate.value.zip(rate.target)?;
    Some(if lower_is_better(name) { value <= target } else { value >= target })
}

/// KPIs that are to be low.
pub fn lower_is_better(name: &str) -> bool {
    matches!(name, "logo_churn" | "logo_churn_events" | "early_churn" | "days_to_setup" | "ttfv_median_days")
}

/// Whether opening and movements make the closing.
pub fn balanced(moved: &Movements) -> bool {
    let sum = [moved.opening, moved.new, moved.expansion, moved.contraction, moved.churn, moved.reactivation];
    sum.iter().map(|n| i128::from(*n)).sum::<i128>() == i128::from(moved.closing)
}

impl Monthly {
    /// What amounts count in.
    pub fn unit(&self) -> Unit {
        Unit::Money(self.this.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::JPY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::churn::Share;

    #[test]
    fn churn_has_reached_its_target_from_above_and_completion_from_below() {
        let rate = |of, target| Rate { target, ..Rate::share(Share { of, all: 100 }, "start_end") };
        assert_eq!(reached("logo_churn", &rate(3, Some(0.03))), Some(true));
        assert_eq!(reached("logo_churn", &rate(4, Some(0.03))), Some(false));
        assert_eq!(reached("onboarding_completion", &rate(79, Some(0.8))), Some(false));
        assert_eq!(reached("onboarding_completion", &rate(80, None)), None);
        assert_eq!(reached("logo_churn", &Rate { target: Some(0.03), ..Rate::share(Share::default(), "m") }), None);
    }

    #[test]
    fn movements_that_do_not_make_the_closing_are_seen() {
        let moved = Movements {
            opening: 100,
            new: 20,
            expansion: 5,
            contraction: -3,
            churn: -10,
            reactivation: 1,
            closing: 113,
        };
        assert!(balanced(&moved) && !balanced(&Movements { closing: 114, ..moved }));
    }
}
