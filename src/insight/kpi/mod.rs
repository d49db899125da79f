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
mod usage;
pub mod voices;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::{
    customer::{Asked, Customer, recorded_from},
    pairs::Pair,
    target::Attained,
};
use super::{
    book::Book,
    churn::{self, Share},
    costs::Costs,
    ledger::Account,
    rate::{Rate, Unit},
    revenue::{self, Movements},
};
use crate::model::{
    fact::{Fact, FactBody},
    ids::AccountId,
    instant::{Instant, date_of},
    money::Currency,
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
    /// The day from which on losses are on record, where the period begins before it: figures of who stays look better
    /// than they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_from: Option<String>,
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
    /// Surveys asked, answers to them and tickets of the period.
    pub said: &'a [Fact],
    /// Accounts that were met in the period.
    pub met: &'a BTreeSet<AccountId>,
    /// Surveys asked and answers to them in the period of the same length before it.
    pub before: &'a [Fact],
    /// The moment up to which the period is followed: its end, or the question before it.
    pub end: Instant,
    /// What a new customer costs.
    pub costs: Costs,
    /// The workspace's currency, in which it does.
    pub currency: Currency,
    /// Recorded events of the period by name.
    pub counts: &'a BTreeMap<String, u64>,
}

/// Days within which onboarding should be complete, and below which an account is too young to count.
pub const ONBOARDING_DAYS: i32 = 30;
/// Days after the start within which a loss is an early one.
pub const EARLY_DAYS: i32 = 90;
/// Days after its due date within which a renewal still counts: our choice, as no standard names a length (Maxio counts
/// returns within 90 days as the same customer; ProfitWell advises to wait at least 15 days for an unpaid invoice).
pub const GRACE_DAYS: i32 = 30;

/// Events that count as actions of ours, and what the action is called.
const ACTIONS: [(&str, &str); 5] = [
    ("message.sent", "messages_sent"),
    ("task.done", "tasks_done"),
    ("meeting.held", "meetings_held"),
    ("note.added", "notes_written"),
    ("message.replied", "replies"),
];

/// `warning` of a figure whose period begins before losses are on record.
pub const PARTLY: &str = "partly_recorded";
/// Figures that look better where losses are not on record.
const OF_LOSSES: [&str; 20] = [
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
    "grr",
    "mrr_churn_gross",
    "mrr_churn_net",
    "quick_ratio",
    "quick_ratio_reactivated",
    "nrr_movements",
    "churn_loss_year",
    "ltv",
    "ltv_plain",
    "ltv_to_cac",
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
        moved_mrr(moved, &mut kpis);
        put(&mut kpis, "churn_loss_year", loss(&ledger, unit, from, to));
    }
    winning(input, &mut kpis);
    duration::add(input, from, to, &mut kpis);
    usage::add(&present(input, to), input.asked, &mut kpis);
    meetings(input, to, &mut kpis);
    let (said, before) = (of_customers(input, input.said), of_customers(input, input.before));
    voices::add(&said, &before, &mut kpis);
    support::add(&said, &present(input, to).iter().map(|c| c.id).collect(), input.end, &mut kpis);
    let recorded_from = recorded_from(input.book, input.customers).filter(|day| from < *day);
    for (name, rate) in &mut kpis {
        if recorded_from.is_some() && OF_LOSSES.contains(&name.as_str()) && rate.value.is_some() {
            rate.warning = Some(PARTLY);
        }
        rate.target = input.targets.get(name).copied();
        rate.reference = input.references.get(name).copied().filter(|_| is_month(from, to));
    }
    KpiReport {
        period: [date_of(from).to_string(), date_of(to).to_string()],
        targets_reached: target::attained(&kpis),
        kpis,
        kais: BTreeMap::from_iter(actions(input.counts).chain([("survey_answers".to_owned(), voices::count(&said))])),
        mrr_movements: movements,
        currency: input.book.currency.map(|c| c.code().to_owned()),
        other_currency: input.book.foreign,
        recorded_from: recorded_from.map(|day| date_of(day).to_string()),
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
    put(kpis, "logo_churn_year", a_year(lost, f64::from(to - from)));
    put(kpis, "logo_churn_incl_new", events(churn::incl_new(ledger, from, to), "incl_new"));
    let daily =
        Rate { value: churn::daily_sum(ledger, from, to), ..events(churn::incl_new(ledger, from, to), "daily_sum") };
    put(kpis, "logo_churn_daily", daily);
    put(kpis, "early_churn", Rate::share(churn::early(ledger, EARLY_DAYS, from, to), "within_90d_of_start"));
    let (count, value) = churn::renewed(ledger, GRACE_DAYS, from, to);
    put(kpis, "renewal_rate", Rate::share(count, "due_in_period_grace_30d"));
    let value = Rate::ratio(i64::try_from(value.of).unwrap_or(i64::MAX), value.all, "mrr_due_in_period_grace_30d");
    put(kpis, "renewal_rate_mrr", value);
}

