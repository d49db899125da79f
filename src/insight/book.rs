//! The contracts of all customers: from their subscriptions where there are any, else from what the account says.

use std::collections::BTreeMap;

use super::{
    ledger::{Account, Line},
    view::AccountView,
};
use crate::model::{ids::AccountId, money::Currency};
use jiff::tz::TimeZone;

/// A subscription as the numbers need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Whose.
    pub account: AccountId,
    /// The interval and its monthly revenue.
    pub line: Line,
    /// What the revenue counts in.
    pub currency: Currency,
}

/// A customer of ours as its contracts need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Who.
    pub id: AccountId,
    /// The contract it has where there are no subscriptions.
    pub implied: Option<Contract>,
}

impl Own {
    /// None of our own test accounts. A customer without subscriptions has one contract: from `contract_start` (else
    /// `created_at`) until the day its status became `churned`, at its present `mrr`.
    pub fn of(view: &AccountView, zone: &TimeZone) -> Option<Own> {
        (!view.is_internal()).then(|| Own { id: view.id, implied: implied(view, zone) })
    }
}

/// Contracts by account, all revenue in one currency.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The currency most contracts are in; none without revenue.
    pub currency: Option<Currency>,
    /// Every customer's contracts; our own test accounts are not among them.
    pub accounts: Vec<(AccountId, Account)>,
    /// Contracts in another currency: their customers count, their revenue does not.
    pub foreign: usize,
}

impl Book {
    /// Contracts of these customers. Where there are subscriptions they alone count: churn is a gap in them, not a flag.
    pub fn of(customers: impl Iterator<Item = Own>, contracts: &[Contract]) -> Book {
        let mut by_account: BTreeMap<AccountId, Vec<Contract>> = BTreeMap::new();
        contracts.iter().for_each(|c| by_account.entry(c.account).or_default().push(*c));
        let mut of = |own: Own| by_account.remove(&own.id).unwrap_or_else(|| own.implied.into_iter().collect());
        let all: Vec<(AccountId, Vec<Contract>)> = customers.map(|own| (own.id, of(own))).collect();
        let currency = commonest(all.iter().flat_map(|(_, contracts)| contracts));
        let foreign = |c: &&Contract| c.line.mrr != 0 && Some(c.currency) != currency;
        Book {
            currency,
            foreign: all.iter().flat_map(|(_, contracts)| contracts).filter(foreign).count(),
            accounts: all.iter().map(|(id, contracts)| (*id, account(contracts, currency))).collect(),
        }
    }

    /// The contracts alone.
    pub fn ledger(&self) -> Vec<Account> {
        self.accounts.iter().map(|(_, account)| account.clone()).collect()
    }
}

fn account(contracts: &[Contract], currency: Option<Currency>) -> Account {
    let own = |c: &Contract| Line { mrr: if Some(c.currency) == currency { c.line.mrr } else { 0 }, ..c.line };
    Account { lines: contracts.iter().map(own).collect() }
}

fn commonest<'a>(contracts: impl Iterator<Item = &'a Contract>) -> Option<Currency> {
    let mut counts: BTreeMap<Currency, usize> = BTreeMap::new();
    contracts.filter(|c| c.line.mrr != 0).for_each(|c| *counts.entry(c.currency).or_default() += 1);
    counts.into_iter().max_by_key(|(code, n)| (*n, std::cmp::Reverse(*code))).map(|(code, _)| code)
}

fn implied(view: &AccountView, zone: &TimeZone) -> Option<Contract> {
    let dated = view.day("account.contract_start");
    let start = dated.or_else(|| view.instant("account.created_at").map(|at| at.day(zone)))?;
    let mrr = view.mrr();
    let line = Line { start, end: left(view, zone), mrr: mrr.map_or(0, |m| m.amount_minor) };
    Some(Contract { account: view.id, line, currency: mrr.map_or(Currency::JPY, |m| m.currency) })
}

/// The local day on which the account was found to have cancelled.
fn left(view: &AccountView, zone: &TimeZone) -> Option<i32> {
    let status = view.state.attrs.get("status")?;
    (status.value.as_text() == Some("churned")).then(|| status.as_of.day(zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{money::Money, value::Value};

    fn book(views: &[AccountView], contracts: &[Contract]) -> Book {
        Book::of(views.iter().filter_map(|view| Own::of(view, &TimeZone::UTC)), contracts)
    }

    const USD: Currency = Currency(*b"USD");

    fn view(id: i64, start: i32, mrr: i64) -> AccountView {
        let mut view = AccountView { id: AccountId(id), ..AccountView::default() };
        view.values.insert("account.contract_start".into(), Value::Date(start));
        view.values.insert("account.mrr".into(), Value::Money(Money { amount_minor: mrr, currency: Currency::JPY }));
        view
    }

    fn contract(id: i64, start: i32, end: Option<i32>, mrr: i64, currency: Currency) -> Contract {
        Contract { account: AccountId(id), line: Line { start, end, mrr }, currency }
    }

    #[test]
    fn without_subscriptions_the_account_is_its_contract() {
        let book = book(&[view(1, 10, 500)], &[]);
        assert_eq!((book.currency, book.ledger()[0].mrr(10)), (Some(Currency::JPY), 500));
        assert!(!book.ledger()[0].active(9));
    }

    #[test]
    fn with_subscriptions_they_alone_count() {
        let contracts = [contract(1, 50, Some(60), 70, Currency::JPY)];
        let book = book(&[view(1, 10, 500)], &contracts);
        assert_eq!((book.ledger()[0].mrr(55), book.ledger()[0].active(20)), (70, false));
    }

    #[test]
    fn another_currency_counts_its_customer_but_not_its_revenue() {
        let contracts = [
            contract(1, 0, None, 100, Currency::JPY),
            contract(2, 0, None, 200, Currency::JPY),
            contract(3, 0, None, 9, USD),
        ];
        let views = [view(1, 0, 0), view(2, 0, 0), view(3, 0, 0)];
        let book = book(&views, &contracts);
        let on: Vec<(bool, i64)> = book.ledger().iter().map(|a| (a.active(5), a.mrr(5))).collect();
        assert_eq!((book.foreign, on), (1, vec![(true, 100), (true, 200), (true, 0)]));
    }

    #[test]
    fn our_own_accounts_are_not_in_the_book() {
        let mut own = view(1, 0, 100);
        own.values.insert("account.internal".into(), Value::Bool(true));
        assert!(book(&[own], &[]).accounts.is_empty());
    }
}
