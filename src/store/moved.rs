//! A store moves from a file into PostgreSQL: copied in one go, compared row by row, and the file is marked, so that
//! nobody sends from it again.

use sha2::{Digest as _, Sha256};

use super::{
    api::{Result, StoreError},
    db::{Arg, Pool, Row, Tx, args},
    dispatch::RESEND_WAIT,
    migrate, reap,
    sql::{self, Dialect},
};
use crate::model::instant::Instant;

/// Rows read at once.
const PAGE: usize = 500;
/// The mark of a file that was moved, in `meta`; its value says where to.
const MARK: &str = "moved_to";
/// Sequences of PostgreSQL that are counters in a file.
const SEQUENCES: [&str; 4] = ["account", "contact", "seq", "fence"];

/// A table that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Rows, the same on both sides.
    pub rows: u64,
    /// Over all rows in any order, the same on both sides.
    pub checksum: String,
}

/// Where this store was moved to, if it was: nobody may open it.
pub async fn refuse(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Pg || !sql::table_exists(tx, "meta").await? {
        return Ok(());
    }
    match tx.first("SELECT value FROM meta WHERE name = $1", args![MARK]).await? {
        Some(row) => Err(StoreError::Moved(row.text(0)?)),
        None => Ok(()),
    }
}

/// Moves what stands behind `from` (held by the caller against daemons) into the empty store `to`, which the mark calls
/// `name`. Cut short before the end, the file is as it was and the other side empty.
pub(super) async fn transfer(from: &Pool, to: &Pool, name: &str, now: Instant) -> Result<Vec<Table>> {
    let mut source = from.begin(true).await?;
    refuse(&mut source).await?;
    migrate::migrate(&mut source).await?;
    // What a dead daemon had is given back here: there, it would wait for its lease.
    let epoch = sql::bump(&mut source, "epoch", 1).await?;
    reap::reap(&mut source, now, epoch, RESEND_WAIT).await?;
    let mut target = to.begin(true).await?;
    migrate::migrate(&mut target).await?;
    empty(&mut target).await?;
    let mut tables = Vec::new();
    for shape in shapes(&mut source).await? {
        target.run(&format!("DELETE FROM {}", shape.name), args![]).await?;
        let there = shape.copy(&mut source, &mut target).await?;
        let here = shape.sum(&mut target).await?;
        if there != here {
            let text = format!("table {} differs after copying: {} rows, then {}", shape.name, there.0, here.0);
            return Err(StoreError::Corrupt(text));
        }
        tables.push(Table { name: shape.name, rows: here.0, checksum: format!("{:016x}", here.1) });
    }
    for sequence in SEQUENCES {
        let last = source.one("SELECT value FROM counter WHERE name = $1", args![sequence]).await?.int(0)?;
        let text = "SELECT setval($1::text::regclass, $2, $3::bigint = 1)";
        target.rows(text, args![format!("seq_{sequence}"), last.max(1), i64::from(last > 0)]).await?;
    }
    // First the mark: between the two, the worst is that nobody may open either.
    let mark = "INSERT INTO meta (name, value) VALUES ($1, $2)";
    source.run(mark, args![MARK, name]).await?;
    source.commit().await?;
    if let Err(error) = target.commit().await {
        let mut source = from.begin(true).await?;
        source.run("DELETE FROM meta WHERE name = $1", args![MARK]).await?;
        source.commit().await?;
        return Err(error);
    }
    Ok(tables)
}

/// Takes the mark away, where the other side turned out to be empty after all. A store that was moved somewhere else
/// lives there: it stays marked.
pub(super) async fn unmark(from: &Pool, to: &Pool, name: &str) -> Result<()> {
    let mut target = to.begin(true).await?;
    migrate::migrate(&mut target).await?;
    empty(&mut target).await?;
    let mut source = from.begin(true).await?;
    if sql::table_exists(&mut source, "meta").await? {
        let mark = source.first("SELECT value FROM meta WHERE name = $1", args![MARK]).await?;
        if let Some(there) = mark.map(|row| row.text(0)).transpose()?
            && there != name
        {
            return Err(StoreError::Moved(there));
        }
        source.run("DELETE FROM meta WHERE name = $1", args![MARK]).await?;
    }
    source.commit().await
}

