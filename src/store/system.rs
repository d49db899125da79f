//! What other systems tell: what is known is read, somebody decides, and everything is written as one, the cursor of
//! the pull included.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{Result, StoreError},
    append::{self, CHUNK},
    db::{Arg, Row, Tx, args, to_json},
    query,
    rows::{Delivery, Subscription},
    sql, workspace,
};
use crate::model::{
    fact::FactBody,
    instant::{DAY, Instant},
    system::{Interval, Known, Object, Plan, Told, Word},
    track::{Verdict, domain_of},
};

/// What happened waits so long for its customer.
const WAIT: i64 = 400 * DAY;
/// Objects woken at once.
const WOKEN: i64 = 500;

/// Takes a delivery in; answers thing by thing. None: its proof was used before, or the cursor is elsewhere.
pub async fn take(tx: &mut Tx, request: &Delivery) -> Result<Option<Vec<Verdict>>> {
    if let Some(once) = &request.once
        && !workspace::remember(tx, &once.mark, once.until, request.now).await?
    {
        return Ok(None);
    }
    if let Some(moved) = &request.cursor
        && moved.from.as_ref() != Some(&moved.to)
        && !workspace::move_bookmark(tx, &moved.name, moved.from.as_deref(), &moved.to).await?
    {
        return Ok(None);
    }
    sql::track_lock(tx).await?;
    let known = known(tx, request).await?;
    let plan = (request.settle)(known, request.told.clone());
    write(tx, &request.source, plan).await.map(Some)
}

// ---- reading ----------------------------------------------------------------------------------------------

/// Objects that wait for a customer whose domain is known by now.
async fn waiting(tx: &mut Tx, request: &Delivery) -> Result<Vec<(String, Object)>> {
    if !request.wake {
        return Ok(Vec::new());
    }
    let text = "DELETE FROM system_object WHERE source = $1 AND account = '' AND id LIKE 'event/%' AND at < $2";
    tx.run(text, args![&request.source, request.now.plus(-WAIT).0]).await?;
    let text = "SELECT o.id, o.body FROM system_object o JOIN account_domain d ON o.owner = '@' || d.domain \
                WHERE o.account = '' AND o.source = $1 \
                AND (SELECT count(*) FROM account_domain e WHERE e.domain = d.domain) = 1 ORDER BY o.id LIMIT $2";
    tx.rows(text, args![&request.source, WOKEN]).await?.iter().map(object).collect()
}

fn object(row: &Row) -> Result<(String, Object)> {
    Ok((row.text(0)?, row.json(1)?))
}

async fn known(tx: &mut Tx, request: &Delivery) -> Result<Known> {
    let (source, told) = (&request.source, &request.told);
    let mut known = Known { source: source.clone(), now: request.now, ..Known::default() };
    known.seen = seen(tx, source, told).await?;
    known.objects = waiting(tx, request).await?.into_iter().collect();
    known.wake = known.objects.keys().cloned().collect();
    let spoken = told.iter().chain(known.objects.values().map(|object| &object.told));
    let ids = spoken.flat_map(|one| [Some(one.id.clone()), one.whose.object.clone()]).flatten();
    let ids: BTreeSet<String> = ids.collect();
    let text = "SELECT id, body FROM system_object WHERE source = $1 AND id IN {in}";
    for row in tx.among(text, args![source], ids.iter().map(Arg::from).collect()).await? {
        let (id, object) = object(&row)?;
        known.objects.insert(id, object);
    }
    family(tx, source, told, &mut known).await?;
    names(tx, told, &mut known).await?;
    Ok(known)
}

async fn seen(tx: &mut Tx, source: &str, told: &[Told]) -> Result<BTreeSet<String>> {
    let events = told.iter().filter(|one| matches!(one.word, Word::Event { .. })).map(|one| (&one.id).into());
    let text = "SELECT event_id FROM inbox_seen WHERE source = $1 AND event_id IN {in}";
    let found = tx.among(text, args![source], events.collect()).await?;
    found.iter().map(|row| row.text(0)).collect()
}

/// Other contracts of the customers that are spoken of, what waits for them, and all that is theirs where they move.
async fn family(tx: &mut Tx, source: &str, told: &[Told], known: &mut Known) -> Result<()> {
    let (mut owners, mut moving) = (BTreeSet::new(), BTreeSet::new());
    for one in told {
        match &one.word {
            Word::Contract(_) => owners.extend(one.whose.object.clone()),
            Word::Customer { key, .. } => {
                let before = known.objects.get(&one.id).and_then(|object| object.account.clone());
                if before.is_none() || key.is_some() && *key != before {
                    moving.insert(one.id.clone());
                }
            }
            // Somebody else may have been merged into them before they were known.
            Word::Person { .. } => drop(moving.insert(one.id.clone())),
            Word::Event { .. } | Word::Moved => {}
        }
    }
    let contracts = "SELECT id, body FROM system_object WHERE source = $1 AND id LIKE 'contract/%' AND owner IN {in}";
    let all = "SELECT id, body FROM system_object WHERE source = $1 AND owner IN {in}";
    for (text, owners) in [(contracts, owners), (all, moving)] {
        for row in tx.among(text, args![source], owners.into_iter().map(Arg::from).collect()).await? {
            let (id, object) = object(&row)?;
            known.objects.entry(id).or_insert(object);
        }
    }
    Ok(())
}

