//! A figure that can be trusted: numerator, denominator, method and interval always together.

use serde::{Deserialize, Serialize, de::Error as _};

use super::churn::Share;
use crate::model::money::Currency;

/// What a figure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share; 1 is everybody.
    Share,
    /// Days.
    Days,
    /// Months.
    Months,
    /// Hours.
    Hours,
    /// Points of a survey's scale; also so many each.
    Points,
    /// Major units of a currency.
    Money(Currency),
}

impl Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(match self {
            Unit::Share => "share",
            Unit::Days => "days",
            Unit::Months => "months",
            Unit::Hours => "hours",
            Unit::Points => "points",
            Unit::Money(currency) => currency.code(),
        })
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        match word.as_str() {
            "share" => Ok(Unit::Share),
            "days" => Ok(Unit::Days),
            "months" => Ok(Unit::Months),
            "hours" => Ok(Unit::Hours),
            "points" => Ok(Unit::Points),
            code => Currency::parse(code).map(Unit::Money).ok_or_else(|| D::Error::custom("not a unit")),
        }
    }
}

/// A figure with how it was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// The figure; null when there is nothing to count.
    pub value: Option<f64>,
    /// How many (of money: minor units).
    pub numerator: i64,
    /// Of how many.
    pub denominator: u64,
    /// Named method, see the numbers page of the docs.
    pub method: &'static str,
    /// 95 % interval; an end that is not known is null.
    pub ci95: Option<[Option<f64>; 2]>,
    /// The target, if `model.yaml` has one.
    pub target: Option<f64>,
    /// What is said to be usual, if `model.yaml` has it; a reference only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// What it counts in: `share`, `days`, `months`, `points` or a currency.
    pub unit: Unit,
    /// Why it should be read with care: `few_answers` (fewer than 30 answers to a survey), `partly_recorded` (the period
    /// begins before losses are on record).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<&'static str>,
}

/// Methods that say how things stand when they are asked, not how they stood at the end of a period.
const MOMENTARY: [&str; 7] = [
    "now",
    "accounts_login_7d",
    "accounts_with_one_use",
    "accounts_ever_used",
    "accounts_that_used_before",
    "mean_day_of_28d",
    "active_30d_of_seats",
];

impl Rate {
    /// Whether it speaks of the moment of the question: a period before has no figure of its own.
    pub fn is_momentary(&self) -> bool {
        MOMENTARY.contains(&self.method)
    }

    /// A share from counts, with Wilson's interval. A zero denominator is unknown, never 0.
    pub fn share(share: Share, method: &'static str) -> Rate {
        let rate = Rate::ratio(i64::try_from(share.of).unwrap_or(i64::MAX), share.all, method);
        Rate { ci95: (share.all > 0).then(|| wilson(share.of, share.all).map(Some)), ..rate }
    }

    /// A ratio of sums (of revenue, of days), without an interval.
    pub fn ratio(numerator: i64, denominator: u64, method: &'static str) -> Rate {
        let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        Rate {
            value,
            numerator,
            denominator,
            method,
            ci95: None,
            target: None,
            reference: None,
            unit: Unit::Share,
            warning: None,
        }
    }
}

/// Wilson score interval at 95 % (E. B. Wilson, JASA 22, 1927).
pub fn wilson(k: u64, n: u64) -> [f64; 2] {
    wilson_at(1.959_963_984_540_054, k, n)
}

/// Wilson's interval at another level, given by its two-sided z.
pub fn wilson_at(z: f64, k: u64, n: u64) -> [f64; 2] {
    let (k, n) = (k as f64, n as f64);
    let p = k / n;
    let scale = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / scale;
    let half = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_the_reference_implementation() {
        // statsmodels 0.15 proportion_confint(3, 40, method="wilson") and (0, 25).
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let [lo, hi] = wilson(3, 40);
        assert!(close(lo, 0.025_836_025_774_588) && close(hi, 0.198_642_335_243_106), "{lo} {hi}");
        let [lo, hi] = wilson(0, 25);
        assert!(close(lo, 0.0) && close(hi, 0.133_192_250_939_049), "{lo} {hi}");
    }

    #[test]
    fn nobody_is_not_zero_percent() {
        let none = Rate::share(Share::default(), "start_end");
        assert_eq!((none.value, none.ci95), (None, None));
    }
}
