//! Two accounts that are one customer: one ends and leaves everything to the other.

use std::collections::BTreeMap;

use super::{
    attrs::blank,
    caps::MOST,
    merge::{added, join, newest},
    metrics,
    standing::PENDING_KEPT,
    work::Work,
};
use crate::model::{
    contact::{Consent, Contact, Standing},
    estate::{Estate, Guest, Handover},
    ids::{AccountId, ContactId, RunId},
    run::{Run, RunResult},
    shared::Shared,
    snapshot::{ContactQuery, Need},
    state::{AccountState, ArmState, Attr, MetricState, PastRuns},
    value::Props,
};
use crate::rulebook::playbook::Again;

/// Why the runs of an account end that is another one.
pub const ACCOUNT_MERGED: &str = "account_merged";

impl Work<'_> {
    /// The account has another key. Draws go on with the one they were made with.
    pub fn fold_renamed(&mut self, from: &str) {
        self.state.drawn_as.get_or_insert_with(|| from.to_owned());
    }

    /// The account is another one. Its runs end, what has not left yet is taken back, and everything is handed over.
    pub fn fold_leaving(&mut self, into: AccountId) {
        let everybody = ContactQuery { roles: Vec::new(), limit: u32::MAX >> 1, after: Some(ContactId(i64::MIN)) };
        if !self.snapshot.answers.iter().any(|(asked, _)| *asked == everybody) {
            return self.needs.push(Need::Contacts(everybody));
        }
        // Nobody is told: nothing has happened to the customer.
        self.silent = true;
        let open: Vec<Shared<Run>> = self.runs.clone();
        let ids: Vec<RunId> = open.iter().map(|run| run.id.clone()).collect();
        ids.iter().for_each(|id| self.end_run(id, RunResult::Exited, ACCOUNT_MERGED, 0));
        let (personal, own): (Vec<_>, Vec<_>) = open.into_iter().partition(|run| run.personal);
        let guests = self.contacts.values().map(|contact| self.guest(contact, &personal)).collect();
        let state = AccountState { after: Vec::new(), warm: Default::default(), ..self.state.clone() };
        let tasks = self.tasks.iter().filter(|task| task.done.is_none()).cloned().collect();
        let runs = own.iter().map(|run| (**run).clone()).collect();
        let estate = Estate { state, runs, tasks };
        self.left = Some(Box::new(Handover { into, at: self.now, estate, guests }));
    }

    fn guest(&self, contact: &Contact, runs: &[Shared<Run>]) -> Guest {
        let standing = Standing { after: Vec::new(), due: None, ..contact.standing.clone() };
        let own = self.contact_days.range((contact.id, String::new())..).take_while(|((of, _), _)| *of == contact.id);
        let day = |((_, metric), day): (&(ContactId, String), &i32)| {
            let name = metric.split('@').next().unwrap_or_default();
            let known = self.state.metrics.get(name).filter(|_| self.days_key(name) == *metric)?;
            Some((name.to_owned(), known.hash.clone(), *day))
        };
        Guest {
            contact: Contact { standing, ..contact.clone() },
            days: own.filter_map(day).collect(),
            runs: runs.iter().filter(|run| run.contact == Some(contact.id)).map(|run| (**run).clone()).collect(),
        }
    }

    /// Takes over what another account was. What this one says itself stays; counts are added; of a run that both had,
    /// this one's goes on, without those the other has written to.
    pub fn fold_taken_in(&mut self, key: &str, estate: &Estate) {
        let theirs = &estate.state;
        self.note("merge", "", "", format!("took_in:{key}"));
        self.fill_gaps(theirs);
        self.add_metrics(theirs);
        let mine = &mut self.state;
        join_latched(mine, theirs);
        join_starts(mine, theirs);
        join_decisions(mine, theirs);
        mine.sends.extend(theirs.sends.iter().cloned());
        mine.sends.sort_by_key(|send| send.at);
        let extra = mine.sends.len().saturating_sub(MOST);
        mine.sends.drain(..extra);
        self.told_already(&estate.runs, None);
        for task in &estate.tasks {
            let identity = task.identity();
            if !self.tasks.iter().any(|known| known.identity() == identity && known.done.is_none()) {
                self.put_task(task.clone());
            }
        }
        self.settle_zone();
        self.unsettle();
    }

    /// A contact of the other account is one of this account, known here by `id`.
    pub fn fold_arrived(&mut self, id: ContactId, (key, was): (&str, ContactId), guest: &Guest) {
        if !self.contacts.contains_key(&id) && id != was {
            return self.note("skip", "", "", format!("nobody_to_merge:{key}"));
        }
        let record = || Contact { key: key.to_owned(), ..blank(id, &Props::new()) };
        self.contacts.entry(id).or_insert_with(|| record().into());
        self.removed.remove(&id);
        self.recounted(id, |work| {
            if let Some(kept) = work.contacts.get_mut(&id) {
                take_in(kept, &guest.contact);
            }
            work.touched_contacts.insert(id);
        });
        for (metric, hash, day) in &guest.days {
            self.arrive_day(id, metric, hash, *day);
        }
        if id != was {
            self.rename_contact(was, id);
        }
        self.told_already(&guest.runs, Some(id));
        self.stirred.insert(id);
        self.slots_of = None;
    }

    /// Who was active at both is counted once, on the later of the two days.
    fn arrive_day(&mut self, id: ContactId, metric: &str, hash: &str, day: i32) {
        let key = (id, self.days_key(metric));
        let mine = self.contact_days.get(&key).copied();
        let Some(state) = self.state.metrics.get_mut(metric).filter(|state| state.hash == hash) else { return };
        if let Some(mine) = mine {
            metrics::bump(&mut state.last_days, mine.min(day), false);
        }
        self.contact_days.insert(key.clone(), mine.map_or(day, |mine| mine.max(day)));
        self.touched_days.insert(key);
    }

    /// Runs of the same playbook that go on here do not write again to whom the others wrote.
    fn told_already(&mut self, theirs: &[Run], person: Option<ContactId>) {
        for run in theirs.iter().filter(|run| run.is_real()) {
            let again = self.rulebook.playbook(&run.playbook).map(|playbook| &playbook.enroll.again);
            let once = again.is_some_and(|again| *again == Again::Never);
            let same = |mine: &&Shared<Run>| {
                let alike = (&mine.playbook, &mine.key) == (&run.playbook, &run.key);
                // The same occurrence: there is only one, it has the same cause, or both ran at one time.
                let together = run.ended.is_none_or(|ended| ended >= mine.started);
                mine.person() == person && mine.is_real() && alike && (once || together || mine.cause == run.cause)
            };
            let open: Vec<RunId> = self.runs.iter().filter(same).map(|mine| mine.id.clone()).collect();
            for id in open {
                self.note("merge", &run.playbook, "", "goes_on_here");
                self.update(&id, |mine| copy_told(mine, run));
            }
        }
    }

    fn fill_gaps(&mut self, theirs: &AccountState) {
        let gaps: Vec<(String, Attr)> = theirs
            .attrs
            .iter()
            .filter(|(name, attr)| !attr.value.is_missing() && self.state.attr(name).is_missing())
            .map(|(name, attr)| (name.clone(), attr.clone()))
            .collect();
        gaps.into_iter().for_each(|(name, attr)| drop(self.state.attrs.insert(name, attr)));
    }

    /// Counts of both, where both counted by the same definition. Counts of contacts follow with the contacts.
    fn add_metrics(&mut self, theirs: &AccountState) {
        let rulebook = self.rulebook;
        for metric in &rulebook.model.metrics {
            let Some(other) = theirs.metrics.get(&metric.name) else { continue };
            if matches!(metric.kind, crate::rulebook::types::MetricKind::Contacts(_)) || !has_counted(other) {
                continue;
            }
            let mine = self.state.metrics.entry(metric.name.clone()).or_default();
            if mine.hash.is_empty() {
                mine.hash.clone_from(&other.hash);
            }
            if mine.hash != other.hash {
                self.note("skip", "", "", format!("defined_anew:{}", metric.name));
                continue;
            }
            let sum = both_metrics((**mine).clone(), other);
            *mine = sum.into();
        }
    }
}

