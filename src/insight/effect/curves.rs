//! The two arms day by day: who is not there yet (has not left, has not reached the goal), from the day each account began.

use serde::Serialize;

use super::{
    compare::known,
    report::{Case, Terms},
};
use crate::insight::survival::{Observed, kaplan_meier};

/// Spaces between the days at which accounts are counted.
const SPACES: i32 = 5;

/// One arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// (day, share to whom it has not happened after that day), at each day on which it happened; Kaplan–Meier.
    pub steps: Vec<(f64, f64)>,
    /// The last day on which anybody was still followed: the curve says nothing beyond.
    pub followed: f64,
}

/// Both arms at one day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Days from the start of each account.
    pub day: i32,
    /// The treated.
    pub treated: At,
    /// Those held out.
    pub holdout: At,
}

/// One arm at one day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct At {
    /// Share to whom it has not happened after that day; none beyond the last day that anybody was followed.
    pub share: Option<f64>,
    /// Accounts at risk just before the day ends: it had not happened before, and they are followed so far.
    pub at_risk: u64,
}

/// Both arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// Days from eligibility within which it counts.
    pub within_days: i32,
    /// The treated.
    pub treated: Curve,
    /// Those held out.
    pub holdout: Curve,
    /// The same at a few days.
    pub marks: Vec<Mark>,
}

/// The curves that the log-rank test of [`super::compare::effect`] compares: the same accounts, followed as far.
pub fn curves(all: &[Case], terms: &Terms) -> Curves {
    let (cases, terms) = known(all, terms);
    let [treated, holdout] = [true, false].map(|arm| terms.followed(&cases, arm));
    let (treated_curve, holdout_curve) = (curve(&treated), curve(&holdout));
    let mut days: Vec<i32> = (0..=SPACES).map(|n| (terms.horizon * n + SPACES / 2) / SPACES).collect();
    days.dedup();
    let mark =
        |day: i32| Mark { day, treated: at(&treated_curve, &treated, day), holdout: at(&holdout_curve, &holdout, day) };
    let marks = days.into_iter().map(mark).collect();
    Curves { within_days: terms.horizon, marks, treated: treated_curve, holdout: holdout_curve }
}

fn curve(observed: &[Observed]) -> Curve {
    let followed = observed.iter().map(|o| o.0).fold(0.0, f64::max);
    Curve { steps: kaplan_meier(observed), followed }
}

fn at(curve: &Curve, observed: &[Observed], day: i32) -> At {
    let day = f64::from(day);
    let inside = !observed.is_empty() && (day <= curve.followed || curve.steps.last().is_some_and(|s| s.1 <= 0.0));
    let before = curve.steps.iter().take_while(|step| step.0 <= day).last();
    let share = inside.then(|| before.map_or(1.0, |step| step.1));
    At { share, at_risk: observed.iter().filter(|o| o.0 >= day).count() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::effect::{compare::effect, verdict::Question};

    const TERMS: Terms = Terms {
        horizon: 60,
        question: Question { lower_is_better: true, mde: 0.02 },
        held_out: 0.5,
        today: 1_000,
        until: None,
    };

    /// The accounts of one case of `survival.csv`: whoever is seen for `day` days began so many days before yesterday.
    fn cases(which: &str) -> Vec<Case> {
        let text = include_str!("../../../tests/data/numbers/effect/survival.csv");
        let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        let case = |row: Vec<&str>| {
            let day: i32 = row[2].parse().unwrap();
            let began = TERMS.today - 1 - day;
            let happened = (row[3] == "1").then_some(began + day);
            Case { treated: row[1] == "0", began, happened, ..Case::default() }
        };
        rows.filter(|row| row[0] == which).map(case).collect()
    }

    /// lifelines 0.30.3: `survival_function_at_times` and `event_table`, days cut at the horizon.
    #[test]
    fn shares_and_numbers_at_risk_are_those_of_lifelines() {
        let mut seen = 0;
        for line in include_str!("../../../tests/data/numbers/effect/curves-expected.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let found = curves(&cases(cell[0]), &TERMS);
            let mark = found.marks.iter().find(|mark| mark.day.to_string() == cell[2]).unwrap();
            let at = if cell[1] == "0" { mark.treated } else { mark.holdout };
            let share: Option<f64> = cell[3].parse().ok();
            let near = match (at.share, share) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(near && at.at_risk.to_string() == cell[4], "{line}: {at:?}");
            seen += 1;
        }
        assert_eq!(seen, 12 * 2 * 6);
    }

    #[test]
    fn what_became_known_after_the_declared_end_is_in_no_curve() {
        let one = |began, happened| Case { treated: true, began, happened, ..Case::default() };
        let all = [one(0, Some(5)), one(0, Some(20)), one(10, None)];
        let terms = Terms { today: 40, until: Some(10), ..TERMS };
        let found = curves(&all, &terms);
        assert_eq!(found.treated, Curve { steps: vec![(5.0, 0.5)], followed: 9.0 });
        assert_eq!(effect(&all, &terms).treated.assigned, 2, "the same accounts as in the verdict");
        assert_eq!(found.marks[0].treated, At { share: Some(1.0), at_risk: 2 });
        assert_eq!(found.marks[1].treated, At { share: None, at_risk: 0 }, "nobody was followed for 12 days");
        assert_eq!(found.holdout, Curve::default());
        assert_eq!(found.marks[0].holdout, At { share: None, at_risk: 0 }, "of nobody there is no share");
    }

    #[test]
    fn a_short_time_has_each_day_once() {
        let days = |horizon| curves(&[], &Terms { horizon, ..TERMS }).marks.iter().map(|m| m.day).collect::<Vec<_>>();
        assert_eq!((days(2), days(90)), (vec![0, 1, 2], vec![0, 18, 36, 54, 72, 90]));
    }
}
