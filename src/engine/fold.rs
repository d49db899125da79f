//! Facts into state: attributes, contacts, day counters, people's decisions.

use super::{
    contacts,
    metrics::{self, Sample},
    work::{Judged, Work},
};
use crate::{
    model::{
        fact::{Fact, FactBody, OWN},
        ids::{ContactId, RunId},
        instant::Instant,
        shared::Shared,
        snapshot::Need,
        state::MetricState,
        survey,
        value::{Props, Value},
    },
    rulebook::types::{Metric, MetricKind},
};

/// The source of an announcement's copy for one account.
pub const ANNOUNCEMENT: &str = "announcement";

/// An event as metrics see it.
pub(super) struct Happened<'b> {
    pub name: &'b str,
    pub props: &'b Props,
    pub contact: Option<ContactId>,
    pub at: Instant,
    /// Recorded by shirube itself: does not count for `*`.
    pub ours: bool,
}

impl Work<'_> {
    /// Folds one fact, in its place in the order. What comes under the number of a contact that was merged is the
    /// other one's.
    pub fn fold(&mut self, fact: &Fact) {
        let whose = fact.contact.map(|id| self.state.now_is(id));
        if whose != fact.contact {
            return self.fold_as_is(&Fact { contact: whose, ..fact.clone() });
        }
        self.fold_as_is(fact);
    }

    fn fold_as_is(&mut self, fact: &Fact) {
        self.folded = Some(fact.seq);
        if self.state.first_seen == Instant::default() {
            self.state.first_seen = fact.received_at;
        }
        self.stirred.extend(fact.contact);
        match (&fact.body, fact.contact) {
            (FactBody::Event { name, props }, contact) => self.fold_event(fact, name, props, contact),
            (FactBody::AccountAttrs { attrs }, _) => self.fold_account_attrs(fact, attrs),
            (FactBody::ContactAttrs { attrs }, Some(id)) => {
                self.recounted(id, |work| work.fold_contact_attrs(fact, id, attrs));
            }
            (FactBody::ContactRemoved, Some(id)) => self.recounted(id, |work| work.fold_removed(id)),
            (FactBody::Absorbed { key, other }, Some(id)) => self.fold_absorbed(id, *other, key),
            (FactBody::Arrived { key, was, guest }, Some(id)) => self.fold_arrived(id, (key, *was), guest),
            (FactBody::Merged { other, .. }, _) => self.fold_leaving(*other),
            (FactBody::TookIn { key, estate }, _) => self.fold_taken_in(key, estate),
            (FactBody::Renamed { from, .. }, _) => self.fold_renamed(from),
            (FactBody::Subscription { topic, subscribed }, Some(id)) => {
                self.recounted(id, |work| work.fold_subscription(id, topic, *subscribed));
            }
            (FactBody::Consent { given }, Some(id)) => self.recounted(id, |work| work.fold_consent(fact, id, *given)),
            (FactBody::Receipt { .. }, contact) => self.fold_receipt(fact, contact),
            (FactBody::Command(act), _) => self.fold_act(fact, act),
            (FactBody::DailyPass { values }, _) => self.state.daily.extend(values.clone()),
            _ => self.note("skip", "", "", "fact_without_contact"),
        }
    }

    fn fold_event(&mut self, fact: &Fact, name: &str, props: &Props, contact: Option<ContactId>) {
        if off_scale(name, props) {
            return self.note("skip", "", "", "off_scale");
        }
        let ours = fact.source == OWN;
        // An announcement happened to everybody: it starts playbooks, but is nothing this account did.
        if fact.source != ANNOUNCEMENT {
            self.count(&Happened { name, props, contact, at: fact.occurred_at, ours });
        }
        let late_data = self.rulebook.model.workspace.late_data;
        // Whether an announcement came too late was judged when it came, before it was told to anybody.
        let late = fact.source != ANNOUNCEMENT
            && late_data.after(fact.occurred_at, &self.zone, self.calendar) < fact.received_at;
        let of_message = name.starts_with("message.");
        let event = Judged {
            name: name.to_owned(),
            props: props.clone(),
            contact,
            id: format!("{}:{}", fact.source, fact.event_id),
            run: self.run_of_message(name, props),
            origin: props.get("playbook").and_then(Value::as_text).filter(|_| of_message).map(str::to_owned),
            depth: 0,
            late,
            announced: fact.source == ANNOUNCEMENT,
            counted: true,
        };
        self.mark_replies(&event);
        self.mark_outcome(&event);
        self.queue.push_back(event);
    }

    fn fold_receipt(&mut self, fact: &Fact, contact: Option<ContactId>) {
        let FactBody::Receipt { key, run, playbook, step, outcome, .. } = &fact.body else { return };
        if matches!(outcome.as_str(), "skipped" | "failed") {
            self.state.sends.retain(|s| s.key != key.0);
        }
        let run = run.clone().map(RunId);
        if let Some(open) = run.as_ref().and_then(|id| self.runs.iter_mut().find(|r| r.id == *id)) {
            open.steps.entry(step.clone()).or_default().marks.insert(outcome.clone(), self.now);
            let id = open.id.clone();
            self.touch(&id);
        } else if run.is_some() {
            self.mark_late(&key.0, outcome, contact);
        }
        let Some((name, props)) = told(fact) else { return };
        self.count(&Happened { name: &name, props: &props, contact, at: fact.occurred_at, ours: true });
        let id = format!("{}:{}", fact.source, fact.event_id);
        if outcome == "sent" {
            self.note_asked((playbook, step), run.as_ref(), contact);
        }
        self.queue.push_back(Judged {
            name,
            props,
            contact,
            id,
            run,
            origin: Some(playbook.clone()),
            depth: 0,
            late: false,
            announced: false,
            counted: true,
        });
    }

    /// Counts an event in every metric that listens to it.
    pub fn count(&mut self, event: &Happened<'_>) {
        let rulebook = self.rulebook;
        for metric in rulebook.model.metrics.iter().filter(|m| listens(m, event)) {
            if metric.where_.as_ref().is_none_or(|w| w.holds(&self.frame(Some(event.props), None))) {
                self.count_in(metric, event);
            }
        }
        for metric in rulebook.model.metrics.iter().filter(|m| m.unless.as_deref() == Some(event.name)) {
            self.open_or_close(metric, event, None);
        }
    }

    /// Counts an event that shirube recorded in this turn.
    pub fn count_own(&mut self, event: &Judged) {
        let happened =
            Happened { name: &event.name, props: &event.props, contact: event.contact, at: self.now, ours: true };
        self.count(&happened);
    }

    fn count_in(&mut self, metric: &Metric, event: &Happened<'_>) {
        let value = property(metric).and_then(|p| event.props.get(p)).cloned().unwrap_or_default();
        if metric.unless.is_some() {
            let amount = if property(metric).is_some() { metrics::amount(&value) } else { 1.0 };
            return self.open_or_close(metric, event, Some(amount));
        }
        if metric.per_contact {
            return self.count_for_contact(metric, event, value);
        }
        // Only counts of contacts remember who was last active when.
        let counted = event.contact.filter(|_| matches!(metric.kind, MetricKind::Distinct(_)));
        let key = counted.map(|c| (c, self.days_key(&metric.name)));
        let before = key.as_ref().and_then(|k| self.contact_days.get(k)).copied();
        let day = event.at.day(&self.zone);
        let contact = event.contact.map(|c| (c, before));
        let sample = Sample { day, at: event.at, value, contact, today: self.now.day(&self.zone), metric };
        if !self.state.metrics.contains_key(&metric.name) {
            self.state.metrics.insert(metric.name.clone(), Shared::default());
        }
        let Some(state) = self.state.metrics.get_mut(&metric.name) else { return };
        if state.hash != metric.hash {
            state.hash.clone_from(&metric.hash);
        }
        if let (Some(day), Some(key)) = (metrics::fold(state, &sample), key) {
            self.contact_days.insert(key.clone(), day);
            self.touched_days.insert(key);
        }
    }

    /// Under which name the last active days of contacts are kept: those of an older definition do not count.
    pub fn days_key(&self, metric: &str) -> String {
        match self.state.metrics.get(metric).map(|m| m.refolded).filter(|at| *at != Instant::default()) {
            Some(at) => format!("{metric}@{}", at.0),
            None => metric.to_owned(),
        }
    }

    /// What must be loaded because a metric is new or was defined otherwise when this account was folded last.
    pub fn refold_needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        if self.state.rulebook == 0 || self.state.rulebook == self.rulebook.number {
            return needs;
        }
        let stale: Vec<&Metric> = self.rulebook.model.metrics.iter().filter(|m| self.is_stale(m)).collect();
        if !stale.is_empty() && self.snapshot.history.is_none() {
            needs.push(Need::History);
        }
        let people = stale.iter().any(|m| m.per_contact || matches!(m.kind, MetricKind::Contacts(_)));
        if people && !self.snapshot.answers.iter().any(|(asked, _)| *asked == contacts::everybody()) {
            needs.push(Need::Contacts(contacts::everybody()));
        }
        needs
    }

    fn is_stale(&self, metric: &Metric) -> bool {
        let folded = self.state.metrics.get(&metric.name).map(|s| s.hash.as_str());
        is_folded(metric) && folded != Some(metric.hash.as_str())
    }

    /// Folds new or changed metrics again from the account's history.
    pub fn refold(&mut self) {
        let Some(history) = &self.snapshot.history else { return };
        let stale: Vec<&Metric> = self.rulebook.model.metrics.iter().filter(|m| self.is_stale(m)).collect();
        stale.iter().for_each(|metric| self.forget(metric));
        for fact in history {
            let Some((name, props)) = told(fact).filter(|_| fact.source != ANNOUNCEMENT) else { continue };
            let ours = fact.source == OWN || matches!(fact.body, FactBody::Receipt { .. });
            let contact = fact.contact.map(|id| self.state.now_is(id));
            let event = Happened { name: &name, props: &props, contact, at: fact.occurred_at, ours };
            for metric in stale.iter().filter(|m| listens(m, &event)) {
                if metric.where_.as_ref().is_none_or(|w| w.holds(&self.frame(Some(&props), None))) {
                    self.count_in(metric, &event);
                }
            }
            for metric in stale.iter().filter(|m| m.unless.as_deref() == Some(name.as_str())) {
                self.open_or_close(metric, &event, None);
            }
        }
    }

    /// Begins a metric anew; a count of contacts is taken at once.
    fn forget(&mut self, metric: &Metric) {
        if let MetricKind::Contacts(program) = &metric.kind {
            return self.recount_everybody(metric, program);
        }
        let blank = MetricState { hash: metric.hash.clone(), refolded: self.state.now, ..MetricState::default() };
        self.state.metrics.insert(metric.name.clone(), blank.into());
        let with: Vec<ContactId> =
            self.contacts.values_mut().filter_map(|c| c.metrics.remove(&metric.name).map(|_| c.id)).collect();
        self.touched_contacts.extend(with);
    }
}

