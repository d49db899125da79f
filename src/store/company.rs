//! Which daemons work on one PostgreSQL together: whoever joins them need not know what was sent before, they do.

use super::{
    api::Result,
    db::{Tx, args},
    sql::Dialect,
};

/// How the connections of a daemon are called, so that the server knows who is alive.
pub fn connection_name(token: &str) -> String {
    format!("shirube daemon {token}")
}

/// Notes that this daemon has compared its journal with the store, or works beside one that has.
pub async fn join(tx: &mut Tx, epoch: i64, token: &str) -> Result<()> {
    if tx.dialect() == Dialect::Pg {
        let text =
            "INSERT INTO daemon (owner, journal_id, started, expires) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING";
        tx.run(text, args![epoch, token]).await?;
    }
    Ok(())
}

/// Whether another daemon that has joined is connected just now. A copy of the database remembers names of daemons, but
/// none of them is connected to it; a file never has a second one.
pub async fn others(tx: &mut Tx, token: &str) -> Result<bool> {
    if tx.dialect() == Dialect::Lite {
        return Ok(false);
    }
    let text = "SELECT d.owner FROM daemon d JOIN pg_stat_activity a ON a.application_name = $1 || d.journal_id \
                WHERE a.datname = current_database() AND d.journal_id <> $2 LIMIT 1";
    Ok(tx.first(text, args![connection_name(""), token]).await?.is_some())
}
