//! Digests: their rows are computed over all accounts by the shell and arrive as one fact on the
//! workspace, so that posting them is decided, stored and delivered like any other message.

use super::work::{Judged, Work};
use crate::model::{
    ids::{AccountId, MessageKey, RunId, stable_hash},
    message::{Action, Audience, ChannelKind, Class, Delivery, Planned},
    value::Value,
};

/// The event by which the shell hands in a digest that is due.
pub const DIGEST_DUE: &str = "digest.due";

/// The step of a digest's regular post.
pub const POST: &str = "post";
/// The step of the message about rows that nobody took in time.
pub const LATE: &str = "late";

impl Work<'_> {
    /// Plans the post of every digest that came due.
    pub fn announce_digests(&mut self, events: &[Judged]) {
        if self.snapshot.account != AccountId::WORKSPACE {
            return;
        }
        for event in events.iter().filter(|e| e.name == DIGEST_DUE) {
            for channel in ChannelKind::ALL {
                self.plan_digest(event, channel);
            }
        }
    }

    fn plan_digest(&mut self, event: &Judged, channel: ChannelKind) {
        let name = event.props.get("digest").and_then(Value::as_text).unwrap_or_default().to_owned();
        let Some(address) = event.props.get(channel.word()).and_then(Value::as_text).map(str::to_owned) else { return };
        let playbook = format!("digest:{name}");
        let step = event.props.get("step").and_then(Value::as_text).unwrap_or(POST).to_owned();
        let run = RunId(stable_hash(&[&playbook, &event.id]));
        let key = MessageKey(stable_hash(&[&playbook, &run.0, &step, &address, channel.word(), "0"]));
        let planned = Planned {
            key,
            account: AccountId::WORKSPACE,
            run,
            playbook: playbook.clone(),
            playbook_hash: self.rulebook.hash.clone(),
            step: step.clone(),
            occurrence: 0,
            contact: None,
            channel,
            address,
            audience: Audience::Team,
            class: Class::Service,
            template: playbook.clone(),
            topic: String::new(),
            locale: self.rulebook.model.workspace.locale,
            vars: event.props.clone(),
            sender: String::new(),
            delivery: Delivery::AtMostOnce,
            actions: vec![Action::Ack, Action::Snooze, Action::Assign],
            priority: 50,
            ready_at: self.now,
            hold_until: None,
            thread: None,
        };
        self.note("message", &playbook, &step, "digest");
        self.messages.push(planned);
    }
}
