//! The way through one playbook: who entered, whom each step reached, who answered, who reached the goal. It says what
//! followed what, not what caused it.

use serde::Serialize;

use crate::model::run::{Run, StepRecord};

/// A step that reaches somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaches<'a> {
    /// Its id.
    pub id: &'a str,
    /// A message, which counts unless it was kept back, refused or returned after it was handed over (see `arrived`); else
    /// a task, once it was opened.
    pub message: bool,
}

/// Where on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Stage {
    /// It began for them.
    Entered,
    /// A step of that id reached them.
    Step(String),
    /// They reached the goal, in time and before they left the playbook or after its last step.
    Goal,
}

/// One stage, counted in customers (all runs of one customer together).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which.
    pub stage: Stage,
    /// Customers who came here.
    pub reached: u64,
    /// Of them: who clicked a link of it. None where no click of the playbook was ever reported, or it is no message.
    pub clicked: Option<u64>,
    /// Of them: who replied to it. None where no reply to the playbook was ever reported, or it is no message.
    pub replied: Option<u64>,
    /// Of them: who came to a later stage; of the last stage everybody.
    pub went_on: u64,
    /// Of the others: whose run is still open.
    pub there: u64,
    /// Of the others: who were done or left here.
    pub ended: u64,
}

/// The way of `customers` (the runs of one each; ghosts of those held out do not count) along `steps`, in their order.
pub fn funnel<'r>(steps: &[Reaches<'_>], has_goal: bool, customers: impl Iterator<Item = &'r [Run]>) -> Vec<Row> {
    let mut rows: Vec<Row> = std::iter::once(empty(Stage::Entered, false))
        .chain(steps.iter().map(|step| empty(Stage::Step(step.id.to_owned()), step.message)))
        .chain(has_goal.then(|| empty(Stage::Goal, false)))
        .collect();
    let (mut entered, mut clicks, mut replies) = (Vec::new(), false, false);
    for runs in customers {
        let runs: Vec<&Run> = runs.iter().filter(|run| run.is_real()).collect();
        if runs.is_empty() {
            continue;
        }
        let any = |mark: &str| runs.iter().flat_map(|run| run.steps.values()).any(|record| marked(record, mark));
        clicks |= any("clicked");
        replies |= any("replied");
        entered.push(runs);
    }
    for runs in &entered {
        pass(&mut rows, steps, has_goal, runs);
    }
    for row in &mut rows {
        row.clicked = row.clicked.filter(|_| clicks);
        row.replied = row.replied.filter(|_| replies);
    }
    rows
}

fn empty(stage: Stage, message: bool) -> Row {
    let counted = message.then_some(0);
    Row { stage, reached: 0, clicked: counted, replied: counted, went_on: 0, there: 0, ended: 0 }
}

