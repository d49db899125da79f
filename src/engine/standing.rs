//! What is remembered per subject: by the account, and in playbooks for contacts by each contact.

use std::collections::BTreeMap;

use super::{runs::past_name, work::Work};
use crate::{
    model::{
        ids::ContactId,
        instant::Instant,
        run::{Arm, Run},
        shared::Shared,
        state::{ArmState, PastRuns, PendingStart},
    },
    rulebook::{expr::Program, playbook::Playbook, playbook::Subject},
};

/// Starts kept back per account, and per contact.
pub(super) const PENDING_KEPT: (usize, usize) = (64, 8);
/// Completed runs whose goal is measured on, per account and per contact.
pub(super) const AFTER_KEPT: (usize, usize) = (16, 4);

/// The field of the subject at hand: the contact's where the work is about one, else the account's.
macro_rules! of_subject {
    ($work:expr, $field:ident) => {
        match $work.about.and_then(|id| $work.contacts.get(&id)) {
            Some(contact) => &contact.standing.$field,
            None => &$work.state.$field,
        }
    };
    (mut $work:expr, $field:ident) => {
        match $work.about.and_then(|id| $work.contacts.get_mut(&id)) {
            Some(contact) => &mut contact.standing.$field,
            None => &mut $work.state.$field,
        }
    };
}

impl Work<'_> {
    pub fn arms(&self) -> &BTreeMap<String, ArmState> {
        of_subject!(self, arms)
    }

    pub fn arms_mut(&mut self) -> &mut BTreeMap<String, ArmState> {
        of_subject!(mut self, arms)
    }

    pub fn crons(&self) -> &BTreeMap<String, Instant> {
        of_subject!(self, cron)
    }

    pub fn crons_mut(&mut self) -> &mut BTreeMap<String, Instant> {
        of_subject!(mut self, cron)
    }

    pub fn dates(&self) -> &BTreeMap<String, Vec<Instant>> {
        of_subject!(self, dates)
    }

    pub fn dates_mut(&mut self) -> &mut BTreeMap<String, Vec<Instant>> {
        of_subject!(mut self, dates)
    }

    pub fn pending(&self) -> &Vec<PendingStart> {
        of_subject!(self, pending)
    }

    pub fn pending_mut(&mut self) -> &mut Vec<PendingStart> {
        of_subject!(mut self, pending)
    }

    pub fn after(&self) -> &Vec<Shared<Run>> {
        of_subject!(self, after)
    }

    pub fn after_mut(&mut self) -> &mut Vec<Shared<Run>> {
        of_subject!(mut self, after)
    }

    /// How many starts and measured runs the subject at hand may keep.
    pub fn kept(&self) -> (usize, usize) {
        match self.about {
            None => (PENDING_KEPT.0, AFTER_KEPT.0),
            Some(_) => (PENDING_KEPT.1, AFTER_KEPT.1),
        }
    }

    /// Whether a run is one of the subject at hand.
    pub fn mine(&self, run: &Run) -> bool {
        run.person() == self.about
    }

    /// The runs of a playbook that ended, for the subject at hand.
    pub fn past(&self, arm: Arm, playbook: &str, key: &str) -> Option<&PastRuns> {
        let past: &BTreeMap<String, PastRuns> = of_subject!(self, past);
        past.get(&past_name(arm, playbook, key))
    }

    /// Every summary that counts a run: of its subject, by its key too, and of the account.
    pub fn each_past(&mut self, run: &Run, mut change: impl FnMut(&mut PastRuns)) {
        let all = past_name(run.arm, &run.playbook, "");
        let mut names = vec![all.clone()];
        if !run.key.is_empty() {
            names.push(past_name(run.arm, &run.playbook, &run.key));
        }
        let Some(id) = run.person() else {
            return names.into_iter().for_each(|name| change(self.state.past.entry(name).or_default()));
        };
        change(self.state.past.entry(all).or_default());
        if let Some(contact) = self.contacts.get_mut(&id) {
            names.into_iter().for_each(|name| change(contact.standing.past.entry(name).or_default()));
        }
    }

    /// Counts an open run about a contact, or one less: to other playbooks ghosts do not exist.
    pub fn count_running(&mut self, run: &Run, up: bool) {
        let (Some(id), Arm::Treated) = (run.person(), run.arm) else { return };
        let now = self.now;
        tally(&mut self.state.running, &run.playbook, up, now);
        if let Some(contact) = self.contacts.get_mut(&id) {
            tally(&mut contact.standing.running, &run.playbook, up, now);
        }
    }

    /// The status of a playbook for contacts, for one of them or (none) for all together.
    pub fn personal_status(&self, name: &str, of: Option<ContactId>) -> (&'static str, Option<Instant>) {
        let contact = of.and_then(|id| self.contacts.get(&id)).map(|c| (&c.standing.running, &c.standing.past));
        let (running, past) = contact.unwrap_or((&self.state.running, &*self.state.past));
        if let Some((_, since)) = running.get(name) {
            return ("running", Some(*since));
        }
        match past.get(name).and_then(|p| p.last_result.map(|r| (r, p.last_ended))) {
            Some((result, ended)) => (result.word(), Some(ended)),
            None => ("never", None),
        }
    }

    /// When an awaited condition next changes for the subject at hand. What all contacts share is watched once for
    /// all of them.
    pub fn awaits(
        &self,
        program: &Program,
        personal: bool,
        frame: &crate::rulebook::expr::frame::Frame<'_>,
    ) -> Option<Instant> {
        if personal { program.own_next(&self.rulebook.slots.own, frame) } else { program.next_change(frame) }
    }
}

/// Whether runs of a playbook are about contacts.
pub(super) fn is_personal(playbook: &Playbook) -> bool {
    playbook.subject == Subject::Contact
}

fn tally(running: &mut BTreeMap<String, (u32, Instant)>, playbook: &str, up: bool, now: Instant) {
    let entry = running.entry(playbook.to_owned()).or_insert((0, now));
    entry.0 = if up { entry.0 + 1 } else { entry.0.saturating_sub(1) };
    if entry.0 == 0 {
        running.remove(playbook);
    }
}
