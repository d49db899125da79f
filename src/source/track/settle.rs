//! Whose each call is, what becomes a fact and what waits. Pure: the store calls it between read and write.
//!
//! Everything that tells where people belong is learned first, whatever its place in the request; then calls are
//! placed in the order in which they happened. So the order in which they came does not matter.

use std::collections::{BTreeMap, BTreeSet};

use super::freemail::is_freemail;
use crate::model::{
    fact::{FactBody, Incoming},
    ids::ContactId,
    instant::Instant,
    track::{API, Call, Known, Plan, Said, Says, Tracked, Verdict, group_key, user_key, visitor_key},
    value::{Props, Value},
};

/// Most calls that wait for one person.
pub const PARKED_EACH: usize = 1_000;
/// Ids of events begin with what a sender cannot choose, those of what follows from them with something else: no
/// `messageId` can stand in the place of a fact of ours.
const SAID: &str = "said:";
const OURS: &str = "ours:";
/// So often somebody may turn out to be somebody else.
const CHAIN: usize = 16;

/// A call and where it comes from.
struct Entry {
    fresh: Option<usize>,
    /// The key it waited under.
    under: Option<String>,
    call: Call,
    again: bool,
}

/// Decides what becomes of fresh calls, and of those that waited for what they tell.
pub fn settle(mut known: Known, calls: Vec<Call>) -> Plan {
    let parked = std::mem::take(&mut known.parked);
    let verdicts = vec![Verdict::Taken; calls.len()];
    let mut settler = Settler { known, plan: Plan { verdicts, ..Plan::default() }, ..Settler::default() };
    let mut entries = ordered(calls, parked);
    for entry in entries.iter_mut().filter(|entry| entry.fresh.is_some()) {
        entry.again = !settler.first_time(&entry.call);
        if !entry.again {
            settler.learn(&entry.call);
        }
    }
    settler.tell();
    for entry in entries {
        settler.place(entry);
    }
    settler.finish()
}

fn ordered(calls: Vec<Call>, parked: BTreeMap<String, Vec<Call>>) -> Vec<Entry> {
    let fresh =
        calls.into_iter().enumerate().map(|(n, call)| Entry { fresh: Some(n), under: None, call, again: false });
    let waiting = parked.into_iter().flat_map(|(under, calls)| {
        let entry = move |call| Entry { fresh: None, under: Some(under.clone()), call, again: false };
        calls.into_iter().map(entry)
    });
    let mut entries: Vec<Entry> = fresh.chain(waiting).collect();
    entries.sort_by(|a, b| (a.call.at, &a.call.id, a.fresh).cmp(&(b.call.at, &b.call.id, b.fresh)));
    entries
}

#[derive(Default)]
struct Settler {
    known: Known,
    plan: Plan,
    dirty: BTreeSet<String>,
    /// Attributes that differ from what was told last, by row.
    changed: BTreeMap<String, BTreeSet<String>>,
    /// Contacts (row, account, key) that the row's own contact takes in.
    absorbed: Vec<(String, String, String)>,
    /// People whose place at an account was looked at in this request.
    placed: BTreeSet<(String, String)>,
    /// Who tells what is being written down; none = the tracking API.
    source: Option<String>,
}

impl Settler {
    /// Whether a call that is no event comes for the first time; an event's fact tells that by itself.
    fn first_time(&mut self, call: &Call) -> bool {
        let refused = matches!(call.says, Says::Group { .. }) && self.group_of(call).is_none();
        if refused || matches!(call.says, Says::Event { .. }) {
            return true;
        }
        let first = self.known.seen.insert(call.id.clone());
        if first {
            self.plan.remember.push(call.id.clone());
        }
        first
    }

    // ---- learning -----------------------------------------------------------------------------------------

    fn learn(&mut self, call: &Call) {
        let user = call.user.as_deref().map(user_key);
        if let (Some(user), Some(visitor)) = (&user, &call.anonymous) {
            self.link(&visitor_key(visitor), user);
        }
        if let (Some(user), Says::Same { previous }) = (&user, &call.says) {
            self.merge(&user_key(previous), user);
            self.link(&visitor_key(previous), user);
        }
        let who = call.who().map(|who| self.root(&who));
        let group = self.group_of(call);
        // Where somebody belongs is the word of servers: a page's key is in everybody's hands.
        if let (Some(who), Some(group), false) = (&who, &group, call.weak) {
            self.join(who, group, call.at);
        }
        match (&call.says, &who, &group) {
            (Says::Person { traits }, Some(who), _) => self.say(who, traits, call),
            (Says::Group { traits }, _, Some(group)) => self.say(&group_key(group), traits, call),
            _ => {}
        }
        // An id that is an address may find its account later.
        if let Some(who) = who.filter(|who| !self.known.rows.contains_key(who))
            && Tracked::default().domain(&who).is_some()
        {
            self.row(&who);
        }
    }

