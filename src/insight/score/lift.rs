//! How much denser churn is where the score is worst.

use super::auc::Case;

/// The share looked at first: a tenth.
pub const TOP: f64 = 0.1;
/// Fewer accounts than this have no tenth.
const FEWEST: usize = 10;

/// Churn in the worst tenth over churn of all (C. Gold, *Fighting Churn With Data*, 2020, listing 9.2). Of accounts
/// that stand alike at the edge of the tenth the expected share counts, whatever their order. None below ten accounts or
/// without churn.
pub fn top_decile(cases: &[Case]) -> Option<f64> {
    let lost = cases.iter().filter(|c| c.lost).count();
    if cases.len() < FEWEST || lost == 0 {
        return None;
    }
    let mut sorted: Vec<&Case> = cases.iter().collect();
    sorted.sort_by(|a, b| b.risk.total_cmp(&a.risk));
    let mut room = cases.len() as f64 * TOP;
    let mut caught = 0.0;
    for alike in sorted.chunk_by(|a, b| a.risk == b.risk) {
        let (n, events) = (alike.len() as f64, alike.iter().filter(|c| c.lost).count() as f64);
        caught += events * (room / n).min(1.0);
        room -= n;
        if room <= 0.0 {
            break;
        }
    }
    Some(caught / lost as f64 / TOP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(rows: impl Iterator<Item = (f64, bool)>) -> Vec<Case> {
        rows.map(|(risk, lost)| Case { account: 0, risk, lost }).collect()
    }

    #[test]
    fn the_lift_of_the_reference_and_of_ties_whatever_their_order() {
        // Twenty alike, four of them lost: any tenth of them is as good as any other.
        let flat = cases((0..20).map(|i| (1.0, i < 4)));
        assert_eq!(top_decile(&flat), Some(1.0));
        let turned = cases((0..20).rev().map(|i| (1.0, i < 4)));
        assert_eq!(top_decile(&turned), Some(1.0));
        assert_eq!(top_decile(&cases((0..20).map(|i| (f64::from(i), i >= 18)))), Some(10.0));
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/score/lift.csv").lines().skip(1) {
            let (list, expected) = line.split_once(',').unwrap();
            let row = |cell: &str| {
                let (risk, lost) = cell.split_once(':').unwrap();
                (risk.parse().unwrap(), lost == "1")
            };
            let found = top_decile(&cases(list.split(' ').map(row))).unwrap();
            assert!((found - expected.parse::<f64>().unwrap()).abs() < 1e-9, "{line}: {found}");
            rows += 1;
        }
        assert_eq!(rows, 12);
    }

    #[test]
    fn nine_accounts_have_no_tenth_and_no_churn_has_no_lift() {
        assert_eq!(top_decile(&cases((0..9).map(|i| (f64::from(i), i == 0)))), None);
        assert_eq!(top_decile(&cases((0..50).map(|i| (f64::from(i), false)))), None);
    }
}
