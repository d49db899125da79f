//! KPIs of a period, lagging and leading, each with how it was counted.
//!
//! Periods are half-open `[from, to)` in local days of the workspace. The opening of a period is the
//! state at the end of the day before it; the closing is the state at the end of its last day.

pub mod customer;
mod duration;
pub mod moves;
pub mod pairs;
pub mod support;
pub mod target;
#[cfg(test)]
mod tests;
pub mod voices;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::{
    customer::{Asked, Customer},
    pairs::Pair,
    target::Attained,
};
use super::{
    book::Book,
    churn::{self, Share},
    ledger::Account,
    rate::{Rate, Unit},
    revenue::{self, Movements},
};
use crate::model::{
    fact::{Fact, FactBody},
    ids::AccountId,
    instant::{Instant, date_of},
};

/// All KPIs of a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiReport {
    /// First day, and the day after the last one.
    pub period: [String; 2],
    /// Figures by name.
    pub kpis: BTreeMap<String, Rate>,
    /// Targets reached, by weight; none where nothing has a target and a figure.
    pub targets_reached: Option<Attained>,
    /// Actions counted from what was recorded.
    pub kais: BTreeMap<String, u64>,
    /// What moved the monthly revenue, in minor units of `currency`; none without revenue.
    pub mrr_movements: Option<Movements>,
    /// The currency of the revenue.
    pub currency: Option<String>,
    /// Contracts in another currency, whose revenue is left out.
    pub other_currency: usize,
    /// KPIs beside the actions that are to move them.
    pub pairs: Vec<Pair>,
}

/// What a report is computed from.
pub struct Input<'a> {
    /// Every account as it is now, as far as KPIs ask.
    pub customers: &'a [Customer],
    /// Their contracts.
    pub book: &'a Book,
    /// Targets by KPI.
    pub targets: &'a BTreeMap<String, f64>,
    /// What is said to be usual in a month, by KPI.
    pub references: &'a BTreeMap<String, f64>,
    /// What was asked of every customer.
    pub asked: &'a Asked,
    /// Surveys asked, answers to them, meetings and tickets of the period.
    pub said: &'a [Fact],
    /// The same of the period of the same length before it.
    pub before: &'a [Fact],
    /// The moment up to which the period is followed: its end, or the question before it.
    pub end: Instant,
    /// Recorded events of the period by name.
    pub counts: &'a BTreeMap<String, u64>,
}

/// Days within which onboarding should be complete, and below which an account is too young to count.
pub const ONBOARDING_DAYS: i32 = 30;
/// Days after the start within which a loss is an early one.
pub const EARLY_DAYS: i32 = 90;
/// Days after its due date within which a renewal still counts.
pub const GRACE_DAYS: i32 = 30;

/// Events that count as actions of ours, and what the action is called.
const ACTIONS: [(&str, &str); 5] = [
    ("message.sent", "messages_sent"),
    ("task.done", "tasks_done"),
    ("meeting.held", "meetings_held"),
    ("note.added", "notes_written"),
    ("message.replied", "replies"),
];

/// Computes the KPIs of `[from, to)` (day numbers).
pub fn report(input: &Input<'_>, from: i32, to: i32) -> KpiReport {
    let ledger = input.book.ledger();
    let mut kpis = BTreeMap::new();
    customers(&ledger, from, to, &mut kpis);
    let movements = input.book.currency.map(|currency| {
        let churned = churn::start_end(&ledger, from, to);
        money(&ledger, churned, Unit::Money(currency), (from, to), &mut kpis);
        Movements::of(&ledger, from, to)
    });
    if let (Some(moved), Some(currency)) = (&movements, input.book.currency) {
        let unit = Unit::Money(currency);
        let value = Some(major(moved.expansion, unit));
        let rate = Rate::ratio(moved.expansion, positive(moved.opening), "movements");
        put(&mut kpis, "expansion_mrr", Rate { value, unit, ..rate });
    }
    duration::add(input, from, to, &mut kpis);
    usage(input, to, &mut kpis);
    meetings(input, to, &mut kpis);
    let (said, before) = (of_customers(input, input.said), of_customers(input, input.before));
    voices::add(&said, &before, &mut kpis);
    support::add(&said, &present(input, to).iter().map(|c| c.id).collect(), input.end, &mut kpis);
    for (name, rate) in &mut kpis {
        rate.target = input.targets.get(name).copied();
        rate.reference = input.references.get(name).copied().filter(|_| (28..=31).contains(&(to - from)));
    }
    KpiReport {
        period: [date_of(from).to_string(), date_of(to).to_string()],
        targets_reached: target::attained(&kpis),
        kpis,
        kais: BTreeMap::from_iter(actions(input.counts).chain([("survey_answers".to_owned(), voices::count(&said))])),
        mrr_movements: movements,
        currency: input.book.currency.map(|c| c.code().to_owned()),
        other_currency: input.book.foreign,
        pairs: Vec::new(),
    }
}

fn put(kpis: &mut BTreeMap<String, Rate>, name: &str, rate: Rate) {
    kpis.insert(name.to_owned(), rate);
}

fn customers(ledger: &[Account], from: i32, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let lost = churn::start_end(ledger, from, to);
    put(kpis, "logo_churn", Rate::share(lost, "start_end"));
    put(kpis, "retention", Rate::share(Share { of: lost.all - lost.of, all: lost.all }, "start_end"));
    put(kpis, "logo_churn_events", Rate::share(churn::events_excl_new(ledger, from, to), "events_excl_new"));
    put(kpis, "early_churn", Rate::share(churn::early(ledger, EARLY_DAYS, from, to), "within_90d_of_start"));
    let (count, value) = churn::renewed(ledger, GRACE_DAYS, from, to);
    put(kpis, "renewal_rate", Rate::share(count, "due_in_period_grace_30d"));
    let value = Rate::ratio(i64::try_from(value.of).unwrap_or(i64::MAX), value.all, "mrr_due_in_period_grace_30d");
    put(kpis, "renewal_rate_mrr", value);
}