    /// The account that a call names. What everybody can send brings none into being.
    fn group_of(&self, call: &Call) -> Option<String> {
        call.group.clone().filter(|group| !call.weak || self.known.accounts.contains(group))
    }

    fn row(&mut self, who: &str) -> &mut Tracked {
        self.dirty.insert(who.to_owned());
        self.known.rows.entry(who.to_owned()).or_default()
    }

    /// Whom a key means by now.
    fn root(&self, who: &str) -> String {
        let mut who = who.to_owned();
        for _ in 0..CHAIN {
            match self.known.rows.get(&who).and_then(|row| row.is.clone()) {
                Some(next) => who = next,
                None => break,
            }
        }
        who
    }

    /// A visitor is this user. A device that was somebody's stays theirs.
    fn link(&mut self, visitor: &str, user: &str) {
        if self.known.rows.get(visitor).is_none_or(|row| row.is.is_none()) {
            self.merge(visitor, user);
        }
    }

    /// What is known of one is true of the other from now on.
    fn merge(&mut self, from: &str, into: &str) {
        let (from, into) = (self.root(from), self.root(into));
        if from == into {
            return;
        }
        let gone = std::mem::replace(self.row(&from), Tracked { is: Some(into.clone()), ..Tracked::default() });
        self.changed.remove(&from);
        for (name, said) in gone.traits {
            self.said(&into, name, said);
        }
        for (account, since) in gone.homes {
            self.join(&into, &account, since);
        }
        self.absorbed.extend(gone.contacts.into_iter().map(|(account, key)| (into.clone(), account, key)));
        self.row(&into);
    }

    fn join(&mut self, who: &str, account: &str, since: Instant) {
        let known = self.known.rows.get(who).and_then(|row| row.homes.get(account));
        if who.starts_with("u:") && known.is_none_or(|known| since < *known) {
            self.row(who).homes.insert(account.to_owned(), since);
        }
    }

    fn say(&mut self, who: &str, traits: &Props, call: &Call) {
        for (name, value) in traits {
            let said = Said { value: value.clone(), at: call.at, by: call.id.clone(), source: call.source.clone() };
            self.said(who, name.clone(), said);
        }
    }

    /// The newest word holds.
    fn said(&mut self, who: &str, name: String, said: Said) {
        let old = self.known.rows.get(who).and_then(|row| row.traits.get(&name));
        if old.is_some_and(|old| (old.at, &old.by) >= (said.at, &said.by)) {
            return;
        }
        if old.is_none_or(|old| old.value != said.value) {
            self.changed.entry(who.to_owned()).or_default().insert(name.clone());
        }
        self.row(who).traits.insert(name, said);
    }

    // ---- telling accounts and contacts --------------------------------------------------------------------

    /// Attributes that changed, as facts of whoever has them; and contacts that turned out to be one.
    fn tell(&mut self) {
        for (who, names) in std::mem::take(&mut self.changed) {
            let row = self.known.rows.get(&who).cloned().unwrap_or_default();
            for (at, by, source, attrs) in by_call(&row, &names) {
                self.source = source;
                if let Some(account) = who.strip_prefix("g:") {
                    self.account(account, at);
                    self.fact(account, None, at, format!("{by}:account"), FactBody::AccountAttrs { attrs });
                    continue;
                }
                for (account, contact) in &row.contacts {
                    let id = format!("{by}:contact:{account}");
                    self.fact(account, Some(contact), at, id, FactBody::ContactAttrs { attrs: attrs.clone() });
                }
            }
        }
        self.source = None;
        for (who, account, gone) in std::mem::take(&mut self.absorbed) {
            let now = self.known.now;
            let kept = self.contact(&who, &account, now, "merge");
            self.absorb(&account, &kept, gone);
        }
    }

