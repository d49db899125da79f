//! Whom a link in a mail is about today: its account may have been merged since the mail went out.

use crate::{
    model::{
        contact::Contact,
        ids::{AccountId, ContactId},
        snapshot::Snapshot,
    },
    store::api::{Result, Store},
};

/// The account, or the one that took it in; none where it is gone. Error: the store.
pub(super) async fn account(store: &dyn Store, id: AccountId) -> Result<Option<Snapshot>> {
    if let Some(snapshot) = store.snapshot(id).await? {
        return Ok(Some(snapshot));
    }
    match staying(store, id).await? {
        Some(heir) => store.snapshot(heir).await,
        None => Ok(None),
    }
}

/// The reader, at the account or at the one that took it in; none where they are gone. Error: the store.
pub(super) async fn reader(
    store: &dyn Store,
    account: AccountId,
    id: ContactId,
) -> Result<Option<(AccountId, Contact)>> {
    if let Some(contact) = store.contact(account, id).await? {
        return Ok(Some((account, contact)));
    }
    let Some(heir) = staying(store, account).await? else { return Ok(None) };
    Ok(store.contact(heir, id).await?.map(|contact| (heir, contact)))
}

/// Where the keys of an account lead today.
async fn staying(store: &dyn Store, account: AccountId) -> Result<Option<AccountId>> {
    let Some(row) = store.accounts_of(&[account]).await?.into_iter().next() else { return Ok(None) };
    Ok(store.account_by_key(&row.key).await?.map(|heir| heir.id))
}
