//! Whose each thing is, and what becomes a fact. Pure: the store calls it between read and write.
//!
//! State is a function of the newest version of each object and of all versions of a contract, so neither order nor
//! repetition nor the way it came (webhook or pull) makes a difference. An event is recorded once, by its identity.

use std::collections::{BTreeMap, BTreeSet};

use super::contract;
use crate::model::{
    fact::{FactBody, Incoming},
    ids::{AccountId, ContactId, stable_hash},
    instant::Instant,
    system::{Interval, Known, Object, Plan, Terms, Told, Version, Whose, Word},
    track::{Verdict, domain_of},
    value::{Props, Value},
};

/// Decides what a delivery changes; days are those of `zone`.
pub fn settle(known: Known, told: Vec<Told>, zone: &jiff::tz::TimeZone) -> Plan {
    let plan = Plan { verdicts: vec![Verdict::Taken; told.len()], ..Plan::default() };
    let before = known.objects.clone();
    let dirty = known.wake.clone();
    let mut settler = Settler { known, before, plan, dirty, fresh: BTreeMap::new() };
    for (n, one) in told.into_iter().enumerate() {
        settler.learn(n, one, zone);
    }
    settler.customers();
    settler.mergers();
    settler.others();
    settler.same_people();
    settler.finish()
}

struct Settler {
    known: Known,
    /// Objects as they were.
    before: BTreeMap<String, Object>,
    plan: Plan,
    /// Objects whose facts have to be said.
    dirty: BTreeSet<String>,
    /// The verdict that depends on an object.
    fresh: BTreeMap<String, usize>,
}

impl Settler {
    /// Takes a version into its place.
    fn learn(&mut self, n: usize, told: Told, zone: &jiff::tz::TimeZone) {
        let id = told.id.clone();
        if matches!(told.word, Word::Event { .. }) {
            if self.known.seen.contains(&id) || self.known.objects.contains_key(&id) {
                return self.is(n, Verdict::Duplicate);
            }
            self.known.objects.insert(id.clone(), object(told));
        } else {
            let version = version(&told, zone);
            let old = self.known.objects.get(&id);
            let newer = old.is_none_or(|old| (old.told.at, &old.told.by) < (told.at, &told.by));
            let repeated = old.is_some_and(|old| (old.told.at, &old.told.by) == (told.at, &told.by));
            if repeated {
                return self.is(n, Verdict::Duplicate);
            }
            // Of an older version only what a contract once was is news.
            if !newer && version.is_none() {
                return;
            }
            let object = self.known.objects.entry(id.clone()).or_insert_with(|| object(told.clone()));
            if newer {
                let key = key_of_the_moved(object, &told);
                object.told = told;
                object.told.whose.key = key.or(object.told.whose.key.take());
            }
            if let Some(version) = version {
                contract::learn(&mut object.past, version);
            }
        }
        self.fresh.insert(id.clone(), n);
        self.dirty.insert(id);
    }

    fn is(&mut self, n: usize, verdict: Verdict) {
        if let Some(place) = self.plan.verdicts.get_mut(n) {
            *place = verdict;
        }
    }

    // ---- customers ----------------------------------------------------------------------------------------

    /// Customers first: everything else belongs to them.
    fn customers(&mut self) {
        let is_customer = |id: &&String| matches!(self.word(id), Some(Word::Customer { .. }));
        let ids: Vec<String> = self.dirty.iter().filter(is_customer).cloned().collect();
        for id in ids {
            let Some(Word::Customer { key, domains, attrs, weak }) = self.word(&id).cloned() else { continue };
            let account = self.account_of(&id, key, &domains);
            let Some(object) = self.known.objects.get_mut(&id) else { continue };
            let moved = object.account.as_ref() != Some(&account);
            if moved {
                let own = own_key(&self.known.source, &id);
                object.shared = account != own && self.known.accounts.contains(&account);
            }
            object.account = Some(account.clone());
            let (told, shared) = (object.told.clone(), object.shared);
            self.known.accounts.insert(account.clone());
            let mut said = Props::from([("import_as".to_owned(), Value::text("known"))]);
            said.extend(attrs);
            if !shared {
                said.extend(weak);
            }
            let fact_id = format!("{}>{account}", version_id(&told));
            self.say(&account, None, told.at, fact_id, FactBody::AccountAttrs { attrs: said });
            if moved {
                let owned = self.known.objects.iter().filter(|(_, object)| object.owner() == id);
                let owned: Vec<String> = owned.map(|(id, _)| id.clone()).collect();
                self.dirty.extend(owned);
            }
        }
    }

    /// By the key it carries, as before, by a domain that one account of another source has, else an account of its own.
    fn account_of(&self, id: &str, key: Option<String>, domains: &BTreeSet<String>) -> String {
        let before = || self.known.objects.get(id)?.account.clone();
        let own = own_key(&self.known.source, id);
        // Two customers of one system stay two, whatever addresses they have.
        let prefix = format!("{}:", self.known.source);
        let by_domain = || domains.iter().find_map(|d| self.known.domains.get(d).filter(|k| !k.starts_with(&prefix)));
        key.or_else(before).or_else(|| by_domain().cloned()).unwrap_or(own)
    }

