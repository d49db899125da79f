//! Links of mails that are counted: where they lead, and who came.

use super::{
    api::{Link, Result, Visit},
    db::{Row, Tx, args},
};
use crate::model::{
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
};

const COLUMNS: &str = "account_id, key, n, contact_id, url, state, at";

/// Keeps those that are new behind those that are kept: a number never changes what it means.
pub async fn keep(
    tx: &mut Tx,
    (account, key): (AccountId, &MessageKey),
    contact: ContactId,
    urls: &[String],
) -> Result<Vec<i64>> {
    let mut kept = of(tx, account, key).await?;
    let mut numbers = Vec::new();
    for url in urls {
        if let Some(link) = kept.iter().find(|link| link.url == *url) {
            numbers.push(link.number);
            continue;
        }
        let number = kept.last().map_or(1, |link| link.number + 1);
        let text = format!("INSERT INTO link ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, 0, 0)");
        tx.run(&text, args![account.0, &key.0, number, contact.0, url]).await?;
        let (key, url) = (key.clone(), url.clone());
        kept.push(Link { account, key, number, contact, url, visit: Visit::None, at: Instant(0) });
        numbers.push(number);
    }
    Ok(numbers)
}

/// The links of a message, by number.
pub async fn of(tx: &mut Tx, account: AccountId, key: &MessageKey) -> Result<Vec<Link>> {
    let text = format!("SELECT {COLUMNS} FROM link WHERE account_id = $1 AND key = $2 ORDER BY n");
    tx.rows(&text, args![account.0, &key.0]).await?.iter().map(link).collect()
}

/// Notes that somebody came; answers where the link leads.
pub async fn visit(
    tx: &mut Tx,
    (account, key, number): (AccountId, &MessageKey, i64),
    now: Instant,
) -> Result<Option<String>> {
    let text = "SELECT url FROM link WHERE account_id = $1 AND key = $2 AND n = $3";
    let Some(row) = tx.first(text, args![account.0, &key.0, number]).await? else { return Ok(None) };
    let text = "UPDATE link SET state = 1, at = $4 WHERE account_id = $1 AND key = $2 AND n = $3 AND state IN (0, 2)";
    tx.run(text, args![account.0, &key.0, number, now.0]).await?;
    row.text(0).map(Some)
}

/// What waits to be judged.
pub async fn waiting(tx: &mut Tx, until: Instant, limit: usize) -> Result<Vec<Link>> {
    let text =
        format!("SELECT {COLUMNS} FROM link WHERE state = 1 AND at <= $1 ORDER BY at, account_id, key, n LIMIT $2");
    tx.rows(&text, args![until.0, limit as i64]).await?.iter().map(link).collect()
}

/// The judgement, unless the link is gone or was judged by somebody else.
pub async fn judged(tx: &mut Tx, link: &Link, visit: Visit) -> Result<()> {
    let text = "UPDATE link SET state = $4 WHERE account_id = $1 AND key = $2 AND n = $3 AND state = 1 AND at = $5";
    let place = args![link.account.0, &link.key.0, link.number, visit.code(), link.at.0];
    tx.run(text, place).await.map(|_| ())
}

fn link(row: &Row) -> Result<Link> {
    Ok(Link {
        account: AccountId(row.int(0)?),
        key: MessageKey(row.text(1)?),
        number: row.int(2)?,
        contact: ContactId(row.int(3)?),
        url: row.text(4)?,
        visit: Visit::of(row.int(5)?),
        at: Instant(row.int(6)?),
    })
}
