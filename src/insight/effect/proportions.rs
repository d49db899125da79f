//! Two shares compared: difference with Newcombe's interval, pooled z, Fisher's exact test where counts are small.

use serde::{Deserialize, Serialize};

use super::dist::{two_sided_p, two_sided_z};
use crate::insight::rate::wilson_at;

/// Events needed in both arms before a ratio is told.
const RATIO_EVENTS: u64 = 10;
/// An expected count below this asks for the exact test.
const SMALL: f64 = 5.0;

/// One arm: how many, and how many of them it happened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Accounts.
    pub n: u64,
    /// Of them with the event.
    pub events: u64,
}

impl Counts {
    /// The share; none of nobody.
    pub fn rate(self) -> Option<f64> {
        (self.n > 0).then(|| self.events as f64 / self.n as f64)
    }

    /// Counts one more.
    pub fn add(&mut self, event: bool) {
        self.n += 1;
        self.events += u64::from(event);
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Counts) -> Counts {
        Counts { n: self.n + other.n, events: self.events + other.events }
    }
}

/// Share of the treated − share of the control; none where an arm is empty.
pub fn difference(treated: Counts, control: Counts) -> Option<f64> {
    Some(treated.rate()? - control.rate()?)
}

/// Newcombe's hybrid score interval of the difference at 1 − `alpha` (R. G. Newcombe, Statist. Med. 17, 1998, method 10).
pub fn newcombe(treated: Counts, control: Counts, alpha: f64) -> Option<[f64; 2]> {
    let (p, q) = (treated.rate()?, control.rate()?);
    let z = two_sided_z(alpha);
    let ([low_p, high_p], [low_q, high_q]) =
        (wilson_at(z, treated.events, treated.n), wilson_at(z, control.events, control.n));
    let low = p - q - (p - low_p).hypot(high_q - q);
    let high = p - q + (high_p - p).hypot(q - low_q);
    Some([low.max(-1.0), high.min(1.0)])
}

/// Standard error of the difference, the arms unpooled.
pub fn standard_error(treated: Counts, control: Counts) -> Option<f64> {
    let part = |c: Counts| c.rate().map(|p| p * (1.0 - p) / c.n as f64);
    Some((part(treated)? + part(control)?).sqrt())
}

/// Two-sided p of the pooled z test; none where nothing or everything happened.
pub fn pooled_z(treated: Counts, control: Counts) -> Option<f64> {
    let pooled = treated.with(control).rate()?;
    let variance = pooled * (1.0 - pooled) * (1.0 / treated.n as f64 + 1.0 / control.n as f64);
    let z = difference(treated, control)? / variance.sqrt();
    (variance > 0.0).then(|| two_sided_p(z))
}

/// Two-sided p of Fisher's exact test: the tables at most as likely as this one.
pub fn fisher(treated: Counts, control: Counts) -> f64 {
    let (n, m, k) = (treated.n, control.n, treated.events + control.events);
    let (low, high) = (k.saturating_sub(m), k.min(n));
    // Ratio of neighbouring tables' likelihoods: x + 1 events among the treated against x.
    let up = |x: u64| ((k - x) as f64 * (n - x) as f64) / ((x + 1) as f64 * (m + x + 1 - k) as f64);
    let seen = treated.events.clamp(low, high);
    // Relative to the table seen; far away they fall below anything that counts.
    let (mut inside, mut all, mut weight) = (1.0, 1.0, 1.0);
    let mut count = |weight: f64| {
        all += weight;
        inside += if weight <= 1.0 + 1e-7 { weight } else { 0.0 };
    };
    for x in seen..high {
        weight *= up(x);
        count(weight);
    }
    weight = 1.0;
    for x in (low..seen).rev() {
        weight /= up(x);
        count(weight);
    }
    if all.is_finite() { inside / all } else { 0.0 }
}

/// The p that fits the counts, and by which test: `fisher_exact` where an expected count is below 5, else `pooled_z`.
pub fn test(treated: Counts, control: Counts) -> Option<(f64, &'static str)> {
    let pooled = treated.with(control).rate()?;
    let smaller = treated.n.min(control.n) as f64;
    if smaller == 0.0 {
        return None;
    }
    match pooled_z(treated, control).filter(|_| smaller * pooled.min(1.0 - pooled) >= SMALL) {
        Some(p) => Some((p, "pooled_z")),
        None => Some((fisher(treated, control), "fisher_exact")),
    }
}

