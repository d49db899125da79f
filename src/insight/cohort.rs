//! Cohort tables: of the customers who started in a month, how many (and how much of their revenue) are there later.
//!
//! Point-in-time (A. D. Gold, *Fighting Churn With Data*, 2020, ch. 2): a cell looks at the end of a month, so whoever left
//! and came back counts again. A cell is empty until the whole cohort has reached its age.

use serde::Serialize;

use super::ledger::Account;
use crate::model::instant::date_of;

/// Customers who started in one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// First day of the month.
    pub first: String,
    /// How many started in it.
    pub n: u64,
    /// Monthly revenue on their first day, minor units.
    pub mrr: i64,
    /// How many had a contract at the end of that month (age 0), of the next one (age 1) …
    /// Null at the end of months, after the first, before losses are on record: who had left by then is not known.
    pub there: Vec<Option<u64>>,
    /// The revenue of those, minor units.
    pub there_mrr: Vec<Option<i64>>,
}

/// The table: cohorts, the oldest first, and the pooled row.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cohorts {
    /// Months in which anybody started.
    pub rows: Vec<Cohort>,
    /// By age: those there ÷ those who started, over all cohorts that have reached the age.
    pub customers: Vec<Option<f64>>,
    /// The same of revenue.
    pub revenue: Vec<Option<f64>>,
}

/// The table over these months, each `[from, to)` as day numbers, one after the other; the last one ends the report. Cells
/// of later months than the first that end before the day `recorded`, from which on losses are on record, stay empty.
pub fn table(ledger: &[Account], months: &[(i32, i32)], recorded: Option<i32>) -> Cohorts {
    let rows: Vec<Cohort> =
        (0..months.len()).filter_map(|n| months.get(n..).and_then(|later| cohort(ledger, later, recorded))).collect();
    let ages = 0..rows.iter().map(|row| row.there.len()).max().unwrap_or(0);
    let pooled = |part: fn(&Cohort, usize) -> Option<(f64, f64)>, age: usize| {
        let (of, all) = rows.iter().filter_map(|row| part(row, age)).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (all > 0.0).then(|| of / all)
    };
    let customers = |row: &Cohort, age: usize| Some(((*row.there.get(age)?)? as f64, row.n as f64));
    let revenue = |row: &Cohort, age: usize| Some(((*row.there_mrr.get(age)?)? as f64, row.mrr as f64));
    Cohorts {
        customers: ages.clone().map(|age| pooled(customers, age)).collect(),
        revenue: ages.map(|age| pooled(revenue, age)).collect(),
        rows,
    }
}

/// Those who started in the first of these months, followed to the end of each.
fn cohort(ledger: &[Account], months: &[(i32, i32)], recorded: Option<i32>) -> Option<Cohort> {
    let (from, to) = *months.first()?;
    let started = |account: &&Account| account.joined().is_some_and(|day| (from..to).contains(&day));
    let mine: Vec<&Account> = ledger.iter().filter(started).collect();
    let known = |(_, end): &(i32, i32)| (*end == to || recorded.is_none_or(|day| *end > day)).then_some(*end);
    let at = |day: i32| mine.iter().filter(move |account| account.active(day));
    let cohort = Cohort {
        first: date_of(from).to_string(),
        n: mine.len() as u64,
        mrr: mine.iter().map(|account| account.mrr(account.joined().unwrap_or(from))).fold(0, i64::saturating_add),
        there: months.iter().map(|month| Some(at(known(month)? - 1).count() as u64)).collect(),
        there_mrr: months
            .iter()
            .map(|month| {
                let day = known(month)? - 1;
                Some(at(day).map(|account| account.mrr(day)).fold(0, i64::saturating_add))
            })
            .collect(),
    };
    (!mine.is_empty()).then_some(cohort)
}

#[cfg(test)]
mod tests {
    use super::{
        super::ledger::{
            Line,
            tables::{day, read},
        },
        *,
    };

    fn months(firsts: &[&str]) -> Vec<(i32, i32)> {
        firsts.windows(2).map(|pair| (day(pair[0]), day(pair[1]))).collect()
    }

    /// Four join in January, one leaves in February and is back in March: 4, 3 and 4 of 4.
    #[test]
    fn who_came_back_counts_again_and_an_age_nobody_has_reached_is_empty() {
        let line = |start: &str, end: Option<&str>| Line { start: day(start), end: end.map(day), mrr: 100 };
        let mut all = vec![Account { lines: vec![line("2026-01-05", None)] }; 3];
        all.push(Account { lines: vec![line("2026-01-09", Some("2026-02-10")), line("2026-03-03", None)] });
        all.push(Account { lines: vec![line("2026-02-01", Some("2026-03-31"))] });
        let found = table(&all, &months(&["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]), None);
        let there: Vec<_> = found.rows.iter().map(|row| (row.n, row.there.clone())).collect();
        let known = |all: &[u64]| all.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(there, [(4, known(&[4, 3, 4])), (1, known(&[1, 0]))]);
        assert_eq!(found.customers, [Some(1.0), Some(3.0 / 5.0), Some(1.0)]);
        assert_eq!(found.rows[0].there_mrr, [400, 300, 400].map(Some));
        assert_eq!(table(&[], &months(&["2026-01-01", "2026-02-01"]), None), Cohorts::default());
    }

    /// Months before anything was recorded stood there as months in which nobody left.
    #[test]
    fn a_month_that_ends_before_losses_are_on_record_is_an_empty_cell() {
        let line = |end: Option<&str>| Line { start: day("2026-01-05"), end: end.map(day), mrr: 100 };
        let all = [None, Some("2026-03-20")].map(|end| Account { lines: vec![line(end)] });
        let all = [all.to_vec(), vec![Account { lines: vec![Line { start: day("2026-03-02"), end: None, mrr: 50 }] }]];
        let firsts = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"];
        let found = table(&all.concat(), &months(&firsts), Some(day("2026-03-01")));
        let there: Vec<_> = found.rows.iter().map(|row| (row.n, row.there.clone())).collect();
        assert_eq!(there, [(2, vec![Some(2), None, Some(1)]), (1, vec![Some(1)])]);
        assert_eq!(found.customers, [Some(1.0), None, Some(0.5)], "pooled over cells that are known");
    }

    /// `tests/oracle/reports.py` (pandas).
    #[test]
    fn the_table_is_that_of_a_second_program() {
        let ledger = read(include_str!("../../tests/data/numbers/reports/contracts.csv"));
        let firsts = ["01", "02", "03", "04", "05", "06", "07"].map(|month| format!("2026-{month}-01"));
        let found = table(&ledger, &months(&firsts.each_ref().map(String::as_str)), None);
        let wanted: Vec<&str> = include_str!("../../tests/data/numbers/reports/cohorts.csv").lines().skip(1).collect();
        let mut told = Vec::new();
        for row in &found.rows {
            for (age, (there, mrr)) in row.there.iter().zip(&row.there_mrr).enumerate() {
                let (there, mrr) = (there.unwrap(), mrr.unwrap());
                told.push(format!("{},{},{},{age},{there},{mrr}", row.first, row.n, row.mrr));
            }
        }
        assert_eq!(told, wanted);
    }
}
