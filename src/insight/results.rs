//! What a playbook did in a period: how many began, reached the goal, left, and how many messages went out.

use serde::{Deserialize, Serialize};

use crate::model::{
    instant::Instant,
    run::{Arm, Run, RunResult},
};

/// One playbook's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookRow {
    /// Its name.
    pub playbook: String,
    /// Runs that began in the period.
    pub started: usize,
    /// Runs whose goal was reached in it, also after their last step.
    pub reached: usize,
    /// Runs that did their last step in it without having reached the goal by then.
    pub completed: usize,
    /// Runs that left early in it.
    pub left: usize,
    /// Runs open now.
    pub running: usize,
    /// Messages handed over in it.
    pub sent: usize,
    /// Runs held out for comparison that began in it; they count nowhere else.
    pub held_out: usize,
}

impl PlaybookRow {
    /// Whether nothing happened in the period.
    pub fn is_quiet(&self) -> bool {
        self.started + self.reached + self.completed + self.left + self.sent + self.held_out == 0
    }
}

/// The row of `playbook` over `[from, to)`, from its runs and the `sent` messages it handed over in that time.
pub fn of<'a>(
    playbook: &str,
    runs: impl IntoIterator<Item = &'a Run>,
    sent: usize,
    (from, to): (Instant, Instant),
) -> PlaybookRow {
    let inside = |at: Option<Instant>| at.is_some_and(|at| from <= at && at < to);
    let mut row = PlaybookRow { playbook: playbook.to_owned(), sent, ..PlaybookRow::default() };
    for run in runs {
        if run.arm == Arm::Holdout {
            row.held_out += usize::from(inside(Some(run.started)));
            continue;
        }
        // What somebody reached after leaving it early is for comparisons only.
        let stayed = matches!(run.result, Some(RunResult::Completed | RunResult::Succeeded));
        let won = run.goal_at.filter(|_| stayed).or(run.ended.filter(|_| run.result == Some(RunResult::Succeeded)));
        row.started += usize::from(inside(Some(run.started)));
        row.reached += usize::from(inside(won));
        row.completed += usize::from(inside(run.ended) && run.result == Some(RunResult::Completed) && won.is_none());
        row.left += usize::from(inside(run.ended) && run.result == Some(RunResult::Exited));
        row.running += usize::from(run.ended.is_none());
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ids::RunId, value::Props};
    use std::collections::BTreeMap;

    fn run(started: i64, ended: Option<i64>, result: Option<RunResult>, goal: Option<i64>) -> Run {
        Run {
            id: RunId(started.to_string()),
            playbook: "p".into(),
            playbook_hash: String::new(),
            contact: None,
            personal: false,
            key: String::new(),
            cause: String::new(),
            date: None,
            arm: Arm::Treated,
            started: Instant(started),
            start: Props::new(),
            frozen: Props::new(),
            at: None,
            since: Instant(started),
            until: None,
            waiting: String::new(),
            hold_until: None,
            steps: BTreeMap::new(),
            goal_latched: false,
            ended: ended.map(Instant),
            result,
            goal_at: goal.map(Instant),
            origin: None,
            held_out: 0.0,
            reply_at: None,
            reason: String::new(),
        }
    }

    #[test]
    fn each_run_counts_where_it_belongs_and_only_in_its_period() {
        let held = Run { arm: Arm::Holdout, ..run(15, Some(18), Some(RunResult::Succeeded), None) };
        let runs = [
            run(12, None, None, None),
            run(5, Some(15), Some(RunResult::Succeeded), None),
            run(6, Some(16), Some(RunResult::Completed), Some(17)),
            run(7, Some(17), Some(RunResult::Completed), None),
            run(8, Some(18), Some(RunResult::Exited), None),
            run(1, Some(2), Some(RunResult::Succeeded), None),
            held,
        ];
        let row = of("p", &runs, 3, (Instant(10), Instant(20)));
        let counts = (row.started, row.reached, row.completed, row.left, row.running, row.sent, row.held_out);
        assert_eq!(counts, (1, 2, 1, 1, 1, 3, 1));
        assert!(of("p", &runs[5..6], 0, (Instant(10), Instant(20))).is_quiet());
    }
}
