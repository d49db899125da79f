//! A few values of an account, worked out from the few parts of its state that they read.

use std::{collections::BTreeMap, sync::Arc};

use super::work::Work;
use crate::{
    model::{instant::Instant, snapshot::Snapshot, thin::Parts, value::Value, world::World},
    rulebook::{
        slots::SlotSource,
        types::{MetricKind, Rulebook},
    },
};

/// Attributes that others are worked out from: the account's own zone, and when it began.
const ALWAYS: [&str; 4] = ["timezone", "created_at", "contract_start", "mrr"];

/// Which values, and which parts they read.
#[derive(Clone, Debug, Default)]
pub struct Glimpse {
    slots: Vec<(Arc<str>, u32)>,
    /// The parts.
    pub parts: Parts,
}

impl Glimpse {
    /// Values by the names conditions use; those the model does not have are missing. None where one of them reads more
    /// than recorded attributes and counted events.
    pub fn of<'n>(rulebook: &Rulebook, names: impl Iterator<Item = &'n str>) -> Option<Glimpse> {
        let mut glimpse = Glimpse::default();
        glimpse.parts.attrs.extend(ALWAYS.map(str::to_owned));
        for name in names {
            let Some((known, slot)) = rulebook.slots.names.iter().find(|(known, _)| known.as_ref() == name) else {
                continue;
            };
            match rulebook.slots.sources.get(*slot as usize)? {
                SlotSource::Account(attr) if !is_derived(attr) => drop(glimpse.parts.attrs.insert(attr.clone())),
                SlotSource::Metric(index) => {
                    let metric = rulebook.model.metrics.get(*index)?;
                    if matches!(metric.kind, MetricKind::Expr(_) | MetricKind::Rank { .. }) {
                        return None;
                    }
                    glimpse.parts.metrics.insert(metric.name.clone());
                    glimpse.parts.attrs.extend(metric.or.clone());
                }
                _ => return None,
            }
            glimpse.slots.push((Arc::clone(known), *slot));
        }
        Some(glimpse)
    }

    /// The values at `now`, of a snapshot whose state has at least these parts.
    pub fn values(
        &self,
        snapshot: &Snapshot,
        world: &World,
        rulebook: &Rulebook,
        now: Instant,
    ) -> BTreeMap<Arc<str>, Value> {
        let mut work = Work::new(snapshot, world, rulebook, now);
        work.now = now.max(snapshot.state.now);
        let mut value = |slot: u32| {
            let source = rulebook.slots.sources.get(slot as usize)?;
            Some(work.read_slot(source).0)
        };
        self.slots.iter().filter_map(|(name, slot)| Some((Arc::clone(name), value(*slot)?))).collect()
    }
}

/// Attributes that are worked out from more than themselves.
fn is_derived(attr: &str) -> bool {
    matches!(attr, "key" | "name" | "touch" | "onboarding" | "age_month" | "handover_missing")
}
