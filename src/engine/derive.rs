//! Derived values: metrics, health, milestones, phase, segments, statuses of playbooks, in their order.

use super::{
    handover,
    metrics::{self, Reading},
    recorded,
    standing::is_personal,
    work::{Cause, Work},
};
use crate::{
    model::{
        ids::ContactId,
        instant::Instant,
        run::Arm,
        value::{Props, Value},
    },
    rulebook::{
        expr::{
            Program,
            frame::{Ahead, Path},
        },
        slots::SlotSource,
        types::MetricKind,
    },
    words::{Word, say},
};

impl Ahead for Work<'_> {
    fn path(&self, slot: u32) -> Option<Path> {
        if let Some(known) = self.ways.borrow().get(&slot) {
            return known.clone();
        }
        let way = self.way(slot);
        self.ways.borrow_mut().insert(slot, way.clone());
        way
    }
}

impl Work<'_> {
    fn way(&self, slot: u32) -> Option<Path> {
        let SlotSource::Metric(index) = self.rulebook.slots.sources.get(slot as usize)? else { return None };
        let metric = self.rulebook.model.metrics.get(*index)?;
        match &metric.kind {
            MetricKind::Expr(program) => program.path(&self.frame(None, None)),
            _ => metrics::path(metric, self.state.metrics.get(&metric.name)?, &self.reading()),
        }
    }
}

/// A value, and when it can next change by time alone.
type Slot = (Value, Option<Instant>);

