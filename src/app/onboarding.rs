//! The onboarding report: read from every account that started lately, with the runs of onboarding playbooks.

use std::collections::BTreeMap;

use super::{kpis::contract, shell::Shell};
use crate::{
    insight::{
        book::{Book, Contract, Own},
        onboarding::{
            self, COHORT_DAYS, Input, Onboarding,
            path::{Places, Starter},
            phases::Stage,
            steps::{self, StepRow},
        },
        view::AccountView,
    },
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{DAY, Instant},
        value::Value,
    },
    rulebook::{
        playbook::{Body, Playbook, Step, Subject, To},
        schedule::length::Length,
        types::Rulebook,
    },
    store::api::Result,
};

/// More entries into phases, or runs of one playbook, than this are not read.
const MOST: usize = 2_000_000;

/// What is kept of one account while the others are read.
struct Seen {
    id: AccountId,
    seen: i32,
    /// The base phase, and since when the present phase holds.
    now: Option<(String, i32)>,
    milestones: BTreeMap<String, i32>,
}

impl Shell {
    /// The report of what was known until the day before `to` (a local day number of the workspace).
    pub async fn onboarding_report(&self, to: i32, now: Instant) -> Result<Onboarding> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let asked = self.asked(now);
        let (mut customers, mut own, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        self.scan(None, now, |view, _| {
            if let Some(mine) = Own::of(&view, zone) {
                own.push(mine);
                customers.push(asked.of(&view, zone));
                seen.push(self::seen(&view, zone));
            }
        })
        .await?;
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let book = Book::of(own.into_iter(), &contracts);
        let from = Instant::start_of_day(to - COHORT_DAYS, zone);
        let until = Instant::start_of_day(to, zone);
        let entered = entries(&self.store.happened(&["phase.entered"], from, until, MOST).await?, zone);
        let starters = starters(&book, &seen, &entered, &places(&rulebook), to);
        let milestones: Vec<String> = rulebook.model.milestones.iter().map(|m| m.name.clone()).collect();
        let reached: BTreeMap<AccountId, &BTreeMap<String, i32>> = seen.iter().map(|s| (s.id, &s.milestones)).collect();
        let input = Input {
            book: &book,
            customers: &customers,
            asked: &asked,
            stages: &stages(&rulebook, now),
            milestones: &milestones,
            starters: &starters,
            steps: self.steps(&rulebook, &reached, to).await?,
            target: rulebook.model.targets.get("onboarding_completion").copied(),
        };
        Ok(onboarding::report(input, to))
    }

    /// Steps of the first phase's playbooks that write to customers.
    async fn steps(
        &self,
        rulebook: &Rulebook,
        reached: &BTreeMap<AccountId, &BTreeMap<String, i32>>,
        to: i32,
    ) -> Result<Vec<StepRow>> {
        let first = rulebook.model.journey.iter().find(|phase| phase.until.is_some()).map(|phase| &phase.name);
        let mine = |p: &&Playbook| p.subject != Subject::Workspace && p.phase.is_some() && p.phase.as_ref() == first;
        let mut rows = Vec::new();
        for playbook in rulebook.playbooks.iter().filter(mine) {
            let (Some(milestone), true) =
                (milestone(rulebook, playbook), playbook.steps.iter().any(|s| writes(playbook, s)))
            else {
                continue;
            };
            let runs = self.store.runs_of(&playbook.name, MOST).await?;
            for step in playbook.steps.iter().filter(|step| writes(playbook, step)) {
                let day_of = |id: AccountId| reached.get(&id)?.get(&milestone).copied();
                let names = (playbook.name.as_str(), step.id.as_str(), milestone.as_str());
                rows.push(steps::row(names, &runs, day_of, &rulebook.model.workspace.zone, to));
            }
        }
        Ok(steps::settle(rows.into_iter().filter(|row| row.sent > 0).collect()))
    }
}

