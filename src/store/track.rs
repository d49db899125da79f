//! Calls of tracking SDKs: what is known is read, somebody decides, and everything is written as one.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    api::Result,
    append::{self, CHUNK},
    db::{Arg, Tx, args, to_json},
    rows::Tracking,
    sql, workspace,
};
use crate::model::{
    fact::{Accepted, Incoming},
    instant::Instant,
    track::{API, Call, Known, Parked, Plan, Says, Tracked, Verdict, domain_of},
};

/// So often a key may lead to another one.
const CHAIN: usize = 16;
/// The bookmark that counts what was given up.
const DROPPED: &str = "track.dropped";

/// Takes a request in; answers call by call. None: its proof was used before.
pub async fn take(tx: &mut Tx, request: &Tracking) -> Result<Option<Vec<Verdict>>> {
    if let Some(once) = &request.once
        && !workspace::remember(tx, &once.mark, once.until, request.now).await?
    {
        return Ok(None);
    }
    sql::track_lock(tx).await?;
    let known = known(tx, request).await?;
    let plan = (request.settle)(known, request.calls.clone());
    write(tx, plan, request.now).await.map(Some)
}

// ---- reading ----------------------------------------------------------------------------------------------

async fn known(tx: &mut Tx, request: &Tracking) -> Result<Known> {
    let calls = &request.calls;
    let mut known = Known { now: request.now, seen: seen(tx, calls).await?, ..Known::default() };
    let keys = calls.iter().flat_map(Call::keys).chain(request.wake.iter().cloned()).collect();
    rows(tx, keys, &mut known).await?;
    waiting(tx, request, &mut known).await?;
    let mut groups: BTreeSet<String> = calls.iter().filter_map(|call| call.group.clone()).collect();
    groups.extend(known.rows.values().flat_map(|row| row.homes.keys().cloned()));
    let domains = domains_of(calls, &known);
    accounts(tx, groups, &domains, &mut known).await?;
    contacts(tx, calls, &mut known).await?;
    Ok(known)
}

/// Calls that are no events and came before.
async fn seen(tx: &mut Tx, calls: &[Call]) -> Result<BTreeSet<String>> {
    let ids = calls.iter().filter(|call| !matches!(call.says, Says::Event { .. })).map(|call| (&call.id).into());
    let text = "SELECT event_id FROM inbox_seen WHERE source = $1 AND event_id IN {in}";
    let found = tx.among(text, args![API], ids.collect()).await?;
    found.iter().map(|row| row.text(0)).collect()
}

/// Rows by key, and those they lead to.
async fn rows(tx: &mut Tx, keys: BTreeSet<String>, known: &mut Known) -> Result<()> {
    let mut keys: Vec<Arg> = keys.into_iter().map(Arg::from).collect();
    for _ in 0..CHAIN {
        if keys.is_empty() {
            break;
        }
        let found = tx.among("SELECT who, body FROM tracked WHERE who IN {in}", args![], keys).await?;
        let mut next = BTreeSet::new();
        for row in found {
            let tracked: Tracked = row.json(1)?;
            next.extend(tracked.is.clone());
            known.rows.insert(row.text(0)?, tracked);
        }
        keys = next.into_iter().filter(|key| !known.rows.contains_key(key)).map(Arg::from).collect();
    }
    Ok(())
}

/// How much waits under each key; the calls themselves only where they may go now.
async fn waiting(tx: &mut Tx, request: &Tracking, known: &mut Known) -> Result<()> {
    let people: BTreeSet<String> =
        request.calls.iter().flat_map(Call::keys).chain(known.rows.keys().cloned()).collect();
    let people: BTreeSet<String> =
        people.into_iter().chain(request.wake.iter().cloned()).filter(|key| !key.starts_with("g:")).collect();
    let text = "SELECT who, count(*) FROM parked WHERE who IN {in} GROUP BY who";
    for row in tx.among(text, args![], people.into_iter().map(Arg::from).collect()).await? {
        known.waiting.insert(row.text(0)?, usize::try_from(row.int(1)?).unwrap_or(usize::MAX));
    }
    if known.waiting.is_empty() {
        return Ok(());
    }
    let told: BTreeSet<String> = request.calls.iter().filter(|call| call.tells()).flat_map(Call::keys).collect();
    let placed = |key: &String| known.rows.get(key).is_some_and(|row| row.is.is_some() || !row.homes.is_empty());
    let may_go = |key: &&String| told.contains(*key) || request.wake.contains(key) || placed(key);
    let list = known.waiting.keys().filter(may_go).map(Arg::from).collect();
    let mut parked: BTreeMap<String, BTreeMap<String, Call>> = BTreeMap::new();
    let text = "SELECT who, id, body FROM parked WHERE who IN {in}";
    for row in tx.among(text, args![], list).await? {
        parked.entry(row.text(0)?).or_default().insert(row.text(1)?, row.json(2)?);
    }
    known.parked = parked.into_iter().map(|(who, calls)| (who, calls.into_values().collect())).collect();
    Ok(())
}

