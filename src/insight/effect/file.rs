//! A test that was run elsewhere: a table with a column of arms and one of outcomes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    adjust::holm,
    boschloo::{Exact, exact},
    guard::Guardrail,
    means::{Sample, welch},
    power::{ALPHA, Inflow, Needs, Rule, needs},
    proportions::{Counts, difference, newcombe, test},
    srm::mismatch,
    verdict::{Advice, Question, Verdict, say, without_zero},
};

/// Outcomes by arm, summed up row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    arms: BTreeMap<String, Sample>,
    /// Some outcome is neither 0 nor 1.
    measured: bool,
}

/// How the table is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The arm that got nothing.
    pub control: String,
    /// Only this arm against it; none = every other one.
    pub treated: Option<String>,
    /// Direction.
    pub lower_is_better: bool,
    /// The smallest difference worth finding; none = 2 points (of shares).
    pub mde: Option<f64>,
    /// The share of rows that the design gives the control; none = not known.
    pub held_out: Option<f64>,
}

/// One arm's outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Rows.
    pub n: u64,
    /// Of them with the outcome; of measures none.
    pub events: Option<u64>,
    /// Share, or mean.
    pub mean: Option<f64>,
}

/// One arm against the control.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The arm.
    pub arm: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What to do.
    pub advice: Advice,
    /// The arm's outcomes.
    pub treated: Side,
    /// Arm − control.
    pub diff: Option<f64>,
    /// 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// `newcombe` or `welch_t`.
    pub method: &'static str,
    /// Two-sided p.
    pub p: Option<f64>,
    /// By which test.
    pub p_method: Option<&'static str>,
    /// Both exact tests of the two shares; none of means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_exact: Option<Exact>,
    /// Holm's p over all arms: what the verdict goes by.
    pub p_adjusted: Option<f64>,
}

/// The whole test: all arms together against the control, then each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileEffect {
    /// All treated rows together.
    #[serde(flatten)]
    pub all: Compared,
    /// The control.
    pub holdout: Side,
    /// Its name.
    pub control: String,
    /// Direction.
    pub lower_is_better: bool,
    /// The smallest difference worth finding.
    pub mde: Option<f64>,
    /// Always none: the test is over, there is one look.
    pub p_always_valid: Option<f64>,
    /// p of the arms' sizes; none where the design is not said.
    pub srm_p: Option<f64>,
    /// What it takes to find `mde`.
    pub needs: Option<Needs>,
    /// None are known of a file.
    pub guardrails: Vec<Guardrail>,
    /// Each arm.
    pub arms: Vec<Compared>,
}

impl Table {
    /// One row.
    pub fn add(&mut self, arm: &str, outcome: f64) {
        self.measured |= outcome != 0.0 && outcome != 1.0;
        self.arms.entry(arm.to_owned()).or_default().add(outcome, 0.0);
    }

    /// Whether outcomes are measures, not yes and no.
    pub fn is_measured(&self) -> bool {
        self.measured
    }

    /// The names of the arms.
    pub fn names(&self) -> Vec<&str> {
        self.arms.keys().map(String::as_str).collect()
    }

    /// Compares; none where the control (or the arm asked for) is not in the table.
    pub fn compare(&self, reading: &Reading) -> Option<FileEffect> {
        let control = self.arms.get(&reading.control)?;
        let wanted = |name: &String| reading.treated.as_ref().is_none_or(|only| only == name);
        let treated: Vec<(&String, &Sample)> =
            self.arms.iter().filter(|(name, _)| **name != reading.control && wanted(name)).collect();
        let together = treated.iter().map(|(_, sample)| **sample).reduce(|a, b| a.with(&b))?;
        let srm_p = reading.held_out.and_then(|share| mismatch(&[together.n, control.n], &[1.0 - share, share]));
        let srm_p = srm_p.map(|test| test.p);
        let mut arms: Vec<Compared> =
            treated.iter().map(|(name, sample)| self.one(name, sample, control, reading)).collect();
        let p = holm(&arms.iter().map(|arm| arm.p.unwrap_or(1.0)).collect::<Vec<f64>>());
        arms.iter_mut().zip(p).for_each(|(arm, p)| arm.judge(Some(p), srm_p, reading));
        let names: Vec<&str> = treated.iter().map(|(name, _)| name.as_str()).collect();
        let mut all = self.one(&names.join(" + "), &together, control, reading);
        all.judge(all.p, srm_p, reading);
        let needs = (!self.measured).then(|| planned(reading, &together, control)).flatten();
        Some(FileEffect {
            holdout: self.side(control),
            control: reading.control.clone(),
            lower_is_better: reading.lower_is_better,
            mde: reading.mde(self.measured),
            p_always_valid: None,
            srm_p,
            needs,
            guardrails: Vec::new(),
            arms,
            all,
        })
    }

    fn side(&self, sample: &Sample) -> Side {
        let counts = counts(sample);
        Side {
            n: sample.n,
            events: (!self.measured).then_some(counts.events),
            mean: (sample.n > 0).then_some(sample.mean),
        }
    }

