//! The area under the ROC curve: how often one who left stood worse than one who stayed (ties count half).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::insight::effect::dist::{two_sided_p, two_sided_z};

/// Level of the intervals.
const ALPHA: f64 = 0.05;
/// A variance below this is rounding.
const NOTHING: f64 = 1e-18;

/// One account at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// Rows of one account are not independent of each other: they share this.
    pub account: i64,
    /// The higher, the sooner it is expected to leave.
    pub risk: f64,
    /// Whether it left.
    pub lost: bool,
}

/// An area with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Auc {
    /// 0.5 = no better than drawing lots, 1 = everybody who left stood worse than everybody who stayed.
    pub value: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
    /// How the interval was made: `delong`, or `newcombe` where there is no spread to estimate it from.
    pub method: &'static str,
}

/// Two rankings of the same cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Area of the first − area of the second.
    pub diff: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
    /// Two-sided p; none where the two rank everybody alike.
    pub p: Option<f64>,
}

impl Auc {
    /// Better than chance, the interval included.
    pub fn foretells(&self) -> bool {
        self.ci95[0] > 0.5
    }

    /// Worse than chance, the interval included: whoever stands better leaves sooner.
    pub fn misleads(&self) -> bool {
        self.ci95[1] < 0.5
    }
}

/// The area (Mann–Whitney U / (n₁·n₀)) with DeLong's interval (E. R. DeLong et al., Biometrics 44, 1988), rows of one
/// account taken together (N. A. Obuchowski, Biometrics 53, 1997; the same where every account has one row). None where
/// nobody left or nobody stayed.
pub fn auc(cases: &[Case]) -> Option<Auc> {
    let places = Places::of(cases)?;
    let (value, z) = (places.area, two_sided_z(ALPHA));
    let (lost, stayed) = (places.lost as f64, places.stayed as f64);
    Some(match places.variance(None).filter(|v| *v > NOTHING) {
        Some(variance) => {
            let half = z * variance.sqrt();
            Auc { value, ci95: [(value - half).max(0.0), (value + half).min(1.0)], method: "delong" }
        }
        None => Auc { value, ci95: newcombe(value, lost, stayed, z), method: "newcombe" },
    })
}

/// What the first ranking has over the second on the same cases in the same order (DeLong's paired comparison).
pub fn compare(first: &[Case], second: &[Case]) -> Option<Difference> {
    let (a, b) = (Places::of(first)?, Places::of(second)?);
    let diff = a.area - b.area;
    let se = a.variance(Some(&b)).filter(|v| *v > NOTHING).map_or(0.0, f64::sqrt);
    let half = two_sided_z(ALPHA) * se;
    Some(Difference { diff, ci95: [diff - half, diff + half], p: (se > 0.0).then(|| two_sided_p(diff / se)) })
}

/// Where every case stands among those of the other outcome.
struct Places {
    area: f64,
    lost: usize,
    stayed: usize,
    /// By case: its account, whether it was lost, the share of the others it stands right of (ties half).
    of: Vec<(i64, bool, f64)>,
}

impl Places {
    fn of(cases: &[Case]) -> Option<Places> {
        let sorted = |lost: bool| {
            let mut risks: Vec<f64> = cases.iter().filter(|c| c.lost == lost).map(|c| c.risk).collect();
            risks.sort_by(f64::total_cmp);
            risks
        };
        let (lost, stayed) = (sorted(true), sorted(false));
        if lost.is_empty() || stayed.is_empty() {
            return None;
        }
        let place = |case: &Case| {
            let others = if case.lost { &stayed } else { &lost };
            let (below, upto) =
                (others.partition_point(|r| *r < case.risk), others.partition_point(|r| *r <= case.risk));
            let worse = (below + upto) as f64 / 2.0 / others.len() as f64;
            (case.account, case.lost, if case.lost { worse } else { 1.0 - worse })
        };
        let of: Vec<(i64, bool, f64)> = cases.iter().map(place).collect();
        let area = of.iter().filter(|(_, lost, _)| *lost).map(|(.., place)| place).sum::<f64>() / lost.len() as f64;
        Some(Places { area, lost: lost.len(), stayed: stayed.len(), of })
    }

    /// Variance of the area, or of its difference to another of the same cases.
    fn variance(&self, other: Option<&Places>) -> Option<f64> {
        let area = self.area - other.map_or(0.0, |o| o.area);
        let (m, n) = (self.lost as f64, self.stayed as f64);
        let mut clusters: BTreeMap<i64, [f64; 2]> = BTreeMap::new();
        let (mut with_lost, mut with_stayed) = (BTreeMap::new(), BTreeMap::new());
        for (index, (account, lost, place)) in self.of.iter().enumerate() {
            let place = place - other.and_then(|o| o.of.get(index)).map_or(0.0, |o| o.2);
            let sums = clusters.entry(*account).or_default();
            sums[usize::from(!lost)] += place - area;
            if *lost {
                with_lost.insert(*account, ())
            } else {
                with_stayed.insert(*account, ())
            };
        }
        let spread = |side: usize, count: usize, rows: f64| {
            let squares: f64 = clusters.values().map(|sums| sums[side] * sums[side]).sum();
            (count > 1).then(|| count as f64 / ((count as f64 - 1.0) * rows) * squares)
        };
        let (of_lost, of_stayed) = (spread(0, with_lost.len(), m)?, spread(1, with_stayed.len(), n)?);
        let all = clusters.len() as f64;
        let both = all / (all - 1.0) * clusters.values().map(|sums| sums[0] * sums[1]).sum::<f64>();
        Some(of_lost / m + of_stayed / n + 2.0 * both / (m * n))
    }
}

