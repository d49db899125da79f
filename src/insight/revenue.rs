//! Monthly recurring revenue: what moved it, and what was kept. Amounts are minor units of one currency.
//!
//! Definitions: ChartMogul's five movements; NRR by Gold 2020, listing 2.1; GRR with the minimum taken per account
//! (SaaS Metrics Standards Board). A movement of day d is MRR(d) − MRR(d−1).

use serde::Serialize;

use super::ledger::Account;

/// What moved the revenue of a period. Opening + new + expansion + contraction + churn + reactivation = closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Movements {
    /// At the end of the day before the period.
    pub opening: i64,
    /// From customers who never paid before.
    pub new: i64,
    /// Any rise of a customer's revenue.
    pub expansion: i64,
    /// Any fall that leaves something; negative.
    pub contraction: i64,
    /// Falls to nothing; negative.
    pub churn: i64,
    /// From customers who had left.
    pub reactivation: i64,
    /// At the end of the period's last day.
    pub closing: i64,
}

impl Movements {
    /// Every change of every day of `[from, to)`: what goes up and comes down again counts twice.
    pub fn of(accounts: &[Account], from: i32, to: i32) -> Movements {
        let mut sum = Movements::default();
        for account in accounts {
            sum.opening += account.mrr(from - 1);
            sum.closing += account.mrr(to - 1);
            for day in account.changes(from, to) {
                sum.add(account, day);
            }
        }
        sum
    }

    fn add(&mut self, account: &Account, day: i32) {
        let (before, after) = (account.mrr(day - 1), account.mrr(day));
        let moved = after - before;
        match (before > 0, after > 0) {
            (true, true) if moved > 0 => self.expansion += moved,
            (true, true) => self.contraction += moved,
            (true, false) => self.churn += moved,
            (false, true) if paid_before(account, day) => self.reactivation += moved,
            (false, true) => self.new += moved,
            (false, false) => {}
        }
    }

    /// (new + expansion) ÷ (contraction + churn); none where nothing was lost.
    pub fn quick_ratio(&self) -> Option<f64> {
        ratio(self.new + self.expansion, -(self.contraction + self.churn))
    }

    /// (churn + contraction) ÷ opening, by events.
    pub fn gross_churn(&self) -> Option<f64> {
        ratio(-(self.churn + self.contraction), self.opening)
    }

    /// (churn + contraction − expansion − reactivation) ÷ opening, by events; negative where more was won.
    pub fn net_churn(&self) -> Option<f64> {
        ratio(-(self.churn + self.contraction + self.expansion + self.reactivation), self.opening)
    }
}

/// Revenue kept by those active at the opening, and its opening: (NRR's, GRR's numerator, denominator). New and returned
/// customers are in none of them, so GRR is at most 1.
pub fn kept(accounts: &[Account], from: i32, to: i32) -> (i64, i64, i64) {
    let mut sum = (0, 0, 0);
    for account in accounts {
        let (open, close) = (account.mrr(from - 1), account.mrr(to - 1));
        if open > 0 {
            sum = (sum.0 + close, sum.1 + open.min(close), sum.2 + open);
        }
    }
    sum
}

/// Opening revenue of those who are gone at the closing, and that of everybody.
pub fn lost(accounts: &[Account], from: i32, to: i32) -> (i64, i64) {
    accounts.iter().filter(|account| account.active(from - 1)).fold((0, 0), |(lost, all), account| {
        let open = account.mrr(from - 1);
        (if account.active(to - 1) { lost } else { lost + open }, all + open)
    })
}

/// Closing revenue and how many paying accounts share it (ARPA = their ratio).
pub fn per_account(accounts: &[Account], day: i32) -> (i64, u64) {
    let paying: Vec<i64> = accounts.iter().map(|a| a.mrr(day)).filter(|mrr| *mrr > 0).collect();
    (paying.iter().sum(), paying.len() as u64)
}

/// More revenue from customers paying at the opening, between opening and closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// Customers paying at the opening.
    pub paying: u64,
    /// What they paid.
    pub opening: i64,
    /// Of them, who pay more for what they had: a higher plan, more seats.
    pub upsold: u64,
    /// By how much, without falls.
    pub upsell: i64,
    /// Of them, who have a further contract beside those they had: a related service.
    pub cross_sold: u64,
    /// What those contracts bring.
    pub cross_sell: i64,
}

/// A contract that begins so many days after another one of the customer has ended takes its place: as long as a renewal may
/// come late.
const REPLACES_DAYS: i32 = super::kpi::GRACE_DAYS;

/// Upsell (what replaces a contract pays more) and cross-sell (a contract beside those that go on), each customer once.
pub fn more(accounts: &[Account], from: i32, to: i32) -> More {
    let mut sum = More::default();
    for account in accounts {
        let (open, close) = (account.mrr(from - 1), account.mrr(to - 1));
        if open <= 0 {
            continue;
        }
        let cross = further(account, from, to);
        let rise = (close.saturating_sub(cross)).saturating_sub(open).max(0);
        sum.paying += 1;
        sum.opening = sum.opening.saturating_add(open);
        sum.upsold += u64::from(rise > 0);
        sum.upsell = sum.upsell.saturating_add(rise);
        sum.cross_sold += u64::from(cross > 0);
        sum.cross_sell = sum.cross_sell.saturating_add(cross);
    }
    sum
}

