//! What playbooks did: their runs and what became of the accounts, for `insight::effect`.

mod ground;
mod heard;
mod joined;
mod outcome;
mod pictured;
pub mod rails;

use std::collections::BTreeMap;

use serde::Serialize;

use self::{
    ground::Ground,
    joined::Joined,
    outcome::{Measured, measured, outcomes, sooner},
};
use super::shell::Shell;
use crate::{
    insight::effect::{
        adjust::benjamini_hochberg,
        boschloo::{Exact, exact},
        guard::Guardrail,
        parts::Parts,
        power::ALPHA,
        proportions::Counts,
        report::{Arm, Effect},
        verdict::Verdict,
    },
    model::{ids::AccountId, instant::Instant, run::Run},
    rulebook::{
        playbook::{Playbook, Subject},
        types::Rulebook,
    },
    store::api::Result,
};
pub use outcome::Outcome;
pub use pictured::Pictured;

/// More runs of one playbook than this are not read.
const MOST_RUNS: usize = 2_000_000;

/// What is asked of one playbook.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// `churn`, `goal`, `outcome` or a milestone; none = what the playbook says.
    pub outcome: Option<&'a str>,
    /// Days within which it counts; none = what the playbook says.
    pub within: Option<i32>,
    /// The smallest difference worth finding, 0..1; none = what the playbook says.
    pub mde: Option<f64>,
    /// Runs of earlier versions count too.
    pub pool: bool,
    /// A trait to tell the effect apart by: `band`, `plan`, `touch`, `phase` or `locale`, as it was at the start.
    pub by: Option<&'a str>,
}

/// The outcome before and after the playbook went live, over customers who are not the same: not causal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BeforeAfter {
    /// All customers, in as many days before the first start.
    pub before: Counts,
    /// Those the playbook ran for.
    pub after: Counts,
    /// Always false: it is no comparison of like with like.
    pub causal: bool,
}

/// Accounts that are not in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Our own test accounts.
    pub internal: u64,
    /// Deleted since.
    pub deleted: u64,
    /// They had left already when it began for them (of churn only).
    pub gone: u64,
    /// Their runs are of an earlier version of the playbook.
    pub other_version: u64,
    /// They came when another share or salt was held out.
    pub other_design: u64,
}

/// What is known of one playbook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The playbook.
    pub playbook: String,
    /// What is looked at.
    pub outcome: Outcome,
    /// The comparison.
    #[serde(flatten)]
    pub effect: Effect,
    /// What must not get worse meanwhile.
    pub guardrails: Vec<Guardrail>,
    /// What can be seen sooner.
    pub proxy: Option<Proxy>,
    /// Not causal, and said so.
    pub before_after: Option<BeforeAfter>,
    /// By the trait asked for; none where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Who is not in it.
    pub left_out: LeftOut,
    /// Content hash of the version compared; none = all of them together.
    pub version: Option<String>,
    /// Both exact tests of the two shares; none of many playbooks at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_exact: Option<Exact>,
    /// The p of the verdict adjusted for the number of playbooks (Benjamini–Hochberg), where several were asked for: the
    /// verdict goes by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
}

/// An outcome that shows sooner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proxy {
    /// What.
    pub outcome: Outcome,
    /// The comparison by it.
    #[serde(flatten)]
    pub effect: Effect,
}

/// Every playbook, and all of them together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct All {
    /// Those that ran for anybody.
    pub playbooks: Vec<Found>,
    /// Whom the global holdout leaves out against everybody else, by churn; none without one.
    pub pooled: Option<Effect>,
}

/// The outcome asked for is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoOutcome(pub Vec<String>);

type Runs = Vec<(AccountId, Run)>;

impl Shell {
    /// The effect of a playbook at `now`.
    pub async fn effect(
        &self,
        playbook: &Playbook,
        ask: Ask<'_>,
        now: Instant,
    ) -> Result<std::result::Result<Found, NoOutcome>> {
        let rulebook = self.rulebook();
        let Some(measured) = measured(&rulebook, playbook, ask, now) else {
            return Ok(Err(NoOutcome(outcomes(&rulebook, playbook))));
        };
        let runs = self.store.runs_of(&playbook.name, MOST_RUNS).await?;
        let ground = self.ground(since(&runs, now), now).await?;
        Ok(Ok(found(&ground, &rulebook, playbook, runs, (&measured, ask)).alone()))
    }

