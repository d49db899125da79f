//! Two records that are one person: one takes in the other.

use std::collections::BTreeMap;

use super::{
    dated::DATES_KEPT,
    metrics,
    runs::STARTS_KEPT,
    standing::{AFTER_KEPT, PENDING_KEPT},
    work::Work,
};
use crate::model::{
    contact::{Consent, Contact, Standing},
    ids::{ContactId, RunId},
    message::Planned,
    run::{Run, RunResult},
    shared::Shared,
    state::{MetricState, PastRuns, PendingStart},
};

/// Why a run ends whose playbook runs for the same person already.
const MERGED: &str = "merged";

impl Work<'_> {
    /// `other` is the same person as `id`. What `id` does not say is taken from the other; what either refused stays
    /// refused. Of two runs of one playbook the older goes on; no run begins, and nobody is told that somebody left.
    pub fn fold_absorbed(&mut self, id: ContactId, other: ContactId, key: &str) {
        if id == other || !self.contacts.contains_key(&id) || !self.contacts.contains_key(&other) {
            return self.note("skip", "", "", format!("nobody_to_merge:{key}"));
        }
        self.hand_over_runs(id, other);
        let Some(taken) = self.contacts.get(&other).cloned() else { return };
        self.recounted(other, |work| work.leave_to(other));
        self.recounted(id, |work| {
            if let Some(kept) = work.contacts.get_mut(&id) {
                join(kept, &taken);
            }
            work.touched_contacts.insert(id);
        });
        self.merge_days(id, other);
        self.rename_contact(other, id);
        self.slots_of = None;
    }

    /// Whatever names `other` names `id`.
    pub fn rename_contact(&mut self, other: ContactId, id: ContactId) {
        self.state.merged.values_mut().filter(|whose| **whose == other).for_each(|whose| *whose = id);
        self.state.merged.insert(other, id);
        let own = self.contacts.get_mut(&id).map(|c| &mut **c);
        let (mut runs, mut starts) = (vec![&mut self.state.after], vec![&mut self.state.pending]);
        if let Some(contact) = own {
            runs.push(&mut contact.standing.after);
            starts.push(&mut contact.standing.pending);
        }
        let runs = runs.into_iter().flatten().filter(|run| run.contact == Some(other));
        runs.for_each(|run| run.contact = Some(id));
        let starts = starts.into_iter().flatten().filter(|start| start.contact == Some(other));
        starts.for_each(|start| start.contact = Some(id));
        self.queue.iter_mut().filter(|event| event.contact == Some(other)).for_each(|event| event.contact = Some(id));
        self.stirred.remove(&other);
        self.stirred.insert(id);
    }

    /// Who a planned message is for, after merges.
    pub fn whom(&self, planned: &Planned) -> Option<ContactId> {
        planned.contact.map(|id| self.state.now_is(id))
    }

    fn leave_to(&mut self, other: ContactId) {
        self.contacts.remove(&other);
        self.touched_contacts.remove(&other);
        self.newcomers.remove(&other);
        self.removed.insert(other);
    }

    /// Gives the other's open runs to `id`; of two alike the younger ends.
    fn hand_over_runs(&mut self, id: ContactId, other: ContactId) {
        let theirs: Vec<RunId> = self.runs.iter().filter(|r| r.contact == Some(other)).map(|r| r.id.clone()).collect();
        for run in theirs {
            let Some(theirs) = self.run(&run).cloned() else { continue };
            let same = |r: &&Shared<Run>| {
                r.person() == Some(id) && (&r.playbook, &r.key, r.arm) == (&theirs.playbook, &theirs.key, theirs.arm)
            };
            if let Some(mine) = self.runs.iter().find(same).filter(|_| theirs.personal).cloned() {
                let younger = if mine.started <= theirs.started { &theirs.id } else { &mine.id };
                self.end_run(&younger.clone(), RunResult::Moved, MERGED, 0);
            }
            if self.run(&run).is_some() {
                self.count_running(&Run { contact: Some(id), ..(*theirs).clone() }, true);
                self.count_running(&theirs, false);
                self.update(&run, |run| run.contact = Some(id));
            }
        }
    }

    /// Counts of people: who was there twice is there once, last on the later of the two days.
    fn merge_days(&mut self, id: ContactId, other: ContactId) {
        let theirs: Vec<(String, i32)> = self
            .contact_days
            .range((other, String::new())..)
            .take_while(|((of, _), _)| *of == other)
            .map(|((_, metric), day)| (metric.clone(), *day))
            .collect();
        for (metric, day) in theirs {
            self.contact_days.remove(&(other, metric.clone()));
            self.touched_days.remove(&(other, metric.clone()));
            let key = (id, metric.clone());
            let mine = self.contact_days.get(&key).copied();
            let name = metric.split('@').next().unwrap_or_default();
            // Days of an older definition of a metric count no more.
            let counts = self.days_key(name) == metric;
            if let (Some(mine), Some(state)) = (mine, self.state.metrics.get_mut(name).filter(|_| counts)) {
                metrics::bump(&mut state.last_days, mine.min(day), false);
            }
            self.contact_days.insert(key.clone(), mine.map_or(day, |mine| mine.max(day)));
            self.touched_days.insert(key);
        }
    }
}

