//! Keys by which a repeated event is recognised, forgotten once an event that old is refused anyway.

use super::{
    api::Result,
    db::{Tx, args},
    workspace,
};
use crate::model::{instant::Instant, track::API};

/// How far the walk over the keys has come.
const WALK: &str = "seen.walk";

/// Looks at the next `most` keys of tracked events and forgets those that came in before `before`; a walk in rounds, so
/// that no index of times is needed. Keys of imports and of other systems stay: those may be brought again however old
/// they are. Answers how many were forgotten.
pub async fn forget(tx: &mut Tx, before: Instant, most: usize) -> Result<usize> {
    let from = workspace::bookmark(tx, WALK).await?;
    let after = from.clone().unwrap_or_default();
    let text = "SELECT MAX(event_id), COUNT(*) FROM (SELECT event_id FROM inbox_seen \
                WHERE source = $1 AND event_id > $2 ORDER BY event_id LIMIT $3) found";
    let row = tx.one(text, args![API, &after, most as i64]).await?;
    let (last, found) = (row.opt_text(0)?, usize::try_from(row.int(1)?).unwrap_or_default());
    let mut gone = 0;
    if let Some(last) = &last {
        let text = "DELETE FROM inbox_seen WHERE source = $1 AND event_id > $2 AND event_id <= $3 AND at < $4";
        gone = tx.run(text, args![API, &after, last, before.0]).await?;
    }
    let next = last.filter(|_| found == most).unwrap_or_default();
    if next != after {
        workspace::move_bookmark(tx, WALK, from.as_deref(), &next).await?;
    }
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}
