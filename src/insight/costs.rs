//! What winning and keeping a customer costs, beside what one brings.

use serde::Serialize;

use super::rate::{Rate, Unit};
use crate::model::money::Currency;

/// What the team costs and what a customer costs, as the configuration says; major units of the workspace's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Costs {
    /// People in customer success (1 = one full-time).
    pub people: Option<f64>,
    /// Tools, a month.
    pub tools: Option<f64>,
    /// Winning a customer: all of sales and marketing ÷ new customers.
    pub cac: Option<f64>,
    /// The share of revenue that is left after what serving it costs, 0..1; none = not known, taken as 1 and said so.
    pub gross_margin: Option<f64>,
}

impl Costs {
    /// The cost of a new customer, where the revenue counts in the currency `own` that the costs are in.
    pub fn cac_in(&self, revenue: Option<Currency>, own: Currency) -> Option<f64> {
        self.cac.filter(|cac| *cac > 0.0 && revenue == Some(own))
    }

    /// What is left of revenue.
    pub fn margin(&self) -> f64 {
        self.gross_margin.unwrap_or(1.0)
    }

    /// LTV × margin ÷ CAC. Three or more is D. Skok's rule of thumb.
    pub fn times(&self, ltv: f64, cac: f64) -> f64 {
        ltv * self.margin() / cac
    }

    /// Months until a new customer has paid for being won: CAC ÷ (ARPA × margin). Below twelve is D. Skok's rule of thumb.
    pub fn payback(&self, arpa: f64, cac: f64) -> f64 {
        cac / (arpa * self.margin())
    }

    /// `ltv_to_cac` and `cac_payback_months` of a period's `ltv` and `arpa`; the interval is the LTV's.
    pub fn rates(&self, ltv: &Rate, arpa: &Rate, cac: f64) -> [(&'static str, Rate); 2] {
        let times = |ltv: Option<f64>| ltv.map(|ltv| self.times(ltv, cac));
        let ratio = Rate {
            value: times(ltv.value),
            ci95: ltv.ci95.map(|ends| ends.map(times)),
            method: "ltv_times_margin_over_cac",
            unit: Unit::Points,
            ..ltv.clone()
        };
        let paid = |arpa: f64| self.payback(arpa, cac);
        let payback = Rate {
            value: arpa.value.filter(|arpa| *arpa > 0.0).map(paid),
            method: "cac_over_arpa_times_margin",
            unit: Unit::Months,
            ..arpa.clone()
        };
        [("ltv_to_cac", ratio), ("cac_payback_months", payback)]
    }
}
