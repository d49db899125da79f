//! What a row of the scorecard is, and what came of it.

use std::{future::Future, pin::Pin};

use crate::Error;

/// One row: one script, one number.
pub struct Row {
    /// Its name, e.g. `D1`.
    pub id: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// The number to reach.
    pub target: &'static str,
    /// Runs it.
    pub run: fn(Size) -> Run,
}

/// A row under way.
pub type Run = Pin<Box<dyn Future<Output = Result<Measured, Error>>>>;

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Minutes for all rows together, instead of hours.
    pub quick: bool,
    /// Chance begins here: same seed, same faults.
    pub seed: u64,
}

impl Size {
    /// A number of tries.
    pub fn pick(self, quick: usize, full: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// Chance for this row.
    pub fn chance(self) -> Chance {
        Chance(self.seed.max(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
}

/// xorshift64: the same faults for the same seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A number in `from..to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + self.0 % (to - from).max(1)
    }

    /// The same as an index or a count.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.between(0, length as u64)).unwrap_or_default()
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The number was reached.
    Pass,
    /// It was not: a finding.
    Fail,
    /// A tool it needs is not here.
    Skipped,
}

impl Verdict {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
            Verdict::Skipped => "skip",
        }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How it ended.
    pub verdict: Verdict,
    /// The numbers, sizes as they were run.
    pub says: String,
}

impl Measured {
    /// Numbers, and whether they are good.
    pub fn new(passed: bool, says: impl Into<String>) -> Measured {
        Measured { verdict: if passed { Verdict::Pass } else { Verdict::Fail }, says: says.into() }
    }

    /// Not run, and why.
    pub fn skipped(why: impl Into<String>) -> Measured {
        Measured { verdict: Verdict::Skipped, says: why.into() }
    }
}

/// `0 of N (< 3/N)`: the rule of three gives the 95 % upper bound where nothing was found.
pub fn of(found: usize, tries: usize) -> String {
    if found > 0 || tries == 0 {
        return format!("{found} of {tries}");
    }
    format!("0 of {tries} (95 %: < {:.1} %)", 300.0 / tries as f64)
}
