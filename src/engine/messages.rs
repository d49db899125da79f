//! Message steps: when a message goes, and what keeps it back. Who gets it: `recipients`; what it says: `contents`.

use jiff::tz::TimeZone;

use super::{
    recipients::{Found, Recipient},
    steps::{Flow, Taken, done, record},
    work::Work,
};
use crate::{
    model::{
        ids::ContactId,
        instant::Instant,
        message::{Audience, ChannelKind, Class, Planned},
        run::{Arm, Run},
        value::{Props, Value},
    },
    rulebook::{
        playbook::{Hold, MessageStep, Playbook, Step, To},
        schedule::window::{SendWindow, ZoneOf},
    },
    words::sentence,
};

/// The mark of a notice about which a person was told that it waits.
const ALARMED: &str = "alarmed";

impl Work<'_> {
    pub(super) fn take_message(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        taken: &Taken<'_>,
    ) -> Flow {
        let flow = self.send_or_hold(playbook, run, step, message, taken);
        let notice = message.class.unwrap_or(playbook.class) == Class::Notice;
        if matches!(flow, Flow::Stay) && notice && run.arm == Arm::Treated {
            self.watch_notice(playbook, run, step, message);
        }
        flow
    }

    /// A notice has no limit; where others would be given up, a person hears of it, once.
    fn watch_notice(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, message: &MessageStep) {
        let limit = self.longest_hold(playbook, run, message);
        if limit > self.now {
            run.until = Some(run.until.map_or(limit, |until| until.min(limit)));
        } else if record(run, step).marks.insert(ALARMED.to_owned(), self.now).is_none() {
            self.ask_csm(playbook, &format!("{}:held", step.id), sentence::notice_task);
        }
    }

    fn send_or_hold(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        taken: &Taken<'_>,
    ) -> Flow {
        if taken.entering {
            run.hold_until = self.hold_until(playbook, run, message);
        }
        let over = run.hold_until.is_some_and(|until| self.now >= until);
        if over && !taken.entering {
            return self.give_up(playbook, run, step, message);
        }
        if let Some(held) = self.held(playbook) {
            return self.hold(run, step, held.until, &held.reason);
        }
        if self.audience(playbook, message) == Audience::Team && self.snoozed(&playbook.name, &step.id, message.channel)
        {
            return self.skip(run, step, "snoozed", Props::new());
        }
        match self.recipients(playbook, run, message) {
            Found::Loading => self.stay(run, None, "loading"),
            Found::Nobody(why, true) if !taken.at_once => self.hold(run, step, None, why),
            Found::Nobody(why, _) => self.skip(run, step, why, Props::new()),
            Found::Some(list) if self.too_many(playbook, &list) && !taken.at_once => {
                self.hold(run, step, None, "needs_approval")
            }
            Found::Some(list) => self.hand_over(playbook, run, step, message, &list, taken),
        }
    }

    /// More people than may be written to without a person's approval.
    fn too_many(&self, playbook: &Playbook, list: &[Recipient]) -> bool {
        let people = list.iter().filter(|r| r.audience == Audience::Customer).count();
        let most = playbook.approve.and_then(|a| a.recipients);
        most.is_some_and(|most| people > most as usize) && !self.world.approved.contains(&playbook.name)
    }

    fn give_up(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, message: &MessageStep) -> Flow {
        let why = std::mem::take(&mut run.waiting);
        let flow = self.skip(run, step, &format!("hold_at_most:{why}"), Props::new());
        let limit = message.hold_at_most.unwrap_or(playbook.hold_at_most);
        if limit.exit {
            return Flow::End(crate::model::run::RunResult::Exited, "hold_at_most".to_owned());
        }
        flow
    }

    /// Keeps the message back until `until` (or until something changes), at most until `hold_until`.
    fn hold(&mut self, run: &mut Run, step: &Step, until: Option<Instant>, why: &str) -> Flow {
        if run.waiting != why && run.arm == Arm::Treated {
            let values = until.map(|at| Props::from([("until".to_owned(), Value::Instant(at))])).unwrap_or_default();
            self.note_with("hold", &run.playbook, &step.id, why, values);
        }
        self.stay(run, until, why)
    }

    fn hand_over(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        list: &[Recipient],
        taken: &Taken<'_>,
    ) -> Flow {
        let (mut wake, mut why, mut pending) = (None::<Instant>, String::new(), false);
        for to in list {
            let mark = format!("to:{}", to.address);
            if record(run, step).marks.contains_key(&mark) {
                continue;
            }
            if let Some((until, reason)) = self.shut(playbook, message, to).filter(|_| !taken.at_once) {
                pending = true;
                wake = [wake, until].into_iter().flatten().min();
                why = reason;
                continue;
            }
            // A ghost sends nothing, and goes on when it would have sent: what follows begins as it does for the others.
            let planned = (run.arm == Arm::Treated).then(|| self.plan(playbook, run, step, message, to));
            match planned {
                None => {}
                Some(Err(reason)) => self.refuse(run, step, message, to, &reason),
                Some(Ok(planned)) => match self.capped(&planned) {
                    Some((until, winner)) if !taken.at_once => {
                        pending = true;
                        wake = [wake, Some(until)].into_iter().flatten().min();
                        why = format!("cap:{winner}");
                        continue;
                    }
                    _ => {
                        self.watch(message, &planned);
                        self.put(run, step, planned);
                    }
                },
            }
            record(run, step).marks.insert(mark, self.now);
        }
        if pending {
            return self.hold(run, step, wake, &why);
        }
        self.ghost(run, step);
        done(run, step, self.now);
        Flow::To(step.next)
    }

    fn put(&mut self, run: &mut Run, step: &Step, planned: Planned) {
        record(run, step).marks.insert(format!("key:{}", planned.key.0), self.now);
        self.count_send(&planned);
        self.note_message("message", run, step, &planned.channel, planned.contact, "ready");
        self.messages.push(planned);
    }

    fn refuse(&mut self, run: &mut Run, step: &Step, message: &MessageStep, to: &Recipient, reason: &str) {
        record(run, step).skipped = Some(reason.to_owned());
        self.note_message("skip", run, step, &message.channel, to.contact, reason);
    }

    fn note_message(
        &mut self,
        kind: &str,
        run: &Run,
        step: &Step,
        channel: &ChannelKind,
        contact: Option<ContactId>,
        reason: &str,
    ) {
        self.note(kind, &run.playbook, &step.id, reason);
        if let Some(entry) = self.ledger.last_mut() {
            entry.contact = contact;
            channel.word().clone_into(&mut entry.channel);
        }
    }

    /// The window is shut for this recipient: until when.
    fn shut(&self, playbook: &Playbook, message: &MessageStep, to: &Recipient) -> Option<(Option<Instant>, String)> {
        let window = window_of(playbook, message, to.audience)?;
        let zone = self.zone_for(window.zone, to.contact);
        let calendar = self.rulebook.calendar(window.calendar.as_deref());
        if window.is_open(self.now, &zone, calendar) {
            return None;
        }
        Some((window.next_open(self.now, &zone, calendar), "window".to_owned()))
    }

    pub fn zone_for(&self, zone: ZoneOf, contact: Option<ContactId>) -> TimeZone {
        let own = || contact.and_then(|id| TimeZone::get(self.contacts.get(&id)?.text("timezone")?).ok());
        match zone {
            ZoneOf::Contact => own().unwrap_or_else(|| self.zone.clone()),
            ZoneOf::Account => self.zone.clone(),
            ZoneOf::Workspace => self.rulebook.model.workspace.zone.clone(),
        }
    }

    /// When the message is given up. A notice has no limit.
    fn hold_until(&self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Option<Instant> {
        let notice = message.class.unwrap_or(playbook.class) == Class::Notice;
        (!notice).then(|| self.longest_hold(playbook, run, message))
    }

    fn longest_hold(&self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Instant {
        let Hold { at_most, .. } = message.hold_at_most.unwrap_or(playbook.hold_at_most);
        let always = SendWindow { days: [true; 7], hours: (0, 1440), zone: ZoneOf::Account, calendar: None };
        let window = window_of(playbook, message, self.audience(playbook, message)).unwrap_or(&always);
        let zone = self.zone_for(window.zone, run.contact);
        let calendar = self.rulebook.calendar(window.calendar.as_deref());
        window.hold_until(run.since, at_most, &zone, calendar)
    }

    fn audience(&self, playbook: &Playbook, message: &MessageStep) -> Audience {
        match message.to.as_ref().or(playbook.to.as_ref()) {
            _ if message.channel == ChannelKind::Webhook => Audience::Team,
            Some(To::Team(_) | To::Channel(_)) => Audience::Team,
            _ => Audience::Customer,
        }
    }
}

/// The window that governs a message: for customers the playbook's, for the team only the step's own.
pub(super) fn window_of<'p>(
    playbook: &'p Playbook,
    message: &'p MessageStep,
    audience: Audience,
) -> Option<&'p SendWindow> {
    let inherited = playbook.window.as_ref().filter(|_| audience == Audience::Customer);
    message.window.as_ref().or(inherited)
}
