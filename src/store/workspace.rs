//! Directory tables: the world, rulebooks, bookmarks, replays, suppressions, audit.

use super::{
    api::{AuditChain, AuditEntry, Break, Broken, Result, StoreError},
    db::{Row, Tx, args, to_json},
    sql,
};
use crate::model::{ids::stable_hash, instant::Instant, world::World};

/// The world as last written.
pub async fn world(tx: &mut Tx) -> Result<World> {
    let row = tx.one("SELECT version, body FROM world WHERE id = 0", args![]).await?;
    Ok(World { version: row.int(0)?, ..row.json(1)? })
}

/// Replaces the world if nobody else did meanwhile; its version rises by one.
pub async fn put_world(tx: &mut Tx, expected: i64, world: &World) -> Result<bool> {
    let text = "UPDATE world SET version = $1 + 1, body = $2 WHERE id = 0 AND version = $1";
    Ok(tx.run(text, args![expected, to_json(world)?]).await? == 1)
}

/// Registers a rulebook; the same hash keeps its number.
pub async fn put_rulebook(tx: &mut Tx, hash: &str, content: &str, at: Instant) -> Result<i64> {
    let text = "UPDATE rulebook SET since = $2 WHERE hash = $1 RETURNING number";
    if let Some(row) = tx.first(text, args![hash, at.0]).await? {
        return row.int(0);
    }
    let number = sql::bump(tx, "rulebook", 1).await?;
    let text = "INSERT INTO rulebook (number, hash, since, content) VALUES ($1, $2, $3, $4)";
    tx.run(text, args![number, hash, at.0, content]).await?;
    Ok(number)
}

/// The newest rulebooks.
pub async fn rulebooks(tx: &mut Tx, limit: usize) -> Result<Vec<(i64, String, Instant, String)>> {
    let text = "SELECT number, hash, since, content FROM rulebook ORDER BY since DESC, number DESC LIMIT $1";
    let read = |row: &Row| Ok((row.int(0)?, row.text(1)?, Instant(row.int(2)?), row.text(3)?));
    tx.rows(text, args![limit as i64]).await?.iter().map(read).collect()
}

/// A named cursor.
pub async fn bookmark(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    let row = tx.first("SELECT value FROM bookmark WHERE name = $1", args![name]).await?;
    row.map(|row| row.text(0)).transpose()
}

/// Moves a cursor if it is where the caller thinks.
pub async fn move_bookmark(tx: &mut Tx, name: &str, expected: Option<&str>, to: &str) -> Result<bool> {
    let moved = match expected {
        None => {
            let text = "INSERT INTO bookmark (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            tx.run(text, args![name, to]).await?
        }
        Some(expected) => {
            let text = "UPDATE bookmark SET value = $1 WHERE name = $2 AND value = $3";
            tx.run(text, args![to, name, expected]).await?
        }
    };
    Ok(moved == 1)
}

/// Remembers a signature; `false` = it was seen before. Forgets those whose time is over.
pub async fn remember(tx: &mut Tx, signature: &str, until: Instant, now: Instant) -> Result<bool> {
    tx.run("DELETE FROM replay WHERE until_at < $1", args![now.0]).await?;
    let text = "INSERT INTO replay (signature, until_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(tx.run(text, args![signature, until.0]).await? == 1)
}

/// Remembers what came with a proof that does not cover it; `false` = something else came with it before.
pub async fn remember_with(tx: &mut Tx, proof: &str, came: &str, until: Instant, now: Instant) -> Result<bool> {
    tx.run("DELETE FROM replay WHERE until_at < $1", args![now.0]).await?;
    let text = "SELECT signature FROM replay WHERE signature LIKE $1 LIMIT 1";
    let own = format!("{proof}:{came}");
    if let Some(row) = tx.first(text, args![format!("{proof}:%")]).await? {
        return Ok(row.text(0)? == own);
    }
    let text = "INSERT INTO replay (signature, until_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.run(text, args![own, until.0]).await.map(|_| true)
}

/// Suppresses an address for a topic, or lifts that; either way its revision rises.
pub async fn suppress(tx: &mut Tx, address: &str, topic: &str, reason: &str, on: bool, now: Instant) -> Result<()> {
    let text = "INSERT INTO address (hmac, rev) VALUES ($1, 1) ON CONFLICT (hmac) DO UPDATE SET rev = address.rev + 1";
    tx.run(text, args![address]).await?;
    if on {
        let text = "INSERT INTO suppression (hmac, topic, reason, at) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (hmac, topic) DO UPDATE SET reason = excluded.reason, at = excluded.at";
        tx.run(text, args![address, topic, reason, now.0]).await?;
    } else {
        tx.run("DELETE FROM suppression WHERE hmac = $1 AND topic = $2", args![address, topic]).await?;
    }
    Ok(())
}

/// Why an address is suppressed for a topic: a dead mailbox first, then everything, then one that stays full, then
/// the topic.
pub async fn suppressed(tx: &mut Tx, address: &str, topic: &str) -> Result<Option<String>> {
    let text = "SELECT reason FROM suppression WHERE hmac = $1 AND topic IN ('!', '*', '~', $2) \
                ORDER BY CASE topic WHEN '!' THEN 0 WHEN '*' THEN 1 WHEN '~' THEN 2 ELSE 3 END LIMIT 1";
    tx.first(text, args![address, topic]).await?.map(|row| row.text(0)).transpose()
}

