//! What comparisons are made from: contracts, milestones and visits of every account, and the runs of a playbook.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::{
    BeforeAfter, LeftOut, Runs,
    heard::{Heard, sent_by},
    outcome::{CHURN_DAYS, MDE, Measured, Outcome},
};
use crate::{
    app::{kpis::contract, shell::Shell},
    engine::{eligible::AT_START, holdout, outcomes},
    insight::{
        book::{Book, Contract},
        effect::{
            guard::Guardrail,
            proportions::Counts,
            report::{Case, Effect, Terms, effect},
            verdict::Question,
        },
        ledger::Account,
        view::AccountView,
    },
    model::{
        fact::Fact,
        ids::AccountId,
        instant::Instant,
        message::Class,
        run::{Arm, Run},
        snapshot::Snapshot,
        state,
        value::Value,
    },
    rulebook::{
        playbook::{Body, Playbook},
        types::Rulebook,
    },
    store::api::Result,
};

/// More notes and meetings than this are not read.
const MOST_TOUCHES: usize = 1_000_000;
/// What people do for a customer by hand.
const BY_HAND: [&str; 2] = ["note.added", "meeting.held"];

/// Every account as comparisons need it.
pub(super) struct Ground {
    pub now: Instant,
    pub zone: TimeZone,
    today: i32,
    views: BTreeMap<AccountId, AccountView>,
    /// Our own test accounts are not among them.
    accounts: BTreeMap<AccountId, Account>,
    by_hand: BTreeMap<AccountId, Vec<i32>>,
    heard: Heard,
}

impl Shell {
    /// Reads what comparisons of runs since `first` need.
    pub(super) async fn ground(&self, first: Instant, now: Instant) -> Result<Ground> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let views = self.each(|snapshot| Some(plain(snapshot))).await?;
        let book = Book::of(&views, &contracts, &zone);
        let by_hand = self.store.happened(&BY_HAND, first, now.plus(1), MOST_TOUCHES).await?;
        Ok(Ground {
            now,
            today: now.day(&zone),
            views: views.into_iter().map(|view| (view.id, view)).collect(),
            accounts: book.accounts.into_iter().collect(),
            by_hand: days(&by_hand, &zone),
            heard: self.heard(first, now).await?,
            zone,
        })
    }
}

impl Ground {
    fn key(&self, id: AccountId) -> &str {
        self.views.get(&id).map_or("", |view| view.key.as_str())
    }

    /// The first day after `began` on which no contract ran any more.
    fn churned(&self, id: AccountId, began: i32) -> Option<i32> {
        let account = self.accounts.get(&id)?;
        let status = || {
            let status = self.views.get(&id)?.state.attrs.get("status")?;
            let day = status.as_of.day(&self.zone);
            (status.value.as_text() == Some("churned") && day >= began).then_some(day)
        };
        if account.lines.is_empty() { status() } else { account.lost(began.saturating_add(1), i32::MAX) }
    }

    fn milestone(&self, id: AccountId, name: &str) -> Option<Instant> {
        self.views.get(&id)?.state.milestones.get(name).copied()
    }

    fn measured(&self, id: AccountId, playbook: &str) -> Option<&state::Measured> {
        self.views.get(&id)?.state.outcomes.get(playbook)
    }

    /// Whom the global holdout leaves out against everybody else, from the first start of any playbook it covers.
    pub fn pooled(&self, rulebook: &Rulebook, runs: &BTreeMap<&str, Runs>) -> Option<Effect> {
        let global = &rulebook.model.holdout;
        let share = (global.percent > 0.0).then_some(global.percent / 100.0)?;
        let covered = |name: &&str| rulebook.playbook(name).is_some_and(|p| !p.no_holdout && p.class != Class::Notice);
        let mut first: BTreeMap<AccountId, Instant> = BTreeMap::new();
        for (id, run) in runs.iter().filter(|(name, _)| covered(name)).flat_map(|(_, runs)| runs) {
            let at = first.entry(*id).or_insert(run.started);
            *at = (*at).min(run.started);
        }
        let case = |(id, at): (&AccountId, &Instant)| {
            let began = at.day(&self.zone);
            let treated = holdout::share(&global.salt, self.key(*id)) >= share;
            let known = self.accounts.contains_key(id);
            known.then(|| Case { treated, began, happened: self.churned(*id, began), ..Case::default() })
        };
        let cases: Vec<Case> = first.iter().filter_map(case).collect();
        let question = Question { lower_is_better: true, mde: MDE.0 };
        let terms = Terms { horizon: CHURN_DAYS, question, held_out: share, today: self.today, until: None };
        Some(effect(&cases, &terms))
    }
}

/// The runs of one playbook that are compared, and the ground they stand on.
pub(super) struct Joined<'a> {
    ground: &'a Ground,
    playbook: &'a Playbook,
    held_out: f64,
    /// By account, the oldest first.
    runs: BTreeMap<AccountId, Vec<Run>>,
    pub left_out: LeftOut,
    pub version: Option<String>,
}

