//! The two first KPIs, churn (lagging) and onboarding completion (leading), and what stands beside them.
//!
//! Periods are half-open `[from, to)` in local days of the workspace. The opening of a period is the
//! state at the end of the day before it; the closing is the state at the end of its last day.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{rate::Rate, view::AccountView};
use crate::model::{instant::date_of, value::Value};
use jiff::tz::TimeZone;

/// All KPIs of a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiReport {
    /// First day, and the day after the last one.
    pub period: [String; 2],
    /// Rates by name.
    pub kpis: BTreeMap<&'static str, Rate>,
    /// Actions counted from the ledger.
    pub kais: BTreeMap<String, u64>,
}

/// Days within which onboarding should be complete, and below which an account is too young to count.
pub const ONBOARDING_DAYS: i32 = 30;

/// Computes the KPIs of `[from, to)` (day numbers).
pub fn report(
    views: &[AccountView],
    targets: &BTreeMap<String, f64>,
    required: &[String],
    from: i32,
    to: i32,
    zone: &TimeZone,
) -> KpiReport {
    let target = |name: &str| targets.get(name).copied();
    let own: Vec<&AccountView> = views.iter().filter(|v| *v.value("account.internal") != Value::Bool(true)).collect();
    let opening: Vec<&&AccountView> = own.iter().filter(|v| active(v, from - 1, zone)).collect();
    let lost = opening.iter().filter(|v| !active(v, to - 1, zone)).count() as u64;
    let n = opening.len() as u64;
    let mut kpis = BTreeMap::new();
    kpis.insert("logo_churn", Rate::new(lost, n, "start_end", target("logo_churn")));
    kpis.insert("retention", Rate::new(n - lost, n, "start_end", target("retention")));
    let (done, cohort) = onboarding(&own, required, from, to, zone);
    kpis.insert("onboarding_completion", Rate::new(done, cohort, "start_cohort_30d", target("onboarding_completion")));
    let now: Vec<&&AccountView> = own.iter().filter(|v| active(v, to - 1, zone)).collect();
    let green = now.iter().filter(|v| v.band() == "green").count() as u64;
    kpis.insert("health_green_share", Rate::new(green, now.len() as u64, "now", target("health_green_share")));
    let used = now.iter().filter(|v| v.number("metric.logins_7d").is_some_and(|l| l >= 1.0)).count() as u64;
    kpis.insert("active_user_rate", Rate::new(used, now.len() as u64, "accounts_login_7d", target("active_user_rate")));
    KpiReport { period: [date_of(from).to_string(), date_of(to).to_string()], kpis, kais: BTreeMap::new() }
}

/// First local day of the account's contract.
fn start(view: &AccountView, zone: &TimeZone) -> Option<i32> {
    let dated = view.day("account.contract_start");
    dated.or_else(|| view.instant("account.created_at").map(|at| at.day(zone)))
}

/// The local day on which the account was found to have cancelled.
fn end(view: &AccountView, zone: &TimeZone) -> Option<i32> {
    let status = view.state.attrs.get("status")?;
    (status.value.as_text() == Some("churned")).then(|| status.as_of.day(zone))
}

/// Active on a day: `start <= day` and not ended by then.
fn active(view: &AccountView, day: i32, zone: &TimeZone) -> bool {
    start(view, zone).is_some_and(|s| s <= day) && end(view, zone).is_none_or(|e| e > day)
}

/// Of those who started so that their 30th day lies in the period: how many had reached every required
/// milestone by it.
fn onboarding(views: &[&AccountView], required: &[String], from: i32, to: i32, zone: &TimeZone) -> (u64, u64) {
    let (mut done, mut all) = (0, 0);
    for view in views {
        let Some(started) = start(view, zone) else { continue };
        let due = started + ONBOARDING_DAYS;
        if due < from || due >= to || required.is_empty() {
            continue;
        }
        all += 1;
        let reached = |name: &String| view.state.milestones.get(name).is_some_and(|at| at.day(zone) <= due);
        done += u64::from(required.iter().all(reached));
    }
    (done, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{instant::Instant, state::Attr};

    fn account(start: i32, churned: Option<i32>, reached: Option<i32>) -> AccountView {
        let zone = TimeZone::UTC;
        let mut view = AccountView::default();
        view.values.insert("account.contract_start".into(), Value::Date(start));
        if let Some(day) = churned {
            let attr =
                Attr { value: Value::text("churned"), as_of: Instant::start_of_day(day, &zone), source: String::new() };
            view.state.attrs.insert("status".into(), attr);
        }
        if let Some(day) = reached {
            view.state.milestones.insert("done".into(), Instant::start_of_day(day, &zone));
        }
        view
    }

    #[test]
    fn churn_counts_those_active_at_opening_and_not_at_closing() {
        // Opening 3 (one starts inside, one left before); one of the three leaves inside.
        let views = [
            account(1, None, None),
            account(1, Some(105), None),
            account(1, None, None),
            account(103, Some(104), None),
            account(1, Some(90), None),
        ];
        let report = report(&views, &BTreeMap::new(), &[], 100, 130, &TimeZone::UTC);
        let churn = &report.kpis["logo_churn"];
        assert_eq!((churn.numerator, churn.denominator), (1, 3));
    }

    #[test]
    fn onboarding_counts_the_cohort_whose_thirtieth_day_lies_in_the_period() {
        let required = ["done".to_owned()];
        let views = [
            account(80, None, Some(110)),
            account(80, None, Some(111)),
            account(80, None, None),
            account(120, None, Some(121)),
        ];
        let report = report(&views, &BTreeMap::new(), &required, 100, 130, &TimeZone::UTC);
        let rate = &report.kpis["onboarding_completion"];
        assert_eq!((rate.numerator, rate.denominator), (1, 3));
    }
}
