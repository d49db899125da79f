//! Reading accounts for questions, digests and numbers: page by page, everything derived.

use super::shell::Shell;
use crate::{
    engine::explain,
    insight::view::AccountView,
    model::{ids::AccountId, instant::Instant, snapshot::Snapshot, world::World},
    rulebook::{expr::Program, types::Rulebook},
    store::api::Result,
};

/// Accounts read at once: a reader holds its view of the store for a few milliseconds only.
const PAGE: usize = 500;

impl Shell {
    /// One account with everything derived at `now`.
    pub async fn view(&self, account: AccountId, now: Instant) -> Result<Option<AccountView>> {
        let snapshot = self.store.snapshot(account).await?;
        Ok(snapshot.map(|s| view(&s, &self.world(), &self.rulebook(), now)))
    }

    /// Every account for which `filter` holds (all without one), in the order of their numbers.
    pub async fn views(&self, filter: Option<&Program>, now: Instant) -> Result<Vec<AccountView>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let (mut after, mut all) = (AccountId::WORKSPACE, Vec::new());
        loop {
            let page = self.store.page(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.account;
            let wanted = |s: &&Snapshot| filter.is_none_or(|f| explain::holds(s, &world, &rulebook, now, f));
            all.extend(page.iter().filter(wanted).map(|s| view(s, &world, &rulebook, now)));
        }
    }
}

fn view(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> AccountView {
    AccountView {
        id: snapshot.account,
        key: snapshot.key.clone(),
        state: explain::current(snapshot, world, rulebook, now),
        runs: snapshot.runs.clone(),
        tasks: snapshot.tasks.clone(),
        values: explain::values(snapshot, world, rulebook, now).into_iter().collect(),
    }
}
