//! Snapshots, loaded for many accounts at once in a handful of queries.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{Result, StoreError},
    db::{Arg, Row, Tx, args, from_json},
    recent::Recent,
};
use crate::model::{
    contact::Contact,
    fact::Fact,
    ids::{AccountId, ContactId},
    instant::Instant,
    run::Run,
    shared::Shared,
    snapshot::{ContactQuery, Need, PEOPLE, Snapshot},
    state::AccountState,
};

/// Facts one snapshot holds at most; the rest follows in the next decision.
pub const FACTS: i64 = 1000;

/// A snapshot with what its commit needs to know.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// How many decisions were written for it.
    pub decided: i64,
    /// Bytes of the cold row.
    pub size: usize,
    /// Receipt of the first fact that is not in the snapshot.
    pub later: Option<i64>,
}

/// Loads accounts by number, with the facts received at or before `now` (none: without any).
pub async fn load(tx: &mut Tx, recent: &Recent, ids: &[i64], now: Option<Instant>) -> Result<Vec<Loaded>> {
    load_with(tx, recent, ids, now, BTreeSet::new()).await
}

/// The same, with further contacts by (account, contact).
pub async fn load_with(
    tx: &mut Tx,
    recent: &Recent,
    ids: &[i64],
    now: Option<Instant>,
    mut wanted: BTreeSet<(i64, i64)>,
) -> Result<Vec<Loaded>> {
    let list: Vec<Arg> = ids.iter().map(|id| (*id).into()).collect();
    let mut found = heads(tx, recent, &list).await?;
    if let Some(now) = now {
        inboxes(tx, &list, now, &mut found).await?;
    }
    open_work(tx, &list, &mut found).await?;
    if let Some(now) = now {
        wanted.extend(due_people(tx, &list, now, &mut found).await?);
    }
    let named = |one: &Loaded| {
        let account = one.snapshot.account.0;
        one.snapshot.named().into_iter().map(move |contact| (account, contact.0)).collect::<Vec<_>>()
    };
    wanted.extend(found.values().flat_map(named));
    let wanted = wanted.into_iter().flat_map(|one| [one, now_is(&found, one)]).collect();
    personal_runs(tx, &wanted, &mut found).await?;
    people(tx, wanted, &mut found).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Whose a contact is now, after merges.
fn now_is(found: &Found, (account, contact): (i64, i64)) -> (i64, i64) {
    let merged = found.get(&account).map(|one| one.snapshot.state.now_is(ContactId(contact)));
    (account, merged.map_or(contact, |id| id.0))
}

/// The contacts whose own time has come, the first of each account, and when the next one's does.
async fn due_people(tx: &mut Tx, list: &[Arg], now: Instant, found: &mut Found) -> Result<Vec<(i64, i64)>> {
    let text = "SELECT account_id, contact_id, due FROM (SELECT account_id, contact_id, due, \
                row_number() OVER (PARTITION BY account_id ORDER BY due, contact_id) AS place \
                FROM contact WHERE due <= $1 AND account_id IN {in}) c WHERE c.place <= $2 \
                ORDER BY account_id, due, contact_id";
    let text = text.replace("$2", &(PEOPLE + 1).to_string());
    let mut places: BTreeMap<i64, usize> = BTreeMap::new();
    let mut wanted = Vec::new();
    for row in tx.among(&text, args![now.0], list.to_vec()).await? {
        let (account, contact, due) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let place = places.entry(account).or_default();
        *place += 1;
        if *place <= PEOPLE {
            wanted.push((account, contact));
        } else if let Some(loaded) = found.get_mut(&account) {
            loaded.snapshot.contacts_later = Some(Instant(due));
        }
    }
    let text = "SELECT h.account_id, (SELECT c.due FROM contact c WHERE c.account_id = h.account_id AND c.due > $1 \
                ORDER BY c.due LIMIT 1) FROM hot h WHERE h.account_id IN {in}";
    for row in tx.among(text, args![now.0], list.to_vec()).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            let later = &mut loaded.snapshot.contacts_later;
            *later = later.or(row.opt_int(1)?.map(Instant));
        }
    }
    Ok(wanted)
}

/// Open runs of playbooks for contacts, of these contacts.
async fn personal_runs(tx: &mut Tx, wanted: &BTreeSet<(i64, i64)>, found: &mut Found) -> Result<()> {
    let rows: Vec<Vec<Arg>> = wanted.iter().map(|(account, contact)| args![*account, *contact]).collect();
    let text = "WITH v(account, person) AS (VALUES {rows}) SELECT r.account_id, r.body FROM v JOIN run r \
                ON r.account_id = v.account AND r.person = v.person WHERE r.ended IS NULL";
    let mut changed = BTreeSet::new();
    for row in tx.batch(text, 2, rows).await? {
        let run: Shared<Run> = row.json(1)?;
        if let Some(loaded) = found.get_mut(&row.int(0)?)
            && !loaded.snapshot.runs.iter().any(|r| r.id == run.id)
        {
            changed.insert(loaded.snapshot.account.0);
            loaded.snapshot.runs.push(run);
        }
    }
    for (_, loaded) in found.iter_mut().filter(|(id, _)| changed.contains(id)) {
        loaded.snapshot.runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    }
    Ok(())
}

