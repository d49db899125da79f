//! Schedules that fire more often than people read.

use jiff::tz::TimeZone;

use super::{Book, items};
use crate::{
    model::{
        diagnostic::Diagnostic,
        instant::{HOUR, Instant, MINUTE},
    },
    rulebook::{playbook::Start, schedule::cron::CronSchedule, yaml::Node},
};

/// Digests and playbooks whose schedule fires again within the hour.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        if let Start::Cron { schedule, .. } = &playbook.start {
            tell(schedule, book.tree_of(playbook).and_then(|t| t.get("start")?.get("cron")), out);
        }
    }
    let digests = items(book.trees.get("model.yaml").and_then(|m| m.get("digests")));
    for digest in &book.rulebook.model.digests {
        let named = |n: &&Node| n.get("digest").and_then(Node::scalar).is_some_and(|s| s.text == digest.name);
        tell(&digest.cron, digests.iter().find(named).and_then(|n| n.get("cron")), out);
    }
}

fn tell(schedule: &CronSchedule, node: Option<&Node>, out: &mut Vec<Diagnostic>) {
    let (Some(gap), Some(node)) = (shortest_gap(schedule), node) else { return };
    if gap >= HOUR {
        return;
    }
    let message = format!("`{}` fires again after {} min", schedule.text(), gap / MINUTE);
    let help = "the first field is the minute: `0 9 * * 1` is once, Mondays at 9:00; for something that happened use `start: {on: EVENT}`";
    let place = node.scalar().map_or_else(|| node.place.clone(), |s| s.content.clone());
    out.push(Diagnostic::warning("cron-too-often", &place, message, help));
}

/// The shortest time between two of the first fifty firings, in microseconds.
fn shortest_gap(schedule: &CronSchedule) -> Option<i64> {
    let zone = TimeZone::UTC;
    let mut at = schedule.next_after(Instant(0), &zone)?;
    let mut shortest: Option<i64> = None;
    for _ in 0..50 {
        let Some(next) = schedule.next_after(at, &zone) else { break };
        shortest = Some(shortest.map_or(next.since(at), |s| s.min(next.since(at))));
        at = next;
    }
    shortest
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book};

    fn often(cron: &str) -> Vec<String> {
        let text = format!("playbook: p\nfor: workspace\nstart: {{cron: \"{cron}\"}}\nsteps: [{{id: a, stop: x}}]\n");
        let found = book(MODEL, &[("p", text)]);
        found.into_iter().filter(|d| d.rule == "cron-too-often").map(|d| d.message).collect()
    }

    #[test]
    fn every_minute_is_told_and_every_hour_is_not() {
        assert_eq!(often("* * * * *"), ["`* * * * *` fires again after 1 min"]);
        assert_eq!(often("*/20 9 * * 1"), ["`*/20 9 * * 1` fires again after 20 min"]);
        assert!(often("0 * * * *").is_empty() && often("0 9 * * 1").is_empty());
    }
}
