//! Tasks for people.

use super::{
    steps::{Flow, done, record},
    work::{Cause, Work},
};
use crate::{
    model::{
        run::{Run, Task},
        value::{Props, Value},
    },
    rulebook::playbook::{Playbook, Step, TaskStep},
};

impl Work<'_> {
    pub(super) fn take_task(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, task: &TaskStep) -> Flow {
        done(run, step, self.now);
        if !self.ghost(run, step) {
            self.open_task(playbook, step, task);
        }
        // `step.ID.done` of a task means: completed by a person.
        record(run, step).done_at = None;
        Flow::To(step.next)
    }

    fn open_task(&mut self, playbook: &Playbook, step: &Step, task: &TaskStep) {
        let calendar = self.rulebook.calendar(None);
        let due = task.due.map(|length| length.after(self.now, &self.zone, calendar));
        let new = Task {
            playbook: playbook.name.clone(),
            reason: task.reason.clone(),
            step: step.id.clone(),
            text: task.text.clone(),
            owner: self.person(&task.owner).unwrap_or_else(|| task.owner.clone()),
            due,
            opened: self.now,
            done: None,
            snoozed_until: None,
        };
        self.put_task(new);
        let values = due.map(|at| Props::from([("due".to_owned(), Value::Instant(at))])).unwrap_or_default();
        self.note_with("task", &playbook.name, &step.id, "opened", values);
    }

    /// Opens a task, or brings the open one of the same identity up to date.
    pub fn put_task(&mut self, new: Task) {
        let identity = new.identity();
        match self.tasks.iter_mut().find(|t| t.identity() == identity && t.done.is_none()) {
            Some(open) => *open = Task { opened: open.opened, snoozed_until: open.snoozed_until, ..new },
            None => self.tasks.push(new),
        }
        self.touched_tasks.insert(identity);
    }

    /// Who holds a role for this account: assigned, else the role's fallback.
    pub fn person(&self, role: &str) -> Option<String> {
        let assigned = self.state.attr_text(role).map(str::to_owned);
        assigned.or_else(|| self.world.fallbacks.get(role).cloned())
    }

    /// A person completed a task.
    pub fn complete_task(&mut self, identity: &str) {
        let now = self.now;
        let Some(task) = self.tasks.iter_mut().find(|t| t.identity() == identity && t.done.is_none()) else { return };
        task.done = Some(now);
        let (playbook, step) = (task.playbook.clone(), task.step.clone());
        let asked = task.reason == super::replies::ASK;
        self.touched_tasks.insert(identity.to_owned());
        if asked {
            return self.go_on_after_reply(Some(&playbook));
        }
        let mut of = None;
        for run in self.runs.iter_mut().filter(|r| r.playbook == playbook) {
            run.steps.entry(step.clone()).or_default().marks.insert("done".to_owned(), now);
            self.touched.insert(run.id.clone());
            of = Some(run.id.clone());
        }
        let props = Props::from([
            ("playbook".to_owned(), Value::text(&playbook)),
            ("step".to_owned(), Value::text(&step)),
            ("task".to_owned(), Value::text(identity)),
        ]);
        self.emit("task.done", props, &Cause { run: of.as_ref(), origin: Some(&playbook), ..Cause::default() });
    }
}
