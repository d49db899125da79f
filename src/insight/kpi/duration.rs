//! How long onboarding takes: who was done in time, days to set-up, and time to first value.

use std::collections::BTreeMap;

use super::{Input, ONBOARDING_DAYS, customer::Customer, put};
use crate::{
    insight::{
        churn::Share,
        ledger::Account,
        rate::{Rate, Unit},
        survival::{self, Ended, Observed},
    },
    model::ids::AccountId,
};

/// Customers who started within so many days before the period's end are the cohort of the durations.
const COHORT_DAYS: i32 = 365;
/// Whoever was heard of later than so many days after the start is not: nobody saw when it reached what it had reached
/// by then. A sheet that comes once a week is no delay.
const SEEN_DAYS: i32 = 7;

/// A customer, the local day of its first contract, and its contracts.
type Started<'a> = (&'a Customer, i32, &'a Account);

/// Adds completion, days to set-up and days to first value.
pub fn add(input: &Input<'_>, from: i32, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let contracts: BTreeMap<AccountId, &Account> = input.book.accounts.iter().map(|(id, a)| (*id, a)).collect();
    let started: Vec<Started<'_>> = input
        .customers
        .iter()
        .filter_map(|customer| contracts.get(&customer.id).and_then(|a| Some((customer, a.joined()?, *a))))
        .collect();
    let (required, first) = (&input.asked.required, input.asked.first_value.as_ref());
    put(kpis, "onboarding_completion", completion(required, &started, from, to));
    let setup: Vec<&String> = required.iter().filter(|name| Some(*name) != first).collect();
    put(kpis, "days_to_setup", median(&started, &setup, to));
    let first: Vec<&String> = first.into_iter().collect();
    put(kpis, "ttfv_median_days", median(&started, &first, to));
}

/// Of those who started so that their 30th day lies in the period: how many had reached every required
/// milestone by it.
fn completion(required: &[String], started: &[Started<'_>], from: i32, to: i32) -> Rate {
    let mut share = Share::default();
    for (customer, day, _) in started {
        let due = day + ONBOARDING_DAYS;
        if due < from || due >= to || customer.seen > due || required.is_empty() {
            continue;
        }
        let reached = |name: &String| customer.reached(name).is_some_and(|day| day <= due);
        share = Share { of: share.of + u64::from(required.iter().all(reached)), all: share.all + 1 };
    }
    Rate::share(share, "start_cohort_30d")
}

/// The day by which half of the cohort had reached all of `milestones`. Leaving first means never (Aalen–Johansen);
/// who is still on the way counts as long as we have seen.
fn median(started: &[Started<'_>], milestones: &[&String], to: i32) -> Rate {
    let young = |day: i32| (to - COHORT_DAYS..to).contains(&day);
    let from_start = |customer: &Customer, day: i32| customer.seen <= day.saturating_add(SEEN_DAYS);
    let observed: Vec<Observed> = match milestones {
        [] => Vec::new(),
        _ => started
            .iter()
            .filter(|(customer, day, _)| young(*day) && from_start(customer, *day))
            .map(|(customer, day, account)| observed(customer, *day, account, milestones, to))
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

fn observed(customer: &Customer, day: i32, account: &Account, names: &[&String], to: i32) -> Observed {
    let reached = |name: &&String| customer.reached(name).filter(|at| *at < to);
    let all = names.iter().map(reached).collect::<Option<Vec<i32>>>().and_then(|days| days.into_iter().max());
    let lost = account.lost(day + 1, to);
    let (end, how) = match (all, lost) {
        (Some(at), lost) if lost.is_none_or(|lost| at <= lost) => (at, Ended::Reached),
        (_, Some(lost)) => (lost, Ended::Left),
        _ => (to - 1, Ended::Open),
    };
    (f64::from((end - day).max(0)), how)
}
