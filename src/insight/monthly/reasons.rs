//! Why customers left: by how many said it and by what they paid, with their own words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{insight::book::Book, model::ids::AccountId};

/// Quotes of one reason.
const QUOTES: usize = 3;

/// What a customer that left said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The reason, in our words (`churn_reason`).
    pub reason: String,
    /// Their own words (`churn_quote`); empty where there are none.
    pub quote: String,
}

/// One reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The reason.
    pub reason: String,
    /// How many gave it.
    pub accounts: u64,
    /// Monthly revenue they paid before, minor units.
    pub mrr: i64,
    /// What they said, of those who paid most.
    pub quotes: Vec<String>,
}

/// Reasons of those who left in `[from, to)` and have not come back, the most revenue first, and how many left without a
/// reason on record.
pub fn ranked(book: &Book, said: &BTreeMap<AccountId, Said>, from: i32, to: i32) -> (Vec<Reason>, u64) {
    let left = |account: &super::super::ledger::Account| account.lost(from, to).filter(|_| !account.active(to - 1));
    let mut gone: Vec<(i64, Option<&Said>)> = book
        .accounts
        .iter()
        .filter_map(|(id, account)| left(account).map(|day| (account.mrr(day - 1), said.get(id))))
        .collect();
    gone.sort_by_key(|(mrr, _)| std::cmp::Reverse(*mrr));
    let mut all: BTreeMap<&str, Reason> = BTreeMap::new();
    for (mrr, said) in gone.iter().filter_map(|(mrr, said)| Some((mrr, (*said)?))) {
        let row =
            all.entry(&said.reason).or_insert_with(|| Reason { reason: said.reason.clone(), ..Reason::default() });
        row.accounts += 1;
        row.mrr = row.mrr.saturating_add(*mrr);
        if !said.quote.is_empty() && row.quotes.len() < QUOTES && !row.quotes.contains(&said.quote) {
            row.quotes.push(said.quote.clone());
        }
    }
    let mut all: Vec<Reason> = all.into_values().collect();
    all.sort_by(|a, b| (b.mrr, b.accounts, &a.reason).cmp(&(a.mrr, a.accounts, &b.reason)));
    (all, gone.iter().filter(|(_, said)| said.is_none()).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::ledger::{Account, Line};

    #[test]
    fn reasons_rank_by_revenue_and_who_came_back_gave_none() {
        let gone = |mrr| Account { lines: vec![Line { start: 0, end: Some(100), mrr }] };
        let back =
            Account { lines: vec![Line { start: 0, end: Some(100), mrr: 9 }, Line { start: 105, end: None, mrr: 9 }] };
        let accounts = [gone(10), gone(30), gone(15), back, gone(7)];
        let book = Book { accounts: (1..).map(AccountId).zip(accounts).collect(), ..Book::default() };
        let said = |reason: &str, quote: &str| Said { reason: reason.into(), quote: quote.into() };
        let said = BTreeMap::from([
            (AccountId(1), said("price", "too much for us")),
            (AccountId(2), said("closed", "")),
            (AccountId(3), said("price", "twice the others")),
            (AccountId(4), said("price", "never mind")),
        ]);
        let (found, silent) = ranked(&book, &said, 90, 120);
        let told: Vec<_> = found.iter().map(|r| (r.reason.as_str(), r.accounts, r.mrr, r.quotes.len())).collect();
        assert_eq!((told, silent), (vec![("closed", 1, 30, 0), ("price", 2, 25, 2)], 1));
        assert_eq!(found[1].quotes[0], "twice the others", "the one who paid more comes first");
        assert!(ranked(&book, &said, 200, 230).0.is_empty());
    }
}
