//! Counters and gauges in Prometheus' text form.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

/// Every number there is: its name, and what it says. Ages are in seconds.
pub const NAMES: &[(&str, &str)] = &[
    ("shirube_backup_age_seconds", "Since the newest backup that was made with `shirube backup`."),
    ("shirube_breakers_open", "Relays, senders, domains or channels that refuse, by channel."),
    ("shirube_build_info", "The program that runs; always 1."),
    ("shirube_decisions_failed_total", "Accounts whose decision failed; they are tried again."),
    ("shirube_decisions_total", "Accounts decided."),
    ("shirube_due_accounts", "Accounts whose moment has come and that were not decided yet."),
    ("shirube_due_age_seconds", "How long the first of them waits."),
    ("shirube_held", "1 while everything is held (`pause --all`, a restore, a jump of the clock)."),
    ("shirube_in_hand_age_seconds", "How long the oldest message is in a dispatcher's hand."),
    ("shirube_inbox_facts", "Facts that came in and were not decided on yet."),
    ("shirube_messages_frozen", "Messages that a person must look at."),
    ("shirube_messages_total", "Outcomes of messages since the start, by result."),
    ("shirube_messages_unknown", "Messages of unknown fate: `maybe_sent`."),
    ("shirube_messages_waiting", "Messages on their way, by channel and stage."),
    ("shirube_pauses", "Playbooks, accounts and senders that are paused."),
    ("shirube_planned_total", "Messages planned since the start."),
    ("shirube_pull_age_seconds", "Since a source was had for the last time."),
    ("shirube_pull_failures", "How often in a row a source could not be had."),
    ("shirube_ready", "1 while `/readyz` is green."),
    ("shirube_rulebook_broken", "1 while the files on disk have errors and the last good rulebook is live."),
    ("shirube_rulebook_number", "The number of the live rulebook."),
    ("shirube_sending_stopped", "1 once sending has stopped until a restart."),
    ("shirube_store_bytes", "Size of the database."),
    ("shirube_turn_age_seconds", "Since the ring turned to its end for the last time."),
    ("shirube_turn_seconds", "How long the last turn took."),
    ("shirube_waiting_age_seconds", "How long the oldest message that may go waits, by channel."),
    ("shirube_webhooks_refused_total", "Webhooks that were turned away, by source."),
];

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

    /// Sets the counter `name`, which somebody else counts, with `labels`.
    pub fn total(&self, name: &'static str, labels: &[(&str, &str)], to: u64) {
        self.with(name, labels, Kind::Counter, |_| to as f64);
    }

    /// Sets the gauge `name` with `labels`.
    pub fn set(&self, name: &'static str, labels: &[(&str, &str)], to: f64) {
        self.with(name, labels, Kind::Gauge, |_| to);
    }

    /// Sets the gauge `name` for exactly these labels; what was set before is gone.
    pub fn family(&self, name: &'static str, label: &str, rows: impl IntoIterator<Item = (String, f64)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| *known != name);
        for (value, to) in rows {
            self.set(name, &[(label, &value)], to);
        }
    }

    /// Every value, in the order of names.
    pub fn render(&self) -> String {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut out, mut last) = (String::new(), "");
        for ((name, labels), (kind, value)) in values.iter() {
            if *name != last {
                if let Some((_, help)) = NAMES.iter().find(|(known, _)| known == name) {
                    let _ = writeln!(out, "# HELP {name} {help}");
                }
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
        metrics.family("shirube_pull_failures", "source", [("old".to_owned(), 1.0)]);
        metrics.family("shirube_pull_failures", "source", [("sheet".to_owned(), 0.0)]);
        let text = "# HELP shirube_due_accounts Accounts whose moment has come and that were not decided yet.\n\
            # TYPE shirube_due_accounts gauge\nshirube_due_accounts 5\n\
            # HELP shirube_messages_total Outcomes of messages since the start, by result.\n\
            # TYPE shirube_messages_total counter\nshirube_messages_total{channel=\"slack\",state=\"sent\"} 3\n\
            # HELP shirube_pull_failures How often in a row a source could not be had.\n\
            # TYPE shirube_pull_failures gauge\nshirube_pull_failures{source=\"sheet\"} 0\n";
        assert_eq!(metrics.render(), text);
    }
}
