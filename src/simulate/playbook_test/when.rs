//! What happens, line by line.

use super::{
    Stage, When,
    given::{fact, unknown},
};
use crate::{
    engine::{PLAN_TASK, explain},
    model::{
        diagnostic::{Diagnostic, Place},
        fact::{Act, Fact, FactBody},
        ids::ContactId,
        instant::Instant,
        message::Planned,
        value::Value,
    },
    rulebook::{
        schedule::length::Length,
        testfile::{Command, Line, TestEvent},
    },
    simulate::account::receipt,
};

impl Stage<'_> {
    /// Plays `given.now` and every line of `when`.
    pub(super) fn happen(&mut self) -> Result<(), When> {
        self.check_events()?;
        self.advance(self.test.given.now)?;
        for (i, line) in self.test.when.iter().enumerate() {
            match line {
                Line::Days(days) => {
                    let calendar = self.rulebook.calendar(None);
                    let until = Length::CalendarDays(*days).after(self.clock, &self.zone, calendar);
                    self.advance(until)?;
                }
                Line::Event(event) => self.event(i, event)?,
                Line::Account(at, attrs) => {
                    let body = FactBody::AccountAttrs { attrs: attrs.clone() };
                    self.take(fact(*at, &format!("when:{i}"), body), &self.test.place)?;
                }
                Line::TaskDone(at, step) => self.task_done(i, *at, step)?,
                Line::Contact(at, key, attrs) => {
                    let id = self.person(key)?;
                    let body = FactBody::ContactAttrs { attrs: attrs.clone() };
                    let changed = Fact { contact: Some(id), ..fact(*at, &format!("when:{i}"), body) };
                    self.take(changed, &self.test.place)?;
                }
                Line::Command(at, command, of) => {
                    let contact = of.as_deref().map(|key| self.person(key)).transpose()?;
                    let said = fact(*at, &format!("when:{i}"), FactBody::Command(self.act(command)));
                    self.take(Fact { contact, ..said }, &self.test.place)?;
                }
            }
        }
        // What happened last still has its receipts.
        Ok(self.advance(self.clock.plus(1))?)
    }

    /// A contact by the key the test gives it.
    fn person(&self, key: &str) -> Result<ContactId, When> {
        let keys = self.test.given.contacts.iter().map(|c| c.key.as_str());
        self.contact(key).ok_or_else(|| When::Wrong(Box::new(unknown(self.test, "contact", key, keys))))
    }

    fn check_events(&self) -> Result<(), When> {
        let given = &self.test.given;
        match given.events.iter().find(|e| e.at > given.now) {
            Some(event) => Err(wrong(&event.place, "this event lies after `now`", "move it to `when`")),
            None => given.events.iter().try_for_each(|e| self.known_contact(e)),
        }
    }

    fn known_contact(&self, event: &TestEvent) -> Result<(), When> {
        let Some(key) = event.contact.as_deref().filter(|key| self.contact(key).is_none()) else { return Ok(()) };
        let keys = self.test.given.contacts.iter().map(|c| c.key.as_str());
        let finding = Diagnostic { place: event.place.clone(), ..unknown(self.test, "contact", key, keys) };
        Err(When::Wrong(Box::new(finding)))
    }

    fn event(&mut self, i: usize, event: &TestEvent) -> Result<(), When> {
        self.known_contact(event)?;
        self.until(event.at, &event.place)?;
        let contact = event.contact.as_deref().and_then(|key| self.contact(key));
        let id = format!("when:{i}");
        let plain = Fact { contact, ..fact(event.at, &id, body(event)) };
        let happened = match (event.event.strip_prefix("message."), self.message_of(event)) {
            (Some(outcome), Some(message)) => Fact { event_id: id, ..receipt(&message, outcome, event.at) },
            (Some(_), None) if !is_of_another(event) => {
                let says = "no message of that step has gone out by then";
                return Err(wrong(&event.place, says, "give `props: {step: ID}` of a message that was sent"));
            }
            _ => plain,
        };
        self.take(happened, &event.place)
    }

    /// The last message that went out to this contact, of the step the event names.
    fn message_of(&self, event: &TestEvent) -> Option<Planned> {
        let step = event.props.get("step").and_then(Value::as_text);
        let contact = event.contact.as_deref().and_then(|key| self.contact(key));
        let mine = |m: &&Planned| {
            m.playbook == self.test.playbook
                && step.is_none_or(|s| s == m.step)
                && (contact.is_none() || m.contact == contact)
        };
        self.account.sent.iter().rev().find(mine).cloned()
    }

    fn task_done(&mut self, i: usize, at: Instant, step: &str) -> Result<(), When> {
        let place = &self.test.place;
        self.until(at, place)?;
        let mine =
            |t: &&crate::model::run::Task| t.playbook == self.test.playbook && t.step == step && t.done.is_none();
        let journey = &self.rulebook.model.journey;
        if journey.iter().any(|p| p.tasks_ours.iter().chain(&p.tasks_theirs).any(|t| t == step)) {
            let task = format!("{PLAN_TASK}{step}");
            return self.take(fact(at, &format!("when:{i}"), FactBody::Command(Act::TaskDone { task })), place);
        }
        let Some(task) = self.account.tasks.values().find(mine).map(|t| t.identity()) else {
            let says = format!("no task of step `{step}` is open at {}", self.show(at));
            return Err(wrong(place, &says, "let the step open its task first"));
        };
        self.take(fact(at, &format!("when:{i}"), FactBody::Command(Act::TaskDone { task })), place)
    }

    fn act(&self, command: &Command) -> Act {
        let playbook = self.test.playbook.clone();
        let by = "test".to_owned();
        match command {
            Command::Ack(step) => Act::Ack { what: format!("{playbook}/{step}"), by },
            Command::Pause => Act::Pause { playbook: None, until: None, reason: by },
            Command::Resume => Act::Resume { playbook: None },
            Command::Enroll => Act::Enroll { playbook },
            Command::Unenroll => Act::Unenroll { playbook },
            Command::Override(band, until) => {
                Act::Override { band: band.clone(), until: *until, reason: by.clone(), by }
            }
        }
    }

    /// Lets everything happen that comes before a line's moment.
    fn until(&mut self, at: Instant, place: &Place) -> Result<(), When> {
        if at < self.clock {
            let says = format!("{} lies before the line above it ({})", self.show(at), self.show(self.clock));
            return Err(wrong(place, &says, "write the lines of `when` in the order of time"));
        }
        Ok(self.advance(at.plus(-1))?)
    }

    fn take(&mut self, happened: Fact, place: &Place) -> Result<(), When> {
        let at = happened.received_at;
        self.until(at, place)?;
        self.release(&happened)?;
        self.account.record(happened);
        Ok(self.advance(at)?)
    }

    /// A fixed value holds until a fact changes it: those that this fact would change are released.
    fn release(&mut self, happened: &Fact) -> Result<(), When> {
        if self.account.fixed.is_empty() {
            return Ok(());
        }
        let at = happened.received_at;
        let mut free = self.account.clone();
        free.fixed.clear();
        let values = |account: &crate::simulate::account::Account| {
            explain::read(&account.snapshot(at.plus(-1)), &self.world, &self.rulebook, at, None).values
        };
        let before = values(&free);
        free.record(happened.clone());
        free.advance(&self.world, &self.rulebook, at)?;
        let after = values(&free);
        let (slots, model) = (&self.rulebook.slots, &self.rulebook.model);
        let same = |slot: u32| {
            let name = slots.sources.get(slot as usize).map(|source| source.name(model)).unwrap_or_default();
            before.get(name.as_str()) == after.get(name.as_str())
        };
        self.account.fixed.retain(|slot, _| same(*slot));
        Ok(())
    }
}

/// Whether what is said of a message (`{class: hard}`) is about one that another playbook sent: no step is named.
fn is_of_another(event: &TestEvent) -> bool {
    !event.props.is_empty() && !event.props.contains_key("step")
}

/// An opt-out is a subscription that ends; everything else is what it says.
fn body(event: &TestEvent) -> FactBody {
    if event.event == "contact.unsubscribed" {
        let topic = event.props.get("topic").and_then(Value::as_text).unwrap_or("*").to_owned();
        return FactBody::Subscription { topic, subscribed: false };
    }
    FactBody::event(event.event.as_str(), event.props.clone())
}

fn wrong(place: &Place, says: &str, help: &str) -> When {
    When::Wrong(Box::new(Diagnostic::error("test-line", place, says, help)))
}
