//! Contracts of sample customers: some take a higher plan, some a further service.

use super::{
    DAYS,
    customers::{Customer, Story},
    days::{Span, seed},
};
use crate::store::api::Subscription;

/// A further service beside the plan, yen a month.
const ADD_ON: i64 = 12_000;

/// Days before the first one from which every term of a contract is a row of its own; what ran before is one.
const TERMS_FROM: i32 = -90;

/// How long a contract runs before it is renewed: the smallest plan by the month (its price is agreed for a year), others
/// by the year.
fn term(c: &Customer) -> i32 {
    if c.plan == "starter" { 30 } else { 365 }
}

/// A contract, each term a row: the next one begins on the day the last one ends, the running one has no end yet.
fn terms(c: &Customer, span: &Span, whole: &Subscription) -> Vec<Subscription> {
    let ends = (1..).map(|n| c.start + n * term(c)).skip_while(|day| *day < TERMS_FROM).take_while(|day| *day < DAYS);
    let stops = whole.end.map_or(i32::MAX, |end| end - span.first);
    let ends: Vec<i32> = ends.filter(|day| *day < stops).map(|day| span.first + day).collect();
    let starts = [whole.start].into_iter().chain(ends.iter().copied());
    let ends = ends.iter().map(|day| Some(*day)).chain([whole.end]);
    let row = |(n, (start, end)): (usize, (i32, Option<i32>))| {
        let key = if n == 0 { whole.key.clone() } else { format!("{}-{n}", whole.key) };
        Subscription { key, start, end, ..whole.clone() }
    };
    starts.zip(ends).enumerate().map(row).collect()
}

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
        _ => terms(c, span, &first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::customers;
    use crate::insight::{
        churn,
        kpi::GRACE_DAYS,
        ledger::{Account, Line},
    };
    use crate::model::{
        fact::{FactBody, Incoming},
        instant::{HOUR, Instant},
        locale::Locale,
    };
    use jiff::tz::TimeZone;

    #[test]
    fn some_take_more_and_nobody_has_a_gap() {
        let span = Span { first: 1_000, zone: TimeZone::UTC, locale: Locale::En };
        let all: Vec<_> = customers::all(DAYS).iter().map(|c| subscriptions(c, &span)).collect();
        let more = all.iter().filter(|rows| rows.iter().any(|row| row.key.starts_with("more-"))).count();
        let further = all.iter().filter(|rows| rows.len() == 2 && rows[0].end.is_none()).count();
        assert!(more >= 4 && further >= 2, "{more} {further}");
        assert!(all.iter().all(|rows| rows.iter().all(|row| row.mrr_minor > 0)));
        let gaps = |rows: &Vec<Subscription>| rows.windows(2).any(|w| w[0].end.is_some_and(|end| end != w[1].start));
        assert!(!all.iter().any(gaps));
    }

    /// Only those who left had an end, so that hardly anybody renewed; twenty seats stood empty beside three people; and
    /// every ticket was solved in the minute it came.
    #[test]
    fn figures_of_the_demo_are_those_of_a_company_there_might_be() {
        let span = Span { first: 1_000, zone: TimeZone::UTC, locale: Locale::En };
        let all = customers::all(DAYS);
        let known = all.iter().filter(|c| c.start < 0);
        let line = |row: Subscription| Line { start: row.start, end: row.end, mrr: row.mrr_minor };
        let account = |c: &Customer| Account { lines: subscriptions(c, &span).into_iter().map(line).collect() };
        let accounts: Vec<Account> = known.map(account).collect();
        for from in [1_000, 1_030] {
            let (count, _) = churn::renewed(&accounts, GRACE_DAYS, from, from + 30);
            let rate = count.of as f64 / count.all as f64;
            assert!((0.8..0.95).contains(&rate), "{count:?}");
        }
        let (people, seats) = all.iter().fold((0, 0), |(p, s), c| (p + c.people.len() as u64, s + c.seats));
        let used = people as f64 / seats as f64;
        assert!((0.6..0.9).contains(&used) && all.iter().all(|c| c.people.len() as u64 <= c.seats), "{used}");
        let at = |c: &Customer, name: &str| -> Vec<Instant> {
            let facts = (0..DAYS).flat_map(|day| super::super::days::day(c, &span, day));
            let named = |fact: &Incoming| matches!(&fact.body, FactBody::Event { name: n, .. } if n == name);
            facts.filter(named).map(|fact| fact.occurred_at).collect()
        };
        let hours = |c: &Customer| {
            let opened = at(c, "ticket.opened");
            let solved = |closed: Instant| {
                opened.iter().map(|at| closed.since(*at)).filter(|gone| *gone >= 0).min().unwrap_or_default() / HOUR
            };
            at(c, "ticket.closed").into_iter().map(solved).collect::<Vec<i64>>()
        };
        let hours: Vec<i64> = all.iter().flat_map(hours).collect();
        assert!(hours.len() > 20 && hours.iter().all(|hours| (1..9).contains(hours)), "{hours:?}");
    }
}