/// Domains of everybody's address, also of one that is only said now.
fn domains_of(calls: &[Call], known: &Known) -> BTreeSet<String> {
    let said = calls.iter().filter_map(email).filter_map(|email| domain_of(&email));
    let ids = calls.iter().filter_map(|call| domain_of(call.user.as_deref()?));
    let known = known.rows.iter().filter_map(|(who, row)| row.domain(who));
    said.chain(ids).chain(known).collect()
}

fn email(call: &Call) -> Option<String> {
    match &call.says {
        Says::Person { traits } => traits.get("email")?.as_text().map(str::to_owned),
        _ => None,
    }
}

/// Accounts that exist, and the one account of each domain.
async fn accounts(tx: &mut Tx, groups: BTreeSet<String>, domains: &BTreeSet<String>, known: &mut Known) -> Result<()> {
    let keys: BTreeSet<&String> = groups.iter().chain(domains).collect();
    known.accounts = append::lookup(tx, &keys).await?.into_keys().collect();
    let owners = append::domain_owners(tx, domains).await?;
    // A domain of two customers tells nothing; an account may also be called by its domain.
    for domain in domains {
        match owners.get(domain) {
            Some(keys) if keys.len() == 1 => {
                known.domains.extend(keys.first().map(|key| (domain.clone(), key.clone())))
            }
            Some(_) => {}
            None if known.accounts.contains(domain) => {
                known.domains.insert(domain.clone(), domain.clone());
            }
            None => {}
        }
    }
    known.accounts.extend(known.domains.values().cloned());
    Ok(())
}

/// Contacts whose key is the address of somebody who is spoken of: an import knows them by it.
async fn contacts(tx: &mut Tx, calls: &[Call], known: &mut Known) -> Result<()> {
    let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut emails: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (who, row) in &known.rows {
        homes.entry(who.clone()).or_default().extend(row.homes.keys().cloned());
        emails.entry(who.clone()).or_default().extend(row.email(who).map(str::to_owned));
    }
    for call in calls {
        let Some(who) = call.who() else { continue };
        let by_id = Tracked::default().email(&who).map(str::to_owned);
        emails.entry(who.clone()).or_default().extend(email(call).or(by_id));
        homes.entry(who).or_default().extend(call.group.clone());
    }
    let mut people: BTreeSet<(String, String)> = BTreeSet::new();
    for (who, email) in emails.iter().flat_map(|(who, list)| list.iter().map(move |email| (who, email))) {
        let by_domain = domain_of(email).and_then(|domain| known.domains.get(&domain));
        for account in homes.get(who).into_iter().flatten().chain(by_domain) {
            people.extend([email.clone(), email.to_lowercase()].map(|email| (account.clone(), email)));
        }
    }
    known.contacts.extend(append::known_contacts(tx, &people).await?);
    Ok(())
}

// ---- writing ----------------------------------------------------------------------------------------------

async fn write(tx: &mut Tx, plan: Plan, now: Instant) -> Result<Vec<Verdict>> {
    let Plan { mut verdicts, facts, rows, remember, park, unpark } = plan;
    put_rows(tx, rows).await?;
    let gone = unpark.into_iter().map(|(who, id)| args![who, id]).collect();
    tx.batch("DELETE FROM parked WHERE (who, id) IN (VALUES {rows})", 2, gone).await?;
    let mut settled = |n: Option<usize>, verdict| {
        if let Some(place) = n.and_then(|n| verdicts.get_mut(n)) {
            *place = verdict;
        }
    };
    for (n, repeat) in put_parked(tx, park).await? {
        if repeat {
            settled(n, Verdict::Duplicate);
        }
    }
    let (places, facts): (Vec<Option<usize>>, Vec<Incoming>) = facts.into_iter().unzip();
    let mut answers = Vec::with_capacity(facts.len());
    for chunk in facts.chunks(CHUNK) {
        answers.extend(append::append(tx, chunk).await?);
    }
    for (n, answer) in places.into_iter().zip(answers) {
        match answer {
            Accepted::New(_) => {}
            Accepted::Duplicate => settled(n, Verdict::Duplicate),
            Accepted::Unknown => settled(n, Verdict::Refused("unknown_contact")),
        }
    }
    let seen = remember.into_iter().map(|id| args![API, id, now.0]).collect();
    let text = "INSERT INTO inbox_seen (source, event_id, at) VALUES {rows} ON CONFLICT DO NOTHING";
    tx.batch(text, 3, seen).await?;
    Ok(verdicts)
}

