//! What subscriptions say about their accounts: MRR, plan, seats and the next renewal, as attributes like any other.
//! A sheet of accounts or a person that says so itself is believed instead.

use std::collections::BTreeMap;

use super::shell::Shell;
use crate::{
    model::{
        fact::{CONTRACTS, FactBody, Incoming},
        ids::{AccountId, stable_hash},
        instant::Instant,
        money::{Currency, Money},
        snapshot::Snapshot,
        state::AccountState,
        value::{Props, Value},
    },
    store::api::{Result, SUBSCRIPTIONS_READ, Subscription},
};

/// Facts recorded at once.
const CHUNK: usize = 500;

impl Shell {
    /// Once a local day, and after every import of subscriptions: what they say today becomes facts where it is news.
    /// Answers whether anything did.
    pub async fn note_contracts(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let today = now.day(zone);
        let done = self.store.cursor(SUBSCRIPTIONS_READ).await?;
        if done.as_deref() == Some(today.to_string().as_str()) {
            return Ok(false);
        }
        let mut contracts: Contracts = BTreeMap::new();
        for row in self.store.subscriptions().await? {
            contracts.entry(row.account).or_default().push(row);
        }
        let day = Instant::start_of_day(today, zone);
        let news = |account: AccountId, state: &AccountState| {
            let rows = contracts.get(&account).map_or(&[][..], Vec::as_slice);
            Some(news(&said(rows, today), state)).filter(|attrs| !attrs.is_empty())
        };
        let take = |s: Snapshot| Some(fact(&s.key, news(s.account, &s.state)?, day, now));
        // A mark that is no day: some changed since, and nobody knows which.
        let facts = match done.as_deref().map(str::parse) {
            Some(Ok(before)) => self.of(&turned(&contracts, before, today), take).await?,
            _ if contracts.is_empty() => Vec::new(),
            _ => self.each(take).await?,
        };
        for chunk in facts.chunks(CHUNK) {
            self.store.append(chunk.to_vec()).await?;
        }
        self.store.move_cursor(SUBSCRIPTIONS_READ, done.as_deref(), &today.to_string()).await?;
        Ok(!facts.is_empty())
    }

    /// What `take` makes of these accounts.
    async fn of<T>(&self, accounts: &[AccountId], take: impl Fn(Snapshot) -> Option<T>) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for account in accounts {
            all.extend(self.store.snapshot(*account).await?.and_then(&take));
        }
        Ok(all)
    }
}

type Contracts = BTreeMap<AccountId, Vec<Subscription>>;

/// Accounts with a subscription that began or ended after the day `before`, up to `today`.
fn turned(contracts: &Contracts, before: i32, today: i32) -> Vec<AccountId> {
    let within = |day: i32| before < day && day <= today;
    let turns = |row: &Subscription| within(row.start) || row.end.is_some_and(within);
    contracts.iter().filter(|(_, rows)| rows.iter().any(turns)).map(|(account, _)| *account).collect()
}

/// What an account's subscriptions say on a day: nothing before the first one begins.
fn said(rows: &[Subscription], today: i32) -> Props {
    let begun: Vec<&Subscription> = rows.iter().filter(|row| row.start <= today).collect();
    let active: Vec<&Subscription> =
        begun.iter().copied().filter(|row| row.end.is_none_or(|end| today < end)).collect();
    let largest = active.iter().max_by_key(|row| (row.mrr_minor, &row.key));
    let seats: Vec<i64> = active.iter().filter_map(|row| row.seats).collect();
    let renewal = active.iter().filter_map(|row| row.end).min();
    Props::from([
        ("mrr".to_owned(), if active.is_empty() { sum(&begun, false) } else { sum(&active, true) }),
        ("plan".to_owned(), largest.map(|row| Value::text(&row.plan)).unwrap_or_default()),
        ("renewal_date".to_owned(), renewal.map(Value::Date).unwrap_or_default()),
        (
            "seats".to_owned(),
            if seats.is_empty() { Value::Missing } else { Value::Num(seats.iter().sum::<i64>() as f64) },
        ),
    ])
}

