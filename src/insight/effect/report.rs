//! Everything that can be said of one comparison: what people read and what `--json` prints.

use serde::Serialize;

use super::{
    dist::two_sided_z,
    log_rank::{ChiSquare, days_kept, log_rank},
    means::{Difference, Sample, cuped},
    power::{ALPHA, Inflow, Needs, needs},
    proportions::{Counts, difference, newcombe, ratio, test},
    sequence::{Design, Matured, Watched, watch},
    srm::mismatch,
    verdict::{Advice, Basis, Question, Verdict, judge},
};
use crate::insight::survival::{Ended, Observed};

/// Accounts of both arms at which the confidence sequence is tightest. Fixed beforehand, so that no data choose it.
pub const PLANNED: f64 = 1_000.0;
/// Where the end was declared, looks before it may spend so much of the error, and the end the rest.
pub const EARLY_ALPHA: f64 = 0.01;
/// Days between two looks.
const WEEK: i32 = 7;
/// How far back new accounts are counted for the planner, in days.
const RECENT: i32 = 28;
/// Taken as the share where nothing happened to anybody yet.
const ASSUMED: f64 = 0.05;
/// Events of the control arm from which its own share is believed.
const BELIEVED: u64 = 5;

/// One account in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Case {
    /// Treated, or held out.
    pub treated: bool,
    /// The local day it became eligible.
    pub began: i32,
    /// The local day the outcome happened, whenever that was.
    pub happened: Option<i32>,
    /// Something of the playbook reached it.
    pub delivered: bool,
    /// A person saw to it within the horizon, by a note or a meeting.
    pub by_hand: bool,
    /// What it did before it became eligible (28-day usage).
    pub before: Option<f64>,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Days from eligibility within which the outcome counts.
    pub horizon: i32,
    /// Direction and smallest difference worth finding.
    pub question: Question,
    /// The share of accounts that the design holds out; 0 = nobody.
    pub held_out: f64,
    /// The local day of today.
    pub today: i32,
    /// The day that was declared as the end of the test.
    pub until: Option<i32>,
}

/// One arm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Arm {
    /// Accounts followed to the end of the horizon.
    pub n: u64,
    /// Of them with the outcome.
    pub events: u64,
    /// Their share.
    pub rate: Option<f64>,
    /// Its Wilson interval.
    pub ci95: Option<[f64; 2]>,
    /// Accounts in the arm, young ones too.
    pub assigned: u64,
}

/// The sizes of the arms against the design.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    /// Share the design holds out.
    pub held_out: f64,
    /// Of everybody assigned.
    pub assigned: ChiSquare,
    /// Of those that are compared.
    pub analysed: Option<ChiSquare>,
}

/// Days kept within the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// Mean days of the treated.
    pub treated: f64,
    /// Mean days of those held out.
    pub holdout: f64,
    /// Difference.
    pub diff: f64,
    /// Its 95 % interval.
    pub ci95: [f64; 2],
}

/// The difference with what was known before taken away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Adjusted {
    /// Difference, interval, p.
    #[serde(flatten)]
    pub difference: Difference,
    /// Share of the variance this took away.
    pub variance_less: f64,
    /// Accounts with a value before.
    pub n: u64,
}

/// The always-valid comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Always {
    /// Interval, p and looks.
    #[serde(flatten)]
    pub watched: Watched,
    /// Error it may make over all looks.
    pub alpha: f64,
    /// Accounts at which it is tightest.
    pub planned: f64,
    /// Fewer than 25 events: it says nothing yet.
    pub withheld: bool,
}

