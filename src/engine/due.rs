//! The earliest moment at which anything can change without new facts.

use super::{dated::Dated, standing::is_personal, work::Work};
use crate::{
    model::{instant::Instant, run::Run, score::Reading},
    rulebook::{
        playbook::{Body, Playbook, Start, Trigger},
        slots::SlotSource,
    },
};

/// The soonest of many moments that lie ahead.
pub(super) struct Soonest {
    now: Instant,
    pub at: Option<Instant>,
}

impl Soonest {
    /// Nothing is known yet.
    pub fn after(now: Instant) -> Soonest {
        Soonest { now, at: None }
    }

    /// Whether this moment would be sooner than what is known.
    pub fn sooner(&self, at: Option<Instant>) -> bool {
        at.is_some_and(|at| at > self.now && self.at.is_none_or(|known| at < known))
    }

    /// One more moment, if it is known and not past.
    pub fn or(&mut self, at: Option<Instant>) {
        self.at = self.at.into_iter().chain(at.filter(|at| *at > self.now)).min();
    }
}

impl Work<'_> {
    /// When this account must be decided again; none = only when facts arrive.
    pub fn next_due(&mut self) -> Option<Instant> {
        if self.state.rulebook == 0 {
            return None;
        }
        let mut soonest = Soonest::after(self.now);
        self.derived_due(&mut soonest);
        for (place, playbook) in self.by_priority(true).iter().enumerate().filter(|(_, p)| !is_personal(p)) {
            self.own_start_due(place, playbook, &mut soonest);
            self.pending_due(playbook, &mut soonest);
        }
        if self.has_people() {
            soonest.or(self.shared_due());
            soonest.or(self.people_due());
        }
        for index in 0..self.runs.len() {
            let run = self.runs[index].clone();
            if !run.personal {
                self.run_due(&run, &mut soonest);
            }
        }
        self.after_due(&mut soonest);
        self.outcomes_due(&mut soonest);
        soonest.or(self.ack_due());
        soonest.at
    }

    /// Band, phase and milestones announce themselves, whether or not a playbook listens.
    fn derived_due(&self, soonest: &mut Soonest) {
        let watched = |source: &SlotSource| {
            matches!(
                source,
                SlotSource::Scored(_, Reading::Band)
                    | SlotSource::Phase
                    | SlotSource::Milestone(_)
                    | SlotSource::Alert(_)
            )
        };
        let sources = self.rulebook.slots.sources.iter().zip(&self.next);
        sources.filter(|(source, _)| watched(source)).for_each(|(_, next)| soonest.or(*next));
    }

    pub fn start_due(&self, playbook: &Playbook, soonest: &mut Soonest) {
        match &playbook.start {
            Start::When { cond, stable_for } => {
                let change = self.awaits(cond, self.about.is_some(), &self.frame(None, None));
                self.when_due(playbook, change, *stable_for, soonest);
            }
            Start::Cron { schedule, zone, where_, .. } => {
                if !self.is_churned() || playbook.include_churned {
                    soonest.or(self.cron_due(playbook, schedule, *zone, where_.as_ref()));
                }
            }
            Start::Dated { date, before, by, if_past } => {
                let dated = Dated { date, before: *before, by: *by, if_past: *if_past };
                let coming = self.dated_moment(&dated).filter(|(value, _)| !self.has_seen(playbook, value));
                let Some((_, at)) = coming else { return };
                soonest.or(Some(at));
                soonest.or(self.refusal(playbook, "").and_then(|r| r.until));
            }
            Start::On { .. } | Start::Manual => {}
        }
    }

    pub fn run_due(&mut self, run: &Run, soonest: &mut Soonest) {
        // A run that waits for a person's word on a reply still ends by exits and goals, nothing else moves it.
        let asked = run.reply_at.is_some();
        if !asked {
            soonest.or(run.until);
            soonest.or(run.hold_until);
        }
        let Some(playbook) = self.playbook_of(run) else { return };
        self.fill_contact(run.contact);
        let view = super::work::RunView { run };
        let frame = self.frame(None, Some(&view));
        let mut watch = |trigger: &Trigger| {
            if let Trigger::When(when) = trigger {
                soonest.or(self.awaits(when, run.personal, &frame));
            }
        };
        playbook.exits.iter().for_each(|e| watch(&e.on));
        if let Some(goal) = &playbook.goal {
            watch(&goal.on);
        }
        if asked {
            return;
        }
        if let Some(Body::WaitFor(wait)) = run.at.as_deref().and_then(|at| playbook.step(at)).map(|s| &s.body) {
            wait.branches.iter().for_each(|(trigger, _)| watch(trigger));
        }
    }
}
