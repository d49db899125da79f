//! Metrics about contacts: how many there are of a kind, and values of each one.

use super::{
    fold::Happened,
    metrics::{self, Sample},
    work::Work,
};
use crate::{
    model::{ids::ContactId, instant::Instant, snapshot::ContactQuery, state::MetricState, value::Value},
    rulebook::types::{Metric, MetricKind},
};

/// Everybody at the account: asked for only when a count of contacts is new or was redefined.
pub(super) fn everybody() -> ContactQuery {
    ContactQuery::first(Vec::new(), u32::MAX >> 1)
}

impl Work<'_> {
    /// Changes something about a contact and keeps the counts of contacts right.
    pub fn recounted(&mut self, id: ContactId, change: impl FnOnce(&mut Self)) {
        let before = self.kinds_of(id);
        change(self);
        let after = self.kinds_of(id);
        for ((metric, was), (_, is)) in before.into_iter().zip(after) {
            let state = self.state.metrics.entry(metric.name.clone()).or_default();
            state.hash.clone_from(&metric.hash);
            state.total += f64::from(u8::from(is)) - f64::from(u8::from(was));
        }
    }

    /// For every count of contacts: whether this contact is among them.
    fn kinds_of<'w>(&mut self, id: ContactId) -> Vec<(&'w Metric, bool)>
    where
        Self: 'w,
    {
        let rulebook = self.rulebook;
        let counts = rulebook.model.metrics.iter().filter_map(|m| match &m.kind {
            MetricKind::Contacts(program) => Some((m, program)),
            _ => None,
        });
        let counts: Vec<_> = counts.collect();
        if counts.is_empty() {
            return Vec::new();
        }
        self.slots_of = None;
        self.fill_contact(Some(id));
        // The store makes a row before anything is known of a person; that one is not there yet.
        let known = self.contacts.get(&id).is_some_and(|c| !c.attrs.is_empty());
        let found = counts.into_iter().map(|(m, program)| (m, known && self.holds(program))).collect();
        self.slots_of = None;
        found
    }

    /// Counts everybody again, after the definition of a count has changed.
    pub fn recount_everybody(&mut self, metric: &Metric, program: &crate::rulebook::expr::Program) {
        let ids: Vec<ContactId> = self.contacts.values().filter(|c| !c.attrs.is_empty()).map(|c| c.id).collect();
        let mut total = 0.0;
        for id in ids {
            self.fill_contact(Some(id));
            total += f64::from(u8::from(self.holds(program)));
        }
        self.slots_of = None;
        let state = MetricState { hash: metric.hash.clone(), total, ..MetricState::default() };
        self.state.metrics.insert(metric.name.clone(), state.into());
    }

    /// Folds an event into a metric of its contact.
    pub fn count_for_contact(&mut self, metric: &Metric, event: &Happened<'_>, value: Value) {
        let (day, today) = (event.at.day(&self.zone), self.now.day(&self.zone));
        self.state.metrics.entry(metric.name.clone()).or_default().hash.clone_from(&metric.hash);
        let Some(contact) = event.contact.and_then(|id| self.contacts.get_mut(&id)) else { return };
        let sample = Sample { day, at: event.at, value, contact: None, today, metric };
        metrics::fold(contact.metrics.entry(metric.name.clone()).or_default(), &sample);
        self.touched_contacts.insert(contact.id);
        self.slots_of = None;
    }

    /// The value of a metric of one contact, and when it next changes by time alone.
    pub fn read_for_contact(&self, index: usize, contact: Option<ContactId>) -> (Value, Option<Instant>) {
        let metric = self.rulebook.model.metrics.get(index);
        let contact = contact.and_then(|id| self.contacts.get(&id));
        let (Some(metric), Some(contact)) = (metric, contact) else { return (Value::Missing, None) };
        let blank = MetricState::default();
        metrics::read(metric, contact.metrics.get(&metric.name).unwrap_or(&blank), &self.reading())
    }
}
