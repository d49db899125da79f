//! After a new rulebook, a resume or a recovered feed: every account takes the change in its turn.

use super::shell::Shell;
use crate::{
    model::{ids::AccountId, instant::Instant},
    store::api::Result,
};

/// Accounts made due at once; the rest follow in the next turn.
const CHUNK: usize = 2_000;
/// The cursor of the running sweep.
const CURSOR: &str = "sweep";

impl Shell {
    /// Asks for a sweep over all accounts.
    pub async fn begin_sweep(&self) -> Result<()> {
        let old = self.store.cursor(CURSOR).await?;
        self.store.move_cursor(CURSOR, old.as_deref(), "0").await?;
        Ok(())
    }

    /// Makes the next chunk of accounts due, if a sweep is running.
    pub async fn sweep(&self, now: Instant) -> Result<()> {
        let Some(at) = self.store.cursor(CURSOR).await? else { return Ok(()) };
        let Ok(after) = at.parse::<i64>() else { return Ok(()) };
        // -1: whatever rulebook an account was decided with.
        let last = self.store.sweep(-1, AccountId(after), now, CHUNK).await?;
        let to = last.map_or_else(|| "done".to_owned(), |id| id.0.to_string());
        self.store.move_cursor(CURSOR, Some(&at), &to).await?;
        Ok(())
    }
}
