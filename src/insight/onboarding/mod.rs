//! The onboarding of the customers who started lately: how they go through the phases, when they reach milestones, who
//! stays, and what followed the messages of onboarding playbooks. Associations only; causes are `effect`'s.

pub mod milestones;
pub mod path;
pub mod phases;
pub mod staying;
pub mod steps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::{
    milestones::MilestoneRow,
    path::Starter,
    phases::{PhaseRow, Stage},
    staying::{Staying, staying},
    steps::StepRow,
};
use super::{
    book::Book,
    churn::Share,
    executive::{Onboarded, onboarded},
    kpi::{
        ONBOARDING_DAYS,
        customer::{Asked, Customer},
    },
    rate::Rate,
};
use crate::model::instant::date_of;

/// Customers who started within so many days before the report are its cohort.
pub const COHORT_DAYS: i32 = 365;
/// Whoever was heard of later than so many days after the start is in no duration: nobody saw when it reached what it
/// had reached by then.
const SEEN_DAYS: i32 = 7;

/// Customers who started in one month, as far as their 30th day lies behind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Month {
    /// Its first day.
    pub first: String,
    /// Done with the onboarding by the 30th day, of all of them.
    pub completion: Rate,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Onboarding {
    /// First day of the cohort, and the day after the last one looked at.
    pub period: [String; 2],
    /// Customers who started in it and were known from the start.
    pub started: u64,
    /// Customers who started in it but were heard of later: they are in no duration.
    pub heard_late: u64,
    /// Done by the 30th day, of all whose 30th day lies in the period.
    pub completion: Rate,
    /// The same by the month of the start, the oldest first; months without anybody are not there.
    pub by_month: Vec<Month>,
    /// The funnel, in the order of the journey.
    pub phases: Vec<PhaseRow>,
    /// The phase in which most customers left, as its place in `phases`; none where nobody left.
    pub largest_drop: Option<usize>,
    /// Milestones in the model's order.
    pub milestones: Vec<MilestoneRow>,
    /// Churn by whether the onboarding was done in time; none where either group is empty. Not causal.
    pub onboarded: Option<Onboarded>,
    /// The same as curves, younger customers too.
    pub staying: Option<Staying>,
    /// Steps of onboarding playbooks that wrote to customers.
    pub steps: Vec<StepRow>,
}

/// What the report is made of.
pub struct Input<'a> {
    /// Contracts.
    pub book: &'a Book,
    /// Milestones that end the onboarding, by customer.
    pub customers: &'a [Customer],
    /// Which ones those are.
    pub asked: &'a Asked,
    /// Phases in their order.
    pub stages: &'a [Stage],
    /// All milestones in their order.
    pub milestones: &'a [String],
    /// Customers with the way they went; every start before `to`.
    pub starters: &'a [Starter],
    /// Steps that wrote to customers.
    pub steps: Vec<StepRow>,
    /// Share of customers who are to be done by the 30th day.
    pub target: Option<f64>,
}

/// The report of what was known until the day before `to` (a day number).
pub fn report(input: Input<'_>, to: i32) -> Onboarding {
    let from = to - COHORT_DAYS;
    let inside = |starter: &&Starter| (from..to).contains(&starter.start);
    let (known, late): (Vec<&Starter>, Vec<&Starter>) =
        input.starters.iter().filter(inside).partition(|s| s.seen <= s.start.saturating_add(SEEN_DAYS));
    let phases = phases::rows(input.stages, &known, to);
    let dropped = phases.iter().enumerate().filter(|(_, row)| row.left > 0);
    let rate = |share| Rate { target: input.target, ..Rate::share(share, "start_cohort_30d") };
    let (pooled, by_month) = completion(&input, from, to);
    Onboarding {
        period: [date_of(from).to_string(), date_of(to).to_string()],
        started: known.len() as u64,
        heard_late: late.len() as u64,
        completion: rate(pooled),
        by_month: by_month.into_iter().map(|(first, share)| Month { first, completion: rate(share) }).collect(),
        largest_drop: dropped.max_by_key(|(n, row)| (row.left, std::cmp::Reverse(*n))).map(|(n, _)| n),
        phases,
        milestones: input.milestones.iter().map(|name| milestones::row(name, &known, to)).collect(),
        onboarded: onboarded(input.book, input.customers, input.asked, to),
        staying: staying(input.book, input.customers, input.asked, to),
        steps: input.steps,
    }
}

/// As the KPI counts it: of those known by their 30th day, who had reached every required milestone by it. In all, and
/// by the month of the start.
fn completion(input: &Input<'_>, from: i32, to: i32) -> (Share, BTreeMap<String, Share>) {
    let (mut all, mut by_month) = (Share::default(), BTreeMap::<String, Share>::new());
    let required: BTreeSet<&String> = input.asked.required.iter().collect();
    for starter in input.starters.iter().filter(|_| !required.is_empty()) {
        let due = starter.start.saturating_add(ONBOARDING_DAYS);
        if !(from..to).contains(&due) || starter.seen > due {
            continue;
        }
        let done = required.iter().all(|name| starter.milestones.get(*name).is_some_and(|day| *day <= due));
        let first = date_of(starter.start).first_of_month().to_string();
        for share in [&mut all, by_month.entry(first).or_default()] {
            *share = Share { of: share.of + u64::from(done), all: share.all + 1 };
        }
    }
    (all, by_month)
}
