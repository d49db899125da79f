//! Who stays, by whether the onboarding was done in time: two curves, not causal.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    insight::{
        book::Book,
        kpi::{
            ONBOARDING_DAYS,
            customer::{Asked, Customer},
        },
        ledger::Account,
        survival::{Ended, Observed, kaplan_meier},
    },
    model::ids::AccountId,
};

/// Days followed.
const FOLLOWED: i32 = 180;
/// Customers who started longer ago than this are not in it, as in the comparison of shares.
const COHORT: i32 = 730;

/// Kaplan–Meier curves from the 30th day on: (day, share still there after it).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Staying {
    /// Customers done in time.
    pub n_done: u64,
    /// And the others.
    pub n_late: u64,
    /// Their curve.
    pub done: Vec<(f64, f64)>,
    /// That of the others.
    pub late: Vec<(f64, f64)>,
    /// The last day on which anybody of them was seen, and of the others: there the curves end.
    pub until: (f64, f64),
}

/// The curves of customers who were known and there on their 30th day; younger ones count as long as they were seen.
/// None where either group is empty.
pub fn staying(book: &Book, customers: &[Customer], asked: &Asked, to: i32) -> Option<Staying> {
    let accounts: BTreeMap<AccountId, &Account> = book.accounts.iter().map(|(id, a)| (*id, a)).collect();
    let (mut done, mut late): (Vec<Observed>, Vec<Observed>) = Default::default();
    for customer in customers.iter().filter(|_| !asked.required.is_empty()) {
        let Some((account, start)) = accounts.get(&customer.id).and_then(|a| Some((*a, a.joined()?))) else { continue };
        let due = start.saturating_add(ONBOARDING_DAYS);
        if start < to - COHORT || due >= to || customer.seen > due || !account.active(due) {
            continue;
        }
        let end = start.saturating_add(FOLLOWED).min(to - 1);
        let seen = match account.lost(due + 1, end + 1) {
            Some(day) => (f64::from(day - start), Ended::Reached),
            None => (f64::from(end - start), Ended::Open),
        };
        let in_time = asked.required.iter().all(|name| customer.reached(name).is_some_and(|day| day <= due));
        if in_time { done.push(seen) } else { late.push(seen) }
    }
    let last = |all: &[Observed]| all.iter().map(|one| one.0).fold(0.0, f64::max);
    let one = || Staying {
        n_done: done.len() as u64,
        n_late: late.len() as u64,
        done: kaplan_meier(&done),
        late: kaplan_meier(&late),
        until: (last(&done), last(&late)),
    };
    (!done.is_empty() && !late.is_empty()).then(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        insight::{ledger::Line, view::AccountView},
        model::instant::Instant,
    };
    use jiff::tz::TimeZone;

    /// All started on day 900. Four done on day 920: one leaves on day 1000. Four late: two leave on day 1000. One left
    /// before its 30th day; one is too young to have one.
    #[test]
    fn who_left_early_or_is_young_is_in_no_curve() {
        let rows = [
            (900, Some(1_000), Some(920)),
            (900, None, Some(920)),
            (900, None, Some(920)),
            (900, None, Some(920)),
            (900, Some(1_000), None),
            (900, Some(1_000), Some(950)),
            (900, None, None),
            (900, None, None),
            (900, Some(920), None),
            (1_090, None, Some(1_095)),
        ];
        let asked = Asked { required: vec!["done".to_owned()], ..Asked::default() };
        let (mut customers, mut accounts) = (Vec::new(), Vec::new());
        for (id, (start, end, done)) in (1..).map(AccountId).zip(rows) {
            let mut view = AccountView { id, ..AccountView::default() };
            let reached = done.map(|day| ("done".to_owned(), Instant::start_of_day(day, &TimeZone::UTC)));
            view.state.milestones.extend(reached);
            customers.push(asked.of(&view, &TimeZone::UTC));
            accounts.push((id, Account { lines: vec![Line { start, end, mrr: 1 }] }));
        }
        let book = Book { accounts, ..Book::default() };
        let found = staying(&book, &customers, &asked, 1_100).unwrap();
        assert_eq!((found.n_done, found.n_late), (4, 4));
        assert_eq!((found.done, found.late), (vec![(100.0, 0.75)], vec![(100.0, 0.5)]));
        assert_eq!(found.until, (180.0, 180.0));
        // Seen until day 999 only: the curves go no further.
        assert_eq!(staying(&book, &customers, &asked, 1_000).unwrap().until, (99.0, 99.0));
        assert_eq!(staying(&book, &customers, &asked, 920), None, "nobody's 30th day lies behind");
    }
}
