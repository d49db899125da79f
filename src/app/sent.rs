//! How many messages playbooks handed over in a time: counted from what was recorded of each message, so that it does not
//! matter what had become of its run by then.

use std::collections::BTreeMap;

use super::shell::Shell;
use crate::{
    model::{
        fact::{FactBody, OWN},
        ids::AccountId,
        instant::Instant,
    },
    store::api::Result,
};

/// More messages of one period than this are not read.
const MOST: usize = 2_000_000;

/// Messages handed over, by playbook and account.
#[derive(Default)]
pub(super) struct Sent(BTreeMap<String, BTreeMap<AccountId, usize>>);

impl Shell {
    /// What was handed over in `[from, to)`.
    pub(super) async fn sent(&self, from: Instant, to: Instant) -> Result<Sent> {
        let mut all = Sent::default();
        for fact in self.store.happened(&["message.sent"], from, to, MOST).await? {
            if let (FactBody::Receipt { playbook, .. }, OWN) = (fact.body, fact.source.as_str()) {
                *all.0.entry(playbook).or_default().entry(fact.account).or_default() += 1;
            }
        }
        Ok(all)
    }
}

impl Sent {
    /// Those of `playbook` to the accounts that are meant.
    pub fn of(&self, playbook: &str, meant: impl Fn(&AccountId) -> bool) -> usize {
        let accounts = self.0.get(playbook).into_iter().flatten();
        accounts.filter(|(id, _)| meant(id)).map(|(_, n)| n).sum()
    }
}
