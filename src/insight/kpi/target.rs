//! Which way is good, and whether a KPI has reached its target.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{insight::rate::Rate, model::feature::metric_of};

/// KPIs that are good when they are low.
const LOWER_IS_BETTER: [&str; 14] = [
    "logo_churn",
    "logo_churn_events",
    "logo_churn_daily",
    "logo_churn_incl_new",
    "logo_churn_year",
    "mrr_churn_gross",
    "mrr_churn_net",
    "churn_loss_year",
    "early_churn",
    "cac_payback_months",
    "days_to_setup",
    "ttfv_median_days",
    "tickets_per_account",
    "resolution_hours",
];

/// Whether a KPI is good when it is low.
pub fn lower_is_better(kpi: &str) -> bool {
    LOWER_IS_BETTER.contains(&kpi)
}

/// Whether a KPI has reached its target; none without a target or a figure.
pub fn reached(kpi: &str, rate: &Rate) -> Option<bool> {
    let (value, target) = rate.value.zip(rate.target)?;
    Some(if lower_is_better(kpi) { value <= target } else { value >= target })
}

/// KPIs of who stays, in number and revenue: they weigh most.
const RETENTION: [&str; 15] = [
    "logo_churn",
    "logo_churn_events",
    "logo_churn_daily",
    "logo_churn_incl_new",
    "logo_churn_year",
    "retention",
    "early_churn",
    "renewal_rate",
    "renewal_rate_mrr",
    "nrr",
    "nrr_movements",
    "grr",
    "mrr_churn_gross",
    "mrr_churn_net",
    "churn_loss_year",
];
/// KPIs of use, which tell early who will stay.
const USE: [&str; 7] = [
    "onboarding_completion",
    "days_to_setup",
    "ttfv_median_days",
    "active_user_rate",
    "health_green_share",
    "stickiness",
    "seat_utilisation",
];

/// How much a KPI weighs beside the others: staying 3, use 2, everything else 1.
pub fn weight(kpi: &str) -> u32 {
    match kpi {
        _ if RETENTION.contains(&kpi) => 3,
        _ if USE.contains(&kpi) || metric_of(kpi).is_some() => 2,
        _ => 1,
    }
}

/// Targets reached, by weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Attained {
    /// The weight of those that are reached.
    pub reached: u32,
    /// The weight of all with a target and a figure.
    pub of: u32,
}

/// How many targets are reached, by weight; none where nothing has a target and a figure.
pub fn attained(kpis: &BTreeMap<String, Rate>) -> Option<Attained> {
    let judged = kpis.iter().filter_map(|(kpi, rate)| Some((weight(kpi), reached(kpi, rate)?)));
    let add = |sum: Attained, (weight, reached): (u32, bool)| Attained {
        reached: sum.reached + if reached { weight } else { 0 },
        of: sum.of + weight,
    };
    Some(judged.fold(Attained { reached: 0, of: 0 }, add)).filter(|sum| sum.of > 0)
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
    fn a_target_of_who_stays_weighs_more_than_one_of_use_and_that_more_than_others() {
        let rate = |of, target| Rate { target, ..Rate::share(Share { of, all: 100 }, "start_end") };
        let kpis = |rows: &[(&str, Rate)]| rows.iter().map(|(name, rate)| ((*name).to_owned(), rate.clone())).collect();
        let missed = [
            ("logo_churn", rate(3, Some(0.03))),
            ("active_user_rate", rate(50, Some(0.8))),
            ("feature_adoption.exports", rate(90, Some(0.8))),
            ("meeting_rate", rate(10, Some(0.5))),
            ("nrr", rate(10, None)),
        ];
        assert_eq!(attained(&kpis(&missed)), Some(Attained { reached: 5, of: 8 }));
        assert_eq!(attained(&kpis(&missed[4..])), None);
    }
}
