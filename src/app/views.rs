//! Reading accounts for questions, digests and numbers: page by page, everything derived.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::shell::Shell;
use crate::{
    engine::explain::{self, Read},
    insight::view::AccountView,
    model::{ids::AccountId, instant::Instant, snapshot::Snapshot, value::Value},
    rulebook::expr::Program,
    store::api::{Result, StoreError},
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

    /// A snapshot with everything derived at `now`.
    pub(super) fn derived(&self, snapshot: Snapshot, now: Instant) -> AccountView {
        let read = explain::read(&snapshot, &self.world(), &self.rulebook(), now, None);
        view(snapshot, read)
    }

    /// Every account for which `filter` holds (all without one), in the order of their numbers.
    pub async fn views(&self, filter: Option<&Program>, now: Instant) -> Result<Vec<AccountView>> {
        let mut all = Vec::new();
        self.scan(filter, now, |view, holds| all.extend(Some(view).filter(|_| holds || filter.is_none()))).await?;
        Ok(all)
    }

    /// Those accounts of which `keep` says so, in the order of their numbers. The others are gone before the next comes, so
    /// that a short list of a long portfolio takes little memory.
    pub async fn views_where(
        &self,
        now: Instant,
        mut keep: impl FnMut(&AccountView) -> bool + Send,
    ) -> Result<Vec<AccountView>> {
        let mut kept = Vec::new();
        self.scan(None, now, |view, _| kept.extend(Some(view).filter(|view| keep(view)))).await?;
        Ok(kept)
    }

    /// Shows every account to `see`, in the order of their numbers, and whether `program` holds for it. What `see` keeps
    /// is all that stays in memory.
    pub async fn scan(
        &self,
        program: Option<&Program>,
        now: Instant,
        mut see: impl FnMut(AccountView, bool) + Send,
    ) -> Result<()> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let show = |snapshot: Snapshot| -> Option<()> {
            let read = explain::read(&snapshot, &world, &rulebook, now, program);
            let holds = read.asked == Value::Bool(true);
            see(view(snapshot, read), holds);
            None
        };
        self.each(show).await.map(drop)
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
    pub async fn each<T: Send>(&self, mut take: impl FnMut(Snapshot) -> Option<T> + Send) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut next = self.ahead(AccountId::WORKSPACE);
        loop {
            let page = next.await.map_err(|gone| StoreError::Unreachable(gone.to_string()))??;
            let Some(last) = page.last() else { return Ok(all) };
            next = self.ahead(last.account);
            all.extend(page.into_iter().filter_map(&mut take));
        }
    }

    /// The next page, read while the one before it is looked at.
    fn ahead(&self, after: AccountId) -> JoinHandle<Result<Vec<Snapshot>>> {
        let store = Arc::clone(&self.store);
        tokio::spawn(async move { store.page(after, PAGE).await })
    }
}

pub(super) fn view(snapshot: Snapshot, read: Read) -> AccountView {
    AccountView {
        id: snapshot.account,
        key: snapshot.key,
        state: read.state,
        runs: snapshot.runs,
        tasks: snapshot.tasks,
        values: read.values,
    }
}
