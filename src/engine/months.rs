//! What an account's metrics read for months that are over, counted again from its history.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    metrics::{Reading, read},
    work::Work,
};
use crate::{
    model::{
        fact::Fact,
        instant::{Instant, date_of, day_number},
        shared::Shared,
        snapshot::Snapshot,
        state::AccountState,
        value::Value,
        world::World,
    },
    rulebook::types::{MetricKind, Rulebook, Window},
};

/// Each month's figures by metric name: the metrics `over: last_month` that ever heard of an event, as they read on the
/// first day after the month, from the facts of that month alone. `history` holds the account's facts, `firsts` the local
/// days on which the months begin. A month in which nothing happened reads 0.
pub fn months(
    snapshot: &Snapshot,
    world: &World,
    rulebook: &Rulebook,
    history: &[Fact],
    firsts: &[i32],
) -> Vec<BTreeMap<String, f64>> {
    let zone = zone(&snapshot.state, rulebook);
    firsts.iter().map(|first| month(snapshot, world, rulebook, history, *first, &zone)).collect()
}

/// The account's own zone, else the workspace's.
pub fn zone(state: &AccountState, rulebook: &Rulebook) -> TimeZone {
    let own = state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| rulebook.model.workspace.zone.clone())
}

fn month(
    snapshot: &Snapshot,
    world: &World,
    rulebook: &Rulebook,
    history: &[Fact],
    first: i32,
    zone: &TimeZone,
) -> BTreeMap<String, f64> {
    let last = day_number(date_of(first).last_of_month());
    let inside = |fact: &&Fact| (first..=last).contains(&fact.occurred_at.day(zone));
    // An account of that month alone: what it is, and nothing that it did before or since.
    let mut blank = Snapshot {
        account: snapshot.account,
        key: snapshot.key.clone(),
        state: snapshot.state.clone(),
        contacts: snapshot.contacts.clone(),
        history: Some(history.iter().filter(inside).cloned().collect()),
        ..Snapshot::default()
    };
    blank.state.metrics = Shared::default();
    blank.state.warm = Default::default();
    let at = Instant::start_of_day(last.saturating_add(1), zone);
    let mut work = Work::new(&blank, world, rulebook, at);
    (work.now, work.silent) = (at, true);
    work.settle_zone();
    work.refresh();
    work.refold();
    let heard = |name: &str| snapshot.state.metrics.get(name).is_some_and(|state| state.seen);
    let reading = Reading { now: at, zone, account_start: at };
    let metrics = rulebook.model.metrics.iter();
    let monthly = metrics.filter(|metric| {
        let kind = matches!(
            metric.kind,
            MetricKind::Count(_) | MetricKind::Sum(..) | MetricKind::Days(_) | MetricKind::Distinct(_)
        );
        kind && metric.over == Window::LastMonth && metric.unless.is_none() && !metric.per_contact
    });
    let value = |name: &str, metric| match work.state.metrics.get(name).map(|state| read(metric, state, &reading).0) {
        Some(Value::Num(n)) => n,
        _ => 0.0,
    };
    monthly.filter(|m| heard(&m.name)).map(|m| (m.name.clone(), value(&m.name, m))).collect()
}