async fn put_rows(tx: &mut Tx, rows: BTreeMap<String, (Tracked, String)>) -> Result<()> {
    let row = |(who, (tracked, domain)): (String, (Tracked, String))| {
        let linked = i64::from(tracked.is.is_some() || !tracked.homes.is_empty());
        Ok(args![who, domain, linked, to_json(&tracked)?])
    };
    let rows = rows.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    let text = "INSERT INTO tracked (who, domain, linked, body) VALUES {rows} ON CONFLICT (who) DO UPDATE SET \
                domain = excluded.domain, linked = excluded.linked, body = excluded.body";
    tx.batch(text, 4, rows).await.map(|_| ())
}

/// Lets calls wait; answers for each fresh one whether it waited already.
async fn put_parked(tx: &mut Tx, park: Vec<(String, Option<usize>, Call)>) -> Result<Vec<(Option<usize>, bool)>> {
    let (mut rows, mut first) = (BTreeMap::new(), BTreeSet::new());
    for (who, n, call) in &park {
        if let Entry::Vacant(free) = rows.entry((who.clone(), call.id.clone())) {
            first.insert(*n);
            free.insert(args![who, &call.id, call.received_at.0, to_json(call)?]);
        }
    }
    let text = "INSERT INTO parked (who, id, received_at, body) VALUES {rows} ON CONFLICT DO NOTHING RETURNING who, id";
    let mut new = BTreeSet::new();
    for row in tx.batch(text, 4, rows.into_values().collect()).await? {
        new.insert((row.text(0)?, row.text(1)?));
    }
    let repeat =
        |(who, n, call): (String, Option<usize>, Call)| (n, !new.contains(&(who, call.id)) || !first.contains(&n));
    Ok(park.into_iter().map(repeat).collect())
}

// ---- what waits -------------------------------------------------------------------------------------------

/// How much waits.
pub async fn parked(tx: &mut Tx) -> Result<Parked> {
    let row = tx.one("SELECT count(*), count(DISTINCT who), min(received_at) FROM parked", args![]).await?;
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let dropped = workspace::bookmark(tx, DROPPED).await?.and_then(|text| text.parse().ok()).unwrap_or_default();
    Ok(Parked {
        calls: number(row.int(0)?),
        people: number(row.int(1)?),
        oldest: row.opt_int(2)?.map(Instant),
        dropped,
    })
}

/// Keys with waiting calls of which it is known by now whose they are.
pub async fn placeable(tx: &mut Tx, limit: usize) -> Result<Vec<String>> {
    let text = "SELECT DISTINCT p.who FROM parked p JOIN tracked t ON t.who = p.who WHERE t.linked = 1 OR (t.domain <> '' \
                AND (SELECT count(*) FROM account_domain d WHERE d.domain = t.domain) = 1) LIMIT $1";
    tx.rows(text, args![limit as i64]).await?.iter().map(|row| row.text(0)).collect()
}

/// Gives up what waited too long, and the oldest of too much.
pub async fn give_up(tx: &mut Tx, before: Instant, most: usize) -> Result<usize> {
    let mut gone = tx.run("DELETE FROM parked WHERE received_at < $1", args![before.0]).await?;
    let count = tx.one("SELECT count(*) FROM parked", args![]).await?.int(0)?;
    let over = count - i64::try_from(most).unwrap_or(i64::MAX);
    if over > 0 {
        let text =
            "DELETE FROM parked WHERE (who, id) IN (SELECT who, id FROM parked ORDER BY received_at, who, id LIMIT $1)";
        gone += tx.run(text, args![over]).await?;
    }
    if gone > 0 {
        let old = workspace::bookmark(tx, DROPPED).await?;
        let sum = old.as_deref().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default() + gone;
        workspace::move_bookmark(tx, DROPPED, old.as_deref(), &sum.to_string()).await?;
    }
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}
