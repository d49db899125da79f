//! What people decide by chat or CLI, folded like any other fact.

use std::collections::BTreeSet;

use super::work::{Cause, Judged, Work};
use crate::model::{
    fact::{Act, Fact},
    message::ChannelKind,
    run::{Run, RunResult},
    shared::Shared,
    state::{Attr, BandOverride},
    value::{Props, Value},
};

/// Roles that every account can have; others are those that `owners:` names.
pub const ROLES: [&str; 2] = ["csm", "manager"];

/// Characters of a note that its event carries, for digests.
const QUOTE: usize = 200;

/// Whether somebody is at the account with this: who only sets a switch is not, and a snooze stands for itself until
/// its date; then the account is asked about again.
fn takes(act: &Act) -> bool {
    use Act::{Ack, Assign, Enroll, HandOver, Note, OpenTask, Override, Pause, Resume, Snooze, TaskDone, Unenroll};
    match act {
        Ack { .. } | Assign { .. } | Note { .. } | OpenTask { .. } | TaskDone { .. } => true,
        HandOver { .. }
        | Snooze { .. }
        | Override { .. }
        | Pause { .. }
        | Resume { .. }
        | Enroll { .. }
        | Unenroll { .. } => false,
    }
}

impl Work<'_> {
    /// Folds one decision of a person.
    pub fn fold_act(&mut self, fact: &Fact, act: &Act) {
        if takes(act) {
            self.state.taken = Some(self.now);
        }
        match act {
            Act::Snooze { what, until, .. } => self.fold_snooze(what, *until),
            Act::Ack { what, by } => {
                self.acknowledged(what);
                self.state.acks.insert(what.clone(), (by.clone(), self.now));
            }
            Act::Assign { what, to } => self.fold_assign(fact, what, to),
            Act::HandOver { from, to, role } => self.fold_hand_over(fact, (from, to), role.as_deref()),
            Act::Note { text, tags, positive } => self.fold_note(fact, text, tags, *positive),
            Act::OpenTask { reason, text, owner, due } => self.open_by_hand(reason, text, owner, *due),
            Act::TaskDone { task } => self.complete_task(task),
            Act::Override { band, until, reason, by } => {
                let (band, reason, by) = (band.clone(), reason.clone(), by.clone());
                self.state.override_band = Some(BandOverride { band, until: *until, reason, by });
            }
            Act::Pause { playbook, until, reason } => {
                let name = playbook.clone().unwrap_or_else(|| "*".to_owned());
                self.note("hold", &name, "", format!("paused: {reason}"));
                self.state.pauses.insert(name, *until);
            }
            Act::Resume { playbook } => {
                self.state.pauses.remove(playbook.as_deref().unwrap_or("*"));
                self.go_on_after_reply(playbook.as_deref(), fact.contact);
                self.tell(fact, "resume", playbook.as_deref().unwrap_or("*"));
            }
            Act::Enroll { playbook } => self.enroll_by_hand(fact, playbook),
            Act::Unenroll { playbook } => self.unenroll(fact, playbook),
        }
    }

    /// Whether the team does not want to hear of this step for now. Programs hear everything.
    pub(super) fn snoozed(&self, playbook: &str, step: &str, channel: ChannelKind) -> bool {
        channel != ChannelKind::Webhook && self.muted_for_team(playbook, step)
    }

    fn muted_for_team(&self, playbook: &str, step: &str) -> bool {
        self.state.muted(playbook, self.now) || self.state.muted(&format!("{playbook}/{step}"), self.now)
    }

    fn fold_snooze(&mut self, what: &str, until: crate::model::instant::Instant) {
        self.acknowledged(what);
        self.state.mutes.insert(what.to_owned(), until);
        if let Some(task) = self.tasks.iter_mut().find(|t| t.identity() == what) {
            task.snoozed_until = Some(until);
            self.touched_tasks.insert(what.to_owned());
            let playbook = task.playbook.clone();
            self.state.mutes.insert(playbook, until);
        }
    }

    fn fold_assign(&mut self, fact: &Fact, what: &str, to: &str) {
        self.acknowledged(what);
        if let Some(task) = self.tasks.iter_mut().find(|t| t.identity() == what) {
            task.owner = to.to_owned();
            self.touched_tasks.insert(what.to_owned());
            return;
        }
        self.give_role(fact, "csm", to);
    }

    fn give_role(&mut self, fact: &Fact, role: &str, to: &str) {
        let attr = Attr { value: Value::text(to), as_of: fact.occurred_at, source: format!("set:{}", fact.source) };
        self.state.attrs.insert(role.to_owned(), attr);
    }

    /// Roles that one person has for this account, and the tasks that are open for them, go to another.
    fn fold_hand_over(&mut self, fact: &Fact, (from, to): (&str, &str), only: Option<&str>) {
        let known: BTreeSet<String> =
            ROLES.into_iter().map(str::to_owned).chain(self.world.fallbacks.keys().cloned()).collect();
        for role in known.iter().filter(|role| only.is_none_or(|only| only == *role)) {
            if self.state.attr_text(role) == Some(from) {
                self.give_role(fact, role, to);
            }
        }
        for task in self.tasks.iter_mut().filter(|task| task.done.is_none() && task.owner == from) {
            to.clone_into(&mut task.owner);
            self.touched_tasks.insert(task.identity());
        }
    }

    fn fold_note(&mut self, fact: &Fact, text: &str, tags: &[String], positive: bool) {
        self.state.last_note = Some(text.chars().take(QUOTE).collect());
        let props = Props::from([
            ("tags".to_owned(), Value::List(tags.iter().map(Value::text).collect())),
            ("positive".to_owned(), Value::Bool(positive)),
            ("text".to_owned(), Value::text(text.chars().take(QUOTE).collect::<String>())),
        ]);
        self.emit("note.added", props, &Cause { contact: fact.contact, ..Cause::default() });
    }

    /// Of playbooks for contacts the one who is named, else everybody.
    fn unenroll(&mut self, fact: &Fact, playbook: &str) {
        let named = |r: &&Shared<Run>| fact.contact.is_none_or(|id| r.person() == Some(id));
        let open: Vec<_> =
            self.runs.iter().filter(|r| r.playbook == playbook).filter(named).map(|r| r.id.clone()).collect();
        for id in open {
            self.end_run(&id, RunResult::Exited, "unenrolled", 0);
        }
        self.tell(fact, "unenroll", playbook);
    }

    fn enroll_by_hand(&mut self, fact: &Fact, playbook: &str) {
        self.tell(fact, "enroll", playbook);
    }

    /// What a person said, in the order of events; contacts hear of it.
    fn tell(&mut self, fact: &Fact, what: &str, playbook: &str) {
        self.queue.push_back(Judged {
            name: super::sweep::said(what, playbook),
            props: Props::new(),
            contact: fact.contact,
            id: fact.event_id.clone(),
            run: None,
            origin: None,
            depth: 0,
            late: false,
            announced: true,
            counted: true,
        });
    }
}
