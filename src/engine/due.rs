//! The earliest moment at which anything can change without new facts.

use super::{dated::Dated, standing::is_personal, work::Work};
use crate::{
    model::{instant::Instant, run::Run},
    rulebook::{
        playbook::{Body, Playbook, Start, Trigger},
        slots::SlotSource,
    },
};

impl Work<'_> {
    /// When this account must be decided again; none = only when facts arrive.
    pub fn next_due(&mut self) -> Option<Instant> {
        if self.state.rulebook == 0 {
            return None;
        }
        let mut moments: Vec<Option<Instant>> = self.derived_due();
        for playbook in self.by_priority(true).into_iter().filter(|p| !is_personal(p)) {
            moments.extend(self.start_due(playbook));
            moments.extend(self.pending_due(playbook));
        }
        if self.has_people() {
            moments.push(self.shared().1);
            moments.push(self.people_due());
        }
        let runs: Vec<Run> = self.runs.iter().filter(|r| !r.personal).cloned().collect();
        for run in &runs {
            moments.extend(self.run_due(run));
        }
        moments.extend(self.after_due());
        moments.push(self.ack_due());
        moments.into_iter().flatten().filter(|at| *at > self.now).min()
    }

    /// Band, phase and milestones announce themselves, whether or not a playbook listens.
    fn derived_due(&self) -> Vec<Option<Instant>> {
        let watched = |source: &SlotSource| {
            matches!(
                source,
                SlotSource::HealthBand | SlotSource::Phase | SlotSource::Milestone(_) | SlotSource::Alert(_)
            )
        };
        let sources = self.rulebook.slots.sources.iter().zip(&self.next);
        sources.filter(|(source, _)| watched(source)).map(|(_, next)| *next).collect()
    }

    pub fn start_due(&self, playbook: &Playbook) -> Vec<Option<Instant>> {
        match &playbook.start {
            Start::When { cond, stable_for } => self.when_due(playbook, cond, *stable_for),
            Start::Cron { schedule, zone, where_, .. } => {
                // A schedule with a condition wakes only accounts that may meet it then.
                let _ = where_;
                if self.is_churned() && !playbook.include_churned {
                    return Vec::new();
                }
                vec![self.cron_next(playbook, schedule, *zone)]
            }
            Start::Dated { date, before, by, if_past } => {
                let dated = Dated { date, before: *before, by: *by, if_past: *if_past };
                let seen = |value: &Instant| self.dates().get(&playbook.name).is_some_and(|d| d.contains(value));
                let moment = self.dated_moment(&dated).filter(|(value, _)| !seen(value));
                let held = moment.and_then(|_| self.refusal(playbook, "")).and_then(|r| r.until);
                vec![moment.map(|m| m.1), held]
            }
            Start::On { .. } | Start::Manual => Vec::new(),
        }
    }

    pub fn run_due(&mut self, run: &Run) -> Vec<Option<Instant>> {
        // A run that waits for a person's word on a reply still ends by exits and goals, nothing else moves it.
        let asked = run.reply_at.is_some();
        let mut due = if asked { Vec::new() } else { vec![run.until, run.hold_until] };
        let Some(playbook) = self.playbook_of(run) else { return due };
        self.fill_contact(run.contact);
        let view = super::work::RunView { run };
        let frame = self.frame(None, Some(&view));
        let mut watch = |trigger: &Trigger| {
            if let Trigger::When(when) = trigger {
                due.push(self.awaits(when, run.personal, &frame));
            }
        };
        playbook.exits.iter().for_each(|e| watch(&e.on));
        if let Some(goal) = &playbook.goal {
            watch(&goal.on);
        }
        if asked {
            return due;
        }
        if let Some(Body::WaitFor(wait)) = run.at.as_deref().and_then(|at| playbook.step(at)).map(|s| &s.body) {
            wait.branches.iter().for_each(|(trigger, _)| watch(trigger));
        }
        due
    }
}
