//! Who paid how much on which day: the contracts of every account as intervals of local days.
//!
//! Intervals are half-open, `[start, end)`: active on day d means `start <= d` and not yet ended. The opening of a
//! period is the state at the end of the day before it, the closing the state at the end of its last day
//! (A. D. Gold, *Fighting Churn With Data*, 2020, section 2.1).

/// One contract line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// First day (day number).
    pub start: i32,
    /// The day after the last one; none = still running.
    pub end: Option<i32>,
    /// Monthly revenue in minor units.
    pub mrr: i64,
}

impl Line {
    /// Whether it runs on `day`.
    pub fn covers(&self, day: i32) -> bool {
        self.start <= day && self.end.is_none_or(|end| end > day)
    }
}

/// All contract lines of one account. Several may run at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// In any order.
    pub lines: Vec<Line>,
}

impl Account {
    /// Whether any contract runs on `day`.
    pub fn active(&self, day: i32) -> bool {
        self.lines.iter().any(|line| line.covers(day))
    }

    /// Monthly revenue on `day`, in minor units.
    pub fn mrr(&self, day: i32) -> i64 {
        self.lines.iter().filter(|line| line.covers(day)).map(|line| line.mrr).fold(0, i64::saturating_add)
    }

    /// The first day of all; none without contracts.
    pub fn joined(&self) -> Option<i32> {
        self.lines.iter().filter(|line| line.end.is_none_or(|end| end > line.start)).map(|line| line.start).min()
    }

    /// Days in `[from, to)` on which a contract starts or has ended, each once, in order.
    pub fn changes(&self, from: i32, to: i32) -> Vec<i32> {
        let days = self.lines.iter().flat_map(|line| [Some(line.start), line.end]);
        let mut days: Vec<i32> = days.flatten().filter(|day| (from..to).contains(day)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The first day after `day`, up to `within` days later, on which it pays more a month than on `day`; none where it
    /// paid nothing then, or had left before.
    pub fn grew(&self, day: i32, within: i32) -> Option<i32> {
        let (paid, end) = (self.mrr(day), day.saturating_add(within).saturating_add(1));
        let gone = self.lost(day.saturating_add(1), end).unwrap_or(end);
        let first = self.changes(day.saturating_add(1), gone).into_iter().find(|d| self.mrr(*d) > paid);
        first.filter(|_| paid > 0)
    }

    /// The first day on or after `from` on which no contract runs any more though one ran the day before.
    pub fn lost(&self, from: i32, to: i32) -> Option<i32> {
        self.changes(from, to).into_iter().find(|day| self.active(day - 1) && !self.active(*day))
    }
}

/// A line per account of a small table for tests: `account,start,end,mrr` with ISO dates.
#[cfg(test)]
pub mod tables {
    use super::{Account, Line};
    use std::collections::BTreeMap;

    /// Reads `account,start,end,mrr,…` below a header line.
    pub fn read(csv: &str) -> Vec<Account> {
        let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
        for row in csv.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let end = (!cells[2].is_empty()).then(|| day(cells[2]));
            let line = Line { start: day(cells[1]), end, mrr: cells[3].parse().unwrap() };
            accounts.entry(cells[0]).or_default().lines.push(line);
        }
        accounts.into_values().collect()
    }

    /// Days since 1970-01-01 of an ISO date (H. Hinnant's civil calendar).
    pub fn day(text: &str) -> i32 {
        let n = |range: std::ops::Range<usize>| text[range].parse::<i32>().unwrap();
        let (year, month, day) = (n(0..4), n(5..7), n(8..10));
        let year = if month <= 2 { year - 1 } else { year };
        let (era, moved) = (year.div_euclid(400), (month + 9) % 12);
        let of_era = year - era * 400;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * moved + 2) / 5 + day - 1 - 719_468
    }

    /// Ten accounts whose April 2025 shows every definition apart.
    pub fn april() -> (Vec<Account>, i32, i32) {
        let csv = include_str!("../../tests/data/numbers/ledger.csv");
        (read(csv), day("2025-04-01"), day("2025-05-01"))
    }
}

#[cfg(test)]
mod tests {
    use super::{tables::day, *};

    fn account(lines: &[(i32, Option<i32>, i64)]) -> Account {
        Account { lines: lines.iter().map(|(start, end, mrr)| Line { start: *start, end: *end, mrr: *mrr }).collect() }
    }

    #[test]
    fn a_contract_runs_until_the_day_before_its_end() {
        let one = account(&[(10, Some(20), 500)]);
        assert_eq!((one.active(9), one.active(10), one.active(19), one.active(20)), (false, true, true, false));
        assert_eq!((one.mrr(19), one.mrr(20)), (500, 0));
    }

    #[test]
    fn parallel_contracts_add_up_and_one_of_two_ending_loses_nobody() {
        let two = account(&[(0, None, 100), (5, Some(10), 30)]);
        assert_eq!((two.mrr(7), two.mrr(10)), (130, 100));
        assert_eq!((two.lost(0, 100), two.changes(1, 100)), (None, vec![5, 10]));
    }

    #[test]
    fn a_contract_that_follows_at_once_is_no_loss_and_a_gap_is_one() {
        assert_eq!(account(&[(0, Some(10), 1), (10, None, 1)]).lost(0, 99), None);
        assert_eq!(account(&[(0, Some(10), 1), (11, None, 1)]).lost(0, 99), Some(10));
        assert_eq!(account(&[(5, Some(5), 1)]).joined(), None, "an empty interval never ran");
    }

    #[test]
    fn the_test_calendar_counts_from_1970() {
        assert_eq!((day("1970-01-01"), day("2000-03-01"), day("2026-04-01")), (0, 11_017, 20_544));
    }
}
