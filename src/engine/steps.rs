//! Walking through the steps of a run.

use super::work::{Cause, Judged, Work};
use crate::{
    model::{
        ids::RunId,
        run::{Arm, Run, RunResult, StepRecord},
        shared::Shared,
        state::Attr,
        value::{Props, Value},
    },
    rulebook::playbook::{Body, Playbook, SetValue, Step},
};

/// Where a run goes after one step.
pub(super) enum Flow {
    /// On to this step; none = the run is complete.
    To(Option<usize>),
    /// It stays here until something changes.
    Stay,
    /// It is over.
    End(RunResult, String),
}

/// What one step is taken with.
pub(super) struct Taken<'e> {
    /// The step is reached now (not: waited at).
    pub entering: bool,
    /// What happened in this turn.
    pub events: &'e [Judged],
    /// How many events led here within the turn.
    pub depth: u8,
    /// In a `then:` list: nothing waits.
    pub at_once: bool,
}

/// More steps than any sane playbook takes in one turn.
const MAX_STEPS: usize = 256;

impl Work<'_> {
    /// Moves every open run of a playbook as far as it goes.
    pub fn advance_runs(&mut self, playbook: &Playbook, events: &[Judged]) {
        for id in self.runs_of(&playbook.name) {
            self.advance(&id, events, 0);
            self.about = None;
        }
    }

    /// Moves one run as far as it goes.
    pub fn advance(&mut self, id: &RunId, events: &[Judged], depth: u8) {
        self.walk(id, events, depth, false);
    }

    /// Takes the steps of a `then:` list; the run itself is ended by the caller.
    pub fn advance_then(&mut self, id: &RunId, events: &[Judged]) {
        self.walk(id, events, 0, true);
    }

    fn walk(&mut self, id: &RunId, events: &[Judged], depth: u8, at_once: bool) {
        self.about = self.run(id).and_then(|run| run.person()).or(self.about);
        for _ in 0..MAX_STEPS {
            let Some(mut run) = self.run(id).cloned() else { return };
            // Somebody replied: nothing goes on until a person decides.
            if run.reply_at.is_some() && !at_once {
                return;
            }
            let Some(playbook) = self.playbook_of(&run) else { return };
            let Some(step) = run.at.as_deref().and_then(|at| playbook.step(at)) else {
                if !at_once {
                    self.end_run(id, RunResult::Completed, "last step", depth);
                }
                return;
            };
            let taken = Taken { entering: run.waiting.is_empty(), events, depth, at_once };
            let flow = self.take(playbook, &mut run, step, &taken);
            match flow {
                Flow::Stay => {
                    let changed = self.run(id) != Some(&run);
                    if changed {
                        self.put_run(run);
                    }
                    return;
                }
                Flow::To(next) => {
                    leave(&mut run, playbook, next, self.now);
                    self.put_run(run);
                }
                Flow::End(result, reason) => {
                    self.put_run(run);
                    // What the playbook itself said before its `stop` still goes out.
                    if !at_once {
                        self.close_run(id, result, &reason, depth);
                    }
                    return;
                }
            }
        }
        self.end_run(id, RunResult::Failed, "too many steps in one turn", depth);
    }

    /// Puts a changed copy of an open run in its place.
    fn put_run(&mut self, run: Shared<Run>) {
        if let Some(open) = self.runs.iter_mut().find(|r| r.id == run.id) {
            self.touched.insert(run.id.clone());
            *open = run;
        }
    }

    fn take(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, taken: &Taken<'_>) -> Flow {
        self.fill_contact(run.contact);
        if taken.entering {
            run.since = self.now;
            record(run, step).times += 1;
        }
        let message = matches!(step.body, Body::Message(_));
        if let Some(cond) = step.cond.as_ref().filter(|_| taken.entering || message)
            && !self.holds_for(cond, run, None)
        {
            let values = self.inputs(cond, Some(run), None);
            return self.skip(run, step, "if_false", values);
        }
        match &step.body {
            Body::Message(message) => self.take_message(playbook, run, step, message, taken),
            Body::Task(task) => self.take_task(playbook, run, step, task),
            Body::Wait(wait) => self.take_wait(playbook, run, step, wait, taken),
            Body::WaitFor(wait) => self.take_wait_for(run, step, wait, taken),
            Body::Branch { when, then, otherwise } => {
                let holds = self.holds_for(when, run, None);
                done(run, step, self.now);
                Flow::To(if holds { then.or(step.next) } else { otherwise.or(step.next) })
            }
            Body::Split(arms) => {
                done(run, step, self.now);
                let arm = super::holdout::split(arms, &self.whose(run), &playbook.name, &step.id);
                Flow::To(arm.or(step.next))
            }
            Body::Set(values) => self.take_set(playbook, run, step, values, taken),
            Body::Event { name, props } => self.take_event(playbook, run, step, name, props, taken),
            Body::Stop(reason) => {
                self.note("stop", &playbook.name, &step.id, reason.clone());
                Flow::End(RunResult::Exited, format!("stop: {reason}"))
            }
        }
    }

    /// Whom chance is drawn for: the account, or the contact a run is about.
    fn whose(&self, run: &Run) -> String {
        let contact = run.person().and_then(|id| self.contacts.get(&id));
        let account = self.state.drawn(&self.snapshot.key);
        contact.map_or_else(|| account.to_owned(), |c| format!("{account}\u{1f}{}", c.key))
    }

    /// Leaves a step out, with the reason and the values that decided.
    pub fn skip(&mut self, run: &mut Run, step: &Step, reason: &str, values: Props) -> Flow {
        record(run, step).skipped = Some(reason.to_owned());
        self.note_with("skip", &run.playbook, &step.id, reason, values);
        Flow::To(step.next)
    }

    fn take_set(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, values: &Sets, taken: &Taken<'_>) -> Flow {
        done(run, step, self.now);
        if self.ghost(run, step) {
            return Flow::To(step.next);
        }
        let computed = self.compute(run, values);
        self.note_with("set", &run.playbook, &step.id, "done", computed.clone());
        for (name, value) in computed {
            let name = name.strip_prefix("account.").unwrap_or(&name).to_owned();
            let before = self.state.attr(&name);
            let attr = Attr { value: value.clone(), as_of: self.now, source: format!("set:{}", playbook.name) };
            self.state.attrs.insert(name.clone(), attr);
            if before != value {
                let props = Props::from([
                    ("attribute".to_owned(), Value::text(&name)),
                    ("from".to_owned(), before),
                    ("to".to_owned(), value),
                ]);
                let cause = Cause {
                    contact: run.contact.filter(|_| !run.personal),
                    run: Some(&run.id),
                    origin: Some(&playbook.name),
                    depth: taken.depth,
                };
                self.emit("account.changed", props, &cause);
            }
        }
        Flow::To(step.next)
    }

    fn take_event(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        name: &str,
        props: &Sets,
        taken: &Taken<'_>,
    ) -> Flow {
        done(run, step, self.now);
        if !self.ghost(run, step) {
            let props = self.compute(run, props);
            self.note_with("event", &run.playbook, &step.id, name, props.clone());
            let cause =
                Cause { contact: run.contact, run: Some(&run.id), origin: Some(&playbook.name), depth: taken.depth };
            self.emit(name, props, &cause);
        }
        Flow::To(step.next)
    }

    /// Literals as written, programs as they come out for this run.
    pub fn compute(&self, run: &Run, values: &Sets) -> Props {
        let view = super::work::RunView { run };
        let frame = self.frame(None, Some(&view));
        let value = |v: &SetValue| match v {
            SetValue::Literal(value) => value.clone(),
            SetValue::Computed(program) => program.eval(&frame),
        };
        values.iter().map(|(name, v)| (name.clone(), value(v))).collect()
    }

    /// Whether the run is a ghost; then the step is only logged.
    pub fn ghost(&mut self, run: &Run, step: &Step) -> bool {
        if run.arm == Arm::Holdout {
            self.note("ghost", &run.playbook, &step.id, "held_out");
        }
        run.arm == Arm::Holdout
    }
}

type Sets = std::collections::BTreeMap<String, SetValue>;

/// The record of a step, created at its first visit.
pub(super) fn record<'r>(run: &'r mut Run, step: &Step) -> &'r mut StepRecord {
    run.steps.entry(step.id.clone()).or_default()
}

/// Marks a step as done.
pub(super) fn done(run: &mut Run, step: &Step, now: crate::model::instant::Instant) {
    record(run, step).done_at = Some(now);
}

fn leave(run: &mut Run, playbook: &Playbook, next: Option<usize>, now: crate::model::instant::Instant) {
    run.at = next.and_then(|i| playbook.steps.get(i)).map(|s| s.id.clone());
    run.since = now;
    (run.until, run.hold_until) = (None, None);
    run.waiting.clear();
}
