//! The comparison of two arms.

use super::{
    dist::two_sided_z,
    log_rank::{days_kept, log_rank},
    means::{Sample, cuped},
    planner,
    power::ALPHA,
    proportions::{Counts, difference, newcombe, ratio, test},
    report::{Adjusted, Always, Arm, Case, Contamination, Effect, Kept, Mismatch, Terms},
    sequence::{Design, Matured, watch},
    srm::mismatch,
    verdict::{Basis, Verdict, judge},
};
use crate::insight::survival::{Ended, Observed};

/// Accounts of both arms at which the confidence sequence is tightest. Fixed beforehand, so that no data choose it.
pub const PLANNED: f64 = 1_000.0;
/// Where the end was declared, looks before it may spend so much of the error, and the end the rest.
pub const EARLY_ALPHA: f64 = 0.01;
/// Days between two looks: with longer ones the last look would see a part of its days only, and p could rise again.
const EVERY: i32 = 1;

/// Compares the two arms of `all`. After a declared end the answer stays what it was on that day.
pub fn effect(all: &[Case], terms: &Terms) -> Effect {
    let over = terms.until.is_some_and(|until| until <= terms.today);
    let (known, ref terms) = known(all, terms);
    let cases = known.as_slice();
    let ripe: Vec<&Case> = cases.iter().filter(|case| terms.is_ripe(case)).collect();
    let [holdout, treated] = [false, true].map(|arm| terms.count(&ripe, arm));
    let always = terms.always(&ripe);
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
        advice: verdict.advice(over),
        over,
        p_verdict: on_which(always, tested.map(|t| t.0).filter(|_| over)),
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
        needs: planner::needed(cases, terms, (treated, holdout)),
        log_rank: log_rank(&terms.followed(cases, true), &terms.followed(cases, false)),
        days_kept: terms.days_kept(cases),
        cuped: terms.adjusted(&ripe),
        contamination: contamination(cases),
        too_young: (cases.len() - ripe.len()) as u64,
    }
}

/// Who and how much of the time is compared: nothing that became known on the declared end or later.
pub(super) fn known(all: &[Case], terms: &Terms) -> (Vec<Case>, Terms) {
    let inside = |case: &&Case| terms.until.is_none_or(|until| case.began < until);
    let today = terms.until.map_or(terms.today, |until| until.min(terms.today));
    (all.iter().filter(inside).copied().collect(), Terms { today, ..*terms })
}

/// One p at 5 % from the looks and the end, each with its part of the error.
fn on_which(always: Always, end: Option<f64>) -> Option<f64> {
    let early = always.watched.p.map(|p| p / (always.alpha / ALPHA));
    let end = end.map(|p| p / ((ALPHA - EARLY_ALPHA) / ALPHA));
    early.into_iter().chain(end).reduce(f64::min).map(|p| p.min(1.0))
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

    fn always(&self, ripe: &[&Case]) -> Always {
        let known = |case: &&Case| (case.began.saturating_add(self.horizon), case.treated, self.hit(case));
        let matured: Vec<Matured> = ripe.iter().map(known).collect();
        let design = self.design();
        let watched = watch(design, &matured, EVERY);
        Always { watched, alpha: design.alpha, planned: PLANNED, withheld: watched.p.is_none() }
    }

    /// How the sequence is set up.
    pub(super) fn design(&self) -> Design {
        Design { alpha: if self.until.is_some() { EARLY_ALPHA } else { ALPHA }, planned: PLANNED }
    }

    fn mismatch(&self, cases: &[Case], (treated, holdout): (Counts, Counts)) -> Option<Mismatch> {
        let shares = [1.0 - self.held_out, self.held_out];
        let assigned = cases.iter().filter(|case| case.treated).count() as u64;
        let assigned = mismatch(&[assigned, cases.len() as u64 - assigned], &shares)?;
        let analysed = mismatch(&[treated.n, holdout.n], &shares);
        Some(Mismatch { held_out: self.held_out, assigned, analysed })
    }

    /// Days until the outcome or until nobody looked any more.
    pub(super) fn followed(&self, cases: &[Case], treated: bool) -> Vec<Observed> {
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
    use super::{
        super::verdict::{Advice, Question},
        *,
    };

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
        let running = Terms { until: None, ..TERMS };
        assert_eq!(effect(&on_the_day, &running).holdout.n, 1, "the whole of its last day lies behind");
        assert_eq!(effect(&on_the_day, &Terms { today: 399, ..running }).holdout.n, 0);
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

    /// What a declared end found does not change afterwards: no look more, at no error of its own.
    #[test]
    fn a_declared_end_is_one_look_and_not_one_every_day_for_ever() {
        let at = |today: i32| {
            let found = effect(&both(16, 10), &Terms { today, until: Some(250), ..TERMS });
            (found.verdict, found.p_verdict, found.treated.n, found.needs.map(|n| n.holdout), found.over)
        };
        let (end, later) = (at(250), at(340));
        assert_eq!(end, later);
        assert!(at(249).2 < end.2 && !at(249).4, "the day before it was not over: {:?}", at(249));
        let unclear = effect(&both(60, 50), &Terms { until: Some(250), ..TERMS });
        assert_eq!((unclear.verdict, unclear.advice), (Verdict::NotEnoughData, Advice::Renew));
    }

    #[test]
    fn the_p_of_the_verdict_is_below_5_percent_where_the_verdict_says_so() {
        for (today, until) in [(400, Some(380)), (300, Some(380)), (400, None), (200, None)] {
            for (k, l) in [(20, 8), (8, 20), (10, 10), (16, 10), (14, 10)] {
                let found = effect(&both(k, l), &Terms { today, until, ..TERMS });
                let clear = matches!(found.verdict, Verdict::Helps | Verdict::Harms);
                assert_eq!(found.p_verdict.is_some_and(|p| p < ALPHA), clear, "{k} {l} {today}: {found:?}");
            }
        }
    }

    #[test]
    fn once_enough_are_known_no_weeks_are_needed() {
        let question = Question { mde: 0.2, ..TERMS.question };
        let needs = effect(&both(4, 4), &Terms { question, until: None, ..TERMS }).needs.unwrap();
        assert_eq!((needs.change, needs.weeks), (0.125, Some(0)), "half of a quarter is the most that can be less");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(40))]

        /// Day by day, as the product asks: a p that is valid at every look never rises.
        #[test]
        fn the_p_never_rises_from_one_day_to_the_next(
            cases in proptest::collection::vec((0i32..120, proptest::option::of(0i32..40), proptest::bool::ANY), 0..300),
        ) {
            let case = |(began, after, treated): (i32, Option<i32>, bool)| {
                Case { treated, began, happened: after.map(|days| began + days), ..Case::default() }
            };
            let cases: Vec<Case> = cases.into_iter().map(case).collect();
            let mut last = 1.0;
            for today in 30..160 {
                let p = effect(&cases, &Terms { today, until: None, ..TERMS }).p_always_valid.unwrap_or(1.0);
                proptest::prop_assert!(p <= last + 1e-12, "{} after {} on day {}", p, last, today);
                last = p;
            }
        }
    }
}
