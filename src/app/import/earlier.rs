//! What earlier rows of the same file said: nothing of them is in the store yet.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{model::value::Props, store::api::Subscription};

/// Most accounts, contacts and subscriptions remembered for a whole file; only repeated ones are.
const CAP: usize = 100_000;

/// Values by key, after the rows so far.
#[derive(Default)]
pub(super) struct Said {
    /// Accounts by key.
    pub(super) accounts: HashMap<String, Props>,
    /// Contacts by account and key.
    pub(super) contacts: HashMap<(String, String), Props>,
    /// Subscriptions by key, with their account's key.
    pub(super) subscriptions: HashMap<String, (String, Subscription)>,
}

/// The rows of this chunk, and the repeated ones of the chunks before it.
#[derive(Default)]
pub(super) struct Earlier {
    chunk: Said,
    file: Said,
    /// Hashes of accounts that this file brings into being.
    made: HashSet<u64>,
    /// Hashes of repeated events.
    events: HashSet<u64>,
    full: bool,
}

impl Earlier {
    /// Forgets what only concerned one chunk.
    pub(super) fn next_chunk(&mut self) {
        self.chunk = Said::default();
    }

    /// Whether a repeated row may have been forgotten.
    pub(super) fn forgetful(&self) -> bool {
        self.full
    }

    /// The values of an account.
    pub(super) fn account(&self, key: &str) -> Option<&Props> {
        self.chunk.accounts.get(key).or_else(|| self.file.accounts.get(key))
    }

    /// The values of a contact.
    pub(super) fn contact(&self, person: &(String, String)) -> Option<&Props> {
        self.chunk.contacts.get(person).or_else(|| self.file.contacts.get(person))
    }

    /// A subscription.
    pub(super) fn subscription(&self, key: &str) -> Option<&(String, Subscription)> {
        self.chunk.subscriptions.get(key).or_else(|| self.file.subscriptions.get(key))
    }

    /// Where to remember a row: for the file when it is repeated (and there is room), else for the chunk.
    pub(super) fn place(&mut self, repeated: bool) -> &mut Said {
        let held = self.file.accounts.len() + self.file.contacts.len() + self.file.subscriptions.len();
        self.full |= repeated && held >= CAP;
        if repeated && !self.full { &mut self.file } else { &mut self.chunk }
    }

    /// Whether this is the first row that brings the account into being.
    pub(super) fn begins(&mut self, account: &str) -> bool {
        self.made.insert(hash(account))
    }

    /// Whether an earlier row brought the account into being.
    pub(super) fn made(&self, account: &str) -> bool {
        self.made.contains(&hash(account))
    }

    /// Whether a repeated event comes for the first time.
    pub(super) fn first_event(&mut self, id: &str) -> bool {
        self.events.insert(hash(id))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
