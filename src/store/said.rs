//! What was said and done in a period, over all accounts: the events KPIs count, found by their own index.

use super::{
    api::{Result, Said},
    db::{Tx, args},
    load,
};
use crate::model::instant::Instant;

/// The index's own condition, word by word, or the engines do not use it.
const COUNTED: &str =
    "event IN ('survey.responded', 'meeting.held', 'message.sent', 'task.done', 'note.added', 'message.replied')";
/// Those that are wanted one by one.
const WHOLE: &str = "event IN ('survey.responded', 'meeting.held')";

/// The counted events of `[from, to)` by when they happened.
pub async fn said(tx: &mut Tx, from: Instant, to: Instant) -> Result<Said> {
    let text = format!(
        "SELECT event, COUNT(*) FROM fact WHERE {COUNTED} AND occurred_at >= $1 AND occurred_at < $2 GROUP BY event"
    );
    let rows = tx.rows(&text, args![from.0, to.0]).await?;
    let counts = rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?.unsigned_abs()))).collect::<Result<_>>()?;
    let text = format!(
        "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
         WHERE {COUNTED} AND {WHOLE} AND occurred_at >= $1 AND occurred_at < $2 ORDER BY account_id, seq"
    );
    let facts = tx.rows(&text, args![from.0, to.0]).await?.iter().map(load::fact).collect::<Result<_>>()?;
    Ok(Said { counts, facts })
}
