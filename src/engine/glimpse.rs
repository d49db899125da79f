//! A few values of an account, worked out from the few parts of its state that they read.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{
    metrics::Reading,
    recorded::{self, start_date},
};
use crate::{
    model::{instant::Instant, state::AccountState, thin::Parts, value::Value, values::Values},
    rulebook::{
        slots::SlotSource,
        types::{MetricKind, Rulebook},
    },
};

/// Attributes that others are worked out from: the account's own zone, and when it began.
const ALWAYS: [&str; 3] = ["timezone", "created_at", "contract_start"];

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Source {
    Attribute(String),
    Metric(usize),
}

/// Which values, and which parts they read.
#[derive(Clone, Debug, Default)]
pub struct Glimpse {
    values: Vec<(Arc<str>, Source)>,
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
            let source = match rulebook.slots.sources.get(*slot as usize)? {
                SlotSource::Account(attr) if !is_derived(attr) => {
                    glimpse.parts.attrs.insert(attr.clone());
                    Source::Attribute(attr.clone())
                }
                SlotSource::Metric(index) => {
                    let metric = rulebook.model.metrics.get(*index)?;
                    if matches!(metric.kind, MetricKind::Expr(_) | MetricKind::Rank { .. }) {
                        return None;
                    }
                    glimpse.parts.metrics.insert(metric.name.clone());
                    glimpse.parts.attrs.extend(metric.or.clone());
                    Source::Metric(*index)
                }
                _ => return None,
            };
            glimpse.values.push((Arc::clone(known), source));
        }
        Some(glimpse)
    }

    /// The values at `now`, of a state that has at least these parts.
    pub fn read(&self, state: &AccountState, rulebook: &Rulebook, now: Instant) -> Values {
        let own = state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
        let zone = own.as_ref().unwrap_or(&rulebook.model.workspace.zone);
        let account_start = start_date(state, zone).unwrap_or(state.first_seen);
        let at = Reading { now: now.max(state.now), zone, account_start };
        let value = |source: &Source| match source {
            Source::Metric(index) => {
                rulebook.model.metrics.get(*index).map(|metric| recorded::metric(metric, state, &at).0)
            }
            Source::Attribute(name) => match (name.as_str(), state.attr(name)) {
                ("status", Value::Missing) => Some(Value::text("active")),
                ("created_at", Value::Missing) if account_start != Instant::default() => {
                    Some(Value::Instant(account_start))
                }
                (_, value) => Some(value),
            },
        };
        self.values.iter().filter_map(|(name, source)| Some((Arc::clone(name), value(source)?))).collect()
    }
}

/// Attributes that are worked out from more than themselves.
fn is_derived(attr: &str) -> bool {
    matches!(attr, "key" | "name" | "touch" | "onboarding" | "age_month" | "handover_missing")
}
