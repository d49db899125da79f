//! What a state says by itself, without working anything else out: attributes as moments, metrics from events or from the
//! sheet's column.

use jiff::tz::TimeZone;

use super::metrics::{self, Reading};
use crate::{
    model::{
        instant::Instant,
        state::{AccountState, MetricState},
        value::Value,
    },
    rulebook::types::{Metric, MetricKind},
};

/// A date or moment among the attributes, as a moment.
pub(super) fn instant(state: &AccountState, name: &str, zone: &TimeZone) -> Option<Instant> {
    match state.attrs.get(name)?.value {
        Value::Instant(at) => Some(at),
        Value::Date(day) => Some(Instant::start_of_day(day, zone)),
        _ => None,
    }
}

/// What somebody said of when the account began.
pub(super) fn start_date(state: &AccountState, zone: &TimeZone) -> Option<Instant> {
    ["created_at", "contract_start"].iter().find_map(|name| instant(state, name, zone))
}

/// A metric that is counted from events, or stands in the sheet's column while none ever arrived; and when it next changes
/// by time alone.
pub(super) fn metric(metric: &Metric, state: &AccountState, at: &Reading<'_>) -> (Value, Option<Instant>) {
    let counted = state.metrics.get(&metric.name);
    match (&metric.or, counted.is_some_and(|s| s.seen)) {
        (Some(name), false) => (column(metric, name, state, at.zone), None),
        _ => match counted {
            Some(counted) => metrics::read(metric, counted, at),
            None => metrics::read(metric, &MetricState::default(), at),
        },
    }
}

/// The sheet's column that stands in while no event ever arrived: a date is a moment for `last` and `first`.
fn column(metric: &Metric, name: &str, state: &AccountState, zone: &TimeZone) -> Value {
    match (&metric.kind, state.attr(name)) {
        (MetricKind::Last(_) | MetricKind::First(_), Value::Date(day)) => {
            Value::Instant(Instant::start_of_day(day, zone))
        }
        (MetricKind::Sum(..), Value::Money(m)) => Value::Num(m.major()),
        // Nothing counted is 0 once anything was ever counted; an account of which no event and no
        // column ever arrived is unknown, not inactive.
        (
            MetricKind::Count(_) | MetricKind::Days(_) | MetricKind::Distinct(_) | MetricKind::Sum(..),
            Value::Missing,
        ) if state.metrics.values().any(|m| m.seen) => Value::Num(0.0),
        (_, value) => value,
    }
}
