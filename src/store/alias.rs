//! Accounts that turned out to be another one, and keys that changed.
//!
//! Merging has two steps. At once every key of the account that goes means the one that stays, and nothing is decided
//! for that one. Then the account that goes is decided for the last time, and in the same transaction what it leaves
//! becomes facts of the other and its own rows go. What it did stays under its number: whoever asks for the heir's
//! history gets both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    api::{Result, StoreError, Subscription},
    append::{create_contact_rows, search_form},
    db::{Arg, Tx, args},
    outbox::{self, Attempt},
    query, receipt,
};
use crate::{
    engine::ACCOUNT_MERGED,
    model::{
        contact::Contact,
        estate::{self, Estate, Guest, Handover, Holdings, Seat, prefixed, seated},
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId, stable_hash},
        instant::Instant,
        run::Run,
    },
};

/// The source of what one account hands to another.
const MERGE: &str = "merge";

/// Keys follow the facts that were just recorded.
pub async fn settle(tx: &mut Tx, facts: &[Fact]) -> Result<()> {
    for fact in facts {
        match &fact.body {
            FactBody::Merged { other, .. } => lead(tx, fact.account, *other, fact.received_at).await?,
            FactBody::Renamed { to, .. } => rename(tx, fact.account, to).await?,
            _ => {}
        }
    }
    Ok(())
}

/// Every key of the account that goes means the other one.
async fn lead(tx: &mut Tx, gone: AccountId, kept: AccountId, at: Instant) -> Result<()> {
    tx.run("UPDATE account_alias SET account_id = $2 WHERE account_id = $1", args![gone.0, kept.0]).await?;
    let text = "INSERT INTO account_alias (key, was, account_id, pending, at) \
                SELECT value, $1, $2, 1, $3 FROM identity WHERE kind = 'account' AND account_id = $1 \
                AND value NOT IN (SELECT key FROM account_alias)";
    tx.run(text, args![gone.0, kept.0, at.0]).await?;
    // Older keys of the one that goes are among the aliases already; its number has to be as well.
    let text = "UPDATE identity SET account_id = $2 WHERE kind = 'account' AND account_id = $1";
    tx.run(text, args![gone.0, kept.0]).await.map(|_| ())
}

/// The account is known by the new key; the old one still finds it.
async fn rename(tx: &mut Tx, account: AccountId, to: &str) -> Result<()> {
    tx.run("DELETE FROM account_alias WHERE key = $1", args![to]).await?;
    let text = "INSERT INTO identity (kind, value, account_id) VALUES ('account', $1, $2) ON CONFLICT DO NOTHING";
    tx.run(text, args![to, account.0]).await?;
    // A name that was nobody's word but the key goes with it.
    let text = "UPDATE account SET name = CASE WHEN name = key THEN $2 ELSE name END, \
                search = CASE WHEN name = key THEN $3 ELSE search END, key = $2 WHERE account_id = $1";
    tx.run(text, args![account.0, to, search_form(to)]).await.map(|_| ())
}

