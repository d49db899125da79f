//! What is recorded of every customer: facts for replays, contracts for who left.

use std::collections::BTreeMap;

use super::{kpis::contract, shell::Shell};
use crate::{
    insight::{
        book::{Book, Contract, Own},
        ledger::Account,
        view::AccountView,
    },
    model::{fact::Fact, ids::AccountId, instant::Instant},
    store::api::Result,
};

/// Accounts read at once: with all they did, one may be large.
const PAGE: usize = 20;

/// The recorded past of every customer.
#[derive(Default)]
pub struct Past {
    /// Number, key and facts.
    pub accounts: Vec<(AccountId, String, Vec<Fact>)>,
    /// The keys that draws are made with, of accounts that had another key once.
    pub drawn: BTreeMap<AccountId, String>,
    /// Their contracts, as the KPIs count them; our own test accounts are not among them.
    pub ledgers: BTreeMap<AccountId, Account>,
    /// When the first counted event happened, else the first recorded thing: before that a score knows nothing.
    pub first: Option<Instant>,
    /// When the last one did, or a contract began or ended; not after now.
    pub last: Option<Instant>,
}

impl Shell {
    /// Reads it all, page by page; only the facts that `keep` leaves stay in memory. `counts` are the events that a score
    /// is made of.
    pub async fn past(
        &self,
        keep: impl Fn(Vec<Fact>) -> Vec<Fact> + Send,
        counts: impl Fn(&Fact) -> bool + Send,
        now: Instant,
    ) -> Result<Past> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let (mut past, mut own, mut heard) = (Past::default(), Vec::new(), None);
        let mut after = AccountId::WORKSPACE;
        loop {
            let page = self.store.whole(after, PAGE, true).await?;
            let Some(last) = page.last() else { break };
            after = last.snapshot.account;
            for mut whole in page {
                let mut facts = whole.history;
                facts.append(&mut whole.snapshot.inbox);
                past.note(facts.iter().map(|fact| fact.occurred_at), now);
                let (id, key) = (whole.snapshot.account, whole.snapshot.key.clone());
                past.drawn.extend(whole.snapshot.state.drawn_as.clone().map(|drawn| (id, drawn)));
                own.extend(Own::of(&AccountView::plain(whole.snapshot), zone));
                heard = facts.iter().filter(|fact| counts(fact)).map(|fact| fact.occurred_at).chain(heard).min();
                past.accounts.push((id, key, keep(facts)));
            }
        }
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let days = contracts.iter().flat_map(|c| [Some(c.line.start), c.line.end]).flatten();
        past.note(days.map(|day| Instant::start_of_day(day, zone)), now);
        past.first = heard.or(past.first);
        past.ledgers = Book::of(own.into_iter(), &contracts).accounts.into_iter().collect();
        Ok(past)
    }
}

impl Past {
    fn note(&mut self, moments: impl Iterator<Item = Instant>, now: Instant) {
        for at in moments.filter(|at| *at <= now) {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = self.last.max(Some(at));
        }
    }
}
