//! Whether a day was so quiet that the data, rather than the customers, stopped.
//!
//! Of the accounts that were active in the week before a day, some are not on that day. Their share is compared
//! with the same weekday's (closed days with closed days) of the weeks before, by median and median deviation:
//! one odd week moves neither.

use serde::{Deserialize, Serialize};

/// Days of the same kind needed for a judgement.
const SAME: usize = 4;
/// Fewer accounts than this prove nothing.
const BASE: u32 = 20;
/// Robust deviations above the usual that are one too many.
pub const LIMIT: f64 = 3.0;
/// The median deviation of a normal distribution times this is its standard deviation.
const SCALE: f64 = 1.4826;
/// Days of activity before a day that make an account count.
pub const WEEK: i32 = 7;

/// How many were there on one local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The local day.
    pub day: i32,
    /// 1 = Monday … 7 = Sunday, 0 = a day on which the workspace is closed.
    pub kind: u8,
    /// Accounts active in the week before, or on the day.
    pub base: u32,
    /// Those of them that were not active on the day.
    pub gone: u32,
}

/// What a day looks like beside its like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Share of accounts gone inactive on the day, 0..1.
    pub share: f64,
    /// The median of its like.
    pub usual: f64,
    /// How many robust deviations above the median.
    pub deviations: f64,
}

impl Verdict {
    /// Whether the data has probably stopped.
    pub fn alarming(&self) -> bool {
        self.deviations > LIMIT
    }
}

impl DayCount {
    /// Counts accounts by the local day of their last activity.
    pub fn of(day: i32, kind: u8, last_active: impl IntoIterator<Item = i32>) -> DayCount {
        let (mut base, mut gone) = (0, 0);
        for last in last_active {
            base += u32::from(last >= day - WEEK);
            gone += u32::from(last >= day - WEEK && last < day);
        }
        DayCount { day, kind, base, gone }
    }

    fn share(&self) -> f64 {
        f64::from(self.gone) / f64::from(self.base.max(1))
    }
}

/// Compares `day` with earlier days of its kind; none when too little is known.
pub fn judge(history: &[DayCount], day: &DayCount) -> Option<Verdict> {
    let alike = |d: &&DayCount| d.kind == day.kind && d.day < day.day && d.base >= BASE;
    let mut shares: Vec<f64> = history.iter().filter(alike).map(DayCount::share).collect();
    if shares.len() < SAME || day.base < BASE {
        return None;
    }
    let usual = median(&mut shares);
    // Constant weeks have no deviation: what chance alone would do to so many accounts is the least.
    let n = f64::from(day.base);
    let least = (usual.max(1.0 / n) * (1.0 - usual).max(1.0 / n) / n).sqrt();
    let deviations = robust(day.share(), &shares, least);
    Some(Verdict { share: day.share(), usual, deviations })
}

/// How many robust deviations `x` lies above the median of `values`; the deviation is at least `least`.
pub fn robust(x: f64, values: &[f64], least: f64) -> f64 {
    let mut sorted = values.to_vec();
    let middle = median(&mut sorted);
    let mut away: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
    let deviation = (SCALE * median(&mut away)).max(least);
    (x - middle) / deviation
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match (values.get(n / 2), n.checked_sub(1).and_then(|last| values.get(last / 2))) {
        (Some(upper), Some(lower)) => (upper + lower) / 2.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_robust_deviation_is_the_reference_value() {
        // median 21, median deviation 1: (7 − 21) / 1.4826 = −9.442870632672
        let weeks = [20.0, 22.0, 19.0, 21.0, 23.0, 20.0, 22.0, 18.0, 21.0, 20.0, 22.0];
        assert!((robust(7.0, &weeks, 0.0) + 9.442_870_632_672).abs() < 1e-9);
        assert!((median(&mut [4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn constant_weeks_are_measured_by_chance_and_not_by_nothing() {
        // 20 of 100 each week: chance alone deviates by √(0.2·0.8/100) = 0.04. 31 of 100 are 2.75 above, 33 are 3.25.
        let weeks: Vec<DayCount> = (1..=6).map(|w| DayCount { day: w * 7, kind: 3, base: 100, gone: 20 }).collect();
        let day = |gone| DayCount { day: 49, kind: 3, base: 100, gone };
        let verdict = judge(&weeks, &day(31)).unwrap();
        assert!((verdict.deviations - 2.75).abs() < 1e-9 && !verdict.alarming(), "{verdict:?}");
        let verdict = judge(&weeks, &day(33)).unwrap();
        assert!((verdict.deviations - 3.25).abs() < 1e-9 && verdict.alarming(), "{verdict:?}");
    }

    #[test]
    fn a_day_is_compared_with_its_like_only_and_never_by_little() {
        let mut days: Vec<DayCount> = (1..=8).map(|w| DayCount { day: w * 7, kind: 1, base: 50, gone: 5 }).collect();
        days.extend((1..=8).map(|w| DayCount { day: w * 7 + 6, kind: 0, base: 50, gone: 45 }));
        let closed = DayCount { day: 70, kind: 0, base: 50, gone: 46 };
        assert!(!judge(&days, &closed).unwrap().alarming(), "a Sunday is quiet as Sundays are");
        assert!(judge(&days, &DayCount { kind: 1, ..closed }).unwrap().alarming());
        assert_eq!(judge(&days[..3], &DayCount { kind: 1, ..closed }), None, "three weeks are too few");
        assert_eq!(
            judge(&days, &DayCount { base: 12, gone: 12, kind: 1, day: 70 }),
            None,
            "twelve accounts are too few"
        );
    }

    #[test]
    fn who_was_active_in_the_week_before_counts() {
        let last = [100, 99, 93, 92, 50, 100];
        assert_eq!(DayCount::of(100, 1, last), DayCount { day: 100, kind: 1, base: 4, gone: 2 });
    }
}
