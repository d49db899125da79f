//! Several questions at once: p values that allow for it.

/// Holm's step-down p values: the chance of any false finding among them.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut floor = 0.0_f64;
    for (rank, (index, value)) in ascending(p).into_iter().enumerate() {
        floor = floor.max(value * (p.len() - rank) as f64).min(1.0);
        adjusted[index] = floor;
    }
    adjusted
}

/// Benjamini and Hochberg's p values: the share of false ones among what is found.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut ceiling = 1.0_f64;
    for (rank, (index, value)) in ascending(p).into_iter().enumerate().rev() {
        ceiling = ceiling.min(value * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = ceiling;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn the_adjusted_values_are_statsmodels() {
        let p = [0.01, 0.04, 0.03, 0.2];
        assert!(same(&holm(&p), &[0.04, 0.09, 0.09, 0.2]));
        assert!(same(&benjamini_hochberg(&p), &[0.04, 0.16 / 3.0, 0.16 / 3.0, 0.2]));
        for line in include_str!("../../../tests/data/numbers/effect/adjusted.csv").lines().skip(1) {
            let list = |cell: &str| cell.split(' ').map(|v| v.parse().unwrap()).collect::<Vec<f64>>();
            let cell: Vec<Vec<f64>> = line.split(',').map(list).collect();
            assert!(same(&holm(&cell[0]), &cell[1]), "{line}");
            assert!(same(&benjamini_hochberg(&cell[0]), &cell[2]), "{line}");
        }
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }
}
