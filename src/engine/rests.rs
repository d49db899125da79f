//! Starts at rest: one that was judged, and of which nothing it reads has moved since, is not judged again before its
//! moment; when that is, is found once.

use super::{
    dated::Dated,
    due::Soonest,
    standing::is_personal,
    work::{Judged, Work},
};
use crate::{
    model::{instant::Instant, warm::Rest},
    rulebook::{
        expr::Program,
        playbook::{Playbook, Start},
    },
};

/// The condition (or date) a start is judged by.
fn program(start: &Start) -> Option<&Program> {
    match start {
        Start::When { cond, .. } => Some(cond),
        Start::Cron { where_, .. } => where_.as_ref(),
        Start::Dated { date, .. } => Some(&date.base),
        Start::On { .. } | Start::Manual => None,
    }
}

impl<'a> Work<'a> {
    /// Judges the start of the playbook at this place (highest priority first), unless it is at rest.
    pub fn judge_own_start(&mut self, place: usize, playbook: &Playbook, events: &[Judged]) {
        if self.is_at_rest(place, playbook, events) {
            return;
        }
        // What moves while it is judged makes it unjudged again.
        self.rests[place] = None;
        self.judged[place] = true;
        self.judge_start(playbook, events);
    }

    fn is_at_rest(&self, place: usize, playbook: &Playbook, events: &[Judged]) -> bool {
        let by = |event: &Judged| match &playbook.start {
            Start::On { event: name, .. } => event.name == *name,
            _ => false,
        };
        if !self.state.pending.is_empty() || events.iter().any(|e| by(e) || e.name.starts_with("enroll:")) {
            return false;
        }
        match &playbook.start {
            Start::On { .. } | Start::Manual => true,
            _ => self.rest(place).is_some_and(|rest| rest.still),
        }
    }

    /// What is known of a start, as long as it holds.
    fn rest(&self, place: usize) -> Option<Rest> {
        self.rests.get(place).copied().flatten().filter(|rest| rest.until.is_none_or(|at| self.now < at))
    }

    /// When a start must be looked at again; remembers what that was found from.
    pub fn own_start_due(&mut self, place: usize, playbook: &Playbook, soonest: &mut Soonest) {
        let known = self.rest(place);
        let Some(rest) = known.or_else(|| self.find_rest(place, playbook)) else {
            return self.start_due(playbook, soonest);
        };
        self.rests[place] = Some(rest);
        match &playbook.start {
            Start::When { stable_for, .. } if !rest.still || soonest.sooner(rest.until) => {
                self.when_due(playbook, rest.until, *stable_for, soonest);
            }
            Start::Cron { .. } if !self.is_churned() || playbook.include_churned => soonest.or(rest.until),
            Start::Dated { .. } if rest.until.is_some() => {
                soonest.or(rest.until);
                soonest.or(self.refusal(playbook, "").and_then(|r| r.until));
            }
            _ => {}
        }
    }

    /// What can be said of a start until something it reads moves; none where that is not known.
    fn find_rest(&self, place: usize, playbook: &Playbook) -> Option<Rest> {
        let own = &self.rulebook.slots.own;
        if program(&playbook.start).is_some_and(|p| p.slots().iter().any(|slot| own.binary_search(slot).is_ok())) {
            return None;
        }
        let judged = self.judged[place];
        match &playbook.start {
            Start::When { cond, .. } => {
                let frame = self.frame(None, None);
                let holds = cond.holds(&frame);
                // Armed while it is false, or spent while it is true: time and news alone can move it.
                let calm = self.arms().get(&playbook.name).is_some_and(|a| a.holds == holds && a.armed != holds);
                Some(Rest { until: cond.next_change(&frame), still: judged && calm })
            }
            Start::Cron { schedule, zone, where_, .. } => {
                let until = self.cron_due(playbook, schedule, *zone, where_.as_ref());
                Some(Rest { until, still: judged })
            }
            Start::Dated { date, before, by, if_past } if date.base.stands_on_slots() => {
                let dated = Dated { date, before: *before, by: *by, if_past: *if_past };
                let at = self.dated_moment(&dated).filter(|(value, _)| !self.has_seen(playbook, value)).map(|d| d.1);
                at.is_none_or(|at| at > self.now).then_some(Rest { until: at, still: judged })
            }
            _ => None,
        }
    }

    /// Whether this value of a date had its turn.
    pub fn has_seen(&self, playbook: &Playbook, value: &Instant) -> bool {
        self.dates().get(&playbook.name).is_some_and(|d| d.contains(value))
    }

    /// Slots changed: what reads one of them is judged again.
    pub fn unsettle_changed(&mut self) {
        for (place, playbook) in self.by_priority(true).iter().enumerate() {
            let reads = |p: &Program| p.slots().iter().any(|slot| self.changed[*slot as usize]);
            let known = self.judged[place] || self.rests[place].is_some();
            if known && program(&playbook.start).is_some_and(reads) {
                (self.rests[place], self.judged[place]) = (None, false);
            }
        }
    }

    /// Everything is judged again.
    pub fn unsettle(&mut self) {
        let places = self.highest_first.len();
        (self.rests, self.judged) = (vec![None; places], vec![false; places]);
    }

    /// Takes over what the last decision knew.
    pub fn settle(&mut self, rests: Vec<Option<Rest>>) {
        if rests.len() == self.highest_first.len() {
            self.judged = rests.iter().map(|rest| rest.is_some_and(|r| r.still)).collect();
            self.rests = rests;
        }
    }

    /// The playbooks of a list that have anything under way.
    pub fn busy(&self, list: &[&'a Playbook], people: bool) -> Vec<&'a Playbook> {
        let open = |p: &Playbook| self.runs.iter().chain(&self.state.after).any(|run| run.playbook == p.name);
        list.iter().copied().filter(|p| is_personal(p) || (!people && open(p))).collect()
    }
}
