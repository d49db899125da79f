//! What customers say: NPS, CSAT and CES from single answers, each on its own scale. Answers that are no whole number on
//! it do not count.

use std::collections::BTreeMap;

use crate::model::{ids::AccountId, survey::Kind};

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A score with its count and interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// 95 % interval, within the scale.
    pub ci95: [f64; 2],
    /// Answers that count (of an average over accounts: accounts).
    pub answers: u64,
}

impl Score {
    fn of(value: f64, error: f64, answers: usize, [low, high]: [f64; 2]) -> Score {
        let ci95 = [(value - Z * error).max(low), (value + Z * error).min(high)];
        Score { value, error, ci95, answers: answers as u64 }
    }
}

/// Net promoter score of answers 0 to 10: 100 × (share of 9–10 − share of 0–6), with the multinomial standard error
/// `100·√((p + d − (p−d)²)/n)`. None without answers.
pub fn nps(answers: &[f64]) -> Option<Score> {
    net(&valid(Kind::Nps, answers), |a| a >= 9.0, |a| a <= 6.0)
}

/// NPS with every account counted once, however many of its people answered: the mean of the accounts' own scores, and
/// the standard error of that mean over accounts. With one answer an account it is [`nps`]. None without answers.
pub fn nps_of_accounts(answers: &[(AccountId, f64)]) -> Option<Score> {
    let mut accounts: BTreeMap<AccountId, Vec<f64>> = BTreeMap::new();
    for (account, answer) in answers {
        accounts.entry(*account).or_default().push(*answer);
    }
    let own: Vec<f64> = accounts.values().filter_map(|answers| Some(nps(answers)?.value)).collect();
    let mean = average(&own)?;
    let spread = own.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / own.len() as f64;
    Some(Score::of(mean, (spread / own.len() as f64).sqrt(), own.len(), [-100.0, 100.0]))
}

/// How much a score has changed: the difference, with the errors of both added as of independent samples. None where one
/// of them is missing.
pub fn change(now: Option<Score>, before: Option<Score>) -> Option<Score> {
    let (now, before) = (now?, before?);
    let error = now.error.hypot(before.error);
    let answers = now.answers.min(before.answers) as usize;
    Some(Score::of(now.value - before.value, error, answers, [-200.0, 200.0]))
}

/// CSAT on a scale of 1 to 5: (answers of 4 or 5, answers that count).
pub fn csat(answers: &[f64]) -> (u64, u64) {
    share(&valid(Kind::Csat, answers), 4.0)
}

/// CES on a scale of 1 to 7 ("it was made easy"): (answers of 5 to 7, answers that count).
pub fn ces_easy(answers: &[f64]) -> (u64, u64) {
    share(&valid(Kind::Ces, answers), 5.0)
}

/// CES as a difference: 100 × (share of 6–7 − share of 1–3), interval as of [`nps`]. None without answers.
pub fn ces_net(answers: &[f64]) -> Option<Score> {
    net(&valid(Kind::Ces, answers), |a| a >= 6.0, |a| a <= 3.0)
}

/// The mean on the scale of `kind`, with the normal interval from the sample's deviation (n − 1). None without answers;
/// of one answer the interval is the whole scale.
pub fn mean(kind: Kind, answers: &[f64]) -> Option<Score> {
    let valid = valid(kind, answers);
    let mean = average(&valid)?;
    let squares: f64 = valid.iter().map(|v| (v - mean) * (v - mean)).sum();
    let n = valid.len() as f64;
    let error = if valid.len() > 1 { (squares / (n - 1.0) / n).sqrt() } else { f64::INFINITY };
    let (low, high) = kind.ends();
    Some(Score::of(mean, error, valid.len(), [f64::from(low), f64::from(high)]))
}

fn valid(kind: Kind, answers: &[f64]) -> Vec<f64> {
    answers.iter().copied().filter(|answer| kind.answer(*answer).is_some()).collect()
}

