//! A whole store as one file (SQLite): looked through, copied, put in the place of another.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

pub use super::open::hold;
use super::{
    api::{Result, StoreError},
    db::{Pool, Tx, args, failed},
    migrate, sql,
};
use crate::model::instant::Instant;

/// What a store in a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Version of its schema.
    pub schema: i64,
    /// Customers in it.
    pub accounts: i64,
    /// Receipt of the newest fact.
    pub newest: Option<Instant>,
    /// Fingerprint of the secret with which it hashes addresses: the same in every copy of one store.
    pub lineage: String,
}

/// Looks a store through, page by page, and changes nothing. Errors: no store of ours, damaged, or newer than this
/// binary.
pub async fn look(path: &Path) -> Result<Seen> {
    let pool = reader(path).await?;
    let seen = examine(&mut pool.glance().await?).await;
    pool.close().await;
    seen
}

async fn examine(tx: &mut Tx) -> Result<Seen> {
    let said = tx.one("PRAGMA integrity_check(1)", args![]).await?.text(0)?;
    if said != "ok" {
        return Err(StoreError::Corrupt(format!("a page of the file is damaged: {said}")));
    }
    if !sql::table_exists(tx, "schema_version").await? || !sql::table_exists(tx, "hot").await? {
        return Err(StoreError::Corrupt("the file is no store of shirube".to_owned()));
    }
    let schema = tx.one("SELECT version FROM schema_version", args![]).await?.int(0)?;
    if schema > migrate::NEWEST {
        return Err(StoreError::TooNew { found: schema, known: migrate::NEWEST });
    }
    let secret = tx.one("SELECT value FROM meta WHERE name = 'address_secret'", args![]).await?.text(0)?;
    let newest = tx.one("SELECT max(received_at) FROM fact", args![]).await?.opt_int(0)?;
    Ok(Seen {
        schema,
        accounts: tx.one("SELECT count(*) FROM account WHERE account_id > 0", args![]).await?.int(0)?,
        newest: newest.map(Instant),
        lineage: hex(&Sha256::digest(secret.as_bytes())),
    })
}

/// Writes what `from` holds at this moment into the new file `to`, without the pages that are free; its reader alone
/// may open it. Durable when this returns.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let pool = reader(from).await?;
    let done = write_copy(&pool, to).await;
    pool.close().await;
    done
}

/// The same from an open store.
pub(super) async fn write_copy(pool: &Pool, to: &Path) -> Result<()> {
    let partial = beside(to, ".partial");
    let cannot = |e: io::Error| StoreError::Unreachable(format!("{}: {e}", partial.display()));
    match fs::remove_file(&partial) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot(e)),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).map_err(cannot)?;
    let name = partial.display().to_string();
    let copied = pool.glance().await?.run("VACUUM INTO $1", args![name]).await;
    let durable = || File::open(&partial)?.sync_all().and_then(|()| fs::rename(&partial, to)).and_then(|()| sync(to));
    let done = copied.and_then(|_| durable().map_err(cannot));
    if done.is_err() {
        let _ = fs::remove_file(&partial);
    }
    done
}

async fn reader(path: &Path) -> Result<Pool> {
    let path = path.canonicalize().map_err(|e| StoreError::Unreachable(format!("{}: {e}", path.display())))?;
    // A copy without a log beside it may lie where nothing can be written.
    let alone = !beside(&path, "-wal").exists();
    let options = SqliteConnectOptions::new().filename(&path).read_only(true).immutable(alone);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
    Ok(Pool::Lite(pool))
}

/// Puts the store in `new` (closed by everybody) in the place of `place`; what stood there is found as `aside`.
/// Cut short, `place` is one of the two.
pub fn put(new: &Path, place: &Path, aside: &Path) -> io::Result<()> {
    if place.exists() {
        fs::hard_link(place, aside)?;
        for end in ["-wal", "-shm"] {
            // The log belongs to the old file: beside the new one it would be played into it.
            let log = beside(place, end);
            if log.exists() {
                fs::rename(&log, beside(aside, end))?;
            }
        }
    }
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(new, end));
    }
    fs::rename(new, place)?;
    sync(place)
}

/// SHA-256 of a file, in hexadecimal digits.
pub fn sha256(path: &Path) -> io::Result<String> {
    let (mut digest, mut file, mut part) = (Sha256::new(), File::open(path)?, vec![0; 1 << 16]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex(&digest.finalize())),
            n => digest.update(part.get(..n).unwrap_or_default()),
        }
    }
}

/// `path` with more at the end of its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn sync(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
