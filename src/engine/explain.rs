//! Why, and why not: the same evaluation, read aloud.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{enroll::Refusal, holdout, standing::is_personal, work::Work};
use crate::{
    model::{
        contact::Contact,
        ids::ContactId,
        instant::Instant,
        run::{Arm, Run},
        shared::Shared,
        snapshot::Snapshot,
        state::{AccountState, ArmState},
        value::Value,
        values::Values,
        world::World,
    },
    rulebook::{
        expr::{Program, Reason, frame::Frame},
        playbook::{Playbook, Start, Trigger},
        types::Rulebook,
    },
};

/// Where an account stands with a playbook, and the values that decided it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The playbook.
    pub playbook: String,
    /// The contact's key, in playbooks for contacts; none there = all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// `running`, `waiting`, `held`, `capped`, `held_out`, `exited`, `sent`, `skipped`, `not_matched`, `missing`.
    pub verdict: String,
    /// The step it stands at, if it runs.
    pub step: Option<String>,
    /// Until when it waits, if that is known.
    pub until: Option<Instant>,
    /// Why it does not start or go on, as a short machine word; empty where conditions say it.
    pub because: String,
    /// When the goal was reached last, also after a run had completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal_at: Option<Instant>,
    /// The clauses that decided, shortest first.
    pub reasons: Vec<Reason>,
}

/// Explains every playbook about this kind of subject (or the one named); playbooks for contacts once for each contact
/// of the snapshot.
pub fn explain(
    snapshot: &Snapshot,
    world: &World,
    rulebook: &Rulebook,
    now: Instant,
    only: Option<&str>,
) -> Vec<Explanation> {
    let mut work = present(snapshot, world, rulebook, now);
    let playbooks = work.by_priority(true);
    let wanted = playbooks.iter().copied().filter(|p| only.is_none_or(|o| o == p.name));
    wanted.flat_map(|p| if is_personal(p) { work.explain_people(p) } else { vec![work.explain_one(p)] }).collect()
}

/// An account read at one moment.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its state with everything derived brought up to the moment, nothing announced.
    pub state: AccountState,
    /// Every name conditions can read, with its value.
    pub values: Values,
    /// The value of the program asked about.
    pub asked: Value,
}

/// Reads an account at `now`; `program` is judged on the way (digests, segments, `accounts --where`).
pub fn read(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant, program: Option<&Program>) -> Read {
    let work = present(snapshot, world, rulebook, now);
    let asked = program.map_or(Value::Missing, |p| p.eval(&work.frame(None, None)));
    let value = |slot: &u32| work.values.get(*slot as usize).cloned().unwrap_or_default();
    let values = Values::sorted(rulebook.slots.names.iter().map(|(name, slot)| (Arc::clone(name), value(slot))));
    Read { values, state: work.state, asked }
}

/// The value of a program about the account at `now`.
pub fn evaluate(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant, program: &Program) -> Value {
    program.eval(&present(snapshot, world, rulebook, now).frame(None, None))
}

/// The value of a program that asks nothing but recorded attributes, without deriving anything; none for others.
pub fn evaluate_recorded(state: &AccountState, rulebook: &Rulebook, program: &Program) -> Option<Value> {
    if !program.is_plain() {
        return None;
    }
    let most = program.slots().last().map_or(0, |last| *last as usize + 1);
    let mut values = vec![Value::Missing; most];
    for slot in program.slots() {
        let (name, _) = rulebook.slots.plain.iter().find(|(_, plain)| plain == slot)?;
        values[*slot as usize] = state.attr(name);
    }
    let workspace = &rulebook.model.workspace;
    let own = state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
    let frame = Frame {
        now: state.now,
        zone: own.as_ref().unwrap_or(&workspace.zone),
        calendar: rulebook.calendar(state.attr_text("calendar")),
        currency: workspace.currency,
        values: &values,
        next: &[],
        ahead: None,
        event: None,
        start: None,
        run: None,
    };
    Some(program.eval(&frame))
}

/// The account's state with every derived value brought up to `now` (health, phase), nothing announced.
pub fn current(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> AccountState {
    present(snapshot, world, rulebook, now).state
}

fn present<'a>(snapshot: &'a Snapshot, world: &'a World, rulebook: &'a Rulebook, now: Instant) -> Work<'a> {
    let mut work = Work::new(snapshot, world, rulebook, now);
    work.now = now.max(snapshot.state.now);
    work.silent = true;
    work.refresh();
    work
}

/// Where a run stands: the words of `explain --json`.
pub fn verdict(run: &Run) -> &'static str {
    match run.waiting.as_str() {
        _ if run.arm == Arm::Holdout => "held_out",
        _ if run.reply_at.is_some() => "held",
        "wait" | "wait_for" => "waiting",
        w if w.starts_with("cap") => "capped",
        "" => "running",
        _ => "held",
    }
}

