//! Which copies of the store were made: who erases a person has to know where else the data lies.

use serde::{Deserialize, Serialize};

use super::swap;
use crate::{
    model::instant::Instant,
    store::api::{Result, Store},
};

/// The cursor that lists them.
const LIST: &str = "copies";
/// As many are remembered; more than a year of daily ones.
const MOST: usize = 500;

/// A copy of the store in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// Where it was written.
    pub file: String,
    /// When.
    pub at: Instant,
    /// SHA-256 of the file; empty for a database that was set aside as it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

/// The known ones, oldest first.
pub async fn list(store: &dyn Store) -> Result<Vec<Copy>> {
    Ok(read(store.cursor(LIST).await?.as_deref()))
}

/// Remembers more of them. One written to the same file again replaces the one before.
pub async fn add(store: &dyn Store, new: &[Copy]) -> Result<()> {
    let change = |old: Option<&str>| {
        let mut all = read(old);
        all.retain(|known| new.iter().all(|copy| copy.file != known.file));
        all.extend(new.iter().cloned());
        all.sort_by_key(|copy| copy.at);
        all.drain(..all.len().saturating_sub(MOST));
        (serde_json::to_string(&all).unwrap_or_default(), ())
    };
    swap::cursor(store, LIST, change).await
}

fn read(text: Option<&str>) -> Vec<Copy> {
    serde_json::from_str(text.unwrap_or_default()).unwrap_or_default()
}