fn has_counted(state: &MetricState) -> bool {
    MetricState { hash: String::new(), refolded: Default::default(), ..state.clone() } != MetricState::default()
}

/// As of one contact, and how many contacts were last active on each day.
fn both_metrics(mine: MetricState, theirs: &MetricState) -> MetricState {
    let mut days: BTreeMap<i32, u32> = mine.last_days.iter().copied().collect();
    theirs.last_days.iter().for_each(|(day, count)| *days.entry(*day).or_default() += count);
    let mut sum = added(mine, theirs);
    sum.last_days = days.into_iter().collect();
    sum
}

/// What was reached, and when anything was heard first.
fn join_latched(mine: &mut AccountState, theirs: &AccountState) {
    for (name, at) in theirs.milestones.iter() {
        let reached = mine.milestones.entry(name.clone()).or_insert(*at);
        *reached = (*reached).min(*at);
    }
    for (task, at) in &theirs.plan {
        let done = mine.plan.entry(task.clone()).or_insert(*at);
        *done = (*done).min(*at);
    }
    if theirs.first_seen.0 != 0 {
        mine.first_seen =
            if mine.first_seen.0 == 0 { theirs.first_seen } else { mine.first_seen.min(theirs.first_seen) };
    }
    mine.known |= theirs.known;
    mine.last_note = mine.last_note.take().or_else(|| theirs.last_note.clone());
    for (was, is) in &theirs.merged {
        mine.merged.entry(*was).or_insert(*is);
    }
}

