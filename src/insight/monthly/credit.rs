//! Expansion that customer success may take credit for, by one rule that is printed beside it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{insight::book::Book, model::ids::AccountId};

/// Days before a rise within which customer success must have been with the customer.
pub const CREDIT_DAYS: i32 = 90;

/// What grew, and what of it is credited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Credit {
    /// Days of the rule.
    pub days: i32,
    /// All rises of the period, minor units a month.
    pub expansion: i64,
    /// Customers who pay more.
    pub customers: u64,
    /// Rises with a meeting held, a task of the team done or a playbook's goal reached in the days before.
    pub credited: i64,
    /// Customers of those.
    pub credited_customers: u64,
}

/// Rises of `[from, to)`; `touched` are the days on which customer success was with a customer.
pub fn credit(book: &Book, touched: &BTreeMap<AccountId, Vec<i32>>, from: i32, to: i32) -> Credit {
    let mut sum = Credit { days: CREDIT_DAYS, ..Credit::default() };
    for (id, account) in &book.accounts {
        let (mut rises, mut ours) = (0_i64, 0_i64);
        for day in account.changes(from, to) {
            let (before, after) = (account.mrr(day - 1), account.mrr(day));
            if before <= 0 || after <= before {
                continue;
            }
            let near = |at: &i32| (day - CREDIT_DAYS..=day).contains(at);
            rises += after - before;
            ours += if touched.get(id).is_some_and(|days| days.iter().any(near)) { after - before } else { 0 };
        }
        sum.expansion = sum.expansion.saturating_add(rises);
        sum.credited = sum.credited.saturating_add(ours);
        sum.customers += u64::from(rises > 0);
        sum.credited_customers += u64::from(ours > 0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::ledger::{Account, Line};

    /// A grows on day 100 a day after a meeting; B on day 100, 91 days after one; C is new on day 100; D grows twice, the
    /// second time after a meeting.
    #[test]
    fn only_rises_of_customers_we_were_with_are_credited() {
        let steps = |all: &[(i32, Option<i32>, i64)]| Account {
            lines: all.iter().map(|(start, end, mrr)| Line { start: *start, end: *end, mrr: *mrr }).collect(),
        };
        let rises = || steps(&[(0, Some(100), 10), (100, None, 15)]);
        let twice = steps(&[(0, Some(95), 10), (95, Some(110), 12), (110, None, 20)]);
        let accounts = [rises(), rises(), steps(&[(100, None, 50)]), twice];
        let book = Book { accounts: (1..).map(AccountId).zip(accounts).collect(), ..Book::default() };
        let touched = [(1, 99), (2, 9), (3, 99), (4, 105)].map(|(id, day)| (AccountId(id), vec![day]));
        let found = credit(&book, &touched.into(), 90, 120);
        assert_eq!((found.expansion, found.customers), (5 + 5 + 2 + 8, 3));
        assert_eq!((found.credited, found.credited_customers), (5 + 8, 2));
    }
}
