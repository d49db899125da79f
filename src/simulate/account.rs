//! One account in memory: applies decisions back to itself and goes from due moment to due moment.
//!
//! It keeps what the store keeps and hands out what the store hands out, so that a decision here is the
//! decision there. Every planned message is taken as sent at once; its receipt comes in 1 µs later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::tz::TimeZone;

use crate::{
    engine,
    model::{
        contact::Contact,
        decision::{Decision, LedgerEntry, Outcome},
        fact::{Fact, FactBody, OWN},
        ids::{AccountId, ContactId},
        instant::Instant,
        message::Planned,
        run::{Run, Task},
        shared::Shared,
        snapshot::{ContactQuery, Need, PEOPLE, Snapshot},
        state::AccountState,
        value::Value,
        world::World,
    },
    rulebook::types::Rulebook,
};

/// The source of what shirube records itself.
/// How long after its message a receipt comes in, in microseconds.
const RECEIPT_AFTER: i64 = 1;
/// More questions than this for one decision: it will never be answered.
const MAX_NEEDS: usize = 16;

/// An account with everything the store would keep of it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Internal number.
    pub id: AccountId,
    /// The key people use.
    pub key: String,
    /// Folded state.
    pub state: AccountState,
    /// Open runs, by start and id.
    pub runs: Vec<Shared<Run>>,
    /// Ended runs, in the order of their ends.
    pub ended: Vec<Shared<Run>>,
    /// Every task, by identity; done ones too.
    pub tasks: BTreeMap<String, Task>,
    /// Every contact.
    pub contacts: BTreeMap<ContactId, Shared<Contact>>,
    /// Last active days of contacts, by metric.
    pub contact_days: BTreeMap<(ContactId, String), i32>,
    /// Facts that are folded, and what shirube recorded itself.
    pub history: Vec<Fact>,
    /// Facts that are not folded yet, by `received_at` and number.
    pub inbox: VecDeque<Fact>,
    /// Messages that went out, in order.
    pub sent: Vec<Planned>,
    /// Why: every line of every decision.
    pub ledger: Vec<LedgerEntry>,
    /// When it must be decided without new facts.
    pub next_due: Option<Instant>,
    /// Derived values that are fixed, by slot number.
    pub fixed: BTreeMap<u32, Value>,
    /// A replay: receipts are among its facts already, none are made.
    pub replays: bool,
    /// How often it was decided.
    pub rev: i64,
    next_seq: i64,
    /// It was decided here: what is due next is what the last decision said, or sooner.
    rests: bool,
}

/// An account that cannot be decided: an error of the engine, never of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("account {key} cannot be decided at {at}: {why}; please report this")]
pub struct Stuck {
    /// Which account.
    pub key: String,
    /// At which logical time.
    pub at: Instant,
    /// What happened.
    pub why: &'static str,
}

impl Account {
    /// An account nobody has heard of yet.
    pub fn new(id: AccountId, key: &str) -> Account {
        Account { id, key: key.to_owned(), ..Account::default() }
    }

    /// An account as the store holds it; facts get numbers after `last_seq`.
    pub fn loaded(snapshot: Snapshot, last_seq: i64) -> Account {
        Account {
            id: snapshot.account,
            key: snapshot.key,
            state: snapshot.state,
            runs: snapshot.runs,
            tasks: snapshot.tasks.into_iter().map(|task| (task.identity(), task)).collect(),
            contacts: snapshot.contacts,
            contact_days: snapshot.contact_days,
            inbox: snapshot.inbox.into(),
            rev: snapshot.rev,
            next_seq: last_seq,
            ..Account::default()
        }
    }

    /// The zone of its local days: its own, else the workspace's.
    pub fn zone(&self, rulebook: &Rulebook) -> TimeZone {
        let named = self.state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
        named.unwrap_or_else(|| rulebook.model.workspace.zone.clone())
    }

    /// Records a fact about this account; its number is given here. Facts are folded by `received_at`,
    /// those of one moment in the order they were recorded.
    pub fn record(&mut self, mut fact: Fact) {
        self.next_seq += 1;
        (fact.account, fact.seq) = (self.id, self.next_seq);
        let place = self.inbox.partition_point(|f| f.received_at <= fact.received_at);
        self.inbox.insert(place, fact);
    }

    /// The next moment at which something happens: a fact comes in, or time makes something due.
    pub fn due(&self) -> Option<Instant> {
        let fact = self.inbox.front().map(|f| f.received_at.max(self.state.now));
        [fact, self.next_due].into_iter().flatten().min()
    }

