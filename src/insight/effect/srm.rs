//! Sample ratio mismatch: do the arms hold as many as the design says? If not, the comparison is worth nothing.

use super::{dist::chi_square_above, log_rank::ChiSquare};

/// Below this p the arms do not fit the design.
pub const ALARM: f64 = 0.001;

/// Chi-square of `counts` against their designed `shares` (which sum to 1). None of nobody, or where a share is none.
pub fn mismatch(counts: &[u64], shares: &[f64]) -> Option<ChiSquare> {
    let total = counts.iter().sum::<u64>() as f64;
    if total == 0.0 || counts.len() != shares.len() || counts.len() < 2 || !shares.iter().all(|s| *s > 0.0) {
        return None;
    }
    let part = |(count, share): (&u64, &f64)| (*count as f64 - share * total).powi(2) / (share * total);
    let chi2 = counts.iter().zip(shares).map(part).sum();
    Some(ChiSquare { chi2, p: chi_square_above(chi2, counts.len() as f64 - 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mismatch_is_scipys_chi_square() {
        for line in include_str!("../../../tests/data/numbers/effect/srm.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let counts: Vec<u64> = cell[0].split(' ').map(|c| c.parse().unwrap()).collect();
            let shares: Vec<f64> = cell[1].split(' ').map(|c| c.parse().unwrap()).collect();
            let (found, p) = (mismatch(&counts, &shares).unwrap(), cell[3].parse::<f64>().unwrap());
            assert!((found.chi2 - cell[2].parse::<f64>().unwrap()).abs() < 1e-9, "{line}: {found:?}");
            assert!((found.p / p - 1.0).abs() < 1e-9, "{line}: {found:?}");
        }
        assert!(mismatch(&[940, 60], &[0.9, 0.1]).unwrap().p < ALARM);
    }

    #[test]
    fn without_a_design_nothing_is_judged() {
        assert_eq!((mismatch(&[0, 0], &[0.5, 0.5]), mismatch(&[5, 0], &[1.0, 0.0])), (None, None));
    }
}