/// Where accounts that ended live on, by the number they had.
pub async fn heirs(tx: &mut Tx, accounts: &BTreeSet<i64>) -> Result<BTreeMap<i64, i64>> {
    let text = "SELECT was, account_id FROM account_alias WHERE was IN {in}";
    let found = tx.among(text, args![], accounts.iter().map(|id| (*id).into()).collect()).await?;
    found.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

/// The account with those that were merged into it and are decided: their history is its own.
pub async fn family(tx: &mut Tx, account: AccountId) -> Result<Vec<i64>> {
    let text = "SELECT DISTINCT was FROM account_alias WHERE account_id = $1 AND was <> $1 ORDER BY was";
    let found = tx.rows(text, args![account.0]).await?;
    let others = found.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    Ok([account.0].into_iter().chain(others).collect())
}

/// The same as arguments of `{in}`.
pub async fn family_args(tx: &mut Tx, account: AccountId) -> Result<Vec<Arg>> {
    Ok(family(tx, account).await?.into_iter().map(Arg::from).collect())
}

/// Contacts by account and key, where the account was merged: under the prefix of its own, and those that are still on
/// their way.
pub async fn people(tx: &mut Tx, rows: &[Vec<Arg>], found: &mut HashMap<(AccountId, String), ContactId>) -> Result<()> {
    if tx.first("SELECT key FROM account_alias LIMIT 1", args![]).await?.is_none() {
        return Ok(());
    }
    let coming = "WITH v(account, person) AS (VALUES {rows}) SELECT i.account_id, v.person, c.contact_id FROM v \
                  JOIN identity i ON i.kind = 'account' AND i.value = v.account \
                  JOIN account_alias l ON l.account_id = i.account_id AND l.pending = 1 \
                  JOIN contact c ON c.account_id = l.was AND c.key = v.person";
    for row in tx.batch(coming, 2, rows.to_vec()).await? {
        found.entry((AccountId(row.int(0)?), row.text(1)?)).or_insert(ContactId(row.int(2)?));
    }
    let own = "WITH v(account, person) AS (VALUES {rows}) SELECT c.account_id, v.person, c.contact_id FROM v \
               JOIN account_alias l ON l.key = v.account \
               JOIN contact c ON c.account_id = l.account_id AND c.key = v.account || ':' || v.person";
    for row in tx.batch(own, 2, rows.to_vec()).await? {
        found.insert((AccountId(row.int(0)?), row.text(1)?), ContactId(row.int(2)?));
    }
    Ok(())
}

// ---- the last decision ------------------------------------------------------------------------------------

/// What an account leaves becomes facts of its heir, and its own rows go; all in the transaction of its last decision.
pub async fn hand_over(tx: &mut Tx, gone: AccountId, left: &Handover, now: Instant) -> Result<()> {
    let kept = heirs(tx, &BTreeSet::from([gone.0])).await?.get(&gone.0).copied().unwrap_or(left.into.0);
    let key = tx.one("SELECT key FROM account WHERE account_id = $1", args![gone.0]).await?.text(0)?;
    let untold = stop(tx, gone, now).await?;
    let Handover { mut estate, mut guests, at, .. } = left.clone();
    estate.state.sends.retain(|send| !untold.keys.contains(&send.key));
    estate.runs.iter_mut().for_each(|run| untold.forget(run));
    guests.iter_mut().flat_map(|guest| &mut guest.runs).for_each(|run| untold.forget(run));
    earlier(tx, gone, kept, &mut estate, &mut guests).await?;
    unfolded(tx, gone, kept).await?;
    let seats = seats(tx, &key, &guests, kept).await?;
    clear(tx, gone).await?;
    let heir = Heir { account: AccountId(kept), key: &key, at };
    take_seats(tx, &heir, gone, &guests, &seats).await?;
    let mut facts = heir.facts(estate, guests, &seats);
    receipt::record(tx, &mut facts, true).await?;
    contracts(tx, gone, kept).await?;
    tx.run("UPDATE account_alias SET pending = 0 WHERE was = $1", args![gone.0]).await.map(|_| ())
}

struct Heir<'a> {
    account: AccountId,
    key: &'a str,
    at: Instant,
}

impl Heir<'_> {
    fn facts(&self, estate: Estate, guests: Vec<Guest>, seats: &[Seat]) -> Vec<Fact> {
        let fact = |contact: Option<ContactId>, id: &str, body: FactBody| Fact {
            seq: 0,
            account: self.account,
            contact,
            occurred_at: self.at,
            received_at: self.at,
            source: MERGE.to_owned(),
            event_id: stable_hash(&[MERGE, self.key, id, &self.at.0.to_string()]),
            body,
        };
        let told = estate::told(self.key, estate, guests, seats).into_iter().enumerate();
        told.map(|(n, (contact, body))| fact(contact, &n.to_string(), body)).collect()
    }
}

/// Messages that did not leave and do not any more.
#[derive(Default)]
struct Untold {
    keys: BTreeSet<String>,
    /// Run, step and address.
    places: BTreeSet<(String, String, String)>,
}

impl Untold {
    /// Whom a run did not write to after all.
    fn forget(&self, run: &mut Run) {
        for (step, record) in &mut run.steps {
            let told = |mark: &str| {
                let address = mark.strip_prefix("to:")?;
                Some(!self.places.contains(&(run.id.0.clone(), step.clone(), address.to_owned())))
            };
            record.marks.retain(|mark, _| told(mark).unwrap_or(true));
        }
    }
}

