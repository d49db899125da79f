//! The shared onboarding plan: tasks of both sides, done once and for all.

use super::work::{Cause, Work};
use crate::model::value::{Props, Value};

/// What the identity of a plan's task begins with.
pub const PLAN_TASK: &str = "plan/";
/// The value of a message that says which plan it prints: the phase, then `TASK=DAY` for what is done.
pub const PLAN_VALUE: &str = "plan.checklist";

impl Work<'_> {
    /// A task of the plan is done: as a fact, once.
    pub fn complete_plan_task(&mut self, name: &str) {
        let rulebook = self.rulebook;
        let journey = &rulebook.model.journey;
        let side = |list: &Vec<String>| list.iter().any(|task| task == name);
        let found = journey.iter().find(|p| side(&p.tasks_ours) || side(&p.tasks_theirs));
        let Some(phase) = found.filter(|_| !self.state.plan.contains_key(name)) else { return };
        let whose = if side(&phase.tasks_ours) { "ours" } else { "theirs" };
        let props = Props::from([
            ("task".to_owned(), Value::text(name)),
            ("phase".to_owned(), Value::text(&phase.name)),
            ("side".to_owned(), Value::text(whose)),
        ]);
        self.state.plan.insert(name.to_owned(), self.now);
        self.emit("plan.task_done", props, &Cause::default());
    }

    /// What a message that prints the plan must know: of the playbook's phase where that has tasks, else of the
    /// account's.
    pub fn plan_value(&self, playbook: &str) -> Value {
        let journey = &self.rulebook.model.journey;
        let tasks = |name: &str| journey.iter().any(|p| p.name == name && p.has_tasks());
        let own = self.rulebook.playbook(playbook).and_then(|p| p.phase.as_deref()).filter(|name| tasks(name));
        let phase = own.or(self.state.phase.as_ref().map(|p| p.0.as_str())).unwrap_or_default();
        let done = self.state.plan.iter().map(|(task, at)| Value::text(format!("{task}={}", at.date(&self.zone))));
        Value::List(std::iter::once(Value::text(phase)).chain(done).collect())
    }
}
