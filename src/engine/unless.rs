//! Metrics with `unless`: what was opened and not closed since, by key. The newest event about a key decides.

use super::{
    fold::Happened,
    metrics::{self, Reading},
    work::Work,
};
use crate::{
    model::{
        instant::Instant,
        state::{MetricState, OpenKey},
        value::Value,
    },
    rulebook::types::{Metric, MetricKind},
};

/// Open keys remembered of one account and metric.
const MOST_OPEN: usize = 1_000;

impl Work<'_> {
    /// Notes what an event says about its key: it opens (with an amount) or closes.
    pub fn open_or_close(&mut self, metric: &Metric, event: &Happened<'_>, amount: Option<f64>) {
        let key = metric.key.as_ref().map(|k| k.eval(&self.frame(Some(event.props), None)));
        // Whatever has no key cannot be told from others.
        let key = match key {
            Some(Value::Missing) => return,
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let day = event.at.day(&self.zone);
        let state = self.state.metrics.entry(metric.name.clone()).or_default();
        state.hash.clone_from(&metric.hash);
        state.seen = true;
        let said = OpenKey { key, at: event.at, day, amount };
        if metric.key.is_some() { by_key(state, said) } else { all_before(state, said) }
    }
}

/// One entry a key: the newest event wins, a closing one among equals.
pub(super) fn by_key(state: &mut MetricState, said: OpenKey) {
    match state.open.iter().position(|o| o.key == said.key) {
        Some(i) if state.open[i].at > said.at || (state.open[i].at == said.at && said.amount.is_some()) => return,
        Some(i) => drop(state.open.remove(i)),
        None => {}
    }
    insert(state, said);
}

/// Without a key every opening event is its own, and a closing one closes all before it.
fn all_before(state: &mut MetricState, said: OpenKey) {
    let closed = state.open.iter().filter(|o| o.amount.is_none()).map(|o| o.at).max();
    if said.amount.is_some() {
        if closed.is_none_or(|at| said.at > at) {
            insert(state, said);
        }
    } else if closed.is_none_or(|at| said.at > at) {
        state.open.retain(|o| o.at > said.at);
        insert(state, said);
    }
}

fn insert(state: &mut MetricState, said: OpenKey) {
    let place = state.open.partition_point(|o| o.at <= said.at);
    state.open.insert(place, said);
    for open in [false, true] {
        let count = state.open.iter().filter(|o| o.amount.is_some() == open).count();
        if count > MOST_OPEN
            && let Some(oldest) = state.open.iter().position(|o| o.amount.is_some() == open)
        {
            state.open.remove(oldest);
        }
    }
}

/// What is open inside the metric's window, and when that next changes by time alone.
pub(super) fn read(metric: &Metric, state: &MetricState, at: &Reading<'_>) -> (Value, Option<Instant>) {
    let mut days: Vec<(i32, f64)> = Vec::new();
    let sum = matches!(metric.kind, MetricKind::Sum(..));
    let mut open: Vec<(i32, f64)> =
        state.open.iter().filter_map(|o| Some((o.day, if sum { o.amount? } else { o.amount.map(|_| 1.0)? }))).collect();
    open.sort_by_key(|o| o.0);
    for (day, amount) in open {
        match days.last_mut() {
            Some(last) if last.0 == day => last.1 += amount,
            _ => days.push((day, amount)),
        }
    }
    metrics::windowed(metric.over, &days, at, |amount| amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(key: &str, at: i64, open: bool) -> OpenKey {
        OpenKey { key: key.into(), at: Instant(at), day: 0, amount: open.then_some(1.0) }
    }

    fn open_keys(state: &MetricState) -> Vec<&str> {
        state.open.iter().filter(|o| o.amount.is_some()).map(|o| o.key.as_str()).collect()
    }

    #[test]
    fn the_newest_event_about_a_key_decides_in_whatever_order_they_come() {
        let all =
            [said("a", 1, true), said("a", 2, false), said("b", 1, true), said("b", 3, true), said("b", 2, false)];
        let mut orders = vec![all.to_vec()];
        orders.push(all.iter().rev().cloned().collect());
        for order in orders {
            let mut state = MetricState::default();
            order.into_iter().for_each(|s| by_key(&mut state, s));
            assert_eq!(open_keys(&state), ["b"]);
        }
    }

    #[test]
    fn without_a_key_a_closing_event_closes_all_before_it() {
        let mut state = MetricState::default();
        for s in [said("", 1, true), said("", 2, true), said("", 3, false), said("", 4, true), said("", 2, true)] {
            all_before(&mut state, s);
        }
        assert_eq!(open_keys(&state).len(), 1);
    }

    #[test]
    fn a_thousand_open_keys_are_kept() {
        let mut state = MetricState::default();
        (0..1_100).for_each(|n| by_key(&mut state, said(&n.to_string(), n, true)));
        (0..3_000).for_each(|n| by_key(&mut state, said(&format!("x{n}"), n, false)));
        assert_eq!((open_keys(&state).len(), open_keys(&state)[0], state.open.len()), (1_000, "100", 2_000));
    }
}
