//! Which recorded events can matter to one playbook: the others are not replayed.

use std::collections::BTreeSet;

use crate::{
    model::fact::{Fact, FactBody},
    rulebook::{
        playbook::{Body, Playbook, Start, Trigger},
        types::{Metric, MetricKind, Rulebook},
    },
};

/// Events that mean something by themselves, whoever listens.
const BUILT_IN: [&str; 13] = [
    "account.",
    "contact.",
    "contract.",
    "subscription.",
    "message.",
    "task.",
    "note.",
    "alert.",
    "health.",
    "expansion.",
    "phase.",
    "milestone.",
    "playbook.",
];

/// The names of the events that metrics and one playbook listen to.
pub struct Heard {
    names: BTreeSet<String>,
    /// Some metric counts whatever a contact does.
    all: bool,
}

impl Heard {
    /// What `playbook` and the metrics of `rulebook` listen to.
    pub fn of(rulebook: &Rulebook, playbook: &Playbook) -> Heard {
        let metrics = rulebook.model.metrics.iter().flat_map(by_metric);
        let names: BTreeSet<String> = metrics.chain(by_playbook(playbook)).map(str::to_owned).collect();
        Heard { all: names.contains("*"), names }
    }

    /// What the metrics of `rulebook` alone listen to.
    pub fn by_metrics(rulebook: &Rulebook) -> Heard {
        let names: BTreeSet<String> = rulebook.model.metrics.iter().flat_map(by_metric).map(str::to_owned).collect();
        Heard { all: names.contains("*"), names }
    }

    /// Leaves out the events that nobody hears. The first fact stays: since then the account is known.
    pub fn only(&self, mut facts: Vec<Fact>) -> Vec<Fact> {
        let first = facts.iter().map(|f| f.occurred_at).min();
        facts.retain(|fact| self.is_heard(fact) || Some(fact.occurred_at) == first);
        facts
    }

    /// Whether it is an event that they listen to by name.
    pub fn listens_to(&self, fact: &Fact) -> bool {
        match &fact.body {
            FactBody::Event { name, .. } => self.names.contains(name) || self.all && fact.contact.is_some(),
            _ => false,
        }
    }

    fn is_heard(&self, fact: &Fact) -> bool {
        match &fact.body {
            FactBody::Event { name, .. } => {
                self.listens_to(fact) || BUILT_IN.iter().any(|prefix| name.starts_with(prefix))
            }
            _ => true,
        }
    }
}

fn by_metric(metric: &Metric) -> impl Iterator<Item = &str> {
    let own = match &metric.kind {
        MetricKind::Count(event)
        | MetricKind::Distinct(event)
        | MetricKind::Days(event)
        | MetricKind::Last(event)
        | MetricKind::First(event)
        | MetricKind::Change(event)
        | MetricKind::Sum(event, _)
        | MetricKind::Latest(event, _) => Some(event.as_str()),
        MetricKind::Expr(_) | MetricKind::Contacts(_) | MetricKind::Rank { .. } => None,
    };
    own.into_iter().chain(metric.unless.as_deref())
}

fn by_playbook(playbook: &Playbook) -> impl Iterator<Item = &str> {
    let start = match &playbook.start {
        Start::On { event, .. } => Some(event.as_str()),
        _ => None,
    };
    let waits = playbook.steps.iter().filter_map(|step| match &step.body {
        Body::WaitFor(wait) => Some(wait.branches.iter().map(|(trigger, _)| trigger)),
        _ => None,
    });
    let ends = playbook.exits.iter().map(|e| &e.on).chain(playbook.goal.iter().map(|g| &g.on));
    start.into_iter().chain(waits.flatten().chain(ends).filter_map(by_trigger))
}

fn by_trigger(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::On { event, .. } => Some(event),
        Trigger::When(_) => None,
    }
}
