//! The runs of one playbook as two arms.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BeforeAfter, LeftOut, Runs,
    ground::Ground,
    outcome::{Measured, Outcome},
};
use crate::{
    engine::{eligible::AT_START, holdout, outcomes},
    insight::effect::{
        compare::effect,
        curves::{Curves, curves},
        funnel::arrived,
        guard::Guardrail,
        parts::{Parts, parts},
        proportions::Counts,
        report::{Case, Effect, Terms},
    },
    model::{
        ids::AccountId,
        instant::Instant,
        run::{Arm, Run},
        state,
        value::Value,
    },
    rulebook::{
        playbook::{Body, Playbook},
        types::Rulebook,
    },
};

/// A `within` in months is up to three days shorter in February than what is asked for today.
const MONTHS_DIFFER: i32 = 3;

/// The runs of one playbook that are compared, and the ground they stand on.
pub(super) struct Joined<'a> {
    ground: &'a Ground,
    playbook: &'a Playbook,
    held_out: f64,
    /// By account, the oldest first.
    runs: BTreeMap<AccountId, Vec<Run>>,
    left_out: LeftOut,
    pub version: Option<String>,
}

impl<'a> Joined<'a> {
    /// The runs of the version to compare, of customers that the holdout's last design put where they were put.
    pub fn of(ground: &'a Ground, rulebook: &Rulebook, playbook: &'a Playbook, runs: Runs, pool: bool) -> Joined<'a> {
        let drawn = |id: &AccountId| holdout::arm(rulebook, playbook, ground.drawn(*id));
        // Left out by a holdout that is gone.
        let ghost = |id: &AccountId, run: &Run| !run.is_real() && drawn(id) == Arm::Treated;
        let taken_away = |id: &AccountId, run: &Run| playbook.holdout.is_none() && ghost(id, run);
        let (version, runs, other_version) = of_version(runs, playbook, pool, &taken_away);
        let mut by_account: BTreeMap<AccountId, Vec<Run>> = BTreeMap::new();
        runs.into_iter().for_each(|(id, run)| by_account.entry(id).or_default().push(run));
        by_account.values_mut().for_each(|runs| runs.sort_by_key(Run::first_started));
        let deleted = keep(&mut by_account, |id, _| ground.views.contains_key(id));
        let internal = keep(&mut by_account, |id, _| ground.accounts.contains_key(id));
        let firsts: Vec<(AccountId, Instant, Arm)> =
            by_account.iter().filter_map(|(id, runs)| first(*id, runs)).collect();
        let gone = |(id, runs): (&AccountId, &Vec<Run>)| runs.first().filter(|run| taken_away(id, run)).cloned();
        let (held_out, other_design) = match by_account.iter().filter_map(gone).max_by_key(Run::first_started) {
            // What was compared while there was one stays known.
            Some(last) => (last.held_out, keep(&mut by_account, |_, at| at <= last.first_started())),
            // Since the last account that today's share and salt would have put elsewhere.
            None => {
                let changed = firsts.iter().filter(|(id, _, arm)| *arm != drawn(id)).map(|f| f.1).max();
                let other = keep(&mut by_account, |_, at| changed.is_none_or(|changed| at > changed));
                (holdout::held_out(rulebook, playbook), other)
            }
        };
        let left_out = LeftOut { internal, deleted, gone: 0, other_version, other_design };
        Joined { ground, playbook, held_out, runs: by_account, left_out, version }
    }

    /// Treated against held out, by one outcome.
    pub fn compare(&self, by: &Measured) -> Effect {
        effect(&self.cases(&by.outcome, by.horizon), &self.terms(by))
    }

    /// The same day by day.
    pub fn curves(&self, by: &Measured) -> Curves {
        curves(&self.cases(&by.outcome, by.horizon), &self.terms(by))
    }

    /// The runs of each customer, the oldest first.
    pub fn runs(&self) -> impl Iterator<Item = &[Run]> {
        self.runs.values().map(Vec::as_slice)
    }

    fn terms(&self, by: &Measured) -> Terms {
        let (today, held_out) = (self.ground.today, self.held_out);
        Terms { horizon: by.horizon, question: by.question, held_out, today, until: by.until }
    }

    /// The same by a trait that was frozen when each account became eligible; empty where it was not.
    pub fn parts(&self, by: &Measured, name: &str) -> Parts {
        let terms = self.terms(by);
        let value = |run: &Run| match run.frozen.get(&format!("{AT_START}{name}")) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        };
        let one = |(id, runs): (&AccountId, &Vec<Run>)| {
            Some((value(runs.first()?), self.case(*id, runs, &by.outcome, by.horizon)?))
        };
        parts(name, &self.runs.iter().filter_map(one).collect::<Vec<_>>(), &terms)
    }

    /// Who is not compared by this outcome.
    pub fn left_out(&self, outcome: &Outcome) -> LeftOut {
        let firsts = || self.runs.iter().filter_map(|(id, runs)| first(*id, runs));
        let gone = |(id, at, _): &(AccountId, Instant, Arm)| self.ground.gone_before(*id, at.day(&self.ground.zone));
        let gone = if *outcome == Outcome::Churn { firsts().filter(gone).count() as u64 } else { 0 };
        LeftOut { gone, ..self.left_out }
    }

    fn cases(&self, outcome: &Outcome, horizon: i32) -> Vec<Case> {
        let case = |(id, runs): (&AccountId, &Vec<Run>)| self.case(*id, runs, outcome, horizon);
        self.runs.iter().filter_map(case).collect()
    }

    /// By intention to treat: from the first moment it was eligible, whatever reached it. None: whoever had left, or
    /// reached a milestone, before cannot do it, and an outcome that is measured since later has no beginning here.
    fn case(&self, id: AccountId, runs: &[Run], outcome: &Outcome, horizon: i32) -> Option<Case> {
        let (ground, mut first) = (self.ground, runs.first()?);
        let day = |at: Instant| at.day(&ground.zone);
        let happened = match outcome {
            Outcome::Churn => ground.churn_case(id, first.first_started(), first.is_real())?.happened,
            Outcome::Goal => runs.iter().filter_map(|run| run.goal_at).min().map(day),
            Outcome::Milestone(name) => match ground.milestone(id, name) {
                Some(at) if at < first.first_started() => return None,
                at => at.map(day),
            },
            Outcome::Condition => {
                let measured = ground.measured(id, &self.playbook.name)?;
                first = runs.iter().find(|run| run.first_started() == measured.since)?;
                if !self.is_measured(measured, day(first.first_started()).saturating_add(horizon)) {
                    return None;
                }
                measured.met.map(day)
            }
        };
        let began = day(first.first_started());
        let within = |day: &i32| *day >= began && *day <= began.saturating_add(horizon);
        Some(Case {
            treated: first.arm == Arm::Treated,
            began,
            happened,
            delivered: runs.iter().any(|run| reached(self.playbook, run)),
            by_hand: ground.by_hand.get(&id).is_some_and(|days| days.iter().any(within)),
            before: before(first),
        })
    }

    /// By the condition of today, and as long as is asked for: whoever met it within a shorter time would else be alone.
    fn is_measured(&self, measured: &state::Measured, end: i32) -> bool {
        let until = measured.until.day(&self.ground.zone).saturating_add(MONTHS_DIFFER);
        measured.version == outcomes::version(self.playbook) && until >= end
    }

    /// Churn in as many days before the first start, of everybody; and of those it ran for, since.
    pub fn before_after(&self, horizon: i32) -> Option<BeforeAfter> {
        let ground = self.ground;
        let first =
            self.runs.values().filter_map(|runs| Some(runs.first()?.first_started().day(&ground.zone))).min()?;
        let from = first.saturating_sub(horizon);
        let (mut before, mut after) = (Counts::default(), Counts::default());
        let there = ground.accounts.values().filter(|account| account.active(from.saturating_sub(1)));
        there.for_each(|account| before.add(account.lost(from, first).is_some()));
        for case in self.cases(&Outcome::Churn, horizon) {
            let end = case.began.saturating_add(horizon);
            if end < ground.today {
                after.add(case.happened.is_some_and(|day| day <= end));
            }
        }
        (before.n > 0 && after.n > 0).then_some(BeforeAfter { before, after, causal: false })
    }

    /// Complaints and returned mails of what it sent, and who wanted no more of anything.
    pub fn guardrails(&self, by: &Measured) -> Vec<Guardrail> {
        self.ground.heard.rails(self.runs.iter(), (by.horizon, by.until), &self.ground.zone)
    }
}

