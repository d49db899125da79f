//! One logical turn: facts → derived values → goal → exits → waits → steps → starts.

use std::rc::Rc;

use super::{
    fold::is_folded,
    runs::FAILED,
    standing::is_personal,
    work::{Cause, Judged, Work},
};
use crate::{
    model::{
        fact::{Fact, FactBody},
        instant::Instant,
        run::{Arm, RunResult},
        value::Props,
    },
    rulebook::playbook::{Playbook, Subject},
    words::sentence,
};

/// Events that lead to events: a deeper chain ends the run that caused it.
const MAX_DEPTH: u8 = 8;
/// More rounds than any chain of that depth needs.
const MAX_ROUNDS: usize = 64;

impl<'a> Work<'a> {
    /// Takes one turn at `at` with the facts that became known then.
    pub fn turn(&mut self, at: Instant, facts: &[&Fact]) {
        self.now = at;
        self.state.now = at;
        self.turns += 1;
        self.in_order();
        let first = self.state.rulebook == 0;
        // Until it is known whether the account is new, nothing is announced.
        self.silent = first;
        let date_before = self.start_date();
        let (history, facts) = facts.split_at(self.history(first, facts));
        self.learn(history);
        facts.iter().for_each(|fact| self.fold(fact));
        // It is another account now: nothing is decided here any more.
        if self.left.is_some() {
            return;
        }
        self.stir_due();
        if first {
            self.state.known = self.is_known(facts);
        }
        self.silent = first && self.state.known;
        let news = facts.iter().any(|fact| self.is_first_of_its_kind(fact));
        self.refresh();
        if self.state.rulebook != self.rulebook.number {
            self.adopt_rulebook(first);
        } else if self.state.known && news {
            self.complete_baseline();
        }
        if !first && self.turns_out_new(date_before) {
            self.start_anew();
        }
        self.silent = false;
        if first && !self.state.known {
            self.greet();
        }
        self.rounds();
        self.settle_people();
    }

    /// Runs as the store hands them out, however many turns one decision takes.
    pub fn in_order(&mut self) {
        self.runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    }

    /// The contacts a new account comes with are new too.
    fn greet(&mut self) {
        for id in self.newcomers.clone() {
            self.emit("contact.added", Props::new(), &Cause { contact: Some(id), ..Cause::default() });
        }
    }

    /// What a page of contacts has led to.
    pub fn follow_up(&mut self) {
        self.break_chains();
        self.rounds();
    }

    /// The daily pass says something of which it has never said anything.
    fn is_first_of_its_kind(&self, fact: &Fact) -> bool {
        let FactBody::DailyPass { values } = &fact.body else { return false };
        values.keys().any(|name| !self.snapshot.state.daily.contains_key(name))
    }

    /// What the baseline of a known account disarmed starts after all: the account is new.
    fn start_anew(&mut self) {
        self.state.known = false;
        self.unsettle();
        for playbook in self.by_priority(true).iter().filter(|p| !is_personal(p)) {
            let ran = self.runs.iter().any(|run| run.playbook == playbook.name)
                || [Arm::Treated, Arm::Holdout].iter().any(|arm| self.past(*arm, &playbook.name, "").is_some());
            if !ran && let Some(arm) = self.state.arms.get_mut(&playbook.name) {
                arm.armed = true;
            }
        }
    }

    fn rounds(&mut self) {
        for _ in 0..MAX_ROUNDS {
            self.count_new();
            let events: Vec<Judged> = self.queue.drain(..).collect();
            self.hear(&events);
            self.round(&events, false);
            if self.queue.is_empty() || !self.needs.is_empty() {
                return;
            }
            self.break_chains();
        }
        self.queue.clear();
        self.note("end", "", "", "too many rounds in one turn");
    }

