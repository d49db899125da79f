//! One connection, whichever engine: positional arguments in, rows out.

use std::ops::{Deref, DerefMut};

use sqlx::{
    AssertSqlSafe, Database, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{
    api::{Result, StoreError},
    sql::{self, Dialect},
};

/// One argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// A whole number or NULL.
    Int(Option<i64>),
    /// Text or NULL.
    Text(Option<String>),
    /// Bytes or NULL.
    Bytes(Option<Vec<u8>>),
}

impl From<i64> for Arg {
    fn from(n: i64) -> Arg {
        Arg::Int(Some(n))
    }
}
impl From<Option<i64>> for Arg {
    fn from(n: Option<i64>) -> Arg {
        Arg::Int(n)
    }
}
impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(Some(text.to_string()))
    }
}
impl From<&String> for Arg {
    fn from(text: &String) -> Arg {
        Arg::Text(Some(text.clone()))
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(Some(text))
    }
}
impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Arg {
        Arg::Text(text)
    }
}
impl From<Option<Vec<u8>>> for Arg {
    fn from(bytes: Option<Vec<u8>>) -> Arg {
        Arg::Bytes(bytes)
    }
}

/// A list of arguments of mixed types.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::db::Arg::from($value)),*] };
}
pub(crate) use args;

/// One row of an answer, read by position.
pub enum Row {
    /// From SQLite.
    Lite(SqliteRow),
    /// From PostgreSQL.
    Pg(PgRow),
}

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $kind:ty) => {
        $(#[$doc])*
        pub fn $name(&self, column: usize) -> Result<$kind> {
            let value = match self {
                Row::Lite(row) => row.try_get::<$kind, _>(column),
                Row::Pg(row) => row.try_get::<$kind, _>(column),
            };
            value.map_err(|e| StoreError::Corrupt(format!("column {column}: {e}")))
        }
    };
}

impl Row {
    getter!(
        /// A whole number.
        int, i64
    );
    getter!(
        /// A whole number or NULL.
        opt_int, Option<i64>
    );
    getter!(
        /// Text.
        text, String
    );
    getter!(
        /// Text or NULL.
        opt_text, Option<String>
    );
    getter!(
        /// Bytes or NULL.
        opt_bytes, Option<Vec<u8>>
    );

    /// JSON in a text column.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T> {
        from_json(&self.text(column)?)
    }
}

/// Reads JSON that this store wrote.
pub fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(format!("unreadable JSON in a row: {e}")))
}

/// Writes JSON.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt(format!("a value has no JSON form: {e}")))
}

/// An open transaction; dropped without `commit`, it is rolled back.
pub struct Tx {
    inner: Inner,
    /// The last failure was a deadlock or serialization failure: the whole transaction may be tried again.
    pub transient: bool,
}

enum Inner {
    Lite(Line<Sqlite>),
    Pg(Line<Postgres>),
}

/// A connection, in a transaction or for one statement that needs none.
enum Line<DB: Database> {
    Begun(Transaction<'static, DB>),
    Bare(PoolConnection<DB>),
}

impl<DB: Database> Deref for Line<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match self {
            Line::Begun(tx) => tx,
            Line::Bare(connection) => connection,
        }
    }
}

impl<DB: Database> DerefMut for Line<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Line::Begun(tx) => tx,
            Line::Bare(connection) => connection,
        }
    }
}

impl<DB: Database> Line<DB> {
    async fn commit(self) -> sqlx::Result<()> {
        match self {
            Line::Begun(tx) => tx.commit().await,
            Line::Bare(_) => Ok(()),
        }
    }
}

/// Connections of one engine.
#[derive(Clone, Debug)]
pub enum Pool {
    /// SQLite.
    Lite(SqlitePool),
    /// PostgreSQL.
    Pg(PgPool),
}

impl Pool {
    /// Begins a transaction: to write (SQLite takes its write lock at once) or only to read.
    pub async fn begin(&self, write: bool) -> Result<Tx> {
        let inner = match self {
            Pool::Lite(pool) if write => pool.begin_with("BEGIN IMMEDIATE").await.map(lite_begun),
            Pool::Lite(pool) => pool.begin().await.map(lite_begun),
            Pool::Pg(pool) => pool.begin().await.map(|tx| Inner::Pg(Line::Begun(tx))),
        };
        Ok(Tx { inner: inner.map_err(failed)?, transient: false })
    }

    /// Closes every connection; who comes later is refused.
    pub async fn close(&self) {
        match self {
            Pool::Lite(pool) => pool.close().await,
            Pool::Pg(pool) => pool.close().await,
        }
    }

    /// A connection for one statement that only reads: it sees one picture without a transaction around it.
    pub async fn glance(&self) -> Result<Tx> {
        let inner = match self {
            Pool::Lite(pool) => pool.acquire().await.map(|c| Inner::Lite(Line::Bare(c))),
            Pool::Pg(pool) => pool.acquire().await.map(|c| Inner::Pg(Line::Bare(c))),
        };
        Ok(Tx { inner: inner.map_err(failed)?, transient: false })
    }
}

fn lite_begun(tx: Transaction<'static, Sqlite>) -> Inner {
    Inner::Lite(Line::Begun(tx))
}