    fn absorb(&mut self, account: &str, kept: &str, gone: String) {
        if kept != gone {
            let id = format!("merge:{account}:{gone}:{kept}");
            let body = FactBody::Absorbed { key: gone, other: ContactId::default() };
            self.fact(account, Some(kept), self.known.now, id, body);
        }
    }

    /// The account exists from here on. It is taken for a customer of long standing unless a date says otherwise: when
    /// an SDK is switched over, everybody comes for the first time.
    fn account(&mut self, key: &str, at: Instant) {
        if self.known.accounts.insert(key.to_owned()) {
            let attrs = Props::from([("import_as".to_owned(), Value::text("known"))]);
            self.fact(key, None, at, format!("account:{key}"), FactBody::AccountAttrs { attrs });
        }
    }

    /// The key of the person's contact at the account, which exists from here on. A contact that was imported under
    /// the person's address is the same one.
    fn contact(&mut self, who: &str, account: &str, at: Instant, by: &str) -> String {
        let row = self.known.rows.get(who).cloned().unwrap_or_default();
        let old = row.contacts.get(account).cloned();
        if !self.placed.insert((who.to_owned(), account.to_owned()))
            && let Some(old) = old
        {
            return old;
        }
        let imported = row.email(who).map(|email| [email.to_owned(), email.to_lowercase()]).into_iter().flatten();
        let imported =
            imported.map(|key| (account.to_owned(), key)).find(|person| self.known.contacts.contains(person));
        let own = || who.strip_prefix("u:").unwrap_or(who).to_owned();
        let key = imported.map(|(_, key)| key).or(old.clone()).unwrap_or_else(own);
        if old.as_ref() == Some(&key) {
            return key;
        }
        self.account(account, at);
        let mut attrs: Props = row.traits.into_iter().map(|(name, said)| (name, said.value)).collect();
        attrs.insert("import_as".to_owned(), Value::text("known"));
        self.fact(account, Some(&key), at, format!("{by}:placed:{account}"), FactBody::ContactAttrs { attrs });
        if let Some(old) = old {
            self.absorb(account, &key, old);
        }
        self.row(who).contacts.insert(account.to_owned(), key.clone());
        key
    }

    // ---- placing ------------------------------------------------------------------------------------------

    fn place(&mut self, entry: Entry) {
        let Entry { fresh, under, call, again } = entry;
        self.source.clone_from(&call.source);
        let who = under.clone().or_else(|| call.who()).map(|who| self.root(&who));
        let verdict = if again { Verdict::Duplicate } else { self.placed_as(fresh, &under, who, &call) };
        if let (Some(under), true) = (under, verdict == Verdict::Taken) {
            self.plan.unpark.push((under, call.id));
        }
        if let Some(verdict_of) = fresh.and_then(|n| self.plan.verdicts.get_mut(n)) {
            *verdict_of = verdict;
        }
    }

    fn placed_as(&mut self, fresh: Option<usize>, under: &Option<String>, who: Option<String>, call: &Call) -> Verdict {
        let user = who.clone().filter(|who| who.starts_with("u:"));
        match &call.says {
            Says::Same { .. } => Verdict::Taken,
            Says::Person { .. } => match (self.everywhere(user.as_deref(), call), user) {
                (accounts, Some(user)) if !accounts.is_empty() => {
                    for account in accounts {
                        self.contact(&user, &account, call.at, &call.id);
                    }
                    Verdict::Taken
                }
                // Kept with the person until it is known whose they are.
                _ => Verdict::Parked,
            },
            Says::Group { .. } => {
                let Some(group) = self.group_of(call) else { return Verdict::Refused("no_such_customer") };
                self.account(&group, call.at);
                if let Some(user) = user {
                    self.contact(&user, &group, call.at, &call.id);
                }
                Verdict::Taken
            }
            Says::Event { name, props } => {
                let named = self.group_of(call);
                match named.or_else(|| who.as_deref().and_then(|who| self.home(who, call.at))) {
                    None => self.park(fresh, under, who, call),
                    Some(account) => {
                        let user = user.filter(|user| !call.weak || self.belongs(user, &account));
                        let contact = user.map(|user| self.contact(&user, &account, call.at, &call.id));
                        self.account(&account, call.at);
                        let body = FactBody::Event { name: name.clone(), props: props.clone() };
                        let id = format!("{SAID}{}", call.id);
                        let fact = self.made(&account, contact.as_deref(), call.at, id, body);
                        self.plan.facts.push((fresh, fact));
                        Verdict::Taken
                    }
                }
            }
        }
    }