type Found = BTreeMap<i64, Loaded>;

async fn heads(tx: &mut Tx, recent: &Recent, list: &[Arg]) -> Result<Found> {
    let text = "SELECT h.account_id, h.rev, h.rulebook, h.now, a.key, h.decided, h.own_due FROM hot h \
                JOIN account a ON a.account_id = h.account_id WHERE h.account_id IN {in}";
    let rows = tx.among(text, args![], list.to_vec()).await?;
    let mut states = states(tx, recent, &rows).await?;
    let mut found = Found::new();
    for row in rows {
        let id = row.int(0)?;
        if let Some((state, size)) = states.remove(&id) {
            found.insert(id, head(&row, state, size)?);
        }
    }
    Ok(found)
}

fn head(row: &Row, state: AccountState, size: usize) -> Result<Loaded> {
    let state = AccountState { rulebook: row.int(2)?, now: Instant(row.int(3)?), ..state };
    let next_due = row.opt_int(6)?.map(|at| Some(Instant(at)).filter(|at| *at < Instant::MAX));
    let (account, key, rev) = (AccountId(row.int(0)?), row.text(4)?, row.int(1)?);
    let snapshot = Snapshot { account, key, rev, state, next_due, ..Snapshot::default() };
    Ok(Loaded { snapshot, decided: row.int(5)?, size, later: None })
}

/// Whether two states have the same cold row.
pub fn alike(one: &AccountState, other: &AccountState) -> bool {
    *one == AccountState { rulebook: one.rulebook, now: one.now, ..other.clone() }
}

/// The cold rows: those kept in memory, and the others as they are stored, each with the size it has there. Debug
/// builds read every row and compare.
async fn states(tx: &mut Tx, recent: &Recent, rows: &[Row]) -> Result<BTreeMap<i64, (AccountState, usize)>> {
    let (mut known, mut unknown) = (BTreeMap::new(), Vec::new());
    for row in rows {
        let id = row.int(0)?;
        match recent.get(id, row.int(5)?) {
            Some(kept) => drop(known.insert(id, kept)),
            None => unknown.push(id.into()),
        }
    }
    if cfg!(debug_assertions) {
        unknown.extend(known.keys().copied().map(Arg::from));
    }
    let text = "SELECT s.account_id, s.body, h.decided FROM state s JOIN hot h ON h.account_id = s.account_id \
                WHERE s.account_id IN {in}";
    let decided: BTreeMap<i64, i64> = rows.iter().map(|row| Ok((row.int(0)?, row.int(5)?))).collect::<Result<_>>()?;
    for row in tx.among(text, args![], unknown).await? {
        let (id, body) = (row.int(0)?, row.text(1)?);
        let stored: AccountState = from_json(&body)?;
        // Read in a second statement: somebody else may have decided meanwhile.
        let same = decided.get(&id) == Some(&row.int(2)?);
        let kept = known.get(&id).filter(|_| same);
        debug_assert!(kept.is_none_or(|kept| alike(&kept.0, &stored)), "account {id} is stored otherwise than kept");
        known.entry(id).or_insert((stored, body.len()));
    }
    Ok(known)
}

async fn inboxes(tx: &mut Tx, list: &[Arg], now: Instant, found: &mut Found) -> Result<()> {
    let text = "SELECT f.account_id, f.seq, f.contact_id, f.occurred_at, f.received_at, f.source, f.event_id, f.body FROM \
                (SELECT account_id, received_at, seq, \
                 row_number() OVER (PARTITION BY account_id ORDER BY received_at, seq) AS place \
                 FROM inbox WHERE received_at <= $1 AND account_id IN {in}) i \
                JOIN fact f ON f.account_id = i.account_id AND f.seq = i.seq WHERE i.place <= $2 \
                ORDER BY i.account_id, i.received_at, i.seq";
    let text = text.replace("$2", &FACTS.to_string());
    for row in tx.among(&text, args![now.0], list.to_vec()).await? {
        let fact = fact(&row)?;
        if let Some(loaded) = found.get_mut(&fact.account.0) {
            loaded.snapshot.inbox.push(fact);
        }
    }
    let text = "SELECT account_id, min(received_at) FROM inbox WHERE received_at > $1 AND account_id IN {in} GROUP BY account_id";
    for row in tx.among(text, args![now.0], list.to_vec()).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            loaded.later = row.opt_int(1)?;
        }
    }
    for loaded in found.values_mut().filter(|loaded| loaded.snapshot.inbox.len() as i64 == FACTS) {
        loaded.later = loaded.snapshot.inbox.last().map(|fact| fact.received_at.0);
    }
    Ok(())
}

/// Reads a row of `fact`: account, seq, contact, occurred, received, source, event id, body.
pub fn fact(row: &Row) -> Result<Fact> {
    Ok(Fact {
        account: AccountId(row.int(0)?),
        seq: row.int(1)?,
        contact: row.opt_int(2)?.map(ContactId),
        occurred_at: Instant(row.int(3)?),
        received_at: Instant(row.int(4)?),
        source: row.text(5)?,
        event_id: row.text(6)?,
        body: row.json(7)?,
    })
}

