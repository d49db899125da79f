//! The world at the start: the rulebook as the test wants it, the account as it arrives, values that are fixed.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::Stage;
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::Instant,
        score::{Reading, ScoreKind},
        value::{Props, Value},
        world::World,
    },
    rulebook::{
        attributes,
        playbook::{Body, Playbook, Subject},
        slots::SlotSource,
        testfile::{Given, PlaybookTest},
        types::{Holdout, MetricKind, Model, Rulebook},
    },
    simulate::account::Account,
};

/// The number under which a test's rulebook is live.
const LIVE: i64 = 1;
impl<'t> Stage<'t> {
    /// Sets the stage. Errors: what the test gives and nobody can use.
    pub(super) fn set(
        test: &'t PlaybookTest,
        rulebook: &Rulebook,
        world: &World,
    ) -> Result<Stage<'t>, Vec<Diagnostic>> {
        let given = &test.given;
        let Some(playbook) = rulebook.playbook(&test.playbook) else {
            let names = rulebook.playbooks.iter().map(|p| p.name.as_str());
            return Err(vec![unknown(test, "playbook", &test.playbook, names)]);
        };
        let named = given.account.get("timezone").and_then(Value::as_text).and_then(|z| TimeZone::get(z).ok());
        let zone = named.unwrap_or_else(|| rulebook.model.workspace.zone.clone());
        let workspace = playbook.subject == Subject::Workspace;
        let key = given.account.get("key").and_then(Value::as_text).unwrap_or("account");
        let id = if workspace { AccountId::WORKSPACE } else { AccountId(1) };
        let mut stage = Stage {
            test,
            rulebook: adapted(rulebook, test, &zone),
            world: populated(world, given),
            zone,
            account: Account::new(id, key),
            clock: given.now,
        };
        let mut wrong = stage.unknown_names();
        stage.arrive();
        stage.fix(&mut wrong);
        if wrong.is_empty() { Ok(stage) } else { Err(wrong) }
    }

    fn unknown_names(&self) -> Vec<Diagnostic> {
        let model = &self.rulebook.model;
        let (test, given) = (self.test, &self.test.given);
        let account = |n: &str| attributes::account(n).is_some() || model.account_attributes.contains_key(n);
        let contact = |n: &str| {
            attributes::contact(n).is_some()
                || model.contact_attributes.contains_key(n)
                || matches!(n, "consent" | "do_not_contact")
        };
        let declared = attributes::ACCOUNT.iter().copied().chain(model.account_attributes.keys().map(String::as_str));
        let lost = given.account.keys().filter(|n| !account(n));
        let mut out: Vec<_> = lost.map(|n| unknown(test, "account attribute", n, declared.clone())).collect();
        for name in given.contacts.iter().flat_map(|c| c.attrs.keys()).filter(|n| !contact(n)) {
            let known = ["email", "name", "role", "locale", "timezone", "consent", "persona"].into_iter();
            let known = known.chain(model.contact_attributes.keys().map(String::as_str));
            out.push(unknown(test, "contact attribute", name, known));
        }
        out
    }

    /// The account, its contacts and what happened before arrive at one moment, in this order.
    fn arrive(&mut self) {
        let given = &self.test.given;
        let mut attrs: Props = given.account.clone();
        attrs.remove("key");
        attrs.insert("import_as".to_owned(), Value::text("new"));
        self.account.record(fact(given.now, "account", FactBody::AccountAttrs { attrs }));
        for (i, contact) in given.contacts.iter().enumerate() {
            let body = FactBody::ContactAttrs { attrs: contact.attrs.clone() };
            let id = Some(contact_id(i));
            self.account.record(Fact { contact: id, ..fact(given.now, &format!("contact:{}", contact.key), body) });
        }
        for (i, event) in given.events.iter().enumerate() {
            let body = FactBody::event(event.event.as_str(), event.props.clone());
            let contact = event.contact.as_deref().and_then(|key| self.contact(key));
            let occurred_at = event.at.min(given.now);
            self.account.record(Fact { contact, occurred_at, ..fact(given.now, &format!("before:{i}"), body) });
        }
    }

    /// A contact's number by the key the test gives it.
    pub(super) fn contact(&self, key: &str) -> Option<ContactId> {
        self.test.given.contacts.iter().position(|c| c.key == key).map(contact_id)
    }

    fn fix(&mut self, wrong: &mut Vec<Diagnostic>) {
        let given = &self.test.given;
        for (name, value) in &given.metrics {
            let index = self.rulebook.model.metrics.iter().position(|m| m.name == *name);
            self.fix_one("metric", name, index.map(SlotSource::Metric), &self.as_metric(index, value), wrong);
        }
        for (kind, values) in [(ScoreKind::Health, &given.health), (ScoreKind::Expansion, &given.expansion)] {
            for (name, value) in values {
                let reading = Reading::ALL.into_iter().find(|reading| reading.word() == name);
                self.fix_one(kind.word(), name, reading.map(|r| SlotSource::Scored(kind, r)), value, wrong);
            }
        }
        for (name, holds) in &given.segments {
            let index = self.rulebook.model.segments.iter().position(|s| s.name == *name);
            self.fix_one("segment", name, index.map(SlotSource::Segment), &Value::Bool(*holds), wrong);
        }
        for (name, on) in &given.alerts {
            let index = self.rulebook.model.alerts.iter().position(|a| a.name == *name);
            self.fix_one("alert", name, index.map(SlotSource::Alert), &Value::Bool(*on), wrong);
        }
        for (name, reached) in &given.milestones {
            let index = self.rulebook.model.milestones.iter().position(|m| m.name == *name);
            if index.is_some() && *reached {
                // Reached for good: nothing has to be held.
                self.account.state.milestones.insert(name.clone(), given.now);
                continue;
            }
            self.fix_one("milestone", name, index.map(SlotSource::Milestone), &Value::Bool(*reached), wrong);
        }
        if let Some(phase) = &given.phase {
            self.fix_phase(phase, wrong);
        }
    }

    /// An ordered phase is where the account has come to; one that holds by a condition is only read as such.
    fn fix_phase(&mut self, name: &str, wrong: &mut Vec<Diagnostic>) {
        let phase = self.rulebook.model.journey.iter().find(|p| p.name == name);
        if phase.is_some_and(|p| p.until.is_some()) {
            self.account.state.base_phase = Some(name.to_owned());
        }
        let source = phase.map(|_| SlotSource::Phase);
        self.fix_one("phase", name, source, &Value::text(name), wrong);
    }

    /// What nobody reads needs no fixing; what the model does not know is an error.
    fn fix_one(
        &mut self,
        kind: &str,
        name: &str,
        source: Option<SlotSource>,
        value: &Value,
        wrong: &mut Vec<Diagnostic>,
    ) {
        let Some(source) = source else {
            let names = names_of(kind, &self.rulebook.model);
            return wrong.push(unknown(self.test, kind, name, names.iter().map(String::as_str)));
        };
        if let Some(slot) = self.rulebook.slots.find(&source) {
            self.account.fixed.insert(slot, value.clone());
        }
    }

    /// `last` and `first` are moments: a day means its beginning.
    fn as_metric(&self, index: Option<usize>, value: &Value) -> Value {
        let kind = index.and_then(|i| self.rulebook.model.metrics.get(i)).map(|m| &m.kind);
        match (kind, value) {
            (Some(MetricKind::Last(_) | MetricKind::First(_)), Value::Date(day)) => {
                Value::Instant(Instant::start_of_day(*day, &self.zone))
            }
            _ => value.clone(),
        }
    }
}

