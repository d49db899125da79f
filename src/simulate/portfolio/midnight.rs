//! The daily pass inside a simulation: the same ranking and the same facts as live.

use std::collections::BTreeMap;

use super::Portfolio;
use crate::{
    app::daily::{self, Ranked, Standing},
    model::{
        fact::{Fact, Incoming},
        ids::AccountId,
        shared::Shared,
        state::Attr,
        value::Value,
    },
    rulebook::types::Touch,
    simulate::account::Account,
};

impl Portfolio {
    /// Ranks everybody, records whose tier moved; answers those.
    pub(super) fn daily_pass(&mut self) -> Vec<usize> {
        let mut moved = self.tiers();
        if daily::watches(&self.rulebook) {
            moved.extend(self.compare());
            moved.sort_unstable();
            moved.dedup();
        }
        moved
    }

    /// Ranks accounts among their like and notes how far everybody fell; answers whose rank moved, or whose alert begins or
    /// ends by it.
    fn compare(&mut self) -> Vec<usize> {
        let customers = self.accounts.iter().enumerate().filter(|(_, a)| a.id != AccountId::WORKSPACE);
        let stand = |(index, account): (usize, &Account)| {
            Some((index, daily::standing(&account.snapshot(self.now), &self.world, &self.rulebook, self.now)?))
        };
        let (places, all): (Vec<usize>, Vec<Standing>) = customers.filter_map(stand).unzip();
        let today = self.now.date(&self.rulebook.model.workspace.zone).to_string();
        let facts = daily::rank_facts(&self.rulebook, &all, &today, self.now);
        let dips = daily::dips(&self.rulebook, &all);
        self.world.dips.clone_from(&dips);
        let alerts = daily::alert_facts(&self.rulebook, &all, &dips, &today, self.now);
        let tell = |(place, fact): (usize, Incoming)| {
            self.tell(places[place], fact);
            places[place]
        };
        facts.into_iter().chain(alerts).map(tell).collect()
    }

    fn tell(&mut self, index: usize, fact: Incoming) {
        self.accounts[index].record(Fact {
            seq: 0,
            account: AccountId::WORKSPACE,
            contact: None,
            occurred_at: fact.occurred_at,
            received_at: fact.received_at,
            source: fact.source,
            event_id: fact.event_id,
            body: fact.body,
        });
    }

    fn tiers(&mut self) -> Vec<usize> {
        let Some(touch) = self.rulebook.model.touch.clone().filter(|t| !t.tiers.is_empty()) else {
            return Vec::new();
        };
        if !self.rank(&touch) {
            return Vec::new();
        }
        let cuts = daily::cuts(&touch, self.ranks.1.iter().filter_map(|r| r.ranked.as_ref()));
        let today = self.now.date(&self.rulebook.model.workspace.zone).to_string();
        let fact = |(index, rank): (usize, &Rank)| {
            Some((index, daily::tier_fact(&touch, &cuts, rank.ranked.as_ref()?, &today, self.now)?))
        };
        let facts: Vec<(usize, Incoming)> = self.ranks.1.iter().enumerate().filter_map(fact).collect();
        self.world.touch_cuts = cuts;
        let moved = facts.iter().map(|(index, _)| *index).collect();
        facts.into_iter().for_each(|(index, fact)| self.tell(index, fact));
        moved
    }

    /// Ranks those of whom something moved since the pass before; answers whether that is anybody who takes part.
    fn rank(&mut self, touch: &Touch) -> bool {
        let (by, ranks) = &mut self.ranks;
        if *by != self.rulebook.hash || ranks.len() != self.accounts.len() {
            self.rulebook.hash.clone_into(by);
            *ranks = vec![Rank::default(); self.accounts.len()];
        }
        let mut anybody = false;
        for (rank, account) in ranks.iter_mut().zip(&self.accounts) {
            if account.id == AccountId::WORKSPACE || rank.stands(account) {
                continue;
            }
            let recorded = daily::recorded_numbers(&account.state, &self.rulebook, touch);
            rank.lasts = recorded.is_some();
            let numbers = recorded.unwrap_or_else(|| {
                daily::numbers(&account.snapshot(self.now), &self.world, &self.rulebook, self.now, touch)
            });
            let taking_part = daily::takes_part(&account.state);
            rank.ranked = taking_part.then(|| Ranked::of(&account.key, &account.state, numbers));
            (rank.attrs, rank.daily) = (account.state.attrs.clone(), account.state.daily.clone());
            anybody = true;
        }
        anybody && ranks.iter().any(|r| r.ranked.is_some())
    }
}

/// Where an account stood at the last pass, and from what that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Rank {
    /// None: it takes no part.
    ranked: Option<Ranked>,
    /// It follows from attributes alone.
    lasts: bool,
    attrs: Shared<BTreeMap<String, Attr>>,
    daily: Shared<BTreeMap<String, Value>>,
}

impl Rank {
    fn stands(&self, account: &Account) -> bool {
        self.lasts && self.attrs.same(&account.state.attrs) && self.daily.same(&account.state.daily)
    }
}
