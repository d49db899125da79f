//! What is known about the rows of one chunk: from the store, and from earlier rows of the file.

use std::collections::{BTreeSet, HashMap};

use super::earlier::Earlier;
use crate::{
    model::{
        contact::Contact,
        estate::prefixed,
        fact::{Fact, FactBody, Incoming},
        ids::{AccountId, ContactId},
        value::{Props, Value},
    },
    source::table::{Draft, Kind, Known, Settled, SubscriptionSpan},
    store::api::{Answer, Ask, Result, Store, Subscription},
};

/// Nothing known of an account or person that is there all the same.
static NOTHING: Props = Props::new();

/// Present values by key.
#[derive(Default)]
pub(super) struct Present {
    accounts: HashMap<String, (Props, String)>,
    contacts: HashMap<(String, String), Props>,
    stored: Answer,
    earlier: Earlier,
    repeated: bool,
}

impl Present {
    /// Asks the store about everything that these drafts name: one question, however many rows.
    pub(super) async fn load(&mut self, store: &dyn Store, drafts: &[Draft], kind: Kind) -> Result<()> {
        self.earlier.next_chunk();
        let rows = drafts.iter().filter_map(|d| d.subscription.as_ref()).map(|s| s.key.clone());
        let subscriptions: BTreeSet<String> = drafts.iter().filter_map(|d| d.via.clone()).chain(rows).collect();
        let mut by_key = HashMap::new();
        if !subscriptions.is_empty() {
            by_key = store.present(&Ask { subscriptions, ..Ask::default() }).await?.subscriptions;
        }
        let account_of = |d: &Draft| {
            let via = || by_key.get(d.via.as_ref()?).map(|(account, _)| account.clone());
            d.account.clone().or_else(via)
        };
        let contact_of = |d: &Draft| Some((account_of(d)?, d.contact.clone()?));
        let ask = Ask {
            accounts: drafts
                .iter()
                .filter_map(account_of)
                .chain(drafts.iter().filter_map(|d| d.former.clone()))
                .collect(),
            attributes: kind != Kind::Subscriptions,
            contacts: drafts.iter().filter_map(contact_of).collect(),
            addresses: drafts.iter().filter_map(address).map(|address| store.address_hash(address)).collect(),
            ..Ask::default()
        };
        self.stored = Answer { subscriptions: by_key, ..store.present(&ask).await? };
        self.unfold();
        Ok(())
    }

    /// Asks which facts were recorded before.
    pub(super) async fn load_seen(&mut self, store: &dyn Store, events: BTreeSet<(String, String)>) -> Result<()> {
        if !events.is_empty() {
            self.stored.seen = store.present(&Ask { events, ..Ask::default() }).await?.seen;
        }
        Ok(())
    }

    /// Values as of the last decision, with the facts that are not folded yet.
    fn unfold(&mut self) {
        let stored = &mut self.stored;
        let version = |rev: i64| rev.to_string();
        self.accounts =
            stored.accounts.iter().map(|(key, a)| (key.clone(), (a.attrs.clone(), version(a.rev)))).collect();
        self.contacts = stored.contacts.iter().map(|(person, c)| (person.clone(), props_of(c))).collect();
        // Several keys may mean one account, and one person.
        let mut keys: HashMap<AccountId, Vec<&String>> = HashMap::new();
        stored.accounts.iter().for_each(|(key, a)| keys.entry(a.id).or_default().push(key));
        let mut people: HashMap<ContactId, Vec<&(String, String)>> = HashMap::new();
        stored.contacts.iter().for_each(|(person, c)| people.entry(c.id).or_default().push(person));
        for fact in &stored.pending {
            for key in keys.get(&fact.account).into_iter().flatten() {
                fold(fact, self.accounts.get_mut(*key).map(|(props, _)| props), None);
            }
            for person in fact.contact.and_then(|c| people.get(&c)).into_iter().flatten() {
                fold(fact, None, self.contacts.get_mut(*person));
            }
        }
        stored.pending.clear();
    }

    /// Whether the row that is judged next has a key that comes more than once.
    pub(super) fn judging(&mut self, repeated: bool) {
        self.repeated = repeated;
    }

    /// Whether the account and the person that a row needs exist.
    pub(super) fn knows_whom(&self, row: &Settled, kind: Kind) -> bool {
        let Some(account) = &row.account else { return true };
        let person = || row.facts.iter().find_map(|f| f.contact.clone());
        match kind {
            Kind::Contacts => self.has_account(account),
            Kind::Events => person().is_none_or(|contact| Known::contact(self, account, &contact).is_some()),
            Kind::Accounts | Kind::Subscriptions => true,
        }
    }

    /// Whether the account exists, or comes into being by an earlier row.
    pub(super) fn has_account(&self, key: &str) -> bool {
        self.stored.accounts.contains_key(key) || self.earlier.account(key).is_some() || self.earlier.made(key)
    }

    /// Takes over what a row changes, for later rows with the same key.
    pub(super) fn apply(&mut self, row: &Settled) {
        for fact in &row.facts {
            let Some(account) = &fact.account else { continue };
            match (&fact.body, &fact.contact) {
                (FactBody::AccountAttrs { attrs }, _) => {
                    let mut props = Known::account(self, account).cloned().unwrap_or_default();
                    merge(&mut props, attrs);
                    self.earlier.place(self.repeated).accounts.insert(account.clone(), props);
                }
                (FactBody::Event { .. }, _) if !self.has_account(account) => {
                    self.earlier.begins(account);
                }
                (FactBody::Event { .. }, _) => {}
                (body, Some(contact)) => {
                    let mut props = Known::contact(self, account, contact).cloned().unwrap_or_default();
                    fold_contact(&mut props, body);
                    let person = (account.clone(), contact.clone());
                    self.earlier.place(self.repeated).contacts.insert(person, props);
                }
                _ => {}
            }
        }
    }

