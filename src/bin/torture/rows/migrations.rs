//! DB8: killed in the middle of a migration, from every older schema.

use std::{path::Path, process::Stdio, time::Duration};

use shirube::store::migrate::steps;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tokio::process::Command;

use crate::{
    Error,
    rig::{Folder, Project, ended},
    row::{Measured, Size, of},
    sink::Sink,
};

const ROWS: &str = include_str!("../../../../tests/data/store/v1.sql");
/// So many customers more, so that a migration takes its time.
const MORE: &str = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
    INSERT INTO fact (account_id, seq, contact_id, occurred_at, received_at, source, event_id, event, body) \
    SELECT 1, i + 100, NULL, 1767571200000000 + i, 1767571200000000, 'csv', 'more' || i, 'login', '{\"kind\":\"event\",\"name\":\"login\"}' FROM n";
const COUNT: &str = "SELECT (SELECT count(*) FROM account) || ' ' || (SELECT count(*) FROM contact) || ' ' || \
    (SELECT count(*) FROM fact) || ' ' || (SELECT count(*) FROM outbox) || ' ' || (SELECT count(*) FROM hot)";

/// DB8.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (kills, mut chance) = (size.pick(39, 200), size.chance());
    let (mut lost, mut unread) = (0, 0);
    for n in 0..kills {
        let folder = Folder::new("schema")?;
        let path = folder.path().join("old.db");
        let from = 1 + n % (steps().count() - 1);
        old(&path, from).await?;
        let before = ask(&path, COUNT).await?;
        let mut child = open(&path)?;
        tokio::time::sleep(Duration::from_micros(chance.between(1_000, 60_000))).await;
        child.kill().await?;
        // Opened again, twice: what is done is not done again.
        for _ in 0..2 {
            let status = ended(&mut open(&path)?, Duration::from_secs(60)).await?;
            unread += usize::from(!status.is_some_and(|status| status.success()));
        }
        lost += usize::from(ask(&path, COUNT).await? != before);
        unread +=
            usize::from(ask(&path, "SELECT version || '' FROM schema_version").await? != steps().count().to_string());
    }
    let refused = newer_is_refused().await?;
    let says = format!(
        "{} older schemas, killed in it: rows lost {}, not opened {unread}; a newer one refused: {refused}",
        steps().count() - 1,
        of(lost, kills)
    );
    Ok(Measured::new(lost == 0 && unread == 0 && refused, says))
}

/// The process that is killed: opens a store and ends.
fn open(path: &Path) -> Result<tokio::process::Child, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("open").arg(path).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    Ok(command.spawn()?)
}

async fn connect(path: &Path) -> Result<SqliteConnection, Error> {
    Ok(SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await?)
}

/// A store as the schema `from` left it, with rows.
async fn old(path: &Path, from: usize) -> Result<(), Error> {
    let mut connection = connect(path).await?;
    sqlx::raw_sql("PRAGMA journal_mode = WAL; CREATE TABLE schema_version (version BIGINT NOT NULL)")
        .execute(&mut connection)
        .await?;
    for (n, step) in steps().take(from).enumerate() {
        let text = step.replace("{id}", "INTEGER").replace("{clustered}", "WITHOUT ROWID").replace("{bytes}", "BLOB");
        let text = text.replace("{domain}", "(body ->> '$.attrs.domain.value')");
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await?;
        if n == 0 {
            sqlx::raw_sql(ROWS).execute(&mut connection).await?;
            sqlx::raw_sql(MORE).execute(&mut connection).await?;
        }
    }
    let version = format!("INSERT INTO schema_version (version) VALUES ({from})");
    sqlx::raw_sql(AssertSqlSafe(version)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn ask(path: &Path, text: &'static str) -> Result<String, Error> {
    let mut connection = connect(path).await?;
    let row = sqlx::query(text).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(row.try_get(0)?)
}

async fn newer_is_refused() -> Result<bool, Error> {
    let sink = Sink::start(None).await?;
    let project = Project::new("newer", 1, sink.at.port()).await?;
    let mut connection = connect(&project.path().join("shirube.db")).await?;
    sqlx::raw_sql("UPDATE schema_version SET version = 999").execute(&mut connection).await?;
    connection.close().await?;
    Ok(!project.call(&["tick"]).await?.status.success())
}
