//! All customers in memory, moved forward together on virtual time: the same engine, the same daily pass,
//! one order of time over all accounts. Nothing is sent and nothing is stored.

mod line;
mod midnight;

use std::{cmp::Reverse, collections::BinaryHeap};

pub use line::Line;

use super::account::{Account, Stuck};
use crate::{
    model::{instant::Instant, world::World},
    rulebook::types::Rulebook,
    store::api::Whole,
};

/// The customers of a workspace, and the workspace itself as account 0.
#[derive(Clone, Debug)]
pub struct Portfolio {
    /// Every account.
    pub accounts: Vec<Account>,
    /// The workspace's state.
    pub world: World,
    /// The rulebook that decides.
    pub rulebook: Rulebook,
    /// How far it has come.
    pub now: Instant,
    /// Where everybody stood at the last pass, and the hash of the rulebook that ranked them.
    ranks: (String, Vec<midnight::Rank>),
}

impl Portfolio {
    /// A portfolio that stands at `now`.
    pub fn new(accounts: Vec<Account>, world: World, rulebook: Rulebook, now: Instant) -> Portfolio {
        Portfolio { accounts, world, rulebook, now, ranks: Default::default() }
    }

    /// Every account is decided anew at `at`, as the sweep after a rulebook's going live does it.
    pub fn sweep(&mut self, at: Instant) {
        for account in &mut self.accounts {
            account.next_due = Some(account.next_due.map_or(at, |due| due.min(at)));
        }
    }

    /// Moves everybody forward to `until`, in order of time (ties by account), and tells what would happen.
    pub fn advance(&mut self, until: Instant, tell: &mut dyn FnMut(Line)) -> Result<(), Stuck> {
        let mut queue: BinaryHeap<Reverse<(Instant, usize)>> =
            self.accounts.iter().enumerate().filter_map(|(i, a)| Some(Reverse((a.due()?, i)))).collect();
        // Tiers without cuts are cut at once, after what is due; later passes come at midnight, before it.
        let tiers = self.rulebook.model.touch.as_ref().is_some_and(|t| !t.tiers.is_empty());
        let at_once = tiers && self.world.touch_cuts.is_empty();
        let mut pass = if at_once { self.now.plus(1) } else { self.next_midnight() };
        loop {
            let next = queue.peek().map(|Reverse((at, _))| (*at).max(self.now));
            if pass <= until && next.is_none_or(|at| at >= pass) {
                self.now = pass;
                for index in self.daily_pass() {
                    queue.extend(self.accounts[index].due().map(|due| Reverse((due, index))));
                }
                pass = self.next_midnight();
                continue;
            }
            let Some(Reverse((due, index))) = queue.pop().filter(|Reverse((at, _))| *at <= until) else { break };
            let account = &mut self.accounts[index];
            if account.due() != Some(due) {
                // An older entry of an account that moved on.
                queue.extend(account.due().filter(|at| *at > due).map(|at| Reverse((at, index))));
                continue;
            }
            self.now = self.now.max(due);
            let decision = account.step(&self.world, &self.rulebook, due)?;
            line::told(account, &decision, &self.rulebook, tell);
            queue.extend(account.due().map(|at| Reverse((at, index))));
        }
        self.now = self.now.max(until);
        Ok(())
    }

    fn next_midnight(&self) -> Instant {
        let zone = &self.rulebook.model.workspace.zone;
        Instant::start_of_day(self.now.day(zone) + 1, zone)
    }
}

impl From<Whole> for Account {
    fn from(whole: Whole) -> Account {
        let snapshot = whole.snapshot;
        let next_seq = snapshot.inbox.iter().chain(&whole.history).map(|f| f.seq).max().unwrap_or_default();
        let mut account = Account::loaded(snapshot, next_seq);
        account.contacts = whole.contacts.into_iter().map(|c| (c.id, c.into())).collect();
        account.contact_days = whole.contact_days;
        account.history = whole.history;
        account.next_due = whole.due;
        account
    }
}
