//! What is known about the rows of one chunk: one query a list, never one a row.

use std::collections::{BTreeSet, HashMap};

use super::{
    api::{Answer, Ask, DEAD, GONE, KnownAccount, Result},
    db::{Arg, Tx, args},
    load,
};
use crate::model::{contact::Contact, estate::prefixed, ids::AccountId, state::AccountState};

/// Answers everything that is asked.
pub async fn present(tx: &mut Tx, ask: &Ask) -> Result<Answer> {
    let mut answer = Answer::default();
    accounts(tx, ask, &mut answer).await?;
    contacts(tx, ask, &mut answer).await?;
    if ask.attributes {
        pending(tx, &mut answer).await?;
    }
    subscriptions(tx, &ask.subscriptions, &mut answer).await?;
    seen(tx, ask, &mut answer).await?;
    erased(tx, ask, &mut answer).await?;
    Ok(answer)
}

fn list(keys: &BTreeSet<String>) -> Vec<Arg> {
    keys.iter().map(Into::into).collect()
}

async fn accounts(tx: &mut Tx, ask: &Ask, answer: &mut Answer) -> Result<()> {
    let others = "(SELECT count(*) FROM account_alias x WHERE x.account_id = h.account_id)";
    let text = if ask.attributes {
        "SELECT i.value, h.account_id, h.rev, s.body, a.key, l.was, {others} FROM identity i JOIN hot h ON h.account_id = i.account_id \
         JOIN account a ON a.account_id = i.account_id LEFT JOIN account_alias l ON l.key = i.value \
         JOIN state s ON s.account_id = i.account_id WHERE i.kind = 'account' AND i.value IN {in}"
    } else {
        "SELECT i.value, h.account_id, h.rev, CAST('{}' AS TEXT), a.key, l.was, {others} FROM identity i \
         JOIN hot h ON h.account_id = i.account_id JOIN account a ON a.account_id = i.account_id \
         LEFT JOIN account_alias l ON l.key = i.value WHERE i.kind = 'account' AND i.value IN {in}"
    };
    for row in tx.among(&text.replace("{others}", others), args![], list(&ask.accounts)).await? {
        let state: AccountState = row.json(3)?;
        let attrs = state.attrs.into_inner().into_iter().map(|(name, attr)| (name, attr.value)).collect();
        let (id, key, absorbed) = (AccountId(row.int(1)?), row.text(4)?, row.opt_int(5)?.is_some());
        let heir = row.int(6)? > 0;
        answer.accounts.insert(row.text(0)?, KnownAccount { id, key, absorbed, heir, rev: row.int(2)?, attrs });
    }
    Ok(())
}

async fn contacts(tx: &mut Tx, ask: &Ask, answer: &mut Answer) -> Result<()> {
    // Two keys of one account may be asked for at once; contacts of one that was merged may have its key before theirs.
    let mut asked: HashMap<(i64, String), Vec<&(String, String)>> = HashMap::new();
    for person in &ask.contacts {
        let Some(known) = answer.accounts.get(&person.0) else { continue };
        asked.entry((known.id.0, person.1.clone())).or_default().push(person);
        if known.absorbed {
            asked.entry((known.id.0, prefixed(&person.0, &person.1))).or_default().push(person);
        }
    }
    let keys: Vec<Vec<Arg>> = asked.keys().map(|(id, key)| args![*id, key]).collect();
    let text = "SELECT account_id, key, body FROM contact WHERE (account_id, key) IN (VALUES {rows})";
    let mut found = HashMap::new();
    for row in tx.batch(text, 2, keys.clone()).await? {
        let key = row.text(1)?;
        for person in asked.get(&(row.int(0)?, key.clone())).into_iter().flatten() {
            let contact: Contact = row.json(2)?;
            // Whose key has the account's before it is meant rather than who has the bare one.
            if person.1 != key || !found.contains_key(*person) {
                found.insert((*person).clone(), contact);
            }
        }
    }
    merged(tx, keys, &asked, &mut found).await?;
    answer.contacts = found;
    Ok(())
}

/// Keys of contacts that were merged: whose they are now.
async fn merged(
    tx: &mut Tx,
    keys: Vec<Vec<Arg>>,
    asked: &HashMap<(i64, String), Vec<&(String, String)>>,
    found: &mut HashMap<(String, String), Contact>,
) -> Result<()> {
    let text = "SELECT a.account_id, a.key, c.body FROM contact_alias a JOIN contact c ON c.account_id = a.account_id \
                AND c.contact_id = a.contact_id WHERE (a.account_id, a.key) IN (VALUES {rows})";
    for row in tx.batch(text, 2, keys).await? {
        for person in asked.get(&(row.int(0)?, row.text(1)?)).into_iter().flatten() {
            found.insert((*person).clone(), row.json(2)?);
        }
    }
    Ok(())
}

/// Facts about attributes that are not folded yet.
async fn pending(tx: &mut Tx, answer: &mut Answer) -> Result<()> {
    let ids = answer.accounts.values().map(|known| known.id.0.into()).collect();
    let text = "SELECT f.account_id, f.seq, f.contact_id, f.occurred_at, f.received_at, f.source, f.event_id, f.body \
                FROM inbox i JOIN fact f ON f.account_id = i.account_id AND f.seq = i.seq \
                WHERE f.event IS NULL AND i.account_id IN {in}";
    for row in tx.among(text, args![], ids).await? {
        answer.pending.push(load::fact(&row)?);
    }
    answer.pending.sort_by_key(|fact| (fact.received_at, fact.seq));
    // A padded list may name an account twice.
    answer.pending.dedup_by_key(|fact| fact.seq);
    Ok(())
}

async fn subscriptions(tx: &mut Tx, keys: &BTreeSet<String>, answer: &mut Answer) -> Result<()> {
    let text = "SELECT i.value, a.key, s.body FROM identity i JOIN account a ON a.account_id = i.account_id \
                JOIN subscription s ON s.account_id = i.account_id AND s.key = i.value \
                WHERE i.kind = 'subscription' AND i.value IN {in}";
    for row in tx.among(text, args![], list(keys)).await? {
        answer.subscriptions.insert(row.text(0)?, (row.text(1)?, row.json(2)?));
    }
    Ok(())
}

async fn erased(tx: &mut Tx, ask: &Ask, answer: &mut Answer) -> Result<()> {
    let text = "SELECT hmac FROM suppression WHERE topic = $1 AND reason = $2 AND hmac IN {in}";
    for row in tx.among(text, args![DEAD, GONE], list(&ask.addresses)).await? {
        answer.erased.insert(row.text(0)?);
    }
    Ok(())
}

async fn seen(tx: &mut Tx, ask: &Ask, answer: &mut Answer) -> Result<()> {
    let keys = ask.events.iter().map(|(source, id)| args![source, id]).collect();
    let text = "SELECT source, event_id FROM inbox_seen WHERE (source, event_id) IN (VALUES {rows})";
    for row in tx.batch(text, 2, keys).await? {
        answer.seen.insert((row.text(0)?, row.text(1)?));
    }
    Ok(())
}
