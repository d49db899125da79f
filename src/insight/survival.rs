//! How long it takes, where not everybody has got there yet: Kaplan–Meier, and Aalen–Johansen where leaving first makes it
//! impossible (E. L. Kaplan and P. Meier, JASA 53, 1958; O. Aalen and S. Johansen, Scand. J. Statist. 5, 1978).

/// How the observation of one account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What was waited for happened.
    Reached,
    /// It can no longer happen (the customer left first).
    Left,
    /// Not yet.
    Open,
}

/// Days from the start, and how the observation ended then.
pub type Observed = (f64, Ended);

/// The Kaplan–Meier curve: (day, share not yet there after it), at each day on which somebody got there. Everything but
/// `Reached` counts as not followed further; at one day those who got there come before those who left sight.
pub fn kaplan_meier(observed: &[Observed]) -> Vec<(f64, f64)> {
    let mut share = 1.0;
    let mut curve = Vec::new();
    for (day, at_risk, reached, _) in tally(observed) {
        if reached > 0.0 {
            share *= 1.0 - reached / at_risk;
            curve.push((day, share));
        }
    }
    curve
}

/// The first day by which at most half are not there yet; none where it was never reached.
pub fn median(curve: &[(f64, f64)]) -> Option<f64> {
    first_below(curve, 0.5)
}

/// The first day by which at most `share` are not there yet; none where it was never reached.
pub fn first_below(curve: &[(f64, f64)], share: f64) -> Option<f64> {
    curve.iter().find(|(_, open)| *open <= share + 1e-12).map(|(day, _)| *day)
}

/// A 95 % interval of the median: the days between which the log(−log) band of the curve (Greenwood's variance) holds 0.5.
/// The upper end is none where the band never falls to it.
pub fn median_interval(observed: &[Observed]) -> (Option<f64>, Option<f64>) {
    let band = greenwood(observed);
    let first = |side: fn(&(f64, f64, f64)) -> f64| band.iter().find(|row| side(row) <= 0.5 + 1e-12).map(|row| row.0);
    (first(|row| row.1), first(|row| row.2))
}

/// (day, lower, upper) of the curve's 95 % band by the log(−log) transformation.
pub fn greenwood(observed: &[Observed]) -> Vec<(f64, f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054;
    let (mut share, mut sum, mut band) = (1.0_f64, 0.0, Vec::new());
    for (day, at_risk, reached, _) in tally(observed) {
        if reached == 0.0 {
            continue;
        }
        share *= 1.0 - reached / at_risk;
        sum += reached / (at_risk * (at_risk - reached));
        if share <= 0.0 {
            band.push((day, 0.0, 0.0));
            continue;
        }
        let width = Z * sum.sqrt() / share.ln();
        let (a, b) = (share.powf(width.exp()), share.powf((-width).exp()));
        band.push((day, a.min(b), a.max(b)));
    }
    band
}

/// Aalen–Johansen: the share that got there by `day`, and the share that had left before getting there.
pub fn incidence(observed: &[Observed], day: f64) -> (f64, f64) {
    let (mut free, mut reached_by, mut left_by) = (1.0, 0.0, 0.0);
    for (at, at_risk, reached, left) in tally(observed) {
        if at > day {
            break;
        }
        reached_by += free * reached / at_risk;
        left_by += free * left / at_risk;
        free *= 1.0 - (reached + left) / at_risk;
    }
    (reached_by, left_by)
}

/// The first day by which half got there although others left; none where it was never reached.
pub fn median_incidence(observed: &[Observed]) -> Option<f64> {
    let mut days: Vec<f64> = observed.iter().filter(|o| o.1 == Ended::Reached).map(|o| o.0).collect();
    days.sort_by(f64::total_cmp);
    days.into_iter().find(|day| incidence(observed, *day).0 >= 0.5 - 1e-12)
}

