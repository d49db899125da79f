//! Somebody whom only tracking knows: a visitor's id, a user's id or an address that never became a contact.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::known;
use crate::{
    model::instant::Instant,
    store::{
        api::{DEAD, Erased, GONE, Result, Visitor},
        blank::Marks,
        db::{Tx, args},
        seam::Hasher,
        workspace,
    },
};

/// So often an id may lead to another one.
const CHAIN: usize = 16;

/// The name under which an erased visitor is known in the journal and in the audit log.
fn pseudonym(hash: &Hasher, typed: &str) -> String {
    hash(&format!("erased visitor\n{}", folded(typed)))
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What a row of tracking is called by: its id, the ids it leads to, and every address in it.
fn names(who: &str, body: &Value) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = who.split_once(':').map(|(_, id)| id.to_owned()).into_iter().collect();
    let mut open = vec![body];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if text.contains('@') => drop(names.insert(text.clone())),
            Value::Array(list) => open.extend(list),
            Value::Object(map) => {
                for (name, inner) in map {
                    match (name.as_str(), inner) {
                        ("is", Value::String(key)) => names.extend(key.split_once(':').map(|(_, id)| id.to_owned())),
                        ("user" | "anonymous" | "previous", Value::String(id)) => drop(names.insert(id.clone())),
                        _ => open.push(inner),
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// Rows of people and visitors, with what they are called by. A group is a customer.
async fn rows(tx: &mut Tx) -> Result<Vec<(String, BTreeSet<String>, Option<Instant>)>> {
    let text = "SELECT who, body, NULL FROM tracked WHERE who NOT LIKE 'g:%' \
                UNION ALL SELECT who, body, received_at FROM parked ORDER BY 1";
    let found = tx.rows(text, args![]).await?;
    let row = |row: &crate::store::db::Row| {
        let (who, body): (String, Value) = (row.text(0)?, row.json(1)?);
        let names = names(&who, &body);
        Ok((who, names, row.opt_int(2)?.map(Instant)))
    };
    found.iter().map(row).collect()
}

/// The visitor who is called so, with every id that leads to the same one.
pub async fn find(tx: &mut Tx, typed: &str) -> Result<Option<Visitor>> {
    let rows = rows(tx).await?;
    let mut visitor = Visitor { typed: typed.trim().to_owned(), ..Visitor::default() };
    let mut called = BTreeSet::from([folded(typed)]);
    for _ in 0..CHAIN {
        let before = (called.len(), visitor.keys.len());
        for (who, names, at) in &rows {
            let own = names.iter().map(|name| folded(name)).collect::<BTreeSet<_>>();
            if own.is_disjoint(&called) {
                continue;
            }
            visitor.keys.insert(who.clone());
            visitor.addresses.extend(names.iter().filter(|name| name.contains('@')).cloned());
            visitor.since = [visitor.since, *at].into_iter().flatten().min();
            called.extend(own);
        }
        if before == (called.len(), visitor.keys.len()) {
            break;
        }
    }
    Ok(Some(visitor).filter(|visitor| !visitor.keys.is_empty()))
}

/// The visitors whose pseudonyms these are.
pub(super) async fn recognised(tx: &mut Tx, hash: &Hasher, wanted: &BTreeMap<String, Instant>) -> Result<Vec<Visitor>> {
    let mut found: Vec<Visitor> = Vec::new();
    let names: BTreeSet<String> = rows(tx).await?.into_iter().flat_map(|(_, names, _)| names).collect();
    for typed in names {
        let name = pseudonym(hash, &typed);
        let Some(at) = wanted.get(&name) else { continue };
        if !known(tx, &name, *at).await? {
            found.extend(find(tx, &typed).await?);
        }
    }
    Ok(found)
}

/// Erases them; events that were placed at a customer keep that they happened.
pub(super) async fn goes(tx: &mut Tx, hash: &Hasher, visitor: &Visitor, now: Instant) -> Result<Erased> {
    let mut done = Erased { pseudonym: pseudonym(hash, &visitor.typed), ..Erased::default() };
    let mut marks = Marks::default();
    for key in &visitor.keys {
        for table in ["tracked", "parked"] {
            let rows = tx.run(&format!("DELETE FROM {table} WHERE who = $1"), args![key]).await?;
            *done.rows.entry(table).or_default() += rows;
        }
        key.split_once(':').into_iter().for_each(|(_, id)| marks.add(id, false));
    }
    for address in &visitor.addresses {
        marks.add(address, false);
        let hash = hash(address);
        workspace::suppress(tx, &hash, DEAD, GONE, true, now).await?;
        done.addresses.insert(hash);
    }
    let (like, more) = super::like_any(marks.patterns(), "body", 0);
    for row in tx.rows(&format!("SELECT account_id, seq, body FROM fact WHERE {like}"), more).await? {
        if let Some(body) = marks.blanked(&row.text(2)?) {
            let text = "UPDATE fact SET body = $3 WHERE account_id = $1 AND seq = $2";
            tx.run(text, args![row.int(0)?, row.int(1)?, body]).await?;
            *done.rows.entry("named").or_default() += 1;
        }
    }
    Ok(done)
}
