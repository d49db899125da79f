//! Phases: ordered ones that are left for good, and those that hold while a condition does.

use super::work::{Cause, Work};
use crate::{
    model::{
        instant::Instant,
        value::{Props, Value},
    },
    rulebook::{slots::SlotSource, types::Milestone},
};

impl Work<'_> {
    /// Moves the journey on and answers the phase. Several `when` phases true at once: the last in the file.
    pub fn read_phase(&mut self) -> (Value, Option<Instant>) {
        let mut moments = Vec::new();
        let base = self.advance_base(&mut moments);
        let over = self.overriding_phase(base, &mut moments);
        let rulebook = self.rulebook;
        let journey = &rulebook.model.journey;
        let phase = over.or(base).and_then(|i| journey.get(i)).map(|p| &p.name);
        let Some(name) = phase else { return (Value::Missing, moments.into_iter().min()) };
        if self.state.phase.as_ref().map(|p| &p.0) != Some(name) {
            let from = self.state.phase.as_ref().map_or(Value::Missing, |p| Value::text(&p.0));
            let since = if self.silent { self.account_start().min(self.now) } else { self.now };
            self.state.phase = Some((name.clone(), since));
            let props = Props::from([("phase".to_owned(), Value::text(name)), ("from".to_owned(), from)]);
            self.emit("phase.entered", props, &Cause::default());
        }
        (Value::text(name), moments.into_iter().min())
    }

    /// The first ordered phase that is not over; never goes back.
    fn advance_base(&mut self, moments: &mut Vec<Instant>) -> Option<usize> {
        let rulebook = self.rulebook;
        let journey = &rulebook.model.journey;
        let ordered: Vec<usize> = (0..journey.len()).filter(|i| journey[*i].until.is_some()).collect();
        let known = self.state.base_phase.as_ref();
        let mut at = known.and_then(|name| ordered.iter().position(|i| journey[*i].name == *name)).unwrap_or(0);
        while at + 1 < ordered.len() {
            let Some(until) = &journey[ordered[at]].until else { break };
            if !self.holds(until) {
                moments.extend(until.next_change(&self.frame(None, None)));
                break;
            }
            at += 1;
        }
        let index = *ordered.get(at)?;
        if self.state.base_phase.as_ref() != Some(&journey[index].name) {
            self.state.base_phase = Some(journey[index].name.clone());
        }
        Some(index)
    }

    fn overriding_phase(&self, base: Option<usize>, moments: &mut Vec<Instant>) -> Option<usize> {
        let journey = &self.rulebook.model.journey;
        let mut found = None;
        for (i, phase) in journey.iter().enumerate() {
            let Some(when) = &phase.when else { continue };
            let after = phase.after.as_ref().and_then(|name| journey.iter().position(|p| p.name == *name));
            // `after: onboarding` means: onboarding lies behind.
            if after.is_some_and(|needed| base.is_none_or(|b| b <= needed)) {
                continue;
            }
            moments.extend(when.next_change(&self.frame(None, None)));
            if self.holds(when) {
                found = Some(i);
            }
        }
        found
    }

    /// How far onboarding is: done with every milestone that ends the first phase; else as imported; else by whether
    /// anything counted towards those milestones.
    pub fn read_onboarding(&self) -> Value {
        let (slots, model) = (&self.rulebook.slots, &self.rulebook.model);
        let required = || slots.onboarding.iter().filter_map(|i| model.milestones.get(*i));
        let reached = |m: &Milestone| self.state.milestones.contains_key(&m.name);
        if !slots.onboarding.is_empty() && required().all(reached) {
            return Value::text("done");
        }
        let given = self.state.attr("onboarding");
        if slots.onboarding.is_empty() || !given.is_missing() {
            return given;
        }
        let counts = |slot: &u32| {
            let metric = matches!(slots.sources.get(*slot as usize), Some(SlotSource::Metric(_)));
            metric && matches!(self.values.get(*slot as usize), Some(Value::Num(n)) if *n > 0.0)
        };
        let begun = required().any(|m| reached(m) || m.when.slots().iter().any(counts));
        Value::text(if begun { "in_progress" } else { "not_started" })
    }

    /// Whole local days since the phase began; wakes only on days that some condition compares with.
    pub fn read_days_in_phase(&self) -> (Value, Option<Instant>) {
        let Some((_, since)) = &self.state.phase else { return (Value::Missing, None) };
        let start = since.day(&self.zone);
        let days = self.now.day(&self.zone) - start;
        let slots = &self.rulebook.slots;
        let next = if slots.every_day { Some(days + 1) } else { slots.phase_days.iter().copied().find(|d| *d > days) };
        (Value::Num(f64::from(days)), next.map(|d| Instant::start_of_day(start + d, &self.zone)))
    }

    /// Longer in the phase than its `stuck_after`.
    pub fn read_stuck(&self) -> (Value, Option<Instant>) {
        let Some((name, since)) = &self.state.phase else { return (Value::Missing, None) };
        let phase = self.rulebook.model.journey.iter().find(|p| p.name == *name);
        let Some(limit) = phase.and_then(|p| p.stuck_after) else { return (Value::Bool(false), None) };
        let at = limit.after(*since, &self.zone, self.calendar);
        let stuck = self.now >= at;
        (Value::Bool(stuck), (!stuck).then_some(at))
    }
}
