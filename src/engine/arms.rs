//! Arming of `start: {when: …}`: it arms whenever it is false and fires when armed, true for
//! `stable_for`, and allowed.

use super::{
    runs::StartCause,
    work::{Judged, Work},
};
use crate::{
    model::instant::Instant,
    rulebook::{expr::Program, playbook::Playbook, schedule::length::Length},
};

impl Work<'_> {
    /// At the baseline of a rulebook: new accounts start armed; those who match when the playbook goes
    /// live (or when an edit makes them match) are disarmed unless `existing: true`.
    pub fn adopt_when(&mut self, playbook: &Playbook, cond: &Program, first: bool) {
        // Whether a contact is known is settled already.
        let newcomer = first && (self.about.is_some() || !self.state.known);
        let holds = self.holds(cond);
        let old = self.arms().get(&playbook.name).cloned();
        let isnew = old.is_none();
        let mut arm = old.unwrap_or_default();
        if isnew {
            arm.armed = newcomer || playbook.enroll.existing || !holds;
        } else if holds && !arm.holds && !playbook.enroll.existing {
            arm.armed = false;
        }
        arm.holds = holds;
        arm.true_since = if holds { arm.true_since.or(Some(self.now)) } else { None };
        self.arms_mut().insert(playbook.name.clone(), arm);
    }

    /// Judges the condition; starts where it fires.
    pub fn judge_when(&mut self, playbook: &Playbook, cond: &Program, stable_for: Option<Length>, events: &[Judged]) {
        let holds = self.holds(cond);
        let now = self.now;
        let old = self.arms().get(&playbook.name).cloned();
        let mut arm = old.clone().unwrap_or_default();
        arm.holds = holds;
        if holds {
            arm.true_since = arm.true_since.or(Some(now));
        } else {
            arm.number += u32::from(!arm.armed);
            (arm.armed, arm.true_since) = (true, None);
        }
        let (armed, number, since) = (arm.armed, arm.number, arm.true_since.unwrap_or(now));
        if old.as_ref() != Some(&arm) {
            self.arms_mut().insert(playbook.name.clone(), arm);
        }
        if !holds || !armed || self.stable_at(since, stable_for) > now {
            return;
        }
        if let Some(refusal) = self.refusal(playbook, "") {
            return self.note_refusal(playbook, &refusal.reason);
        }
        if let Some(arm) = self.arms_mut().get_mut(&playbook.name) {
            arm.armed = false;
        }
        self.start_run(playbook, StartCause { cause: format!("when:{number}"), ..StartCause::default() }, events);
    }

    /// When a condition true since `since` has been true for long enough.
    pub fn stable_at(&self, since: Instant, stable_for: Option<Length>) -> Instant {
        stable_for.map_or(since, |l| l.after(since, &self.zone, self.calendar))
    }

    /// Notes a refused start once, not at every turn.
    pub fn note_refusal(&mut self, playbook: &Playbook, reason: &str) {
        if !matches!(reason, "already_running" | "never_again" | "churned" | "rollout") {
            self.note("not_started", &playbook.name, "", reason);
        }
    }

    /// When arming, stability or a refusal next matters; the condition may change at `change`.
    pub fn when_due(
        &self,
        playbook: &Playbook,
        change: Option<Instant>,
        stable_for: Option<Length>,
        soonest: &mut super::due::Soonest,
    ) {
        let held = self.arms().get(&playbook.name).filter(|a| a.armed && a.holds);
        if held.is_none() && !soonest.sooner(change) {
            return;
        }
        let refusal = self.refusal(playbook, "");
        // Whoever comes back starts as if watched all the time: armed where it was false meanwhile, and true since when it was.
        let watched = stable_for.is_some() || self.arms().get(&playbook.name).is_some_and(|a| a.holds && !a.armed);
        let shut = |reason: &str| matches!(reason, "never_again" | "rollout") || (reason == "churned" && !watched);
        if refusal.as_ref().is_some_and(|r| shut(&r.reason)) {
            return;
        }
        soonest.or(change);
        if let Some(arm) = held {
            soonest.or(arm.true_since.map(|since| self.stable_at(since, stable_for)));
            soonest.or(refusal.and_then(|r| r.until));
        }
    }
}