/// What `kept` does not say, `taken` says.
pub(super) fn join(kept: &mut Contact, taken: &Contact) {
    for (name, value) in &taken.attrs {
        if kept.attrs.get(name).is_none_or(|known| known.is_missing()) {
            kept.attrs.insert(name.clone(), value.clone());
        }
    }
    kept.do_not_contact |= taken.do_not_contact;
    kept.opted_out.extend(taken.opted_out.iter().cloned());
    kept.consent = newer(kept.consent.take(), taken.consent.clone());
    for (name, theirs) in &taken.metrics {
        let mine = kept.metrics.remove(name);
        kept.metrics.insert(name.clone(), mine.map_or_else(|| theirs.clone(), |mine| added(mine, theirs)));
    }
    join_standing(&mut kept.standing, &taken.standing);
}

/// The later word on consent; of two at one moment the refusal.
fn newer(mine: Option<Consent>, theirs: Option<Consent>) -> Option<Consent> {
    [mine, theirs].into_iter().flatten().max_by_key(|consent| (consent.at, !consent.given))
}

/// Both records' counts in one.
pub(super) fn added(mut mine: MetricState, theirs: &MetricState) -> MetricState {
    mine.seen |= theirs.seen;
    mine.total += theirs.total;
    let mut days: BTreeMap<i32, f64> = mine.days.iter().copied().collect();
    theirs.days.iter().for_each(|(day, amount)| *days.entry(*day).or_default() += amount);
    mine.days = days.into_iter().collect();
    mine.first = [mine.first, theirs.first].into_iter().flatten().min();
    if theirs.last > mine.last {
        (mine.last, mine.latest) = (theirs.last, theirs.latest.clone());
    }
    mine.open.extend(theirs.open.iter().cloned());
    mine.open.sort_by_key(|open| open.at);
    mine
}

fn join_standing(mine: &mut Standing, theirs: &Standing) {
    for (playbook, arm) in &theirs.arms {
        mine.arms.entry(playbook.clone()).or_insert_with(|| arm.clone());
    }
    for (playbook, at) in &theirs.cron {
        let known = mine.cron.entry(playbook.clone()).or_insert(*at);
        *known = (*known).max(*at);
    }
    for (playbook, dates) in &theirs.dates {
        let known = mine.dates.entry(playbook.clone()).or_default();
        known.extend(dates);
        known.sort_unstable();
        known.dedup();
        newest(known, DATES_KEPT);
    }
    for (name, past) in &theirs.past {
        let known = mine.past.entry(name.clone()).or_default();
        *known = both(known, past);
    }
    let known = |start: &PendingStart| {
        let same = |p: &PendingStart| (&p.playbook, &p.cause) == (&start.playbook, &start.cause);
        mine.pending.iter().any(same)
    };
    let more: Vec<PendingStart> = theirs.pending.iter().filter(|start| !known(start)).cloned().collect();
    mine.pending.extend(more);
    mine.after.extend(theirs.after.iter().cloned());
    mine.after.sort_by_key(|run| run.started);
    newest(&mut mine.pending, PENDING_KEPT.1);
    newest(&mut mine.after, AFTER_KEPT.1);
    mine.due = [mine.due, theirs.due].into_iter().flatten().min();
}

/// As many as are kept of one contact.
pub(super) fn newest<T>(all: &mut Vec<T>, most: usize) {
    all.drain(..all.len().saturating_sub(most));
}

pub(super) fn both(mine: &PastRuns, theirs: &PastRuns) -> PastRuns {
    let later = if theirs.last_ended > mine.last_ended { theirs } else { mine };
    let mut starts: Vec<_> = mine.starts.iter().chain(&theirs.starts).copied().collect();
    starts.sort_unstable();
    newest(&mut starts, STARTS_KEPT);
    PastRuns {
        count: mine.count + theirs.count,
        goals: mine.goals + theirs.goals,
        last_goal: mine.last_goal.max(theirs.last_goal),
        starts,
        ..later.clone()
    }
}
