//! How many accounts, how many weeks: what it takes to see a difference of two shares.

use serde::Serialize;

use super::{
    dist::{normal_cdf, normal_quantile, two_sided_z},
    sequence::{Design, LEAST_EVENTS},
};

/// Error of the first kind, two-sided.
pub const ALPHA: f64 = 0.05;
/// How often the difference is to be found.
pub const POWER: f64 = 0.8;

/// What a test still needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Needs {
    /// The difference this finds: the smallest worth finding, at most half of the share there is.
    pub change: f64,
    /// Accounts in each arm, if both were the same size.
    pub accounts_per_arm: u64,
    /// Held-out accounts at the split there is.
    pub holdout: u64,
    /// Treated accounts at it.
    pub treated: u64,
    /// Weeks from now until so many have been followed to the end, at the rate they come in; none when nobody does.
    pub weeks: Option<u64>,
    /// Whether that is before the declared end; none without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_end: Option<bool>,
}

/// How accounts come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Inflow {
    /// In how many days each account there is will be followed to its end, both arms, the soonest first.
    pub known_in: Vec<f64>,
    /// New ones a week.
    pub a_week: f64,
    /// Days until a new account's outcome is known.
    pub horizon_days: f64,
    /// Treated for one held out.
    pub ratio: f64,
}

/// What the verdict goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// One test at this error.
    Once(f64),
    /// A sequence that is looked at again and again: it takes more.
    Always(Design),
}

/// What it takes to tell `base` from `base + change`; none where one is no share or there is no difference.
pub fn needs(base: f64, change: f64, rule: &Rule, inflow: &Inflow) -> Option<Needs> {
    let even = rule.size(base + change, base, 1.0)?;
    let holdout = rule.size(base + change, base, inflow.ratio)?;
    let treated = holdout * inflow.ratio;
    // A thousand years and any longer time say the same.
    let weeks = inflow.weeks(holdout + treated).map(|w| w.min(52_000.0).ceil() as u64);
    let change = change.abs();
    Some(Needs {
        change,
        accounts_per_arm: whole(even),
        holdout: whole(holdout),
        treated: whole(treated),
        weeks,
        by_end: None,
    })
}

impl Inflow {
    /// Until `wanted` accounts have been followed to their end.
    fn weeks(&self, wanted: f64) -> Option<f64> {
        let there = self.known_in.get((wanted.ceil() as usize).saturating_sub(1));
        let missing = wanted - self.known_in.len() as f64;
        let coming = || (self.a_week > 0.0).then(|| missing / self.a_week + self.horizon_days / 7.0);
        there.map(|days| days / 7.0).or_else(coming)
    }
}

impl Rule {
    /// Size of the smaller arm (share `q`) where the other (share `p`) is `ratio` times as large.
    fn size(&self, p: f64, q: f64, ratio: f64) -> Option<f64> {
        match self {
            Rule::Once(alpha) => unpooled_at(*alpha, p, q, ratio),
            Rule::Always(design) => watched(*design, p, q, ratio),
        }
    }
}

/// The size at which a look of the sequence finds the difference 80 times of 100. Looks before may have found it.
fn watched(design: Design, p: f64, q: f64, ratio: f64) -> Option<f64> {
    let variance = p * (1.0 - p) / ratio + q * (1.0 - q);
    let (n, z) = (|size: f64| size * (1.0 + ratio), normal_quantile(POWER));
    let events = |size: f64| size * (ratio * p + q);
    let enough = |size: f64| {
        let shift = (p - q).abs() * (size / variance).sqrt();
        shift - design.reach(n(size)) >= z && events(size) >= LEAST_EVENTS as f64
    };
    (sensible(p, q, ratio) && variance > 0.0).then(|| first_where(enough))
}