/// What contracts bring that began beside those that go on. One that ended has one successor: the first to begin, and of
/// those that begin on one day the one whose amount is nearest.
fn further(account: &Account, from: i32, to: i32) -> i64 {
    let ended = account.lines.iter().filter_map(|l| Some((l.end.filter(|end| (from..to).contains(end))?, l.mrr)));
    let mut ended: Vec<(i32, i64)> = ended.collect();
    ended.sort_unstable();
    let mut beside: Vec<(i32, i64)> = account
        .lines
        .iter()
        .filter(|l| l.start >= from && l.covers(to - 1) && l.mrr > 0)
        .map(|l| (l.start, l.mrr))
        .collect();
    for (end, mrr) in ended {
        let after = end..=end.saturating_add(REPLACES_DAYS);
        let successors = beside.iter().enumerate().filter(|(_, (start, _))| after.contains(start));
        let next = successors.min_by_key(|(_, (start, own))| (*start, own.abs_diff(mrr))).map(|(place, _)| place);
        next.map(|place| beside.swap_remove(place));
    }
    beside.iter().fold(0, |sum, (_, mrr)| sum.saturating_add(*mrr))
}

/// Revenue per account over a lifetime: ARPA ÷ churn of the same length of time. None at zero churn: nobody left, so
/// nothing is known of how long they stay.
pub fn ltv(arpa: f64, churn: f64) -> Option<f64> {
    (churn > 0.0).then(|| arpa / churn)
}

fn paid_before(account: &Account, day: i32) -> bool {
    account.lines.iter().any(|line| line.mrr > 0 && line.start < day && line.end.is_none_or(|end| end > line.start))
}

fn ratio(of: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{Line, tables};
    use super::*;

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    // Expected values: a second program with the standard library only, and DuckDB over the SQL of Gold 2020.
    #[test]
    fn the_movements_of_a_month_lead_from_its_opening_to_its_closing() {
        let (accounts, from, to) = tables::april();
        let month = Movements::of(&accounts, from, to);
        let expected = Movements {
            opening: 77_000,
            new: 24_000,
            expansion: 20_000,
            contraction: -25_000,
            churn: -19_000,
            reactivation: 10_000,
            closing: 87_000,
        };
        assert_eq!(month, expected);
        assert!(near(month.gross_churn(), 0.571_428_571_428_571_4));
        assert!(near(month.net_churn(), 0.181_818_181_818_181_8));
        assert!(near(month.quick_ratio(), 1.0));
    }

    #[test]
    fn what_a_cohort_kept_is_not_what_the_movements_sum_to() {
        let (accounts, from, to) = tables::april();
        assert_eq!(kept(&accounts, from, to), (64_000, 54_000, 77_000));
        assert_eq!(per_account(&accounts, to - 1), (87_000, 8));
        assert!(near(ltv(87_000.0 / 8.0, 1.0 / 6.0), 65_250.0));
    }

    /// A higher plan in place of the lower one; a second contract beside the first; a second one that takes the place of an
    /// ended one a week later; a customer who is new; one who pays less.
    #[test]
    fn a_higher_plan_is_upsell_and_a_contract_beside_it_is_cross_sell() {
        let lines = |all: &[(i32, Option<i32>, i64)]| Account {
            lines: all.iter().map(|(start, end, mrr)| Line { start: *start, end: *end, mrr: *mrr }).collect(),
        };
        let accounts = [
            lines(&[(0, Some(105), 100), (105, None, 150)]),
            lines(&[(0, None, 100), (110, None, 40)]),
            lines(&[(0, None, 100), (0, Some(105), 30), (112, None, 50)]),
            lines(&[(104, None, 500)]),
            lines(&[(0, Some(105), 100), (105, None, 60)]),
            // Renewed, and on the same day and in the weeks after it something beside it.
            lines(&[(0, Some(105), 100), (105, None, 110), (105, None, 20), (120, None, 9)]),
        ];
        let found = more(&accounts, 100, 130);
        assert_eq!((found.paying, found.opening), (5, 530));
        assert_eq!((found.upsold, found.upsell), (3, 50 + 20 + 10));
        assert_eq!((found.cross_sold, found.cross_sell), (2, 40 + 20 + 9), "what ended has one successor");
        let (april, from, to) = tables::april();
        let found = more(&april, from, to);
        assert_eq!((found.upsold, found.upsell, found.cross_sold), (1, 10_000, 0), "B's higher plan");
    }

    #[test]
    fn nobody_lost_is_no_lifetime_and_no_ratio() {
        assert_eq!(ltv(100.0, 0.0), None);
        assert_eq!(Movements { new: 5, ..Movements::default() }.quick_ratio(), None);
    }

    /// Ledgers of all shapes, made by arithmetic.
    fn ledgers() -> impl Iterator<Item = Vec<Account>> {
        let mut seed = 1_u64;
        let mut next = move |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        (0..300).map(move |_| {
            let account = |next: &mut dyn FnMut(u64) -> u64| {
                let line = |next: &mut dyn FnMut(u64) -> u64| {
                    let start = next(100) as i32;
                    let end = (next(3) > 0).then(|| start + next(60) as i32);
                    Line { start, end, mrr: next(4) as i64 * 1_000 }
                };
                Account { lines: (0..next(5)).map(|_| line(next)).collect() }
            };
            (0..8).map(|_| account(&mut next)).collect()
        })
    }

    #[test]
    fn opening_and_movements_always_make_the_closing_and_gross_never_beats_net() {
        for accounts in ledgers() {
            let m = Movements::of(&accounts, 40, 70);
            assert_eq!(m.opening + m.new + m.expansion + m.contraction + m.churn + m.reactivation, m.closing);
            let (net, gross, open) = kept(&accounts, 40, 70);
            assert!(gross <= net.min(open), "{accounts:?}");
        }
    }
}
