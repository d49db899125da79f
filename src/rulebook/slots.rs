//! The numbered values that conditions read, and in which order to compute them.

use std::sync::Arc;

use crate::model::score::{Reading, ScoreKind};

/// Where a slot's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotSource {
    /// `account.NAME`.
    Account(String),
    /// `contact.NAME` (the run's contact).
    Contact(String),
    /// `contact.subscribed.TOPIC`.
    Subscribed(String),
    /// `metric.NAME`, by index into the model's metrics.
    Metric(usize),
    /// `metric.NAME` of the contact at hand, by index into the model's metrics.
    ContactMetric(usize),
    /// `alert.NAME`, by index into the model's alerts.
    Alert(usize),
    /// `health.score`, `expansion.band` …
    Scored(ScoreKind, Reading),
    /// `phase`.
    Phase,
    /// `days_in_phase`.
    DaysInPhase,
    /// `stuck`.
    Stuck,
    /// `milestone.NAME`, by index.
    Milestone(usize),
    /// `milestone_at.NAME`, by index.
    MilestoneAt(usize),
    /// `segment.NAME`, by index.
    Segment(usize),
    /// `playbook.NAME`.
    Playbook(String),
    /// `playbook_at.NAME`.
    PlaybookAt(String),
    /// `kpi.NAME`.
    Kpi(String),
    /// `target.NAME`: the KPI's target in the model.
    Target(String),
}

/// All slots of a rulebook.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    /// Sources by slot number.
    pub sources: Vec<SlotSource>,
    /// Slot numbers in an order in which each comes after what it depends on.
    pub order: Vec<u32>,
    /// Slots that are an attribute of the account and nothing else, by the attribute's name, ascending.
    pub plain: Vec<(String, u32)>,
    /// What remains of `order` to compute, once those are filled.
    pub derived: Vec<u32>,
    /// By slot: the slots it is computed from, where it is computed from slots.
    pub reads: Vec<Vec<u32>>,
    /// The milestones that end the first phase, by index: from them follows how far onboarding is.
    pub onboarding: Vec<usize>,
    /// By kind of score: the slots it is computed from.
    pub score_reads: [Vec<u32>; 2],
    /// Values of `days_in_phase` at which some condition may change, ascending; `every_day` where one
    /// uses it other than against a constant.
    pub phase_days: Vec<i32>,
    /// Every midnight matters to `days_in_phase`.
    pub every_day: bool,
    /// Slots that differ from contact to contact, ascending.
    pub own: Vec<u32>,
    /// Of those: what playbooks for contacts are about, which has a value also for all together.
    pub own_statuses: Vec<u32>,
    /// The name of every slot as conditions spell it, in the order of the names.
    pub names: Vec<(Arc<str>, u32)>,
}

/// Attributes that have a value where none is recorded.
const COMPUTED: [&str; 8] =
    ["key", "name", "status", "touch", "age_month", "created_at", "onboarding", "handover_missing"];

impl Slots {
    /// Numbered sources with the order to compute them in.
    pub fn new(sources: Vec<SlotSource>, order: Vec<u32>) -> Slots {
        let plain_name = |slot: &u32| match sources.get(*slot as usize) {
            Some(SlotSource::Account(name)) if !COMPUTED.contains(&name.as_str()) => Some(name.clone()),
            _ => None,
        };
        let mut plain: Vec<(String, u32)> = order.iter().filter_map(|slot| Some((plain_name(slot)?, *slot))).collect();
        plain.sort();
        let derived = order.iter().copied().filter(|slot| plain_name(slot).is_none()).collect();
        Slots { sources, order, plain, derived, ..Slots::default() }
    }

    /// The number of `source`, if conditions can read it.
    pub fn find(&self, source: &SlotSource) -> Option<u32> {
        self.sources.iter().position(|s| s == source).map(|i| i as u32)
    }
}

impl SlotSource {
    /// The name as conditions write it.
    pub fn name(&self, model: &super::types::Model) -> String {
        let at = |kind: &str, name: Option<&String>| format!("{kind}.{}", name.map_or("?", String::as_str));
        match self {
            SlotSource::Account(n) => format!("account.{n}"),
            SlotSource::Contact(n) => format!("contact.{n}"),
            SlotSource::Subscribed(n) => format!("contact.subscribed.{n}"),
            SlotSource::Alert(i) => at("alert", model.alerts.get(*i).map(|a| &a.name)),
            SlotSource::Metric(i) | SlotSource::ContactMetric(i) => {
                at("metric", model.metrics.get(*i).map(|m| &m.name))
            }
            SlotSource::Scored(kind, reading) => format!("{}.{}", kind.word(), reading.word()),
            SlotSource::Phase => "phase".to_owned(),
            SlotSource::DaysInPhase => "days_in_phase".to_owned(),
            SlotSource::Stuck => "stuck".to_owned(),
            SlotSource::Milestone(i) => at("milestone", model.milestones.get(*i).map(|m| &m.name)),
            SlotSource::MilestoneAt(i) => at("milestone_at", model.milestones.get(*i).map(|m| &m.name)),
            SlotSource::Segment(i) => at("segment", model.segments.get(*i).map(|s| &s.name)),
            SlotSource::Playbook(n) => format!("playbook.{n}"),
            SlotSource::PlaybookAt(n) => format!("playbook_at.{n}"),
            SlotSource::Kpi(n) => format!("kpi.{n}"),
            SlotSource::Target(n) => format!("target.{n}"),
        }
    }
}