    fn one(&self, name: &str, sample: &Sample, control: &Sample, reading: &Reading) -> Compared {
        let (diff, ci95, tested, method) = if self.measured {
            let found = welch(sample, control, ALPHA);
            (found.map(|f| f.diff), found.map(|f| f.ci), found.map(|f| (f.p, "welch_t")), "welch_t")
        } else {
            let (a, b) = (counts(sample), counts(control));
            (difference(a, b), newcombe(a, b, ALPHA), test(a, b), "newcombe")
        };
        let mut one = Compared {
            arm: name.to_owned(),
            verdict: Verdict::NotEnoughData,
            advice: Advice::KeepMeasuring,
            treated: self.side(sample),
            diff,
            ci95,
            method,
            p: tested.map(|t| t.0),
            p_method: tested.map(|t| t.1),
            p_exact: if self.measured { None } else { exact(counts(sample), counts(control)) },
            p_adjusted: None,
        };
        one.judge(one.p, None, reading);
        one
    }
}

impl Compared {
    fn judge(&mut self, p: Option<f64>, srm_p: Option<f64>, reading: &Reading) {
        let question = Question {
            lower_is_better: reading.lower_is_better,
            mde: reading.mde(self.method == "welch_t").unwrap_or(0.0),
        };
        let clear = p.is_some_and(|p| p < ALPHA) && self.ci95.is_some_and(without_zero);
        self.p_adjusted = p;
        self.verdict = match srm_p.is_some_and(|p| p < super::srm::ALARM) {
            true => Verdict::InvalidSrm,
            false => say(question, self.diff.filter(|_| clear), self.ci95),
        };
        self.advice = self.verdict.advice(true);
    }
}

impl Reading {
    /// Of shares two points, of measures only what was asked for.
    fn mde(&self, measured: bool) -> Option<f64> {
        self.mde.or((!measured).then_some(0.02))
    }
}

fn planned(reading: &Reading, together: &Sample, control: &Sample) -> Option<Needs> {
    let (base, mde) = (control.mean, reading.mde(false)?);
    let change = if reading.lower_is_better { -mde.min(base / 2.0) } else { mde.min((1.0 - base) / 2.0) };
    let ratio = together.n as f64 / control.n as f64;
    let inflow = Inflow { known_in: Vec::new(), a_week: 0.0, horizon_days: 0.0, ratio };
    needs(base, change, &Rule::Once(ALPHA), &inflow)
}

fn counts(sample: &Sample) -> Counts {
    Counts { n: sample.n, events: (sample.mean * sample.n as f64).round() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, u64, u64)]) -> Table {
        let mut table = Table::default();
        for (arm, n, events) in rows {
            (0..*n).for_each(|i| table.add(arm, f64::from(u8::from(i < *events))));
        }
        table
    }

    fn reading(lower_is_better: bool) -> Reading {
        Reading { control: "none".into(), treated: None, lower_is_better, mde: None, held_out: None }
    }

    #[test]
    fn each_arm_has_its_verdict_and_all_of_them_one() {
        let table = table(&[("none", 2_000, 200), ("a", 2_000, 300), ("b", 2_000, 203)]);
        let found = table.compare(&reading(false)).unwrap();
        assert_eq!((found.all.arm.as_str(), found.all.treated.n, found.holdout.events), ("a + b", 4_000, Some(200)));
        let verdicts: Vec<_> = found.arms.iter().map(|arm| (arm.arm.as_str(), arm.verdict)).collect();
        assert_eq!(verdicts, [("a", Verdict::Helps), ("b", Verdict::NotEnoughData)]);
        let less = table.compare(&Reading { treated: Some("a".into()), ..reading(true) }).unwrap();
        assert_eq!((less.arms.len(), less.all.verdict), (1, Verdict::Harms));
    }

    #[test]
    fn arms_that_do_not_fit_the_design_are_said_to_be_broken() {
        let table = table(&[("none", 60, 5), ("a", 940, 40)]);
        let designed = Reading { held_out: Some(0.1), ..reading(true) };
        assert_eq!(table.compare(&designed).unwrap().all.verdict, Verdict::InvalidSrm);
        assert_ne!(table.compare(&reading(true)).unwrap().all.verdict, Verdict::InvalidSrm);
    }

    #[test]
    fn measures_are_compared_by_their_means() {
        let mut table = Table::default();
        (0..50).for_each(|i| table.add("none", f64::from(i)));
        (0..50).for_each(|i| table.add("a", f64::from(i) + 20.0));
        let found = table.compare(&reading(false)).unwrap();
        assert_eq!((found.all.method, found.all.treated.events, found.all.verdict), ("welch_t", None, Verdict::Helps));
        assert!((found.all.diff.unwrap() - 20.0).abs() < 1e-9 && found.needs.is_none());
    }

    #[test]
    fn without_the_control_there_is_nothing_to_compare() {
        assert_eq!(table(&[("a", 3, 1)]).compare(&reading(true)), None);
        assert_eq!(table(&[("none", 3, 1)]).compare(&reading(true)), None);
    }
}
