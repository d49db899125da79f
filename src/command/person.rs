//! Finding a contact of an account by key, address or name.

use super::find::normal;
use crate::{
    app::shell::Shell,
    model::{contact::Contact, diagnostic::edit_distance, snapshot::ContactQuery},
    store::api::{AccountRow, Ask, Result},
};

/// Contacts looked through for an address or a name.
const LOOKED_AT: u32 = 1_000;
/// Contacts offered when none fits.
const OFFERED: usize = 3;

/// The contact that `typed` names, else the keys of the nearest ones, best first. A key wins, then an address, then a
/// name that only one contact has.
pub async fn find(shell: &Shell, row: &AccountRow, typed: &str) -> Result<std::result::Result<Contact, Vec<String>>> {
    let asked = (row.key.clone(), typed.trim().to_owned());
    let ask = Ask { accounts: [row.key.clone()].into(), contacts: [asked.clone()].into(), ..Ask::default() };
    if let Some(contact) = shell.store.present(&ask).await?.contacts.remove(&asked) {
        return Ok(Ok(contact));
    }
    let mut people = shell.store.contacts(row.id, &ContactQuery::first(Vec::new(), LOOKED_AT)).await?;
    let wanted = normal(typed);
    let names = |c: &Contact| [c.email(), c.text("name")].into_iter().flatten().any(|name| normal(name) == wanted);
    let hits: Vec<usize> = (0..people.len()).filter(|i| names(&people[*i])).collect();
    if let [one] = hits.as_slice() {
        return Ok(Ok(people.swap_remove(*one)));
    }
    let distance = |c: &Contact| {
        let texts = [Some(c.key.as_str()), c.text("name")].into_iter().flatten();
        texts.map(|text| edit_distance(&normal(text), &wanted)).min().unwrap_or(usize::MAX)
    };
    people.sort_by_cached_key(|c| (distance(c), c.key.clone()));
    Ok(Err(people.into_iter().take(OFFERED).map(|c| c.key).collect()))
}
