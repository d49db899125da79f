//! The page for those who decide on money: what churn costs, what may lie behind it, what a lower churn would keep,
//! and what the work costs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    book::Book,
    churn::Share,
    costs::Costs,
    effect::{
        power::ALPHA,
        proportions::{Counts, difference, newcombe},
    },
    kpi::{
        ONBOARDING_DAYS,
        customer::{Asked, Customer, recorded_from},
    },
    ledger::Account,
    rate::{Rate, Unit},
    revenue::Movements,
};
use crate::model::{ids::AccountId, instant::date_of, money::Currency};

/// Months looked back at.
pub const MONTHS: usize = 12;
/// The day after its start until which a customer of the cohort is followed.
const FOLLOWED_DAYS: i32 = 180;
/// Customers who started longer ago are not in the cohort: the onboarding was another one then.
const COHORT_DAYS: i32 = 730;
/// Without a target that is lower than today's churn: what if a quarter of it went.
const A_QUARTER_LESS: f64 = 0.75;

/// One month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Month {
    /// Its first day.
    pub first: String,
    /// Customers at its opening.
    pub opening: u64,
    /// Of them lost at its closing.
    pub lost: u64,
    /// Monthly revenue they paid at its opening, minor units.
    pub lost_mrr: i64,
    /// Monthly revenue of a paying customer at its closing, major units; none where nobody pays.
    pub arpa: Option<f64>,
    /// What moved the revenue, minor units.
    pub movements: Movements,
    /// Losses of the whole month are on record: it counts for churn.
    pub recorded: bool,
}

/// How the revenue of a paying customer went from the opening of the first month to the end of the last one, major units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// At the opening.
    pub then: f64,
    /// At the end.
    pub now: f64,
    /// Customers who paid at both, and what one of them paid then and pays now: what selling more to them made of it. The
    /// rest of the change is who came and who left.
    pub stayed: u64,
    /// One of those, at the opening; none where nobody stayed.
    pub stayed_then: Option<f64>,
    /// One of those, at the end.
    pub stayed_now: Option<f64>,
}

/// Customers of one cohort, by whether their onboarding was done in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Onboarded {
    /// Done by the 30th day: how many, and of them lost by the 180th.
    pub done: Counts,
    /// Not done by then.
    pub late: Counts,
    /// Share of those lost: done − late.
    pub diff: f64,
    /// Newcombe's 95 % interval.
    pub ci95: [f64; 2],
    /// Always false: who is onboarded in time may differ in other ways too.
    pub causal: bool,
}

/// Why customers said they left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In their words or ours.
    pub reason: String,
    /// How many.
    pub accounts: u64,
    /// Monthly revenue they paid before, minor units.
    pub mrr: i64,
}

/// What a lower churn would mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// Churn a month as it is.
    pub now: f64,
    /// And as it might be.
    pub then: f64,
    /// It is the target, not a mere example.
    pub is_target: bool,
    /// Lifetime value of a customer now, and then; major units.
    pub ltv: [f64; 2],
    /// Revenue of the next twelve months that would be kept besides; major units.
    pub kept: f64,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Executive {
    /// First day, and the day after the last one.
    pub period: [String; 2],
    /// The currency of the revenue.
    pub currency: Option<String>,
    /// Contracts in another currency, whose revenue is left out.
    pub other_currency: usize,
    /// By month, the oldest first; months without customers at the opening are not there.
    pub months: Vec<Month>,
    /// The first day of the months that count for churn, where others are left out: who left before is not on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_from: Option<String>,
    /// Churn a month, of months on record: lost ÷ customers at the opening, both summed over the months.
    pub churn: Rate,
    /// Yearly revenue that left in these months: 12 × the monthly revenue of those who were lost; minor units.
    pub lost_a_year: Option<i64>,
    /// Customers by whether they were onboarded in time; none where either group is empty.
    pub onboarded: Option<Onboarded>,
    /// Why they left, the most revenue first.
    pub reasons: Vec<Reason>,
    /// Monthly revenue of a paying customer at the end; major units.
    pub arpa: Option<f64>,
    /// How that went over these months; none where nobody paid at one of the ends, or several currencies are paid in.
    pub arpa_trend: Option<Trend>,
    /// Monthly revenue at the end, minor units.
    pub mrr: i64,
    /// What if; none without churn or revenue.
    pub what_if: Option<WhatIf>,
    /// What it costs.
    pub costs: Costs,
    /// What the costs count in.
    pub costs_currency: String,
    /// LTV × margin ÷ CAC; none where the revenue is in another currency than the costs.
    pub ltv_to_cac: Option<f64>,
    /// Months until CAC has come back: CAC ÷ (ARPA × margin).
    pub payback_months: Option<f64>,
}

