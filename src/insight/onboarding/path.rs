//! The way one customer went through the phases.

use std::collections::BTreeMap;

use crate::model::ids::AccountId;

/// A customer with the way it went; days are day numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Starter {
    /// Who.
    pub id: AccountId,
    /// First day of its first contract.
    pub start: i32,
    /// The day it was heard of first.
    pub seen: i32,
    /// The day its last contract of a row had ended; none = it never left.
    pub lost: Option<i32>,
    /// The day it reached each phase, in their order; none = not yet. The first one is reached at the start.
    pub reached: Vec<Option<i32>>,
    /// The day it reached milestones.
    pub milestones: BTreeMap<String, i32>,
}

/// What a phase's name says of how far somebody is.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Phases in their order.
    pub ordered: Vec<String>,
    /// Phases that only lie over others, and the phase that must lie behind for them.
    pub over: BTreeMap<String, Option<String>>,
}

impl Places {
    /// How many ordered phases lie behind whoever is in `phase`; none where it says nothing.
    pub fn behind(&self, phase: &str) -> Option<usize> {
        let place = |name: &str| self.ordered.iter().position(|known| known == name);
        match self.over.get(phase) {
            Some(after) => after.as_deref().and_then(place).map(|n| n + 1),
            None => place(phase),
        }
    }

    /// The day on which each phase was reached: the first day on which a phase that far was entered. What moved on hidden
    /// below another phase (renewal, say) counts from the day that one began: `now` is the base phase and that day.
    pub fn reached(&self, start: i32, entered: &[(i32, String)], now: Option<(&str, i32)>) -> Vec<Option<i32>> {
        let far = |name: &str, wanted: usize| self.behind(name).is_some_and(|n| n >= wanted);
        let day = |wanted: usize| {
            let told = entered.iter().filter(|(_, name)| far(name, wanted)).map(|(day, _)| *day).min();
            let hidden = now.filter(|(base, _)| far(base, wanted)).map(|(_, since)| since);
            told.or(hidden).map(|day| day.max(start))
        };
        (0..self.ordered.len()).map(|n| if n == 0 { Some(start) } else { day(n) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let over = [("renewal", Some("start")), ("churned", None)];
        Places {
            ordered: ["start", "use", "grow"].map(str::to_owned).to_vec(),
            over: over.map(|(name, after)| (name.to_owned(), after.map(str::to_owned))).into(),
        }
    }

    #[test]
    fn a_phase_that_lies_over_others_says_what_lies_behind() {
        let entered = |all: &[(i32, &str)]| all.iter().map(|(d, n)| (*d, (*n).to_owned())).collect::<Vec<_>>();
        let far = |all: &[(i32, &str)], now| places().reached(10, &entered(all), now);
        assert_eq!(far(&[(10, "start")], None), [Some(10), None, None]);
        assert_eq!(far(&[(30, "use"), (90, "grow")], None), [Some(10), Some(30), Some(90)]);
        assert_eq!(far(&[(90, "grow")], None), [Some(10), Some(90), Some(90)], "two at once");
        assert_eq!(far(&[(40, "renewal")], Some(("use", 40))), [Some(10), Some(40), None]);
        assert_eq!(far(&[(40, "renewal")], Some(("grow", 40))), [Some(10), Some(40), Some(40)], "hidden below it");
        assert_eq!(far(&[(50, "churned"), (4, "use")], None), [Some(10), Some(10), None], "never before its start");
    }
}