/// The smallest number from which `enough` holds.
fn first_where(enough: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while !enough(high) && high < 1e15 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// The same at 5 %, in one test.
pub fn unpooled(p: f64, q: f64, ratio: f64) -> Option<f64> {
    unpooled_at(ALPHA, p, q, ratio)
}

/// Size of the smaller arm (share `q`) where the other (share `p`) is `ratio` times as large; unpooled variances.
fn unpooled_at(alpha: f64, p: f64, q: f64, ratio: f64) -> Option<f64> {
    let z = two_sided_z(alpha) + normal_quantile(POWER);
    let size = z * z * (p * (1.0 - p) / ratio + q * (1.0 - q)) / ((p - q) * (p - q));
    sensible(p, q, ratio).then_some(size)
}

/// The same by Fleiss's formula with a pooled variance, arms of one size.
pub fn fleiss(p: f64, q: f64) -> Option<f64> {
    let middle = (p + q) / 2.0;
    let (none, some) = ((2.0 * middle * (1.0 - middle)).sqrt(), (p * (1.0 - p) + q * (1.0 - q)).sqrt());
    let size = ((two_sided_z(ALPHA) * none + normal_quantile(POWER) * some) / (p - q)).powi(2);
    sensible(p, q, 1.0).then_some(size)
}

/// The same by Cohen's arcsine effect size, as statsmodels' `NormalIndPower` solves it.
pub fn arcsine(p: f64, q: f64, ratio: f64) -> Option<f64> {
    if !sensible(p, q, ratio) {
        return None;
    }
    let effect = (2.0 * (p.sqrt().asin() - q.sqrt().asin())).abs();
    let found = |n: f64| reached(effect * (n * ratio / (1.0 + ratio)).sqrt());
    Some(first_where(|n| found(n) >= POWER))
}

/// How often the pooled test finds `p` among `n` accounts against `q` among `m`.
pub fn power(p: f64, n: f64, q: f64, m: f64) -> Option<f64> {
    let pooled = (p * n + q * m) / (n + m);
    let none = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let some = (p * (1.0 - p) / n + q * (1.0 - q) / m).sqrt();
    let (crit, d) = (two_sided_z(ALPHA) * none, (p - q).abs());
    (sensible(p, q, n / m) && n > 0.0).then(|| normal_cdf((d - crit) / some) + normal_cdf((-d - crit) / some))
}

fn reached(shift: f64) -> f64 {
    let crit = two_sided_z(ALPHA);
    normal_cdf(shift - crit) + normal_cdf(-shift - crit)
}

fn sensible(p: f64, q: f64, ratio: f64) -> bool {
    let share = |x: f64| (0.0..=1.0).contains(&x);
    share(p) && share(q) && p != q && ratio > 0.0 && ratio.is_finite()
}

fn whole(size: f64) -> u64 {
    size.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        ((a - b) / b).abs() < 1e-9
    }

    /// statsmodels 0.15: five percent against three.
    #[test]
    fn a_churn_of_five_percent_brought_to_three_takes_1500_accounts_an_arm() {
        assert!(near(unpooled(0.03, 0.05, 1.0).unwrap(), 1_503.060_469_127_85));
        assert!(near(fleiss(0.03, 0.05).unwrap(), 1_505.805_434_529_09));
        assert!(near(unpooled(0.5, 0.4, 1.0).unwrap(), 384.595_106_983_105));
        assert!(near(arcsine(0.05, 0.03, 1.0).unwrap(), 1_483.668_550_775_76));
        assert!(near(arcsine(0.05, 0.03, 9.0).unwrap(), 824.260_306_049_658));
        assert!(near(power(0.03, 200.0, 0.05, 200.0).unwrap(), 0.174_883_284_901_802), "200 an arm find it rarely");
    }

    #[test]
    fn sizes_and_power_agree_with_statsmodels() {
        for line in include_str!("../../../tests/data/numbers/effect/planner.csv").lines().skip(1) {
            let cell: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            let (p, q, ratio) = (cell[0], cell[1], cell[2]);
            // statsmodels solves it step by step.
            assert!((arcsine(p, q, ratio).unwrap() / cell[3] - 1.0).abs() < 1e-6, "{line}");
            assert!(near(unpooled(p, q, ratio).unwrap(), cell[4]), "{line}");
            assert!(near(power(p, 300.0, q, 300.0).unwrap(), cell[5]), "{line}: {:?}", power(p, 300.0, q, 300.0));
        }
    }

    const ONCE: Rule = Rule::Once(ALPHA);

    fn inflow(so_far: usize, a_week: f64) -> Inflow {
        // One of them a week from now, the next a week later, and so on.
        let known_in = (1..=so_far).map(|i| 7.0 * i as f64).collect();
        Inflow { known_in, a_week, horizon_days: 70.0, ratio: 1.0 }
    }

    #[test]
    fn weeks_count_from_now_to_the_last_outcome() {
        let found = needs(0.05, -0.02, &ONCE, &inflow(400, 20.0)).unwrap();
        assert_eq!((found.accounts_per_arm, found.holdout, found.treated), (1504, 1504, 1504));
        assert_eq!(found.weeks, Some(141), "(3006.1 - 400) / 20 weeks until all are in, ten until they are followed");
        assert_eq!(needs(0.05, -0.02, &ONCE, &inflow(400, 0.0)).unwrap().weeks, None);
    }

    #[test]
    fn weeks_reach_nothing_once_enough_have_been_followed() {
        assert_eq!(
            needs(0.05, -0.02, &ONCE, &inflow(4_000, 20.0)).unwrap().weeks,
            Some(3_007),
            "the 3007th is known then"
        );
        let all = Inflow { known_in: vec![0.0; 3_007], ..inflow(0, 20.0) };
        assert_eq!(needs(0.05, -0.02, &ONCE, &all).unwrap().weeks, Some(0));
    }

    #[test]
    fn looking_all_the_time_takes_more_than_one_test_and_a_stricter_error_too() {
        let size = |rule: Rule| needs(0.05, -0.02, &rule, &inflow(0, 1.0)).unwrap().accounts_per_arm;
        let always = size(Rule::Always(Design { alpha: 0.05, planned: 1_000.0 }));
        assert!(size(Rule::Once(0.04)) > 1504 && (2_000..3_500).contains(&always), "{always}");
        // A difference so large that a handful shows it still takes 25 events.
        let large = needs(0.1, 0.8, &Rule::Always(Design { alpha: 0.05, planned: 1_000.0 }), &inflow(0, 1.0)).unwrap();
        assert!(large.accounts_per_arm >= 25, "{large:?}");
    }

    #[test]
    fn what_is_no_share_cannot_be_planned() {
        let inflow = Inflow { ratio: 9.0, ..inflow(0, 1.0) };
        assert_eq!((needs(0.01, -0.02, &ONCE, &inflow), needs(0.1, 0.0, &ONCE, &inflow)), (None, None));
        assert_eq!(unpooled(0.1, 0.2, 0.0), None);
    }
}