/// Who was reached, and who was helped otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contamination {
    /// Treated accounts that something of the playbook reached.
    pub delivered: Counts,
    /// Treated accounts that a person saw to.
    pub treated_by_hand: Counts,
    /// Held-out accounts that a person saw to.
    pub holdout_by_hand: Counts,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The verdict.
    pub verdict: Verdict,
    /// What to do.
    pub advice: Advice,
    /// Whether the declared end has come; else it goes on.
    pub over: bool,
    /// Error the verdict rests on.
    pub alpha: f64,
    /// Days from eligibility within which the outcome counts.
    pub within_days: i32,
    /// Whether fewer is better.
    pub lower_is_better: bool,
    /// The smallest difference worth finding.
    pub mde: f64,
    /// Those it ran for.
    pub treated: Arm,
    /// Those held out.
    pub holdout: Arm,
    /// Share of the treated − share of those held out.
    pub diff: Option<f64>,
    /// Its 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// How the interval is made.
    pub method: &'static str,
    /// Two-sided p at a single look.
    pub p: Option<f64>,
    /// Which test.
    pub p_method: Option<&'static str>,
    /// Ratio of the shares with its interval; none below ten events an arm.
    pub ratio: Option<(f64, [f64; 2])>,
    /// p that is valid at every look; none below 25 events.
    pub p_always_valid: Option<f64>,
    /// With its interval.
    pub always_valid: Always,
    /// The smaller p of the arms' sizes against the design.
    pub srm_p: Option<f64>,
    /// Both.
    pub srm: Option<Mismatch>,
    /// What it takes to find `mde`.
    pub needs: Option<Needs>,
    /// Log-rank test over the whole follow-up within the horizon.
    pub log_rank: Option<ChiSquare>,
    /// Days kept within the horizon (only where fewer is better).
    pub days_kept: Option<Kept>,
    /// CUPED on the usage before.
    pub cuped: Option<Adjusted>,
    /// Who was reached, and who was helped otherwise.
    pub contamination: Contamination,
    /// Accounts whose horizon is not over yet.
    pub too_young: u64,
}

/// Compares the two arms of `cases`.
pub fn effect(cases: &[Case], terms: &Terms) -> Effect {
    let ripe: Vec<&Case> = cases.iter().filter(|case| terms.is_ripe(case)).collect();
    let [holdout, treated] = [false, true].map(|arm| terms.count(&ripe, arm));
    let over = terms.until.is_some_and(|until| until <= terms.today);
    let always = terms.always(&ripe, over);
    let srm = terms.mismatch(cases, (treated, holdout));
    let srm_p: Vec<f64> = srm.iter().flat_map(|m| [Some(m.assigned.p), m.analysed.map(|a| a.p)]).flatten().collect();
    let judged = |basis, alpha| judge(terms.question, (treated, holdout), basis, &srm_p, alpha);
    let early = judged(Basis::Running(always.watched), always.alpha);
    // What was found before the end stays found.
    let open = !matches!(early, Verdict::Helps | Verdict::Harms | Verdict::InvalidSrm);
    let alpha = if over && open { ALPHA - EARLY_ALPHA } else { always.alpha };
    let verdict = if over && open { judged(Basis::Over, alpha) } else { early };
    let tested = test(treated, holdout);
    Effect {
        verdict,
        advice: verdict.advice(),
        over,
        alpha,
        within_days: terms.horizon,
        lower_is_better: terms.question.lower_is_better,
        mde: terms.question.mde,
        treated: Arm::of(treated, cases.iter().filter(|c| c.treated).count()),
        holdout: Arm::of(holdout, cases.iter().filter(|c| !c.treated).count()),
        diff: difference(treated, holdout),
        ci95: newcombe(treated, holdout, ALPHA),
        method: "newcombe",
        p: tested.map(|t| t.0),
        p_method: tested.map(|t| t.1),
        ratio: ratio(treated, holdout, ALPHA),
        p_always_valid: always.watched.p,
        always_valid: always,
        srm_p: srm_p.into_iter().reduce(f64::min),
        srm,
        needs: terms.needs(cases, (treated, holdout)),
        log_rank: log_rank(&terms.followed(cases, true), &terms.followed(cases, false)),
        days_kept: terms.days_kept(cases),
        cuped: terms.adjusted(&ripe),
        contamination: contamination(cases),
        too_young: (cases.len() - ripe.len()) as u64,
    }
}

impl Arm {
    /// An arm of these counts, `assigned` accounts in all.
    pub fn of(counts: Counts, assigned: usize) -> Arm {
        let ci95 = (counts.n > 0).then(|| crate::insight::rate::wilson(counts.events, counts.n));
        Arm { n: counts.n, events: counts.events, rate: counts.rate(), ci95, assigned: assigned as u64 }
    }
}

impl Terms {
    /// The whole horizon lies behind it, its last day too.
    fn is_ripe(&self, case: &Case) -> bool {
        case.began.saturating_add(self.horizon) < self.today
    }