fn contact_id(index: usize) -> ContactId {
    ContactId(index as i64 + 1)
}

/// A fact of the test, about the account, known at `at`.
pub(super) fn fact(at: Instant, event_id: &str, body: FactBody) -> Fact {
    Fact {
        seq: 0,
        account: AccountId::WORKSPACE,
        contact: None,
        occurred_at: at,
        received_at: at,
        source: "test".to_owned(),
        event_id: event_id.to_owned(),
        body,
    }
}

fn populated(world: &World, given: &Given) -> World {
    let mut world = world.clone();
    for (key, person) in &given.people {
        let name = person.get("name").and_then(Value::as_text).unwrap_or(key);
        world.people.insert(key.clone(), name.to_owned());
    }
    world.kpis.extend(given.kpis.clone());
    world
}

/// Live, in the account's zone, with the arms the test asks for and nobody left to chance.
fn adapted(rulebook: &Rulebook, test: &PlaybookTest, zone: &TimeZone) -> Rulebook {
    let mut rulebook = rulebook.clone();
    (rulebook.number, rulebook.live_since) = (LIVE, test.given.now);
    rulebook.model.workspace.zone = zone.clone();
    rulebook.model.holdout.percent = 0.0;
    for playbook in &mut rulebook.playbooks {
        let ghost = test.given.holdout && playbook.name == test.playbook;
        playbook.holdout = ghost.then(|| Holdout { percent: 100.0, salt: "test".to_owned() });
        playbook.enroll.rollout = 100.0;
        playbook.approve = None;
        let arms = if playbook.name == test.playbook { &test.given.arms } else { &BTreeMap::new() };
        choose_arms(playbook, arms);
    }
    rulebook
}

fn choose_arms(playbook: &mut Playbook, chosen: &BTreeMap<String, String>) {
    for step in &mut playbook.steps {
        let Body::Split(arms) = &mut step.body else { continue };
        let named = chosen.get(&step.id).and_then(|arm| arms.iter().position(|a| a.0 == *arm)).unwrap_or(0);
        for (i, arm) in arms.iter_mut().enumerate() {
            arm.1 = u32::from(i == named);
        }
    }
}

fn names_of(kind: &str, model: &Model) -> Vec<String> {
    match kind {
        "metric" => model.metrics.iter().map(|m| m.name.clone()).collect(),
        "alert" => model.alerts.iter().map(|a| a.name.clone()).collect(),
        "segment" => model.segments.iter().map(|s| s.name.clone()).collect(),
        "milestone" => model.milestones.iter().map(|m| m.name.clone()).collect(),
        "phase" => model.journey.iter().map(|p| p.name.clone()).collect(),
        _ => Reading::ALL.map(|reading| reading.word().to_owned()).to_vec(),
    }
}

/// A name that the rulebook does not know, with the nearest one it does.
pub(super) fn unknown<'a>(
    test: &PlaybookTest,
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    Diagnostic::error("unknown-name", &test.place, format!("no {kind} `{name}`"), help)
}
