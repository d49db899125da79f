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
    kpi::{KpiReport, PARTLY, target::reached},
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

/// Figures of the month beside those of the month before.
pub fn figures(this: &KpiReport, before: &KpiReport) -> Vec<Figure> {
    let one = |(name, now): (&String, &Rate)| {
        let before = before
            .kpis
            .get(name)
            .filter(|rate| rate.warning != Some(PARTLY) && !rate.is_momentary())
            .and_then(|rate| rate.value);
        let change = now.value.zip(before).map(|(now, before)| now - before);
        Figure { kpi: name.clone(), now: now.clone(), before, change, reached: reached(name, now) }
    };
    this.kpis.iter().map(one).collect()
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
