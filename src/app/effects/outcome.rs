//! What an effect is measured by.

use serde::Serialize;

use super::Ask;
use crate::{
    insight::effect::verdict::Question,
    model::instant::{DAY, Instant, day_number},
    rulebook::{playbook::Playbook, schedule::length::Length, types::Rulebook},
};

/// Days within which churn counts where the playbook says nothing.
pub const CHURN_DAYS: i32 = 180;
/// Days within which a milestone counts where the goal says nothing.
const MILESTONE_DAYS: i32 = 30;
/// The smallest differences worth finding where the playbook says nothing: of churn, and of what is to be reached.
pub const MDE: (f64, f64) = (0.02, 0.10);

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Outcome {
    /// The customer left.
    Churn,
    /// The run's goal was reached.
    Goal,
    /// A milestone was reached.
    Milestone(String),
    /// The condition that the playbook's `outcome` names held.
    Condition,
}

/// An outcome with how it is judged.
pub(super) struct Measured {
    pub outcome: Outcome,
    /// Days from eligibility.
    pub horizon: i32,
    pub question: Question,
    /// The declared end, as a local day.
    pub until: Option<i32>,
}

/// What is asked for, else what the playbook says, else churn. None: there is no such outcome.
pub(super) fn measured(rulebook: &Rulebook, playbook: &Playbook, ask: Ask<'_>, now: Instant) -> Option<Measured> {
    let days = |length: &Length| days(length, rulebook, now);
    let goal = playbook.goal.as_ref().and_then(|goal| goal.within.as_ref()).map(days);
    let own = playbook.outcome.as_ref();
    let declared = own.filter(|own| own.when.is_some());
    let (outcome, usual) = match ask.outcome.map(str::trim) {
        None if declared.is_some() => (Outcome::Condition, declared.map(|own| days(&own.within))),
        Some("outcome") => (Outcome::Condition, Some(days(&declared?.within))),
        None | Some("churn" | "解約") => {
            (Outcome::Churn, Some(own.filter(|own| own.when.is_none()).map_or(CHURN_DAYS, |own| days(&own.within))))
        }
        // A goal without `within` is followed in neither group alike, and none longer than that.
        Some("goal" | "目標") => (Outcome::Goal, Some(goal?)),
        Some(name) => {
            let name = name.strip_prefix("milestone.").unwrap_or(name);
            let found = rulebook.model.milestones.iter().find(|m| m.name == name)?;
            (Outcome::Milestone(found.name.clone()), Some(goal.unwrap_or(MILESTONE_DAYS)))
        }
    };
    // What the playbook says of its end and its smallest difference is about its own outcome.
    let mine = own.filter(|own| outcome == if own.when.is_some() { Outcome::Condition } else { Outcome::Churn });
    let lower_is_better = match outcome {
        Outcome::Churn => true,
        Outcome::Condition => declared.is_some_and(|own| own.less_is_better),
        Outcome::Goal | Outcome::Milestone(_) => false,
    };
    let usual_mde = if outcome == Outcome::Churn { MDE.0 } else { MDE.1 };
    let mde = ask.mde.or(mine.and_then(|own| own.mde)).unwrap_or(usual_mde);
    let asked = ask.within.filter(|days| *days > 0);
    let longest = usual.filter(|_| matches!(outcome, Outcome::Goal | Outcome::Condition)).unwrap_or(i32::MAX);
    let horizon = asked.map(|days| days.min(longest)).or(usual)?;
    let until = mine.and_then(|own| own.until).map(day_number);
    Some(Measured { outcome, horizon, question: Question { lower_is_better, mde }, until })
}

/// What shows sooner than churn: the goal, else the milestone that proves success, else the first one.
pub(super) fn sooner(rulebook: &Rulebook, playbook: &Playbook, now: Instant) -> Option<Measured> {
    let of = |outcome| measured(rulebook, playbook, Ask { outcome: Some(outcome), ..Ask::default() }, now);
    let milestones = &rulebook.model.milestones;
    let proof = milestones.iter().find(|m| m.success.is_some()).or(milestones.first());
    of("goal").or_else(|| of(proof?.name.as_str()))
}

/// Everything that can be asked for.
pub(super) fn outcomes(rulebook: &Rulebook, playbook: &Playbook) -> Vec<String> {
    let goal = playbook.goal.as_ref().is_some_and(|goal| goal.within.is_some()).then(|| "goal".to_owned());
    let own = playbook.outcome.as_ref().is_some_and(|own| own.when.is_some()).then(|| "outcome".to_owned());
    let milestones = rulebook.model.milestones.iter().map(|m| m.name.clone());
    std::iter::once("churn".to_owned()).chain(goal).chain(own).chain(milestones).collect()
}

fn days(length: &Length, rulebook: &Rulebook, now: Instant) -> i32 {
    let micros = length.after(now, &rulebook.model.workspace.zone, rulebook.calendar(None)).since(now);
    i32::try_from(micros.saturating_add(DAY - 1) / DAY).unwrap_or(i32::MAX).max(1)
}
