//! Contracts of sample customers: some take a higher plan, some a further service.

use super::{
    customers::{Customer, Story},
    days::{Span, seed},
};
use crate::store::api::Subscription;

/// A further service beside the plan, yen a month.
const ADD_ON: i64 = 12_000;

/// Every contract of a customer, in the order they begin.
pub fn subscriptions(c: &Customer, span: &Span) -> Vec<Subscription> {
    let dice = seed(&c.key);
    let grows = c.story == Story::Healthy && c.start < -60;
    // Within the sixty days, each on a day of its own.
    let day = 8 + (dice / 97 % 48) as i32;
    let first = Subscription {
        key: format!("sub-{}", c.key),
        account: Default::default(),
        plan: c.plan.to_owned(),
        start: span.first + c.start,
        end: (c.story == Story::Churning).then(|| span.first + c.cancels),
        mrr_minor: c.mrr,
        currency: "JPY".to_owned(),
        seats: i64::try_from(c.seats).ok(),
    };
    let later = |key: &str, plan: &str, mrr_minor: i64| Subscription {
        key: format!("{key}-{}", c.key),
        plan: plan.to_owned(),
        start: span.first + day,
        end: None,
        mrr_minor,
        ..first.clone()
    };
    match dice % 24 {
        3 | 11 if grows => {
            let ended = Subscription { end: Some(span.first + day), ..first.clone() };
            vec![ended, later("more", c.plan, c.mrr * 3 / 2)]
        }
        7 if grows => vec![first.clone(), later("add-on", "payments", ADD_ON)],
        _ => vec![first],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::{DAYS, customers};
    use crate::model::locale::Locale;
    use jiff::tz::TimeZone;

    #[test]
    fn some_take_more_and_nobody_has_a_gap() {
        let span = Span { first: 1_000, zone: TimeZone::UTC, locale: Locale::En };
        let all: Vec<_> = customers::all(DAYS).iter().map(|c| subscriptions(c, &span)).collect();
        let more = all.iter().filter(|rows| rows.len() == 2 && rows[0].end == Some(rows[1].start)).count();
        let further = all.iter().filter(|rows| rows.len() == 2 && rows[0].end.is_none()).count();
        assert!(more >= 4 && further >= 2, "{more} {further}");
        assert!(all.iter().all(|rows| rows.iter().all(|row| row.mrr_minor > 0)));
    }
}