fn average(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn share(valid: &[f64], least: f64) -> (u64, u64) {
    (valid.iter().filter(|a| **a >= least).count() as u64, valid.len() as u64)
}

fn net(valid: &[f64], more: fn(f64) -> bool, less: fn(f64) -> bool) -> Option<Score> {
    let n = valid.len() as f64;
    let part = |of: fn(f64) -> bool| valid.iter().filter(|a| of(**a)).count() as f64 / n;
    let (p, d) = (part(more), part(less));
    let error = 100.0 * ((p + d - (p - d) * (p - d)) / n).sqrt();
    (!valid.is_empty()).then(|| Score::of(100.0 * (p - d), error, valid.len(), [-100.0, 100.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(counts: &[(f64, usize)]) -> Vec<f64> {
        counts.iter().flat_map(|(answer, n)| vec![*answer; *n]).collect()
    }

    fn near(score: Score, value: f64, ci95: [f64; 2]) {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            close(score.value, value) && close(score.ci95[0], ci95[0]) && close(score.ci95[1], ci95[1]),
            "{score:?}"
        );
    }

    #[test]
    fn nps_of_fifty_thirty_twenty_is_thirty_with_its_interval() {
        // numpy: +1/0/−1, ddof 0.
        let score = nps(&many(&[(10.0, 50), (8.0, 30), (3.0, 20)])).unwrap();
        near(score, 30.0, [14.692_191_924_957_3, 45.307_808_075_042_7]);
    }

    #[test]
    fn an_answer_off_the_scale_does_not_count() {
        assert_eq!(nps(&[11.0, -1.0, 9.5]), None);
        assert_eq!(nps(&[10.0, 11.0]).map(|s| (s.value, s.answers)), Some((100.0, 1)));
        assert_eq!(csat(&[5.0, 4.0, 3.0, 0.0, 6.0]), (2, 3));
        assert_eq!(ces_easy(&[7.0, 5.0, 4.0, 0.0, 8.0, f64::NAN]), (2, 3));
        assert_eq!((ces_net(&[0.0]), mean(Kind::Csat, &[5.5])), (None, None));
    }

    #[test]
    fn a_mean_has_the_interval_of_statsmodels() {
        // statsmodels 0.14 DescrStatsW.zconfint_mean.
        let csat = many(&[(5.0, 12), (4.0, 9), (3.0, 5), (2.0, 3), (1.0, 1)]);
        near(mean(Kind::Csat, &csat).unwrap(), 118.0 / 30.0, [3.524_433_434_562_391_6, 4.342_233_232_104_275]);
        let ces = many(&[(7.0, 8), (6.0, 10), (5.0, 6), (4.0, 4), (3.0, 2), (2.0, 1), (1.0, 1)]);
        near(mean(Kind::Ces, &ces).unwrap(), 5.343_75, [4.804_046_405_021_658, 5.883_453_594_978_342]);
        assert_eq!(ces_easy(&ces), (24, 32));
        // numpy: +1/0/−1, ddof 0.
        near(ces_net(&ces).unwrap(), 43.75, [19.346_339_210_141_51, 68.153_660_789_858_49]);
        assert_eq!(mean(Kind::Ces, &[6.0]).map(|s| s.ci95), Some([1.0, 7.0]), "one answer says nothing about others");
    }

    #[test]
    fn an_account_counts_once_however_many_answer() {
        let of = |account, answers: &[f64]| answers.iter().map(|a| (AccountId(account), *a)).collect::<Vec<_>>();
        let answers = [
            of(1, &[10.0, 9.0, 3.0]),
            of(2, &[0.0]),
            of(3, &[8.0, 8.0]),
            of(4, &[9.0, 10.0]),
            of(5, &[7.0, 2.0, 10.0, 9.0]),
        ]
        .concat();
        let all: Vec<f64> = answers.iter().map(|a| a.1).collect();
        assert!((nps(&all).unwrap().value - 25.0).abs() < 1e-9);
        // numpy over the accounts' own scores 100/3, −100, 0, 100, 25.
        let score = nps_of_accounts(&answers).unwrap();
        near(score, 11.666_666_666_666_666, [-45.213_575_812_951_54, 68.546_909_146_284_88]);
        assert_eq!(score.answers, 5);
        let single: Vec<(AccountId, f64)> = all.iter().zip(0..).map(|(a, id)| (AccountId(id), *a)).collect();
        let (one, other) = (nps_of_accounts(&single).unwrap(), nps(&all).unwrap());
        near(one, other.value, other.ci95);
    }

    #[test]
    fn a_change_carries_both_errors() {
        let now = nps(&many(&[(10.0, 50), (8.0, 30), (3.0, 20)]));
        let before = nps(&many(&[(10.0, 32), (8.0, 28), (3.0, 20)]));
        // numpy: +1/0/−1, variances over n, added.
        near(change(now, before).unwrap(), 15.0, [-8.143_971_446_373_179, 38.143_971_446_373_18]);
        assert_eq!(change(now, None), None);
    }
}
