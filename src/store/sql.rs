//! The one file that knows how the two engines differ. Everything else is one SQL text.
//!
//! Markers in a text, expanded here: `{rows}` = a VALUES list of numbered parameters, `{in}` = a
//! parenthesised list of them, `{for_update}`, `{for_share}`, `{skip_locked:ALIAS}` = row locks (nothing
//! on SQLite, whose single writer needs none).

use std::fmt::Write as _;

use super::{
    api::Result,
    db::{Tx, args},
};
use crate::model::instant::Instant;

/// Which engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Lite,
    /// PostgreSQL.
    Pg,
}

/// Most rows of one statement.
const MOST: usize = 256;

/// The largest multi-row chunk for `left` rows: powers of two, so that few statements are prepared.
pub fn chunk(left: usize) -> usize {
    let most = left.clamp(1, MOST);
    if most.is_power_of_two() { most } else { most.next_power_of_two() / 2 }
}

/// The smallest list length that holds `n` (the rest is padded with the last value): powers of four.
pub fn padded(n: usize) -> usize {
    let power = n.clamp(1, MOST).next_power_of_two();
    if power.trailing_zeros().is_multiple_of(2) { power } else { power * 2 }
}

impl Dialect {
    /// Data definition with its markers replaced.
    pub fn ddl(self, text: &str) -> String {
        let (id, clustered, bytes) = match self {
            Dialect::Lite => ("INTEGER", "WITHOUT ROWID", "BLOB"),
            Dialect::Pg => ("BIGINT", "", "BYTEA"),
        };
        let domain = match self {
            Dialect::Lite => "(body ->> '$.attrs.domain.value')",
            Dialect::Pg => "(body::json #>> '{attrs,domain,value}')",
        };
        text.replace("{id}", id)
            .replace(" {clustered}", if clustered.is_empty() { "" } else { " WITHOUT ROWID" })
            .replace("{bytes}", bytes)
            .replace("{domain}", domain)
    }

    /// The text of a key of a column that holds a JSON object.
    pub fn json(self, column: &str, key: &str) -> String {
        match self {
            Dialect::Lite => format!("({column} ->> '{key}')"),
            Dialect::Pg => format!("({column}::json ->> '{key}')"),
        }
    }

    /// A statement with its lock markers replaced.
    pub fn locks(self, text: &str) -> String {
        let (update, share, skip) = match self {
            Dialect::Lite => ("", "", ""),
            Dialect::Pg => (" FOR UPDATE", " FOR SHARE", " FOR UPDATE OF r SKIP LOCKED"),
        };
        text.replace(" {for_update}", update).replace(" {for_share}", share).replace(" {skip_locked}", skip)
    }
}

impl Dialect {
    /// Replaces `{rows}` by `count` rows of `width` parameters; the text has no others.
    pub fn rows(self, text: &str, count: usize, width: usize) -> String {
        let mut list = String::with_capacity(count * width * 6);
        for row in 0..count {
            list.push_str(if row == 0 { "(" } else { ", (" });
            self.parameters(&mut list, row * width, width, true);
            list.push(')');
        }
        text.replace("{rows}", &list)
    }

    /// Replaces `{in}` by a list of `count` parameters, numbered after the first `fixed` ones.
    pub fn within(self, text: &str, fixed: usize, count: usize) -> String {
        let mut list = String::from("(");
        self.parameters(&mut list, fixed, count, fixed == 0);
        list.push(')');
        text.replace("{in}", &list)
    }

    /// SQLite looks a named parameter up by walking all of them, so a thousand of them stay without names.
    fn parameters(self, out: &mut String, after: usize, count: usize, only: bool) {
        for n in 1..=count {
            let comma = if n == 1 { "" } else { ", " };
            let _ = match self {
                Dialect::Lite if only => write!(out, "{comma}?"),
                _ => write!(out, "{comma}${}", after + n),
            };
        }
    }
}

/// Draws `count` rising numbers of a sequence: `account`, `contact`, `seq`, `fence`.
pub async fn draw(tx: &mut Tx, name: &'static str, count: usize) -> Result<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let n = count as i64;
    match tx.dialect() {
        Dialect::Lite => {
            let last = bump(tx, name, n).await?;
            Ok((last - n + 1..=last).collect())
        }
        Dialect::Pg => {
            let text = "SELECT nextval($1::text::regclass) FROM generate_series(1, $2)";
            let found = tx.rows(text, args![format!("seq_{name}"), n]).await?;
            found.iter().map(|row| row.int(0)).collect()
        }
    }
}

/// Raises a rarely used counter by `n`, serialising all who do; answers its new value.
pub async fn bump(tx: &mut Tx, name: &str, n: i64) -> Result<i64> {
    let text = "UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value";
    tx.one(text, args![n, name]).await?.int(0)
}

/// The clock that leases are judged by: the server's own on PostgreSQL (never two hosts' clocks),
/// `now` on SQLite, where all daemons are one.
pub async fn lease_clock(tx: &mut Tx, now: Instant) -> Result<i64> {
    match tx.dialect() {
        Dialect::Lite => Ok(now.0),
        Dialect::Pg => {
            let text = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
            tx.one(text, args![]).await?.int(0)
        }
    }
}

/// 256 random bits as text, from the engine.
pub async fn random_secret(tx: &mut Tx) -> Result<String> {
    let text = match tx.dialect() {
        Dialect::Lite => "SELECT hex(randomblob(32))",
        Dialect::Pg => {
            "SELECT replace(CAST(gen_random_uuid() AS TEXT) || CAST(gen_random_uuid() AS TEXT) || \
             CAST(gen_random_uuid() AS TEXT), '-', '')"
        }
    };
    tx.one(text, args![]).await?.text(0)
}

/// One tracking request at a time on a shared database: what one learns of a person the next one must see. SQLite has
/// one writer anyway.
pub async fn track_lock(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Pg {
        tx.rows("SELECT CAST(pg_advisory_xact_lock(7421386) AS TEXT)", args![]).await?;
    }
    Ok(())
}

/// Whether a table of this name exists.
pub async fn table_exists(tx: &mut Tx, name: &str) -> Result<bool> {
    let text = match tx.dialect() {
        Dialect::Lite => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
        Dialect::Pg => "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1",
    };
    Ok(tx.one(text, args![name]).await?.int(0)? > 0)
}

/// Lets one process at a time migrate a shared database; SQLite's write lock does that by itself.
pub async fn migration_lock(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Pg {
        tx.rows("SELECT CAST(pg_advisory_xact_lock(7421385) AS TEXT)", args![]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_after_the_fixed_ones() {
        assert_eq!(Dialect::Pg.rows("VALUES {rows}", 2, 2), "VALUES ($1, $2), ($3, $4)");
        assert_eq!(Dialect::Lite.rows("VALUES {rows}", 2, 2), "VALUES (?, ?), (?, ?)");
        assert_eq!(Dialect::Pg.within("x IN {in}", 1, 3), "x IN ($2, $3, $4)");
        assert_eq!(Dialect::Lite.within("x IN {in}", 1, 3), "x IN ($2, $3, $4)");
        assert_eq!(Dialect::Lite.within("x IN {in}", 0, 3), "x IN (?, ?, ?)");
    }

    #[test]
    fn a_thousand_rows_need_few_statements() {
        let (mut left, mut chunks) = (1000, Vec::new());
        while left > 0 {
            chunks.push(chunk(left));
            left -= chunk(left);
        }
        assert_eq!(chunks, [256, 256, 256, 128, 64, 32, 8]);
        assert_eq!((padded(1), padded(2), padded(17), padded(256)), (1, 4, 64, 256));
    }
}