impl Work<'_> {
    /// One answer for each contact that is loaded; without any, what is known of all together.
    fn explain_people(&mut self, playbook: &Playbook) -> Vec<Explanation> {
        let known = |c: &&Shared<Contact>| !c.attrs.is_empty();
        let ids: Vec<ContactId> = self.contacts.values().filter(known).map(|c| c.id).collect();
        let mut all = Vec::new();
        for id in &ids {
            self.about = Some(*id);
            self.fill_contact(Some(*id));
            let key = self.contacts.get(id).map(|c| c.key.clone());
            all.push(Explanation { contact: key, ..self.explain_one(playbook) });
        }
        self.about = None;
        if all.is_empty() { vec![self.explain_start(playbook)] } else { all }
    }

    fn explain_one(&mut self, playbook: &Playbook) -> Explanation {
        let mine = self.runs.iter().filter(|r| self.mine(r));
        match mine.into_iter().find(|r| r.playbook == playbook.name).cloned() {
            Some(run) => self.explain_run(self.playbook_of(&run).unwrap_or(playbook), &run),
            None => self.explain_start(playbook),
        }
    }

    fn explain_run(&mut self, playbook: &Playbook, run: &Run) -> Explanation {
        self.fill_contact(run.contact);
        let wait = run.at.as_deref().and_then(|at| playbook.step(at)).map(|s| &s.body);
        let mut reasons = Vec::new();
        if let Some(crate::rulebook::playbook::Body::WaitFor(wait)) = wait {
            for (trigger, _) in &wait.branches {
                if let Trigger::When(when) = trigger {
                    reasons.extend(self.read_aloud(when, Some(run), None));
                }
            }
        }
        Explanation {
            playbook: playbook.name.clone(),
            contact: None,
            verdict: verdict(run).to_owned(),
            step: run.at.clone(),
            until: [run.until, run.hold_until].into_iter().flatten().min(),
            because: if run.reply_at.is_some() { "reply".to_owned() } else { run.waiting.clone() },
            goal_at: self.last_goal(run.arm, &playbook.name),
            reasons,
        }
    }

    fn explain_start(&mut self, playbook: &Playbook) -> Explanation {
        let refusal = self.refusal(playbook, "");
        let (cond, holds) = match &playbook.start {
            Start::When { cond, .. } => (Some(cond), self.holds(cond)),
            Start::Cron { where_, .. } => (where_.as_ref(), where_.as_ref().is_none_or(|w| self.holds(w))),
            _ => (None, false),
        };
        let reasons = cond.map(|c| self.read_aloud(c, None, None)).unwrap_or_default();
        let missing = reasons.iter().any(|r| r.value.is_missing());
        let arm = self.arms().get(&playbook.name);
        let (status, _) = match self.about {
            Some(id) => self.personal_status(&playbook.name, Some(id)),
            None => self.playbook_status(&playbook.name),
        };
        let held_out = holdout::arm(self.rulebook, playbook, self.state.drawn(&self.snapshot.key)) == Arm::Holdout;
        let over = matches!(status, "succeeded" | "completed" | "exited" | "moved" | "failed");
        let because = match &refusal {
            // What is over is not held back by what was ordered for the customer; that the playbook is paused is said.
            Some(r) if over && r.keeps() && !self.world.paused(&playbook.name, self.now) => String::new(),
            Some(r) => r.reason.to_string(),
            None if holds && arm.is_some_and(|a| !a.armed) => self.used_up(playbook, arm).to_owned(),
            None if holds => "stable_for".to_owned(),
            None => String::new(),
        };
        let verdict = match status {
            _ if held_out => "held_out",
            "running" => "running",
            "succeeded" | "completed" => "sent",
            "exited" | "moved" | "failed" => "exited",
            _ if refusal.as_ref().is_some_and(|r| r.keeps()) && self.keeps_back(playbook, &refusal, holds) => "held",
            _ if !holds && missing => "missing",
            _ if holds && refusal.is_some() => "held",
            _ if holds && arm.is_some_and(|a| a.armed) => "waiting",
            _ => "not_matched",
        };
        Explanation {
            playbook: playbook.name.clone(),
            contact: None,
            verdict: verdict.to_owned(),
            step: None,
            until: refusal.and_then(|r| r.until),
            because,
            goal_at: self.last_goal(if held_out { Arm::Holdout } else { Arm::Treated }, &playbook.name),
            reasons,
        }
    }

    /// Whether there is anything that a pause (or what else passes) keeps back: a start that is kept, or a condition that
    /// holds. What waits for an event, a date or a person is paused only in name.
    fn keeps_back(&self, playbook: &Playbook, refusal: &Option<Refusal>, holds: bool) -> bool {
        let judged = matches!(playbook.start, Start::When { .. } | Start::Cron { .. });
        let paused = refusal.as_ref().is_some_and(|r| r.reason == "paused");
        holds || self.pending().iter().any(|p| p.playbook == playbook.name) || !judged && !paused
    }

    /// Why a condition that holds starts nothing: it did already, or it held when the playbook went live.
    fn used_up(&self, playbook: &Playbook, arm: Option<&ArmState>) -> &'static str {
        let since = arm.and_then(|a| a.true_since).unwrap_or(Instant::MAX);
        let real = self.past(Arm::Treated, &playbook.name, "");
        let ran = real.is_some_and(|past| past.starts.iter().any(|start| *start >= since));
        if ran { "ran_for_this" } else { "matched_before_it_went_live" }
    }

    fn last_goal(&self, arm: Arm, playbook: &str) -> Option<Instant> {
        self.past(arm, playbook, "").and_then(|p| p.last_goal)
    }

    fn read_aloud(&mut self, program: &Program, run: Option<&Run>, contact: Option<ContactId>) -> Vec<Reason> {
        self.fill_contact(contact.or(run.and_then(|r| r.contact)).or(self.about));
        let view = run.map(|run| super::work::RunView { run });
        program.explain(&self.frame(None, view.as_ref()))
    }
}