    /// The key of the account that a row means: another one where the row's was merged or renamed.
    pub(super) fn means<'a>(&'a self, account: &'a str) -> &'a str {
        self.stored.accounts.get(account).map_or(account, |known| known.key.as_str())
    }

    /// Whether the row's person has an address of somebody who was erased.
    pub(super) fn brings_back(&self, store: &dyn Store, draft: &Draft) -> bool {
        !self.stored.erased.is_empty()
            && address(draft).is_some_and(|address| self.stored.erased.contains(&store.address_hash(address)))
    }

    /// Whether nobody has heard of the account, and this row is the first to name it.
    pub(super) fn begins(&mut self, account: &str) -> bool {
        !self.stored.accounts.contains_key(account) && self.earlier.begins(account)
    }

    /// A subscription as it is now, with its account's key.
    pub(super) fn subscription_row(&self, key: &str) -> Option<&(String, Subscription)> {
        self.earlier.subscription(key).or_else(|| self.stored.subscriptions.get(key))
    }

    /// Takes over a subscription.
    pub(super) fn put_subscription(&mut self, account: &str, row: &Subscription) {
        let said = (account.to_owned(), row.clone());
        self.earlier.place(self.repeated).subscriptions.insert(row.key.clone(), said);
    }

    /// Whether an event was neither recorded before nor said by an earlier row.
    pub(super) fn first_time(&mut self, fact: &Incoming) -> bool {
        let id = (fact.source.clone(), fact.event_id.clone());
        !self.stored.seen.contains(&id) && (!self.repeated || self.earlier.first_event(&id.1))
    }

    /// A repeated row of which the earlier ones may be forgotten: all its values are said again.
    fn forgotten(&self) -> bool {
        self.repeated && self.earlier.forgetful()
    }
}

impl Known for Present {
    fn account(&self, key: &str) -> Option<&Props> {
        let stored = || {
            let props = self.accounts.get(key).map(|(props, _)| props)?;
            Some(if self.forgotten() { &NOTHING } else { props })
        };
        self.earlier.account(key).or_else(stored).or_else(|| self.earlier.made(key).then_some(&NOTHING))
    }

    fn contact(&self, account: &str, key: &str) -> Option<&Props> {
        let person = (account.to_owned(), key.to_owned());
        let stored = || {
            let props = self.contacts.get(&person)?;
            Some(if self.forgotten() { &NOTHING } else { props })
        };
        self.earlier.contact(&person).or_else(stored)
    }

    fn merged(&self, account: &str) -> bool {
        self.stored.accounts.get(account).is_some_and(|known| known.absorbed)
    }

    fn same(&self, one: &str, other: &str) -> bool {
        let id = |key: &str| self.stored.accounts.get(key).map(|known| known.id);
        id(one).is_some() && id(one) == id(other)
    }

    fn took_in(&self, account: &str) -> bool {
        self.stored.accounts.get(account).is_some_and(|known| known.heir)
    }

    fn absorbed(&self, account: &str, key: &str) -> bool {
        let known = self.stored.contacts.get(&(account.to_owned(), key.to_owned()));
        known.is_some_and(|contact| contact.key != key && contact.key != prefixed(account, key))
    }

    fn subscription(&self, key: &str) -> Option<SubscriptionSpan> {
        let (account, row) = self.subscription_row(key)?;
        Some(SubscriptionSpan { account: account.clone(), start: row.start, end: row.end })
    }

    fn version(&self, account: &str) -> String {
        self.accounts.get(account).map(|(_, version)| version.clone()).unwrap_or_default()
    }
}

fn address(draft: &Draft) -> Option<&str> {
    draft.contact_attrs.get("email").and_then(Value::as_text).filter(|text| !text.trim().is_empty())
}

fn props_of(contact: &Contact) -> Props {
    let mut props = contact.attrs.clone();
    props.insert("do_not_contact".into(), Value::Bool(contact.do_not_contact));
    if let Some(consent) = &contact.consent {
        props.insert("consent".into(), consent_word(consent.given));
    }
    props.insert("opted_out".into(), Value::Bool(contact.opted_out.contains("*")));
    props
}

fn consent_word(given: bool) -> Value {
    Value::text(if given { "given" } else { "refused" })
}

fn fold(fact: &Fact, account: Option<&mut Props>, person: Option<&mut Props>) {
    match (&fact.body, account, person) {
        (FactBody::AccountAttrs { attrs }, Some(props), _) => merge(props, attrs),
        (body, _, Some(props)) => fold_contact(props, body),
        _ => {}
    }
}

fn fold_contact(props: &mut Props, body: &FactBody) {
    match body {
        FactBody::ContactAttrs { attrs } => merge(props, attrs),
        FactBody::Consent { given } => {
            props.insert("consent".into(), consent_word(*given));
        }
        FactBody::Subscription { topic, subscribed } if topic == "*" => {
            props.insert("opted_out".into(), Value::Bool(!subscribed));
        }
        _ => {}
    }
}

fn merge(props: &mut Props, attrs: &Props) {
    for (name, value) in attrs {
        if value.is_missing() {
            props.remove(name);
        } else {
            props.insert(name.clone(), value.clone());
        }
    }
}
