//! Exits, and what fires for a run.

use super::work::{Judged, Work};
use crate::{
    model::{
        ids::ContactId,
        locale::Locale,
        message::{ChannelKind, Class},
        run::{Run, RunResult},
        value::Value,
    },
    rulebook::playbook::{Body, MessageStep, Playbook, To, Trigger},
};

impl Work<'_> {
    /// Ends runs that an exit condition, an exit event or churn takes out.
    pub fn judge_exits(&mut self, playbook: &Playbook, events: &[Judged]) {
        for id in self.runs_of(&playbook.name) {
            let Some(run) = self.run(&id).cloned() else { continue };
            let Some(version) = self.playbook_of(&run) else { continue };
            self.about = run.person();
            let churned = !version.include_churned && self.is_churned();
            if let Some(reason) = self.lost(version, &run) {
                self.note("exit", &playbook.name, run.at.as_deref().unwrap_or(""), reason);
                self.end_run(&id, RunResult::Exited, reason, 0);
                self.refresh();
                continue;
            }
            let mut fired = version.exits.iter().map(|exit| (exit, self.fires(&exit.on, &run, events).map(depth_of)));
            let hit = fired.find_map(|(exit, depth)| Some((exit, depth?)));
            if hit.is_none() && !churned {
                continue;
            }
            let (exit, depth) = (hit.map(|h| h.0), hit.map_or(0, |h| h.1));
            let reason = match exit.map(|e| &e.on) {
                Some(Trigger::When(when)) => format!("exit: {}", when.source()),
                Some(Trigger::On { event, .. }) => format!("exit: {event}"),
                None => "churned".to_owned(),
            };
            self.note("exit", &playbook.name, run.at.as_deref().unwrap_or(""), reason.clone());
            self.end_with(&id, (RunResult::Exited, &reason, depth), exit.and_then(|e| e.then), events);
            self.refresh();
        }
        self.about = None;
    }

    /// A run about a contact ends when the contact is gone, or wants none of the topics it writes about.
    pub fn lost(&self, version: &Playbook, run: &Run) -> Option<&'static str> {
        let id = run.person()?;
        if !self.contacts.contains_key(&id) {
            return Some("contact_removed");
        }
        self.wants_none(version, id).then_some("opted_out")
    }

    /// Whether a contact wants none of the topics a playbook writes to it about.
    pub fn wants_none(&self, version: &Playbook, id: ContactId) -> bool {
        let Some(contact) = self.contacts.get(&id) else { return true };
        let mut topics = self.topics(version).peekable();
        topics.peek().is_some() && topics.all(|topic| !contact.wants(topic))
    }

    /// The topics a playbook writes to its contact about; notices pass topics.
    fn topics<'p>(&'p self, version: &'p Playbook) -> impl Iterator<Item = &'p str> {
        let to_contact = |m: &MessageStep| {
            let to = m.to.as_ref().or(version.to.as_ref());
            matches!(to, None | Some(To::Contact)) && m.channel != ChannelKind::Webhook
        };
        let templates = version.steps.iter().filter_map(move |step| match &step.body {
            Body::Message(m) if m.class.unwrap_or(version.class) != Class::Notice && to_contact(m) => Some(&m.template),
            _ => None,
        });
        let all = &self.rulebook.templates.all;
        let topic = move |name: &String| Locale::ALL.iter().find_map(|l| all.get(&(name.clone(), *l)));
        templates.filter_map(topic).map(|t| t.topic.as_str()).filter(|topic| !topic.is_empty())
    }

    /// Whether an event is about a run: of a run about a contact only what happened to that contact is, and in a
    /// sweep what happened to the account.
    fn concerns(&self, event: &Judged, run: &Run) -> bool {
        let Some(id) = run.person() else { return true };
        event.contact == Some(id) || event.run.as_ref() == Some(&run.id) || (self.sweeping && event.contact.is_none())
    }

    /// A run's own `message.*` and `task.done`; a task of many contacts is done for each of them.
    fn is_of(&self, event: &Judged, run: &Run) -> bool {
        let text = |name: &str| event.props.get(name).and_then(Value::as_text);
        let shared = || text("playbook") == Some(&run.playbook) && run.steps.contains_key(text("step").unwrap_or(""));
        event.run.as_ref() == Some(&run.id) || (run.personal && event.name == "task.done" && shared())
    }

    /// Whether the account has cancelled.
    pub fn is_churned(&self) -> bool {
        self.state.attr_text("status") == Some("churned")
    }

    /// Whether a trigger fires for a run: the event that did it (none for a condition).
    pub fn fires<'e>(&mut self, trigger: &Trigger, run: &Run, events: &'e [Judged]) -> Option<Option<&'e Judged>> {
        self.fill_contact(run.contact);
        match trigger {
            Trigger::When(when) => self.holds_for(when, run, None).then_some(None),
            Trigger::On { event, where_ } => {
                let own_only = is_own_kind(event) && !names_playbook(where_.as_ref());
                let hit = events.iter().find(|e| {
                    e.name == *event
                        && self.concerns(e, run)
                        && (!own_only || self.is_of(e, run))
                        && where_.as_ref().is_none_or(|w| self.holds_for(w, run, Some(&e.props)))
                });
                hit.map(Some)
            }
        }
    }
}

/// A chain goes on through the runs it ends.
pub(super) fn depth_of(event: Option<&Judged>) -> u8 {
    event.map_or(0, |e| e.depth)
}

fn is_own_kind(event: &str) -> bool {
    event.starts_with("message.") || event == "task.done"
}

fn names_playbook(where_: Option<&crate::rulebook::expr::Program>) -> bool {
    where_.is_some_and(|w| w.mentions("event.playbook"))
}
