//! What an account's subscriptions say about it on one day: MRR, plan, seats, the next renewal.

use super::ledger::{Account, Line};
use crate::model::{
    fact::CONTRACTS,
    money::{Currency, Money},
    state::AccountState,
    value::{Props, Value},
};

/// One subscription as an account's attributes need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// When it runs, and what is paid a month.
    pub line: Line,
    /// What is paid in; none where nobody knows the code.
    pub currency: Option<Currency>,
    /// Plan or product.
    pub plan: String,
    /// Seats.
    pub seats: Option<i64>,
}

/// The attributes on day `today`: `mrr` the sum of what runs, where all is in one currency (0 once everything has ended),
/// `plan` of the largest, `seats` the sum, `renewal_date` the first end. Missing before the first one begins.
pub fn said(all: &[Terms], today: i32) -> Props {
    let begun: Vec<&Terms> = all.iter().filter(|t| t.line.start <= today).collect();
    let runs: Vec<&Terms> = begun.iter().copied().filter(|t| t.line.covers(today)).collect();
    let largest = runs.iter().max_by_key(|t| (t.line.mrr, &t.plan));
    let seats = runs.iter().filter_map(|t| t.seats).reduce(i64::saturating_add);
    let renewal = runs.iter().filter_map(|t| t.line.end).min();
    let paid = if runs.is_empty() { &begun } else { &runs };
    let all = [
        ("mrr", mrr(paid, today)),
        ("plan", largest.map(|t| Value::text(&t.plan)).unwrap_or_default()),
        ("renewal_date", renewal.map(Value::Date).unwrap_or_default()),
        ("seats", seats.map(|n| Value::Num(n as f64)).unwrap_or_default()),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

fn mrr(paid: &[&Terms], today: i32) -> Value {
    let first = paid.first().and_then(|t| t.currency);
    let Some(currency) = first.filter(|_| paid.iter().all(|t| t.currency == first)) else { return Value::Missing };
    let amount_minor = Account { lines: paid.iter().map(|t| t.line).collect() }.mrr(today);
    Value::Money(Money { amount_minor, currency })
}

/// What of it differs from what is recorded, but nothing that a sheet or a person says.
pub fn news(said: &Props, state: &AccountState) -> Props {
    let open = |name: &str| state.attrs.get(name).is_none_or(|a| a.source == CONTRACTS || a.value.is_missing());
    said.iter().filter(|(n, v)| open(n) && state.attr(n) != **v).map(|(n, v)| (n.clone(), v.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{instant::Instant, state::Attr};

    fn terms(plan: &str, start: i32, end: Option<i32>, mrr: i64, seats: Option<i64>) -> Terms {
        Terms { line: Line { start, end, mrr }, currency: Some(Currency::JPY), plan: plan.into(), seats }
    }

    fn of(all: &[Terms], today: i32) -> [String; 4] {
        let said = said(all, today);
        ["mrr", "plan", "renewal_date", "seats"].map(|name| said[name].to_string())
    }

    #[test]
    fn what_runs_is_added_up_and_the_first_to_end_is_the_next_renewal() {
        let all = [
            terms("a", 100, Some(200), 5_000, Some(3)),
            terms("b", 120, Some(180), 9_000, None),
            terms("c", 190, None, 100, Some(4)),
        ];
        let (nothing, date) = (Value::Missing.to_string(), |day| Value::Date(day).to_string());
        assert_eq!(of(&all, 99), [(); 4].map(|()| nothing.clone()), "nothing has begun");
        assert_eq!(of(&all, 150), ["¥14,000".into(), "b".into(), date(180), "3".to_owned()]);
        assert_eq!(of(&all, 180)[0], "¥5,000", "the last day is the one before the end");
        assert_eq!(of(&all, 195), ["¥5,100".into(), "a".into(), date(200), "7".to_owned()]);
        assert_eq!(of(&all[..1], 200), ["¥0".to_owned(), nothing.clone(), nothing.clone(), nothing]);
    }

    #[test]
    fn two_currencies_have_no_sum_but_one_that_has_ended_takes_none_away() {
        let dollars = |end| Terms { currency: Some(Currency(*b"USD")), ..terms("b", 100, end, 900, None) };
        assert_eq!(said(&[terms("a", 100, None, 500, None), dollars(None)], 150)["mrr"], Value::Missing);
        assert_eq!(of(&[terms("a", 100, None, 500, None), dollars(Some(140))], 150)[0], "¥500");
    }

    #[test]
    fn what_a_sheet_says_is_not_said_again() {
        let said = said(&[terms("a", 100, None, 5_000, Some(3))], 150);
        let mut state = AccountState::default();
        assert_eq!(news(&said, &state).len(), 3, "{said:?}");
        let attr = |value, source: &str| Attr { value, as_of: Instant(1), source: source.into() };
        state.attrs.insert("mrr".into(), attr(Value::Num(1.0), "csv:accounts"));
        state.attrs.insert("seats".into(), attr(Value::Num(9.0), CONTRACTS));
        state.attrs.insert("plan".into(), attr(Value::text("a"), CONTRACTS));
        assert_eq!(news(&said, &state), Props::from([("seats".to_owned(), Value::Num(3.0))]));
    }
}
