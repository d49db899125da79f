//! How many customers were lost, by the methods the field uses. They give different numbers from the same ledger:
//! compare only rates of one method.

use super::ledger::Account;

/// A count out of a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub of: u64,
    /// Of how many.
    pub all: u64,
}

/// `start_end`: active at the opening and not at the closing, of those active at the opening. Who joins and leaves
/// within the period is in neither (Gold 2020, listing 2.2).
pub fn start_end(accounts: &[Account], from: i32, to: i32) -> Share {
    let opening: Vec<&Account> = accounts.iter().filter(|a| a.active(from - 1)).collect();
    Share { of: count(&opening, |a| !a.active(to - 1)), all: opening.len() as u64 }
}

/// `months_pooled`: `start_end` of each month, lost and opening both summed: churn a month over several of them.
pub fn pooled(accounts: &[Account], months: &[(i32, i32)]) -> Share {
    let each = months.iter().map(|(from, to)| start_end(accounts, *from, *to));
    each.fold(Share::default(), |sum, month| Share { of: sum.of + month.of, all: sum.all + month.all })
}

/// `events_excl_new`: customers who left at some time in the period, without those who joined in it, of those
/// active at the opening (ChartMogul's standard method).
pub fn events_excl_new(accounts: &[Account], from: i32, to: i32) -> Share {
    let opening: Vec<&Account> = accounts.iter().filter(|a| a.active(from - 1)).collect();
    Share { of: count(&opening, |a| a.lost(from, to).is_some()), all: opening.len() as u64 }
}

/// `incl_new`: every customer who left at some time in the period, new ones too, of those active at the opening
/// (Baremetrics' method).
pub fn incl_new(accounts: &[Account], from: i32, to: i32) -> Share {
    let all: Vec<&Account> = accounts.iter().collect();
    Share { of: count(&all, |a| a.lost(from, to).is_some()), all: count(&all, |a| a.active(from - 1)) }
}

/// `daily_sum`: the sum over the days of the share lost that day (Shopify's method). Days that nobody began are
/// left out; none where there is no other.
pub fn daily_sum(accounts: &[Account], from: i32, to: i32) -> Option<f64> {
    let mut any = false;
    let mut sum = 0.0;
    for day in from..to {
        let before = accounts.iter().filter(|a| a.active(day - 1)).count();
        let kept = accounts.iter().filter(|a| a.active(day - 1) && a.active(day)).count();
        if before > 0 {
            any = true;
            sum += 1.0 - kept as f64 / before as f64;
        }
    }
    any.then_some(sum)
}

/// Early churn: of those whose N-th day after joining lies in the period, how many had left by it. Younger accounts
/// are in neither count.
pub fn early(accounts: &[Account], days: i32, from: i32, to: i32) -> Share {
    let cohort: Vec<(&Account, i32)> = accounts
        .iter()
        .filter_map(|a| a.joined().map(|joined| (a, joined)))
        .filter(|(_, joined)| (from..to).contains(&(joined + days)))
        .collect();
    let gone = cohort.iter().filter(|(a, joined)| a.lost(joined + 1, joined + days + 1).is_some()).count();
    Share { of: gone as u64, all: cohort.len() as u64 }
}

/// Renewals: of the contracts whose end lies in the period, how many went on (another line of the account runs on the
/// end day, or begins within `grace` days after it). Contracts without an end are not due.
pub fn renewed(accounts: &[Account], grace: i32, from: i32, to: i32) -> (Share, Share) {
    let (mut count, mut value) = (Share::default(), Share::default());
    for account in accounts {
        for end in account.changes(from, to) {
            let due = account.mrr(end - 1);
            let ended = account.lines.iter().any(|line| line.end == Some(end) && line.covers(end - 1));
            if !ended || !account.active(end - 1) {
                continue;
            }
            let kept = (end..=end.saturating_add(grace)).map(|day| account.mrr(day)).max().unwrap_or(0);
            let on = (end..=end.saturating_add(grace)).any(|day| account.active(day));
            count = Share { of: count.of + u64::from(on), all: count.all + 1 };
            value.of += u64::try_from(kept.min(due).max(0)).unwrap_or(0);
            value.all += u64::try_from(due.max(0)).unwrap_or(0);
        }
    }
    (count, value)
}

