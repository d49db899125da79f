//! Opening: where the store is, who may hold it, which secret and epoch it has.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use ring::rand::{SecureRandom as _, SystemRandom};
use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    SqlStore,
    api::{Mode, Result, Store, StoreError},
    company,
    db::{Pool, Tx, args, failed},
    dispatch::RESEND_WAIT,
    migrate, moved, sql,
    writer::Writer,
};

use crate::model::instant::Instant;

/// How long a tool waits for the daemon's write to end.
const BUSY: Duration = Duration::from_secs(10);
/// How long the daemon waits for somebody else's, a backup tool's for instance: giving up ends it.
const PATIENT: Duration = Duration::from_secs(120);

/// Opens `sqlite:PATH` (or a bare path) or `postgres://…`, creating and migrating it where needed.
/// A second daemon on one SQLite file gets `Held` at once.
pub async fn open(url: &str, mode: Mode) -> Result<Arc<dyn Store>> {
    let store = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        open_postgres(url, mode).await?
    } else {
        open_sqlite(url.strip_prefix("sqlite://").or(url.strip_prefix("sqlite:")).unwrap_or(url), mode).await?
    };
    Ok(Arc::new(store))
}

/// Moves the store in the file `from` into the empty PostgreSQL database `to`, which the file then calls `name` (without
/// a password). With `again` a move whose other side turned out to be empty is begun anew. Errors: a daemon holds the
/// file, the other side is not empty, or a table differs after copying; then the file is as it was.
pub async fn transfer(from: &Path, to: &str, name: &str, again: bool, now: Instant) -> Result<Vec<moved::Table>> {
    let _alone = hold(from)?;
    let options = SqliteConnectOptions::new().filename(from).synchronous(SqliteSynchronous::Full).busy_timeout(BUSY);
    let source = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
    let source = Pool::Lite(source);
    let options = PgConnectOptions::from_str(to)
        .map_err(|_| StoreError::Unreachable("the PostgreSQL URL is not valid".into()))?
        .application_name("shirube");
    let target = Pool::Pg(PgPoolOptions::new().max_connections(2).connect_with(options).await.map_err(failed)?);
    if again {
        moved::unmark(&source, &target, name).await?;
    }
    let done = moved::transfer(&source, &target, name, now).await;
    source.close().await;
    target.close().await;
    done
}

async fn open_sqlite(path: &str, mode: Mode) -> Result<SqlStore> {
    let path = path.split('?').next().unwrap_or(path);
    let lock = if mode == Mode::Tool { None } else { Some(hold(Path::new(path))?) };
    let durable = if mode == Mode::Rehearsal { SqliteSynchronous::Off } else { SqliteSynchronous::Full };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(durable)
        .foreign_keys(true)
        .busy_timeout(if mode == Mode::Tool { BUSY } else { PATIENT })
        .statement_cache_capacity(512)
        // Whole pages of accounts pass from the engine's thread without waiting for each other.
        .row_buffer_size(1_024)
        .pragma("cache_size", "-32768")
        .pragma("secure_delete", "ON");
    // A file does not hang up: connections need no test.
    let write = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .max_connections(1)
        .connect_with(options.clone())
        .await
        .map_err(failed)?;
    let write = Pool::Lite(write);
    let (secret, epoch) = prepare(&write, mode).await?;
    let readers = SqlitePoolOptions::new().test_before_acquire(false).max_connections(4).min_connections(0);
    let readers = readers.idle_timeout(Duration::from_secs(60));
    let read = Pool::Lite(readers.connect_lazy_with(options.read_only(true)));
    let writer = Some(Writer::start(write.clone()));
    Ok(SqlStore {
        read,
        write,
        writer,
        secret,
        epoch,
        token: String::new(),
        recent: Arc::default(),
        resend_wait: RESEND_WAIT.into(),
        _lock: lock,
    })
}

async fn open_postgres(url: &str, mode: Mode) -> Result<SqlStore> {
    let token = own_name();
    let name = if mode == Mode::Daemon { company::connection_name(&token) } else { "shirube".to_owned() };
    // The parser's own error could repeat the DSN with its password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Unreachable("the PostgreSQL URL is not valid".into()))?
        .application_name(&name)
        .statement_cache_capacity(512);
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .map_err(failed)?;
    let pool = Pool::Pg(pool);
    let (secret, epoch) = prepare(&pool, mode).await?;
    Ok(SqlStore {
        read: pool.clone(),
        write: pool,
        writer: None,
        secret,
        epoch,
        token,
        recent: Arc::default(),
        resend_wait: RESEND_WAIT.into(),
        _lock: None,
    })
}

/// Sixteen hexadecimal digits; empty where the system has no chance to give.
fn own_name() -> String {
    let mut bytes = [0_u8; 8];
    let drawn = SystemRandom::new().fill(&mut bytes).is_ok();
    if drawn { bytes.iter().map(|b| format!("{b:02x}")).collect() } else { String::new() }
}

/// Migrates; draws the secret once and a new epoch for each daemon.
async fn prepare(pool: &Pool, mode: Mode) -> Result<(String, i64)> {
    let mut tx = pool.begin(false).await?;
    moved::refuse(&mut tx).await?;
    if mode == Mode::Tool && migrate::current(&mut tx).await? {
        let ready = (secret(&mut tx).await?, epoch(&mut tx, mode).await?);
        if let (Some(secret), epoch) = ready {
            return Ok((secret, epoch));
        }
    }
    drop(tx);
    let mut tx = pool.begin(true).await?;
    migrate::migrate(&mut tx).await?;
    let secret = match secret(&mut tx).await? {
        Some(secret) => secret,
        None => new_secret(&mut tx).await?,
    };
    let epoch = epoch(&mut tx, mode).await?;
    tx.commit().await?;
    Ok((secret, epoch))
}

async fn secret(tx: &mut Tx) -> Result<Option<String>> {
    let row = tx.first("SELECT value FROM meta WHERE name = 'address_secret'", args![]).await?;
    row.map(|row| row.text(0)).transpose()
}

async fn new_secret(tx: &mut Tx) -> Result<String> {
    let secret = sql::random_secret(tx).await?;
    tx.run("INSERT INTO meta (name, value) VALUES ('address_secret', $1)", args![&secret]).await?;
    Ok(secret)
}

async fn epoch(tx: &mut Tx, mode: Mode) -> Result<i64> {
    match mode {
        Mode::Daemon | Mode::Rehearsal => sql::bump(tx, "epoch", 1).await,
        Mode::Tool => tx.one("SELECT value FROM counter WHERE name = 'epoch'", args![]).await?.int(0),
    }
}

/// Takes the kernel's lock on `PATH.lock`; it ends with the process, however that ends. Not on the database
/// itself: closing a second handle of it would drop SQLite's own locks.
pub fn hold(database: &Path) -> Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let cannot = |e: std::io::Error| StoreError::Unreachable(format!("{}: {e}", path.display()));
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Held(database.display().to_string())),
        Err(TryLockError::Error(e)) => Err(cannot(e)),
    }
}
