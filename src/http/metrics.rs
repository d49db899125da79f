//! Counters and gauges in Prometheus' text form.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

/// Values by name and labels. Names and labels are ours, never data: their number must stay small.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Values>);

/// By (name, labels).
type Values = BTreeMap<(&'static str, String), (Kind, f64)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
}

impl Metrics {
    /// Adds `by` to the counter `name` (ending in `_total`) with `labels`, e.g. `&[("channel", "slack")]`.
    pub fn add(&self, name: &'static str, labels: &[(&str, &str)], by: u64) {
        self.with(name, labels, Kind::Counter, |value| value + by as f64);
    }

    /// Sets the gauge `name` with `labels`.
    pub fn set(&self, name: &'static str, labels: &[(&str, &str)], to: f64) {
        self.with(name, labels, Kind::Gauge, |_| to);
    }

    /// Every value, in the order of names.
    pub fn render(&self) -> String {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut out, mut last) = (String::new(), "");
        for ((name, labels), (kind, value)) in values.iter() {
            if *name != last {
                let word = if *kind == Kind::Counter { "counter" } else { "gauge" };
                let _ = writeln!(out, "# TYPE {name} {word}");
                last = name;
            }
            let _ = writeln!(out, "{name}{labels} {value}");
        }
        out
    }

    fn with(&self, name: &'static str, labels: &[(&str, &str)], kind: Kind, change: impl Fn(f64) -> f64) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = values.entry((name, label_text(labels))).or_insert((kind, 0.0));
        entry.1 = change(entry.1);
    }
}

fn label_text(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_gauges_in_prometheus_form() {
        let metrics = Metrics::default();
        metrics.add("shirube_messages_total", &[("channel", "slack"), ("state", "sent")], 2);
        metrics.add("shirube_messages_total", &[("channel", "slack"), ("state", "sent")], 1);
        metrics.set("shirube_due_accounts", &[], 5.0);
        let text = "# TYPE shirube_due_accounts gauge\nshirube_due_accounts 5\n# TYPE shirube_messages_total counter\nshirube_messages_total{channel=\"slack\",state=\"sent\"} 3\n";
        assert_eq!(metrics.render(), text);
    }
}
