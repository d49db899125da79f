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
    /// What `keep` makes of every account, in no order; it is shown these values (names as in conditions), its band, its milestones and
    /// the attributes and metrics that those values read. An account that is due, or was decided by another rulebook, and
    /// everybody where a value reads more than attributes and events, is derived as `scan` does it: what is stored is what
    /// holds until an account is due.
    pub(super) async fn skim<K: Send + 'static>(
        &self,
        names: impl Iterator<Item = &str> + Send,
        now: Instant,
        keep: impl Fn(&AccountView) -> K + Send + Sync + 'static,
    ) -> Result<Vec<K>> {
        let rulebook = self.rulebook();
        let mut kept = Vec::new();
        let Some(glimpse) = Glimpse::of(&rulebook, names) else {
            self.scan(None, now, |view, _| kept.push(keep(&view))).await?;
            return Ok(kept);
        };
        let keep = Arc::new(keep);
        let reader = Arc::new(Reader { glimpse, rulebook, now });
        let (mut after, mut read) = (AccountId::WORKSPACE, None);
        loop {
            let rows = self.store.rows(after, PAGE).await?;
            let last = rows.last().map(|row| row.account);
            let (stored, moved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| reader.holds(row));
            // A page is understood while the next one is read.
            let (page, look) = (Arc::clone(&reader), Arc::clone(&keep));
            let next = tokio::task::spawn_blocking(move || page.read(stored, look.as_ref()));
            if let Some(before) = read.replace(next) {
                kept.append(&mut done(before).await?);
            }
            let moved: Vec<AccountId> = moved.iter().map(|row| row.account).collect();
            if !moved.is_empty() {
                let snapshots = self.store.snapshots(&moved).await?;
                kept.extend(snapshots.into_iter().map(|snapshot| keep(&self.derived(snapshot, now))));
            }
            let Some(last) = last else { break };
            after = last;
        }
        if let Some(before) = read {
            kept.append(&mut done(before).await?);
        }
        Ok(kept)
    }
}

async fn done<K>(page: tokio::task::JoinHandle<Result<Vec<K>>>) -> Result<Vec<K>> {
    page.await.unwrap_or_else(|error| Err(StoreError::Corrupt(format!("a page of accounts was not read: {error}"))))
}

impl Reader {
    fn holds(&self, row: &StateRow) -> bool {
        row.rulebook == self.rulebook.number && row.due.is_none_or(|due| due > self.now)
    }

    fn read<K>(&self, rows: Vec<StateRow>, keep: &dyn Fn(&AccountView) -> K) -> Result<Vec<K>> {
        rows.into_iter().map(|row| self.view(row).map(|view| keep(&view))).collect()
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
