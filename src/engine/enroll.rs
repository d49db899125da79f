//! Whether a start is allowed now; "not yet" says until when.

use std::borrow::Cow;

use super::{holdout, work::Work};
use crate::{
    model::instant::Instant,
    rulebook::playbook::{Again, Open, Playbook},
};

/// Why a start is not allowed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// A short machine word.
    pub reason: Cow<'static, str>,
    /// When it may be allowed; none = not by time alone.
    pub until: Option<Instant>,
}

impl Refusal {
    /// It passes by itself or by a person's word: a start that meets it is kept, so that a pause loses nobody.
    pub fn keeps(&self) -> bool {
        matches!(&*self.reason, "paused" | "needs_approval") || self.reason.starts_with("stale_feed")
    }
}

fn refusal(reason: impl Into<Cow<'static, str>>, until: Option<Instant>) -> Option<Refusal> {
    Some(Refusal { reason: reason.into(), until })
}

impl Work<'_> {
    /// Why `playbook` may not start for this account (and key) now; none = it may.
    pub fn refusal(&self, playbook: &Playbook, key: &str) -> Option<Refusal> {
        if self.about.is_some_and(|id| self.wants_none(playbook, id)) {
            return refusal("opted_out", None);
        }
        let general = self.general_refusal(playbook);
        general.or_else(|| self.open_refusal(playbook, key)).or_else(|| self.again_refusal(playbook, key))
    }

    /// Why it may not start for anybody of this account.
    pub fn general_refusal(&self, playbook: &Playbook) -> Option<Refusal> {
        if self.is_churned() && !playbook.include_churned {
            return refusal("churned", None);
        }
        if !holdout::rolled_out(playbook, self.state.drawn(&self.snapshot.key)) {
            return refusal("rollout", None);
        }
        if let Some(until) = self.state.mutes.get(&playbook.name).filter(|until| self.now < **until) {
            return refusal("snoozed", Some(*until));
        }
        if playbook.approve.is_some_and(|a| a.first_run) && !self.world.approved.contains(&playbook.name) {
            return refusal("needs_approval", None);
        }
        self.held(playbook)
    }

    /// Paused or stale: nothing starts or is sent; until when, if that is known.
    pub fn held(&self, playbook: &Playbook) -> Option<Refusal> {
        if self.world.paused(&playbook.name, self.now) {
            let pauses = &self.world.pauses;
            let until = ["*", playbook.name.as_str()].iter().filter_map(|n| pauses.get(*n)?.0).max();
            return refusal("paused", until);
        }
        let paused = if self.state.pauses.is_empty() { Default::default() } else { self.state.paused(self.now) };
        if let Some(name) = ["*", playbook.name.as_str()].iter().find(|n| paused.contains(**n)) {
            return refusal("paused", self.state.pauses.get(*name).copied().flatten());
        }
        match playbook.feeds.iter().find(|feed| self.world.stale.contains(*feed)) {
            Some(feed) => refusal(format!("stale_feed:{feed}"), None),
            None => None,
        }
    }

    fn open_refusal(&self, playbook: &Playbook, key: &str) -> Option<Refusal> {
        let open = self.runs.iter().any(|r| r.playbook == playbook.name && r.key == key && self.mine(r));
        if open && playbook.enroll.open == Open::Ignore { refusal("already_running", None) } else { None }
    }

    fn again_refusal(&self, playbook: &Playbook, key: &str) -> Option<Refusal> {
        if self.state.past.is_empty() || playbook.enroll.again == Again::Always {
            return None;
        }
        let arm = holdout::arm(self.rulebook, playbook, self.state.drawn(&self.snapshot.key));
        let past = self.past(arm, &playbook.name, key)?;
        match playbook.enroll.again {
            Again::Always => None,
            Again::Never => refusal("never_again", None),
            Again::After { after, at_most } => {
                let cooled = after.map(|l| l.after(past.last_ended, &self.zone, self.calendar));
                if let Some(until) = cooled.filter(|until| self.now < *until) {
                    return refusal("cooling_down", Some(until));
                }
                let (times, per) = at_most?;
                let live = |start: &&Instant| per.after(**start, &self.zone, self.calendar) > self.now;
                let starts: Vec<&Instant> = past.starts.iter().filter(live).collect();
                let free = starts.first().map(|s| per.after(**s, &self.zone, self.calendar));
                if starts.len() >= times as usize { refusal("often_enough", free) } else { None }
            }
        }
    }
}