impl<'a> Joined<'a> {
    /// The runs of the version to compare, of customers that today's holdout would have put where they were put.
    pub fn of(ground: &'a Ground, rulebook: &Rulebook, playbook: &'a Playbook, runs: Runs, pool: bool) -> Joined<'a> {
        let (version, runs, other_version) = of_version(runs, playbook, pool);
        let mut by_account: BTreeMap<AccountId, Vec<Run>> = BTreeMap::new();
        runs.into_iter().for_each(|(id, run)| by_account.entry(id).or_default().push(run));
        by_account.values_mut().for_each(|runs| runs.sort_by_key(|run| run.started));
        let all = by_account.len();
        by_account.retain(|id, _| ground.accounts.contains_key(id));
        let internal = (all - by_account.len()) as u64;
        // Since the last account that today's share and salt would have put elsewhere.
        let strange = |id: &AccountId, first: &Run| first.arm != holdout::arm(rulebook, playbook, ground.key(*id));
        let firsts = || by_account.iter().filter_map(|(id, runs)| Some((id, runs.first()?)));
        let changed = firsts().filter(|(id, first)| strange(id, first)).map(|(_, first)| first.started).max();
        let all = by_account.len();
        by_account.retain(|_, runs| runs.first().is_some_and(|run| changed.is_none_or(|at| run.started > at)));
        let other_design = (all - by_account.len()) as u64;
        let left_out = LeftOut { internal, other_version, other_design };
        Joined {
            ground,
            playbook,
            held_out: holdout::held_out(rulebook, playbook),
            runs: by_account,
            left_out,
            version,
        }
    }

    /// Treated against held out, by one outcome.
    pub fn compare(&self, by: &Measured) -> Effect {
        let (today, held_out) = (self.ground.today, self.held_out);
        let terms = Terms { horizon: by.horizon, question: by.question, held_out, today, until: by.until };
        effect(&self.cases(&by.outcome, by.horizon), &terms)
    }

    fn cases(&self, outcome: &Outcome, horizon: i32) -> Vec<Case> {
        let case = |(id, runs): (&AccountId, &Vec<Run>)| self.case(*id, runs, outcome, horizon);
        self.runs.iter().filter_map(case).collect()
    }

    /// By intention to treat: from the first moment it was eligible, whatever reached it. None: whoever had reached a
    /// milestone before cannot reach it, and an outcome that is measured since later has no beginning here.
    fn case(&self, id: AccountId, runs: &[Run], outcome: &Outcome, horizon: i32) -> Option<Case> {
        let (ground, first) = (self.ground, runs.first()?);
        let day = |at: Instant| at.day(&ground.zone);
        let began = day(first.started);
        let happened = match outcome {
            Outcome::Churn => ground.churned(id, began),
            Outcome::Goal => runs.iter().filter_map(|run| run.goal_at).min().map(day),
            Outcome::Milestone(name) => match ground.milestone(id, name) {
                Some(at) if at < first.started => return None,
                at => at.map(day),
            },
            Outcome::Condition => {
                let measured = ground.measured(id, &self.playbook.name)?;
                if measured.since != first.started || measured.version != outcomes::version(self.playbook) {
                    return None;
                }
                measured.met.map(day)
            }
        };
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

    /// Churn in as many days before the first start, of everybody; and of those it ran for, since.
    pub fn before_after(&self, horizon: i32) -> Option<BeforeAfter> {
        let ground = self.ground;
        let first = self.runs.values().filter_map(|runs| Some(runs.first()?.started.day(&ground.zone))).min()?;
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
    pub fn guardrails(&self, horizon: i32) -> Vec<Guardrail> {
        self.ground.heard.rails(self.runs.iter(), horizon, &self.ground.zone)
    }
}

/// The runs of the version to compare (none of the live one = the newest one there is), and how many accounts have
/// only others.
fn of_version(all: Runs, playbook: &Playbook, pool: bool) -> (Option<String>, Runs, u64) {
    if pool {
        return (None, all, 0);
    }
    let live = all.iter().any(|(_, run)| run.playbook_hash == playbook.hash).then(|| playbook.hash.clone());
    let newest = || all.iter().max_by_key(|(_, run)| run.started).map(|(_, run)| run.playbook_hash.clone());
    let version = live.or_else(newest);
    let (mine, others): (Runs, Runs) =
        all.into_iter().partition(|(_, run)| version.as_ref() == Some(&run.playbook_hash));
    let inside: BTreeSet<AccountId> = mine.iter().map(|(id, _)| *id).collect();
    let outside: BTreeSet<AccountId> = others.iter().map(|(id, _)| *id).filter(|id| !inside.contains(id)).collect();
    (version, mine, outside.len() as u64)
}

/// An account with what was said of it, nothing derived.
fn plain(snapshot: Snapshot) -> AccountView {
    let values = snapshot.state.attrs.iter().map(|(name, attr)| (format!("account.{name}").into(), attr.value.clone()));
    let values = values.collect();
    AccountView { id: snapshot.account, key: snapshot.key, values, state: snapshot.state, ..AccountView::default() }
}

/// Days on which these happened, by account.
pub(super) fn days(facts: &[Fact], zone: &TimeZone) -> BTreeMap<AccountId, Vec<i32>> {
    let mut days: BTreeMap<AccountId, Vec<i32>> = BTreeMap::new();
    facts.iter().for_each(|fact| days.entry(fact.account).or_default().push(fact.occurred_at.day(zone)));
    days
}

/// Whether something of it arrived: a message that was handed over, or a task that a person got.
fn reached(playbook: &Playbook, run: &Run) -> bool {
    let task = |id: &str| playbook.step(id).is_some_and(|step| matches!(step.body, Body::Task(_)));
    let opened = run.steps.iter().any(|(id, step)| step.times > 0 && step.skipped.is_none() && task(id));
    run.is_real() && (opened || sent_by(run).next().is_some())
}

/// The usage of the 28 days before it became eligible, all metrics together; where none is kept, the score.
fn before(run: &Run) -> Option<f64> {
    let number = |name: &str| run.frozen.get(&format!("{AT_START}{name}")).and_then(Value::as_num);
    let usage = format!("{AT_START}usage_28d.");
    let all: Vec<f64> =
        run.frozen.iter().filter(|(name, _)| name.starts_with(&usage)).filter_map(|(_, v)| v.as_num()).collect();
    if all.is_empty() { number("score") } else { Some(all.iter().sum()) }
}