/// What already began in one of the two does not begin again.
fn join_starts(mine: &mut AccountState, theirs: &AccountState) {
    theirs.arms.iter().for_each(|(name, arm)| both_arms(mine.arms.entry(name.clone()), arm));
    for (name, at) in theirs.cron.iter() {
        let last = mine.cron.entry(name.clone()).or_insert(*at);
        *last = (*last).max(*at);
    }
    for (name, dates) in theirs.dates.iter() {
        let known = mine.dates.entry(name.clone()).or_default();
        known.extend(dates);
        known.sort_unstable();
        known.dedup();
        newest(known, super::dated::DATES_KEPT);
    }
    for (name, past) in theirs.past.iter() {
        let known = mine.past.entry(name.clone()).or_default();
        *known = both_pasts(known, past);
    }
    for start in &theirs.pending {
        if !mine.pending.iter().any(|p| (&p.playbook, &p.cause) == (&start.playbook, &start.cause)) {
            mine.pending.push(start.clone());
        }
    }
    newest(&mut mine.pending, PENDING_KEPT.0);
}

/// What people decided: the stricter word.
fn join_decisions(mine: &mut AccountState, theirs: &AccountState) {
    for (what, until) in &theirs.mutes {
        let muted = mine.mutes.entry(what.clone()).or_insert(*until);
        *muted = (*muted).max(*until);
    }
    for (what, until) in &theirs.pauses {
        let paused = mine.pauses.entry(what.clone()).or_insert(*until);
        *paused = paused.zip(*until).map(|(a, b)| a.max(b));
    }
    for (what, ack) in &theirs.acks {
        mine.acks.entry(what.clone()).or_insert_with(|| ack.clone());
    }
    mine.override_band = mine.override_band.take().or_else(|| theirs.override_band.clone());
}

/// What one of the two has fired for does not fire again for the other.
fn both_arms(place: std::collections::btree_map::Entry<'_, String, ArmState>, theirs: &ArmState) {
    let mine = place.or_insert_with(|| theirs.clone());
    mine.armed &= theirs.armed;
    mine.number = mine.number.max(theirs.number);
    mine.holds |= theirs.holds;
    mine.true_since = [mine.true_since, theirs.true_since].into_iter().flatten().min();
}

/// Both counts; how the last run ended is said by the account that stays, if it had one.
fn both_pasts(mine: &PastRuns, theirs: &PastRuns) -> PastRuns {
    let sum = super::merge::both(mine, theirs);
    PastRuns { last_result: mine.last_result.or(theirs.last_result), ..sum }
}

fn take_in(kept: &mut Contact, record: &Contact) {
    let refused = |c: &Option<Consent>| c.clone().filter(|consent| !consent.given);
    let no = refused(&kept.consent).or_else(|| refused(&record.consent));
    join(kept, record);
    // Of two words the stricter: they may have been given for different customers.
    kept.consent = no.or_else(|| kept.consent.take());
    for (name, theirs) in &record.standing.arms {
        both_arms(kept.standing.arms.entry(name.clone()), theirs);
    }
}

/// The marks of whom a run has written to.
fn copy_told(mine: &mut Run, theirs: &Run) {
    for (step, record) in &theirs.steps {
        for (mark, at) in record.marks.iter().filter(|(mark, _)| mark.starts_with("to:")) {
            mine.steps.entry(step.clone()).or_default().marks.entry(mark.clone()).or_insert(*at);
        }
    }
}