    /// Decides every due moment up to and including `until`, one after the other.
    pub fn advance(&mut self, world: &World, rulebook: &Rulebook, until: Instant) -> Result<(), Stuck> {
        while let Some(at) = self.due().filter(|at| *at <= until) {
            self.step(world, rulebook, at)?;
        }
        Ok(())
    }

    /// Decides once, with what is known at `at`, and applies the decision.
    pub fn step(&mut self, world: &World, rulebook: &Rulebook, at: Instant) -> Result<Decision, Stuck> {
        let upto = self.inbox.partition_point(|f| f.received_at <= at);
        // Lent to the snapshot, not copied; whatever is not folded comes back.
        let facts: Vec<Fact> = self.inbox.drain(..upto).collect();
        let state = std::mem::take(&mut self.state);
        let mut snapshot = self.snapshot_of(state, facts, at);
        let outcome = self.outcome(&mut snapshot, world, rulebook, at);
        snapshot.inbox.drain(..).rev().for_each(|fact| self.inbox.push_front(fact));
        self.state = snapshot.state;
        let decision = outcome?;
        if decision.turns == 0 && decision.next_due.is_some_and(|due| due <= at) {
            return Err(self.stuck(at, "it is due, but no turn was taken"));
        }
        Ok(self.apply(decision))
    }

    /// What `decide` answers at `at`; nothing is applied.
    pub fn decide(&self, world: &World, rulebook: &Rulebook, at: Instant) -> Result<Decision, Stuck> {
        self.outcome(&mut self.snapshot(at), world, rulebook, at)
    }

    fn outcome(
        &self,
        snapshot: &mut Snapshot,
        world: &World,
        rulebook: &Rulebook,
        at: Instant,
    ) -> Result<Decision, Stuck> {
        for _ in 0..MAX_NEEDS {
            match engine::decide(snapshot, world, rulebook, at) {
                Outcome::Done(decision) => return Ok(*decision),
                Outcome::Need(needs) => needs.into_iter().for_each(|need| self.answer(snapshot, need)),
            }
        }
        Err(self.stuck(at, "it asks for the same contacts again and again"))
    }

    fn stuck(&self, at: Instant, why: &'static str) -> Stuck {
        Stuck { key: self.key.clone(), at, why }
    }

    /// What the store would hand to `decide` at `at`: facts up to then, open work, and only those contacts
    /// that facts and runs name or whose own time has come.
    pub fn snapshot(&self, at: Instant) -> Snapshot {
        let upto = self.inbox.partition_point(|f| f.received_at <= at);
        let state = AccountState { warm: self.state.warm.hand_over(), ..self.state.clone() };
        self.snapshot_of(state, self.inbox.iter().take(upto).cloned().collect(), at)
    }

    fn snapshot_of(&self, state: AccountState, facts: Vec<Fact>, at: Instant) -> Snapshot {
        let mut snapshot = Snapshot {
            account: self.id,
            key: self.key.clone(),
            rev: self.rev,
            state,
            next_due: self.rests.then_some(self.next_due),
            runs: self.runs.iter().filter(|r| !r.personal).cloned().collect(),
            tasks: self.tasks.values().filter(|t| t.done.is_none()).cloned().collect(),
            inbox: facts,
            fixed: self.fixed.clone(),
            contacts: BTreeMap::new(),
            contact_days: BTreeMap::new(),
            answers: Vec::new(),
            history: None,
            address_sends: Vec::new(),
            contacts_later: None,
        };
        let mut due: Vec<(Instant, ContactId)> =
            self.contacts.values().filter_map(|c| Some((c.standing.due?, c.id))).collect();
        due.sort_unstable();
        let (now, later): (Vec<_>, Vec<_>) = due.iter().enumerate().partition(|(i, d)| *i < PEOPLE && d.0 <= at);
        snapshot.contacts_later = later.first().map(|(_, d)| d.0);
        let named: BTreeSet<ContactId> = snapshot.named().into_iter().chain(now.iter().map(|(_, d)| d.1)).collect();
        named.into_iter().for_each(|id| self.load(&mut snapshot, id, true));
        snapshot.runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        snapshot
    }

    /// A contact, if it is not there yet; with its runs.
    fn load(&self, snapshot: &mut Snapshot, id: ContactId, runs: bool) {
        let Some(contact) = self.contacts.get(&id) else { return };
        if runs {
            snapshot.runs.retain(|r| r.person() != Some(id));
            snapshot.runs.extend(self.runs.iter().filter(|r| r.person() == Some(id)).cloned());
        }
        snapshot.contacts.insert(id, contact.clone());
        let days = self.contact_days.range((id, String::new())..).take_while(|((of, _), _)| *of == id);
        snapshot.contact_days.extend(days.map(|(key, day)| (key.clone(), *day)));
    }

