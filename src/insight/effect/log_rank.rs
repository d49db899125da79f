//! Who stays longer: the log-rank test, and the days kept within a horizon (restricted mean survival time).

use super::dist::chi_square_above;
use crate::insight::survival::{Observed, kaplan_meier, tally};

/// Result of a chi-square test.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct ChiSquare {
    /// The statistic.
    pub chi2: f64,
    /// Its p.
    pub p: f64,
}

/// The log-rank test of two groups, with the hypergeometric variance where days tie (N. Mantel, 1966). What is
/// `Reached` is the event. None where nothing happened while both were at risk.
pub fn log_rank(a: &[Observed], b: &[Observed]) -> Option<ChiSquare> {
    let together: Vec<Observed> = a.iter().chain(b).copied().collect();
    let mut days: Vec<f64> = a.iter().map(|o| o.0).collect();
    days.sort_by(f64::total_cmp);
    let in_a = tally(a);
    let (mut excess, mut variance) = (0.0, 0.0);
    for (day, n, d, _) in tally(&together).into_iter().filter(|row| row.2 > 0.0) {
        let at_risk = (days.len() - days.partition_point(|other| *other < day)) as f64;
        let share = at_risk / n;
        let seen = in_a.binary_search_by(|row| row.0.total_cmp(&day)).ok().and_then(|i| in_a.get(i));
        excess += seen.map_or(0.0, |row| row.2) - d * share;
        if n > 1.0 {
            variance += d * share * (1.0 - share) * (n - d) / (n - 1.0);
        }
    }
    let chi2 = excess * excess / variance;
    (variance > 0.0).then(|| ChiSquare { chi2, p: chi_square_above(chi2, 1.0) })
}

/// Mean days before the event within `horizon` days, and its standard error (Greenwood's plug-in). None where the group
/// was not followed so far.
pub fn days_kept(observed: &[Observed], horizon: f64) -> Option<(f64, f64)> {
    let followed = observed.iter().map(|o| o.0).fold(f64::NEG_INFINITY, f64::max);
    let curve: Vec<(f64, f64)> = kaplan_meier(observed).into_iter().filter(|step| step.0 < horizon).collect();
    let ends_at_zero = curve.last().is_some_and(|last| last.1 <= 0.0);
    if observed.is_empty() || (followed < horizon && !ends_at_zero) {
        return None;
    }
    let area = |from: f64| {
        let (mut at, mut share, mut sum) = (from, 1.0, 0.0);
        for (day, after) in &curve {
            if *day > from {
                sum += share * (day - at);
                at = *day;
            }
            share = *after;
        }
        sum + share * (horizon - at)
    };
    let events = tally(observed).into_iter().filter(|(day, n, d, _)| *day < horizon && *d > 0.0 && n > d);
    let variance: f64 = events.map(|(day, n, d, _)| area(day).powi(2) * d / (n * (n - d))).sum();
    Some((area(0.0), variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::survival::Ended;

    fn group(days: &[f64], events: usize) -> Vec<Observed> {
        let end = |i: usize| if i < events { Ended::Reached } else { Ended::Open };
        days.iter().enumerate().map(|(i, day)| (*day, end(i))).collect()
    }

    fn two() -> (Vec<Observed>, Vec<Observed>) {
        let a = group(&[6., 7., 10., 15., 19., 25., 30., 30., 30., 30.], 6);
        (a, group(&[3., 4., 5., 8., 8., 12., 16., 22., 30., 30.], 8))
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// lifelines 0.30.3 and statsmodels' survdiff.
    #[test]
    fn two_groups_are_compared_as_lifelines_does() {
        let (a, b) = two();
        let found = log_rank(&a, &b).unwrap();
        assert!(near(found.chi2, 1.516_959_158_116_851) && near(found.p, 0.218_080_243_864_979), "{found:?}");
        assert!(near(log_rank(&b, &a).unwrap().chi2, found.chi2), "it does not matter which comes first");
        assert!(log_rank(&a, &a).unwrap().chi2.abs() < 1e-12);
    }

    #[test]
    fn days_kept_and_their_error_are_those_worked_out_by_hand() {
        let (a, b) = two();
        let ((kept, error), (other, error_b)) = (days_kept(&a, 30.0).unwrap(), days_kept(&b, 30.0).unwrap());
        assert!(near(kept, 20.2) && near(error, 3.025_888_299_326_332), "{kept} {error}");
        assert!(near(other, 13.8) && near(error_b, 3.094_511_269_974_63), "{other} {error_b}");
        let set: Vec<Observed> = [1., 2., 2., 3., 4., 5., 5., 7., 8., 9., 10., 12.]
            .into_iter()
            .zip([1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0])
            .map(|(day, end)| (day, if end == 1 { Ended::Reached } else { Ended::Open }))
            .collect();
        assert!(near(days_kept(&set, 10.0).unwrap().0, 6.435_185_185_185_18));
    }

    #[test]
    fn nobody_seen_so_far_is_no_mean() {
        let (a, _) = two();
        assert_eq!((days_kept(&a, 31.0), days_kept(&[], 3.0)), (None, None));
        assert_eq!((log_rank(&a, &[]), log_rank(&[], &[])), (None, None));
    }

    #[test]
    fn random_groups_with_ties_agree_with_lifelines() {
        let mut groups: Vec<[Vec<Observed>; 2]> = Vec::new();
        for line in include_str!("../../../tests/data/numbers/effect/survival.csv").lines().skip(1) {
            let cell: Vec<usize> = line.split(',').map(|c| c.parse().unwrap()).collect();
            groups.resize_with(groups.len().max(cell[0] + 1), Default::default);
            let end = if cell[3] == 1 { Ended::Reached } else { Ended::Open };
            groups[cell[0]][cell[1]].push((cell[2] as f64, end));
        }
        let expected = include_str!("../../../tests/data/numbers/effect/survival-expected.csv");
        for line in expected.lines().skip(1) {
            let cell: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            let [a, b] = &groups[cell[0] as usize];
            let found = log_rank(a, b).unwrap();
            assert!(near(found.chi2, cell[1]) && near(found.p, cell[2]), "{line}: {found:?}");
            for (group, at) in [(a, 4), (b, 6)] {
                let (kept, error) = days_kept(group, cell[3]).unwrap();
                assert!(near(kept, cell[at]) && near(error, cell[at + 1]), "{line}: {kept} {error}");
            }
        }
        assert_eq!(groups.len(), 12);
    }
}
