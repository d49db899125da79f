//! A month as the customer sees it: what they used, beside their own months before; what they reached; what is next. It
//! holds nothing that is our judgement of them, and nothing of anybody else.

use serde::Serialize;

use crate::model::locale::Locale;

/// Months shown at most, the one asked for among them.
pub const MONTHS: usize = 6;

/// The report of one customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueReport {
    /// The customer's key.
    pub account: String,
    /// The customer's name.
    pub name: String,
    /// The language they read.
    pub locale: Locale,
    /// First days of the months, oldest first; the last one is the month asked for.
    pub months: Vec<String>,
    /// The day on which this was counted.
    pub as_of: String,
    /// What they used.
    pub used: Vec<Used>,
    /// What they reached by the end of the month, oldest first.
    pub reached: Vec<Reached>,
    /// What they named as their goals.
    pub goals: Vec<String>,
    /// What success is called, and whether it is there.
    pub success: Vec<Success>,
    /// Open tasks of the shared plan, their side: by name.
    pub next: Vec<Next>,
}

/// A titled metric `over: last_month`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Used {
    /// Its name.
    pub metric: String,
    /// Its value of each month; none where it is not known.
    pub values: Vec<Option<f64>>,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Its name.
    pub milestone: String,
    /// The local day.
    pub on: String,
    /// Within the month asked for.
    pub new: bool,
}

/// A success of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Success {
    /// Its name.
    pub name: String,
    /// Whether it holds today.
    pub reached: bool,
}

/// A task of the shared plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The phase it stands in.
    #[serde(skip)]
    pub phase: String,
    /// Its name.
    pub task: String,
}

impl Used {
    /// The month asked for.
    pub fn now(&self) -> Option<f64> {
        self.values.last().copied().flatten()
    }

    /// The month before it; none where it is not known.
    pub fn before(&self) -> Option<f64> {
        self.values.iter().rev().nth(1).copied().flatten()
    }
}

/// First days (local day numbers) of the months to show up to the one that begins on `asked`, oldest first: of the months
/// before only those that were recorded from their first day on, `known` being the first recorded day.
pub fn shown(asked: i32, known: Option<i32>) -> Vec<i32> {
    use crate::model::instant::{date_of, day_number};
    let before = |first: &i32| Some(day_number(date_of(first.saturating_sub(1)).first_of_month()));
    let all = std::iter::successors(Some(asked), before).take(MONTHS);
    let mut all: Vec<i32> =
        all.take_while(|first| *first == asked || known.is_some_and(|known| known <= *first)).collect();
    all.reverse();
    all
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::instant::{date_of, day_number};

    #[test]
    fn a_month_that_was_recorded_in_part_is_not_compared_with() {
        let day = |m: i8, d: i8| day_number(date(2026, m, d));
        let months = |known| shown(day(8, 1), known).into_iter().map(|d| date_of(d).month()).collect::<Vec<_>>();
        assert_eq!(months(Some(day(5, 10))), [6, 7, 8]);
        assert_eq!(months(Some(day(5, 1))), [5, 6, 7, 8]);
        assert_eq!(months(Some(day(1, 1) - 400)), [3, 4, 5, 6, 7, 8]);
        assert_eq!((months(None), months(Some(day(8, 9)))), (vec![8], vec![8]));
    }

    #[test]
    fn the_month_before_is_the_last_but_one() {
        let used = |values: &[Option<f64>]| Used { metric: "m".into(), values: values.to_vec() };
        let both = |values: &[Option<f64>]| (used(values).now(), used(values).before());
        assert_eq!(both(&[Some(1.0), None, Some(3.0)]), (Some(3.0), None));
        assert_eq!(both(&[Some(1.0), Some(2.0)]), (Some(2.0), Some(1.0)));
        assert_eq!((both(&[Some(2.0)]), both(&[])), ((Some(2.0), None), (None, None)));
    }
}