    fn answer(&self, snapshot: &mut Snapshot, need: Need) {
        match need {
            Need::History => {
                let told = |f: &&Fact| matches!(f.body, FactBody::Event { .. } | FactBody::Receipt { .. });
                let events = self.history.iter().filter(told);
                snapshot.history = Some(events.cloned().collect());
            }
            Need::Contacts(query) => {
                let ids = self.matching(&query);
                ids.iter().for_each(|id| self.load(snapshot, *id, query.after.is_some()));
                snapshot.runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
                snapshot.answers.push((query, ids));
            }
        }
    }

    fn matching(&self, query: &ContactQuery) -> Vec<ContactId> {
        let has_role = |c: &&Shared<Contact>| {
            query.roles.is_empty() || c.text("role").is_some_and(|role| query.roles.iter().any(|r| r == role))
        };
        let inside = |c: &&Shared<Contact>| query.after.is_none_or(|after| c.id > after);
        self.contacts.values().filter(inside).filter(has_role).take(query.limit as usize).map(|c| c.id).collect()
    }

    fn apply(&mut self, mut decision: Decision) -> Decision {
        self.rev += 1;
        let state = decision.state.clone();
        self.state = std::mem::replace(&mut decision.state, state);
        self.next_due = decision.next_due;
        self.rests = true;
        self.apply_work(&decision);
        self.apply_people(&decision);
        self.fold_inbox(decision.folded);
        self.remember_own(&decision);
        self.ledger.extend(decision.ledger.iter().cloned());
        self.send(&decision);
        decision
    }

    fn apply_work(&mut self, decision: &Decision) {
        for run in &decision.runs {
            self.runs.retain(|open| open.id != run.id);
            self.ended.retain(|ended| ended.id != run.id);
            let list = if run.ended.is_some() { &mut self.ended } else { &mut self.runs };
            list.push(run.clone());
        }
        for late in &decision.late {
            let sent = format!("key:{}", late.key);
            let mine = |run: &&mut Shared<Run>| run.steps.values().any(|step| step.marks.contains_key(&sent));
            if let Some(run) = self.ended.iter_mut().find(mine) {
                run.mark(&late.key, &late.mark, late.at);
            }
        }
        self.runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        self.tasks.extend(decision.tasks.iter().map(|task| (task.identity(), task.clone())));
    }

    fn apply_people(&mut self, decision: &Decision) {
        self.contacts.extend(decision.contacts.iter().map(|c| (c.id, c.clone())));
        for id in &decision.removed {
            self.contacts.remove(id);
            self.contact_days.retain(|(of, _), _| of != id);
        }
        let days = decision.contact_days.iter().filter(|(id, ..)| self.contacts.contains_key(id));
        self.contact_days.extend(days.map(|(id, metric, day)| ((*id, metric.clone()), *day)));
    }

    fn fold_inbox(&mut self, folded: Option<i64>) {
        let last = folded.and_then(|seq| self.inbox.iter().position(|f| f.seq == seq));
        let count = last.map_or(0, |place| place + 1);
        self.history.extend(self.inbox.drain(..count));
    }

    fn remember_own(&mut self, decision: &Decision) {
        for event in &decision.events {
            self.next_seq += 1;
            let (at, seq) = (event.at, self.next_seq);
            let body = event.body.clone();
            self.history.push(Fact { seq, contact: event.contact, ..own(self.id, at, format!("own:{seq}"), body) });
        }
    }

    /// Hands every message over at once, but not those that the same decision took back.
    fn send(&mut self, decision: &Decision) {
        for planned in &decision.messages {
            let back = decision.cancelled.iter().find(|(key, _)| *key == planned.key.0);
            let outcome = if back.is_some() { "skipped" } else { "sent" };
            if !self.replays {
                self.record(receipt(planned, outcome, planned.ready_at.plus(RECEIPT_AFTER)));
            }
            if back.is_none() {
                self.sent.push(planned.clone());
            }
        }
    }
}

/// What became of a message, as a fact of the moment `at`.
pub fn receipt(planned: &Planned, outcome: &str, at: Instant) -> Fact {
    let body = FactBody::Receipt {
        key: planned.key.clone(),
        run: Some(planned.run.0.clone()),
        playbook: planned.playbook.clone(),
        step: planned.step.clone(),
        outcome: outcome.to_owned(),
        detail: String::new(),
    };
    Fact { contact: planned.contact, ..own(planned.account, at, format!("{}:{outcome}", planned.key.0), body) }
}

fn own(account: AccountId, at: Instant, event_id: String, body: FactBody) -> Fact {
    let source = OWN.to_owned();
    Fact { seq: 0, account, contact: None, occurred_at: at, received_at: at, source, event_id, body }
}
