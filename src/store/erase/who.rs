//! Who is meant, and what points to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{known, pseudonym};
use crate::{
    model::{
        contact::Contact,
        fact::FactBody,
        ids::{AccountId, ContactId},
        instant::Instant,
        value::{Props, Value},
    },
    store::{
        alias,
        api::{Person, Result},
        blank::Marks,
        db::{Tx, args},
        seam::Hasher,
    },
};

/// Attributes whose values say nothing about who somebody is.
const KINDS: [&str; 8] =
    ["role", "locale", "timezone", "persona", "created_at", "import_as", "status", "do_not_contact"];

/// A text of so many characters was written by somebody.
const LONG: usize = 20;

/// Who is meant by a key, an address or a name; addresses of before count too.
pub async fn find(tx: &mut Tx, typed: &str) -> Result<Vec<Person>> {
    let mut marks = Marks::default();
    marks.add(typed, true);
    let pattern = marks.patterns().into_iter().next().unwrap_or_default();
    let text = "SELECT account_id, contact_id FROM contact WHERE lower(key) = lower($1) OR lower(body) LIKE $2 ESCAPE '!' \
                UNION SELECT f.account_id, f.contact_id FROM fact f JOIN contact c \
                ON c.account_id = f.account_id AND c.contact_id = f.contact_id \
                WHERE f.event IS NULL AND lower(f.body) LIKE $2 ESCAPE '!'";
    let mut found = Vec::new();
    for row in tx.rows(text, args![typed, pattern]).await? {
        let (account, id) = (row.int(0)?, row.int(1)?);
        let Some(person) = person(tx, account, id).await? else { continue };
        let same = |text: &String| text.trim().to_lowercase() == typed.trim().to_lowercase();
        if person.keys.iter().chain(&person.emails).chain(&person.names).any(same) {
            found.push(person);
        }
    }
    found.sort_by(|a, b| (&a.account_key, a.contact).cmp(&(&b.account_key, b.contact)));
    Ok(found)
}

/// The people whose pseudonyms these are.
pub(super) async fn recognised(tx: &mut Tx, hash: &Hasher, wanted: &BTreeMap<String, Instant>) -> Result<Vec<Person>> {
    let text = "SELECT c.account_id, c.contact_id, a.key, c.key FROM contact c \
                JOIN account a ON a.account_id = c.account_id";
    let mut found = Vec::new();
    for row in tx.rows(text, args![]).await? {
        let name = pseudonym(hash, &row.text(2)?, &row.text(3)?);
        let Some(at) = wanted.get(&name) else { continue };
        if !known(tx, &name, *at).await? {
            found.extend(person(tx, row.int(0)?, row.int(1)?).await?);
        }
    }
    Ok(found)
}

/// A person with everything that points to them: as told now, and as told before.
pub(super) async fn person(tx: &mut Tx, account: i64, id: i64) -> Result<Option<Person>> {
    let text = "SELECT c.body, a.key, a.name FROM contact c JOIN account a ON a.account_id = c.account_id \
                WHERE c.account_id = $1 AND c.contact_id = $2";
    let Some(row) = tx.first(text, args![account, id]).await? else { return Ok(None) };
    let contact: Contact = row.json(0)?;
    let mut person = Person {
        account: AccountId(account),
        contact: ContactId(id),
        account_key: row.text(1)?,
        account_name: row.text(2)?,
        key: contact.key.clone(),
        ..Person::default()
    };
    person.keys.insert(contact.key.clone());
    let aliases = "SELECT key FROM contact_alias WHERE account_id = $1 AND contact_id = $2";
    for row in tx.rows(aliases, args![account, id]).await? {
        person.keys.insert(row.text(0)?);
    }
    learn(&mut person, &contact.attrs);
    let told = "SELECT received_at, body FROM fact WHERE account_id = $1 AND contact_id = $2 ORDER BY seq";
    let mut rows = Vec::new();
    for (account, id) in numbers(tx, account, id).await? {
        rows.extend(tx.rows(told, args![account, id]).await?);
    }
    for row in rows {
        let at = Instant(row.int(0)?);
        person.since = Some(person.since.map_or(at, |since| since.min(at)));
        match row.json(1)? {
            FactBody::Arrived { key, guest, .. } => {
                person.keys.extend([key, guest.contact.key.clone()]);
                learn(&mut person, &guest.contact.attrs);
            }
            FactBody::ContactAttrs { attrs } => learn(&mut person, &attrs),
            FactBody::Absorbed { key, .. } => drop(person.keys.insert(key)),
            FactBody::Event { props, .. } => {
                let texts = props.values().filter_map(Value::as_text);
                person.others.extend(texts.filter(|t| t.contains('@') || t.chars().count() >= LONG).map(str::to_owned));
            }
            _ => {}
        }
    }
    Ok(Some(person))
}

/// Every account and number under which a person was recorded: also those before a merge.
pub(super) async fn numbers(tx: &mut Tx, account: i64, id: i64) -> Result<Vec<(i64, i64)>> {
    let text = "SELECT was FROM contact_alias WHERE account_id = $1 AND contact_id = $2";
    let mut ids = BTreeSet::from([id]);
    for row in tx.rows(text, args![account, id]).await? {
        ids.insert(row.int(0)?);
    }
    let family = alias::family(tx, AccountId(account)).await?;
    Ok(family.into_iter().flat_map(|account| ids.iter().map(move |id| (account, *id)).collect::<Vec<_>>()).collect())
}

fn learn(person: &mut Person, attrs: &Props) {
    for (name, value) in attrs {
        let Some(text) = value.as_text().filter(|text| !text.trim().is_empty()) else { continue };
        let list = match name.as_str() {
            "email" => &mut person.emails,
            "name" => &mut person.names,
            name if KINDS.contains(&name) => continue,
            _ => &mut person.others,
        };
        list.insert(text.to_owned());
    }
}

/// What points to the person wherever it stands: addresses, keys, numbers to call, long texts. A department or a
/// title does not; `words` are words that mean something else in this account.
pub(super) fn marks(person: &Person, words: &BTreeSet<String>) -> Marks {
    let mut marks = Marks::default();
    let keys = person.keys.iter().filter(|key| !words.contains(*key));
    let others = person.others.iter().filter(|text| distinctive(text));
    person.emails.iter().chain(keys).chain(others).for_each(|text| marks.add(text, false));
    marks
}

pub(super) fn distinctive(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 6 || text.contains('@') || text.contains("://") || text.chars().count() >= LONG
}

/// Roles, and the account's own key and name.
pub(super) async fn words(tx: &mut Tx, person: &Person) -> Result<BTreeSet<String>> {
    let text = "SELECT DISTINCT role FROM contact WHERE account_id = $1";
    let roles = tx.rows(text, args![person.account.0]).await?;
    let mut words = roles.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<_>>>()?;
    words.extend([person.account_key.clone(), person.account_name.clone()]);
    Ok(words)
}
