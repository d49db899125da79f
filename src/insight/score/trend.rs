//! Does churn rise from band to band? The test of Cochran and Armitage.

use serde::Serialize;

use crate::insight::effect::{dist::two_sided_p, proportions::Counts};

/// A trend over ordered groups.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Positive: the share rises from the first group to the last.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
}

/// The linear trend of shares over groups scored 0, 1, 2 … (W. G. Cochran, Biometrics 10, 1954; P. Armitage, Biometrics
/// 11, 1955), its variance that of all tables with these margins (over n − 1). None where only one group has anybody, or nothing or everything happened.
pub fn cochran_armitage(groups: &[Counts]) -> Option<Trend> {
    let all = groups.iter().fold(Counts::default(), |sum, group| sum.with(*group));
    let (n, rate) = (all.n as f64, all.rate()?);
    let scored = || groups.iter().enumerate().map(|(score, group)| (score as f64, group));
    let mean = scored().map(|(score, group)| score * group.n as f64).sum::<f64>() / n;
    let rise: f64 = scored().map(|(score, group)| (score - mean) * group.events as f64).sum();
    let spread: f64 = scored().map(|(score, group)| (score - mean).powi(2) * group.n as f64).sum();
    let variance = rate * (1.0 - rate) * spread * n / (n - 1.0);
    (variance > 0.0).then(|| rise / variance.sqrt()).map(|z| Trend { z, p: two_sided_p(z) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(rows: &[(u64, u64)]) -> Vec<Counts> {
        rows.iter().map(|(events, n)| Counts { n: *n, events: *events }).collect()
    }

    /// statsmodels 0.15 `Table(…).test_ordinal_association`.
    #[test]
    fn churn_that_rises_from_green_to_red_is_found() {
        let found = cochran_armitage(&groups(&[(5, 200), (18, 150), (25, 100)])).unwrap();
        assert!((found.z - 5.954_065_461_715_05).abs() < 1e-9, "{found:?}");
        assert!((found.p - 2.615_621_015e-9).abs() < 1e-15, "{found:?}");
    }

    #[test]
    fn random_bands_agree_with_statsmodels() {
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/score/trend.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let row = |text: &str| {
                let (events, n) = text.split_once('/').unwrap();
                Counts { n: n.parse().unwrap(), events: events.parse().unwrap() }
            };
            let found = cochran_armitage(&cell[0].split(' ').map(row).collect::<Vec<_>>()).unwrap();
            let (z, p): (f64, f64) = (cell[1].parse().unwrap(), cell[2].parse().unwrap());
            assert!((found.z - z).abs() < 1e-9 && (found.p - p).abs() < 1e-9, "{line}: {found:?}");
            rows += 1;
        }
        assert_eq!(rows, 20);
    }

    #[test]
    fn one_band_alone_has_no_trend() {
        assert_eq!(cochran_armitage(&groups(&[(0, 0), (3, 9), (0, 0)])), None);
        assert_eq!(cochran_armitage(&groups(&[(0, 5), (0, 9)])), None);
        assert_eq!(cochran_armitage(&[]), None);
    }
}
