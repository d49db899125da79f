//! Messages that somebody must acknowledge in time (`ack_within`), else another role gets them (`escalate`).

use super::work::Work;
use crate::{
    model::{
        ids::{MessageKey, RunId, stable_hash},
        instant::Instant,
        message::Planned,
        shared::Shared,
        state::Watch,
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

    /// Sends what nobody acknowledged in time to the role that was named for it.
    pub fn escalate(&mut self) {
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

    /// When the next acknowledgement is overdue.
    pub fn ack_due(&self) -> Option<Instant> {
        self.state.watches.iter().map(|w| w.until).min()
    }
}