/// The first start of an account, and where it was put.
fn first(id: AccountId, runs: &[Run]) -> Option<(AccountId, Instant, Arm)> {
    runs.first().map(|run| (id, run.first_started(), run.arm))
}

/// Keeps those of which this holds; answers how many went.
fn keep(runs: &mut BTreeMap<AccountId, Vec<Run>>, holds: impl Fn(&AccountId, Instant) -> bool) -> u64 {
    let all = runs.len();
    runs.retain(|id, runs| runs.first().is_some_and(|run| holds(id, run.first_started())));
    (all - runs.len()) as u64
}

/// The runs of the version to compare, and how many accounts have only others. The live one; without any run of it, or
/// where its holdout was `taken_away`, the newest one that says more.
fn of_version(
    all: Runs,
    playbook: &Playbook,
    pool: bool,
    taken_away: &dyn Fn(&AccountId, &Run) -> bool,
) -> (Option<String>, Runs, u64) {
    if pool {
        return (None, all, 0);
    }
    let newest = |which: &dyn Fn(&AccountId, &Run) -> bool| {
        let those = all.iter().filter(|(id, run)| which(id, run)).map(|(_, run)| run);
        those.max_by_key(|run| run.first_started()).map(|run| run.first_hash().to_owned())
    };
    let live = || newest(&|_, run| run.first_hash() == playbook.hash);
    let version = newest(taken_away).or_else(live).or_else(|| newest(&|_, _| true));
    let (mine, others): (Runs, Runs) =
        all.into_iter().partition(|(_, run)| version.as_deref() == Some(run.first_hash()));
    let inside: BTreeSet<AccountId> = mine.iter().map(|(id, _)| *id).collect();
    let outside: BTreeSet<AccountId> = others.iter().map(|(id, _)| *id).filter(|id| !inside.contains(id)).collect();
    (version, mine, outside.len() as u64)
}

/// Whether something of it arrived: a message that was not kept back, refused or returned, or a task that a person got.
fn reached(playbook: &Playbook, run: &Run) -> bool {
    let task = |id: &str| playbook.step(id).is_some_and(|step| matches!(step.body, Body::Task(_)));
    let opened = run.steps.iter().any(|(id, step)| step.times > 0 && step.skipped.is_none() && task(id));
    run.is_real() && (opened || run.steps.values().any(arrived))
}

/// The usage of the 28 days before it became eligible, all metrics together; where none is kept, the score.
fn before(run: &Run) -> Option<f64> {
    let number = |name: &str| run.frozen.get(&format!("{AT_START}{name}")).and_then(Value::as_num);
    let usage = format!("{AT_START}usage_28d.");
    let all: Vec<f64> =
        run.frozen.iter().filter(|(name, _)| name.starts_with(&usage)).filter_map(|(_, v)| v.as_num()).collect();
    if all.is_empty() { number("score") } else { Some(all.iter().sum()) }
}
