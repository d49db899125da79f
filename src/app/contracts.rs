//! What subscriptions say about their accounts (`insight::terms`) becomes facts: a sheet of accounts or a person that says
//! so itself is believed instead.

use std::collections::BTreeMap;

use super::shell::Shell;
use crate::{
    insight::{
        ledger::Line,
        terms::{self, Terms},
    },
    model::{
        fact::{CONTRACTS, FactBody, Incoming},
        ids::{AccountId, stable_hash},
        instant::Instant,
        money::Currency,
        snapshot::Snapshot,
        value::Props,
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
            contracts.entry(row.account).or_default().push(terms(&row));
        }
        let day = Instant::start_of_day(today, zone);
        let take = |account: Snapshot| {
            let own = contracts.get(&account.account).map_or(&[][..], Vec::as_slice);
            let attrs = terms::news(&terms::said(own, today), &account.state);
            (!attrs.is_empty()).then(|| fact(&account.key, attrs, day, now))
        };
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

type Contracts = BTreeMap<AccountId, Vec<Terms>>;

/// Accounts with a subscription that began or ended after the day `before`, up to `today`.
fn turned(contracts: &Contracts, before: i32, today: i32) -> Vec<AccountId> {
    let within = |day: i32| before < day && day <= today;
    let turns = |t: &Terms| within(t.line.start) || t.line.end.is_some_and(within);
    contracts.iter().filter(|(_, all)| all.iter().any(turns)).map(|(account, _)| *account).collect()
}

/// When a subscription runs, and what is paid a month.
pub(super) fn line(row: &Subscription) -> Line {
    Line { start: row.start, end: row.end, mrr: row.mrr_minor }
}

fn terms(row: &Subscription) -> Terms {
    let currency = Currency::parse(&row.currency);
    Terms { line: line(row), currency, plan: row.plan.clone(), seats: row.seats }
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
