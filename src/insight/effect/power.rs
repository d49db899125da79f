//! How many accounts, how many weeks: what it takes to see a difference of two shares.

use serde::Serialize;

use super::dist::{normal_cdf, normal_quantile, two_sided_z};

/// Error of the first kind, two-sided.
pub const ALPHA: f64 = 0.05;
/// How often the difference is to be found.
pub const POWER: f64 = 0.8;

/// What a test still needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Accounts in each arm, if both were the same size.
    pub accounts_per_arm: u64,
    /// Held-out accounts at the split there is.
    pub holdout: u64,
    /// Treated accounts at it.
    pub treated: u64,
    /// Weeks from now until so many have been followed to the end, at the rate they come in; none when nobody does.
    pub weeks: Option<u64>,
}

/// How accounts come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inflow {
    /// Accounts so far, both arms.
    pub so_far: u64,
    /// New ones a week.
    pub a_week: f64,
    /// Days until an account's outcome is known.
    pub horizon_days: f64,
    /// Treated for one held out.
    pub ratio: f64,
}

/// What it takes to tell `base` from `base + change`; none where one is no share or there is no difference.
pub fn needs(base: f64, change: f64, inflow: &Inflow) -> Option<Needs> {
    let even = unpooled(base + change, base, 1.0)?;
    let holdout = unpooled(base + change, base, inflow.ratio)?;
    let treated = holdout * inflow.ratio;
    let missing = (holdout + treated - inflow.so_far as f64).max(0.0);
    let weeks = (inflow.a_week > 0.0).then(|| missing / inflow.a_week + inflow.horizon_days / 7.0);
    // A thousand years and no number say the same.
    let weeks = weeks.filter(|w| *w < 52_000.0).map(|w| w.ceil() as u64);
    Some(Needs { accounts_per_arm: whole(even), holdout: whole(holdout), treated: whole(treated), weeks })
}

/// Size of the smaller arm (share `q`) where the other (share `p`) is `ratio` times as large; unpooled variances.
pub fn unpooled(p: f64, q: f64, ratio: f64) -> Option<f64> {
    let z = two_sided_z(ALPHA) + normal_quantile(POWER);
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
    let (mut low, mut high) = (0.0, 1.0);
    while found(high) < POWER && high < 1e15 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if found(middle) < POWER { low = middle } else { high = middle }
    }
    Some(high)
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

    #[test]
    fn weeks_count_from_now_to_the_last_outcome() {
        let inflow = Inflow { so_far: 400, a_week: 20.0, horizon_days: 70.0, ratio: 1.0 };
        let found = needs(0.05, -0.02, &inflow).unwrap();
        assert_eq!((found.accounts_per_arm, found.holdout, found.treated), (1504, 1504, 1504));
        assert_eq!(found.weeks, Some(141), "(3006.1 - 400) / 20 weeks until all are in, ten until they are followed");
        assert_eq!(needs(0.05, -0.02, &Inflow { a_week: 0.0, ..inflow }).unwrap().weeks, None);
    }

    #[test]
    fn what_is_no_share_cannot_be_planned() {
        let inflow = Inflow { so_far: 0, a_week: 1.0, horizon_days: 1.0, ratio: 9.0 };
        assert_eq!((needs(0.01, -0.02, &inflow), needs(0.1, 0.0, &inflow)), (None, None));
        assert_eq!(unpooled(0.1, 0.2, 0.0), None);
    }
}
