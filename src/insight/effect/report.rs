//! Everything that can be said of one comparison: what people read and what `--json` prints.

use serde::Serialize;

use super::{
    log_rank::ChiSquare,
    means::Difference,
    power::Needs,
    proportions::Counts,
    sequence::Watched,
    verdict::{Advice, Question, Verdict},
};

/// One account in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Case {
    /// Treated, or held out.
    pub treated: bool,
    /// The local day it became eligible.
    pub began: i32,
    /// The local day the outcome happened, whenever that was.
    pub happened: Option<i32>,
    /// Something of the playbook reached it.
    pub delivered: bool,
    /// A person saw to it within the horizon, by a note or a meeting.
    pub by_hand: bool,
    /// What it did before it became eligible (28-day usage).
    pub before: Option<f64>,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Days from eligibility within which the outcome counts.
    pub horizon: i32,
    /// Direction and smallest difference worth finding.
    pub question: Question,
    /// The share of accounts that the design holds out; 0 = nobody.
    pub held_out: f64,
    /// The local day of today.
    pub today: i32,
    /// The day that was declared as the end of the test: what becomes known on it or later counts for nothing.
    pub until: Option<i32>,
}

/// One arm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Arm {
    /// Accounts followed to the end of the horizon.
    pub n: u64,
    /// Of them with the outcome.
    pub events: u64,
    /// Their share.
    pub rate: Option<f64>,
    /// Its Wilson interval.
    pub ci95: Option<[f64; 2]>,
    /// Accounts in the arm, young ones too.
    pub assigned: u64,
}

/// The sizes of the arms against the design.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    /// Share the design holds out.
    pub held_out: f64,
    /// Of everybody assigned.
    pub assigned: ChiSquare,
    /// Of those that are compared.
    pub analysed: Option<ChiSquare>,
}

/// Days kept within the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// Mean days of the treated.
    pub treated: f64,
    /// Mean days of those held out.
    pub holdout: f64,
    /// Difference.
    pub diff: f64,
    /// Its 95 % interval.
    pub ci95: [f64; 2],
}

/// The difference with what was known before taken away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Adjusted {
    /// Difference, interval, p.
    #[serde(flatten)]
    pub difference: Difference,
    /// Share of the variance this took away.
    pub variance_less: f64,
    /// Accounts with a value before.
    pub n: u64,
}

/// The always-valid comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Always {
    /// Interval, p and looks.
    #[serde(flatten)]
    pub watched: Watched,
    /// Error it may make over all looks.
    pub alpha: f64,
    /// Accounts at which it is tightest.
    pub planned: f64,
    /// Fewer than 25 events: it says nothing yet.
    pub withheld: bool,
}

/// Who was reached, and who was helped otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contamination {
    /// Treated accounts that something of the playbook reached.
    pub delivered: Counts,
    /// Treated accounts that a person saw to.
    pub treated_by_hand: Counts,
    /// Held-out accounts that a person saw to.
    pub holdout_by_hand: Counts,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The verdict.
    pub verdict: Verdict,
    /// What to do.
    pub advice: Advice,
    /// Whether the declared end has come; else it goes on.
    pub over: bool,
    /// p on which the verdict rests: always valid while it runs; at a declared end both, weighed by their error.
    pub p_verdict: Option<f64>,
    /// Error the verdict rests on.
    pub alpha: f64,
    /// Days from eligibility within which the outcome counts.
    pub within_days: i32,
    /// Whether fewer is better.
    pub lower_is_better: bool,
    /// The smallest difference worth finding.
    pub mde: f64,
    /// Those it ran for.
    pub treated: Arm,
    /// Those held out.
    pub holdout: Arm,
    /// Share of the treated − share of those held out.
    pub diff: Option<f64>,
    /// Its 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// How the interval is made.
    pub method: &'static str,
    /// Two-sided p at a single look.
    pub p: Option<f64>,
    /// Which test.
    pub p_method: Option<&'static str>,
    /// Ratio of the shares with its interval; none below ten events an arm.
    pub ratio: Option<(f64, [f64; 2])>,
    /// p that is valid at every look; none below 25 events.
    pub p_always_valid: Option<f64>,
    /// With its interval.
    pub always_valid: Always,
    /// The smaller p of the arms' sizes against the design.
    pub srm_p: Option<f64>,
    /// Both.
    pub srm: Option<Mismatch>,
    /// What it takes to find `mde`.
    pub needs: Option<Needs>,
    /// Log-rank test over the whole follow-up within the horizon.
    pub log_rank: Option<ChiSquare>,
    /// Days kept within the horizon (only where fewer is better).
    pub days_kept: Option<Kept>,
    /// CUPED on the usage before.
    pub cuped: Option<Adjusted>,
    /// Who was reached, and who was helped otherwise.
    pub contamination: Contamination,
    /// Accounts whose horizon is not over yet.
    pub too_young: u64,
}

impl Arm {
    /// An arm of these counts, `assigned` accounts in all.
    pub fn of(counts: Counts, assigned: usize) -> Arm {
        let ci95 = (counts.n > 0).then(|| crate::insight::rate::wilson(counts.events, counts.n));
        Arm { n: counts.n, events: counts.events, rate: counts.rate(), ci95, assigned: assigned as u64 }
    }
}
