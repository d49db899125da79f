//! Reading a little of every account: what numbers ask, without deriving everything else.

use std::sync::Arc;

use super::shell::Shell;
use crate::{
    engine::glimpse::Glimpse,
    insight::view::AccountView,
    model::{ids::AccountId, instant::Instant, thin, value::Value},
    rulebook::types::Rulebook,
    store::api::{Result, StateRow, StoreError},
};

/// Rows read at once.
const PAGE: usize = 2_000;

/// What a page is read with.
struct Reader {
    glimpse: Glimpse,
    rulebook: Arc<Rulebook>,
    now: Instant,
}

impl Shell {
    /// Shows every account to `see`, in no order, with these values (names as in conditions), its band, its milestones and
    /// the attributes and metrics that those values read. An account that is due, or was decided by another rulebook, and
    /// everybody where a value reads more than attributes and events, is derived as `scan` does it: what is stored is what
    /// holds until an account is due.
    pub(super) async fn skim(
        &self,
        names: impl Iterator<Item = &str> + Send,
        now: Instant,
        mut see: impl FnMut(AccountView) + Send,
    ) -> Result<()> {
        let rulebook = self.rulebook();
        let Some(glimpse) = Glimpse::of(&rulebook, names) else {
            return self.scan(None, now, |view, _| see(view)).await;
        };
        let reader = Arc::new(Reader { glimpse, rulebook, now });
        let (mut after, mut read) = (AccountId::WORKSPACE, None);
        loop {
            let rows = self.store.rows(after, PAGE).await?;
            let last = rows.last().map(|row| row.account);
            let (stored, moved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| reader.holds(row));
            // A page is understood while the next one is read.
            let page = Arc::clone(&reader);
            let next = tokio::task::spawn_blocking(move || page.read(stored));
            if let Some(before) = read.replace(next) {
                done(before).await?.into_iter().for_each(&mut see);
            }
            let moved: Vec<AccountId> = moved.iter().map(|row| row.account).collect();
            if !moved.is_empty() {
                let snapshots = self.store.snapshots(&moved).await?;
                snapshots.into_iter().map(|snapshot| self.derived(snapshot, now)).for_each(&mut see);
            }
            let Some(last) = last else { break };
            after = last;
        }
        match read {
            Some(before) => done(before).await.map(|views| views.into_iter().for_each(see)),
            None => Ok(()),
        }
    }
}

async fn done(page: tokio::task::JoinHandle<Result<Vec<AccountView>>>) -> Result<Vec<AccountView>> {
    page.await.unwrap_or_else(|error| Err(StoreError::Corrupt(format!("a page of accounts was not read: {error}"))))
}

impl Reader {
    fn holds(&self, row: &StateRow) -> bool {
        row.rulebook == self.rulebook.number && row.due.is_none_or(|due| due > self.now)
    }

    fn read(&self, rows: Vec<StateRow>) -> Result<Vec<AccountView>> {
        rows.into_iter().map(|row| self.view(row)).collect()
    }

    fn view(&self, row: StateRow) -> Result<AccountView> {
        let unreadable = |error| StoreError::Corrupt(format!("unreadable JSON in a row: {error}"));
        let mut state = thin::read(&row.body, &self.glimpse.parts).map_err(unreadable)?;
        (state.rulebook, state.now) = (row.rulebook, row.now);
        let mut values = self.glimpse.read(&state, &self.rulebook, self.now);
        if !row.band.is_empty() {
            values.insert("health.band".into(), Value::text(&row.band));
        }
        Ok(AccountView { id: row.account, state, values, ..AccountView::default() })
    }
}
