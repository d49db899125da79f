//! Waits: for a length, until a date, for something to happen.

use super::{
    steps::{Flow, Taken, done, record},
    work::{Judged, RunView, Work},
};
use crate::{
    model::{
        instant::Instant,
        run::{Early, Run, RunResult},
        value::{Props, Value},
    },
    rulebook::playbook::{Body, DateExpr, IfPast, Playbook, Step, Trigger, Wait, WaitFor},
};

impl Work<'_> {
    pub(super) fn take_wait(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        wait: &Wait,
        taken: &Taken<'_>,
    ) -> Flow {
        if taken.at_once {
            return Flow::To(step.next);
        }
        match wait {
            Wait::For(length) => {
                let until = length.after(run.since, &self.zone, self.calendar);
                self.wait_until(run, step, until, taken)
            }
            Wait::Until(date, if_past) => match self.moment(date, Some(run)) {
                // A date nobody knows holds; it never falls through.
                None => self.stay(run, None, "missing_date"),
                Some(at) if taken.entering && at < self.now => self.already_past(playbook, run, step, *if_past),
                Some(at) => self.wait_until(run, step, at, taken),
            },
        }
    }

    fn wait_until(&mut self, run: &mut Run, step: &Step, until: Instant, taken: &Taken<'_>) -> Flow {
        if self.now >= until {
            done(run, step, self.now);
            return Flow::To(step.next);
        }
        if taken.entering {
            let values = Props::from([("until".to_owned(), Value::Instant(until))]);
            self.note_with("wait", &run.playbook, &step.id, "wait", values);
        }
        self.stay(run, Some(until), "wait")
    }

    /// Stays at the step, for a reason.
    pub fn stay(&self, run: &mut Run, until: Option<Instant>, why: &str) -> Flow {
        why.clone_into(&mut run.waiting);
        run.until = until;
        Flow::Stay
    }

    fn already_past(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, if_past: IfPast) -> Flow {
        match if_past {
            IfPast::Run | IfPast::Alert => {
                done(run, step, self.now);
                Flow::To(step.next)
            }
            IfPast::Exit => Flow::End(RunResult::Exited, "date in the past".to_owned()),
            IfPast::Skip => {
                record(run, step).skipped = Some("past".to_owned());
                self.note("skip", &run.playbook, &step.id, "past");
                Flow::To(self.next_wait(playbook, run, step))
            }
        }
    }

    /// The next wait of the list; the steps up to it are left out.
    fn next_wait(&mut self, playbook: &Playbook, run: &mut Run, step: &Step) -> Option<usize> {
        let mut next = step.next;
        while let Some(candidate) = next.and_then(|i| playbook.steps.get(i)) {
            if matches!(candidate.body, Body::Wait(_) | Body::WaitFor(_)) {
                break;
            }
            record(run, candidate).skipped = Some("past".to_owned());
            self.note("skip", &run.playbook, &candidate.id, "past");
            next = candidate.next;
        }
        next
    }

    /// A date with its offset, as a moment in the account's zone; none while it is missing.
    pub fn moment(&self, date: &DateExpr, run: Option<&Run>) -> Option<Instant> {
        let base = self.base_moment(date, run)?;
        Some(match date.offset {
            None => base,
            Some((true, length)) => length.after(base, &self.zone, self.calendar),
            Some((false, length)) => length.before(base, &self.zone, self.calendar),
        })
    }

    /// The date itself, without its offset.
    pub fn base_moment(&self, date: &DateExpr, run: Option<&Run>) -> Option<Instant> {
        let view = run.map(|run| RunView { run });
        match date.base.eval(&self.frame(None, view.as_ref())) {
            Value::Instant(at) => Some(at),
            Value::Date(day) => Some(Instant::start_of_day(day, &self.zone)),
            Value::Text(text) => {
                let ty = crate::rulebook::types::AttrType::Instant;
                match super::coerce::coerce(&Value::Text(text), &ty, self.currency, &self.zone) {
                    Value::Instant(at) => Some(at),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(super) fn take_wait_for(&mut self, run: &mut Run, step: &Step, wait: &WaitFor, taken: &Taken<'_>) -> Flow {
        if let Some(early) = record(run, step).early.take() {
            let entry = record(run, step);
            (entry.met, entry.done_at, entry.caught) = (true, Some(self.now), early.props);
            return Flow::To(wait.branches.get(early.branch).and_then(|b| b.1).or(step.next));
        }
        // Events count from the start of the wait.
        let events = if taken.entering { &[] } else { taken.events };
        for (trigger, then) in &wait.branches {
            if let Some(event) = self.fires(trigger, run, events) {
                let caught = event.map(|e| e.props.clone()).unwrap_or_default();
                let entry = record(run, step);
                (entry.met, entry.done_at, entry.caught) = (true, Some(self.now), caught);
                return Flow::To(then.or(step.next));
            }
        }
        if taken.at_once {
            return Flow::To(step.next);
        }
        let until = self.wait_for_limit(run, wait);
        if until.is_some_and(|at| self.now >= at) {
            done(run, step, self.now);
            return Flow::To(wait.otherwise.or(step.next));
        }
        if taken.entering {
            self.note("wait", &run.playbook, &step.id, "wait_for");
        }
        self.stay(run, until, "wait_for")
    }

    /// Remembers events for waits with `since` that the runs of a playbook have not come to yet.
    pub fn catch_early(&mut self, playbook: &Playbook, events: &[Judged]) {
        if events.is_empty() {
            return;
        }
        for id in self.runs_of(&playbook.name) {
            let Some(run) = self.run(&id).cloned() else { continue };
            let Some(version) = self.playbook_of(&run) else { continue };
            for step in &version.steps {
                let Body::WaitFor(wait) = &step.body else { continue };
                if let Some(early) = self.early(&run, step, wait, events) {
                    self.update(&id, |r| record(r, step).early = Some(early));
                }
            }
        }
    }

    /// The first event, in their order, that a wait counts although the run is not there yet.
    fn early(&mut self, run: &Run, step: &Step, wait: &WaitFor, events: &[Judged]) -> Option<Early> {
        let since = wait.since.as_deref()?;
        let passed = |id: &str| run.at.as_deref() != Some(id) && run.steps.get(id).is_some_and(|s| s.times > 0);
        let counting = since == "start" || passed(since);
        if !counting || run.steps.get(&step.id).is_some_and(|s| s.times > 0 || s.early.is_some()) {
            return None;
        }
        for event in events {
            for (branch, (trigger, _)) in wait.branches.iter().enumerate() {
                let hit = matches!(trigger, Trigger::On { .. })
                    && self.fires(trigger, run, std::slice::from_ref(event)).is_some();
                if hit {
                    return Some(Early { branch, at: self.now, props: event.props.clone() });
                }
            }
        }
        None
    }

    fn wait_for_limit(&self, run: &Run, wait: &WaitFor) -> Option<Instant> {
        let by_length = wait.at_most.map(|l| l.after(run.since, &self.zone, self.calendar));
        let by_date = wait.until.as_ref().and_then(|d| self.moment(d, Some(run)));
        [by_length, by_date].into_iter().flatten().min()
    }
}
