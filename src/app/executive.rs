//! The report for those who decide: read from every account, the last twelve months.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{kpis::contract, monthly::months, shell::Shell};
use crate::{
    insight::{
        book::{Book, Contract, Own},
        effect::verdict::Verdict,
        executive::{self, Executive, Input, MONTHS},
        kpi::KpiReport,
    },
    model::{ids::AccountId, instant::Instant},
    store::api::Result,
};

/// The report with what stands beside it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Page {
    /// Problem, goal and cost.
    #[serde(flatten)]
    pub executive: Executive,
    /// Figures and actions of the last month.
    pub last_month: KpiReport,
    /// Playbooks that run for customers, each with what is known of it.
    pub playbooks: Vec<(String, Verdict)>,
}

impl Shell {
    /// The report of the twelve months that end with the one of `last`.
    pub async fn executive(&self, last: Date, now: Instant) -> Result<Page> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let (asked, costs) = (self.asked(now), self.costs());
        let (mut customers, mut own, mut reasons) = (Vec::new(), Vec::new(), BTreeMap::<AccountId, String>::new());
        self.scan(None, now, |view, _| {
            customers.push(asked.of(&view, zone));
            own.extend(Own::of(&view, zone));
            let reason = view.text("account.churn_reason").map(str::trim).filter(|reason| !reason.is_empty());
            reasons.extend(reason.map(|reason| (view.id, reason.to_owned())));
        })
        .await?;
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let book = Book::of(own.into_iter(), &contracts);
        let target = rulebook.model.targets.get("logo_churn").copied();
        let currency = rulebook.model.workspace.currency;
        let input =
            Input { book: &book, customers: &customers, asked: &asked, reasons: &reasons, target, costs, currency };
        let months = months(last, MONTHS);
        let (from, to) = months.last().copied().unwrap_or_default();
        let last_month = self.kpis(from, to, now).await?;
        let playbooks = self.effects(now).await?.playbooks;
        let playbooks = playbooks.into_iter().map(|found| (found.playbook, found.effect.verdict)).collect();
        Ok(Page { executive: executive::report(&input, &months), last_month, playbooks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instant::day_number;

    #[test]
    fn twelve_whole_months_over_a_leap_day() {
        let all = months("2028-06-17".parse().unwrap(), MONTHS);
        assert_eq!((all.len(), all[0].0), (12, day_number("2027-07-01".parse().unwrap())));
        assert_eq!(all[7], (day_number("2028-02-01".parse().unwrap()), day_number("2028-03-01".parse().unwrap())));
        assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
