//! Exits, and what fires for a run.

use super::work::{Judged, Work};
use crate::{
    model::run::{Run, RunResult},
    rulebook::playbook::{Playbook, Trigger},
};

impl Work<'_> {
    /// Ends runs that an exit condition, an exit event or churn takes out.
    pub fn judge_exits(&mut self, playbook: &Playbook, events: &[Judged]) {
        for id in self.runs_of(&playbook.name) {
            let Some(run) = self.run(&id).cloned() else { continue };
            let Some(version) = self.playbook_of(&run) else { continue };
            let churned = !version.include_churned && self.is_churned();
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
                        && (!own_only || e.run.as_ref() == Some(&run.id))
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
    where_.is_some_and(|w| w.names().iter().any(|n| n == "event.playbook"))
}
