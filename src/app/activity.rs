//! Once a local day: did so many customers fall silent at once that the data must have stopped?

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{daily::takes_part, shell::Shell};
use crate::{
    insight::quiet::{DayCount, judge},
    model::{
        instant::{Instant, date_of},
        snapshot::Snapshot,
        world::Quiet,
    },
    rulebook::{
        schedule::calendar::Calendar,
        types::{MetricKind, Model, Rulebook},
    },
    store::api::Result,
};

/// The durable series.
const CURSOR: &str = "activity";
/// Days remembered: ten weeks.
const DAYS: usize = 70;

/// What is kept between days.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Series {
    /// The newest day judged.
    judged: i32,
    days: Vec<DayCount>,
}

impl Shell {
    /// Judges yesterday, once (and again when a feed delivered after it was found quiet). Answers the
    /// present finding. Without declared feeds nothing depends on it, and nothing is read.
    pub async fn watch_activity(&self, now: Instant) -> Result<Option<Quiet>> {
        let (rulebook, world) = (self.rulebook(), self.world());
        if rulebook.model.feeds.is_empty() {
            return Ok(None);
        }
        let zone = &rulebook.model.workspace.zone;
        let yesterday = now.day(zone) - 1;
        let stored = self.store.cursor(CURSOR).await?;
        let mut series: Series = stored.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let delivered = world.quiet.as_ref().is_some_and(|q| world.feeds.values().any(|at| *at > q.checked));
        if series.judged >= yesterday && !delivered {
            return Ok(world.quiet.clone());
        }
        // What came in before midnight is folded first; what midnight itself makes due still waits.
        self.evaluate(Instant::start_of_day(yesterday + 1, zone).plus(-1)).await?;
        let kind = kind(yesterday, rulebook.calendar(None));
        let day = DayCount::of(yesterday, kind, self.last_active(&rulebook, zone).await?);
        let verdict = judge(&series.days, &day);
        let found = match (verdict, &world.quiet) {
            // After a week without anybody there is nobody left to compare: that is no recovery.
            (None, Some(before)) => Some(Quiet { checked: now, ..before.clone() }),
            (Some(v), Some(before)) if v.alarming() => Some(Quiet { checked: now, ..before.clone() }),
            (Some(v), None) if v.alarming() => {
                Some(Quiet { day: yesterday, share: v.share, usual: v.usual, checked: now })
            }
            _ => None,
        };
        series.days.retain(|d| d.day != yesterday);
        // A day on which the data stopped says nothing about how quiet such days are.
        if found.is_none() {
            series.days.push(day);
        }
        series.judged = yesterday;
        let surplus = series.days.len().saturating_sub(DAYS);
        series.days.drain(..surplus);
        let text = serde_json::to_string(&series).unwrap_or_default();
        self.store.move_cursor(CURSOR, stored.as_deref(), &text).await?;
        Ok(found)
    }

    /// The local day of the last activity of every customer that ever showed one.
    async fn last_active(&self, rulebook: &Rulebook, zone: &TimeZone) -> Result<Vec<i32>> {
        let names = usage(&rulebook.model);
        self.each(|s| takes_part(&s.state).then(|| last_day(&s, &names, zone)).flatten()).await
    }
}

fn last_day(snapshot: &Snapshot, names: &BTreeSet<&str>, zone: &TimeZone) -> Option<i32> {
    let metrics = snapshot.state.metrics.iter().filter(|(name, _)| names.contains(name.as_str()));
    let day = |m: &crate::model::state::MetricState| {
        let counted = m.days.last().map(|d| d.0);
        counted.max(m.last_days.last().map(|d| d.0)).max(m.last.map(|at| at.day(zone)))
    };
    metrics.filter_map(|(_, m)| day(m)).max()
}

/// Metrics over what customers do themselves; tickets, surveys, invoices and our own records say nothing about use.
fn usage(model: &Model) -> BTreeSet<&str> {
    const OTHERS: [&str; 14] = [
        "message.",
        "note.",
        "ticket.",
        "invoice.",
        "survey.",
        "contract.",
        "health.",
        "expansion.",
        "phase.",
        "milestone.",
        "playbook.",
        "task.",
        "meeting.",
        "contact.",
    ];
    let event = |kind: &MetricKind| match kind {
        MetricKind::Count(e)
        | MetricKind::Distinct(e)
        | MetricKind::Days(e)
        | MetricKind::Last(e)
        | MetricKind::Change(e)
        | MetricKind::Sum(e, _) => Some(e.clone()),
        _ => None,
    };
    let used = |kind: &MetricKind| event(kind).is_some_and(|e| e != "*" && !OTHERS.iter().any(|o| e.starts_with(o)));
    model.metrics.iter().filter(|m| used(&m.kind)).map(|m| m.name.as_str()).collect()
}

fn kind(day: i32, calendar: &Calendar) -> u8 {
    let date = date_of(day);
    if calendar.is_business_day(date) { u8::try_from(date.weekday().to_monday_one_offset()).unwrap_or(0) } else { 0 }
}