/// Accounts by domain and key, and contacts, of those that may be meant.
async fn names(tx: &mut Tx, told: &[Told], known: &mut Known) -> Result<()> {
    let all: Vec<&Told> = told.iter().chain(known.objects.values().map(|object| &object.told)).collect();
    let (mut domains, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for one in &all {
        domains.extend(one.whose.email.as_deref().and_then(domain_of));
        keys.extend(one.whose.key.clone());
        if let Word::Customer { key, domains: said, .. } = &one.word {
            keys.extend(key.clone());
            domains.extend(said.iter().cloned());
        }
    }
    let owners = append::domain_owners(tx, &domains).await?;
    // A domain of two customers tells nothing.
    let only = owners.into_iter().filter(|(_, all)| all.len() == 1);
    let domains: BTreeMap<String, String> =
        only.filter_map(|(name, all)| Some((name, all.into_iter().next()?))).collect();
    let pairs = people(&all, known, &domains);
    keys.extend(known.objects.values().filter_map(|object| object.account.clone()));
    keys.extend(domains.values().cloned());
    known.accounts = append::lookup(tx, &keys.iter().collect()).await?.into_keys().collect();
    known.domains = domains;
    known.contacts = append::known_contacts(tx, &pairs).await?;
    Ok(())
}

/// Accounts and keys under which the people who are spoken of may be known.
fn people(all: &[&Told], known: &Known, domains: &BTreeMap<String, String>) -> BTreeSet<(String, String)> {
    let customers: BTreeMap<&String, &Told> = all.iter().map(|one| (&one.id, *one)).collect();
    let mut pairs = BTreeSet::new();
    for one in all {
        let person = match &one.word {
            Word::Person { key: Some(key), .. } | Word::Event { contact: Some((key, _)), .. } => key,
            _ => continue,
        };
        let mut accounts: BTreeSet<String> = one.whose.key.iter().cloned().collect();
        accounts.extend(one.whose.email.as_deref().and_then(domain_of).and_then(|d| domains.get(&d).cloned()));
        if let Some(owner) = &one.whose.object {
            accounts.extend(known.objects.get(owner).and_then(|object| object.account.clone()));
            if let Some(Word::Customer { key, domains: said, .. }) = customers.get(owner).map(|told| &told.word) {
                accounts.extend(key.clone());
                accounts.extend(said.iter().filter_map(|domain| domains.get(domain).cloned()));
            }
        }
        pairs.extend(accounts.into_iter().map(|account| (account, person.clone())));
    }
    pairs
}

// ---- writing ----------------------------------------------------------------------------------------------

async fn write(tx: &mut Tx, source: &str, plan: Plan) -> Result<Vec<Verdict>> {
    let Plan { verdicts, facts, objects, forget, rows, gone } = plan;
    // Only a contact that is there already can take another one in.
    let (absorbed, facts): (Vec<_>, Vec<_>) =
        facts.into_iter().partition(|fact| matches!(fact.body, FactBody::Absorbed { .. }));
    for chunk in facts.chunks(CHUNK).chain(absorbed.chunks(CHUNK)) {
        append::append(tx, chunk).await?;
    }
    let row = |(id, object): (String, Object)| {
        let account = object.account.clone().unwrap_or_default();
        Ok(args![source, id, object.owner(), account, object.told.at.0, to_json(&object)?])
    };
    let kept = objects.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    let text = "INSERT INTO system_object (source, id, owner, account, at, body) VALUES {rows} \
                ON CONFLICT (source, id) DO UPDATE SET owner = excluded.owner, account = excluded.account, \
                at = excluded.at, body = excluded.body";
    tx.batch(text, 6, kept).await?;
    let gone_by = forget.into_iter().map(|id| args![source, id]).collect();
    tx.batch("DELETE FROM system_object WHERE (source, id) IN (VALUES {rows})", 2, gone_by).await?;
    subscriptions(tx, rows, gone).await?;
    Ok(verdicts)
}

async fn subscriptions(tx: &mut Tx, rows: Vec<(String, Interval)>, gone: BTreeSet<String>) -> Result<()> {
    query::drop_subscriptions(tx, &gone).await?;
    let keys: BTreeSet<&String> = rows.iter().map(|(account, _)| account).collect();
    let ids = append::lookup(tx, &keys).await?;
    // An account begins with its contract where nobody has spoken of it yet.
    let row = |(account, i): &(String, Interval)| {
        let account = ids.get(account).copied().ok_or_else(|| StoreError::Corrupt(format!("no account {account}")))?;
        Ok(Subscription {
            key: i.key.clone(),
            account,
            plan: i.plan.clone(),
            start: i.start,
            end: i.end,
            mrr_minor: i.mrr_minor,
            currency: i.currency.clone(),
            seats: i.seats,
        })
    };
    let rows = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
    for chunk in rows.chunks(CHUNK) {
        query::put_subscriptions(tx, chunk).await?;
    }
    Ok(())
}

// ---- what waits -------------------------------------------------------------------------------------------

/// How much that happened or was agreed waits for its customer, and since when; people who belong nowhere are no news.
pub async fn waits(tx: &mut Tx, source: &str) -> Result<(u64, Option<Instant>)> {
    let text = "SELECT count(*), min(at) FROM system_object WHERE source = $1 AND account = '' \
                AND id NOT LIKE 'person/%'";
    let row = tx.one(text, args![source]).await?;
    Ok((u64::try_from(row.int(0)?).unwrap_or_default(), row.opt_int(1)?.map(Instant)))
}
