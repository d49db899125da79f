//! What followed the messages of a playbook: sent, clicked, milestone within so many days. No proof that they caused it.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::{
    ids::AccountId,
    run::{Run, StepRecord},
};

/// Days after a message within which a milestone counts.
pub const WITHIN_DAYS: i32 = 14;

/// One step that wrote to customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StepRow {
    /// The playbook.
    pub playbook: String,
    /// The step.
    pub step: String,
    /// Customers it was sent to.
    pub sent: u64,
    /// Of them, who clicked a link in it; none where no click was ever heard of (`email.track_links`, or the mail service tells).
    pub clicked: Option<u64>,
    /// The milestone that is looked at.
    pub milestone: String,
    /// Days within which it counts.
    pub within_days: i32,
    /// Of those sent to: who had not reached it before, and whose days are over.
    pub followed: u64,
    /// Of these, who reached it within the days.
    pub reached: u64,
}

/// The row of one step over the runs of its playbook; `day_of` is the day on which an account reached the milestone.
/// Days are those of `zone`, known before `to`.
pub fn row(
    (playbook, step, milestone): (&str, &str, &str),
    runs: &[(AccountId, Run)],
    day_of: impl Fn(AccountId) -> Option<i32>,
    zone: &TimeZone,
    to: i32,
) -> StepRow {
    let mut row = StepRow {
        playbook: playbook.to_owned(),
        step: step.to_owned(),
        milestone: milestone.to_owned(),
        within_days: WITHIN_DAYS,
        ..StepRow::default()
    };
    for (id, run) in runs.iter().filter(|(_, run)| run.is_real()) {
        let Some(record) = run.steps.get(step) else { continue };
        let Some(sent) = record.marks.get("sent").map(|at| at.day(zone)).filter(|day| *day < to) else { continue };
        row.sent += 1;
        if clicked(record) {
            *row.clicked.get_or_insert(0) += 1;
        }
        let reached = day_of(*id);
        let end = sent.saturating_add(WITHIN_DAYS);
        if end >= to || reached.is_some_and(|day| day < sent) {
            continue;
        }
        row.followed += 1;
        row.reached += u64::from(reached.is_some_and(|day| day <= end));
    }
    row
}

/// Where a click was reported of any step, none of another is a zero.
pub fn settle(mut rows: Vec<StepRow>) -> Vec<StepRow> {
    if rows.iter().any(|row| row.clicked.is_some()) {
        rows.iter_mut().for_each(|row| row.clicked = row.clicked.or(Some(0)));
    }
    rows
}

fn clicked(record: &StepRecord) -> bool {
    record.marks.contains_key("clicked")
}