/// A rate over another length: `1 − (1 − c)^(to / from)`, e.g. a month's churn as a year's (Gold 2020, 2.5).
pub fn scaled(rate: f64, from_days: f64, to_days: f64) -> f64 {
    1.0 - (1.0 - rate).powf(to_days / from_days)
}

fn count(accounts: &[&Account], which: impl Fn(&Account) -> bool) -> u64 {
    accounts.iter().filter(|a| which(a)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{Line, tables};
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    // Expected values: DuckDB over the SQL of Gold 2020, and a second program with the standard library only.
    #[test]
    fn one_ledger_gives_four_churn_rates_by_four_methods() {
        let (accounts, from, to) = tables::april();
        assert_eq!(start_end(&accounts, from, to), Share { of: 1, all: 6 });
        assert_eq!(events_excl_new(&accounts, from, to), Share { of: 2, all: 6 });
        assert_eq!(incl_new(&accounts, from, to), Share { of: 3, all: 6 });
        assert!(near(daily_sum(&accounts, from, to).unwrap(), 0.322_222_222_222_222));
    }

    /// Ten customers, one leaves in each of two months: 2 of 10 + 9; over both months at once it would be 2 of 10.
    #[test]
    fn months_are_pooled_and_not_compared_as_one() {
        let line = |end| Account { lines: vec![Line { start: 0, end, mrr: 1 }] };
        let mut all = vec![line(Some(110)), line(Some(140))];
        all.extend((0..8).map(|_| line(None)));
        assert_eq!(pooled(&all, &[(100, 130), (130, 160)]), Share { of: 2, all: 19 });
        assert_eq!(start_end(&all, 100, 160), Share { of: 2, all: 10 });
    }

    #[test]
    fn the_opening_is_the_evening_before_not_the_first_day() {
        let (accounts, from, to) = tables::april();
        // K starts on 1 April: counted as opening it would be 1 of 7.
        assert_eq!(start_end(&accounts, from, to).all, 6);
        assert_eq!(start_end(&accounts, from + 1, to).all, 7);
    }

    #[test]
    fn a_rate_is_scaled_by_compounding() {
        assert!(near(scaled(1.0 / 6.0, 30.0, 365.0), 0.891_200_180_945_074));
        assert!(near(scaled(1.0 / 6.0, 30.0, 365.0 / 12.0), 0.168_774_200_349_532));
        assert!(near(scaled(0.05, 1.0, 12.0), 0.459_639_912_337_363));
    }

    #[test]
    fn early_churn_waits_until_everybody_is_old_enough() {
        let line = |start, end| Account { lines: vec![Line { start, end, mrr: 1 }] };
        let accounts = [line(10, Some(60)), line(10, None), line(10, Some(101)), line(50, Some(55))];
        // Their 90th day is day 100; the last one's is day 140.
        assert_eq!(early(&accounts, 90, 90, 120), Share { of: 1, all: 3 });
        assert_eq!(early(&accounts, 90, 120, 150), Share { of: 1, all: 1 });
    }

    #[test]
    fn a_renewal_is_due_on_its_end_and_may_come_late() {
        let lines = |all: &[(i32, Option<i32>, i64)]| Account {
            lines: all.iter().map(|(start, end, mrr)| Line { start: *start, end: *end, mrr: *mrr }).collect(),
        };
        let accounts = [
            lines(&[(0, Some(105), 100), (105, None, 120)]), // renewed with more
            lines(&[(0, Some(105), 100), (110, None, 40)]),  // five days late and smaller
            lines(&[(0, Some(105), 100)]),                   // gone
            lines(&[(0, None, 100)]),                        // never due
        ];
        let (count, value) = renewed(&accounts, 14, 100, 130);
        assert_eq!((count, value), (Share { of: 2, all: 3 }, Share { of: 140, all: 300 }));
        assert_eq!(renewed(&accounts, 0, 100, 130).0, Share { of: 1, all: 3 });
    }

    #[test]
    fn nobody_to_lose_is_no_rate() {
        assert_eq!((start_end(&[], 0, 30), daily_sum(&[], 0, 30)), (Share::default(), None));
    }
}