/// What the page is made of.
pub struct Input<'a> {
    /// Contracts.
    pub book: &'a Book,
    /// Milestones of every customer.
    pub customers: &'a [Customer],
    /// Which milestones end the onboarding.
    pub asked: &'a Asked,
    /// Why accounts left, where they said it.
    pub reasons: &'a BTreeMap<AccountId, String>,
    /// Churn a month that is aimed at.
    pub target: Option<f64>,
    /// Costs.
    pub costs: Costs,
    /// The workspace's currency, in which they are.
    pub currency: Currency,
}

/// The page over these months, each `[from, to)` as day numbers, the oldest first.
pub fn report(input: &Input<'_>, months: &[(i32, i32)]) -> Executive {
    let ledger = input.book.ledger();
    let scale = input.book.currency.map_or(1.0, Currency::scale);
    let (from, to) = (months.first().map_or(0, |m| m.0), months.last().map_or(0, |m| m.1));
    let recorded = recorded_from(input.book, input.customers).unwrap_or(i32::MIN);
    // The newest month counts in any case, or there would be nothing to say.
    let counts = |(first, end): (i32, i32)| first >= recorded || end == to;
    let one = |span: &(i32, i32)| Month { recorded: counts(*span), ..month(&ledger, span.0, span.1, scale) };
    let months: Vec<Month> = months.iter().map(one).filter(|month| month.opening > 0).collect();
    let sum = |of: fn(&Month) -> u64| months.iter().filter(|month| month.recorded).map(of).sum::<u64>();
    let churn = Rate {
        target: input.target,
        ..Rate::share(Share { of: sum(|m| m.lost), all: sum(|m| m.opening) }, "months_pooled")
    };
    let (mrr, arpa) = (super::revenue::per_account(&ledger, to - 1).0, arpa(&ledger, to - 1, scale));
    let what_if =
        churn.value.zip(arpa).and_then(|(churn, arpa)| what_if(churn, input.target, arpa, mrr as f64 / scale));
    let (costs, cac) = (input.costs, input.costs.cac_in(input.book.currency, input.currency));
    let left_out = months.iter().any(|month| !month.recorded);
    let first = months.iter().find(|month| month.recorded).filter(|_| left_out).map(|month| month.first.clone());
    let lost = months.iter().filter(|month| month.recorded).map(|month| month.lost_mrr).fold(0, i64::saturating_add);
    Executive {
        period: [date_of(from).to_string(), date_of(to).to_string()],
        currency: input.book.currency.map(|c| c.code().to_owned()),
        lost_a_year: input.book.currency.map(|_| lost.saturating_mul(12)),
        onboarded: onboarded(input.book, input.customers, input.asked, to),
        reasons: reasons(input, from, to),
        ltv_to_cac: what_if.zip(cac).map(|(w, cac)| costs.times(w.ltv[0], cac)),
        payback_months: arpa.zip(cac).map(|(arpa, cac)| costs.payback(arpa, cac)),
        recorded_from: first,
        months,
        churn,
        arpa,
        arpa_trend: trend(&ledger, from - 1, to - 1, scale).filter(|_| input.book.currency.is_some()),
        mrr,
        what_if,
        costs: input.costs,
        costs_currency: input.currency.code().to_owned(),
        other_currency: input.book.foreign,
    }
}

/// Monthly revenue of a paying customer on `day`, major units.
fn arpa(ledger: &[Account], day: i32, scale: f64) -> Option<f64> {
    let (mrr, paying) = super::revenue::per_account(ledger, day);
    (paying > 0).then(|| mrr as f64 / scale / paying as f64)
}

fn trend(ledger: &[Account], opening: i32, end: i32, scale: f64) -> Option<Trend> {
    let (then, now) = arpa(ledger, opening, scale).zip(arpa(ledger, end, scale))?;
    let both: Vec<Account> = ledger.iter().filter(|a| a.mrr(opening) > 0 && a.mrr(end) > 0).cloned().collect();
    let [stayed_then, stayed_now] = [opening, end].map(|day| arpa(&both, day, scale));
    Some(Trend { then, now, stayed: both.len() as u64, stayed_then, stayed_now })
}