/// Score-like interval that keeps a width at 0 and 1 (R. G. Newcombe, Statist. Med. 25, 2006, part 2, method 5).
fn newcombe(area: f64, lost: f64, stayed: f64, z: f64) -> [f64; 2] {
    let middle = (lost + stayed) / 2.0 - 1.0;
    let error = |t: f64| {
        let inner = 1.0 + middle * ((1.0 - t) / (2.0 - t) + t / (1.0 + t));
        z * (t * (1.0 - t) * inner / (lost * stayed)).sqrt()
    };
    // Between `near`, which is inside, and `far`, which is not.
    let edge = |mut near: f64, mut far: f64| {
        for _ in 0..200 {
            let t = (near + far) / 2.0;
            if (t - area).abs() <= error(t) { near = t } else { far = t }
        }
        near
    };
    [edge(area, 0.0), edge(area, 1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    fn cases(risks: &[f64], lost: &[bool]) -> Vec<Case> {
        let case = |(i, (risk, lost)): (usize, (&f64, &bool))| Case { account: i as i64, risk: *risk, lost: *lost };
        risks.iter().zip(lost).enumerate().map(case).collect()
    }

    /// scikit-learn 1.9 `roc_auc_score`.
    #[test]
    fn ten_accounts_have_the_area_of_the_reference() {
        let risk = [0.1, 0.2, 0.8, 0.3, 0.35, 0.35, 0.05, 0.6, 0.4, 0.15];
        let lost = [2, 4, 7].into_iter().collect::<std::collections::BTreeSet<_>>();
        let lost: Vec<bool> = (0..10).map(|i| lost.contains(&i)).collect();
        assert!(near(auc(&cases(&risk, &lost)).unwrap().value, 0.928_571_428_571_429));
    }

    #[test]
    fn random_rankings_agree_with_the_reference_implementations() {
        let mut sets: BTreeMap<String, Vec<(Case, f64)>> = BTreeMap::new();
        for line in include_str!("../../../tests/data/numbers/score/rankings.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let case = Case { account: cell[1].parse().unwrap(), risk: cell[2].parse().unwrap(), lost: cell[4] == "1" };
            sets.entry(cell[0].to_owned()).or_default().push((case, cell[3].parse().unwrap()));
        }
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/score/auc.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let float = |i: usize| cell[i].parse::<f64>().unwrap();
            let first: Vec<Case> = sets[cell[0]].iter().map(|(case, _)| *case).collect();
            let second: Vec<Case> = sets[cell[0]].iter().map(|(case, risk)| Case { risk: *risk, ..*case }).collect();
            let found = auc(&first).unwrap();
            assert!(near(found.value, float(1)), "{line}: {found:?}");
            assert!(near(found.ci95[0], float(2)) && near(found.ci95[1], float(3)), "{line}: {found:?}");
            assert_eq!(found.method, cell[4], "{line}");
            let found = compare(&first, &second).unwrap();
            assert!(near(found.diff, float(5)), "{line}: {found:?}");
            assert!(near(found.ci95[0], float(6)) && near(found.ci95[1], float(7)), "{line}: {found:?}");
            match cell[8].parse::<f64>() {
                Ok(p) => assert!(near(found.p.unwrap(), p), "{line}: {found:?}"),
                Err(_) => assert_eq!(found.p, None, "{line}"),
            }
            rows += 1;
        }
        assert_eq!(rows, 26);
    }

    #[test]
    fn nobody_to_compare_with_has_no_area_and_one_value_for_all_is_chance() {
        assert_eq!(auc(&cases(&[1.0, 2.0], &[true, true])), None);
        assert_eq!(auc(&[]), None);
        let flat = auc(&cases(&[1.0; 6], &[true, true, false, false, false, false])).unwrap();
        assert_eq!((flat.value, flat.foretells(), flat.misleads()), (0.5, false, false));
    }

    /// Three that left below three that stayed: the spread is nothing, but three are not certainty.
    #[test]
    fn few_accounts_parted_cleanly_are_not_certain() {
        let found = auc(&cases(&[6.0, 5.0, 4.0, 3.0, 2.0, 1.0], &[true, true, true, false, false, false])).unwrap();
        assert_eq!((found.value, found.ci95[1], found.method), (1.0, 1.0, "newcombe"));
        assert!(found.ci95[0] < 0.7, "{found:?}");
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_area_and_a_turned_ranking_its_mirror(rows in prop::collection::vec((0i64..9, 0u8..6, any::<bool>()), 2..60)) {
            let all: Vec<Case> = rows.iter().map(|(a, r, lost)| Case { account: *a, risk: f64::from(*r), lost: *lost }).collect();
            let turned: Vec<Case> = all.iter().map(|c| Case { risk: -c.risk, ..*c }).collect();
            if let (Some(found), Some(mirror)) = (auc(&all), auc(&turned)) {
                let [low, high] = found.ci95;
                prop_assert!(0.0 <= low && low <= found.value + 1e-12 && found.value <= high + 1e-12 && high <= 1.0, "{found:?}");
                prop_assert!((found.value + mirror.value - 1.0).abs() < 1e-9);
                prop_assert!((low + mirror.ci95[1] - 1.0).abs() < 1e-9, "{found:?} {mirror:?}");
            }
        }
    }
}
