//! Facts in: keys resolved, repeats dropped, accounts and contacts created, accounts made due.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::{
    alias,
    api::Result,
    db::{Arg, Row, Tx, args, to_json},
    receipt, sql,
    sql::Dialect,
};
use crate::model::{
    contact::Contact,
    fact::{Accepted, Fact, FactBody, Incoming},
    ids::{AccountId, ContactId},
    track::host,
};

/// Facts in one transaction at most.
pub const CHUNK: usize = 500;

/// Text as the search compares it: NFKC, lower case, single spaces.
pub fn search_form(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Records one chunk; answers one by one, in order.
pub async fn append(tx: &mut Tx, facts: &[Incoming]) -> Result<Vec<Accepted>> {
    let accounts = accounts(tx, facts).await?;
    let workspace = facts.iter().any(|fact| fact.account.is_none()).then_some(AccountId::WORKSPACE);
    lock(tx, accounts.values().copied().chain(workspace).collect()).await?;
    let keys = current_keys(tx, facts, &accounts).await?;
    let (seen, people) = (seen(tx, facts).await?, people(tx, facts).await?);
    let mut batch = Batch { accounts, keys, seen, people, fresh: Vec::new() };
    let mut judged: Vec<std::result::Result<Fact, Accepted>> = facts.iter().map(|fact| batch.judge(fact)).collect();
    create_contacts(tx, batch.fresh, &mut judged).await?;
    remember(tx, &mut judged).await?;
    let mut new: Vec<Fact> = judged.iter().filter_map(|fact| fact.as_ref().ok().cloned()).collect();
    if !new.is_empty() {
        receipt::record(tx, &mut new, true).await?;
        rename(tx, &new).await?;
        domains(tx, &new).await?;
        same_contact(tx, &new).await?;
        alias::settle(tx, &new).await?;
    }
    Ok(judged.into_iter().map(|fact| fact.map_or_else(|known| known, |fact| Accepted::New(fact.account))).collect())
}

/// What is known while one chunk is judged, fact by fact.
struct Batch {
    accounts: HashMap<String, AccountId>,
    /// Present keys of accounts that get another one.
    keys: HashMap<AccountId, String>,
    seen: HashSet<(String, String)>,
    people: HashMap<(AccountId, String), ContactId>,
    /// Contacts that come into being here: negative numbers until they are drawn.
    fresh: Vec<(AccountId, String)>,
}

impl Batch {
    fn judge(&mut self, fact: &Incoming) -> std::result::Result<Fact, Accepted> {
        let account = match &fact.account {
            None => AccountId::WORKSPACE,
            Some(key) => *self.accounts.get(key).ok_or(Accepted::Unknown)?,
        };
        let id = (fact.source.clone(), fact.event_id.clone());
        if self.seen.contains(&id) {
            return Err(Accepted::Duplicate);
        }
        let contact = self.contact(account, fact)?;
        let body = self.merged(account, contact, &fact.body)?;
        let body = self.lead(account, body)?;
        self.seen.insert(id);
        Ok(Fact {
            seq: 0,
            account,
            contact,
            occurred_at: fact.occurred_at,
            received_at: fact.received_at,
            source: fact.source.clone(),
            event_id: fact.event_id.clone(),
            body,
        })
    }

    /// The body with the number of the record that is taken in; from here on its key means the other contact.
    fn merged(
        &mut self,
        account: AccountId,
        into: Option<ContactId>,
        body: &FactBody,
    ) -> std::result::Result<FactBody, Accepted> {
        let (FactBody::Absorbed { key, .. }, Some(into)) = (body, into) else { return Ok(body.clone()) };
        let person = (account, key.clone());
        let other = self.people.get(&person).copied().filter(|other| other.0 > 0 && into.0 > 0 && *other != into);
        let other = other.ok_or(Accepted::Unknown)?;
        self.people.values_mut().filter(|whose| **whose == other).for_each(|whose| *whose = into);
        Ok(FactBody::Absorbed { key: key.clone(), other })
    }

    /// Keys that mean another account from here on.
    fn lead(&mut self, account: AccountId, body: FactBody) -> std::result::Result<FactBody, Accepted> {
        match body {
            FactBody::Merged { into, .. } => {
                let other = self.accounts.get(&into).copied();
                let apart = |other: &AccountId| ![account, AccountId::WORKSPACE].contains(other);
                let other = other.filter(apart).filter(|_| account != AccountId::WORKSPACE).ok_or(Accepted::Unknown)?;
                self.accounts.values_mut().filter(|whose| **whose == account).for_each(|whose| *whose = other);
                let people = self.people.iter().filter(|((whose, _), _)| *whose == account);
                let people: Vec<_> = people.map(|((_, key), id)| ((other, key.clone()), *id)).collect();
                for (person, id) in people {
                    self.people.entry(person).or_insert(id);
                }
                Ok(FactBody::Merged { into, other })
            }
            FactBody::Renamed { to, .. } => {
                let free = self.accounts.get(&to).is_none_or(|whose| *whose == account);
                let from = self.keys.get(&account).filter(|from| free && !to.is_empty() && **from != to).cloned();
                let from = from.ok_or(Accepted::Unknown)?;
                self.accounts.insert(to.clone(), account);
                self.keys.insert(account, to.clone());
                Ok(FactBody::Renamed { from, to })
            }
            other => Ok(other),
        }
    }

    fn contact(&mut self, account: AccountId, fact: &Incoming) -> std::result::Result<Option<ContactId>, Accepted> {
        let Some(key) = &fact.contact else { return Ok(None) };
        let person = (account, key.clone());
        if let Some(id) = self.people.get(&person) {
            return Ok(Some(*id));
        }
        if !matches!(fact.body, FactBody::ContactAttrs { .. }) {
            return Err(Accepted::Unknown);
        }
        self.fresh.push(person.clone());
        let id = ContactId(-(self.fresh.len() as i64));
        self.people.insert(person, id);
        Ok(Some(id))
    }
}

fn creates_account(body: &FactBody) -> bool {
    matches!(body, FactBody::AccountAttrs { .. } | FactBody::Event { .. })
}

/// The accounts that the facts name, created where the fact may do that.
async fn accounts(tx: &mut Tx, facts: &[Incoming]) -> Result<HashMap<String, AccountId>> {
    let meant = facts.iter().filter_map(|fact| match &fact.body {
        FactBody::Merged { into: key, .. } | FactBody::Renamed { to: key, .. } => Some(key),
        _ => None,
    });
    let keys: BTreeSet<&String> = facts.iter().filter_map(|fact| fact.account.as_ref()).chain(meant).collect();
    let mut found = lookup(tx, &keys).await?;
    let makers = facts.iter().filter(|fact| creates_account(&fact.body)).filter_map(|fact| fact.account.as_ref());
    let missing: BTreeSet<&String> = makers.filter(|key| !key.is_empty() && !found.contains_key(*key)).collect();
    if !missing.is_empty() {
        create_accounts(tx, &missing).await?;
        found.extend(lookup(tx, &missing).await?);
    }
    Ok(found)
}

/// What accounts that get another key are called now.
async fn current_keys(
    tx: &mut Tx,
    facts: &[Incoming],
    accounts: &HashMap<String, AccountId>,
) -> Result<HashMap<AccountId, String>> {
    let renamed = facts.iter().filter(|fact| matches!(fact.body, FactBody::Renamed { .. }));
    let ids: BTreeSet<AccountId> = renamed.filter_map(|fact| accounts.get(fact.account.as_ref()?).copied()).collect();
    let text = "SELECT account_id, key FROM account WHERE account_id IN {in}";
    let found = tx.among(text, args![], ids.into_iter().map(|id| id.0.into()).collect()).await?;
    found.iter().map(|row| Ok((AccountId(row.int(0)?), row.text(1)?))).collect()
}

/// Numbers of accounts by key.
pub async fn lookup(tx: &mut Tx, keys: &BTreeSet<&String>) -> Result<HashMap<String, AccountId>> {
    let text = "SELECT value, account_id FROM identity WHERE kind = 'account' AND value IN {in}";
    let found = tx.among(text, args![], keys.iter().map(|key| (*key).into()).collect()).await?;
    found.iter().map(|row| Ok((row.text(0)?, AccountId(row.int(1)?)))).collect()
}

async fn create_accounts(tx: &mut Tx, keys: &BTreeSet<&String>) -> Result<()> {
    let ids = sql::draw(tx, "account", keys.len()).await?;
    let rows = keys.iter().zip(ids).map(|(key, id)| args!["account", *key, id]).collect();
    // Another daemon may create the same one at the same moment: only the rows that are ours go on.
    let text = "INSERT INTO identity (kind, value, account_id) VALUES {rows} ON CONFLICT DO NOTHING RETURNING value, account_id";
    let mut created = Vec::new();
    for row in tx.batch(text, 3, rows).await? {
        created.push((row.int(1)?, row.text(0)?));
    }
    let rows = created.iter().map(|(id, key)| args![*id, key, key, search_form(key)]).collect();
    tx.batch("INSERT INTO account (account_id, key, name, search) VALUES {rows}", 4, rows).await?;
    let rows = created.iter().map(|(id, _)| args![*id, None::<i64>, 0_i64, 0_i64, 0_i64, 0_i64, "", ""]).collect();
    let text = "INSERT INTO hot (account_id, due, rev, gate, rulebook, now, band, phase) VALUES {rows}";
    tx.batch(text, 8, rows).await?;
    let rows = created.iter().map(|(id, _)| args![*id, "{}"]).collect();
    tx.batch("INSERT INTO state (account_id, body) VALUES {rows}", 2, rows).await.map(|_| ())
}

/// On PostgreSQL the accounts stay locked, in order of their numbers, until the commit: so an account's facts
/// become visible in the order of their sequence numbers.
async fn lock(tx: &mut Tx, accounts: BTreeSet<AccountId>) -> Result<()> {
    if tx.dialect() == Dialect::Lite {
        return Ok(());
    }
    let text = "SELECT account_id FROM hot WHERE account_id IN {in} ORDER BY account_id {for_update}";
    tx.among(text, args![], accounts.into_iter().map(|id| id.0.into()).collect()).await.map(|_| ())
}

async fn seen(tx: &mut Tx, facts: &[Incoming]) -> Result<HashSet<(String, String)>> {
    let ids: BTreeSet<(&String, &String)> = facts.iter().map(|fact| (&fact.source, &fact.event_id)).collect();
    let rows = ids.into_iter().map(|(source, id)| args![source, id]).collect();
    let text = "SELECT source, event_id FROM inbox_seen WHERE (source, event_id) IN (VALUES {rows})";
    let found = tx.batch(text, 2, rows).await?;
    found.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

async fn people(tx: &mut Tx, facts: &[Incoming]) -> Result<HashMap<(AccountId, String), ContactId>> {
    let taken = |fact: &'_ Incoming| match &fact.body {
        FactBody::Absorbed { key, .. } => Some(key.clone()),
        _ => None,
    };
    let named = facts.iter().flat_map(|fact| [fact.contact.clone(), taken(fact)].map(|key| (&fact.account, key)));
    let keys: BTreeSet<(&String, String)> = named.filter_map(|(a, key)| Some((a.as_ref()?, key?))).collect();
    let rows: Vec<Vec<_>> = keys.iter().map(|(account, contact)| args![*account, contact]).collect();
    let read = |row: &Row| Ok(((AccountId(row.int(0)?), row.text(1)?), ContactId(row.int(2)?)));
    let mut people = HashMap::new();
    // A key that was merged means the other contact, also while its own row is still there.
    for table in ["contact", "contact_alias"] {
        let text = "WITH v(account, person) AS (VALUES {rows}) SELECT c.account_id, c.key, c.contact_id FROM v \
                    JOIN identity i ON i.kind = 'account' AND i.value = v.account \
                    JOIN {table} c ON c.account_id = i.account_id AND c.key = v.person";
        for row in tx.batch(&text.replace("{table}", table), 2, rows.clone()).await? {
            let (person, id) = read(&row)?;
            people.insert(person, id);
        }
    }
    alias::people(tx, &rows, &mut people).await?;
    Ok(people)
}

async fn create_contacts(
    tx: &mut Tx,
    fresh: Vec<(AccountId, String)>,
    judged: &mut [std::result::Result<Fact, Accepted>],
) -> Result<()> {
    let ids = sql::draw(tx, "contact", fresh.len()).await?;
    for fact in judged.iter_mut().flatten() {
        if let Some(id) = fact.contact.as_mut().filter(|id| id.0 < 0) {
            let place = usize::try_from(-id.0 - 1).unwrap_or_default();
            id.0 = ids.get(place).copied().unwrap_or(id.0);
        }
    }
    create_contact_rows(tx, fresh.into_iter().zip(ids).map(|((account, key), id)| (account, key, id)).collect()).await
}

/// Rows of people of whom nothing is known yet: account, key and number.
pub async fn create_contact_rows(tx: &mut Tx, fresh: Vec<(AccountId, String, i64)>) -> Result<()> {
    let mut rows = Vec::new();
    for (account, key, id) in fresh {
        let contact = Contact {
            id: ContactId(id),
            key: key.clone(),
            attrs: BTreeMap::new(),
            consent: None,
            opted_out: BTreeSet::new(),
            do_not_contact: false,
            metrics: BTreeMap::new(),
            standing: Default::default(),
        };
        rows.push(args![account.0, id, key, "", to_json(&contact)?]);
    }
    let text = "INSERT INTO contact (account_id, contact_id, key, role, body) VALUES {rows}";
    tx.batch(text, 5, rows).await.map(|_| ())
}

/// Remembers the (source, event id) of every new fact; one that another daemon recorded at this very moment is
/// a repeat after all.
async fn remember(tx: &mut Tx, judged: &mut [std::result::Result<Fact, Accepted>]) -> Result<()> {
    let ids: BTreeMap<(String, String), i64> =
        judged.iter().flatten().map(|f| ((f.source.clone(), f.event_id.clone()), f.received_at.0)).collect();
    let rows = ids.into_iter().map(|((source, id), at)| args![source, id, at]).collect();
    let text =
        "INSERT INTO inbox_seen (source, event_id, at) VALUES {rows} ON CONFLICT DO NOTHING RETURNING source, event_id";
    let mut ours = HashSet::new();
    for row in tx.batch(text, 3, rows).await? {
        ours.insert((row.text(0)?, row.text(1)?));
    }
    for fact in judged.iter_mut() {
        if let Ok(f) = fact
            && !ours.contains(&(f.source.clone(), f.event_id.clone()))
        {
            *fact = Err(Accepted::Duplicate);
        }
    }
    Ok(())
}

/// The display name follows the `name` attribute at once, for lists and search.
async fn rename(tx: &mut Tx, facts: &[Fact]) -> Result<()> {
    let mut names = BTreeMap::new();
    for fact in facts {
        if let FactBody::AccountAttrs { attrs } = &fact.body
            && let Some(name) = attrs.get("name").and_then(|value| value.as_text())
        {
            names.insert(fact.account.0, name.to_string());
        }
    }
    let rows = names.into_iter().map(|(id, name)| args![id, &name, search_form(&name)]).collect();
    let text = "WITH v(account_id, name, search) AS (VALUES {rows}) UPDATE account SET name = v.name, search = v.search \
                FROM v WHERE account.account_id = v.account_id";
    tx.batch(text, 3, rows).await.map(|_| ())
}

/// An account is found by the domains of its addresses, several of them apart by commas.
async fn domains(tx: &mut Tx, facts: &[Fact]) -> Result<()> {
    let mut said = BTreeMap::new();
    for fact in facts {
        if let FactBody::AccountAttrs { attrs } = &fact.body
            && let Some(domain) = attrs.get("domain")
        {
            said.insert(fact.account.0, domain.as_text().unwrap_or_default().to_owned());
        }
    }
    if said.is_empty() {
        return Ok(());
    }
    let accounts = said.keys().map(|id| (*id).into()).collect();
    tx.among("DELETE FROM account_domain WHERE account_id IN {in}", args![], accounts).await?;
    let each = |(id, text): (&i64, &String)| -> Vec<(String, i64)> {
        let parts = text.split([',', '、', ';', ' ']).map(host).filter(|domain| domain.contains('.'));
        parts.map(|domain| (domain, *id)).collect()
    };
    let rows: BTreeSet<(String, i64)> = said.iter().flat_map(each).collect();
    let rows = rows.into_iter().map(|(domain, id)| args![domain, id]).collect();
    tx.batch("INSERT INTO account_domain (domain, account_id) VALUES {rows}", 2, rows).await.map(|_| ())
}

/// Keys that mean another contact from now on, at once: also those that meant the one who is taken in.
async fn same_contact(tx: &mut Tx, facts: &[Fact]) -> Result<()> {
    for fact in facts {
        let (FactBody::Absorbed { key, other }, Some(into)) = (&fact.body, fact.contact) else { continue };
        let text = "UPDATE contact_alias SET contact_id = $3 WHERE account_id = $1 AND contact_id = $2";
        tx.run(text, args![fact.account.0, other.0, into.0]).await?;
        let text = "INSERT INTO contact_alias (account_id, key, was, contact_id) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (account_id, key) DO UPDATE SET contact_id = excluded.contact_id";
        tx.run(text, args![fact.account.0, key, other.0, into.0]).await?;
    }
    Ok(())
}

/// Which of these contacts (account, key) exist.
pub async fn known_contacts(tx: &mut Tx, people: &BTreeSet<(String, String)>) -> Result<BTreeSet<(String, String)>> {
    let rows: Vec<Vec<Arg>> = people.iter().map(|(account, key)| args![account, key]).collect();
    let mut known = BTreeSet::new();
    for table in ["contact", "contact_alias"] {
        let text = "WITH v(account, person) AS (VALUES {rows}) SELECT v.account, v.person FROM v \
                    JOIN identity i ON i.kind = 'account' AND i.value = v.account \
                    JOIN {table} c ON c.account_id = i.account_id AND c.key = v.person";
        for row in tx.batch(&text.replace("{table}", table), 2, rows.clone()).await? {
            known.insert((row.text(0)?, row.text(1)?));
        }
    }
    Ok(known)
}

/// The accounts that have each of these domains.
pub async fn domain_owners(tx: &mut Tx, domains: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let text = "SELECT d.domain, a.key FROM account_domain d JOIN account a ON a.account_id = d.account_id \
                WHERE d.domain IN {in}";
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in tx.among(text, args![], domains.iter().map(Arg::from).collect()).await? {
        owners.entry(row.text(0)?).or_default().insert(row.text(1)?);
    }
    Ok(owners)
}