/// Whatever of the account's has not left is taken back. A hand-over that has begun goes to its end and counts as sent.
async fn stop(tx: &mut Tx, gone: AccountId, now: Instant) -> Result<Untold> {
    let text = "UPDATE outbox SET state = 'skipped', detail = $2, at = $3, fence = 0 WHERE account_id = $1 \
                AND state IN ('queued', 'claimed', 'held') AND resend_of IS NULL RETURNING key, attempts";
    let mut attempts = Vec::new();
    for row in tx.rows(text, args![gone.0, ACCOUNT_MERGED, now.0]).await? {
        let attempt = u32::try_from(row.int(1)?).unwrap_or_default();
        let (key, detail) = (row.text(0)?, ACCOUNT_MERGED.to_owned());
        attempts.push(Attempt { account: gone.0, key, attempt, fence: 0, phase: "skipped", detail });
    }
    outbox::log(tx, attempts, now).await?;
    tx.run("DELETE FROM ready WHERE account_id = $1", args![gone.0]).await?;
    let text = "SELECT key, run, step, address FROM outbox WHERE account_id = $1 AND state = 'skipped'";
    let mut untold = Untold::default();
    for row in tx.rows(text, args![gone.0]).await? {
        untold.keys.insert(row.text(0)?);
        untold.places.insert((row.text(1)?, row.text(2)?, row.text(3)?));
    }
    Ok(untold)
}

/// Runs that had ended before, of playbooks that run at the heir: the newest of each.
async fn earlier(tx: &mut Tx, gone: AccountId, kept: i64, estate: &mut Estate, guests: &mut [Guest]) -> Result<()> {
    let text = "SELECT body FROM run WHERE account_id = $1 AND ended IS NOT NULL AND playbook IN \
                (SELECT playbook FROM run WHERE account_id = $2 AND ended IS NULL) ORDER BY started, run_id";
    let mut newest: BTreeMap<(String, String, Option<ContactId>), Run> = BTreeMap::new();
    for row in tx.rows(text, args![gone.0, kept]).await? {
        let run: Run = row.json(0)?;
        if run.reason != ACCOUNT_MERGED {
            newest.insert((run.playbook.clone(), run.key.clone(), run.person()), run);
        }
    }
    for ((.., person), run) in newest {
        match person {
            None => estate.runs.push(run),
            Some(id) => guests.iter_mut().filter(|g| g.contact.id == id).for_each(|g| g.runs.push(run.clone())),
        }
    }
    Ok(())
}

/// What came in and was not folded is the heir's.
async fn unfolded(tx: &mut Tx, gone: AccountId, kept: i64) -> Result<()> {
    let text = "UPDATE fact SET account_id = $2 WHERE account_id = $1 AND seq IN (SELECT seq FROM inbox WHERE account_id = $1)";
    tx.run(text, args![gone.0, kept]).await?;
    tx.run("UPDATE inbox SET account_id = $2 WHERE account_id = $1", args![gone.0, kept]).await.map(|_| ())
}

async fn everybody(tx: &mut Tx, account: i64) -> Result<Vec<Contact>> {
    let text = "SELECT body FROM contact WHERE account_id = $1 ORDER BY contact_id";
    tx.rows(text, args![account]).await?.iter().map(|row| row.json(0)).collect()
}

async fn seats(tx: &mut Tx, key: &str, guests: &[Guest], kept: i64) -> Result<Vec<Seat>> {
    let there = everybody(tx, kept).await?;
    let coming: Vec<&Contact> = guests.iter().map(|guest| &guest.contact).collect();
    Ok(seated(key, &coming, &there))
}

/// The account's own rows; what it did and what became of it stays under its number.
async fn clear(tx: &mut Tx, gone: AccountId) -> Result<()> {
    for table in ["contact", "contact_day", "state", "hot", "account"] {
        tx.run(&format!("DELETE FROM {table} WHERE account_id = $1"), args![gone.0]).await?;
    }
    tx.run("DELETE FROM task WHERE account_id = $1 AND done IS NULL", args![gone.0]).await.map(|_| ())
}

