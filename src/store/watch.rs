//! What an operator watches: how much waits and since when. Counted in the database; nothing is listed.

use super::{
    api::{Result, Waiting, Watched},
    db::{Row, Tx, args},
    sql::Dialect,
};
use crate::model::instant::Instant;

/// How it stands at `now`.
pub async fn watched(tx: &mut Tx, now: Instant) -> Result<Watched> {
    let due = tx.one("SELECT COUNT(*), MIN(due) FROM hot WHERE due <= $1", args![now.0]).await?;
    let size = match tx.dialect() {
        Dialect::Lite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        Dialect::Pg => "SELECT pg_database_size(current_database())",
    };
    let in_hand = "SELECT MIN(o.at) FROM ready r JOIN outbox o ON o.account_id = r.account_id AND o.key = r.key WHERE r.stage = 1";
    Ok(Watched {
        waiting: waiting(tx).await?,
        in_hand_since: tx.one(in_hand, args![]).await?.opt_int(0)?.map(Instant),
        unknown: state(tx, "maybe_sent").await?,
        frozen: state(tx, "frozen").await?,
        due: count(&due)?,
        due_since: due.opt_int(1)?.map(Instant),
        inbox: count(&tx.one("SELECT COUNT(*) FROM inbox", args![]).await?)?,
        bytes: count(&tx.one(size, args![]).await?)?,
    })
}

async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>> {
    let text = "SELECT lane, stage, COUNT(*), MIN(not_before) FROM ready GROUP BY lane, stage";
    let row = |row: &Row| {
        let messages = u64::try_from(row.int(2)?).unwrap_or_default();
        Ok(Waiting { channel: row.text(0)?, stage: row.int(1)?, messages, oldest: Instant(row.int(3)?) })
    };
    tx.rows(text, args![]).await?.iter().map(row).collect()
}

async fn state(tx: &mut Tx, state: &str) -> Result<u64> {
    // The first condition is the index's.
    let text = "SELECT COUNT(*) FROM outbox WHERE state IN ('maybe_sent', 'frozen') AND state = $1";
    count(&tx.one(text, args![state]).await?)
}

fn count(row: &Row) -> Result<u64> {
    Ok(u64::try_from(row.int(0)?).unwrap_or_default())
}
