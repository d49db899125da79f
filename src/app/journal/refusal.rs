//! What must outlive the database: that an address is written to no more.

use std::sync::Arc;

use super::{Journal, Record};
use crate::{
    model::instant::Instant,
    store::api::{Result, Store, StoreError},
};

/// An address (HMAC) that gets nothing of a topic any more, or (`on: false`) gets it again.
#[derive(Clone, Copy, Debug)]
pub struct Suppression<'a> {
    /// The address (HMAC).
    pub address: &'a str,
    /// The topic, or one of the store's own.
    pub topic: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whether it holds.
    pub on: bool,
}

impl Suppression<'_> {
    /// Says it: in the store, and durably in the journal. Errors: the one or the other cannot be written.
    pub async fn say(self, store: &dyn Store, journal: Option<&Arc<Journal>>, now: Instant) -> Result<()> {
        store.suppress(self.address, self.topic, self.reason, self.on, now).await?;
        let Some(journal) = journal.cloned() else { return Ok(()) };
        let record = Record::Suppressed(self.address.to_owned(), self.topic.to_owned(), self.on, now);
        let written = tokio::task::spawn_blocking(move || journal.append(&[record], true)).await;
        match written {
            Ok(done) => done.map_err(|e| StoreError::Engine(e.to_string())),
            Err(e) => Err(StoreError::Engine(e.to_string())),
        }
    }
}
