//! Tasks for people.

use super::{
    standing::is_personal,
    steps::{Flow, done, record},
    work::{Cause, Work},
};
use crate::{
    model::{
        ids::{ContactId, RunId},
        instant::Instant,
        locale::{Bilingual, Locale},
        run::{Run, Task},
        value::{Props, Value},
    },
    rulebook::{
        playbook::{Playbook, Step, TaskStep},
        schedule::length::Length,
    },
};

/// Where the name of a playbook stands, in tasks that a person opened.
const BY_HAND: &str = "ask";

/// Names of contacts that a task lists.
const NAMES: usize = 100;

impl Work<'_> {
    pub(super) fn take_task(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, task: &TaskStep) -> Flow {
        done(run, step, self.now);
        if !self.ghost(run, step) {
            self.open_task(playbook, run, step, task);
        }
        // `step.ID.done` of a task means: completed by a person.
        record(run, step).done_at = None;
        Flow::To(step.next)
    }

    fn open_task(&mut self, playbook: &Playbook, run: &Run, step: &Step, task: &TaskStep) {
        let calendar = self.rulebook.calendar(None);
        let due = task.due.map(|length| length.after(self.now, &self.zone, calendar));
        let new = Task {
            playbook: playbook.name.clone(),
            reason: task.reason.clone(),
            step: step.id.clone(),
            text: task.text.clone(),
            owner: self.doer(&task.owner),
            due,
            opened: self.now,
            done: None,
            snoozed_until: None,
            escalate: task.escalate.clone(),
            kind: task.kind.clone(),
            contacts: self.names_of(run),
            more: 0,
        };
        self.put_task(new);
        let values = due.map(|at| Props::from([("due".to_owned(), Value::Instant(at))])).unwrap_or_default();
        self.note_with("task", &playbook.name, &step.id, "opened", values);
    }

    /// The name of the contact a run is about, as tasks list it.
    pub fn names_of(&self, run: &Run) -> Vec<String> {
        let contact = run.person().and_then(|id| self.contacts.get(&id));
        contact.map(|c| c.text("name").unwrap_or(&c.key).to_owned()).into_iter().collect()
    }

    /// A person asks for something; it belongs to no playbook.
    pub fn open_by_hand(&mut self, reason: &str, text: &str, owner: &str, due: Option<Instant>) {
        self.put_task(Task {
            playbook: BY_HAND.to_owned(),
            reason: reason.to_owned(),
            step: String::new(),
            text: Bilingual::same(text),
            owner: self.doer(owner),
            due,
            opened: self.now,
            done: None,
            snoozed_until: None,
            escalate: None,
            kind: None,
            contacts: Vec::new(),
            more: 0,
        });
        self.note("task", BY_HAND, "", "opened");
    }

    /// Asks the account's CSM about something only a person can settle; the text is made of the playbook's title. About
    /// the contact at hand, where there is one.
    pub fn ask_csm(&mut self, playbook: &Playbook, reason: &str, text: impl Fn(Locale, &str) -> String) {
        let say = |locale: Locale| {
            let title = playbook.title.get(locale);
            text(locale, if title.is_empty() { &playbook.name } else { title })
        };
        let contact = self.about.and_then(|id| self.contacts.get(&id));
        let name = contact.map(|c| c.text("name").unwrap_or(&c.key).to_owned());
        self.put_task(Task {
            playbook: playbook.name.clone(),
            reason: reason.to_owned(),
            step: reason.to_owned(),
            text: Bilingual { ja: Some(say(Locale::Ja)), en: Some(say(Locale::En)) },
            owner: self.person("csm").unwrap_or_else(|| "csm".to_owned()),
            due: Some(Length::BusinessDays(1).after(self.now, &self.zone, self.rulebook.calendar(None))),
            opened: self.now,
            done: None,
            snoozed_until: None,
            escalate: None,
            kind: None,
            contacts: name.into_iter().collect(),
            more: 0,
        });
    }

    /// Opens a task, or brings the open one of the same identity up to date.
    pub fn put_task(&mut self, new: Task) {
        let identity = new.identity();
        match self.tasks.iter_mut().find(|t| t.identity() == identity && t.done.is_none()) {
            Some(open) => {
                let (mut contacts, mut more) = (std::mem::take(&mut open.contacts), open.more);
                for name in &new.contacts {
                    match contacts.contains(name) {
                        false if contacts.len() >= NAMES => more += 1,
                        false => contacts.push(name.clone()),
                        true => {}
                    }
                }
                *open = Task { opened: open.opened, snoozed_until: open.snoozed_until, contacts, more, ..new };
            }
            None => self.tasks.push(new),
        }
        self.touched_tasks.insert(identity);
    }

    /// Who has a role for this account: assigned, else the role's fallback.
    pub fn owner(&self, role: &str) -> Option<String> {
        let assigned = self.state.attr_text(role).map(str::to_owned);
        assigned.or_else(|| self.world.fallbacks.get(role).cloned())
    }

    /// Who acts in a role today: whoever has it, or while they are away their deputy.
    pub fn person(&self, role: &str) -> Option<String> {
        self.owner(role).map(|owner| self.on_duty(&owner))
    }

    /// Whose task it is: of the person in that role, or of the person (or team) that is named.
    fn doer(&self, whom: &str) -> String {
        self.person(whom).unwrap_or_else(|| self.on_duty(whom))
    }

    fn on_duty(&self, person: &str) -> String {
        let today = self.now.day(&self.rulebook.model.workspace.zone);
        self.world.on_duty(person, today).to_owned()
    }

    /// A person completed a task.
    pub fn complete_task(&mut self, identity: &str) {
        if let Some(name) = identity.strip_prefix(super::plan::PLAN_TASK) {
            return self.complete_plan_task(name);
        }
        let now = self.now;
        let Some(task) = self.tasks.iter_mut().find(|t| t.identity() == identity && t.done.is_none()) else { return };
        task.done = Some(now);
        let (playbook, step, kind) = (task.playbook.clone(), task.step.clone(), task.kind.clone());
        let asked = task.reason.strip_prefix(super::replies::ASK).map(str::to_owned);
        self.touched_tasks.insert(identity.to_owned());
        if let Some(of) = asked {
            let contact =
                of.strip_prefix('@').and_then(|id| id.parse().ok()).map(|id| self.state.now_is(ContactId(id)));
            return self.go_on_after_reply(Some(&playbook), contact);
        }
        let personal = self.rulebook.playbook(&playbook).is_some_and(is_personal);
        // Every contact hears of it in a sweep.
        let of = if personal { None } else { self.mark_done(&playbook, &step) };
        let mut props = Props::from([
            ("playbook".to_owned(), Value::text(&playbook)),
            ("step".to_owned(), Value::text(&step)),
            ("task".to_owned(), Value::text(identity)),
        ]);
        props.extend(kind.map(|kind| ("type".to_owned(), Value::text(&kind))));
        self.emit("task.done", props, &Cause { run: of.as_ref(), origin: Some(&playbook), ..Cause::default() });
    }

    /// Marks a task as done in the runs that asked for it.
    pub fn mark_done(&mut self, playbook: &str, step: &str) -> Option<RunId> {
        let (now, mut of) = (self.now, None);
        for run in self.runs.iter_mut().filter(|r| r.playbook == playbook) {
            if run.personal && !run.steps.contains_key(step) {
                continue;
            }
            run.steps.entry(step.to_owned()).or_default().marks.insert("done".to_owned(), now);
            self.touched.insert(run.id.clone());
            of = Some(run.id.clone());
        }
        of
    }
}