fn seen(view: &AccountView, zone: &jiff::tz::TimeZone) -> Seen {
    let state = &view.state;
    let since = state.phase.as_ref().map(|(_, since)| since.day(zone));
    Seen {
        id: view.id,
        seen: state.first_seen.day(zone),
        now: state.base_phase.clone().zip(since),
        milestones: state.milestones.iter().map(|(name, at)| (name.clone(), at.day(zone))).collect(),
    }
}

/// Days on which accounts entered phases.
fn entries(facts: &[Fact], zone: &jiff::tz::TimeZone) -> BTreeMap<AccountId, Vec<(i32, String)>> {
    let mut all: BTreeMap<AccountId, Vec<(i32, String)>> = BTreeMap::new();
    for fact in facts {
        let FactBody::Event { props, .. } = &fact.body else { continue };
        let Some(phase) = props.get("phase").and_then(Value::as_text) else { continue };
        all.entry(fact.account).or_default().push((fact.occurred_at.day(zone), phase.to_owned()));
    }
    all
}

fn starters(
    book: &Book,
    seen: &[Seen],
    entered: &BTreeMap<AccountId, Vec<(i32, String)>>,
    places: &Places,
    to: i32,
) -> Vec<Starter> {
    let contracts: BTreeMap<AccountId, _> = book.accounts.iter().map(|(id, account)| (*id, account)).collect();
    let one = |one: &Seen| {
        let account = contracts.get(&one.id)?;
        let start = account.joined().filter(|start| *start < to)?;
        let told = entered.get(&one.id).map_or(&[][..], Vec::as_slice);
        let now = one.now.as_ref().map(|(base, since)| (base.as_str(), *since));
        Some(Starter {
            id: one.id,
            start,
            seen: one.seen,
            lost: account.lost(start.saturating_add(1), to),
            reached: places.reached(start, told, now),
            milestones: one.milestones.clone(),
        })
    };
    seen.iter().filter_map(one).collect()
}

/// Phases in their order, with the days the model gives them.
fn stages(rulebook: &Rulebook, now: Instant) -> Vec<Stage> {
    let days = |length: Length| {
        let end = length.after(now, &rulebook.model.workspace.zone, rulebook.calendar(None));
        i32::try_from(end.since(now).saturating_add(DAY - 1) / DAY).unwrap_or(i32::MAX)
    };
    let ordered = rulebook.model.journey.iter().filter(|phase| phase.until.is_some());
    let stage = |phase: &crate::rulebook::types::Phase| Stage {
        name: phase.name.clone(),
        expected: phase.expected.map(days),
        stuck_after: phase.stuck_after.map(days),
    };
    ordered.map(stage).collect()
}

fn places(rulebook: &Rulebook) -> Places {
    let (ordered, over): (Vec<_>, Vec<_>) = rulebook.model.journey.iter().partition(|phase| phase.until.is_some());
    Places {
        ordered: ordered.into_iter().map(|phase| phase.name.clone()).collect(),
        over: over.into_iter().map(|phase| (phase.name.clone(), phase.after.clone())).collect(),
    }
}

/// Whether a step writes to customers.
fn writes(playbook: &Playbook, step: &Step) -> bool {
    let Body::Message(message) = &step.body else { return false };
    !matches!(message.to.as_ref().or(playbook.to.as_ref()), Some(To::Team(_) | To::Channel(_)))
}

/// The milestone a playbook works towards: the one its goal names, else the one that proves success, else the first.
fn milestone(rulebook: &Rulebook, playbook: &Playbook) -> Option<String> {
    let known = &rulebook.model.milestones;
    let goal = playbook.goal.as_ref().and_then(|goal| goal.on.condition()).map(|when| when.names()).unwrap_or_default();
    let named = goal.iter().find_map(|name| name.strip_prefix("milestone.")).map(str::to_owned);
    named.or_else(|| known.iter().find(|m| m.success.is_some()).or(known.first()).map(|m| m.name.clone()))
}
