//! "Write to this address again", asked while somebody else holds the store: a file in the spool, done by whoever
//! takes mails in. A journal has one writer.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Intake, maildir};
use crate::{
    model::{ids::stable_hash, instant::Instant},
    store::api::Result,
};

/// Asks that mail may go to an address again. Errors: the spool cannot be written.
pub fn release(spool: &Path, address: &str) -> io::Result<()> {
    fs::create_dir_all(folder(spool))?;
    let name = stable_hash(&[address]);
    let new = spool.join(format!("{name}.new"));
    maildir::write_private(&new, address.as_bytes())?;
    fs::rename(new, folder(spool).join(name))
}

fn folder(spool: &Path) -> PathBuf {
    spool.join("release")
}

impl Intake {
    /// Does what was asked.
    pub(super) async fn releases(&self, spool: &Path, now: Instant) -> Result<()> {
        let Ok(entries) = fs::read_dir(folder(spool)) else { return Ok(()) };
        for path in entries.flatten().map(|e| e.path()) {
            let Ok(address) = fs::read_to_string(&path) else { continue };
            let lifted = self.release(address.trim(), now).await?;
            tracing::info!(lifted, "asked to write to an address again");
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "what was asked is done, but its file cannot be removed; it is done again");
            }
        }
        Ok(())
    }
}