    /// Every playbook that ran for a customer, each by what it says itself, adjusted for their number.
    pub async fn effects(&self, now: Instant) -> Result<All> {
        let rulebook = self.rulebook();
        let mut runs: BTreeMap<&str, Runs> = BTreeMap::new();
        for playbook in rulebook.playbooks.iter().filter(|p| p.subject != Subject::Workspace) {
            let own = self.store.runs_of(&playbook.name, MOST_RUNS).await?;
            if !own.is_empty() {
                runs.insert(&playbook.name, own);
            }
        }
        let first = runs.values().map(|runs| since(runs, now)).min().unwrap_or(now);
        let ground = self.ground(first, now).await?;
        let pooled = ground.pooled(&rulebook, &runs);
        let one = |playbook: &Playbook| {
            let measured = measured(&rulebook, playbook, Ask::default(), now)?;
            Some(found(&ground, &rulebook, playbook, runs.remove(playbook.name.as_str())?, (&measured, Ask::default())))
        };
        let mut playbooks: Vec<Found> = rulebook.playbooks.iter().filter_map(one).collect();
        adjust(&mut playbooks);
        Ok(All { playbooks: playbooks.into_iter().map(Found::settled).collect(), pooled })
    }
}

impl Found {
    /// What shows sooner is for those about whom nothing can be said yet; the verdict must be the last word.
    fn settled(mut self) -> Found {
        self.proxy = self.proxy.filter(|_| self.effect.verdict == Verdict::NotEnoughData);
        self
    }

    /// The same of one that was asked for alone, with what takes longer to compute.
    fn alone(self) -> Found {
        let counts = |arm: &Arm| Counts { n: arm.n, events: arm.events };
        let p_exact = exact(counts(&self.effect.treated), counts(&self.effect.holdout));
        Found { p_exact, ..self.settled() }
    }
}

/// Over those that can be compared at all: one that holds nobody out asks nothing of chance.
fn adjust(playbooks: &mut [Found]) {
    let compared = playbooks.iter_mut().filter(|found| found.effect.holdout.assigned > 0);
    let (mut asked, p): (Vec<&mut Found>, Vec<f64>) =
        compared.map(|found| (found.effect.p_verdict.unwrap_or(1.0), found)).map(|(p, found)| (found, p)).unzip();
    for (found, p) in asked.iter_mut().zip(benjamini_hochberg(&p)) {
        found.p_adjusted = Some(p);
        let effect = &mut found.effect;
        if matches!(effect.verdict, Verdict::Helps | Verdict::Harms) && p >= ALPHA {
            effect.verdict = Verdict::NotEnoughData;
            effect.advice =
                effect.verdict.advice(effect.over).guarded(found.guardrails.iter().any(|rail| rail.crossed));
        }
    }
}

fn since(runs: &Runs, now: Instant) -> Instant {
    runs.iter().map(|(_, run)| run.first_started()).min().unwrap_or(now)
}

fn found(
    ground: &Ground,
    rulebook: &Rulebook,
    playbook: &Playbook,
    runs: Runs,
    (measured, ask): (&Measured, Ask<'_>),
) -> Found {
    let joined = Joined::of(ground, rulebook, playbook, runs, ask.pool);
    let mut effect = joined.compare(measured);
    let guardrails = joined.guardrails(measured);
    effect.advice = effect.advice.guarded(guardrails.iter().any(|rail| rail.crossed));
    let (churn, alone) = (measured.outcome == Outcome::Churn, effect.holdout.assigned == 0);
    let proxy = (churn && !alone).then(|| sooner(rulebook, playbook, ground.now)).flatten();
    let proxy = proxy.map(|sooner| Proxy { effect: joined.compare(&sooner), outcome: sooner.outcome });
    Found {
        playbook: playbook.name.clone(),
        before_after: (churn && alone).then(|| joined.before_after(measured.horizon)).flatten(),
        guardrails,
        parts: ask.by.map(|by| joined.parts(measured, by)),
        left_out: joined.left_out(&measured.outcome),
        version: joined.version,
        outcome: measured.outcome.clone(),
        effect,
        proxy,
        p_exact: None,
        p_adjusted: None,
    }
}
