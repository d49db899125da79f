//! Reading accounts for questions, digests and numbers: page by page, everything derived.

use super::shell::Shell;
use crate::{
    engine::explain::{self, Read},
    insight::view::AccountView,
    model::{ids::AccountId, instant::Instant, snapshot::Snapshot, value::Value},
    rulebook::expr::Program,
    store::api::Result,
};

/// Accounts read at once: a reader holds its view of the store for a few milliseconds only.
const PAGE: usize = 500;

impl Shell {
    /// One account with everything derived at `now`.
    pub async fn view(&self, account: AccountId, now: Instant) -> Result<Option<AccountView>> {
        let snapshot = self.store.snapshot(account).await?;
        Ok(snapshot.map(|s| {
            let read = explain::read(&s, &self.world(), &self.rulebook(), now, None);
            view(s, read)
        }))
    }

    /// Every account for which `filter` holds (all without one), in the order of their numbers.
    pub async fn views(&self, filter: Option<&Program>, now: Instant) -> Result<Vec<AccountView>> {
        let all = self.judged_views(filter, now).await?;
        Ok(all.into_iter().filter(|(_, holds)| *holds || filter.is_none()).map(|(view, _)| view).collect())
    }

    /// Every account, and whether `program` holds for it.
    pub async fn judged_views(&self, program: Option<&Program>, now: Instant) -> Result<Vec<(AccountView, bool)>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        self.each(|snapshot| {
            let read = explain::read(&snapshot, &world, &rulebook, now, program);
            let holds = read.asked == Value::Bool(true);
            Some((view(snapshot, read), holds))
        })
        .await
    }

    /// Accounts whose band was `band` when they were decided last, with everything derived at `now`.
    pub async fn views_in_band(&self, band: &str, now: Instant) -> Result<Vec<AccountView>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let (mut after, mut all) = (AccountId::WORKSPACE, Vec::new());
        loop {
            let page = self.store.page_in_band(band, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.account;
            all.extend(page.into_iter().map(|snapshot| {
                let read = explain::read(&snapshot, &world, &rulebook, now, None);
                view(snapshot, read)
            }));
        }
    }

    /// What `take` makes of every account (not of the workspace), in the order of their numbers.
    pub async fn each<T: Send>(&self, take: impl Fn(Snapshot) -> Option<T> + Send + Sync) -> Result<Vec<T>> {
        let (mut after, mut all) = (AccountId::WORKSPACE, Vec::new());
        loop {
            let page = self.store.page(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.account;
            all.extend(page.into_iter().filter_map(&take));
        }
    }
}

fn view(snapshot: Snapshot, read: Read) -> AccountView {
    AccountView {
        id: snapshot.account,
        key: snapshot.key,
        state: read.state,
        runs: snapshot.runs,
        tasks: snapshot.tasks,
        values: read.values,
    }
}