    fn hit(&self, case: &Case) -> bool {
        case.happened.is_some_and(|day| day <= case.began.saturating_add(self.horizon))
    }

    fn count(&self, ripe: &[&Case], treated: bool) -> Counts {
        let mut counts = Counts::default();
        ripe.iter().filter(|case| case.treated == treated).for_each(|case| counts.add(self.hit(case)));
        counts
    }

    fn always(&self, ripe: &[&Case], over: bool) -> Always {
        let known = |case: &&Case| (case.began.saturating_add(self.horizon), case.treated, self.hit(case));
        let before_end = |m: &Matured| self.until.is_none_or(|until| !over || m.0 < until);
        let matured: Vec<Matured> = ripe.iter().map(known).filter(before_end).collect();
        let alpha = if self.until.is_some() { EARLY_ALPHA } else { ALPHA };
        let watched = watch(Design { alpha, planned: PLANNED }, &matured, WEEK);
        Always { watched, alpha, planned: PLANNED, withheld: watched.p.is_none() }
    }

    fn mismatch(&self, cases: &[Case], (treated, holdout): (Counts, Counts)) -> Option<Mismatch> {
        let shares = [1.0 - self.held_out, self.held_out];
        let assigned = cases.iter().filter(|case| case.treated).count() as u64;
        let assigned = mismatch(&[assigned, cases.len() as u64 - assigned], &shares)?;
        let analysed = mismatch(&[treated.n, holdout.n], &shares);
        Some(Mismatch { held_out: self.held_out, assigned, analysed })
    }

    /// Days until the outcome or until nobody looked any more.
    fn followed(&self, cases: &[Case], treated: bool) -> Vec<Observed> {
        let seen = |case: &Case| {
            let until = (self.today - 1 - case.began).min(self.horizon).max(0);
            let after = case.happened.map(|day| day - case.began).filter(|days| *days <= until);
            (f64::from(after.unwrap_or(until)), if after.is_some() { Ended::Reached } else { Ended::Open })
        };
        cases.iter().filter(|case| case.treated == treated).map(seen).collect()
    }

    fn days_kept(&self, cases: &[Case]) -> Option<Kept> {
        if !self.question.lower_is_better {
            return None;
        }
        let horizon = f64::from(self.horizon);
        let (treated, error) = days_kept(&self.followed(cases, true), horizon)?;
        let (holdout, other) = days_kept(&self.followed(cases, false), horizon)?;
        let (diff, half) = (treated - holdout, two_sided_z(ALPHA) * error.hypot(other));
        Some(Kept { treated, holdout, diff, ci95: [diff - half, diff + half] })
    }

    fn adjusted(&self, ripe: &[&Case]) -> Option<Adjusted> {
        let mut arms = [Sample::default(); 2];
        for case in ripe {
            let Some(before) = case.before else { continue };
            arms[usize::from(case.treated)].add(f64::from(u8::from(self.hit(case))), before);
        }
        let (difference, variance_less) = cuped(&arms[1], &arms[0], ALPHA)?;
        Some(Adjusted { difference, variance_less, n: arms[0].n + arms[1].n })
    }

    fn needs(&self, cases: &[Case], (treated, holdout): (Counts, Counts)) -> Option<Needs> {
        let pooled = treated.with(holdout);
        let known = if holdout.events >= BELIEVED { holdout.rate() } else { pooled.rate() };
        let base = known.filter(|share| *share > 0.0 && *share < 1.0).unwrap_or(ASSUMED);
        let change = match self.question.lower_is_better {
            true => -self.question.mde.min(base / 2.0),
            false => self.question.mde.min((1.0 - base) / 2.0),
        };
        let first = cases.iter().map(|case| case.began).min()?;
        let length = (self.today - first).clamp(WEEK, RECENT);
        let recent = cases.iter().filter(|case| case.began > self.today - length).count();
        // Without a holdout: as if half were held out.
        let held_out = if self.held_out > 0.0 { self.held_out } else { 0.5 };
        let so_far = if self.held_out > 0.0 { cases.len() as u64 } else { 0 };
        let a_week = recent as f64 * f64::from(WEEK) / f64::from(length);
        let ratio = (1.0 - held_out) / held_out;
        needs(base, change, &Inflow { so_far, a_week, horizon_days: f64::from(self.horizon), ratio })
    }
}

