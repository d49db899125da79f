//! Looking every week without fooling oneself: an asymptotic confidence sequence for the difference of two shares.
//!
//! I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, *Time-uniform central limit theory and asymptotic
//! confidence sequences* (Ann. Statist. 52, 2024). Its p is valid at whatever moment one stops, and never rises.

use serde::Serialize;

use super::proportions::{Counts, difference, standard_error};

/// Events in both arms below which the sequence says nothing: it is asymptotic.
pub const LEAST_EVENTS: u64 = 25;

/// How a sequence is set up, before anything is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// Error over all looks together.
    pub alpha: f64,
    /// Accounts of both arms at which it is to be tightest.
    pub planned: f64,
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Look {
    /// Interval of the difference that holds at all looks at once.
    pub ci: [f64; 2],
    /// p of this look alone.
    pub p: f64,
}

/// What all looks so far say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Watched {
    /// Looks taken (with enough events to say anything).
    pub looks: u64,
    /// The newest interval; none below 25 events.
    pub ci: Option<[f64; 2]>,
    /// The smallest p of all looks; none below 25 events.
    pub p: Option<f64>,
    /// The difference at the look with that p.
    pub then: Option<f64>,
}

/// One account whose outcome is known: the day it became so, whether it was treated, and whether the event happened.
pub type Matured = (i32, bool, bool);

/// What looks `every` days say of those whose outcome was known by then: the first on the first such day, the last on
/// the first one that sees everybody.
pub fn watch(design: Design, matured: &[Matured], every: i32) -> Watched {
    let mut sorted = matured.to_vec();
    sorted.sort_unstable();
    let (mut arms, mut all) = ([Counts::default(); 2], Watched::default());
    let mut rest = sorted.as_slice();
    let Some(first) = rest.first().map(|m| m.0) else { return all };
    let every = every.max(1);
    while let Some((day, ..)) = rest.first() {
        // Weeks in which nothing is new would say what the last one said.
        let weeks = day.saturating_sub(first).saturating_add(every - 1) / every;
        let look_on = first.saturating_add(weeks.saturating_mul(every));
        let (now, later) = rest.split_at(rest.partition_point(|m| m.0 <= look_on.max(*day)));
        now.iter().for_each(|(_, treated, event)| arms[usize::from(*treated)].add(*event));
        rest = later;
        all.see(design.look(arms[1], arms[0]), difference(arms[1], arms[0]));
    }
    all
}

impl Watched {
    fn see(&mut self, look: Option<Look>, difference: Option<f64>) {
        let Some(look) = look else { return };
        self.looks += 1;
        self.ci = Some(look.ci);
        if self.p.is_none_or(|p| look.p < p) {
            (self.p, self.then) = (Some(look.p), difference);
        }
    }
}

impl Design {
    /// The interval and p of these counts; none below 25 events (or 25 without) or without any spread.
    pub fn look(&self, treated: Counts, control: Counts) -> Option<Look> {
        let events = treated.events + control.events;
        let quiet = (treated.n + control.n).saturating_sub(events);
        let (d, se) = (difference(treated, control)?, standard_error(treated, control)?);
        let enough = events >= LEAST_EVENTS && quiet >= LEAST_EVENTS && se > 0.0;
        enough.then(|| self.at(d, se, (treated.n + control.n) as f64))
    }

    /// The same from a difference, its standard error and the number of accounts.
    pub fn at(&self, d: f64, se: f64, n: f64) -> Look {
        let rho2 = self.rho2();
        let grown = n * rho2 + 1.0;
        let half = se * self.reach(n);
        let s = d * d * n / (se * se);
        // In logarithms: the exponential of a large effect is 0, not 0 × ∞.
        let p = (0.5 * grown.ln() - rho2 * s / (2.0 * grown)).exp().min(1.0);
        Look { ci: [d - half, d + half], p }
    }

    /// Half the width of the interval at `n` accounts, in standard errors.
    pub fn reach(&self, n: f64) -> f64 {
        let grown = n * self.rho2() + 1.0;
        (2.0 * grown / (n * self.rho2()) * (grown.sqrt() / self.alpha).ln()).sqrt()
    }

    fn rho2(&self) -> f64 {
        let log = -2.0 * self.alpha.ln();
        (log + (log + 1.0).ln()) / self.planned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const D: (Counts, Counts) = (Counts { n: 200, events: 12 }, Counts { n: 190, events: 22 });
    const DESIGN: Design = Design { alpha: 0.05, planned: 400.0 };

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// gbstats 0.8.0, SequentialTwoSidedTTest with N* = 400.
    #[test]
    fn a_look_is_growthbooks_confidence_sequence() {
        let look = DESIGN.look(D.0, D.1).unwrap();
        assert!(near(look.p, 0.551_524_452_990_186), "{look:?}");
        assert!(near(look.ci[0], -0.142_754_978_681_392) && near(look.ci[1], 0.031_176_031_312_970_5), "{look:?}");
    }

    /// Johari, Koomen, Pekelis and Walsh's mSPRT with tau² = N·rho²·V is the same p.
    #[test]
    fn the_mixture_test_says_the_same() {
        let (d, se) = (difference(D.0, D.1).unwrap(), standard_error(D.0, D.1).unwrap());
        let v = se * se;
        let tau2 = 390.0 * DESIGN.rho2() * v;
        let ratio = (v / (v + tau2)).sqrt() * (tau2 * d * d / (2.0 * v * (v + tau2))).exp();
        assert!(near((1.0 / ratio).min(1.0), DESIGN.look(D.0, D.1).unwrap().p));
    }

    #[test]
    fn few_events_say_nothing() {
        assert_eq!(DESIGN.look(Counts { n: 300, events: 0 }, Counts { n: 300, events: 24 }), None);
        assert!(DESIGN.look(Counts { n: 300, events: 1 }, Counts { n: 300, events: 24 }).is_some());
        assert_eq!(watch(DESIGN, &[], 7), Watched::default());
    }

    #[test]
    fn each_week_is_one_look_and_an_empty_week_none() {
        let account = |i: i32| (i / 4, i % 2 == 0, i % 3 == 0);
        let all: Vec<Matured> = (0..400).map(account).collect();
        // 25 events are there on day 18; looks on days 21, 28 … 98 and the last one, 105.
        assert_eq!(watch(DESIGN, &all, 7).looks, 13);
        let mut gap = all.clone();
        gap.extend([(5_000, true, false), (i32::MAX, true, false), (i32::MIN, true, false)]);
        assert!(watch(DESIGN, &gap, 7).looks > 0);
    }

    proptest! {
        #[test]
        fn the_p_never_rises(accounts in proptest::collection::vec((0i32..200, any::<bool>(), any::<bool>()), 0..400)) {
            let mut last = 1.0;
            for day in 0..40 {
                let seen: Vec<Matured> = accounts.iter().copied().filter(|a| a.0 <= day * 5).collect();
                let p = watch(DESIGN, &seen, 1).p.unwrap_or(1.0);
                prop_assert!(p <= last + 1e-12, "{p} after {last}");
                last = p;
            }
        }
    }
}
