//! How healthy customers were at the end of past days, from what was recorded when a band changed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    insight::{book::Book, ledger::Account},
    model::{ids::AccountId, instant::date_of},
};

/// One change of one account's band: (day, from, to), in the order they happened.
pub type Change = (i32, String, String);

/// Customers by band at the end of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bands {
    /// The day.
    pub day: String,
    /// Healthy.
    pub green: u64,
    /// To watch.
    pub yellow: u64,
    /// At risk.
    pub red: u64,
    /// Not known (enough).
    pub unknown: u64,
}

/// What is known of the bands of one account.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The day it was heard of first.
    pub seen: i32,
    /// Its band now.
    pub now: String,
    /// Changes, the oldest first.
    pub changes: Vec<Change>,
}

impl Known {
    /// The band at the end of `day`: what the last change by then led to; before the first one, what that came from.
    pub fn at(&self, day: i32) -> &str {
        let last = self.changes.iter().rev().find(|(at, ..)| *at <= day).map(|(.., to)| to);
        let first = || self.changes.first().map(|(_, from, _)| from);
        if self.seen > day { "unknown" } else { last.or_else(first).map_or(&self.now, |band| band) }
    }
}

/// Customers with a contract at the end of each of these days, by their band then.
pub fn over(book: &Book, known: &BTreeMap<AccountId, Known>, days: &[i32]) -> Vec<Bands> {
    let one = |day: &i32| {
        let mut bands = Bands { day: date_of(*day).to_string(), ..Bands::default() };
        let there = |(_, account): &&(AccountId, Account)| account.active(*day);
        for (id, _) in book.accounts.iter().filter(there) {
            match known.get(id).map_or("unknown", |known| known.at(*day)) {
                "green" => bands.green += 1,
                "yellow" => bands.yellow += 1,
                "red" => bands.red += 1,
                _ => bands.unknown += 1,
            }
        }
        bands
    };
    days.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::ledger::Line;

    #[test]
    fn a_band_is_read_back_from_its_changes_and_nobody_is_healthy_before_we_knew_it() {
        let change = |day, from: &str, to: &str| (day, from.to_owned(), to.to_owned());
        let known = Known {
            seen: 10,
            now: "green".into(),
            changes: vec![change(20, "green", "yellow"), change(25, "yellow", "red"), change(40, "red", "green")],
        };
        let at = [9, 10, 19, 20, 24, 25, 39, 40, 99].map(|day| known.at(day));
        assert_eq!(at, ["unknown", "green", "green", "yellow", "yellow", "red", "red", "green", "green"]);
        let still = Known { seen: 10, now: "yellow".into(), changes: Vec::new() };
        assert_eq!(still.at(50), "yellow");
    }

    #[test]
    fn only_customers_of_that_day_count() {
        let line = |start, end| Account { lines: vec![Line { start, end, mrr: 1 }] };
        let accounts =
            vec![(AccountId(1), line(0, Some(30))), (AccountId(2), line(20, None)), (AccountId(3), line(0, None))];
        let book = Book { accounts, ..Book::default() };
        let known = BTreeMap::from([
            (AccountId(1), Known { seen: 0, now: "red".into(), changes: Vec::new() }),
            (AccountId(2), Known { seen: 20, now: "green".into(), changes: Vec::new() }),
        ]);
        let found: Vec<_> =
            over(&book, &known, &[10, 25, 30]).iter().map(|b| (b.green, b.yellow, b.red, b.unknown)).collect();
        assert_eq!(found, [(0, 0, 1, 1), (1, 0, 1, 1), (1, 0, 0, 1)]);
    }
}