fn contamination(cases: &[Case]) -> Contamination {
    let count = |treated: bool, which: fn(&Case) -> bool| {
        let mut counts = Counts::default();
        cases.iter().filter(|case| case.treated == treated).for_each(|case| counts.add(which(case)));
        counts
    };
    Contamination {
        delivered: count(true, |case| case.delivered),
        treated_by_hand: count(true, |case| case.by_hand),
        holdout_by_hand: count(false, |case| case.by_hand),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        horizon: 30,
        question: Question { lower_is_better: true, mde: 0.02 },
        held_out: 0.5,
        today: 400,
        until: Some(380),
    };

    /// `n` accounts that begin one after the other; every `k`-th is lost ten days later.
    fn arm(treated: bool, n: i32, k: i32) -> Vec<Case> {
        let case = |i: i32| {
            let began = i * 300 / n;
            let happened = (i % k == 0).then_some(began + 10);
            Case { treated, began, happened, delivered: treated && i % 2 == 0, ..Case::default() }
        };
        (0..n).map(case).collect()
    }

    fn both(k: i32, l: i32) -> Vec<Case> {
        [arm(true, 600, k), arm(false, 600, l)].concat()
    }

    #[test]
    fn a_playbook_that_helps_one_that_harms_and_one_that_does_nothing() {
        let found = effect(&both(20, 8), &TERMS);
        assert_eq!((found.verdict, found.advice), (Verdict::Helps, Advice::Scale));
        assert_eq!((found.treated.events, found.treated.n, found.holdout.events), (30, 600, 75));
        assert!(found.days_kept.unwrap().diff > 0.0 && found.log_rank.unwrap().p < 0.001);
        assert_eq!(found.contamination.delivered, Counts { n: 600, events: 300 });
        assert_eq!(effect(&both(8, 20), &TERMS).verdict, Verdict::Harms);
        let wide = Terms { question: Question { mde: 0.05, ..TERMS.question }, ..TERMS };
        assert_eq!(effect(&both(10, 10), &wide).verdict, Verdict::NoEffectLargerThanMde);
        assert_eq!(effect(&both(10, 10), &TERMS).verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn who_is_too_young_is_followed_but_not_counted() {
        let found = effect(&both(20, 8), &Terms { today: 200, until: None, ..TERMS });
        assert!(found.treated.n < 400 && found.treated.assigned == 600 && found.too_young > 400, "{found:?}");
        let on_the_day = [Case { began: 369, happened: Some(399), ..Case::default() }];
        assert_eq!(effect(&on_the_day, &TERMS).holdout.n, 1, "the whole of its last day lies behind");
        assert_eq!(effect(&on_the_day, &Terms { today: 399, ..TERMS }).holdout.n, 0);
        let late = [Case { began: 300, happened: Some(331), ..Case::default() }];
        assert_eq!(effect(&late, &TERMS).holdout.events, 0, "the 31st day is not within 30 days");
    }

    #[test]
    fn while_it_runs_the_always_valid_p_decides() {
        let running = Terms { until: None, ..TERMS };
        let found = effect(&both(20, 8), &running);
        assert!(!found.over && found.p_always_valid.is_some_and(|p| p < 0.05), "{found:?}");
        assert_eq!(found.verdict, Verdict::Helps);
        let early = effect(&both(60, 30), &Terms { today: 150, ..running });
        assert!(early.always_valid.withheld && early.p_always_valid.is_none());
        assert_eq!(early.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn arms_that_do_not_fit_the_design_are_not_compared() {
        let found = effect(&both(20, 8), &Terms { held_out: 0.1, ..TERMS });
        assert!(found.verdict == Verdict::InvalidSrm && found.srm_p.is_some_and(|p| p < 0.001));
    }

    #[test]
    fn nobody_is_no_comparison_and_no_panic() {
        let found = effect(&[], &TERMS);
        assert_eq!((found.verdict, found.diff, found.needs), (Verdict::NotEnoughData, None, None));
        let alone = effect(&arm(true, 40, 9), &Terms { held_out: 0.0, until: None, ..TERMS });
        assert_eq!((alone.verdict, alone.srm_p), (Verdict::NotEnoughData, None));
        assert!(alone.needs.is_some_and(|n| n.accounts_per_arm > 100));
    }
}