/// One customer's way.
fn pass(rows: &mut [Row], steps: &[Reaches<'_>], has_goal: bool, runs: &[&Run]) {
    let records = |id: &str| runs.iter().filter_map(|run| run.steps.get(id)).collect::<Vec<&StepRecord>>();
    let got = |step: &Reaches<'_>| records(step.id).iter().any(|record| reached(record, step.message));
    let stood: Vec<bool> = std::iter::once(true)
        .chain(steps.iter().map(got))
        .chain(has_goal.then(|| runs.iter().any(|run| run.goal_at.is_some())))
        .collect();
    let last = stood.iter().rposition(|there| *there).unwrap_or(0);
    let open = runs.iter().any(|run| run.ended.is_none());
    let end = rows.len().saturating_sub(1);
    for (n, row) in rows.iter_mut().enumerate().filter(|(n, _)| stood.get(*n) == Some(&true)) {
        row.reached += 1;
        // Whoever came to the last stage has gone the whole way, whatever the run still does.
        match (n < last || n == end, open) {
            (true, _) => row.went_on += 1,
            (false, true) => row.there += 1,
            (false, false) => row.ended += 1,
        }
        if let Stage::Step(id) = &row.stage {
            let any = |mark: &str| u64::from(records(id).iter().any(|record| marked(record, mark)));
            row.clicked = row.clicked.map(|n| n + any("clicked"));
            row.replied = row.replied.map(|n| n + any("replied"));
        }
    }
}

/// What says that a message of a step came to nothing: it was kept back at the last look, refused, or returned.
const LOST: [&str; 3] = ["skipped", "failed", "bounced"];

/// Whether a message of the step went out and nothing says that it was lost. A run that ends with its last message may
/// not hear that it was sent: then the key under which it was handed over is what stays of it. Where one of several
/// recipients was lost, the step reached the others as far as one is known to be sent.
pub fn arrived(record: &StepRecord) -> bool {
    let keys = record.marks.keys().filter(|mark| mark.starts_with("key:")).count();
    let (sent, lost) = (marked(record, "sent"), LOST.iter().any(|mark| marked(record, mark)));
    if lost { sent && keys > 1 } else { sent || keys > 0 }
}

fn reached(record: &StepRecord, message: bool) -> bool {
    if message { arrived(record) } else { record.times > 0 && record.skipped.is_none() }
}

fn marked(record: &StepRecord, mark: &str) -> bool {
    record.marks.contains_key(mark)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{ids::RunId, instant::Instant, run::Arm, value::Props};

    const STEPS: [Reaches<'static>; 2] =
        [Reaches { id: "mail", message: true }, Reaches { id: "call", message: false }];

    fn run(mail: &[&str], called: bool, ended: bool, goal: bool) -> Run {
        let marks = mail.iter().map(|mark| ((*mark).to_owned(), Instant(1))).collect();
        let mut steps = BTreeMap::from([("mail".to_owned(), StepRecord { times: 1, marks, ..StepRecord::default() })]);
        if called {
            steps.insert("call".to_owned(), StepRecord { times: 1, ..StepRecord::default() });
        }
        Run {
            id: RunId("r".into()),
            playbook: "p".into(),
            playbook_hash: String::new(),
            contact: None,
            personal: false,
            key: String::new(),
            cause: String::new(),
            date: None,
            arm: Arm::Treated,
            started: Instant(0),
            start: Props::new(),
            frozen: Props::new(),
            at: None,
            since: Instant(0),
            until: None,
            waiting: String::new(),
            hold_until: None,
            steps,
            goal_latched: false,
            ended: ended.then_some(Instant(9)),
            result: None,
            goal_at: goal.then_some(Instant(8)),
            origin: None,
            held_out: 0.0,
            reply_at: None,
            reason: String::new(),
        }
    }

    fn counts(row: &Row) -> [u64; 4] {
        [row.reached, row.went_on, row.there, row.ended]
    }

    #[test]
    fn everybody_who_came_to_a_stage_went_on_waits_there_or_ended_there() {
        let ghost = Run { arm: Arm::Holdout, ..run(&["sent", "clicked"], true, true, true) };
        let all: Vec<Vec<Run>> = vec![
            vec![run(&["sent", "clicked"], false, true, true)],
            vec![run(&["key:k"], true, true, true)],
            vec![run(&["sent", "replied"], true, false, false)],
            vec![run(&["sent"], false, true, false)],
            vec![run(&[], false, false, false)],
            vec![ghost],
        ];
        let found = funnel(&STEPS, true, all.iter().map(Vec::as_slice));
        assert_eq!(
            found.iter().map(counts).collect::<Vec<_>>(),
            [[5, 4, 1, 0], [4, 3, 0, 1], [2, 1, 1, 0], [2, 2, 0, 0]]
        );
        assert_eq!((found[1].clicked, found[1].replied), (Some(1), Some(1)));
        assert_eq!((found[2].clicked, found[3].replied), (None, None), "nobody clicks a call");
    }

    /// A mail that was written and then kept back by a suppression, or came back, counted as one that had reached somebody.
    #[test]
    fn what_was_kept_back_or_came_back_reached_nobody() {
        let told = |marks: &[&str]| {
            let runs = [run(marks, false, true, false)];
            funnel(&STEPS, false, std::iter::once(runs.as_slice()))[1].reached
        };
        for lost in [&["key:a", "skipped"][..], &["key:a", "failed"], &["key:a", "sent", "bounced"], &[]] {
            assert_eq!(told(lost), 0, "{lost:?}");
        }
        for there in [&["key:a"][..], &["key:a", "sent"], &["key:a", "key:b", "sent", "skipped"]] {
            assert_eq!(told(there), 1, "{there:?}");
        }
    }

    #[test]
    fn a_customer_who_came_twice_is_one() {
        let twice = [run(&["sent"], false, true, false), run(&["sent", "clicked"], true, true, false)];
        let found = funnel(&STEPS, false, std::iter::once(twice.as_slice()));
        assert_eq!(found.iter().map(counts).collect::<Vec<_>>(), [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]);
        assert_eq!(found[1].clicked, Some(1));
    }

    #[test]
    fn where_no_click_was_ever_told_none_is_not_zero() {
        let one = [run(&["sent"], false, true, false)];
        assert_eq!(funnel(&STEPS, false, std::iter::once(one.as_slice()))[1].clicked, None);
        // A step that was passed over reached nobody.
        let mut over = run(&["sent"], true, true, false);
        over.steps.get_mut("call").unwrap().skipped = Some("if".into());
        assert_eq!(counts(&funnel(&STEPS, false, std::iter::once([over].as_slice()))[2]), [0; 4]);
    }
}
