//! What an import would start, before it is recorded: the same decisions, on accounts held in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use crate::{
    app::shell::Shell,
    model::{
        contact::Contact,
        fact::{Fact, FactBody, Incoming},
        ids::{AccountId, ContactId, RunId},
        instant::Instant,
        snapshot::ContactQuery,
        world::World,
    },
    simulate::account::Account,
    store::api::{Result, Staged},
};

/// Accounts read at once.
const PAGE: usize = 200;
/// Contacts of an existing account looked at.
const CONTACTS: u32 = 10_000;

/// How many runs of each playbook would start at `now` if `import` were recorded.
pub async fn starts(shell: &Shell, import: i64, now: Instant) -> std::result::Result<BTreeMap<String, usize>, Failure> {
    let rulebook = shell.rulebook();
    let mut world = World::clone(&shell.world());
    if let Some(cuts) = shell.first_cuts(import, now).await? {
        world.touch_cuts = cuts;
    }
    let (mut after, mut counts) = (String::new(), BTreeMap::new());
    loop {
        let page = shell.store.staged(import, &after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(counts) };
        after.clone_from(last);
        for (key, items) in page.into_iter().filter(|(key, _)| !key.is_empty()) {
            let mut account = present(shell, &key).await?;
            let before: BTreeSet<RunId> = account.runs.iter().map(|run| run.id.clone()).collect();
            record(&mut account, items, now);
            account.advance(&world, &rulebook, now).map_err(|stuck| Failure::refused(stuck.to_string()))?;
            let fresh = account.runs.iter().chain(&account.ended).filter(|run| !before.contains(&run.id));
            fresh.for_each(|run| *counts.entry(run.playbook.clone()).or_insert(0) += 1);
        }
    }
}

/// The account as it is in the store, or a new one.
async fn present(shell: &Shell, key: &str) -> Result<Account> {
    let Some(row) = shell.store.account_by_key(key).await? else {
        return Ok(Account::new(AccountId(i64::MAX), key));
    };
    let mut account = Account::new(row.id, key);
    if let Some(snapshot) = shell.store.snapshot(row.id).await? {
        (account.rev, account.state, account.runs) = (snapshot.rev, snapshot.state, snapshot.runs);
        account.tasks = snapshot.tasks.into_iter().map(|task| (task.identity(), task)).collect();
        account.next_due = row.due;
    }
    let everyone = ContactQuery::first(Vec::new(), CONTACTS);
    let contacts = shell.store.contacts(row.id, &everyone).await?;
    account.contacts = contacts.into_iter().map(|contact| (contact.id, contact.into())).collect();
    Ok(account)
}

fn record(account: &mut Account, items: Vec<Staged>, now: Instant) {
    for item in items {
        let Staged::Fact(fact) = item else { continue };
        let contact = fact.contact.as_ref().and_then(|key| person(account, key, &fact));
        account.record(Fact {
            seq: 0,
            account: account.id,
            contact,
            occurred_at: fact.occurred_at,
            received_at: now,
            source: fact.source,
            event_id: fact.event_id,
            body: fact.body,
        });
    }
}

/// The number of a person, who begins with the first attributes.
fn person(account: &mut Account, key: &str, fact: &Incoming) -> Option<ContactId> {
    if let Some(known) = account.contacts.values().find(|contact| contact.key == key) {
        return Some(known.id);
    }
    if !matches!(fact.body, FactBody::ContactAttrs { .. }) {
        return None;
    }
    let id = ContactId(account.contacts.keys().next_back().map_or(1, |last| last.0 + 1));
    let contact = Contact {
        id,
        key: key.to_owned(),
        attrs: BTreeMap::new(),
        consent: None,
        opted_out: BTreeSet::new(),
        do_not_contact: false,
        metrics: Default::default(),
        standing: Default::default(),
    };
    account.contacts.insert(id, contact.into());
    Some(id)
}
