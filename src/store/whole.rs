//! Whole accounts, for simulations: everything at once, nothing locked, nothing written.

use std::collections::BTreeMap;

use super::{
    api::{Result, StoreError, Whole},
    db::{Arg, Tx, args},
    load,
    recent::Recent,
};
use crate::model::{
    ids::{AccountId, ContactId},
    instant::Instant,
};

/// The next accounts after `after`, by number; with `history` their recorded facts too.
pub async fn whole(tx: &mut Tx, recent: &Recent, after: AccountId, limit: usize, history: bool) -> Result<Vec<Whole>> {
    let text = "SELECT account_id, due FROM hot WHERE account_id > $1 ORDER BY account_id LIMIT $2";
    let mut due = BTreeMap::new();
    for row in tx.rows(text, args![after.0, limit as i64]).await? {
        due.insert(row.int(0)?, row.opt_int(1)?.map(Instant));
    }
    let ids: Vec<i64> = due.keys().copied().collect();
    let mut found = BTreeMap::new();
    for loaded in load::load(tx, recent, &ids, None).await? {
        let id = loaded.snapshot.account.0;
        let due = due.get(&id).copied().flatten();
        found.insert(id, Whole { snapshot: loaded.snapshot, due, ..Whole::default() });
    }
    let list: Vec<Arg> = ids.iter().map(|id| (*id).into()).collect();
    people(tx, &list, &mut found).await?;
    runs(tx, &list, &mut found).await?;
    facts(tx, &list, history, &mut found).await?;
    Ok(found.into_values().collect())
}

/// Every open run, also those that live with their contacts.
async fn runs(tx: &mut Tx, list: &[Arg], found: &mut BTreeMap<i64, Whole>) -> Result<()> {
    found.values_mut().for_each(|one| one.snapshot.runs.clear());
    let text = "SELECT account_id, body FROM run WHERE ended IS NULL AND account_id IN {in} \
                ORDER BY account_id, started, run_id";
    for row in tx.among(text, args![], list.to_vec()).await? {
        if let Some(one) = found.get_mut(&row.int(0)?) {
            one.snapshot.runs.push(row.json(1)?);
        }
    }
    Ok(())
}

async fn people(tx: &mut Tx, list: &[Arg], found: &mut BTreeMap<i64, Whole>) -> Result<()> {
    let text = "SELECT account_id, body FROM contact WHERE account_id IN {in} ORDER BY account_id, contact_id";
    for row in tx.among(text, args![], list.to_vec()).await? {
        if let Some(one) = found.get_mut(&row.int(0)?) {
            one.contacts.push(row.json(1)?);
        }
    }
    let text = "SELECT account_id, contact_id, metric, day FROM contact_day WHERE account_id IN {in}";
    for row in tx.among(text, args![], list.to_vec()).await? {
        if let Some(one) = found.get_mut(&row.int(0)?) {
            let day = i32::try_from(row.int(3)?).map_err(|_| StoreError::Corrupt("a day is out of range".into()))?;
            one.contact_days.insert((ContactId(row.int(1)?), row.text(2)?), day);
        }
    }
    Ok(())
}

/// Pending facts go to the inbox, folded ones to the history.
async fn facts(tx: &mut Tx, list: &[Arg], history: bool, found: &mut BTreeMap<i64, Whole>) -> Result<()> {
    let columns = "f.account_id, f.seq, f.contact_id, f.occurred_at, f.received_at, f.source, f.event_id, f.body";
    let pending = format!(
        "SELECT {columns} FROM inbox i JOIN fact f ON f.account_id = i.account_id AND f.seq = i.seq \
         WHERE i.account_id IN {{in}} ORDER BY i.account_id, i.received_at, i.seq"
    );
    for row in tx.among(&pending, args![], list.to_vec()).await? {
        let fact = load::fact(&row)?;
        if let Some(one) = found.get_mut(&fact.account.0) {
            one.snapshot.inbox.push(fact);
        }
    }
    if !history {
        return Ok(());
    }
    let folded = format!(
        "SELECT {columns} FROM fact f WHERE f.account_id IN {{in}} AND NOT EXISTS (SELECT 1 FROM inbox i \
         WHERE i.account_id = f.account_id AND i.received_at = f.received_at AND i.seq = f.seq) \
         ORDER BY f.account_id, f.received_at, f.seq"
    );
    for row in tx.among(&folded, args![], list.to_vec()).await? {
        let fact = load::fact(&row)?;
        if let Some(one) = found.get_mut(&fact.account.0) {
            one.history.push(fact);
        }
    }
    Ok(())
}
