//! Distribution functions that never panic: outside their domain they answer NaN.

use std::f64::consts::SQRT_2;

use statrs::function::{
    beta::checked_beta_reg,
    erf::{erfc, erfc_inv},
    gamma::checked_gamma_ur,
};

/// P(X ≤ x) of a standard normal X.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

/// The x with P(X ≤ x) = p; ±∞ at 1 and 0.
pub fn normal_quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// The z that a two-sided test at `alpha` asks for: 1.96 at 0.05.
pub fn two_sided_z(alpha: f64) -> f64 {
    normal_quantile(1.0 - alpha / 2.0)
}

/// P(|X| ≥ |z|) of a standard normal X.
pub fn two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// P(X ≥ x) of a chi-square X with `freedom` degrees.
pub fn chi_square_above(x: f64, freedom: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(freedom / 2.0, x / 2.0).unwrap_or(f64::NAN)
}

/// P(|T| ≥ |t|) of Student's T with `freedom` degrees.
pub fn student_p(t: f64, freedom: f64) -> f64 {
    checked_beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t)).unwrap_or(f64::NAN)
}

/// The t with P(|T| ≥ t) = alpha, by halving.
pub fn student_t(alpha: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_p(high, freedom) > alpha && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if student_p(middle, freedom) > alpha { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(csv: &str) -> Vec<(f64, f64)> {
        let pair = |line: &str| line.split_once(',').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())).unwrap();
        csv.lines().skip(1).map(pair).collect()
    }

    #[test]
    fn the_normal_distribution_is_scipys_far_into_the_tail() {
        for (x, cdf) in rows(include_str!("../../../tests/data/numbers/effect/normal.csv")) {
            assert!((normal_cdf(x) / cdf - 1.0).abs() < 1e-10, "{x}: {} {cdf}", normal_cdf(x));
        }
        for (p, x) in rows(include_str!("../../../tests/data/numbers/effect/quantile.csv")) {
            assert!((normal_quantile(p) - x).abs() < 1e-9, "{p}: {} {x}", normal_quantile(p));
        }
    }

    #[test]
    fn nonsense_is_not_a_number_and_no_panic() {
        assert!(student_p(f64::NAN, 3.0).is_nan() && student_p(1.0, -1.0).is_nan());
        assert!(chi_square_above(f64::NAN, 1.0).is_nan() && chi_square_above(1.0, 0.0).is_nan());
        assert!(normal_quantile(2.0).is_nan() || normal_quantile(2.0).is_infinite());
        assert_eq!(chi_square_above(-1.0, 1.0), 1.0);
    }
}