/// Rows for those who are new, and whom their old keys and numbers mean.
async fn take_seats(tx: &mut Tx, heir: &Heir<'_>, gone: AccountId, guests: &[Guest], seats: &[Seat]) -> Result<()> {
    let new = guests.iter().zip(seats).filter(|(guest, seat)| guest.contact.id == seat.id);
    let new = new.map(|(_, seat)| (heir.account, seat.key.clone(), seat.id.0)).collect();
    create_contact_rows(tx, new).await?;
    let alias = "INSERT INTO contact_alias (account_id, key, was, contact_id) VALUES {rows} ON CONFLICT DO NOTHING";
    let joined = guests.iter().zip(seats).filter(|(guest, seat)| guest.contact.id != seat.id);
    let rows = joined.map(|(g, seat)| args![heir.account.0, &g.contact.key, g.contact.id.0, seat.id.0]).collect();
    tx.batch(alias, 4, rows).await?;
    let ids: BTreeMap<i64, i64> = guests.iter().zip(seats).map(|(g, seat)| (g.contact.id.0, seat.id.0)).collect();
    let mut older = Vec::new();
    for row in tx.rows("SELECT key, was, contact_id FROM contact_alias WHERE account_id = $1", args![gone.0]).await? {
        let whose = row.int(2)?;
        older.push(args![heir.account.0, row.text(0)?, row.int(1)?, ids.get(&whose).copied().unwrap_or(whose)]);
    }
    tx.batch(alias, 4, older).await?;
    tx.run("DELETE FROM contact_alias WHERE account_id = $1", args![gone.0]).await.map(|_| ())
}

/// Contracts, and the domains by which the account was found.
async fn contracts(tx: &mut Tx, gone: AccountId, kept: i64) -> Result<()> {
    let text = "SELECT body FROM subscription WHERE account_id = $1";
    let mut rows = Vec::new();
    for row in tx.rows(text, args![gone.0]).await? {
        rows.push(Subscription { account: AccountId(kept), ..row.json(0)? });
    }
    query::put_subscriptions(tx, &rows).await?;
    let text = "INSERT INTO account_domain (domain, account_id) \
                SELECT domain, $2 FROM account_domain WHERE account_id = $1 ON CONFLICT DO NOTHING";
    tx.run(text, args![gone.0, kept]).await?;
    tx.run("DELETE FROM account_domain WHERE account_id = $1", args![gone.0]).await.map(|_| ())
}

// ---- questions --------------------------------------------------------------------------------------------

/// What stands behind an account, and whom of its people the other one has too.
pub async fn holdings(tx: &mut Tx, account: AccountId, into: Option<AccountId>) -> Result<Holdings> {
    let number = |row: super::db::Row| row.int(0).map(i64::unsigned_abs);
    let mut count = async |text: &str| number(tx.one(text, args![account.0]).await?);
    let mut held = Holdings {
        contacts: count("SELECT count(*) FROM contact WHERE account_id = $1").await?,
        events: count("SELECT count(*) FROM fact WHERE account_id = $1 AND event IS NOT NULL").await?,
        subscriptions: count("SELECT count(*) FROM subscription WHERE account_id = $1").await?,
        messages: count("SELECT count(*) FROM outbox WHERE account_id = $1 AND state IN ('queued', 'claimed', 'held')")
            .await?,
        unsure: count("SELECT count(*) FROM outbox WHERE account_id = $1 AND state IN ('handing_over', 'maybe_sent')")
            .await?,
        tasks: count("SELECT count(*) FROM task WHERE account_id = $1 AND done IS NULL").await?,
        ..Holdings::default()
    };
    let text = "SELECT playbook, count(*) FROM run WHERE account_id = $1 AND ended IS NULL GROUP BY playbook ORDER BY playbook";
    for row in tx.rows(text, args![account.0]).await? {
        held.runs.push((row.text(0)?, row.int(1)?.unsigned_abs()));
    }
    let Some(into) = into else { return Ok(held) };
    let row = tx.first("SELECT key FROM account WHERE account_id = $1", args![account.0]).await?;
    let key = row.ok_or_else(|| StoreError::Corrupt("an account without a row".into()))?.text(0)?;
    let (going, there) = (everybody(tx, account.0).await?, everybody(tx, into.0).await?);
    let seats = seated(&key, &going.iter().collect::<Vec<_>>(), &there);
    for (contact, seat) in going.iter().zip(seats) {
        if seat.id != contact.id {
            held.shared.push(contact.key.clone());
        } else if seat.key == prefixed(&key, &contact.key) {
            held.clashing.push(contact.key.clone());
        }
    }
    Ok(held)
}
