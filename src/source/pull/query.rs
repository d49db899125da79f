//! A query against a product's own PostgreSQL, as lines of JSON: read-only, in bounded memory, from a cursor on.

use std::{io::Write, str::FromStr as _, time::Duration};

use futures_util::TryStreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::Trouble;
use crate::words::pulls::Fault;

/// To connect.
const PATIENCE: Duration = Duration::from_secs(15);
/// All of a query.
const QUERY: Duration = Duration::from_secs(300);

/// What is asked of a database.
#[derive(Clone, Debug)]
pub struct Query {
    /// Where it is, with its user: `postgres://…`.
    pub dsn: SecretString,
    /// The query.
    pub text: String,
    /// The column by which its rows are in order; only what is not before its last value is asked for.
    pub cursor: Option<String>,
}

impl Query {
    /// Which database this is, whatever the password: a new one is no new database.
    pub fn place(&self) -> String {
        let Ok(o) = PgConnectOptions::from_str(self.dsn.expose_secret()) else { return String::new() };
        format!("{}@{}:{}/{}", o.get_username(), o.get_host(), o.get_port(), o.get_database().unwrap_or_default())
    }
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many.
    pub count: u64,
    /// The cursor's value in the last of them.
    pub last: Option<String>,
    /// There is more than may be read at once.
    pub cut: bool,
}

/// Asks for the rows from `from` on, at most about `most` bytes of them, each written as one line of JSON.
pub async fn rows(
    query: &Query,
    from: Option<&str>,
    most: u64,
    into: &mut (impl Write + Send),
) -> Result<Rows, Trouble> {
    let mut connection = connect(query).await?;
    let asked = timeout(QUERY, read(&mut connection, query, from, most, into));
    let rows = asked.await.unwrap_or(Err(Fault::Silent.into()));
    // What was only read needs no good-bye.
    drop(connection.close().await);
    rows
}

async fn connect(query: &Query) -> Result<PgConnection, Trouble> {
    let options = PgConnectOptions::from_str(query.dsn.expose_secret());
    let options = options.map_err(|_| Trouble::new(Fault::Database, "the address is no postgres://user@host/name"))?;
    let options = options.application_name("shirube");
    let connecting = timeout(PATIENCE, options.connect());
    connecting.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(|error| said(&error))
}

async fn read(
    connection: &mut PgConnection,
    query: &Query,
    from: Option<&str>,
    most: u64,
    into: &mut (impl Write + Send),
) -> Result<Rows, Trouble> {
    let run = |text: &'static str| sqlx::query(text);
    run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut *connection)
        .await
        .map_err(|e| said(&e))?;
    run("SET LOCAL statement_timeout = '300s'").execute(&mut *connection).await.map_err(|e| said(&e))?;
    let Some(text) = wrapped(connection, query, from).await? else { return Ok(Rows::default()) };
    let mut asked = sqlx::query(AssertSqlSafe(text));
    if let Some(from) = from.filter(|_| query.cursor.is_some()) {
        asked = asked.bind(from);
    }
    let (mut found, mut size) = (Rows::default(), 0);
    let mut stream = asked.fetch(&mut *connection);
    while let Some(row) = stream.try_next().await.map_err(|e| said(&e))? {
        let line: String = row.try_get(0).map_err(|e| said(&e))?;
        size += line.len() as u64 + 1;
        if size > most {
            // With a cursor the rest comes with the next look; without one nobody would ever see it.
            found.cut = query.cursor.is_some() && found.count > 0;
            if found.cut {
                break;
            }
            return Err(Trouble::new(Fault::TooLarge, (most >> 20).to_string()));
        }
        let written = into.write_all(line.as_bytes()).and_then(|()| into.write_all(b"\n"));
        written.map_err(|e| Trouble::new(Fault::Unreadable, e.to_string()))?;
        found.count += 1;
        if query.cursor.is_some() {
            found.last = row.try_get(1).map_err(|e| said(&e))?;
        }
    }
    Ok(found)
}

/// The query as a part of ours: so it can only read, whatever stands in it. None where it has no row at all, and its
/// cursor no type.
async fn wrapped(connection: &mut PgConnection, query: &Query, from: Option<&str>) -> Result<Option<String>, Trouble> {
    let inner = query.text.trim().trim_end_matches(';').trim_end();
    let Some(cursor) = &query.cursor else {
        return Ok(Some(format!("SELECT row_to_json(t)::text FROM (\n{inner}\n) AS t")));
    };
    let column = format!("t.\"{}\"", cursor.replace('"', "\"\""));
    let all = format!("SELECT row_to_json(t)::text, {column}::text FROM (\n{inner}\n) AS t");
    let order = format!("ORDER BY {column}");
    if from.is_none() {
        return Ok(Some(format!("{all} WHERE {column} IS NOT NULL {order}")));
    }
    let typed = format!("SELECT pg_typeof({column})::text FROM (\n{inner}\n) AS t LIMIT 1");
    let row = sqlx::query(AssertSqlSafe(typed)).fetch_optional(&mut *connection).await.map_err(|e| said(&e))?;
    let Some(row) = row else { return Ok(None) };
    let kind: String = row.try_get(0).map_err(|e| said(&e))?;
    Ok(Some(format!("{all} WHERE {column} >= $1::text::{kind} {order}")))
}

/// What a database says, without where it is. What it says of a value it cannot read repeats the value, which may be
/// somebody's address: of those only the code is told.
fn said(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) if error.code().is_some_and(|code| code.starts_with("22")) => {
            let code = error.code().unwrap_or_default();
            Trouble::new(
                Fault::Database,
                format!("a value of a row cannot be read as the query asks (SQLSTATE {code})"),
            )
        }
        sqlx::Error::Database(error) => Trouble::new(Fault::Database, error.message()),
        sqlx::Error::PoolTimedOut => Fault::Silent.into(),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Fault::Unreachable.into(),
        other => Trouble::new(Fault::Database, other.to_string()),
    }
}
