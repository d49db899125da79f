//! Logistic regression by Newton's method, with or without L2.

/// Steps after which it is given up.
const STEPS: usize = 100;
/// A gradient below this is the optimum.
const ENOUGH: f64 = 1e-10;
/// A step halved this often leads nowhere.
const HALVINGS: usize = 40;
/// A loss a row below this: the outcomes are parted cleanly, and without a penalty there is no optimum.
const PARTED: f64 = 1e-6;

/// What was fitted: log-odds = intercept + Σ weights·x.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Log-odds where every x is 0.
    pub intercept: f64,
    /// One a column.
    pub weights: Vec<f64>,
    /// Standard errors: of the intercept, then of the weights, from the inverse of the Hessian.
    pub errors: Vec<f64>,
}

impl Fit {
    /// Probability for these values.
    pub fn probability(&self, x: &[f64]) -> f64 {
        let odds = self.intercept + self.weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// Minimises ½·`penalty`·Σ weights² − log likelihood; the intercept is not penalised (scikit-learn's
/// `LogisticRegression(C=1/penalty)`; 0 = maximum likelihood). None without rows of both kinds, with columns that determine
/// each other, or where no optimum exists (outcomes parted cleanly and no penalty).
pub fn fit(rows: &[Vec<f64>], happened: &[bool], penalty: f64) -> Option<Fit> {
    let columns = rows.first()?.len();
    if rows.len() != happened.len() || !happened.contains(&true) || !happened.contains(&false) {
        return None;
    }
    let mut beta = vec![0.0; columns + 1];
    let parted = |beta: &[f64]| penalty == 0.0 && loss(rows, happened, beta, 0.0) < PARTED * rows.len() as f64;
    for _ in 0..STEPS {
        let (gradient, hessian) = slope(rows, happened, &beta, penalty);
        if parted(&beta) {
            return None;
        }
        if gradient.iter().all(|g| g.abs() < ENOUGH * rows.len() as f64) {
            return done(beta, hessian);
        }
        let step = solve(hessian, &gradient)?;
        let here = loss(rows, happened, &beta, penalty);
        let (mut scale, mut next) = (1.0, Vec::new());
        for _ in 0..HALVINGS {
            next = beta.iter().zip(&step).map(|(b, s)| b - scale * s).collect();
            if loss(rows, happened, &next, penalty) <= here {
                break;
            }
            scale /= 2.0;
        }
        if next == beta {
            return done(beta, slope(rows, happened, &next, penalty).1);
        }
        beta = next;
    }
    None
}

/// A column brought to mean 0 and standard deviation 1 (over n); none where it never varies.
pub fn standardised(column: &[f64]) -> Option<(Vec<f64>, f64, f64)> {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    let sd = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    (sd > 1e-12).then(|| (column.iter().map(|x| (x - mean) / sd).collect(), mean, sd))
}

fn done(beta: Vec<f64>, hessian: Vec<Vec<f64>>) -> Option<Fit> {
    let unit = |i: usize| (0..beta.len()).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
    let errors: Option<Vec<f64>> =
        (0..beta.len()).map(|i| Some(solve(hessian.clone(), &unit(i))?.get(i)?.sqrt())).collect();
    let (intercept, weights) = beta.split_first()?;
    Some(Fit { intercept: *intercept, weights: weights.to_vec(), errors: errors? })
}

fn odds(beta: &[f64], row: &[f64]) -> f64 {
    beta.first().copied().unwrap_or_default() + row.iter().zip(beta.iter().skip(1)).map(|(x, b)| x * b).sum::<f64>()
}

fn loss(rows: &[Vec<f64>], happened: &[bool], beta: &[f64], penalty: f64) -> f64 {
    let one = |(row, y): (&Vec<f64>, &bool)| {
        let odds = if *y { -odds(beta, row) } else { odds(beta, row) };
        // ln(1 + e^odds) without overflow.
        odds.max(0.0) + (-odds.abs()).exp().ln_1p()
    };
    let squares: f64 = beta.iter().skip(1).map(|b| b * b).sum();
    rows.iter().zip(happened).map(one).sum::<f64>() + penalty / 2.0 * squares
}

/// Gradient and Hessian.
fn slope(rows: &[Vec<f64>], happened: &[bool], beta: &[f64], penalty: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = beta.len();
    let (mut gradient, mut hessian) = (vec![0.0; size], vec![vec![0.0; size]; size]);
    for (row, y) in rows.iter().zip(happened) {
        let p = 1.0 / (1.0 + (-odds(beta, row)).exp());
        let x: Vec<f64> = std::iter::once(1.0).chain(row.iter().copied()).collect();
        let (off, weight) = (p - f64::from(u8::from(*y)), p * (1.0 - p));
        for i in 0..size {
            gradient[i] += off * x[i];
            for j in 0..size {
                hessian[i][j] += weight * x[i] * x[j];
            }
        }
    }
    for i in 1..size {
        gradient[i] += penalty * beta[i];
        hessian[i][i] += penalty;
    }
    (gradient, hessian)
}

/// Gaussian elimination with pivots; none where the matrix is (nearly) singular.
fn solve(mut matrix: Vec<Vec<f64>>, right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut right = right.to_vec();
    let largest = matrix.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let head = matrix[column][column];
        if head.is_nan() || head.abs() <= 1e-13 * largest {
            return None;
        }
        let (above, below) = matrix.split_at_mut(column + 1);
        let (known, open) = right.split_at_mut(column + 1);
        for (row, value) in below.iter_mut().zip(open) {
            let factor = row[column] / head;
            row.iter_mut().zip(&above[column]).skip(column).for_each(|(cell, pivot)| *cell -= factor * pivot);
            *value -= factor * known[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| matrix[row][k] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> (Vec<Vec<f64>>, Vec<bool>) {
        let lines = include_str!("../../../tests/data/numbers/score/logit.csv").lines().skip(1);
        lines
            .map(|line| {
                let cell: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
                (cell[..3].to_vec(), cell[3] == 1.0)
            })
            .unzip()
    }

    fn near(found: &[f64], expected: &[f64]) {
        let same = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(same, "{found:?} {expected:?}");
    }

    /// statsmodels 0.15 `sm.Logit(Y, sm.add_constant(X)).fit()`.
    #[test]
    fn maximum_likelihood_is_statsmodels() {
        let (x, y) = table();
        let found = fit(&x, &y, 0.0).unwrap();
        near(&[found.intercept], &[-2.065_847_803_066_15]);
        near(&found.weights, &[-1.156_935_266_127_02, -0.508_678_413_755_286, 0.238_479_386_753_642]);
        near(
            &found.errors,
            &[0.187_186_437_145_87, 0.179_291_532_689_762, 0.161_147_155_497_481, 0.146_491_040_816_809],
        );
    }

    /// scikit-learn 1.9 `LogisticRegression(C=1.0, tol=1e-10, max_iter=10000)`.
    #[test]
    fn with_l2_it_is_scikit_learn() {
        let (x, y) = table();
        let found = fit(&x, &y, 1.0).unwrap();
        near(&[found.intercept], &[-2.040_112_302_3]);
        near(&found.weights, &[-1.118_943_420_8, -0.491_787_470_6, 0.229_964_427_7]);
    }

    #[test]
    fn random_tables_with_every_penalty_are_scikit_learn() {
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/score/logistic.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let list = |cell: &str| cell.split(' ').map(|v| v.parse().unwrap()).collect::<Vec<f64>>();
            let x: Vec<Vec<f64>> = cell[0].split(';').map(list).collect();
            let y: Vec<bool> = cell[1].chars().map(|c| c == '1').collect();
            let found = fit(&x, &y, 1.0 / cell[2].parse::<f64>().unwrap()).unwrap();
            let all: Vec<f64> = std::iter::once(found.intercept).chain(found.weights).collect();
            near(&all, &list(cell[3]));
            rows += 1;
        }
        assert_eq!(rows, 12);
    }

    #[test]
    fn what_cannot_be_fitted_is_no_fit() {
        let x: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i)]).collect();
        let parted: Vec<bool> = (0..8).map(|i| i > 3).collect();
        assert_eq!(fit(&x, &parted, 0.0), None, "clean separation has no maximum");
        assert!(fit(&x, &parted, 1.0).is_some());
        assert_eq!(fit(&x, &[true; 8], 1.0), None);
        assert_eq!(fit(&[], &[], 1.0), None);
        let twins: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        assert_eq!(fit(&twins, &[true, false, true, false, false, true, false, false], 0.0), None);
        assert_eq!(standardised(&[3.0; 5]), None);
    }
}
