//! A rate that can be trusted: numerator, denominator, method and interval always together.

use serde::Serialize;

/// A share with how it was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// numerator ÷ denominator; null when the denominator is 0.
    pub value: Option<f64>,
    /// How many.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
    /// Named method, see the numbers page of the docs.
    pub method: &'static str,
    /// Wilson 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// The target, if `model.yaml` has one.
    pub target: Option<f64>,
}

impl Rate {
    /// A rate from counts. A zero denominator is unknown, never 0.
    pub fn new(numerator: u64, denominator: u64, method: &'static str, target: Option<f64>) -> Rate {
        let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        let ci95 = (denominator > 0).then(|| wilson(numerator, denominator));
        Rate { value, numerator, denominator, method, ci95, target }
    }
}

/// Wilson score interval at 95 % (E. B. Wilson, JASA 22, 1927).
pub fn wilson(k: u64, n: u64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let (k, n) = (k as f64, n as f64);
    let p = k / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_the_reference_implementation() {
        // statsmodels 0.15 proportion_confint(3, 40, method="wilson") and (0, 25).
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let [lo, hi] = wilson(3, 40);
        assert!(close(lo, 0.025_836_025_774_588) && close(hi, 0.198_642_335_243_106), "{lo} {hi}");
        let [lo, hi] = wilson(0, 25);
        assert!(close(lo, 0.0) && close(hi, 0.133_192_250_939_049), "{lo} {hi}");
    }

    #[test]
    fn nobody_is_not_zero_percent() {
        assert_eq!(Rate::new(0, 0, "start_end", None).value, None);
    }
}
