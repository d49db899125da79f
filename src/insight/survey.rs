//! What customers say: NPS and CSAT from single answers.

/// A score with its count and interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
    /// Answers that count.
    pub answers: u64,
}

/// Net promoter score of answers 0 to 10: 100 × (share of 9–10 − share of 0–6), with the multinomial standard error
/// `100·√((p + d − (p−d)²)/n)`. Answers that are no whole number from 0 to 10 do not count. None without answers.
pub fn nps(answers: &[f64]) -> Option<Score> {
    const Z: f64 = 1.959_963_984_540_054;
    let valid: Vec<f64> = answers.iter().copied().filter(|a| (0.0..=10.0).contains(a) && a.fract() == 0.0).collect();
    if valid.is_empty() {
        return None;
    }
    let n = valid.len() as f64;
    let p = valid.iter().filter(|a| **a >= 9.0).count() as f64 / n;
    let d = valid.iter().filter(|a| **a <= 6.0).count() as f64 / n;
    let (value, half) = (100.0 * (p - d), Z * 100.0 * ((p + d - (p - d) * (p - d)) / n).sqrt());
    Some(Score { value, ci95: [(value - half).max(-100.0), (value + half).min(100.0)], answers: valid.len() as u64 })
}

/// CSAT on a scale of 1 to 5: (answers of 4 or 5, answers that count).
pub fn csat(answers: &[f64]) -> (u64, u64) {
    let valid: Vec<f64> = answers.iter().copied().filter(|a| (1.0..=5.0).contains(a) && a.fract() == 0.0).collect();
    (valid.iter().filter(|a| **a >= 4.0).count() as u64, valid.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nps_of_fifty_thirty_twenty_is_thirty_with_its_interval() {
        let answers: Vec<f64> = [(10.0, 50), (8.0, 30), (3.0, 20)].iter().flat_map(|(a, n)| vec![*a; *n]).collect();
        let score = nps(&answers).unwrap();
        assert!((score.value - 30.0).abs() < 1e-9);
        // numpy: +1/0/−1, ddof 0.
        assert!((score.ci95[0] - 14.692_191_924_957_3).abs() < 1e-9);
        assert!((score.ci95[1] - 45.307_808_075_042_7).abs() < 1e-9);
    }

    #[test]
    fn an_answer_off_the_scale_does_not_count() {
        assert_eq!(nps(&[11.0, -1.0, 9.5]), None);
        assert_eq!(nps(&[10.0, 11.0]).map(|s| (s.value, s.answers)), Some((100.0, 1)));
        assert_eq!(csat(&[5.0, 4.0, 3.0, 0.0, 6.0]), (2, 3));
    }
}
