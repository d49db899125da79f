//! What the store knows already about the rows of one chunk.

use std::collections::{BTreeMap, HashMap};

use crate::{
    model::{
        contact::Contact,
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId},
        snapshot::ContactQuery,
        value::{Props, Value},
    },
    source::table::{Draft, Kind, Known, Settled, SubscriptionRow, SubscriptionSpan},
    store::api::{Result, Store, Subscription},
};

/// Facts of one account looked at for what is not folded yet.
const PENDING: usize = 2_000;

/// Present values by key; empty between chunks but for subscriptions.
#[derive(Default)]
pub(super) struct Present {
    accounts: HashMap<String, Account>,
    contacts: HashMap<(String, String), Props>,
    subscriptions: HashMap<String, (SubscriptionSpan, Subscription)>,
}

#[derive(Default)]
struct Account {
    id: AccountId,
    attrs: Props,
    version: String,
}

impl Present {
    /// Every subscription, with its account's key.
    pub(super) async fn load_subscriptions(&mut self, store: &dyn Store) -> Result<()> {
        let mut keys = HashMap::new();
        let mut after = AccountId::default();
        loop {
            let page = store.accounts(after, 1_000).await?;
            let Some(last) = page.iter().map(|row| row.id).max() else { break };
            keys.extend(page.into_iter().map(|row| (row.id, row.key)));
            after = last;
        }
        for row in store.subscriptions().await? {
            let account = keys.get(&row.account).cloned().unwrap_or_default();
            let span = SubscriptionSpan { account, start: row.start, end: row.end };
            self.subscriptions.insert(row.key.clone(), (span, row));
        }
        Ok(())
    }

    /// Loads what is known about the accounts (and contacts) of these drafts.
    pub(super) async fn load(&mut self, store: &dyn Store, drafts: &[Draft], kind: Kind) -> Result<()> {
        self.accounts.clear();
        self.contacts.clear();
        let via = |d: &Draft| d.via.as_ref().and_then(|k| self.subscriptions.get(k)).map(|(s, _)| s.account.clone());
        let keys: Vec<String> = drafts.iter().filter_map(|d| d.account.clone().or_else(|| via(d))).collect();
        for key in keys {
            if !self.accounts.contains_key(&key) {
                self.one(store, &key, kind).await?;
            }
        }
        Ok(())
    }

    async fn one(&mut self, store: &dyn Store, key: &str, kind: Kind) -> Result<()> {
        let Some(row) = store.account_by_key(key).await? else { return Ok(()) };
        let mut account = Account { id: row.id, ..Account::default() };
        if kind != Kind::Subscriptions {
            let snapshot = store.snapshot(row.id).await?.unwrap_or_default();
            account.attrs = snapshot.state.attrs.into_iter().map(|(name, attr)| (name, attr.value)).collect();
            account.version = snapshot.rev.to_string();
            let mut pending = store.timeline(row.id, PENDING).await?;
            pending.retain(|fact| fact.received_at >= snapshot.state.now);
            pending.sort_by_key(|fact| fact.seq);
            fold_account(&mut account.attrs, &pending);
            if matches!(kind, Kind::Accounts | Kind::Contacts) {
                self.contacts_of(store, key, row.id, &pending).await?;
            }
        }
        self.accounts.insert(key.to_owned(), account);
        Ok(())
    }

    async fn contacts_of(&mut self, store: &dyn Store, key: &str, id: AccountId, pending: &[Fact]) -> Result<()> {
        let query = ContactQuery { roles: Vec::new(), limit: 100_000 };
        let mut known: BTreeMap<ContactId, (String, Props)> = BTreeMap::new();
        for contact in store.contacts(id, &query).await? {
            known.insert(contact.id, (contact.key.clone(), props_of(&contact)));
        }
        for fact in pending {
            if let Some((_, props)) = fact.contact.and_then(|c| known.get_mut(&c)) {
                fold_contact(props, &fact.body);
            }
        }
        self.contacts.extend(known.into_values().map(|(contact, props)| ((key.to_owned(), contact), props)));
        Ok(())
    }

    /// Takes over what a row of this chunk changes, for later rows with the same key.
    pub(super) fn apply(&mut self, row: &Settled) {
        for fact in &row.facts {
            let Some(account) = &fact.account else { continue };
            match (&fact.body, &fact.contact) {
                (FactBody::AccountAttrs { attrs }, _) => {
                    merge(&mut self.accounts.entry(account.clone()).or_default().attrs, attrs);
                }
                (body, Some(contact)) if !matches!(body, FactBody::Event { .. }) => {
                    fold_contact(self.contacts.entry((account.clone(), contact.clone())).or_default(), body);
                }
                _ => {}
            }
        }
    }

    /// The number of an account.
    pub(super) fn id(&self, key: &str) -> Option<AccountId> {
        self.accounts.get(key).map(|a| a.id)
    }

    /// Takes note of a new account's number.
    pub(super) fn remember_id(&mut self, key: &str, id: AccountId) {
        self.accounts.entry(key.to_owned()).or_default().id = id;
    }

    /// Asks the store for an account's number.
    pub(super) async fn look_up(&mut self, store: &dyn Store, key: &str) -> Result<()> {
        if let Some(row) = store.account_by_key(key).await? {
            self.remember_id(key, row.id);
        }
        Ok(())
    }

    /// Whether a subscription is known, and then whether it says the same.
    pub(super) fn compare(&self, row: &SubscriptionRow) -> Option<bool> {
        let (span, old) = self.subscriptions.get(&row.key)?;
        let same_span = span.account == row.account && old.start == row.start && old.end == row.end;
        let same_money = old.mrr_minor == row.mrr_minor && old.currency == row.currency;
        Some(same_span && same_money && old.plan == row.plan && old.seats == row.seats)
    }
}

impl Known for Present {
    fn account(&self, key: &str) -> Option<&Props> {
        self.accounts.get(key).map(|a| &a.attrs)
    }

    fn contact(&self, account: &str, key: &str) -> Option<&Props> {
        self.contacts.get(&(account.to_owned(), key.to_owned()))
    }

    fn subscription(&self, key: &str) -> Option<SubscriptionSpan> {
        self.subscriptions.get(key).map(|(span, _)| span.clone())
    }

    fn version(&self, account: &str) -> String {
        self.accounts.get(account).map(|a| a.version.clone()).unwrap_or_default()
    }
}

fn props_of(contact: &Contact) -> Props {
    let mut props = contact.attrs.clone();
    if contact.do_not_contact {
        props.insert("do_not_contact".into(), Value::Bool(true));
    }
    if let Some(consent) = &contact.consent {
        props.insert("consent".into(), consent_word(consent.given));
    }
    props.insert("opted_out".into(), Value::Bool(contact.opted_out.contains("*")));
    props
}

fn consent_word(given: bool) -> Value {
    Value::text(if given { "given" } else { "refused" })
}

fn fold_account(props: &mut Props, facts: &[Fact]) {
    for fact in facts {
        if let FactBody::AccountAttrs { attrs } = &fact.body {
            merge(props, attrs);
        }
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