    /// Counts what shirube itself has recorded, wherever in the turn: a note, somebody's new role, a phase. What the counts
    /// lead to (a milestone) is recorded and counted too.
    fn count_new(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let new: Vec<Judged> = self.queue.iter_mut().filter(|e| !e.counted).map(counted).collect();
            if new.is_empty() {
                return;
            }
            new.iter().for_each(|event| self.count_own(event));
            self.refresh();
        }
    }

    /// Cuts chains of events that lead to events.
    fn break_chains(&mut self) {
        let deep: Vec<Judged> = self.queue.iter().filter(|e| e.depth > MAX_DEPTH).cloned().collect();
        self.queue.retain(|e| e.depth <= MAX_DEPTH);
        for event in deep {
            let playbook = event.origin.clone().unwrap_or_default();
            self.note("end", &playbook, "", format!("chain_too_deep:{}", event.name));
            if let Some(run) = event.run {
                self.end_run(&run, RunResult::Failed, "chain_too_deep", MAX_DEPTH);
                self.fail_ended(&run, "chain_too_deep");
            }
            if let Some(found) = self.rulebook.playbook(&playbook) {
                self.ask_csm(found, FAILED, sentence::failed_task);
            }
        }
        self.queue.retain(|e| e.depth <= MAX_DEPTH);
    }

    /// Judges everything once; `people`: only playbooks for contacts, because a page of everybody is being judged.
    pub fn round(&mut self, events: &[Judged], people: bool) {
        let (lowest_first, highest_first) = (self.by_priority(false), self.by_priority(true));
        // Runs begin only with the starts, at the end.
        let (lowest, highest) = (self.busy(&lowest_first, people), self.busy(&highest_first, people));
        lowest.iter().for_each(|playbook| self.judge_goals(playbook, events));
        lowest.iter().for_each(|playbook| self.judge_exits(playbook, events));
        highest.iter().for_each(|playbook| self.judge_replies(playbook, events));
        if !people {
            self.escalate();
        }
        for playbook in highest {
            self.catch_early(playbook, events);
            self.advance_runs(playbook, events);
        }
        if !people {
            self.announce_digests(events);
        }
        for (place, playbook) in highest_first.iter().enumerate() {
            match playbook.subject {
                Subject::Contact => self.judge_people(playbook, events),
                _ if people => {}
                _ => self.judge_own_start(place, playbook, events),
            }
        }
        self.measure_outcomes();
    }

    /// Playbooks about this kind of subject, by priority (ties by name).
    pub fn by_priority(&self, highest_first: bool) -> Rc<[&'a Playbook]> {
        Rc::clone(if highest_first { &self.highest_first } else { &self.lowest_first })
    }

    /// Takes a rulebook as a fact: those who match now are armed or not as `enroll` says.
    fn adopt_rulebook(&mut self, first: bool) {
        self.unsettle();
        // A metric that is taken out is forgotten: brought back, it is folded again with what happened meanwhile.
        let known = |name: &String| self.rulebook.model.metrics.iter().any(|m| m.name == *name);
        if !self.state.metrics.keys().all(known) {
            self.state.metrics.retain(|name, _| known(name));
        }
        for metric in self.rulebook.model.metrics.iter().filter(|m| is_folded(m)) {
            self.state.metrics.entry(metric.name.clone()).or_default().hash.clone_from(&metric.hash);
        }
        for playbook in self.by_priority(true).iter().filter(|p| !is_personal(p)) {
            self.adopt_start(playbook, first);
        }
        let names: Vec<&str> = self.rulebook.playbooks.iter().map(|p| p.name.as_str()).collect();
        self.state.arms.retain(|name, _| names.contains(&name.as_str()));
        self.state.cron.retain(|name, _| names.contains(&name.as_str()));
        self.state.dates.retain(|name, _| names.contains(&name.as_str()));
        self.state.pending.retain(|p| names.contains(&p.playbook.as_str()));
        self.state.rulebook = self.rulebook.number;
        self.adopt_runs();
    }
}

fn counted(event: &mut Judged) -> Judged {
    event.counted = true;
    event.clone()
}
