//! On which days of a phase anything can change: the constants conditions compare `days_in_phase` with.

use super::feeds::programs;
use crate::rulebook::{
    expr::Program,
    playbook::Playbook,
    slots::{SlotSource, Slots},
    types::{MetricKind, Model, Scorecard},
};

/// `slots` with `phase_days` and `every_day` filled in.
pub fn noted<'p>(mut slots: Slots, model: &'p Model, playbooks: impl Iterator<Item = &'p Playbook>) -> Slots {
    let Some(slot) = slots.find(&SlotSource::DaysInPhase) else { return slots };
    let all = of_model(model).into_iter().chain(playbooks.flat_map(programs));
    for program in all.filter(|p| p.slots().contains(&slot)) {
        let days = program.thresholds(slot);
        slots.every_day |= !program.is_bounded(slot);
        // `> 30` and `>= 30` change on different days: both are looked at.
        slots.phase_days.extend(days.iter().flat_map(|d| [d.floor() as i32, d.floor() as i32 + 1]));
    }
    slots.phase_days.sort_unstable();
    slots.phase_days.dedup();
    slots
}

/// Every condition and value of the model.
pub fn of_model(model: &Model) -> Vec<&Program> {
    let mut all: Vec<&Program> = Vec::new();
    all.extend(model.success.iter().map(|s| &s.when));
    all.extend(model.segments.iter().map(|s| &s.when));
    all.extend(model.milestones.iter().map(|m| &m.when));
    all.extend(model.journey.iter().flat_map(|p| p.until.iter().chain(&p.when)));
    all.extend(model.touch.iter().flat_map(|t| t.tiers.iter().map(|(_, _, by)| by)));
    all.extend(model.digests.iter().map(|d| &d.where_));
    all.extend(model.health.iter().chain(&model.expansion).flat_map(Scorecard::programs));
    for metric in &model.metrics {
        all.extend(metric.where_.as_ref());
        if let MetricKind::Expr(program) | MetricKind::Rank { by: program, .. } = &metric.kind {
            all.push(program);
        }
    }
    all
}
