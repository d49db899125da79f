//! Two means compared: Welch's t, and CUPED, which takes away what was known before.

use serde::Serialize;

use super::dist::{student_p, student_t};

/// A sample, summed up as it comes (B. P. Welford, 1962), with what was known before each account began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// How many.
    pub n: u64,
    /// Mean of what came of it.
    pub mean: f64,
    /// Mean of what was before.
    pub before: f64,
    squares: f64,
    squares_before: f64,
    products: f64,
}

/// A difference of means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Treated − control.
    pub diff: f64,
    /// Its standard error.
    pub se: f64,
    /// Its interval at 1 − alpha.
    pub ci: [f64; 2],
    /// Two-sided p.
    pub p: f64,
}

impl Sample {
    /// A sample of these values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Sample {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.add(value, 0.0));
        sample
    }

    /// One more account: its outcome and its value before.
    pub fn add(&mut self, value: f64, before: f64) {
        self.n += 1;
        let n = self.n as f64;
        let (off, off_before) = (value - self.mean, before - self.before);
        self.mean += off / n;
        self.before += off_before / n;
        self.squares += off * (value - self.mean);
        self.squares_before += off_before * (before - self.before);
        self.products += off * (before - self.before);
    }

    fn over(&self, sum: f64) -> f64 {
        sum / (self.n as f64 - 1.0)
    }

    /// Both as one sample (T. F. Chan, G. H. Golub and R. J. LeVeque, 1983).
    #[must_use]
    pub fn with(&self, other: &Sample) -> Sample {
        let (n, m) = (self.n as f64, other.n as f64);
        let (d, e) = (other.mean - self.mean, other.before - self.before);
        let share = m / (n + m).max(1.0);
        let weight = n * share;
        Sample {
            n: self.n + other.n,
            mean: self.mean + d * share,
            before: self.before + e * share,
            squares: self.squares + other.squares + d * d * weight,
            squares_before: self.squares_before + other.squares_before + e * e * weight,
            products: self.products + other.products + d * e * weight,
        }
    }
}

/// Welch's t test of the means at 1 − `alpha`; none below two accounts an arm or without spread.
pub fn welch(treated: &Sample, control: &Sample, alpha: f64) -> Option<Difference> {
    let variances = (treated.over(treated.squares), control.over(control.squares));
    compare(treated.mean - control.mean, variances, (treated.n, control.n), alpha)
}

/// CUPED (A. Deng, Y. Xu, R. Kohavi and T. Walker, WSDM 2013): outcomes less theta × what was before, theta pooled over both
/// arms. With it the share of the difference's variance that this took away.
pub fn cuped(treated: &Sample, control: &Sample, alpha: f64) -> Option<(Difference, f64)> {
    let all = treated.with(control);
    if all.squares_before <= 0.0 {
        return None;
    }
    let theta = all.products / all.squares_before;
    let left = |s: &Sample| s.over(s.squares + theta * theta * s.squares_before - 2.0 * theta * s.products);
    let (mine, theirs) = (left(treated), left(control));
    let diff = treated.mean - control.mean - theta * (treated.before - control.before);
    let found = compare(diff, (mine, theirs), (treated.n, control.n), alpha)?;
    let raw = welch(treated, control, alpha)?;
    Some((found, 1.0 - (found.se / raw.se).powi(2)))
}

fn compare(diff: f64, (v, w): (f64, f64), (n, m): (u64, u64), alpha: f64) -> Option<Difference> {
    if n < 2 || m < 2 {
        return None;
    }
    let (n, m) = (n as f64, m as f64);
    let (a, b) = (v / n, w / m);
    let se = (a + b).sqrt();
    let freedom = (a + b) * (a + b) / (a * a / (n - 1.0) + b * b / (m - 1.0));
    let half = student_t(alpha, freedom) * se;
    (se > 0.0 && freedom.is_finite()).then(|| Difference {
        diff,
        se,
        ci: [diff - half, diff + half],
        p: student_p(diff / se, freedom),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// gbstats 0.8.0, TwoSidedTTest of two shares.
    #[test]
    fn shares_as_means_give_growthbooks_test() {
        let share = |k: f64, n: f64| {
            let p = k / n;
            Sample { n: n as u64, mean: p, squares: p * (1.0 - p) * (n - 1.0), ..Sample::default() }
        };
        let found = welch(&share(12.0, 200.0), &share(22.0, 190.0), 0.05).unwrap();
        assert!(near(found.diff, -0.055_789_473_684_210_5) && near(found.p, 0.052_310_013_124_309_7), "{found:?}");
        assert!(near(found.ci[0], -0.112_139_469_837_340) && near(found.ci[1], 0.000_560_522_468_919), "{found:?}");
    }

    #[test]
    fn random_samples_agree_with_scipy() {
        for line in include_str!("../../../tests/data/numbers/effect/welch.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let sample = |i: usize| Sample::of(cell[i].split(' ').map(|v| v.parse().unwrap()));
            let (found, wanted) = (welch(&sample(0), &sample(1), 0.05).unwrap(), |i: usize| cell[i].parse::<f64>());
            assert!(near(found.p, wanted(2).unwrap()), "{found:?}");
            let (low, high) = (wanted(3).unwrap(), wanted(4).unwrap());
            assert!(near(found.ci[0], low) && near(found.ci[1], high), "{found:?} {low} {high}");
        }
    }

    /// numpy and gbstats 0.8.0 over 300 accounts.
    #[test]
    fn what_was_known_before_takes_most_of_the_noise_away() {
        let mut arms = [Sample::default(); 2];
        for line in include_str!("../../../tests/data/numbers/effect/cuped.csv").lines().skip(1) {
            let cell: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            arms[cell[1] as usize].add(cell[2], cell[0]);
        }
        let raw = welch(&arms[1], &arms[0], 0.05).unwrap();
        assert!(near(raw.diff, 2.260_984_590_067_53) && near(raw.se, 0.751_996_241_467_64), "{raw:?}");
        let (found, less) = cuped(&arms[1], &arms[0], 0.05).unwrap();
        assert!(near(found.diff, 2.123_016_304_897_59) && near(found.se, 0.336_228_548_570_57), "{found:?}");
        assert!(near(found.ci[0], 1.461_160_453_420_7) && near(found.ci[1], 2.784_872_156_374_48), "{found:?}");
        assert!((found.p / 1.061_104_315_5e-9 - 1.0).abs() < 1e-6, "{found:?}");
        assert!((0.75..0.85).contains(&less), "{less}");
        let pooled = arms[0].with(&arms[1]);
        assert!(near(pooled.products / pooled.squares_before, 0.765_427_519_024_896));
    }

    #[test]
    fn without_spread_there_is_no_test() {
        assert_eq!(welch(&Sample::of([1.0, 1.0]), &Sample::of([1.0, 1.0]), 0.05), None);
        assert_eq!(welch(&Sample::of([1.0]), &Sample::of([1.0, 2.0]), 0.05), None);
        assert_eq!(cuped(&Sample::of([1.0, 2.0]), &Sample::of([1.0, 3.0]), 0.05), None);
    }
}