/// The sum of what is paid a month, where all are in one currency; 0 once everything has ended.
fn sum(rows: &[&Subscription], paid: bool) -> Value {
    let currency =
        rows.first().map(|row| row.currency.as_str()).filter(|first| rows.iter().all(|r| r.currency == *first));
    let amount_minor = if paid { rows.iter().map(|row| row.mrr_minor).fold(0, i64::saturating_add) } else { 0 };
    currency.and_then(Currency::parse).map_or(Value::Missing, |currency| Value::Money(Money { amount_minor, currency }))
}

/// What differs from what is recorded, but nothing that somebody else says.
fn news(said: &Props, state: &AccountState) -> Props {
    let open = |name: &str| state.attrs.get(name).is_none_or(|a| a.source == CONTRACTS || a.value.is_missing());
    said.iter().filter(|(n, v)| open(n) && state.attr(n) != **v).map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn fact(account: &str, attrs: Props, day: Instant, now: Instant) -> Incoming {
    let text = serde_json::to_string(&attrs).unwrap_or_default();
    Incoming {
        account: Some(account.to_owned()),
        contact: None,
        occurred_at: day,
        received_at: now,
        source: CONTRACTS.to_owned(),
        event_id: stable_hash(&["contracts", account, &text, &now.0.to_string()]),
        body: FactBody::AccountAttrs { attrs },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, start: i32, end: Option<i32>, mrr_minor: i64, seats: Option<i64>) -> Subscription {
        let (plan, currency) = (format!("plan {key}"), "JPY".to_owned());
        Subscription { key: key.into(), account: AccountId(1), plan, start, end, mrr_minor, currency, seats }
    }

    fn of(rows: &[Subscription], today: i32) -> [String; 4] {
        let said = said(rows, today);
        ["mrr", "plan", "renewal_date", "seats"].map(|name| said.get(name).map_or("none".into(), Value::to_string))
    }

    #[test]
    fn active_contracts_are_added_up_and_the_first_to_end_is_the_next_renewal() {
        let rows = [
            row("a", 100, Some(200), 5_000, Some(3)),
            row("b", 120, Some(180), 9_000, None),
            row("c", 190, None, 100, Some(4)),
        ];
        let nothing = Value::Missing.to_string();
        assert_eq!(of(&rows, 99), [(); 4].map(|()| nothing.clone()), "nothing has begun");
        let date = |day| Value::Date(day).to_string();
        assert_eq!(of(&rows, 150), ["¥14,000".into(), "plan b".into(), date(180), "3".to_owned()]);
        assert_eq!(of(&rows, 195), ["¥5,100".into(), "plan a".into(), date(200), "7".to_owned()]);
        assert_eq!(of(&rows, 180)[0], "¥5,000", "the last day is the one before the end");
        let ended = [row("a", 100, Some(200), 5_000, Some(3))];
        assert_eq!(of(&ended, 200)[..2], ["¥0".to_owned(), Value::Missing.to_string()]);
    }

    #[test]
    fn two_currencies_have_no_sum() {
        let dollars = Subscription { currency: "USD".into(), ..row("b", 100, None, 900, None) };
        assert_eq!(of(&[row("a", 100, None, 500, None), dollars], 150)[0], Value::Missing.to_string());
    }

    #[test]
    fn what_a_sheet_says_is_not_said_again() {
        let said = said(&[row("a", 100, None, 5_000, Some(3))], 150);
        let mut state = AccountState::default();
        assert_eq!(news(&said, &state).len(), 3, "{said:?}");
        let attr = |value, source: &str| crate::model::state::Attr { value, as_of: Instant(1), source: source.into() };
        state.attrs.insert("mrr".into(), attr(Value::Num(1.0), "csv:accounts"));
        state.attrs.insert("seats".into(), attr(Value::Num(9.0), CONTRACTS));
        state.attrs.insert("plan".into(), attr(Value::text("plan a"), CONTRACTS));
        assert_eq!(news(&said, &state), Props::from([("seats".to_owned(), Value::Num(3.0))]));
    }
}