    /// Companies that are one there are one here, where both are accounts of ours.
    fn mergers(&mut self) {
        let moved = |id: &&String| !is_person(id) && matches!(self.word(id), Some(Word::Moved));
        let ids: Vec<String> = self.dirty.iter().filter(moved).cloned().collect();
        for id in ids {
            let account = |id: &str| self.known.objects.get(id)?.account.clone();
            let into = self.known.objects.get(&id).and_then(|object| account(object.told.whose.object.as_ref()?));
            let (Some(from), Some(into)) = (account(&id), into) else { continue };
            if from != into {
                let body = FactBody::Merged { into: into.clone(), other: AccountId::default() };
                self.say(&from, None, self.known.now, format!("merge:{id}>{into}"), body);
            }
            if let Some(object) = self.known.objects.get_mut(&id) {
                object.account = Some(into);
            }
        }
    }

    // ---- what belongs to them -----------------------------------------------------------------------------

    fn others(&mut self) {
        let mut owners = BTreeSet::new();
        let ids: Vec<String> = self.dirty.iter().cloned().collect();
        for id in ids {
            let Some(object) = self.known.objects.get(&id).cloned() else { continue };
            if matches!(object.told.word, Word::Customer { .. } | Word::Moved) {
                continue;
            }
            // Who is gone belongs where they were.
            let gone = matches!(object.told.word, Word::Person { key: None, .. });
            let before = || object.account.clone().filter(|_| gone);
            let Some(account) = self.belongs(&object.told.whose).or_else(before) else {
                if let Some(n) = self.fresh.get(&id) {
                    self.is(*n, Verdict::Parked);
                }
                continue;
            };
            self.known.accounts.insert(account.clone());
            match object.told.word.clone() {
                Word::Customer { .. } | Word::Moved => {}
                Word::Person { key, attrs, weak } => self.person(&id, &account, key, attrs, weak),
                Word::Contract(_) => {
                    owners.insert((account.clone(), object.owner()));
                    self.contract(&id, &account);
                }
                Word::Event { name, props, contact } => self.event(&object.told, &account, name, props, contact),
            }
        }
        owners.into_iter().for_each(|(account, owner)| self.standing(&account, &owner));
    }

    fn belongs(&self, whose: &Whose) -> Option<String> {
        let of_object = || self.known.objects.get(whose.object.as_ref()?)?.account.clone();
        let of_domain = || self.known.domains.get(&domain_of(whose.email.as_ref()?)?).cloned();
        whose.key.clone().or_else(of_object).or_else(of_domain)
    }

    fn person(&mut self, id: &str, account: &str, key: Option<String>, attrs: Props, weak: Props) {
        let Some(object) = self.known.objects.get_mut(id) else { return };
        let told = object.told.clone();
        let old = self.before.get(id).and_then(|old| Some((old.account.clone()?, person_key(old)?)));
        let here = key.clone().map(|key| (account.to_owned(), key));
        if old != here && here.as_ref().is_some_and(|here| self.known.contacts.contains(here)) {
            object.shared = true;
        }
        object.account = Some(account.to_owned());
        let shared = object.shared;
        let fact_id = format!("{}>{account}", version_id(&told));
        if let Some(key) = &key {
            let mut said = Props::from([("import_as".to_owned(), Value::text("known"))]);
            said.extend(attrs);
            if !shared {
                said.extend(weak);
            }
            let body = FactBody::ContactAttrs { attrs: said };
            self.say(account, Some(key), told.at, fact_id.clone(), body);
        }
        let Some((was_at, was)) = old.filter(|old| Some(old) != here.as_ref()) else { return };
        match &key {
            // Another address of the same person.
            Some(key) if was_at == account => {
                let body = FactBody::Absorbed { key: was, other: ContactId::default() };
                self.say(account, Some(key), told.at, format!("{fact_id}#same"), body);
            }
            _ => self.say(&was_at, Some(&was), told.at, format!("{fact_id}#gone"), FactBody::ContactRemoved),
        }
    }