fn money(ledger: &[Account], lost: Share, unit: Unit, (from, to): (i32, i32), kpis: &mut BTreeMap<String, Rate>) {
    let (net, gross, open) = revenue::kept(ledger, from, to);
    put(kpis, "nrr", Rate::ratio(net, positive(open), "cohort_at_opening"));
    put(kpis, "grr", Rate::ratio(gross, positive(open), "cohort_at_opening_min_per_account"));
    let more = revenue::more(ledger, from, to);
    let share = |of| Share { of, all: more.paying };
    put(kpis, "upsell_rate", Rate::share(share(more.upsold), "paying_at_opening"));
    put(kpis, "upsell_mrr_rate", Rate::ratio(more.upsell, positive(more.opening), "rise_of_opening"));
    put(kpis, "cross_sell_rate", Rate::share(share(more.cross_sold), "further_contract"));
    put(kpis, "cross_sell_mrr_rate", Rate::ratio(more.cross_sell, positive(more.opening), "further_contract_mrr"));
    let (mrr, accounts) = revenue::per_account(ledger, to - 1);
    let arpa = (accounts > 0).then(|| major(mrr, unit) / accounts as f64);
    put(kpis, "arpa", Rate { value: arpa, unit, ..Rate::ratio(mrr, accounts, "closing") });
    put(kpis, "ltv", lifetime(arpa, lost, f64::from(to - from), unit));
}

/// ARPA ÷ the churn of a month of 365/12 days; its interval is ARPA over the churn's.
fn lifetime(arpa: Option<f64>, lost: Share, days: f64, unit: Unit) -> Rate {
    let monthly = |churn: f64| churn::scaled(churn, days, 365.0 / 12.0);
    let rate = Rate::share(lost, "arpa_over_monthly_churn");
    let over = |churn: Option<f64>| arpa.zip(churn).and_then(|(arpa, churn)| revenue::ltv(arpa, monthly(churn)));
    let ci95 = rate.ci95.map(|[low, high]| [over(high), over(low)]);
    Rate { value: over(rate.value), ci95, unit, ..rate }
}

/// What is true of present customers at the moment of the question.
fn usage(input: &Input<'_>, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let present: Vec<&Customer> = present(input, to);
    // Where nothing of the kind is known of anybody, nobody is counted as a zero.
    let share = |known: usize, of: usize| {
        let all = if known > 0 { present.len() as u64 } else { 0 };
        Share { of: of as u64, all }
    };
    let count = |holds: &dyn Fn(&Customer) -> bool| present.iter().filter(|c| holds(c)).count();
    let green = share(count(&|c| c.green.is_some()), count(&|c| c.green == Some(true)));
    put(kpis, "health_green_share", Rate::share(green, "now"));
    let active = share(count(&|c| c.active.is_some()), count(&|c| c.active == Some(true)));
    put(kpis, "active_user_rate", Rate::share(active, "accounts_login_7d"));
    for (n, feature) in input.asked.features.iter().enumerate() {
        let uses = |c: &&&Customer| c.uses.get(n).copied().flatten();
        let known = present.iter().filter(|c| uses(c).is_some()).count() as u64;
        let users = present.iter().filter(|c| uses(c) == Some(true)).count() as u64;
        put(
            kpis,
            &format!("feature_adoption.{feature}"),
            Rate::share(Share { of: users, all: known }, "accounts_with_one_use"),
        );
    }
}

/// Accounts with a contract at the closing.
fn present<'a>(input: &Input<'a>, to: i32) -> Vec<&'a Customer> {
    let open: std::collections::BTreeSet<_> =
        input.book.accounts.iter().filter(|(_, account)| account.active(to - 1)).map(|(id, _)| *id).collect();
    input.customers.iter().filter(|customer| open.contains(&customer.id)).collect()
}

/// Whom we met.
fn meetings(input: &Input<'_>, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let met: std::collections::BTreeSet<_> =
        input.said.iter().filter(|fact| event(fact) == "meeting.held").map(|fact| fact.account).collect();
    let present = present(input, to);
    let seen = present.iter().filter(|view| met.contains(&view.id)).count() as u64;
    let all = if met.is_empty() { 0 } else { present.len() as u64 };
    put(kpis, "meeting_rate", Rate::share(Share { of: seen, all }, "accounts_met"));
}

fn event(fact: &Fact) -> &str {
    match &fact.body {
        FactBody::Event { name, .. } => name,
        _ => "",
    }
}

/// What customers said: our own test accounts are none.
fn of_customers<'a>(input: &Input<'_>, said: &'a [Fact]) -> Vec<&'a Fact> {
    let ours: BTreeSet<AccountId> = input.customers.iter().filter(|c| c.internal).map(|c| c.id).collect();
    said.iter().filter(|fact| !ours.contains(&fact.account)).collect()
}

fn actions(counts: &BTreeMap<String, u64>) -> impl Iterator<Item = (String, u64)> {
    ACTIONS.iter().map(|(event, name)| ((*name).to_owned(), counts.get(*event).copied().unwrap_or(0)))
}

fn positive(amount: i64) -> u64 {
    u64::try_from(amount).unwrap_or(0)
}

fn major(minor: i64, unit: Unit) -> f64 {
    match unit {
        Unit::Money(currency) => minor as f64 / currency.scale(),
        _ => minor as f64,
    }
}
