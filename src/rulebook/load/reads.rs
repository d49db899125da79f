//! Which slots a derived value reads: where none of them changed, it did not either.

use crate::{
    model::score::ScoreKind,
    rulebook::{
        expr::Program,
        slots::{SlotSource, Slots},
        types::{MetricKind, Model, Scorecard},
    },
};

/// `slots` with `names`, `reads`, `score_reads` and `onboarding` filled in.
pub fn noted(mut slots: Slots, model: &Model) -> Slots {
    let names = slots.sources.iter().zip(0..).map(|(source, slot)| (source.name(model).into(), slot));
    slots.names = names.collect();
    slots.names.sort();
    slots.reads = slots.sources.iter().map(|source| of(source, &slots, model)).collect();
    slots.score_reads =
        ScoreKind::ALL.map(|kind| of_programs(model.scorecards(kind).iter().flat_map(Scorecard::programs)));
    let until = model.journey.iter().find_map(|p| p.until.as_ref());
    let required = until.map(|u| u.names()).unwrap_or_default();
    let named = |name: &String| required.contains(&format!("milestone.{name}"));
    slots.onboarding = (0..model.milestones.len()).filter(|i| named(&model.milestones[*i].name)).collect();
    slots
}

fn of(source: &SlotSource, slots: &Slots, model: &Model) -> Vec<u32> {
    let slot = |source: SlotSource| slots.find(&source).into_iter().collect();
    match source {
        SlotSource::Metric(i) => match model.metrics.get(*i).map(|m| &m.kind) {
            Some(MetricKind::Expr(program)) => program.slots().to_vec(),
            _ => Vec::new(),
        },
        SlotSource::Phase => of_programs(model.journey.iter().flat_map(|p| p.until.iter().chain(&p.when))),
        SlotSource::DaysInPhase | SlotSource::Stuck => slot(SlotSource::Phase),
        SlotSource::Milestone(i) => of_programs(model.milestones.get(*i).map(|m| &m.when)),
        SlotSource::MilestoneAt(i) => slot(SlotSource::Milestone(*i)),
        SlotSource::Segment(i) => of_programs(model.segments.get(*i).map(|s| &s.when)),
        _ => Vec::new(),
    }
}

fn of_programs<'p>(programs: impl IntoIterator<Item = &'p Program>) -> Vec<u32> {
    let mut slots: Vec<u32> = programs.into_iter().flat_map(|p| p.slots().iter().copied()).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}
