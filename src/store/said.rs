//! What was said and done in a period, over all accounts: the events KPIs count, found by their own index.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{Result, Said},
    db::{Tx, args},
    load,
};
use crate::model::{
    fact::Fact,
    ids::{AccountId, ContactId},
    instant::Instant,
};

/// The index's own condition, word by word, or the engines do not use it.
pub const COUNTED: &str = "event IN ('survey.responded', 'meeting.held', 'message.sent', 'task.done', 'note.added', 'message.replied', 'message.complained', 'message.bounced', 'contact.unsubscribed')";
/// The condition of the index of tickets.
const TICKETS: &str = "event IN ('ticket.opened', 'ticket.closed')";
/// The condition of the index of what else reports and digests ask of a period.
const HAPPENED: &str = "event IN ('phase.entered', 'health.band_changed', 'contract.renewed', 'contract.upgraded')";
/// The condition of the index of requests to answer a survey.
const ASKED: &str = "event = 'survey.asked'";

/// The counted events of `[from, to)` by when they happened, of these accounts (none: of all).
pub async fn said(tx: &mut Tx, from: Instant, to: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Said> {
    let whose = if of.is_some() { ", account_id" } else { "" };
    let text = format!(
        "SELECT event, COUNT(*){whose} FROM fact WHERE {COUNTED} AND occurred_at >= $1 AND occurred_at < $2 \
         GROUP BY event{whose}"
    );
    let inside = |id: AccountId| of.is_none_or(|of| of.contains(&id));
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in tx.rows(&text, args![from.0, to.0]).await? {
        if of.is_none() || inside(AccountId(row.int(2)?)) {
            *counts.entry(row.text(0)?).or_default() += row.int(1)?.unsigned_abs();
        }
    }
    let text = format!(
        "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
         WHERE {COUNTED} AND event = 'survey.responded' AND occurred_at >= $1 AND occurred_at < $2 ORDER BY account_id, seq"
    );
    let mut facts = tx.rows(&text, args![from.0, to.0]).await?.iter().map(load::fact).collect::<Result<Vec<_>>>()?;
    let text = format!(
        "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
         WHERE {ASKED} AND occurred_at >= $1 AND occurred_at < $2 ORDER BY account_id, seq"
    );
    for row in tx.rows(&text, args![from.0, to.0]).await? {
        facts.push(load::fact(&row)?);
    }
    facts.retain(|fact| inside(fact.account));
    // The index holds all of it: no meeting is read.
    let text = format!(
        "SELECT DISTINCT account_id FROM fact WHERE {COUNTED} AND event = 'meeting.held' \
         AND occurred_at >= $1 AND occurred_at < $2"
    );
    let rows = tx.rows(&text, args![from.0, to.0]).await?;
    let mut met = rows.iter().map(|row| Ok(AccountId(row.int(0)?))).collect::<Result<BTreeSet<AccountId>>>()?;
    met.retain(|id| inside(*id));
    Ok(Said { counts, facts, met })
}

/// Marketing mails of a sender accepted since `from`: by the facts that say so, whose rows hold class and sender.
pub async fn marketing(tx: &mut Tx, sender: &str, from: Instant, most: u64) -> Result<u64> {
    let also = "o.planned LIKE '%\"class\":\"marketing\"%'";
    mails(tx, also, &Says { name: "sender", value: sender }, from, most).await
}

/// Mails of a playbook accepted since `from`.
pub async fn of_playbook(tx: &mut Tx, playbook: &str, from: Instant, most: u64) -> Result<u64> {
    mails(tx, "TRUE", &Says { name: "playbook", value: playbook }, from, most).await
}

/// A plan that says `name: value`.
struct Says<'a> {
    name: &'static str,
    value: &'a str,
}

/// Mails accepted since `from` whose plan says so, counted up to `most`.
async fn mails(tx: &mut Tx, also: &'static str, says: &Says<'_>, from: Instant, most: u64) -> Result<u64> {
    let text = format!(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM fact f JOIN outbox o ON o.account_id = f.account_id AND o.key = REPLACE(f.event_id, ':sent', '') \
         WHERE {COUNTED} AND event = 'message.sent' AND occurred_at >= $1 AND o.channel = 'email' \
         AND {also} AND o.planned LIKE $2 ESCAPE '!' LIMIT $3) found"
    );
    let value = serde_json::to_string(says.value).unwrap_or_default();
    let value = value.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let (like, most) = (format!("%\"{}\":{value}%", says.name), i64::try_from(most).unwrap_or(i64::MAX));
    let row = tx.one(&text, args![from.0, like, most]).await?;
    Ok(row.int(0)?.unsigned_abs())
}

/// Events of these names in `[from, to)`, the newest `limit`, oldest first. Those that KPIs count, tickets, and what
/// reports ask for are found by an index; an event that a digest of the rulebook names by reading what was recorded.
pub async fn happened(tx: &mut Tx, names: &[&str], from: Instant, to: Instant, limit: usize) -> Result<Vec<Fact>> {
    let mut all = Vec::new();
    for name in names {
        let text = newest(name);
        let rows = tx.rows(&text, args![*name, from.0, to.0, limit as i64]).await?;
        for row in &rows {
            all.push(load::fact(row)?);
        }
    }
    all.sort_by_key(|fact: &Fact| (fact.occurred_at, fact.account, fact.seq));
    Ok(all)
}

/// Whether an index leads to the events of this name.
pub fn is_found(name: &str) -> bool {
    index(name).is_some()
}

fn index(name: &str) -> Option<&'static str> {
    let quoted = format!("'{name}'");
    [COUNTED, TICKETS, HAPPENED, ASKED].into_iter().find(|index| index.contains(&quoted))
}

/// The question for the newest events of a name.
pub fn newest(name: &str) -> String {
    let indexed = index(name).map(|index| format!("{index} AND ")).unwrap_or_default();
    format!(
        "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
         WHERE {indexed}event = $1 AND occurred_at >= $2 AND occurred_at < $3 ORDER BY occurred_at DESC LIMIT $4"
    )
}

/// A contact's answers to surveys since `since`, newest first; the index leads to the answers of everybody since then.
pub async fn answers(
    tx: &mut Tx,
    (account, contact): (AccountId, ContactId),
    since: Instant,
    limit: usize,
) -> Result<Vec<Fact>> {
    let text = format!(
        "SELECT account_id, seq, contact_id, occurred_at, received_at, source, event_id, body FROM fact \
         WHERE {COUNTED} AND event = 'survey.responded' AND occurred_at >= $1 AND account_id = $2 AND contact_id = $3 \
         ORDER BY seq DESC LIMIT $4"
    );
    tx.rows(&text, args![since.0, account.0, contact.0, limit as i64]).await?.iter().map(load::fact).collect()
}
