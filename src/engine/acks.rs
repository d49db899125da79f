//! Messages that somebody must acknowledge in time (`ack_within`), and tasks that are done when they are due: else
//! another role gets them (`escalate`).

use super::work::{Cause, Work};
use crate::{
    model::{
        ids::{MessageKey, RunId, stable_hash},
        instant::Instant,
        message::Planned,
        run::Task,
        shared::Shared,
        state::Watch,
        value::{Props, Value},
    },
    rulebook::playbook::MessageStep,
};

/// Watches kept per account.
const KEPT: usize = 32;

impl Work<'_> {
    /// A message went to the outbox: from now on somebody has so long to say that they are on it.
    pub fn watch(&mut self, message: &MessageStep, planned: &Planned) {
        let Some((within, role)) = &message.ack else { return };
        let zone = &self.rulebook.model.workspace.zone;
        let until = within.after(self.now, zone, self.rulebook.calendar(None));
        let extra = (self.state.watches.len() + 1).saturating_sub(KEPT);
        self.state.watches.drain(..extra);
        let what = format!("{}/{}", planned.playbook, planned.step);
        let watch = Watch { what, until, role: role.clone(), planned: planned.clone() };
        self.state.watches.push(watch.into());
    }

    /// Somebody is on it.
    pub fn acknowledged(&mut self, what: &str) {
        self.state.watches.retain(|w| w.what != what);
    }

    /// The run has ended otherwise than by its last step: nobody needs to hear of it any more.
    pub fn unwatch(&mut self, run: &RunId) {
        self.state.watches.retain(|w| w.planned.run != *run);
    }

    /// Sends what nobody acknowledged in time, and hands what nobody did in time, to the role that was named for it.
    pub fn escalate(&mut self) {
        let late: Vec<Task> =
            self.tasks.iter().filter(|t| late_at(t).is_some_and(|at| at <= self.now)).cloned().collect();
        late.into_iter().for_each(|task| self.hand_on(task));
        let now = self.now;
        let (over, open): (Vec<Shared<Watch>>, Vec<Shared<Watch>>) =
            std::mem::take(&mut self.state.watches).into_iter().partition(|w| w.until <= now);
        self.state.watches = open;
        for watch in over.into_iter().map(Shared::into_inner) {
            let address = self.person(&watch.role).map(|person| format!("@{person}"));
            let Planned { playbook, step, key, .. } = &watch.planned;
            match address {
                None => self.note("skip", playbook, step, "no_owner"),
                Some(address) if address == watch.planned.address => self.note("skip", playbook, step, "same_person"),
                Some(address) => {
                    self.note("escalate", playbook, step, watch.role.clone());
                    let key = MessageKey(stable_hash(&[&key.0, "escalate", &watch.role]));
                    self.messages.push(Planned { key, address, ready_at: now, hold_until: None, ..watch.planned });
                }
            }
        }
    }

    /// A task that is overdue goes to another role, once; an event says so.
    fn hand_on(&mut self, task: Task) {
        let role = task.escalate.clone().unwrap_or_default();
        let identity = task.identity();
        let Some(person) = self.person(&role) else {
            self.note("skip", &task.playbook, &task.step, "no_owner");
            return self.change_task(&identity, |open| open.escalate = None);
        };
        self.note("escalate", &task.playbook, &task.step, role.clone());
        let props = [
            ("playbook", &task.playbook),
            ("step", &task.step),
            ("task", &identity),
            ("owner", &task.owner),
            ("escalate", &role),
        ];
        let kind = task.kind.iter().map(|kind| ("type", kind));
        let props = props.into_iter().chain(kind);
        let props = props.map(|(name, value)| (name.to_owned(), Value::text(value))).collect::<Props>();
        self.change_task(&identity, |open| (open.escalate, open.owner) = (None, person));
        self.emit("task.overdue", props, &Cause { origin: Some(&task.playbook), ..Cause::default() });
    }

    fn change_task(&mut self, identity: &str, change: impl FnOnce(&mut Task)) {
        if let Some(open) = self.tasks.iter_mut().find(|t| t.done.is_none() && t.identity() == identity) {
            change(open);
            self.touched_tasks.insert(identity.to_owned());
        }
    }

    /// When the next acknowledgement or task is overdue.
    pub fn ack_due(&self) -> Option<Instant> {
        self.state.watches.iter().map(|w| w.until).chain(self.tasks.iter().filter_map(late_at)).min()
    }
}

/// When an open task goes to another role: when it is due, or its snooze is over, whichever comes later.
fn late_at(task: &Task) -> Option<Instant> {
    let at = task.due.filter(|_| task.done.is_none() && task.escalate.is_some())?;
    Some(task.snoozed_until.map_or(at, |until| until.max(at)))
}
