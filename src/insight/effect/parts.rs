//! One comparison by a trait that customers had before it began, with care for looking at several groups at once: a
//! verdict in a group counts only with Holm's p, and whether groups differ at all is one test of its own.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    adjust::holm,
    compare::effect,
    dist::chi_square_above,
    log_rank::ChiSquare,
    power::ALPHA,
    proportions::{Counts, standard_error},
    report::{Arm, Case, Effect, Terms},
    verdict::Verdict,
};

/// Accounts in each arm below which a group takes no part in the test whether groups differ.
const FEW: u64 = 10;

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// The trait's value; empty where it was not known.
    pub value: String,
    /// With it.
    pub treated: Arm,
    /// Held out.
    pub holdout: Arm,
    /// Difference of the shares.
    pub diff: Option<f64>,
    /// Newcombe's 95 % interval of it, not adjusted.
    pub ci95: Option<[f64; 2]>,
    /// The p the verdict goes by, adjusted for the number of groups (Holm).
    pub p_adjusted: Option<f64>,
    /// The verdict with that p.
    pub verdict: Verdict,
}

/// All groups of one trait.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parts {
    /// The trait.
    pub by: String,
    /// Groups, the largest first.
    pub rows: Vec<Part>,
    /// Whether the differences differ between groups beyond chance: Cochran's Q; none with fewer than two groups large
    /// enough.
    pub heterogeneity: Option<ChiSquare>,
}

/// Compares within each value of a trait.
pub fn parts(by: &str, cases: &[(String, Case)], terms: &Terms) -> Parts {
    let mut groups: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    cases.iter().for_each(|(value, case)| groups.entry(value).or_default().push(*case));
    let found: Vec<(&str, Effect)> = groups.into_iter().map(|(value, cases)| (value, effect(&cases, terms))).collect();
    let tested: Vec<f64> = found.iter().filter_map(|(_, effect)| effect.p_verdict).collect();
    let mut adjusted = holm(&tested).into_iter();
    let mut rows = Vec::new();
    for (value, effect) in &found {
        let p_adjusted = effect.p_verdict.and_then(|_| adjusted.next());
        let found = matches!(effect.verdict, Verdict::Helps | Verdict::Harms);
        let chance = found && p_adjusted.is_none_or(|p| p >= ALPHA);
        rows.push(Part {
            value: (*value).to_owned(),
            treated: effect.treated,
            holdout: effect.holdout,
            diff: effect.diff,
            ci95: effect.ci95,
            p_adjusted,
            verdict: if chance { Verdict::NotEnoughData } else { effect.verdict },
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.treated.assigned + row.holdout.assigned));
    let arms: Vec<(Counts, Counts)> = found.iter().map(|(_, e)| (counts(&e.treated), counts(&e.holdout))).collect();
    Parts { by: by.to_owned(), rows, heterogeneity: heterogeneity(&arms) }
}

fn counts(arm: &Arm) -> Counts {
    Counts { n: arm.n, events: arm.events }
}

/// Cochran's Q over the differences of several pairs of arms (W. G. Cochran, Biometrics 10, 1954): Σ w (d − d̄)², w = 1 ÷
/// the unpooled variance, against χ² with one degree less than there are pairs.
pub fn heterogeneity(arms: &[(Counts, Counts)]) -> Option<ChiSquare> {
    let one = |(treated, holdout): &(Counts, Counts)| {
        let (d, se) = (super::proportions::difference(*treated, *holdout)?, standard_error(*treated, *holdout)?);
        (treated.n >= FEW && holdout.n >= FEW && se > 0.0).then(|| (d, 1.0 / (se * se)))
    };
    let all: Vec<(f64, f64)> = arms.iter().filter_map(one).collect();
    let weight: f64 = all.iter().map(|(_, w)| w).sum();
    let mean = all.iter().map(|(d, w)| d * w).sum::<f64>() / weight;
    let chi2: f64 = all.iter().map(|(d, w)| w * (d - mean) * (d - mean)).sum();
    (all.len() > 1).then(|| ChiSquare { chi2, p: chi_square_above(chi2, (all.len() - 1) as f64) })
}

#[cfg(test)]
mod tests {
    use super::{super::verdict::Question, *};

    /// `tests/oracle/reports.py`: statsmodels, combine_effects(…).test_homogeneity().
    #[test]
    fn whether_groups_differ_is_what_statsmodels_says() {
        for line in include_str!("../../../tests/data/numbers/reports/heterogeneity.csv").lines().skip(1) {
            let (arms, wanted) = line.split_once(',').unwrap();
            let numbers: Vec<u64> = arms.split(' ').map(|n| n.parse().unwrap()).collect();
            let pair = |c: &[u64]| (Counts { events: c[0], n: c[1] }, Counts { events: c[2], n: c[3] });
            let found = heterogeneity(&numbers.chunks(4).map(pair).collect::<Vec<_>>()).unwrap();
            let (q, p) = wanted.split_once(',').unwrap();
            let near = |a: f64, b: &str| (a - b.parse::<f64>().unwrap()).abs() < 1e-9;
            assert!(near(found.chi2, q) && near(found.p, p), "{line}: {found:?}");
        }
    }

    /// Two groups: in one it keeps customers, in the other it does nothing. And twenty groups in which nothing happens:
    /// looked at one by one something would be found in one of them.
    #[test]
    fn a_group_counts_only_after_the_number_of_groups_is_allowed_for() {
        let question = Question { lower_is_better: true, mde: 0.02 };
        let terms = Terms { horizon: 30, question, held_out: 0.5, today: 200, until: Some(150) };
        let case = |n: usize, every: usize, treated: bool| Case {
            treated,
            began: 100,
            happened: n.is_multiple_of(every).then_some(110),
            ..Case::default()
        };
        let arms = |value: &str, with: usize, without: usize| {
            let one = |treated: bool, every: usize| (0..400).map(move |n| case(n, every, treated));
            let all = one(true, with).chain(one(false, without));
            all.map(|case| (value.to_owned(), case)).collect::<Vec<_>>()
        };
        let found = parts("plan", &[arms("small", 20, 5), arms("large", 10, 10)].concat(), &terms);
        let told: Vec<_> = found.rows.iter().map(|row| (row.value.as_str(), row.verdict)).collect();
        assert_eq!(told, [("large", Verdict::NotEnoughData), ("small", Verdict::Helps)]);
        assert!(found.heterogeneity.unwrap().p < 0.001, "{found:?}");
        let chance: Vec<_> = (0..20).flat_map(|n| arms(&n.to_string(), if n == 7 { 17 } else { 10 }, 10)).collect();
        let found = parts("plan", &chance, &terms);
        let seven = found.rows.iter().find(|row| row.value == "7").unwrap();
        assert!(
            effect(&chance.iter().filter(|(v, _)| v == "7").map(|(_, c)| *c).collect::<Vec<_>>(), &terms).verdict
                == Verdict::Helps
        );
        assert_eq!(seven.verdict, Verdict::NotEnoughData, "one of twenty is what chance finds: {seven:?}");
    }
}
