//! Goals: what ends a run as `succeeded`, and what is still measured once it has ended otherwise.

use super::{
    standing::is_personal,
    triggers::depth_of,
    work::{Judged, Work},
};
use crate::{
    model::{
        ids::RunId,
        instant::Instant,
        run::{Run, RunResult},
        shared::Shared,
    },
    rulebook::playbook::{Goal, Playbook, Trigger},
};

impl Work<'_> {
    /// Ends runs whose goal is reached.
    pub fn judge_goals(&mut self, playbook: &Playbook, events: &[Judged]) {
        for id in self.runs_of(&playbook.name) {
            let goal = self.run(&id).and_then(|r| self.playbook_of(r)).and_then(|p| p.goal.as_ref());
            let Some(goal) = goal else { continue };
            self.about = self.run(&id).and_then(|run| run.person());
            if let Some(depth) = self.reaches(goal, &id, events) {
                self.note("goal", &playbook.name, "", "reached");
                self.end_with(&id, (RunResult::Succeeded, "goal", depth), goal.then, events);
                self.refresh();
            }
        }
        self.about = None;
        if !is_personal(playbook) {
            return self.measure_after(playbook, events);
        }
        for id in self.stirred.clone() {
            self.about = Some(id);
            self.measure_after(playbook, events);
        }
        self.about = None;
    }

    /// How many events led to the goal within this turn, if it is reached.
    fn reaches(&mut self, goal: &Goal, id: &RunId, events: &[Judged]) -> Option<u8> {
        let run = self.run(id).cloned()?;
        let in_time = self.goal_ends(goal, &run).is_none_or(|end| self.now <= end);
        let fired = self.fires(&goal.on, &run, events).map(depth_of);
        if run.goal_latched {
            if fired.is_none() {
                self.update(id, |r| r.goal_latched = false);
            }
            return None;
        }
        fired.filter(|_| in_time)
    }

    /// The last moment at which the goal of a run counts; none = as long as it runs.
    pub fn goal_ends(&self, goal: &Goal, run: &Run) -> Option<Instant> {
        goal.within.map(|w| w.after(run.started, &self.zone, self.calendar))
    }

    /// An ended run whose goal has a `within` that is not over is kept in sight, however it ended: an exit that only
    /// the treated can take (a reply, an opt-out) must not make them miss goals that those held out still reach.
    pub fn keep_for_goal(&mut self, run: &Run) {
        let goal = self.playbook_of(run).and_then(|p| p.goal.as_ref());
        let end = goal.and_then(|g| self.goal_ends(g, run));
        if end.is_some_and(|end| end > self.now) {
            let before = std::mem::replace(&mut self.about, run.person());
            let (_, most) = self.kept();
            let kept = self.after_mut();
            let extra = (kept.len() + 1).saturating_sub(most);
            kept.drain(..extra);
            kept.push(run.clone().into());
            self.about = before;
        }
    }

    /// Writes down goals that are reached after the end. Of a completed run it counts as its goal; nothing else comes
    /// of it.
    fn measure_after(&mut self, playbook: &Playbook, events: &[Judged]) {
        let mine: Vec<Shared<Run>> = self.after().iter().filter(|r| r.playbook == playbook.name).cloned().collect();
        for run in mine {
            let goal = self.playbook_of(&run).and_then(|p| p.goal.as_ref());
            let Some((goal, end)) = goal.and_then(|g| Some((g, self.goal_ends(g, &run)?))) else {
                self.after_mut().retain(|r| r.id != run.id);
                continue;
            };
            let fired = self.fires(&goal.on, &run, events).is_some();
            if self.now > end {
                self.after_mut().retain(|r| r.id != run.id);
            } else if fired && !run.goal_latched {
                self.after_mut().retain(|r| r.id != run.id);
                let mut run = run;
                run.goal_at = Some(self.now);
                if run.result == Some(RunResult::Completed) {
                    self.note("goal", &run.playbook, "", "reached_after_the_last_step");
                    self.count_goal(&run);
                }
                self.ended.push(run);
            } else if !fired && run.goal_latched {
                self.after_mut().iter_mut().filter(|r| r.id == run.id).for_each(|r| r.goal_latched = false);
            }
        }
    }

    /// Counts a reached goal in the summary of ended runs.
    pub fn count_goal(&mut self, run: &Run) {
        self.each_past(run, |past| {
            past.goals += 1;
            past.last_goal = run.goal_at;
        });
    }

    /// When a goal that is still measured may be reached by time alone.
    pub fn after_due(&mut self, soonest: &mut super::due::Soonest) {
        for run in &self.after().clone() {
            let Some(goal) = self.playbook_of(run).and_then(|p| p.goal.as_ref()) else { continue };
            let Trigger::When(when) = &goal.on else { continue };
            self.fill_contact(run.contact);
            let view = super::work::RunView { run };
            let next = self.awaits(when, run.personal, &self.frame(None, Some(&view)));
            soonest.or(next.filter(|at| self.goal_ends(goal, run).is_some_and(|end| *at <= end)));
        }
    }
}
