//! Pages that are read by a link.

use super::{
    api::{AuditEntry, Result, SharedPage},
    db::{Row, Tx, args},
    workspace,
};
use crate::model::instant::Instant;

/// Keeps a page until its day, and forgets those whose day is over.
pub async fn keep(tx: &mut Tx, about: &SharedPage, page: &str) -> Result<()> {
    tx.run("DELETE FROM shared_page WHERE until_at <= $1", args![about.at.0]).await?;
    let text = "INSERT INTO shared_page (id, title, who, at, until_at, page) VALUES ($1, $2, $3, $4, $5, $6)";
    let a = about;
    tx.run(text, args![&a.id, &a.title, &a.who, a.at.0, a.until.0, page]).await?;
    audited(tx, &a.who, "share", &a.id, a.at).await
}

/// The page, while it may be read.
pub async fn read(tx: &mut Tx, id: &str, now: Instant) -> Result<Option<String>> {
    let text = "SELECT page FROM shared_page WHERE id = $1 AND until_at > $2";
    tx.first(text, args![id, now.0]).await?.map(|row| row.text(0)).transpose()
}

/// What may be read at `now`, the newest first.
pub async fn list(tx: &mut Tx, now: Instant) -> Result<Vec<SharedPage>> {
    let text = "SELECT id, title, who, at, until_at FROM shared_page WHERE until_at > $1 ORDER BY at DESC, id";
    tx.rows(text, args![now.0]).await?.iter().map(about).collect()
}

/// Takes a page back; answers whether it was there.
pub async fn revoke(tx: &mut Tx, id: &str, who: &str, now: Instant) -> Result<bool> {
    if tx.run("DELETE FROM shared_page WHERE id = $1", args![id]).await? == 0 {
        return Ok(false);
    }
    audited(tx, who, "unshare", id, now).await.map(|()| true)
}

fn about(row: &Row) -> Result<SharedPage> {
    Ok(SharedPage {
        id: row.text(0)?,
        title: row.text(1)?,
        who: row.text(2)?,
        at: Instant(row.int(3)?),
        until: Instant(row.int(4)?),
    })
}

async fn audited(tx: &mut Tx, who: &str, what: &str, id: &str, at: Instant) -> Result<()> {
    let entry =
        AuditEntry { at, who: who.to_owned(), what: what.to_owned(), object: id.to_owned(), result: "done".to_owned() };
    workspace::audit(tx, &entry).await
}
