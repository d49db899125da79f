//! A KPI and the actions (KAIs) that are to move it, side by side: whether it is the amount or the quality that lacks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{KpiReport, target::reached};

/// Days of an average month.
const MONTH: f64 = 365.25 / 12.0;

/// A KPI with its actions in the period of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The KPI.
    pub kpi: String,
    /// Its figure; none where nothing can be said.
    pub value: Option<f64>,
    /// Its target.
    pub target: Option<f64>,
    /// Whether the target is reached.
    pub met: Option<bool>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// What follows.
    pub diagnosis: Diagnosis,
}

/// How often something was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// The action.
    pub kai: String,
    /// How often it was done in the period.
    pub count: u64,
    /// How often it was to be done in a period of that length.
    pub wanted: f64,
    /// Whether that is reached.
    pub met: bool,
}

/// The four cases of "were the actions enough" and "was the target reached".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnosis {
    /// Enough was done, and the target is reached.
    Works,
    /// Enough was done, and the target is missed: what is done does not work.
    Quality,
    /// Too little was done, and the target is missed.
    DoMore,
    /// Too little was done, and the target is reached: something else reached it.
    OtherCause,
    /// The KPI has no figure or no target.
    Unknown,
}

/// Every KPI that has actions, by name. `days` is the length of the report's period; actions are wanted in proportion
/// to it, and in whole numbers for a calendar month.
pub fn pairs(report: &KpiReport, kais: &BTreeMap<String, BTreeMap<String, f64>>, days: i32) -> Vec<Pair> {
    let months = if (28..=31).contains(&days) { 1.0 } else { f64::from(days) / MONTH };
    kais.iter().map(|(kpi, actions)| pair(report, kpi, actions, months)).collect()
}

fn pair(report: &KpiReport, kpi: &str, actions: &BTreeMap<String, f64>, months: f64) -> Pair {
    let rate = report.kpis.get(kpi);
    let (value, target) = (rate.and_then(|rate| rate.value), rate.and_then(|rate| rate.target));
    let met = rate.and_then(|rate| reached(kpi, rate));
    let action = |(kai, monthly): (&String, &f64)| {
        let (count, wanted) = (report.kais.get(kai).copied().unwrap_or(0), monthly * months);
        Action { kai: kai.clone(), count, wanted, met: count as f64 >= wanted }
    };
    let actions: Vec<Action> = actions.iter().map(action).collect();
    let diagnosis = match (met, actions.iter().all(|action| action.met)) {
        (None, _) => Diagnosis::Unknown,
        (Some(true), true) => Diagnosis::Works,
        (Some(false), true) => Diagnosis::Quality,
        (Some(false), false) => Diagnosis::DoMore,
        (Some(true), false) => Diagnosis::OtherCause,
    };
    Pair { kpi: kpi.to_owned(), value, target, met, actions, diagnosis }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        insight::{churn::Share, rate::Rate},
        rulebook::load::kais::KAIS,
    };

    fn report(of: u64, all: u64, target: Option<f64>, done: u64) -> KpiReport {
        let rate = Rate { target, ..Rate::share(Share { of, all }, "m") };
        KpiReport {
            targets_reached: None,
            period: ["2026-10-01".into(), "2026-11-01".into()],
            kpis: BTreeMap::from([("logo_churn".into(), rate.clone()), ("onboarding_completion".into(), rate)]),
            kais: BTreeMap::from([("meetings_held".into(), done)]),
            mrr_movements: None,
            currency: None,
            other_currency: 0,
            recorded_from: None,
            pairs: Vec::new(),
        }
    }

    fn of(kpi: &str, report: &KpiReport, days: i32) -> Pair {
        let kais = BTreeMap::from([(kpi.to_owned(), BTreeMap::from([("meetings_held".to_owned(), 4.0)]))]);
        pairs(report, &kais, days).remove(0)
    }

    #[test]
    fn the_four_cases_and_what_cannot_be_told() {
        let case = |share: u64, done| of("onboarding_completion", &report(share, 10, Some(0.8), done), 31).diagnosis;
        assert_eq!(
            [case(8, 4), case(7, 4), case(7, 3), case(8, 3)],
            [Diagnosis::Works, Diagnosis::Quality, Diagnosis::DoMore, Diagnosis::OtherCause]
        );
        assert_eq!(of("onboarding_completion", &report(0, 0, Some(0.8), 4), 31).diagnosis, Diagnosis::Unknown);
        assert_eq!(of("onboarding_completion", &report(8, 10, None, 4), 31).diagnosis, Diagnosis::Unknown);
    }

    #[test]
    fn churn_is_good_when_it_is_low() {
        assert_eq!(of("logo_churn", &report(1, 10, Some(0.1), 4), 30).met, Some(true));
        assert_eq!(of("logo_churn", &report(2, 10, Some(0.1), 4), 30).met, Some(false));
    }

    #[test]
    fn a_month_of_any_length_wants_the_same_and_a_year_twelve_times_that() {
        let wanted = |days| of("logo_churn", &report(1, 10, None, 0), days).actions.remove(0).wanted;
        assert_eq!([wanted(28), wanted(31)], [4.0, 4.0]);
        assert!((wanted(365) - 48.0).abs() < 0.1 && (wanted(7) - 0.92).abs() < 0.01);
    }

    #[test]
    fn every_action_that_can_be_written_is_counted() {
        // Answers are counted where their scale is judged.
        let counted: Vec<&str> =
            super::super::ACTIONS.iter().map(|(_, name)| *name).chain(["survey_answers"]).collect();
        assert_eq!(counted, KAIS);
    }
}