/// The ratio of the shares with its log interval at 1 − `alpha`; none below ten events an arm, where it misleads.
pub fn ratio(treated: Counts, control: Counts, alpha: f64) -> Option<(f64, [f64; 2])> {
    if treated.events.min(control.events) < RATIO_EVENTS {
        return None;
    }
    let ratio = treated.rate()? / control.rate()?;
    let part = |c: Counts| 1.0 / c.events as f64 - 1.0 / c.n as f64;
    let half = two_sided_z(alpha) * (part(treated) + part(control)).sqrt();
    Some((ratio, [ratio * (-half).exp(), ratio * half.exp()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(events: u64, n: u64) -> Counts {
        Counts { n, events }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// statsmodels 0.15 and scipy 1.17.
    #[test]
    fn a_data_set_that_looks_significant_and_is_not() {
        let (t, c) = (counts(12, 200), counts(22, 190));
        assert!(near(difference(t, c).unwrap(), -0.055_789_473_684_210_5));
        let [low, high] = newcombe(t, c, 0.05).unwrap();
        assert!(near(low, -0.114_807_221_406_940) && near(high, 0.000_845_402_760_462), "{low} {high}");
        assert!(near(pooled_z(t, c).unwrap(), 0.050_921_079_444_553));
        assert!(near(fisher(t, c), 0.071_325_433_710_446));
        let (_, [low, high]) = ratio(t, c, 0.05).unwrap();
        assert!(near(low, 0.263_897_602_687_530) && near(high, 1.017_487_063_011_14), "{low} {high}");
        assert!(near(standard_error(t, c).unwrap(), 0.028_650_550_786_305_2));
        assert_eq!(test(t, c).unwrap().1, "pooled_z");
    }

    #[test]
    fn small_counts_are_tested_exactly_and_have_no_ratio() {
        let (t, c) = (counts(0, 50), counts(4, 50));
        let [low, high] = newcombe(t, c, 0.05).unwrap();
        assert!(near(low, -0.188_382_469_183_429) && near(high, 0.006_243_431_559_429), "{low} {high}");
        assert_eq!((test(t, c).unwrap().1, ratio(t, c, 0.05)), ("fisher_exact", None));
    }

    /// What is worse by how much at most: statsmodels' Newcombe at 90 %.
    #[test]
    fn a_one_sided_limit_is_the_end_of_the_90_percent_interval() {
        let [low, high] = newcombe(counts(9, 1000), counts(4, 500), 0.1).unwrap();
        assert!(near(low, -0.009_401_422_765_820) && near(high, 0.008_773_740_920_872), "{low} {high}");
    }

    #[test]
    fn random_tables_agree_with_the_reference_implementations() {
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/effect/proportions.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let int = |i: usize| cell[i].parse::<u64>().unwrap();
            let float = |i: usize| cell[i].parse::<f64>().ok();
            let (t, c) = (counts(int(0), int(1)), counts(int(2), int(3)));
            for (alpha, at) in [(0.05, 4), (0.1, 6)] {
                let [low, high] = newcombe(t, c, alpha).unwrap();
                assert!(near(low, float(at).unwrap()) && near(high, float(at + 1).unwrap()), "{line}: {low} {high}");
            }
            match float(8) {
                Some(p) => assert!(near(pooled_z(t, c).unwrap(), p), "{line}"),
                None => assert_eq!(pooled_z(t, c), None, "{line}"),
            }
            assert!(near(fisher(t, c), float(9).unwrap()), "{line}: {}", fisher(t, c));
            if let Some((_, [low, high])) = ratio(t, c, 0.05) {
                assert!(near(low, float(10).unwrap()) && near(high, float(11).unwrap()), "{line}: {low} {high}");
            }
            rows += 1;
        }
        assert_eq!(rows, 66);
    }

    #[test]
    fn an_empty_arm_has_no_difference() {
        let (t, c) = (counts(1, 2), counts(0, 0));
        assert_eq!((difference(t, c), newcombe(t, c, 0.05), test(t, c), pooled_z(t, c)), (None, None, None, None));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_estimate_and_stays_within_one(n in 1u64..5000, m in 1u64..5000, a in 0.0..=1.0, b in 0.0..=1.0) {
            let of = |n: u64, share: f64| counts((n as f64 * share).floor() as u64, n);
            let (t, c) = (of(n, a), of(m, b));
            let ([low, high], d) = (newcombe(t, c, 0.05).unwrap(), difference(t, c).unwrap());
            prop_assert!(-1.0 <= low && low <= d + 1e-12 && d <= high + 1e-12 && high <= 1.0);
            let p = fisher(t, c);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&p), "{p}");
            prop_assert!((p - fisher(c, t)).abs() < 1e-9, "{p} {}", fisher(c, t));
        }
    }
}
