//! The quarter's review: the period's figures, and the roadmap with the customers who are on it.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};

use super::{monthly::months, shell::Shell};
use crate::{
    insight::{
        effect::verdict::Verdict,
        monthly::Figure,
        quarterly::{self, Progress, Quarterly},
    },
    model::{
        instant::{Instant, date_of},
        value::Value,
    },
    store::api::Result,
};

/// Months of a quarter.
const MONTHS: usize = 3;

impl Shell {
    /// The review of the three months that end with the one of `last`.
    pub async fn quarterly_report(&self, last: Date, now: Instant) -> Result<Quarterly> {
        let rulebook = self.rulebook();
        let (span, before) = (quarter(last), quarter(last.checked_sub(3.months()).unwrap_or(last)));
        let (review, earlier) = self.review(span, before, now).await?;
        let funnel = self.onboarding_report(span.1, now).await?.phases;
        let mut there: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        self.scan(None, now, |view, _| {
            if let (false, Some(phase)) = (view.is_internal(), view.text("phase")) {
                let counts = there.entry(phase.to_owned()).or_default();
                *counts = (counts.0 + 1, counts.1 + u64::from(*view.value("stuck") == Value::Bool(true)));
            }
        })
        .await?;
        let figure = |name: &String| review.figures.iter().find(|figure| figure.kpi == *name).cloned();
        let progress = |phase: &crate::rulebook::types::Phase| Progress {
            phase: phase.name.clone(),
            there: there.get(&phase.name).map_or(0, |counts| counts.0),
            stuck: there.get(&phase.name).map_or(0, |counts| counts.1),
            figures: phase.kpi.iter().filter_map(figure).collect::<Vec<Figure>>(),
            funnel: funnel.iter().find(|row| row.phase == phase.name).cloned(),
        };
        let judged = self.effects(now).await?.playbooks.into_iter().map(|found| (found.playbook, found.effect.verdict));
        Ok(Quarterly {
            reached: quarterly::reached(&review.figures),
            roadmap: rulebook.model.journey.iter().map(progress).collect(),
            new_reasons: quarterly::new_reasons(&review, &earlier),
            judged: judged.filter(|(_, verdict)| *verdict != Verdict::NotEnoughData).collect(),
            review,
        })
    }
}

/// The three months that end with the one of `last`, as day numbers `[from, to)`.
fn quarter(last: Date) -> (i32, i32) {
    let months = months(last, MONTHS);
    (months.first().map_or(0, |m| m.0), months.last().map_or(0, |m| m.1))
}

/// The last month of the last full calendar quarter before `today`.
pub fn last_quarter(today: Date) -> Date {
    let back = (today.month() - 1).rem_euclid(3) + 1;
    today.first_of_month().checked_sub(i64::from(back).months()).unwrap_or(date_of(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instant::day_number;

    #[test]
    fn a_quarter_ends_with_its_month_and_the_last_full_one_lies_behind() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (today, last) in [
            ("2026-11-23", "2026-09-01"),
            ("2026-10-01", "2026-09-01"),
            ("2026-09-30", "2026-06-01"),
            ("2026-01-01", "2025-12-01"),
        ] {
            assert_eq!(last_quarter(day(today)), day(last), "{today}");
        }
        assert_eq!(quarter(day("2026-09-01")), (day_number(day("2026-07-01")), day_number(day("2026-10-01"))));
    }
}
