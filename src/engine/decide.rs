//! The one function: a snapshot in, effects out.

use super::work::Work;
use crate::{
    model::{
        contact::Contact,
        decision::{Decision, Outcome},
        fact::Fact,
        ids::ContactId,
        instant::Instant,
        shared::Shared,
        snapshot::Snapshot,
        world::World,
    },
    rulebook::types::Rulebook,
};

/// At most this many logical turns in one transaction; the rest follows in the next one.
const MAX_TURNS: u32 = 64;

/// Decides one account up to `now`: every due moment and every pending fact in its own place in the
/// order, each at its own logical time. The same arguments give the same answer, to the bit.
pub fn decide(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> Outcome {
    let mut work = Work::new(snapshot, world, rulebook, now);
    let needs = work.refold_needs();
    if !needs.is_empty() {
        return Outcome::Need(needs);
    }
    work.refold();
    let next_due = run_turns(&mut work, now);
    if !work.needs.is_empty() {
        let mut needs = std::mem::take(&mut work.needs);
        needs.dedup();
        return Outcome::Need(needs);
    }
    Outcome::Done(Box::new(work.into_decision(next_due)))
}

fn run_turns(work: &mut Work<'_>, now: Instant) -> Option<Instant> {
    let facts = &work.snapshot.inbox;
    let mut taken = 0;
    let mut next_due = work.kept_due();
    loop {
        if work.state.sweep.is_some() {
            if work.turns >= MAX_TURNS || !work.needs.is_empty() || !work.sweep_page() {
                return Some(work.state.now);
            }
            continue;
        }
        let fact_at = facts.get(taken).map(|f| f.received_at.max(work.state.now));
        let due = next_due.take().unwrap_or_else(|| work.next_due());
        let later = work.snapshot.contacts_later.map(|at| at.max(work.state.now));
        let at = [work.baseline_at(now), fact_at, due, work.people_due(), later].into_iter().flatten().min();
        let Some(at) = at.filter(|at| *at <= now) else {
            // Nothing of its own is due, yet it was taken: something around it changed (a resume, an approval).
            if work.turns == 0 && work.state.rulebook != 0 && now > work.state.now {
                work.turn(now, &[]);
                continue;
            }
            return at;
        };
        // Contacts that are due by then belong to the next decision.
        let more = work.turns > 0 && later == Some(at);
        if work.turns >= MAX_TURNS || !work.needs.is_empty() || more {
            return Some(at);
        }
        let upto = facts.partition_point(|f| f.received_at <= at).max(taken);
        let due: Vec<&Fact> = facts[taken..upto].iter().collect();
        taken = upto;
        work.turn(at, &due);
        if work.left.is_some() {
            return None;
        }
    }
}

impl Work<'_> {
    /// What the last decision said is due next, where that is known and nothing but time has passed since; else every
    /// value is brought up to where the account stands, so that it can be found again.
    fn kept_due(&mut self) -> Option<Option<Instant>> {
        let kept = self.snapshot.next_due.filter(|_| self.state.rulebook == self.rulebook.number);
        if kept.is_none() && self.state.now > Instant::default() {
            self.refresh();
        }
        kept
    }

    /// A rulebook that went live since the last decision takes its place in the account's order.
    fn baseline_at(&self, now: Instant) -> Option<Instant> {
        let fresh = self.state.rulebook == 0;
        if fresh || self.state.rulebook == self.rulebook.number {
            return None;
        }
        Some(self.rulebook.live_since.max(self.state.now).min(now))
    }

    fn into_decision(mut self, next_due: Option<Instant>) -> Decision {
        self.keep_warm();
        let before = |id: &ContactId| self.snapshot.contacts.get(id).map(|c| &c.standing);
        let stands = |c: &&Shared<Contact>| before(&c.id).map_or(!c.standing.is_blank(), |old| *old != c.standing);
        let moved: Vec<ContactId> = self.contacts.values().filter(stands).map(|c| c.id).collect();
        self.touched_contacts.extend(moved);
        let touched = std::mem::take(&mut self.touched);
        let mut runs: Vec<_> = self.runs.into_iter().filter(|r| touched.contains(&r.id)).collect();
        runs.extend(self.ended);
        let tasks = self.tasks.into_iter().filter(|t| self.touched_tasks.contains(&t.identity())).collect();
        let contacts = self.touched_contacts.iter().filter_map(|id| self.contacts.get(id)).cloned().collect();
        let contact_days = self
            .touched_days
            .iter()
            .filter_map(|key| self.contact_days.get(key).map(|day| (key.0, key.1.clone(), *day)))
            .collect();
        Decision {
            account: self.snapshot.account,
            rev: self.snapshot.rev,
            state: self.state,
            runs,
            tasks,
            contacts,
            removed: self.removed.into_iter().collect(),
            contact_days,
            messages: self.messages,
            cancelled: self.cancelled,
            late: self.late,
            events: self.events,
            ledger: self.ledger,
            folded: self.folded,
            handover: self.left,
            next_due,
            turns: self.turns,
        }
    }
}