    /// Accounts that shall know what a call says about a person.
    fn everywhere(&self, user: Option<&str>, call: &Call) -> BTreeSet<String> {
        let row = user.and_then(|user| self.known.rows.get(user));
        let mut accounts: BTreeSet<String> = row.map(|row| row.homes.keys().cloned().collect()).unwrap_or_default();
        accounts.extend(self.group_of(call).filter(|_| !call.weak));
        if accounts.is_empty() {
            accounts.extend(user.and_then(|user| self.by_domain(user)));
        }
        accounts
    }

    /// Where a person belonged at a moment; before the first word of it, what that said.
    fn home(&self, who: &str, at: Instant) -> Option<String> {
        let homes = self.known.rows.get(who).map(|row| &row.homes).filter(|homes| !homes.is_empty());
        let Some(homes) = homes else { return self.by_domain(who) };
        let by_time = |(key, since): (&String, &Instant)| (*since, std::cmp::Reverse(key.clone()));
        let then = homes.iter().filter(|(_, since)| **since <= at).max_by_key(|home| by_time(*home));
        then.or_else(|| homes.iter().min_by_key(|(key, since)| (**since, (*key).clone()))).map(|(key, _)| key.clone())
    }

    /// Whether a server has told that a person is one of this account.
    fn belongs(&self, who: &str, account: &str) -> bool {
        let told = self.known.rows.get(who).is_some_and(|row| row.homes.contains_key(account));
        told || self.by_domain(who).as_deref() == Some(account)
    }

    fn by_domain(&self, who: &str) -> Option<String> {
        self.known.domains.get(&work_domain(self.known.rows.get(who)?, who)?).cloned()
    }

    fn park(&mut self, fresh: Option<usize>, under: &Option<String>, who: Option<String>, call: &Call) -> Verdict {
        let Some(who) = who else { return Verdict::Refused("no_user") };
        if under.as_ref() == Some(&who) {
            return Verdict::Parked;
        }
        let waiting = self.known.waiting.entry(who.clone()).or_default();
        if fresh.is_some() && *waiting >= PARKED_EACH {
            return Verdict::Refused("too_many_waiting");
        }
        *waiting += 1;
        if let Some(under) = under {
            self.plan.unpark.push((under.clone(), call.id.clone()));
        }
        self.plan.park.push((who, fresh, call.clone()));
        Verdict::Parked
    }

    // ---- facts --------------------------------------------------------------------------------------------

    fn fact(&mut self, account: &str, contact: Option<&str>, at: Instant, id: String, body: FactBody) {
        let fact = self.made(account, contact, at, format!("{OURS}{id}"), body);
        self.plan.facts.push((None, fact));
    }

    fn made(&self, account: &str, contact: Option<&str>, at: Instant, id: String, body: FactBody) -> Incoming {
        Incoming {
            account: Some(account.to_owned()),
            contact: contact.map(str::to_owned),
            occurred_at: at,
            received_at: self.known.now,
            source: self.source.clone().unwrap_or_else(|| API.to_owned()),
            event_id: id,
            body,
        }
    }

    fn finish(mut self) -> Plan {
        for key in self.dirty {
            if let Some(row) = self.known.rows.remove(&key) {
                let domain = work_domain(&row, &key).unwrap_or_default();
                self.plan.rows.insert(key, (row, domain));
            }
        }
        self.plan
    }
}

/// The domain of a person's address, if it is a company's.
fn work_domain(row: &Tracked, who: &str) -> Option<String> {
    row.domain(who).filter(|domain| who.starts_with("u:") && !is_freemail(domain))
}

/// The named attributes by the call that said them, oldest first, with who told it.
fn by_call(row: &Tracked, names: &BTreeSet<String>) -> Vec<(Instant, String, Option<String>, Props)> {
    let mut calls: BTreeMap<(Instant, &String), (Option<String>, Props)> = BTreeMap::new();
    for (name, said) in row.traits.iter().filter(|(name, _)| names.contains(*name)) {
        let call = calls.entry((said.at, &said.by)).or_insert_with(|| (said.source.clone(), Props::new()));
        call.1.insert(name.clone(), said.value.clone());
    }
    calls.into_iter().map(|((at, by), (source, attrs))| (at, by.clone(), source, attrs)).collect()
}
