//! Layer 3: SQLite and PostgreSQL behind one coarse seam. No business rules.
//!
//! Two classes of table. *Account tables*: primary key and every UNIQUE begin with the account id.
//! *Directory tables*: keyed by what they look up. A decision writes one account's tables only.

mod alias;
pub mod api;
mod append;
mod blank;
mod claim;
mod commit;
mod company;
mod day;
mod db;
mod dispatch;
mod erase;
mod evaluate;
pub mod file;
mod links;
mod load;
pub mod migrate;
pub mod moved;
mod open;
mod outbox;
mod places;
mod present;
mod query;
mod reap;
mod receipt;
mod recent;
mod rows;
pub mod said;
mod seam;
mod seen;
mod shared;
pub mod sight;
mod sql;
mod stage;
mod system;
mod track;
mod transition;
mod watch;
mod whole;
mod workspace;
mod writer;

use std::{
    fs::File,
    sync::{Arc, atomic::AtomicI64},
};

pub use api::{Mode, Store, StoreError};
pub use open::{open, transfer};

use api::Result;
use db::{Pool, Tx};
use recent::Recent;
use writer::{Lane, Work, Writer};

/// A store on either engine.
pub(crate) struct SqlStore {
    read: Pool,
    write: Pool,
    /// SQLite's only writer.
    writer: Option<Writer>,
    /// Key of the HMAC over addresses.
    secret: String,
    epoch: i64,
    /// The name of this daemon's connections.
    token: String,
    recent: Arc<Recent>,
    /// Microseconds between an unknown outcome and the resend.
    resend_wait: AtomicI64,
    _lock: Option<File>,
}

impl SqlStore {
    /// Writes durably: in the next group commit (SQLite) or in a transaction of its own (PostgreSQL,
    /// tried again after a deadlock).
    async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Tx) -> Work<'c, T> + Send + Sync + 'static,
    {
        if let Some(writer) = &self.writer {
            return writer.write(lane, work).await;
        }
        let mut tries = 0;
        loop {
            let mut tx = self.write.begin(true).await?;
            match work(&mut tx).await {
                Ok(answer) => return tx.commit().await.map(|()| answer),
                Err(_) if tx.transient && tries < 3 => tries += 1,
                Err(e) => return Err(e),
            }
        }
    }

    /// A connection for one reading statement.
    async fn glance(&self) -> Result<Tx> {
        self.read.glance().await
    }

    /// A transaction for reading: one consistent picture, held briefly.
    async fn reading(&self) -> Result<Tx> {
        self.read.begin(false).await
    }
}