impl Work<'_> {
    /// Fills every slot that is about the account, in order, whatever was known before.
    pub fn refresh_all(&mut self) {
        self.update_scores();
        self.fill_plain();
        self.started = Some(self.account_start());
        let rulebook = self.rulebook;
        for slot in &rulebook.slots.derived {
            let Some(source) = rulebook.slots.sources.get(*slot as usize) else { continue };
            let computed = self.read_slot(source);
            let fixed = self.snapshot.fixed.get(slot).map(|value| (value.clone(), None));
            let (value, next) = fixed.unwrap_or(computed);
            self.values[*slot as usize] = value;
            self.next[*slot as usize] = next;
        }
        self.started = None;
        (self.slots_of, self.contact_filled) = (None, false);
    }

    /// Attributes as they are: both lists are sorted by name, so one walk over them is enough.
    fn fill_plain(&mut self) {
        let mut attrs = self.state.attrs.iter().peekable();
        for (name, slot) in &self.rulebook.slots.plain {
            while attrs.next_if(|(other, _)| *other < name).is_some() {}
            let known = attrs.next_if(|(other, _)| *other == name);
            self.values[*slot as usize] = known.map(|(_, attr)| attr.value.clone()).unwrap_or_default();
            self.next[*slot as usize] = None;
        }
        for (slot, value) in &self.snapshot.fixed {
            self.values[*slot as usize] = value.clone();
        }
    }

    pub fn read_slot(&mut self, source: &SlotSource) -> Slot {
        match source {
            SlotSource::Account(name) => self.read_account(name),
            SlotSource::Contact(_) | SlotSource::Subscribed(_) | SlotSource::ContactMetric(_) => (Value::Missing, None),
            SlotSource::Alert(i) => self.read_alert(*i),
            SlotSource::Metric(i) => self.read_metric(*i),
            SlotSource::Scored(kind, reading) => self.read_score(*kind, *reading),
            SlotSource::Phase => self.read_phase(),
            SlotSource::DaysInPhase => self.read_days_in_phase(),
            SlotSource::Stuck => self.read_stuck(),
            SlotSource::Milestone(i) => self.read_milestone(*i),
            SlotSource::MilestoneAt(i) => self.read_milestone_at(*i),
            SlotSource::Segment(i) => {
                self.rulebook.model.segments.get(*i).map_or((Value::Missing, None), |s| self.run_program(&s.when))
            }
            SlotSource::Playbook(name) => (Value::text(self.playbook_status(name).0), None),
            SlotSource::PlaybookAt(name) => (self.playbook_status(name).1.map_or(Value::Missing, Value::Instant), None),
            SlotSource::Target(name) => {
                (self.rulebook.model.targets.get(name).map_or(Value::Missing, |n| Value::Num(*n)), None)
            }
            SlotSource::Kpi(name) => (self.world.kpis.get(name).cloned().unwrap_or_default(), None),
        }
    }

    /// The value of a program now, and when it next changes.
    pub fn run_program(&self, program: &Program) -> Slot {
        let frame = self.frame(None, None);
        (program.eval(&frame), program.next_change(&frame))
    }

    fn read_account(&self, name: &str) -> Slot {
        match name {
            "key" => (Value::text(&self.snapshot.key), None),
            "name" if self.state.attr("name").is_missing() => (Value::text(&self.snapshot.key), None),
            "status" if self.state.attr("status").is_missing() => (Value::text("active"), None),
            "touch" => (self.touch_tier(), None),
            "onboarding" => (self.read_onboarding(), None),
            "age_month" => self.age_month(),
            "handover_missing" => (self.handover_missing(), None),
            "created_at" if self.state.attr("created_at").is_missing() => {
                let start = self.account_start();
                (if start == Instant::default() { Value::Missing } else { Value::Instant(start) }, None)
            }
            _ => (self.state.attr(name), None),
        }
    }

    /// An imported or set tier wins; then the daily pass; then the pass's cuts for newcomers.
    pub(super) fn touch_tier(&self) -> Value {
        let given = self.state.attr("touch");
        if !given.is_missing() {
            return given;
        }
        if let Some(daily) = self.state.daily.get("touch") {
            return daily.clone();
        }
        let Some(touch) = &self.rulebook.model.touch else { return Value::Missing };
        if touch.tiers.is_empty() {
            return Value::text(&touch.rest);
        }
        if self.world.touch_cuts.is_empty() {
            return Value::Missing;
        }
        let number = |by: &Program| match by.eval(&self.frame(None, None)) {
            Value::Num(n) => n,
            Value::Money(m) => m.major(),
            _ => f64::NEG_INFINITY,
        };
        let tier = touch.tiers.iter().find(|(name, _, by)| {
            self.world.touch_cuts.iter().any(|(cut, at_least)| cut == name && number(by) >= *at_least)
        });
        Value::text(tier.map_or(touch.rest.as_str(), |t| t.0.as_str()))
    }

    /// The required questions of the hand-over without an answer, in the workspace's language; missing when there is none.
    fn handover_missing(&self) -> Value {
        let locale = self.rulebook.model.workspace.locale;
        let open = handover::missing(&self.state, &self.rulebook.model, locale);
        if open.is_empty() { Value::Missing } else { Value::text(open.join(say(locale, Word::ListSeparator))) }
    }

    fn age_month(&self) -> Slot {
        let start = self.account_start();
        if start == Instant::default() {
            return (Value::Missing, None);
        }
        let (from, today) = (start.date(&self.zone), self.now.date(&self.zone));
        let months = (i32::from(today.year()) - i32::from(from.year())) * 12 + i32::from(today.month())
            - i32::from(from.month());
        let months = if today.day() < from.day() { months - 1 } else { months };
        let ahead = jiff::Span::new().try_months(i64::from(months) + 1).ok().and_then(|s| from.checked_add(s).ok());
        (Value::Num(f64::from(months.max(0))), ahead.map(|d| Instant::start_of(d, &self.zone)))
    }

    fn read_metric(&self, index: usize) -> Slot {
        let Some(metric) = self.rulebook.model.metrics.get(index) else { return (Value::Missing, None) };
        if let MetricKind::Expr(program) = &metric.kind {
            return self.run_program(program);
        }
        if let MetricKind::Rank { .. } = &metric.kind {
            return (self.state.daily.get(&format!("rank:{}", metric.name)).cloned().unwrap_or_default(), None);
        }
        recorded::metric(metric, &self.state, &self.reading())
    }

    pub fn reading(&self) -> Reading<'_> {
        let account_start = self.started.unwrap_or_else(|| self.account_start());
        Reading { now: self.now, zone: &self.zone, account_start }
    }

    fn read_milestone(&mut self, index: usize) -> Slot {
        let Some(milestone) = self.rulebook.model.milestones.get(index) else { return (Value::Missing, None) };
        if self.state.milestones.contains_key(&milestone.name) {
            return (Value::Bool(true), None);
        }
        let (value, next) = self.run_program(&milestone.when);
        if value != Value::Bool(true) {
            return (Value::Bool(false), next);
        }
        self.state.milestones.insert(milestone.name.clone(), self.now);
        let props = Props::from([("milestone".to_owned(), Value::text(&milestone.name))]);
        self.emit("milestone.reached", props, &Cause::default());
        (Value::Bool(true), None)
    }

    fn read_milestone_at(&self, index: usize) -> Slot {
        let milestone = self.rulebook.model.milestones.get(index);
        let at = milestone.and_then(|m| self.state.milestones.get(&m.name));
        (at.map_or(Value::Missing, |at| Value::Instant(*at)), None)
    }

    /// What other conditions see of a playbook: ghosts do not exist.
    pub fn playbook_status(&self, name: &str) -> (&'static str, Option<Instant>) {
        if self.rulebook.playbook(name).is_some_and(is_personal) {
            return self.personal_status(name, None);
        }
        let open = self.runs.iter().find(|r| r.playbook == name && r.arm == Arm::Treated);
        if let Some(run) = open {
            return ("running", Some(run.started));
        }
        match self.state.past.get(name).and_then(|p| p.last_result.map(|r| (r, p.last_ended))) {
            Some((result, ended)) => (result.word(), Some(ended)),
            None => ("never", None),
        }
    }

    /// Fills the contact slots for `contact` (none = missing), once per subject.
    pub fn fill_contact(&mut self, contact: Option<ContactId>) {
        if self.slots_of == contact && contact.is_some() {
            return;
        }
        let rulebook = self.rulebook;
        // Nobody's values stand there already; only what playbooks for contacts are about may have moved.
        if contact.is_none() && !self.contact_filled && self.snapshot.fixed.is_empty() {
            for slot in &rulebook.slots.own_statuses {
                let Some(source) = rulebook.slots.sources.get(*slot as usize) else { continue };
                (self.values[*slot as usize], self.next[*slot as usize]) = self.read_own(source, None);
            }
            return;
        }
        self.contact_filled = true;
        for slot in &rulebook.slots.own {
            let Some(source) = rulebook.slots.sources.get(*slot as usize) else { continue };
            let read = self.read_own(source, contact);
            let fixed = self.snapshot.fixed.get(slot).filter(|_| contact.is_some());
            (self.values[*slot as usize], self.next[*slot as usize]) = fixed.map_or(read, |v| (v.clone(), None));
        }
        self.slots_of = contact;
    }

    pub fn read_own(&self, source: &SlotSource, contact: Option<ContactId>) -> Slot {
        let person = contact.and_then(|id| self.contacts.get(&id));
        let value = match (source, person) {
            (SlotSource::ContactMetric(index), _) => return self.read_for_contact(*index, contact),
            (SlotSource::Playbook(name), _) => Value::text(self.personal_status(name, contact).0),
            (SlotSource::PlaybookAt(name), _) => {
                self.personal_status(name, contact).1.map_or(Value::Missing, Value::Instant)
            }
            (SlotSource::Contact(name), Some(c)) if name == "key" => Value::text(&c.key),
            (SlotSource::Contact(name), Some(c)) if name == "consent" => match &c.consent {
                Some(consent) => Value::text(if consent.given { "given" } else { "refused" }),
                None => Value::Missing,
            },
            (SlotSource::Contact(name), Some(c)) => c.attrs.get(name).cloned().unwrap_or_default(),
            (SlotSource::Subscribed(topic), Some(c)) => Value::Bool(c.wants(topic)),
            _ => Value::Missing,
        };
        (value, None)
    }
}