/// (day, at risk before it, reached on it, left on it) in order of days.
pub(super) fn tally(observed: &[Observed]) -> Vec<(f64, f64, f64, f64)> {
    let mut sorted = observed.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rows: Vec<(f64, f64, f64, f64)> = Vec::new();
    let mut at_risk = sorted.len() as f64;
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let count = |which: Ended| group.iter().filter(|o| o.1 == which).count() as f64;
        let day = group.first().map_or(0.0, |o| o.0);
        rows.push((day, at_risk, count(Ended::Reached), count(Ended::Left)));
        at_risk -= group.len() as f64;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(days: &[f64], ends: &[u8]) -> Vec<Observed> {
        let end = |e: &u8| match e {
            0 => Ended::Open,
            1 => Ended::Reached,
            _ => Ended::Left,
        };
        days.iter().copied().zip(ends.iter().map(end)).collect()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// lifelines 0.30.3, KaplanMeierFitter.
    #[test]
    fn the_curve_its_median_and_interval_are_those_of_lifelines() {
        let set = observed(&[1., 2., 2., 3., 4., 5., 5., 7., 8., 9., 10., 12.], &[1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0]);
        let expected = [
            (1., 0.916_666_666_667),
            (2., 0.833_333_333_333),
            (3., 0.740_740_740_741),
            (4., 0.648_148_148_148),
            (5., 0.555_555_555_556),
            (7., 0.444_444_444_444),
            (9., 0.296_296_296_296),
        ];
        let curve = kaplan_meier(&set);
        assert_eq!(curve.len(), expected.len());
        assert!(curve.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && near(a.1, b.1)), "{curve:?}");
        assert_eq!((median(&curve), median_interval(&set)), (Some(7.0), (Some(2.0), None)));
        let at_five = greenwood(&set).into_iter().find(|row| row.0 == 5.0).unwrap();
        assert!(near(at_five.1, 0.236_900_207_733_180) && near(at_five.2, 0.786_701_466_387_592), "{at_five:?}");
    }

    #[test]
    fn a_median_may_be_met_exactly_or_never() {
        assert_eq!(median(&kaplan_meier(&observed(&[3., 5., 8., 9.], &[0, 0, 1, 0]))), Some(8.0));
        assert_eq!(median(&kaplan_meier(&observed(&[3., 5., 8., 9.], &[1, 0, 0, 0]))), None);
        assert_eq!((median(&kaplan_meier(&[])), median_incidence(&[])), (None, None));
    }

    /// lifelines 0.30.3, AalenJohansenFitter; the naive 1 − KM would say 0.747.
    #[test]
    fn who_left_first_did_not_get_there_later() {
        let set = observed(&[1., 2., 3., 4., 5., 6., 7., 8., 9., 10.], &[1, 2, 1, 1, 0, 2, 1, 0, 1, 0]);
        for (day, reached) in [(1., 0.1), (3., 0.2), (4., 0.3), (7., 0.42), (9., 0.6)] {
            assert!(near(incidence(&set, day).0, reached), "day {day}");
        }
        assert!(near(incidence(&set, 2.).1, 0.1) && near(incidence(&set, 6.).1, 0.22));
        assert_eq!(median_incidence(&set), Some(9.0));
    }

    #[test]
    fn without_anybody_out_of_sight_the_curve_is_the_plain_share() {
        let curve = kaplan_meier(&observed(&[1., 2., 2., 5.], &[1, 1, 1, 1]));
        assert!(curve.iter().zip([0.75, 0.25, 0.0]).all(|(a, b)| near(a.1, b)), "{curve:?}");
    }

    #[test]
    fn reached_left_and_still_open_make_one() {
        let set = observed(&[1., 1., 2., 2., 3., 3.], &[1, 2, 0, 1, 2, 1]);
        let (reached, left) = incidence(&set, 3.0);
        assert!(near(reached + left, 1.0), "everybody's end is known by then: {reached} {left}");
    }
}