/// Refuses a store that holds anything of anybody.
async fn empty(tx: &mut Tx) -> Result<()> {
    for table in ["account", "fact", "outbox", "audit", "suppression", "tracked"] {
        let text =
            format!("SELECT COUNT(*) FROM {table}{}", if table == "account" { " WHERE account_id > 0" } else { "" });
        if tx.one(&text, args![]).await?.int(0)? > 0 {
            let text = "the PostgreSQL database is not empty; name a new one (CREATE DATABASE …)";
            return Err(StoreError::Engine(text.to_owned()));
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Int,
    Text,
    Bytes,
}

/// A table as it is copied.
struct Shape {
    name: String,
    columns: Vec<(String, Kind)>,
    /// Positions of the primary key among the columns, which come first.
    keys: usize,
}

/// Every table of a file but the number of its schema.
async fn shapes(tx: &mut Tx) -> Result<Vec<Shape>> {
    let text = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                AND name <> 'schema_version' ORDER BY name";
    let mut all = Vec::new();
    for row in tx.rows(text, args![]).await? {
        let name = row.text(0)?;
        let text = "SELECT name, upper(type) FROM pragma_table_info($1) ORDER BY pk = 0, pk, cid";
        let mut columns = Vec::new();
        for column in tx.rows(text, args![&name]).await? {
            let kind = match column.text(1)?.as_str() {
                "TEXT" => Kind::Text,
                "BLOB" => Kind::Bytes,
                _ => Kind::Int,
            };
            columns.push((column.text(0)?, kind));
        }
        let text = "SELECT COUNT(*) FROM pragma_table_info($1) WHERE pk > 0";
        let keys = usize::try_from(tx.one(text, args![&name]).await?.int(0)?).unwrap_or_default();
        all.push(Shape { name, columns, keys });
    }
    Ok(all)
}

/// Rows and the sum of their hashes.
type Sum = (u64, u64);

impl Shape {
    async fn copy(&self, from: &mut Tx, to: &mut Tx) -> Result<Sum> {
        let text = format!("INSERT INTO {} ({}) VALUES {{rows}}", self.name, self.list());
        let (mut sum, mut after) = ((0, 0), None);
        loop {
            let page = self.page(from, after.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(sum) };
            after = Some(last.iter().take(self.keys).cloned().collect::<Vec<_>>());
            page.iter().for_each(|row| add(&mut sum, row));
            to.batch(&text, self.columns.len(), page).await?;
        }
    }

    async fn sum(&self, tx: &mut Tx) -> Result<Sum> {
        let (mut sum, mut after) = ((0, 0), None);
        loop {
            let page = self.page(tx, after.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(sum) };
            after = Some(last.iter().take(self.keys).cloned().collect::<Vec<_>>());
            page.iter().for_each(|row| add(&mut sum, row));
        }
    }

    fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The rows after a key, in the order of keys.
    async fn page(&self, tx: &mut Tx, after: Option<&[Arg]>) -> Result<Vec<Vec<Arg>>> {
        let names: Vec<&str> = self.columns.iter().take(self.keys).map(|(name, _)| name.as_str()).collect();
        let numbers: Vec<String> = (1..=self.keys).map(|n| format!("${n}")).collect();
        let keys = names.join(", ");
        let beyond = after.map(|_| format!("WHERE ({keys}) > ({})", numbers.join(", "))).unwrap_or_default();
        let text = format!("SELECT {} FROM {} {beyond} ORDER BY {keys} LIMIT {PAGE}", self.list(), self.name);
        let rows = tx.rows(&text, after.map(<[Arg]>::to_vec).unwrap_or_default()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &Row) -> Result<Vec<Arg>> {
        let value = |(at, (_, kind)): (usize, &(String, Kind))| {
            Ok(match kind {
                Kind::Int => Arg::Int(row.opt_int(at)?),
                Kind::Text => Arg::Text(row.opt_text(at)?),
                Kind::Bytes => Arg::Bytes(row.opt_bytes(at)?),
            })
        };
        self.columns.iter().enumerate().map(value).collect()
    }
}

fn add(sum: &mut Sum, row: &[Arg]) {
    let digest = Sha256::digest(format!("{row:?}").as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    *sum = (sum.0 + 1, sum.1.wrapping_add(number));
}
