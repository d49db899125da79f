//! The life of a run: start, step by step, end.

use super::{
    holdout,
    work::{Cause, Judged, Work},
};
use crate::{
    model::{
        ids::{ContactId, RunId, stable_hash},
        instant::Instant,
        run::{Arm, Run, RunResult},
        shared::Shared,
        value::{Props, Value},
    },
    rulebook::playbook::Playbook,
    words::sentence,
};

/// Why and with what a run starts.
#[derive(Clone, Debug, Default)]
pub(super) struct StartCause {
    /// `when:N`, `event:ID`, `cron:MICROS`, `date:MICROS`, `manual:ID`.
    pub cause: String,
    /// The contact of the starting event.
    pub contact: Option<ContactId>,
    /// Properties of the starting event.
    pub props: Props,
    /// The value of `enroll.key`.
    pub key: String,
    /// The date value, for dated starts.
    pub date: Option<Instant>,
    /// How many events led here within the turn.
    pub depth: u8,
}

/// The reason of the task that tells of a run that failed.
pub(super) const FAILED: &str = "failed";
/// Starts remembered per playbook for `at_most: {times, per}`.
pub(super) const STARTS_KEPT: usize = 16;

impl Work<'_> {
    /// An open run by id.
    pub fn run(&self, id: &RunId) -> Option<&Shared<Run>> {
        self.runs.iter().find(|r| r.id == *id)
    }

    /// Changes an open run.
    pub fn update(&mut self, id: &RunId, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.runs.iter_mut().find(|r| r.id == *id) {
            change(run);
            self.stirred.extend(run.person());
            self.touched.insert(id.clone());
        }
    }

    /// Ids of the open runs of a playbook, oldest first.
    pub fn runs_of(&self, playbook: &str) -> Vec<RunId> {
        self.runs.iter().filter(|r| r.playbook == playbook).map(|r| r.id.clone()).collect()
    }

    /// Starts a run and takes its first steps.
    pub fn start_run(&mut self, playbook: &Playbook, cause: StartCause, events: &[Judged]) {
        let run = self.new_run(playbook, &cause);
        if self.run(&run.id).is_some() || self.ended.iter().any(|r| r.id == run.id) {
            return;
        }
        let id = run.id.clone();
        let kind = if run.arm == Arm::Holdout { "ghost" } else { "start" };
        let mut values = match &playbook.start {
            crate::rulebook::playbook::Start::When { cond, .. } => self.inputs(cond, None, None),
            _ => cause.props.clone(),
        };
        values.extend(run.frozen.clone());
        self.begin_outcome(playbook);
        self.note_with(kind, &playbook.name, "", cause.cause.clone(), values);
        self.count_running(&run, true);
        self.runs.push(run.into());
        self.touch(&id);
        self.refresh();
        self.latch_goal(playbook, &id);
        self.advance(&id, events, cause.depth);
        self.refresh();
    }

    fn new_run(&self, playbook: &Playbook, cause: &StartCause) -> Run {
        let account = self.snapshot.account.0.to_string();
        let about = self.about.or(cause.contact);
        let contact = about.map(|c| c.0.to_string()).unwrap_or_default();
        let id = RunId(stable_hash(&[&playbook.name, &account, &contact, &cause.key, &cause.cause]));
        let first = playbook.steps.first().map(|s| s.id.clone());
        Run {
            id,
            playbook: playbook.name.clone(),
            playbook_hash: playbook.hash.clone(),
            contact: about,
            personal: self.about.is_some(),
            key: cause.key.clone(),
            cause: cause.cause.clone(),
            date: cause.date,
            arm: holdout::arm(self.rulebook, playbook, self.state.drawn(&self.snapshot.key)),
            held_out: holdout::held_out(self.rulebook, playbook),
            started: self.now,
            start: cause.props.clone(),
            frozen: self.frozen(playbook),
            at: first,
            since: self.now,
            until: None,
            waiting: String::new(),
            hold_until: None,
            steps: Default::default(),
            goal_latched: false,
            ended: None,
            result: None,
            goal_at: None,
            origin: None,
            reply_at: None,
            reason: String::new(),
        }
    }

    /// A goal that is already true counts only after having been false.
    pub fn latch_goal(&mut self, playbook: &Playbook, id: &RunId) {
        let (Some(goal), Some(run)) = (&playbook.goal, self.run(id).cloned()) else { return };
        if let crate::rulebook::playbook::Trigger::When(_) = goal.on {
            let already = self.fires(&goal.on, &run, &[]).is_some();
            self.update(id, |r| r.goal_latched = already);
        }
    }

    /// Ends a run and takes back what has not left yet.
    pub fn end_run(&mut self, id: &RunId, result: RunResult, reason: &str, depth: u8) {
        if let Some(run) = self.run(id).cloned().filter(|_| result != RunResult::Completed) {
            self.take_back(&run, reason);
        }
        self.close_run(id, result, reason, depth);
    }

    /// Ends a run by a goal or an exit: takes back what has not left yet, then does the steps of its `then`, whose
    /// messages stay.
    pub fn end_with(&mut self, id: &RunId, end: (RunResult, &str, u8), then: Option<usize>, events: &[Judged]) {
        let (result, reason, depth) = end;
        if let Some(run) = self.run(id).cloned() {
            self.take_back(&run, reason);
        }
        self.run_then(id, then, events);
        self.close_run(id, result, reason, depth);
    }

    /// Ends a run, remembers it, and says so; what it has sent stays sent.
    pub fn close_run(&mut self, id: &RunId, result: RunResult, reason: &str, depth: u8) {
        let Some(index) = self.runs.iter().position(|r| r.id == *id) else { return };
        let mut run = self.runs.remove(index);
        self.count_running(&run, false);
        self.stirred.extend(run.person());
        run.ended = Some(self.now);
        run.result = Some(result);
        reason.clone_into(&mut run.reason);
        run.waiting.clear();
        (run.until, run.hold_until) = (None, None);
        let asked = run.reply_at.take().is_some();
        if result != RunResult::Completed {
            self.unwatch(&run.id);
        }
        // Another run follows a date that moved.
        if !matches!(result, RunResult::Succeeded | RunResult::Moved) {
            self.keep_for_goal(&run);
        }
        self.remember(&run);
        if result == RunResult::Succeeded {
            run.goal_at = Some(self.now);
            self.count_goal(&run);
        }
        if asked {
            self.close_ask(&run);
        }
        self.note("end", &run.playbook, "", format!("{}: {reason}", result.word()));
        if run.arm == Arm::Treated {
            self.announce_end(&run, result, depth);
        }
        if let Some(playbook) = self.playbook_of(&run).filter(|_| result == RunResult::Failed) {
            self.ask_csm(playbook, FAILED, sentence::failed_task);
        }
        self.touched.remove(&run.id);
        self.ended.push(run);
    }

    /// A run that was over already when the last thing it did turned out to go on for ever.
    pub fn fail_ended(&mut self, id: &RunId, reason: &str) {
        let Some(run) = self.ended.iter_mut().find(|r| r.id == *id) else { return };
        run.result = Some(RunResult::Failed);
        reason.clone_into(&mut run.reason);
        let run = run.clone();
        self.each_past(&run, |past| past.last_result = run.result);
    }

    /// Takes back what has not left yet.
    pub fn take_back(&mut self, run: &Run, reason: &str) {
        let keys = run.steps.values().flat_map(|s| s.marks.keys()).filter_map(|m| m.strip_prefix("key:"));
        self.cancelled.extend(keys.map(|k| (k.to_owned(), reason.to_owned())));
    }

    fn announce_end(&mut self, run: &Run, result: RunResult, depth: u8) {
        let props = Props::from([
            ("playbook".to_owned(), Value::text(&run.playbook)),
            ("result".to_owned(), Value::text(result.word())),
        ]);
        let cause = Cause { contact: run.contact, run: Some(&run.id), origin: Some(&run.playbook), depth };
        self.emit("playbook.ended", props, &cause);
    }

    fn remember(&mut self, run: &Run) {
        let now = self.now;
        self.each_past(run, |past| {
            past.count += 1;
            past.last_result = run.result;
            past.last_ended = now;
            past.starts.push(run.started);
            let extra = past.starts.len().saturating_sub(STARTS_KEPT);
            past.starts.drain(..extra);
        });
    }

    /// Steps of an exit's or goal's `then`: they run at once, without waits.
    fn run_then(&mut self, id: &RunId, then: Option<usize>, events: &[Judged]) {
        let Some(index) = then else { return };
        let Some(run) = self.run(id).cloned() else { return };
        let Some(step) = self.playbook_of(&run).and_then(|p| p.steps.get(index)) else { return };
        let step_id = step.id.clone();
        self.update(id, |r| {
            r.at = Some(step_id);
            r.waiting.clear();
        });
        self.advance_then(id, events);
    }
}

/// Under which name an ended run is remembered: ghosts apart, keys apart.
pub(super) fn past_name(arm: Arm, playbook: &str, key: &str) -> String {
    let ghost = if arm == Arm::Holdout { "~" } else { "" };
    let hash = if key.is_empty() { "" } else { "#" };
    format!("{ghost}{playbook}{hash}{key}")
}
