//! Forward-only migrations, one text for both engines.

use super::{
    api::{Result, StoreError},
    db::{Tx, args},
    sql::{self, Dialect},
};

/// Every schema version in order: (text for both, text for PostgreSQL only).
const VERSIONS: &[(&str, &str)] = &[
    (include_str!("migrations/0001_base.sql"), include_str!("migrations/0001_postgres.sql")),
    (include_str!("migrations/0002_run_version.sql"), ""),
    (include_str!("migrations/0003_import.sql"), ""),
    (include_str!("migrations/0004_sends.sql"), ""),
    (include_str!("migrations/0005_people.sql"), ""),
    (include_str!("migrations/0006_said.sql"), ""),
    (include_str!("migrations/0007_told.sql"), ""),
    (include_str!("migrations/0008_merged.sql"), ""),
    (include_str!("migrations/0009_own_due.sql"), ""),
    (include_str!("migrations/0010_decided.sql"), ""),
    (include_str!("migrations/0011_guardrails.sql"), ""),
    (include_str!("migrations/0012_track.sql"), ""),
    (include_str!("migrations/0013_asked.sql"), ""),
    (include_str!("migrations/0014_systems.sql"), ""),
    (include_str!("migrations/0015_shared.sql"), ""),
    (include_str!("migrations/0016_account_alias.sql"), ""),
    (include_str!("migrations/0017_tickets.sql"), ""),
    (include_str!("migrations/0019_happened.sql"), ""),
    (include_str!("migrations/0020_links.sql"), ""),
];

/// What brought each schema about, in order: for tests that begin with an older one.
pub fn steps() -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().map(|(both, _)| *both)
}

/// The newest schema this binary knows.
pub const NEWEST: i64 = VERSIONS.len() as i64;

/// Brings the schema to the newest version. Refuses one that is newer than this binary.
pub async fn migrate(tx: &mut Tx) -> Result<()> {
    sql::migration_lock(tx).await?;
    let found = version(tx).await?;
    if found > NEWEST {
        return Err(StoreError::TooNew { found, known: NEWEST });
    }
    for (common, postgres) in &VERSIONS[found as usize..] {
        tx.script(tx.dialect().ddl(common)).await?;
        if tx.dialect() == Dialect::Pg && !postgres.is_empty() {
            tx.script((*postgres).to_string()).await?;
        }
    }
    if found < NEWEST {
        tx.run("DELETE FROM schema_version", args![]).await?;
        tx.run("INSERT INTO schema_version (version) VALUES ($1)", args![NEWEST]).await?;
    }
    Ok(())
}

async fn version(tx: &mut Tx) -> Result<i64> {
    if !sql::table_exists(tx, "schema_version").await? {
        tx.script("CREATE TABLE schema_version (version BIGINT NOT NULL)".into()).await?;
        return Ok(0);
    }
    let row = tx.first("SELECT version FROM schema_version", args![]).await?;
    row.map_or(Ok(0), |row| row.int(0)).map(|version| version.max(0))
}

/// Whether the schema is already the newest (asked without a write lock).
pub async fn current(tx: &mut Tx) -> Result<bool> {
    if !sql::table_exists(tx, "schema_version").await? {
        return Ok(false);
    }
    let row = tx.first("SELECT version FROM schema_version", args![]).await?;
    Ok(row.map(|row| row.int(0)).transpose()? == Some(NEWEST))
}