/// Why an address is suppressed for exactly this topic.
pub async fn suppression(tx: &mut Tx, address: &str, topic: &str) -> Result<Option<String>> {
    let text = "SELECT reason FROM suppression WHERE hmac = $1 AND topic = $2";
    tx.first(text, args![address, topic]).await?.map(|row| row.text(0)).transpose()
}

/// Raises the highest wall time seen; answers the one before.
pub async fn wall_high(tx: &mut Tx, now: Instant) -> Result<Option<Instant>> {
    let row = tx.first("SELECT value FROM meta WHERE name = 'wall_high'", args![]).await?;
    let before = row.map(|row| row.text(0)).transpose()?;
    let before = before.map(|text| text.parse::<i64>().map(Instant)).transpose();
    let before = before.map_err(|_| StoreError::Corrupt("the highest wall time is no number".into()))?;
    if before.is_none_or(|before| before < now) {
        let text = "INSERT INTO meta (name, value) VALUES ('wall_high', $1) \
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.run(text, args![now.0.to_string()]).await?;
    }
    Ok(before)
}

/// Appends to the audit log; each line's hash covers the line before.
pub async fn audit(tx: &mut Tx, entry: &AuditEntry) -> Result<()> {
    // Drawing the number serialises all writers, so the chain has one end.
    let seq = sql::bump(tx, "audit", 1).await?;
    let row = tx.first("SELECT hash FROM audit WHERE seq = $1", args![seq - 1]).await?;
    let previous = row.map(|row| row.text(0)).transpose()?.unwrap_or_default();
    let hash = chain(&previous, entry);
    let text = "INSERT INTO audit (seq, at, who, what, object, result, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let e = entry;
    tx.run(text, args![seq, e.at.0, &e.who, &e.what, &e.object, &e.result, hash]).await.map(|_| ())
}

fn chain(previous: &str, e: &AuditEntry) -> String {
    stable_hash(&[previous, &e.at.0.to_string(), &e.who, &e.what, &e.object, &e.result])
}

/// The newest lines; refuses when the chain is broken among them.
pub async fn audit_log(tx: &mut Tx, limit: usize) -> Result<Vec<AuditEntry>> {
    let text = "SELECT at, who, what, object, result, hash FROM audit ORDER BY seq DESC LIMIT $1";
    let rows = tx.rows(text, args![limit as i64 + 1]).await?;
    let mut lines = rows.iter().map(audit_line).collect::<Result<Vec<_>>>()?;
    for pair in lines.windows(2) {
        if let [(entry, hash), (_, previous)] = pair
            && *hash != chain(previous, entry)
        {
            return Err(StoreError::Corrupt(format!("the audit log was changed near {}", entry.at)));
        }
    }
    lines.truncate(limit);
    Ok(lines.into_iter().map(|(entry, _)| entry).collect())
}

/// Walks the whole chain, oldest first, and stops where it is broken.
pub async fn audit_verify(tx: &mut Tx) -> Result<AuditChain> {
    let mut whole = AuditChain::default();
    let mut next = 1_i64;
    loop {
        let text = "SELECT at, who, what, object, result, hash, seq FROM audit WHERE seq >= $1 ORDER BY seq LIMIT 1000";
        let rows = tx.rows(text, args![next]).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (entry, hash) = audit_line(&row)?;
            let seq = row.int(6)?;
            let at = Some(entry.at);
            if seq != next {
                return Ok(AuditChain { broken: Some(Break { entry: next, at, why: Broken::Missing }), ..whole });
            }
            if hash != chain(&whole.head, &entry) {
                return Ok(AuditChain { broken: Some(Break { entry: next, at, why: Broken::Changed }), ..whole });
            }
            whole = AuditChain { entries: whole.entries + 1, head: hash, broken: None };
            next += 1;
        }
    }
    // Lines cut off at the end leave a whole chain, but not as long as was counted.
    let counted = tx.one("SELECT value FROM counter WHERE name = 'audit'", args![]).await?.int(0)?;
    if counted >= next {
        whole.broken = Some(Break { entry: next, at: None, why: Broken::Missing });
    }
    Ok(whole)
}

fn audit_line(row: &Row) -> Result<(AuditEntry, String)> {
    let entry = AuditEntry {
        at: Instant(row.int(0)?),
        who: row.text(1)?,
        what: row.text(2)?,
        object: row.text(3)?,
        result: row.text(4)?,
    };
    Ok((entry, row.text(5)?))
}

/// Takes or renews a lease; `false` while somebody else has it. Whoever opens a file after another has outlived them.
pub async fn lease(tx: &mut Tx, name: &str, owner: i64, until: Instant, now: Instant) -> Result<bool> {
    let clock = sql::lease_clock(tx, now).await?;
    let dead = i64::from(tx.dialect() == sql::Dialect::Lite);
    let text = "INSERT INTO lease (name, owner, expires) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET \
                owner = excluded.owner, expires = excluded.expires \
                WHERE lease.owner = excluded.owner OR lease.expires <= $4 OR $5 = 1";
    let expires = clock.saturating_add(until.since(now));
    Ok(tx.run(text, args![name, owner, expires, clock, dead]).await? > 0)
}

/// Gives a lease back.
pub async fn release(tx: &mut Tx, name: &str, owner: i64) -> Result<()> {
    tx.run("DELETE FROM lease WHERE name = $1 AND owner = $2", args![name, owner]).await.map(|_| ())
}
