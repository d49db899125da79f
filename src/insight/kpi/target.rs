//! Which way is good, and whether a KPI has reached its target.

use crate::insight::rate::Rate;

/// KPIs that are good when they are low.
const LOWER_IS_BETTER: [&str; 7] = [
    "logo_churn",
    "logo_churn_events",
    "early_churn",
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
}
