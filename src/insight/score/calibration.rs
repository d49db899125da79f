//! From points to a risk: what a score meant for the chance to leave, and how well that fits.

use serde::Serialize;

use super::{
    auc::Case,
    logistic::{fit, standardised},
};
use crate::insight::{effect::proportions::Counts, rate::wilson};

/// Groups of about equal size.
const GROUPS: usize = 5;
/// Weight of the penalty that keeps a clean separation finite (scikit-learn's default, C = 1).
const PENALTY: f64 = 1.0;

/// Expected and seen churn along the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Mean squared distance between the risk and what came (G. W. Brier, 1950); smaller is better.
    pub brier: f64,
    /// The same if everybody had the mean risk: a score that is worth something is below it.
    pub brier_base: f64,
    /// Best group first.
    pub groups: Vec<Group>,
}

/// Accounts with about the same score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Lowest score among them.
    pub from: f64,
    /// Highest score among them.
    pub to: f64,
    /// How many.
    pub n: u64,
    /// Of them left.
    pub churned: u64,
    /// Share that left.
    pub rate: f64,
    /// Wilson's 95 % interval of it.
    pub ci95: [f64; 2],
    /// Mean risk by the score.
    pub expected: f64,
}

impl Calibration {
    /// The same where the best scores have the highest risk: scores as they are, best group first.
    #[must_use]
    pub fn turned(mut self) -> Calibration {
        self.groups.iter_mut().for_each(|group| (group.from, group.to) = (-group.to, -group.from));
        self.groups.reverse();
        self
    }
}

/// The risk by the score alone: a logistic curve through the standardised score with C = 1, fitted to the same accounts it
/// is judged on, so `brier` is a little too kind. Accounts with one score stay in one group. None without rows of both
/// kinds, or where all have the same score.
pub fn calibration(cases: &[Case]) -> Option<Calibration> {
    let column: Vec<f64> = cases.iter().map(|c| -c.risk).collect();
    let happened: Vec<bool> = cases.iter().map(|c| c.lost).collect();
    let (scaled, mean, sd) = standardised(&column)?;
    let rows: Vec<Vec<f64>> = scaled.iter().map(|x| vec![*x]).collect();
    let curve = fit(&rows, &happened, PENALTY)?;
    let n = cases.len() as f64;
    let base = happened.iter().filter(|y| **y).count() as f64 / n;
    let off = |p: f64, lost: bool| (p - f64::from(u8::from(lost))).powi(2);
    let brier = rows.iter().zip(&happened).map(|(x, lost)| off(curve.probability(x), *lost)).sum::<f64>() / n;
    let risk = |case: &Case| curve.probability(&[(-case.risk - mean) / sd]);
    Some(Calibration { brier, brier_base: base * (1.0 - base), groups: groups(cases, risk) })
}

fn groups(cases: &[Case], risk: impl Fn(&Case) -> f64) -> Vec<Group> {
    let mut sorted: Vec<&Case> = cases.iter().collect();
    sorted.sort_by(|a, b| a.risk.total_cmp(&b.risk));
    let (mut groups, mut open, mut done) = (Vec::new(), Vec::new(), 0);
    for alike in sorted.chunk_by(|a, b| a.risk == b.risk) {
        open.extend(alike.iter().copied());
        done += alike.len();
        if done * GROUPS >= (groups.len() + 1) * cases.len() {
            groups.extend(group(&open, &risk));
            open.clear();
        }
    }
    groups.extend(group(&open, &risk));
    groups
}

fn group(members: &[&Case], risk: impl Fn(&Case) -> f64) -> Option<Group> {
    let (best, worst) = members.first().zip(members.last())?;
    let mut counts = Counts::default();
    members.iter().for_each(|case| counts.add(case.lost));
    Some(Group {
        from: -worst.risk,
        to: -best.risk,
        n: counts.n,
        churned: counts.events,
        rate: counts.rate()?,
        ci95: wilson(counts.events, counts.n),
        expected: members.iter().map(|case| risk(case)).sum::<f64>() / counts.n as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(list: &str) -> Vec<Case> {
        let row = |cell: &str| {
            let (score, lost) = cell.split_once(':').unwrap();
            Case { account: 0, risk: -score.parse::<f64>().unwrap(), lost: lost == "1" }
        };
        list.split(' ').map(row).collect()
    }

    #[test]
    fn the_risk_by_the_score_has_the_brier_score_of_scikit_learn() {
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/score/calibration.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let found = calibration(&cases(cell[0])).unwrap();
            let float = |i: usize| cell[i].parse::<f64>().unwrap();
            assert!((found.brier - float(1)).abs() < 1e-6, "{line}: {found:?}");
            assert!((found.brier_base - float(2)).abs() < 1e-9, "{line}: {found:?}");
            // What is expected of all groups together is what came: a property of logistic regression.
            let sum = |of: &dyn Fn(&Group) -> f64| found.groups.iter().map(of).sum::<f64>();
            assert!((sum(&|g| g.expected * g.n as f64) - sum(&|g| g.churned as f64)).abs() < 1e-6, "{found:?}");
            rows += 1;
        }
        assert_eq!(rows, 8);
    }

    #[test]
    fn accounts_with_one_score_stay_together_and_nobody_is_left_out() {
        let list: Vec<String> =
            (0..40).map(|i| format!("{}:{}", [2, 2, 2, 5][i % 4], usize::from(i % 7 == 0))).collect();
        let found = calibration(&cases(&list.join(" "))).unwrap();
        let spans: Vec<(f64, f64, u64)> = found.groups.iter().map(|g| (g.from, g.to, g.n)).collect();
        assert_eq!(spans, [(5.0, 5.0, 10), (2.0, 2.0, 30)]);
        assert_eq!(calibration(&cases("3:0 3:1 3:0")), None, "one score for all says nothing");
    }
}