impl Tx {
    /// Which engine this is.
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Lite(_) => Dialect::Lite,
            Inner::Pg(_) => Dialect::Pg,
        }
    }

    /// Runs a statement for its rows.
    pub async fn rows(&mut self, text: &str, args: Vec<Arg>) -> Result<Vec<Row>> {
        let text = self.dialect().locks(text);
        let found = match &mut self.inner {
            Inner::Lite(tx) => {
                let rows = lite(text, args).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Lite).collect())
            }
            Inner::Pg(tx) => {
                let rows = pg(text, args).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Pg).collect())
            }
        };
        found.map_err(|e| self.note(e))
    }

    /// The first row, if any.
    pub async fn first(&mut self, text: &str, args: Vec<Arg>) -> Result<Option<Row>> {
        Ok(self.rows(text, args).await?.into_iter().next())
    }

    /// Exactly one row.
    pub async fn one(&mut self, text: &str, args: Vec<Arg>) -> Result<Row> {
        self.first(text, args).await?.ok_or_else(|| StoreError::Corrupt(format!("no row for: {text}")))
    }

    /// Runs a statement; answers how many rows it touched.
    pub async fn run(&mut self, text: &str, args: Vec<Arg>) -> Result<u64> {
        let text = self.dialect().locks(text);
        let done = match &mut self.inner {
            Inner::Lite(tx) => lite(text, args).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Inner::Pg(tx) => pg(text, args).execute(&mut **tx).await.map(|done| done.rows_affected()),
        };
        done.map_err(|e| self.note(e))
    }

    /// Runs a multi-row statement with `{rows}` in chunks; answers the rows it returned.
    pub async fn batch(&mut self, text: &str, width: usize, mut rows: Vec<Vec<Arg>>) -> Result<Vec<Row>> {
        // Where the rows are only looked up, saying one twice is harmless and saves statements.
        if text.contains("IN (VALUES {rows})")
            && let Some(last) = rows.last().filter(|_| rows.len() <= 256).cloned()
        {
            rows.resize(sql::padded(rows.len()), last);
        }
        let (mut answers, dialect) = (Vec::new(), self.dialect());
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = sql::chunk(rows.len());
            let args: Vec<Arg> = rows.by_ref().take(count).flatten().collect();
            answers.extend(self.rows(&dialect.rows(text, count, width), args).await?);
        }
        Ok(answers)
    }

    /// Runs a query with `{in}` over a list, in chunks, after the arguments that stay the same.
    pub async fn among(&mut self, text: &str, fixed: Vec<Arg>, list: Vec<Arg>) -> Result<Vec<Row>> {
        let (mut answers, dialect) = (Vec::new(), self.dialect());
        for part in list.chunks(256) {
            let count = sql::padded(part.len());
            let mut args = fixed.clone();
            args.extend_from_slice(part);
            args.extend(part.last().cloned().into_iter().cycle().take(count - part.len()));
            answers.extend(self.rows(&dialect.within(text, fixed.len(), count), args).await?);
        }
        Ok(answers)
    }

    /// Runs several statements without arguments (data definition, savepoints).
    pub async fn script(&mut self, text: String) -> Result<()> {
        let done = match &mut self.inner {
            Inner::Lite(tx) => sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await.map(|_| ()),
            Inner::Pg(tx) => sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await.map(|_| ()),
        };
        done.map_err(|e| self.note(e))
    }

    /// Makes everything durable.
    pub async fn commit(self) -> Result<()> {
        let done = match self.inner {
            Inner::Lite(tx) => tx.commit().await,
            Inner::Pg(tx) => tx.commit().await,
        };
        done.map_err(failed)
    }

    fn note(&mut self, error: sqlx::Error) -> StoreError {
        let code = error.as_database_error().and_then(|e| e.code().map(|c| c.to_string()));
        self.transient = matches!(code.as_deref(), Some("40P01" | "40001"));
        failed(error)
    }
}

fn lite(text: String, args: Vec<Arg>) -> Query<'static, Sqlite, SqliteArguments> {
    args.into_iter().fold(sqlx::query(AssertSqlSafe(text)), |query, arg| match arg {
        Arg::Int(n) => query.bind(n),
        Arg::Text(text) => query.bind(text),
        Arg::Bytes(bytes) => query.bind(bytes),
    })
}

fn pg(text: String, args: Vec<Arg>) -> Query<'static, Postgres, PgArguments> {
    args.into_iter().fold(sqlx::query(AssertSqlSafe(text)), |query, arg| match arg {
        Arg::Int(n) => query.bind(n),
        Arg::Text(text) => query.bind(text),
        Arg::Bytes(bytes) => query.bind(bytes),
    })
}

/// An engine's error in our words; never a DSN.
pub fn failed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(e) => StoreError::Unreachable(e.to_string()),
        sqlx::Error::PoolTimedOut => StoreError::Unreachable("no connection became free in time".into()),
        sqlx::Error::PoolClosed => StoreError::Unreachable("it was closed".into()),
        sqlx::Error::Tls(e) => StoreError::Unreachable(format!("TLS: {e}")),
        other => StoreError::Engine(other.to_string()),
    }
}
