//! Which feeds a playbook depends on: it is held while one of them is stale.
//!
//! The rule is coarse on purpose: where any condition of the playbook reads something that came in from outside or was
//! computed from it (attributes, metrics, health, phase, milestones, segments), it depends on every feed declared in
//! `feeds:`. Playbooks that react to events, schedules and their own steps only depend on none.

use crate::rulebook::{
    expr::Program,
    playbook::{Body, Playbook, SetValue, Start, To, Trigger, Wait},
    types::Model,
};

/// The feeds, ascending.
pub fn of(playbook: &Playbook, model: &Model) -> Vec<String> {
    let reads = programs(playbook).iter().any(|p| super::order::mentions(p.source()).iter().any(|m| is_data(m)));
    if reads { model.feeds.keys().cloned().collect() } else { Vec::new() }
}

fn is_data(mention: &str) -> bool {
    let root = mention.split('.').next().unwrap_or_default();
    matches!(
        root,
        "account"
            | "contact"
            | "metric"
            | "health"
            | "expansion"
            | "alert"
            | "phase"
            | "days_in_phase"
            | "stuck"
            | "milestone"
            | "milestone_at"
            | "segment"
    )
}

/// Every condition and value of a playbook, in no particular order.
pub fn programs(playbook: &Playbook) -> Vec<&Program> {
    let mut all: Vec<&Program> = start(&playbook.start);
    all.extend(playbook.exits.iter().flat_map(|e| trigger(&e.on)));
    all.extend(playbook.goal.iter().flat_map(|g| trigger(&g.on)));
    all.extend(playbook.outcome.iter().filter_map(|o| o.when.as_ref()));
    all.extend(playbook.enroll.key.as_ref());
    all.extend(playbook.to.iter().filter_map(recipients));
    for step in &playbook.steps {
        all.extend(step.cond.as_ref());
        all.extend(body(&step.body));
    }
    all
}

fn start(start: &Start) -> Vec<&Program> {
    match start {
        Start::When { cond, .. } => vec![cond],
        Start::On { where_, .. } | Start::Cron { where_, .. } => where_.iter().collect(),
        Start::Dated { date, .. } => vec![&date.base],
        Start::Manual => Vec::new(),
    }
}

fn trigger(trigger: &Trigger) -> Option<&Program> {
    match trigger {
        Trigger::When(when) => Some(when),
        Trigger::On { where_, .. } => where_.as_ref(),
    }
}

fn recipients(to: &To) -> Option<&Program> {
    match to {
        To::Roles { where_, .. } => where_.as_ref(),
        _ => None,
    }
}

fn body(body: &Body) -> Vec<&Program> {
    match body {
        Body::Message(m) => m.to.iter().filter_map(recipients).chain(m.vars.values().filter_map(computed)).collect(),
        Body::Wait(Wait::Until(date, _)) => vec![&date.base],
        Body::WaitFor(w) => {
            w.branches.iter().filter_map(|(t, _)| trigger(t)).chain(w.until.iter().map(|d| &d.base)).collect()
        }
        Body::Branch { when, .. } => vec![when],
        Body::Set(values) | Body::Event { props: values, .. } => values.values().filter_map(computed).collect(),
        _ => Vec::new(),
    }
}

fn computed(value: &SetValue) -> Option<&Program> {
    match value {
        SetValue::Computed(program) => Some(program),
        SetValue::Literal(_) => None,
    }
}
