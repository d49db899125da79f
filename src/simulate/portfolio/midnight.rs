//! The daily pass inside a simulation: the same ranking and the same facts as live.

use super::Portfolio;
use crate::{
    app::daily::{self, Ranked, Standing},
    model::{
        fact::{Fact, Incoming},
        ids::AccountId,
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
        let (places, ranked) = self.ranked(&touch);
        if ranked.is_empty() {
            return Vec::new();
        }
        let cuts = daily::cuts(&touch, &ranked);
        let today = self.now.date(&self.rulebook.model.workspace.zone).to_string();
        let mut moved = Vec::new();
        for (index, one) in places.iter().zip(&ranked) {
            let Some(fact) = daily::tier_fact(&touch, &cuts, one, &today, self.now) else { continue };
            self.tell(*index, fact);
            moved.push(*index);
        }
        self.world.touch_cuts = cuts;
        moved
    }

    /// Those who take part, with their places among the accounts.
    fn ranked(&self, touch: &Touch) -> (Vec<usize>, Vec<Ranked>) {
        let (mut places, mut list) = (Vec::new(), Vec::new());
        for (index, account) in self.accounts.iter().enumerate() {
            if account.id == AccountId::WORKSPACE || !daily::takes_part(&account.state) {
                continue;
            }
            let recorded = daily::recorded_numbers(&account.state, &self.rulebook, touch);
            let numbers = recorded.unwrap_or_else(|| {
                daily::numbers(&account.snapshot(self.now), &self.world, &self.rulebook, self.now, touch)
            });
            places.push(index);
            list.push(Ranked::of(&account.key, &account.state, numbers));
        }
        (places, list)
    }
}