/// An answer to a survey that is none: 11 of 10, 9.5, nothing.
fn off_scale(name: &str, props: &Props) -> bool {
    name == survey::RESPONDED && !survey::counts(props)
}

/// What a fact says as an event: its own, or what became of a message.
fn told(fact: &Fact) -> Option<(String, Props)> {
    let (outcome, pairs) = match &fact.body {
        FactBody::Event { name, props } if off_scale(name, props) => return None,
        FactBody::Event { name, props } => return Some((name.clone(), props.clone())),
        FactBody::Receipt { key, playbook, step, outcome, .. } => {
            (outcome, [("playbook", playbook), ("step", step), ("key", &key.0)])
        }
        _ => return None,
    };
    let props = pairs.map(|(name, value)| (name.to_owned(), Value::text(value))).into();
    Some((format!("message.{outcome}"), props))
}

/// Whether a metric is kept up fact by fact.
pub(super) fn is_folded(metric: &Metric) -> bool {
    property_event(metric).is_some() || matches!(metric.kind, MetricKind::Contacts(_))
}

fn listens(metric: &Metric, event: &Happened<'_>) -> bool {
    match property_event(metric) {
        Some("*") => event.contact.is_some() && !event.ours,
        Some(name) => name == event.name,
        None => false,
    }
}

/// The event a metric listens to.
pub(super) fn property_event(metric: &Metric) -> Option<&str> {
    metric.kind.event()
}

fn property(metric: &Metric) -> Option<&str> {
    match &metric.kind {
        MetricKind::Sum(_, p) | MetricKind::Latest(_, p) => Some(p),
        _ => None,
    }
}