async fn open_work(tx: &mut Tx, list: &[Arg], found: &mut Found) -> Result<()> {
    let text = "SELECT account_id, body FROM run WHERE ended IS NULL AND person IS NULL AND account_id IN {in} \
                ORDER BY account_id, started, run_id";
    for row in tx.among(text, args![], list.to_vec()).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            loaded.snapshot.runs.push(row.json(1)?);
        }
    }
    let text =
        "SELECT account_id, body FROM task WHERE done IS NULL AND account_id IN {in} ORDER BY account_id, identity";
    for row in tx.among(text, args![], list.to_vec()).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            loaded.snapshot.tasks.push(row.json(1)?);
        }
    }
    Ok(())
}

/// Adds contacts (and their last active days) to their snapshots.
async fn people(tx: &mut Tx, wanted: BTreeSet<(i64, i64)>, found: &mut Found) -> Result<()> {
    let rows: Vec<Vec<Arg>> = wanted.into_iter().map(|(account, contact)| args![account, contact]).collect();
    let text = "SELECT account_id, body FROM contact WHERE (account_id, contact_id) IN (VALUES {rows})";
    for row in tx.batch(text, 2, rows.clone()).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            let contact: Contact = row.json(1)?;
            loaded.snapshot.contacts.insert(contact.id, contact.into());
        }
    }
    let text =
        "SELECT account_id, contact_id, metric, day FROM contact_day WHERE (account_id, contact_id) IN (VALUES {rows})";
    for row in tx.batch(text, 2, rows).await? {
        if let Some(loaded) = found.get_mut(&row.int(0)?) {
            let day = i32::try_from(row.int(3)?).map_err(|_| StoreError::Corrupt("a day is out of range".into()))?;
            loaded.snapshot.contact_days.insert((ContactId(row.int(1)?), row.text(2)?), day);
        }
    }
    Ok(())
}

/// Loads what `decide` asked for into its snapshot.
pub async fn answer(tx: &mut Tx, loaded: &mut Loaded, needs: Vec<Need>) -> Result<()> {
    for need in needs {
        match need {
            Need::History => loaded.snapshot.history = Some(history(tx, loaded.snapshot.account).await?),
            Need::Contacts(query) => answer_contacts(tx, loaded, query).await?,
        }
    }
    Ok(())
}

async fn answer_contacts(tx: &mut Tx, loaded: &mut Loaded, query: ContactQuery) -> Result<()> {
    let account = loaded.snapshot.account;
    let ids: Vec<ContactId> = matching(tx, account, &query).await?.into_iter().map(|contact| contact.id).collect();
    let wanted: BTreeSet<(i64, i64)> = ids.iter().map(|id| (account.0, id.0)).collect();
    let mut found = BTreeMap::from([(account.0, loaded.clone())]);
    if query.after.is_some() {
        personal_runs(tx, &wanted, &mut found).await?;
    }
    people(tx, wanted, &mut found).await?;
    if let Some(filled) = found.remove(&account.0) {
        *loaded = filled;
    }
    loaded.snapshot.answers.push((query, ids));
    Ok(())
}

/// The contacts of an account that answer a query, by number.
pub async fn matching(tx: &mut Tx, account: AccountId, query: &ContactQuery) -> Result<Vec<Contact>> {
    let limit = i64::from(query.limit);
    let after = query.after.map_or(i64::MIN, |id| id.0);
    let found = if query.roles.is_empty() {
        let text = "SELECT body, contact_id FROM contact WHERE account_id = $1 AND contact_id > $3 \
                    ORDER BY contact_id LIMIT $2";
        tx.rows(text, args![account.0, limit, after]).await?
    } else {
        let text =
            "SELECT body, contact_id FROM contact WHERE account_id = $1 AND role IN {in} ORDER BY contact_id LIMIT $2";
        let roles = query.roles.iter().map(Into::into).collect();
        tx.among(text, args![account.0, limit], roles).await?
    };
    let mut contacts = found.iter().map(|row| row.json(0)).collect::<Result<Vec<Contact>>>()?;
    contacts.sort_by_key(|contact| contact.id);
    contacts.truncate(query.limit as usize);
    Ok(contacts)
}

/// Recorded events that are already folded, in order.
async fn history(tx: &mut Tx, account: AccountId) -> Result<Vec<Fact>> {
    let text = "SELECT f.account_id, f.seq, f.contact_id, f.occurred_at, f.received_at, f.source, f.event_id, f.body \
                FROM fact f WHERE f.account_id IN {in} AND f.event IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inbox i \
                WHERE i.account_id = f.account_id AND i.received_at = f.received_at AND i.seq = f.seq) \
                ORDER BY f.received_at, f.seq";
    // Those that were merged into it are its own.
    let family = super::alias::family_args(tx, account).await?;
    tx.among(text, args![], family).await?.iter().map(fact).collect()
}
