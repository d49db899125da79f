//! How long onboarding takes: who was done in time, days to set-up, and time to first value.

use std::collections::BTreeMap;

use super::{Input, ONBOARDING_DAYS, put};
use crate::{
    insight::{
        churn::Share,
        ledger::Account,
        rate::{Rate, Unit},
        survival::{self, Ended, Observed},
        view::AccountView,
    },
    model::ids::AccountId,
};

/// Customers who started within so many days before the period's end are the cohort of the durations.
const COHORT_DAYS: i32 = 365;

/// Adds completion, days to set-up and days to first value.
pub fn add(input: &Input<'_>, from: i32, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let contracts: BTreeMap<AccountId, &Account> = input.book.accounts.iter().map(|(id, a)| (*id, a)).collect();
    let started: Vec<(&AccountView, i32, &Account)> = input
        .views
        .iter()
        .filter_map(|view| contracts.get(&view.id).and_then(|a| Some((view, a.joined()?, *a))))
        .collect();
    put(kpis, "onboarding_completion", completion(input, &started, from, to));
    let setup: Vec<&str> =
        input.required.iter().map(String::as_str).filter(|name| Some(*name) != input.first_value).collect();
    put(kpis, "days_to_setup", median(input, &started, &setup, to));
    let first: Vec<&str> = input.first_value.into_iter().collect();
    put(kpis, "ttfv_median_days", median(input, &started, &first, to));
}

/// Of those who started so that their 30th day lies in the period: how many had reached every required
/// milestone by it.
fn completion(input: &Input<'_>, started: &[(&AccountView, i32, &Account)], from: i32, to: i32) -> Rate {
    let mut share = Share::default();
    for (view, day, _) in started {
        let due = day + ONBOARDING_DAYS;
        if due < from || due >= to || input.required.is_empty() {
            continue;
        }
        let reached = |name: &String| view.state.milestones.get(name).is_some_and(|at| at.day(input.zone) <= due);
        share = Share { of: share.of + u64::from(input.required.iter().all(reached)), all: share.all + 1 };
    }
    Rate::share(share, "start_cohort_30d")
}

/// The day by which half of the cohort had reached all of `milestones`. Leaving first means never (Aalen–Johansen);
/// who is still on the way counts as long as we have seen.
fn median(input: &Input<'_>, started: &[(&AccountView, i32, &Account)], milestones: &[&str], to: i32) -> Rate {
    let young = |day: i32| (to - COHORT_DAYS..to).contains(&day);
    let observed: Vec<Observed> = match milestones {
        [] => Vec::new(),
        _ => started
            .iter()
            .filter(|(_, day, _)| young(*day))
            .map(|(view, day, account)| observed(input, view, *day, account, milestones, to))
            .collect(),
    };
    let reached = observed.iter().filter(|o| o.1 == Ended::Reached).count() as i64;
    let left = observed.iter().any(|o| o.1 == Ended::Left);
    let interval = survival::median_interval(&observed);
    let ci95 = (!left && reached > 0).then_some([interval.0, interval.1]);
    let value = survival::median_incidence(&observed);
    let rate = Rate::ratio(reached, observed.len() as u64, "started_365d_aalen_johansen");
    Rate { value, ci95, unit: Unit::Days, ..rate }
}

fn observed(input: &Input<'_>, view: &AccountView, day: i32, account: &Account, names: &[&str], to: i32) -> Observed {
    let reached = |name: &&str| view.state.milestones.get(*name).map(|at| at.day(input.zone)).filter(|at| *at < to);
    let all = names.iter().map(reached).collect::<Option<Vec<i32>>>().and_then(|days| days.into_iter().max());
    let lost = account.lost(day + 1, to);
    let (end, how) = match (all, lost) {
        (Some(at), lost) if lost.is_none_or(|lost| at <= lost) => (at, Ended::Reached),
        (_, Some(lost)) => (lost, Ended::Left),
        _ => (to - 1, Ended::Open),
    };
    (f64::from((end - day).max(0)), how)
}