/// The churn of the period as that of a year; its interval as well.
fn a_year(lost: Share, days: f64) -> Rate {
    let rate = Rate::share(lost, "start_end_compounded");
    let year = |churn: f64| churn::scaled(churn, days, 365.0);
    let ci95 = rate.ci95.map(|ends| ends.map(|end| end.map(year)));
    Rate { value: rate.value.map(year), ci95, ..rate }
}

/// Losses of whoever it was, over those there at the opening: no share of them, so without an interval.
fn events(lost: Share, method: &'static str) -> Rate {
    Rate::ratio(i64::try_from(lost.of).unwrap_or(i64::MAX), lost.all, method)
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
    if is_month(from, to) {
        let plain = Rate::share(lost, "arpa_over_churn");
        put(kpis, "ltv_plain", over(arpa, plain, unit, |churn| churn));
    }
}

/// Whether `[from, to)` is as long as a month.
fn is_month(from: i32, to: i32) -> bool {
    (28..=31).contains(&(to - from))
}

/// What a customer brings beside what winning one costs, where that is known.
fn winning(input: &Input<'_>, kpis: &mut BTreeMap<String, Rate>) {
    let cac = input.costs.cac_in(input.book.currency, input.currency);
    let both = kpis.get("ltv").zip(kpis.get("arpa"));
    let rates = cac.zip(both).map(|(cac, (ltv, arpa))| input.costs.rates(ltv, arpa, cac));
    for (name, rate) in rates.into_iter().flatten() {
        put(kpis, name, rate);
    }
}

/// What the movements say of the revenue lost and won, each event counted.
fn moved_mrr(moved: &Movements, kpis: &mut BTreeMap<String, Rate>) {
    let (open, gone) = (positive(moved.opening), -(moved.contraction + moved.churn));
    put(kpis, "mrr_churn_gross", Rate::ratio(gone, open, "movements_of_opening"));
    let net = gone - moved.expansion - moved.reactivation;
    put(kpis, "mrr_churn_net", Rate::ratio(net, open, "movements_of_opening_less_won"));
    let ratio = Rate::ratio(moved.new + moved.expansion, positive(gone), "won_by_lost");
    put(kpis, "quick_ratio", Rate { unit: Unit::Points, ..ratio });
    let won = moved.new + moved.expansion + moved.reactivation;
    let ratio = Rate::ratio(won, positive(gone), "won_and_back_by_lost");
    put(kpis, "quick_ratio_reactivated", Rate { unit: Unit::Points, ..ratio });
    let stayed = moved.opening + moved.expansion - gone;
    put(kpis, "nrr_movements", Rate::ratio(stayed, open, "opening_and_movements"));
}

/// What the revenue of those lost (`start_end`), as they paid it at the opening, was worth a year.
fn loss(ledger: &[Account], unit: Unit, from: i32, to: i32) -> Rate {
    let (lost, open) = revenue::lost(ledger, from, to);
    let a_year = lost.saturating_mul(12);
    let rate = Rate::ratio(a_year, positive(open), "lost_mrr_times_12");
    Rate { value: (open > 0).then(|| major(a_year, unit)), unit, ..rate }
}

/// ARPA ÷ the churn of a month of 365/12 days; its interval is ARPA over the churn's.
fn lifetime(arpa: Option<f64>, lost: Share, days: f64, unit: Unit) -> Rate {
    let monthly = |churn: f64| churn::scaled(churn, days, 365.0 / 12.0);
    over(arpa, Rate::share(lost, "arpa_over_monthly_churn"), unit, monthly)
}

/// ARPA ÷ a churn made of `rate`.
fn over(arpa: Option<f64>, rate: Rate, unit: Unit, made: impl Fn(f64) -> f64) -> Rate {
    let over = |churn: Option<f64>| arpa.zip(churn).and_then(|(arpa, churn)| revenue::ltv(arpa, made(churn)));
    let ci95 = rate.ci95.map(|[low, high]| [over(high), over(low)]);
    Rate { value: over(rate.value), ci95, unit, ..rate }
}

/// Accounts with a contract at the closing.
fn present<'a>(input: &Input<'a>, to: i32) -> Vec<&'a Customer> {
    let open: std::collections::BTreeSet<_> =
        input.book.accounts.iter().filter(|(_, account)| account.active(to - 1)).map(|(id, _)| *id).collect();
    input.customers.iter().filter(|customer| open.contains(&customer.id)).collect()
}

/// Whom we met.
fn meetings(input: &Input<'_>, to: i32, kpis: &mut BTreeMap<String, Rate>) {
    let present = present(input, to);
    let seen = present.iter().filter(|view| input.met.contains(&view.id)).count() as u64;
    let all = if input.met.is_empty() { 0 } else { present.len() as u64 };
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