fn month(ledger: &[Account], from: i32, to: i32, scale: f64) -> Month {
    let share = super::churn::start_end(ledger, from, to);
    // Whoever renews a day late is not lost, although a movement says so twice.
    let lost = ledger.iter().filter(|account| account.active(from - 1) && !account.active(to - 1));
    let lost_mrr = lost.map(|account| account.mrr(from - 1)).fold(0, i64::saturating_add);
    let movements = Movements::of(ledger, from, to);
    Month {
        first: date_of(from).to_string(),
        opening: share.all,
        lost: share.of,
        lost_mrr,
        arpa: arpa(ledger, to - 1, scale),
        movements,
        recorded: true,
    }
}

/// LTV = ARPA ÷ churn. What stays of today's revenue after k months is (1 − churn)^k, so a lower churn keeps the
/// sum of the differences of twelve months.
fn what_if(now: f64, target: Option<f64>, arpa: f64, mrr: f64) -> Option<WhatIf> {
    let aimed = target.filter(|target| *target > 0.0 && *target < now);
    let then = aimed.unwrap_or(now * A_QUARTER_LESS);
    let stays = |churn: f64| (1..=12).map(|k| (1.0 - churn).powi(k)).sum::<f64>();
    let one = || WhatIf {
        now,
        then,
        is_target: aimed.is_some(),
        ltv: [arpa / now, arpa / then],
        kept: mrr * (stays(then) - stays(now)),
    };
    (now > 0.0 && mrr > 0.0).then(one)
}

/// Customers who were still there on their 30th day, by whether their onboarding was done by then: nobody counts as late
/// because they left early. Only those whose 180th day lies behind, and who were known by the 30th: of others nobody saw
/// when they were done.
pub fn onboarded(book: &Book, customers: &[Customer], asked: &Asked, to: i32) -> Option<Onboarded> {
    let accounts: BTreeMap<AccountId, &Account> = book.accounts.iter().map(|(id, a)| (*id, a)).collect();
    let (mut done, mut late) = (Counts::default(), Counts::default());
    let required = &asked.required;
    for customer in customers.iter().filter(|_| !required.is_empty()) {
        let Some((account, start)) = accounts.get(&customer.id).and_then(|a| Some((*a, a.joined()?))) else { continue };
        let (due, end) = (start + ONBOARDING_DAYS, start + FOLLOWED_DAYS);
        if start < to - COHORT_DAYS || end >= to || customer.seen > due || !account.active(due) {
            continue;
        }
        let in_time = required.iter().all(|name| customer.reached(name).is_some_and(|day| day <= due));
        let arm = if in_time { &mut done } else { &mut late };
        arm.add(!account.active(end));
    }
    let (diff, ci95) = (difference(done, late)?, newcombe(done, late, ALPHA)?);
    Some(Onboarded { done, late, diff, ci95, causal: false })
}

/// Of those who left in `[from, to)` and have not come back.
fn reasons(input: &Input<'_>, from: i32, to: i32) -> Vec<Reason> {
    let mut by_reason: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for (id, account) in &input.book.accounts {
        let left = account.lost(from, to).filter(|_| !account.active(to - 1));
        let (Some(reason), Some(day)) = (input.reasons.get(id), left) else { continue };
        let sum = by_reason.entry(reason).or_default();
        *sum = (sum.0 + 1, sum.1 + account.mrr(day - 1));
    }
    let reason = |(reason, (accounts, mrr)): (&str, (u64, i64))| Reason { reason: reason.to_owned(), accounts, mrr };
    let mut all: Vec<Reason> = by_reason.into_iter().map(reason).collect();
    all.sort_by(|a, b| (b.mrr, b.accounts, &a.reason).cmp(&(a.mrr, a.accounts, &b.reason)));
    all
}

