//! Candidates for customer stories, with the words that may be quoted.

use std::collections::BTreeMap;

use super::shell::Shell;
use crate::{
    insight::stories::{self, Candidate},
    model::{
        contact::Contact,
        fact::Fact,
        ids::{AccountId, ContactId},
        instant::Instant,
    },
    store::api::Result,
};

/// Events looked at: the newest.
const FACTS: usize = 20_000;

impl Shell {
    /// Everybody with whom it went well since `from`, the best first.
    pub async fn stories(&self, from: Instant, now: Instant) -> Result<Vec<Candidate>> {
        let facts = self.store.happened(&stories::EVENTS, from, now.plus(1), FACTS).await?;
        let people = self.speaking(&facts).await?;
        let mut by_account: BTreeMap<AccountId, Vec<&Fact>> = BTreeMap::new();
        facts.iter().for_each(|fact| by_account.entry(fact.account).or_default().push(fact));
        let rulebook = self.rulebook();
        let proofs = rulebook.model.milestones.iter().filter(|m| m.success.is_some());
        let success: Vec<&str> = proofs.map(|m| m.name.as_str()).collect();
        let (none, mut all) = (BTreeMap::new(), Vec::new());
        self.scan(None, now, |view, _| {
            let facts = by_account.get(&view.id).map_or(&[][..], Vec::as_slice);
            let people = people.get(&view.id).unwrap_or(&none);
            all.extend(stories::of(&view, facts, people, &success, from));
        })
        .await?;
        stories::rank(&mut all);
        Ok(all)
    }

    /// The contacts whose words are among `facts`.
    async fn speaking(&self, facts: &[Fact]) -> Result<BTreeMap<AccountId, BTreeMap<ContactId, Contact>>> {
        let mut all: BTreeMap<AccountId, BTreeMap<ContactId, Contact>> = BTreeMap::new();
        for (account, ids) in stories::speakers(facts) {
            let known = all.entry(account).or_default();
            for id in ids {
                if !known.contains_key(&id)
                    && let Some(contact) = self.store.contact(account, id).await?
                {
                    known.insert(id, contact);
                }
            }
        }
        Ok(all)
    }
}
