//! Against `tests/oracle/reports.py` (lifelines, statsmodels, and Aalen–Johansen by a second program).

use std::collections::BTreeMap;

use super::{path::Starter, phases::Stage, *};
use crate::{insight::kpi::customer::Asked, model::ids::AccountId};

const STARTERS: &str = include_str!("../../../tests/data/numbers/reports/starters.csv");
const PHASES: &str = include_str!("../../../tests/data/numbers/reports/phases.csv");
const MILESTONES: &str = include_str!("../../../tests/data/numbers/reports/milestones.csv");
/// The day of the report.
const TO: i32 = 400;

fn rows(csv: &'static str) -> impl Iterator<Item = Vec<Option<&'static str>>> {
    csv.lines().skip(1).map(|row| row.split(',').map(|cell| Some(cell).filter(|c| !c.is_empty())).collect())
}

fn number<T: std::str::FromStr>(cell: Option<&str>) -> Option<T> {
    cell.and_then(|text| text.parse().ok())
}

fn starters() -> Vec<Starter> {
    let one = |row: Vec<Option<&str>>| {
        let day = |n: usize| number::<i32>(row[n]);
        let reached = [("setup", day(6)), ("value", day(7))];
        Starter {
            id: AccountId(day(0).unwrap().into()),
            start: day(1).unwrap(),
            seen: day(2).unwrap(),
            lost: day(3),
            reached: vec![day(1), day(4), day(5)],
            milestones: reached.into_iter().filter_map(|(name, day)| Some((name.to_owned(), day?))).collect(),
        }
    };
    rows(STARTERS).map(one).collect()
}

fn found(starters: &[Starter]) -> Onboarding {
    let stage = |name: &str| Stage { name: name.to_owned(), expected: Some(30), stuck_after: Some(45) };
    let input = Input {
        book: &Book::default(),
        customers: &[],
        asked: &Asked { required: vec!["setup".to_owned(), "value".to_owned()], ..Asked::default() },
        stages: &["start", "use", "grow"].map(stage),
        milestones: &["setup".to_owned(), "value".to_owned()],
        starters,
        steps: Vec::new(),
        target: Some(0.8),
    };
    report(input, TO)
}

#[test]
fn the_funnel_is_that_of_a_second_program() {
    let found = found(&starters());
    assert_eq!(
        (found.started, found.heard_late),
        (110, 10),
        "ten of the 120 were heard of twenty days after their start"
    );
    let mut left = 0;
    for (row, wanted) in found.phases.iter().zip(rows(PHASES)) {
        let count = |n: usize| number::<u64>(wanted[n]).unwrap();
        assert_eq!(
            (row.reached, row.moved_on, row.left, row.there),
            (count(1), count(2), count(3), count(4)),
            "{row:?}"
        );
        assert_eq!(row.median_days, number(wanted[5]), "{row:?}");
        let [Some(low), Some(high)] = row.drop_off.ci95.unwrap() else { panic!("an open end") };
        let near = |a: f64, n: usize| (a - number::<f64>(wanted[n]).unwrap()).abs() < 1e-9;
        assert!(near(low, 6) && near(high, 7), "{row:?}");
        assert_eq!(row.reached, row.moved_on + row.left + row.there);
        left += row.left;
    }
    assert_eq!((found.phases.len(), left, found.largest_drop), (3, 45, Some(1)));
}

#[test]
fn days_to_milestones_are_those_of_lifelines() {
    for (row, wanted) in found(&starters()).milestones.iter().zip(rows(MILESTONES)) {
        let count = |n: usize| number::<u64>(wanted[n]).unwrap();
        assert_eq!((row.n, row.reached, row.left), (count(1), count(2), count(3)), "{row:?}");
        assert_eq!((row.median_days, row.ci95), (number(wanted[4]), [number(wanted[5]), number(wanted[6])]));
        assert_eq!(row.p75_days, number(wanted[7]));
        assert!((row.mean_days_of_reached.unwrap() - number::<f64>(wanted[8]).unwrap()).abs() < 1e-9, "{row:?}");
        assert_eq!(row.open, row.n - row.reached - row.left);
        let never = (row.n - row.reached) as f64 / row.n as f64;
        assert!((row.never.unwrap() - never).abs() < 1e-12);
    }
}

#[test]
fn completion_by_month_adds_up_to_that_of_the_year_and_leaves_young_customers_out() {
    let found = found(&starters());
    let sum = |of: fn(&Rate) -> i64| found.by_month.iter().map(|month| of(&month.completion)).sum::<i64>();
    assert_eq!(sum(|rate| rate.numerator), found.completion.numerator);
    assert_eq!(sum(|rate| rate.denominator as i64), found.completion.denominator as i64);
    let due = |s: &Starter| (TO - COHORT_DAYS..TO).contains(&(s.start + 30)) && s.seen <= s.start + 30;
    assert_eq!(found.completion.denominator, starters().iter().filter(|s| due(s)).count() as u64);
    assert_eq!(found.completion.target, Some(0.8));
}

#[test]
fn nobody_is_no_rate_and_no_panic() {
    let found = found(&[]);
    assert_eq!((found.started, found.completion.value, found.largest_drop), (0, None, None));
    assert!(found.phases.iter().all(|row| row.drop_off.value.is_none() && row.median_days.is_none()));
    assert!(found.milestones.iter().all(|row| row.never.is_none() && row.median_days.is_none()));
}

mod after_a_message {
    use super::{super::steps, *};
    use crate::model::{
        ids::RunId,
        instant::{DAY, Instant},
        run::{Arm, Run, StepRecord},
        value::Props,
    };
    use jiff::tz::TimeZone;

    fn run(sent: i64, clicked: bool, arm: Arm) -> Run {
        let marks = [("sent", true), ("clicked", clicked)].into_iter().filter(|(_, there)| *there);
        let marks = marks.map(|(name, _)| (name.to_owned(), Instant(sent * DAY))).collect();
        Run {
            id: RunId(sent.to_string()),
            playbook: "p".into(),
            playbook_hash: String::new(),
            contact: None,
            personal: false,
            key: String::new(),
            cause: String::new(),
            date: None,
            arm,
            started: Instant(sent * DAY),
            start: Props::new(),
            frozen: Props::new(),
            at: None,
            since: Instant(0),
            until: None,
            waiting: String::new(),
            hold_until: None,
            steps: BTreeMap::from([("s".to_owned(), StepRecord { marks, ..StepRecord::default() })]),
            goal_latched: false,
            ended: None,
            result: None,
            goal_at: None,
            origin: None,
            held_out: 0.0,
            reply_at: None,
            reason: String::new(),
        }
    }

    /// Sent on day 100 to all; reached on day 99 (before), 100, 114 (the last day), 115, never; one sent too late to follow.
    #[test]
    fn who_had_it_before_and_whose_days_are_not_over_are_not_followed() {
        let reached = BTreeMap::from([(1, 99), (2, 100), (3, 114), (4, 115)]);
        let mut runs: Vec<_> = (1..=5).map(|id| (AccountId(id), run(100, id == 2, Arm::Treated))).collect();
        runs.push((AccountId(6), run(107, false, Arm::Treated)));
        runs.push((AccountId(7), run(100, true, Arm::Holdout)));
        let day_of = |id: AccountId| reached.get(&id.0).copied();
        let row = steps::row(("p", "s", "m"), &runs, day_of, &TimeZone::UTC, 120);
        assert_eq!((row.sent, row.clicked, row.followed, row.reached), (6, Some(1), 4, 2));
        let none = steps::row(("p", "other", "m"), &runs, day_of, &TimeZone::UTC, 120);
        assert_eq!((none.sent, none.clicked), (0, None), "no click was reported, which is not nobody");
        assert_eq!(steps::settle(vec![row, none])[1].clicked, Some(0), "but it is where others were");
    }
}