    /// People who are one there are one here; where they were at two customers, the one that went is gone. Says it as soon
    /// as both are known.
    fn same_people(&mut self) {
        let moved = |(id, object): &(&String, &Object)| is_person(id) && matches!(object.told.word, Word::Moved);
        let ids: Vec<String> = self.known.objects.iter().filter(moved).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(object) = self.known.objects.get(&id).cloned() else { continue };
            let into = object.told.whose.object.as_ref().and_then(|into| self.known.objects.get(into));
            let into = into.and_then(|into| Some((into.account.clone()?, person_key(into)?)));
            let from = object.account.clone().zip(object.told.whose.key.clone());
            let (Some((there, key)), Some((account, was))) = (into, from) else { continue };
            let (at, fact_id) = (object.told.at, format!("merge:{id}>{there}:{key}"));
            if account != there {
                self.say(&account, Some(&was), at, fact_id, FactBody::ContactRemoved);
            } else if was != key {
                let body = FactBody::Absorbed { key: was, other: ContactId::default() };
                self.say(&there, Some(&key), at, fact_id, body);
            }
            if let Some(object) = self.known.objects.get_mut(&id) {
                object.told.whose.key = None;
            }
        }
    }

    fn contract(&mut self, id: &str, account: &str) {
        let Some(object) = self.known.objects.get_mut(id) else { return };
        let intervals: Vec<Interval> = contract::intervals(bare(id), &object.past);
        let keys: BTreeSet<String> = intervals.iter().map(|i| i.key.clone()).collect();
        self.plan.gone.extend(object.rows.difference(&keys).cloned());
        object.rows = keys;
        object.account = Some(account.to_owned());
        self.plan.rows.extend(intervals.into_iter().map(|interval| (account.to_owned(), interval)));
    }

    /// What all contracts of a customer say about it.
    fn standing(&mut self, account: &str, owner: &str) {
        let of = |object: &&Object| object.owner() == owner && matches!(object.told.word, Word::Contract(_));
        let contracts: Vec<&Object> = self.known.objects.values().filter(of).collect();
        let newest = contracts.iter().filter_map(|object| object.past.last());
        let Some((at, by)) = newest.map(|v| (v.at, v.by.clone())).max() else { return };
        let attrs = contract::standing(contracts.iter().copied());
        let text = serde_json::to_string(&attrs).unwrap_or_default();
        let id = format!("contracts:{owner}@{}:{by}:{}>{account}", at.0, stable_hash(&[&text]));
        self.say(account, None, at, id, FactBody::AccountAttrs { attrs });
    }

    fn event(&mut self, told: &Told, account: &str, name: String, props: Props, contact: Option<(String, Props)>) {
        let key = contact.map(|(key, attrs)| {
            // Who is known already is known better.
            if !self.known.contacts.contains(&(account.to_owned(), key.clone())) {
                let mut said = Props::from([("import_as".to_owned(), Value::text("known"))]);
                said.extend(attrs);
                let body = FactBody::ContactAttrs { attrs: said };
                self.known.contacts.insert((account.to_owned(), key.clone()));
                self.say(account, Some(&key), told.at, format!("{}#who", told.id), body);
            }
            key
        });
        self.say(account, key.as_deref(), told.at, told.id.clone(), FactBody::Event { name, props });
        if let Some(object) = self.known.objects.get_mut(&told.id) {
            object.account = Some(account.to_owned());
        }
    }

    // ---- the end ------------------------------------------------------------------------------------------

    fn say(&mut self, account: &str, contact: Option<&str>, at: Instant, event_id: String, body: FactBody) {
        self.plan.facts.push(Incoming {
            account: Some(account.to_owned()),
            contact: contact.map(str::to_owned),
            occurred_at: at.min(self.known.now),
            received_at: self.known.now,
            source: self.known.source.clone(),
            event_id,
            body,
        });
    }

    fn finish(mut self) -> Plan {
        for (id, object) in self.known.objects {
            let done = object.account.is_some() && matches!(object.told.word, Word::Event { .. });
            if done && self.before.contains_key(&id) {
                self.plan.forget.insert(id);
            } else if !done && self.before.get(&id) != Some(&object) {
                self.plan.objects.insert(id, object);
            }
        }
        self.plan
    }

    fn word(&self, id: &str) -> Option<&Word> {
        self.known.objects.get(id).map(|object| &object.told.word)
    }
}

fn is_person(id: &str) -> bool {
    id.starts_with("person/")
}

/// The contact's key of a person who turns out to be another one.
fn key_of_the_moved(before: &Object, now: &Told) -> Option<String> {
    let moved = is_person(&now.id) && matches!(now.word, Word::Moved);
    match before.told.word {
        Word::Moved if moved => before.told.whose.key.clone(),
        _ if moved => person_key(before),
        _ => None,
    }
}

fn object(told: Told) -> Object {
    Object { told, account: None, past: Vec::new(), rows: BTreeSet::new(), shared: false }
}

fn version(told: &Told, zone: &jiff::tz::TimeZone) -> Option<Version> {
    let Word::Contract(terms) = &told.word else { return None };
    let terms: Terms = terms.clone();
    Some(Version { at: told.at, by: told.by.clone(), day: told.at.day(zone), terms })
}

fn person_key(object: &Object) -> Option<String> {
    match &object.told.word {
        Word::Person { key, .. } => key.clone(),
        _ => None,
    }
}

fn version_id(told: &Told) -> String {
    format!("{}@{}:{}", told.id, told.at.0, told.by)
}

/// `customer/cus_1` → `cus_1`.
fn bare(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(_, bare)| bare)
}

/// The key of an account that nobody else has brought: an object's id may be anything, so it carries its source.
fn own_key(source: &str, id: &str) -> String {
    format!("{source}:{}", bare(id))
}