impl Executive {
    /// What amounts count in.
    pub fn unit(&self) -> Unit {
        Unit::Money(self.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::JPY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        insight::{
            book::{Contract, Own},
            ledger::Line,
            view::AccountView,
        },
        model::instant::Instant,
    };
    use jiff::tz::TimeZone;

    /// (start, end, monthly revenue, day the onboarding was done).
    fn world(rows: &[(i32, Option<i32>, i64, Option<i32>)]) -> (Book, Vec<Customer>, Asked) {
        let asked = Asked { required: vec!["done".to_owned()], ..Asked::default() };
        let (mut own, mut contracts, mut customers) = (Vec::new(), Vec::new(), Vec::new());
        for (id, (start, end, mrr, done)) in (1..).map(AccountId).zip(rows) {
            let mut view = AccountView { id, ..AccountView::default() };
            let reached = done.map(|day| ("done".to_owned(), Instant::start_of_day(day, &TimeZone::UTC)));
            view.state.milestones.extend(reached);
            customers.push(asked.of(&view, &TimeZone::UTC));
            own.push(Own { id, implied: None });
            let line = Line { start: *start, end: *end, mrr: *mrr };
            contracts.push(Contract { account: id, line, currency: Currency::JPY });
        }
        (Book::of(own.into_iter(), &contracts), customers, asked)
    }

    fn page(rows: &[(i32, Option<i32>, i64, Option<i32>)], months: &[(i32, i32)], target: Option<f64>) -> Executive {
        let (book, customers, asked) = world(rows);
        let costs = Costs { cac: Some(40_000.0), gross_margin: Some(0.8), ..Costs::default() };
        let reasons = BTreeMap::from([(AccountId(1), "price".to_owned()), (AccountId(2), "closed".to_owned())]);
        let currency = Currency::JPY;
        let input =
            Input { book: &book, customers: &customers, asked: &asked, reasons: &reasons, target, costs, currency };
        report(&input, months)
    }

    /// Ten customers of ¥10,000; one leaves in each of two months: 2 of 10 + 9.
    #[test]
    fn what_churn_costs_and_what_a_lower_one_would_keep() {
        let mut rows = vec![(0, Some(1_015), 10_000, None), (0, Some(1_040), 30_000, None)];
        rows.extend((0..8).map(|_| (0, None, 10_000, None)));
        let found = page(&rows, &[(1_000, 1_030), (1_030, 1_060)], Some(0.05));
        assert_eq!((found.churn.numerator, found.churn.denominator), (2, 19));
        assert_eq!(found.lost_a_year, Some(480_000), "12 × (10,000 + 30,000)");
        assert_eq!((found.arpa, found.mrr), (Some(10_000.0), 80_000));
        let what_if = found.what_if.unwrap();
        // By hand: 10,000 ÷ (2/19); Σ 0.95^k = 8.733154…, Σ (17/19)^k = 6.257895… of twelve months.
        assert!((what_if.ltv[0] - 95_000.0).abs() < 1e-6 && (what_if.ltv[1] - 200_000.0).abs() < 1e-6);
        let stays = |r: f64| r * (1.0 - r.powi(12)) / (1.0 - r);
        assert!((what_if.kept - 80_000.0 * (stays(0.95) - stays(17.0 / 19.0))).abs() < 1e-6 && what_if.is_target);
        assert!((found.ltv_to_cac.unwrap() - 1.9).abs() < 1e-9 && (found.payback_months.unwrap() - 5.0).abs() < 1e-9);
        let reasons: Vec<_> = found.reasons.iter().map(|r| (r.reason.as_str(), r.accounts, r.mrr)).collect();
        assert_eq!(reasons, [("closed", 1, 30_000), ("price", 1, 10_000)]);
    }

    /// Four pay 10,000 and one 30,000 at the opening (14,000 each). One of four goes, another pays 18,000, and two come at
    /// 6,000: 10,000 + 10,000 + 18,000 + 30,000 + 12,000 of six is 13,333.33; of the four that stayed it was 15,000 and is 17,000.
    #[test]
    fn revenue_per_account_falls_by_newcomers_while_those_who_stayed_pay_more() {
        let mut rows = vec![(0, Some(1_015), 10_000, None), (0, None, 10_000, None), (0, None, 10_000, None)];
        rows.extend([(0, None, 30_000, None), (1_010, None, 6_000, None), (1_040, None, 6_000, None)]);
        let (_, customers, asked) = world(&rows);
        let own = (1..=7).map(|id| Own { id: AccountId(id), implied: None });
        let line = |start, end, mrr| Line { start, end, mrr };
        let mut contracts: Vec<Contract> = (1..)
            .map(AccountId)
            .zip(&rows)
            .map(|(account, row)| Contract { account, line: line(row.0, row.1, row.2), currency: Currency::JPY })
            .collect();
        for line in [line(0, Some(1_020), 10_000), line(1_020, None, 18_000)] {
            contracts.push(Contract { account: AccountId(7), line, currency: Currency::JPY });
        }
        let book = Book::of(own, &contracts);
        let reasons = BTreeMap::new();
        let (target, costs, currency) = (None, Costs::default(), Currency::JPY);
        let input =
            Input { book: &book, customers: &customers, asked: &asked, reasons: &reasons, target, costs, currency };
        let found = report(&input, &[(1_000, 1_030), (1_030, 1_060)]);
        let trend = found.arpa_trend.unwrap();
        assert_eq!((trend.then, trend.stayed), (14_000.0, 4));
        assert!((trend.now - 80_000.0 / 6.0).abs() < 1e-9, "{trend:?}");
        assert_eq!((trend.stayed_then, trend.stayed_now), (Some(15_000.0), Some(17_000.0)));
        let months: Vec<Option<f64>> = found.months.iter().map(|month| month.arpa).collect();
        assert_eq!(months, [Some(74_000.0 / 5.0), Some(80_000.0 / 6.0)]);
    }

    #[test]
    fn a_target_that_is_reached_already_is_no_what_if_and_no_churn_is_none() {
        let rows: Vec<_> = (0..40).map(|n| (0, (n == 0).then_some(1_010), 1_000, None)).collect();
        let found = page(&rows, &[(1_000, 1_030)], Some(0.05)).what_if.unwrap();
        assert!(!found.is_target && (found.then - 0.025 * 0.75).abs() < 1e-12);
        let nobody = page(&[(0, None, 1_000, None)], &[(1_000, 1_030)], None);
        assert_eq!((nobody.what_if, nobody.ltv_to_cac, nobody.lost_a_year), (None, None, Some(0)));
        assert_eq!(page(&[], &[(1_000, 1_030)], None).churn.value, None);
    }

    /// A contract renewed a day late: churn and reactivation of the movements cancel, and nothing was lost.
    #[test]
    fn who_renews_a_day_late_is_not_lost_and_costs_in_another_currency_are_no_ratio() {
        let (_, customers, asked) = world(&[]);
        let line = |start, end| Line { start, end, mrr: 10_000 };
        let contract = |line| Contract { account: AccountId(1), line, currency: Currency::JPY };
        let contracts = [contract(line(0, Some(1_010))), contract(line(1_011, None))];
        let book = Book::of([Own { id: AccountId(1), implied: None }].into_iter(), &contracts);
        let (reasons, costs) =
            (BTreeMap::from([(AccountId(1), "late".to_owned())]), Costs { cac: Some(9.0), ..Costs::default() });
        let asked_in = |currency| {
            let (customers, asked) = (&customers, &asked);
            report(
                &Input { book: &book, customers, asked, reasons: &reasons, target: None, costs, currency },
                &[(1_000, 1_030)],
            )
        };
        let found = asked_in(Currency::JPY);
        assert_eq!((found.churn.numerator, found.lost_a_year, found.reasons.len()), (0, Some(0), 0));
        assert!(found.payback_months.is_some() && asked_in(Currency(*b"USD")).payback_months.is_none());
    }

    /// Whoever leaves on day 10 could not be onboarded: counted as late, leaving would explain itself.
    #[test]
    fn who_left_before_the_30th_day_is_in_neither_group() {
        let mut rows = vec![(900, Some(910), 1, None)];
        rows.extend((0..10).map(|n| (900, (n < 1).then_some(1_000), 1, Some(920))));
        rows.extend((0..10).map(|n| (900, (n < 4).then_some(1_000), 1, Some(950))));
        let found = page(&rows, &[(1_070, 1_100)], None).onboarded.unwrap();
        assert_eq!((found.done, found.late), (Counts { n: 10, events: 1 }, Counts { n: 10, events: 4 }));
        assert!((found.diff + 0.3).abs() < 1e-12 && !found.causal);
        assert_eq!(page(&rows, &[(1_050, 1_080)], None).onboarded, None, "their 180th day does not lie behind");
    }
}
