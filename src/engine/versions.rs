//! What an edit of a playbook does to the runs that are under way (`on_change`).

use super::work::Work;
use crate::{
    model::{
        ids::RunId,
        run::{Run, RunResult, StepRecord},
    },
    rulebook::playbook::{OnChange, Playbook},
};

impl Work<'_> {
    /// Takes a new rulebook to every open run whose playbook was edited in what a run depends on.
    pub fn adopt_runs(&mut self) {
        let runs = self.runs.clone();
        for run in runs {
            self.about = run.person();
            let Some(live) = self.rulebook.playbook(&run.playbook) else {
                self.end_run(&run.id, RunResult::Exited, "playbook_removed", 0);
                continue;
            };
            if run.playbook_hash == live.hash {
                continue;
            }
            match live.on_change {
                OnChange::Drain if self.is_kept(&run) => {}
                OnChange::Drain => {
                    self.note("change", &run.playbook, "", "version_not_kept");
                    self.follow(live, &run);
                }
                OnChange::Follow => self.follow(live, &run),
                OnChange::Restart => self.restart(live, &run.id),
                OnChange::Exit => self.end_run(&run.id, RunResult::Exited, "playbook_changed", 0),
            }
        }
        self.about = None;
    }

    fn is_kept(&self, run: &Run) -> bool {
        self.rulebook.versions.iter().any(|p| p.name == run.playbook && p.hash == run.playbook_hash)
    }

    /// Moves by step id; a deleted step: the next of its list that still exists, else the run is complete.
    fn follow(&mut self, live: &Playbook, run: &Run) {
        let at = run.at.as_deref().and_then(|at| self.still_there(live, run, at));
        let (now, moved) = (self.now, at != run.at);
        if moved {
            self.note("change", &run.playbook, at.as_deref().unwrap_or(""), "follow");
        }
        self.update(&run.id, |r| {
            r.keep_origin();
            r.playbook_hash.clone_from(&live.hash);
            r.at = at;
            if moved {
                r.since = now;
                (r.until, r.hold_until) = (None, None);
                r.waiting.clear();
            }
        });
    }

    fn still_there(&self, live: &Playbook, run: &Run, at: &str) -> Option<String> {
        if live.step(at).is_some() {
            return Some(at.to_owned());
        }
        let old = self.rulebook.version(&run.playbook, &run.playbook_hash)?;
        let mut next = old.step(at)?.next;
        while let Some(step) = next.and_then(|i| old.steps.get(i)) {
            if live.step(&step.id).is_some() {
                return Some(step.id.clone());
            }
            next = step.next;
        }
        None
    }

    /// Begins again at the first step: the same run, whose messages count as another occurrence.
    fn restart(&mut self, live: &Playbook, id: &RunId) {
        let Some(run) = self.run(id).cloned() else { return };
        self.take_back(&run, "restarted");
        self.note("change", &run.playbook, "", "restart");
        let (now, first) = (self.now, live.steps.first().map(|s| s.id.clone()));
        self.update(id, |r| {
            r.keep_origin();
            r.playbook_hash.clone_from(&live.hash);
            (r.at, r.since, r.started) = (first, now, now);
            (r.until, r.hold_until, r.reply_at) = (None, None, None);
            r.waiting.clear();
            for record in r.steps.values_mut() {
                *record = StepRecord { times: record.times, ..StepRecord::default() };
            }
        });
        self.close_ask(&run);
        self.latch_goal(live, id);
    }
}
