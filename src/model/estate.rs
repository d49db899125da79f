//! What a customer leaves to the one it turns out to be.

use serde::{Deserialize, Serialize};

use super::{
    contact::Contact,
    fact::FactBody,
    ids::{AccountId, ContactId},
    instant::Instant,
    run::{Run, Task},
    state::AccountState,
};

/// What an account leaves: as it stood when it was merged, its open runs ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Estate {
    /// Its folded state.
    pub state: AccountState,
    /// The runs that ended by it, as they stood, and earlier ones of playbooks that run at the heir: whom their steps have
    /// written to is not written to again by the same occurrence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// Its open tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
}

/// A contact that comes along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// The record as it stood.
    pub contact: Contact,
    /// Last active days: metric, hash of its definition, local day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(String, String, i32)>,
    /// The same about this contact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
}

/// What one decision hands over: the store writes it as facts of the account that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    /// The account that stays, as it was named; where that was merged too meanwhile, its heir gets it.
    pub into: AccountId,
    /// Logical time.
    pub at: Instant,
    /// What the account leaves.
    pub estate: Estate,
    /// Everybody.
    pub guests: Vec<Guest>,
}

/// What stands behind an account's key, for people who are about to merge or rename it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// People.
    pub contacts: u64,
    /// Of them: those the other account has too, by key or address. They become one.
    pub shared: Vec<String>,
    /// Of them: those whose key means somebody else there. They go by `ACCOUNT:KEY`.
    pub clashing: Vec<String>,
    /// What happened, as recorded.
    pub events: u64,
    /// Contracts.
    pub subscriptions: u64,
    /// Playbooks with open runs, and how many.
    pub runs: Vec<(String, u64)>,
    /// Messages that wait to go out.
    pub messages: u64,
    /// Messages whose outcome is not known.
    pub unsure: u64,
    /// Open tasks.
    pub tasks: u64,
}

/// Who a contact of the account that goes is at the one that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The number there.
    pub id: ContactId,
    /// The key there.
    pub key: String,
}

/// Finds who each guest is: the contact with the same address, else the one with the same key unless their addresses
/// differ. Others keep their number, and their key where it is free; else it is written `ACCOUNT:KEY`.
pub fn seated(account: &str, guests: &[&Contact], there: &[Contact]) -> Vec<Seat> {
    let mail = |c: &Contact| c.email().map(|e| e.trim().to_lowercase()).filter(|e| !e.is_empty());
    let mut by_mail = std::collections::BTreeMap::new();
    for (address, contact) in there.iter().filter_map(|c| Some((mail(c)?, c))) {
        by_mail.entry(address).or_insert(contact);
    }
    let by_key: std::collections::BTreeMap<&str, &Contact> = there.iter().map(|c| (c.key.as_str(), c)).collect();
    let seat = |guest: &&Contact| {
        if let Some(same) = mail(guest).and_then(|m| by_mail.get(&m)) {
            return Seat { id: same.id, key: same.key.clone() };
        }
        match by_key.get(guest.key.as_str()) {
            Some(same) if mail(guest).is_none() || mail(same).is_none() => Seat { id: same.id, key: same.key.clone() },
            Some(_) => Seat { id: guest.id, key: prefixed(account, &guest.key) },
            None => Seat { id: guest.id, key: guest.key.clone() },
        }
    };
    guests.iter().map(seat).collect()
}

/// What the account that stays is told, in this order, with the contact each is about; `account` is the key of the one
/// that goes.
pub fn told(account: &str, estate: Estate, guests: Vec<Guest>, seats: &[Seat]) -> Vec<(Option<ContactId>, FactBody)> {
    let first = FactBody::TookIn { key: account.to_owned(), estate: Box::new(estate) };
    let arrived = |(guest, seat): (Guest, &Seat)| {
        let was = guest.contact.id;
        (Some(seat.id), FactBody::Arrived { key: seat.key.clone(), was, guest: Box::new(guest) })
    };
    [(None, first)].into_iter().chain(guests.into_iter().zip(seats).map(arrived)).collect()
}

/// The key of a contact whose own one means somebody else at the account that stays.
pub fn prefixed(account: &str, contact: &str) -> String {
    format!("{account}:{contact}")
}
