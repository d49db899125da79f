//! Dates that are over: a start that never comes, a wait that waits for nothing, closed days of last year only.

use jiff::civil::Date;

use super::Book;
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        instant::{DAY, day_number},
    },
    rulebook::{
        playbook::{Body, DateExpr, IfPast, Start, Wait},
        schedule::length::Length,
        yaml::{Node, values},
    },
};

/// Literal dates before `today` where they are waited for.
pub fn check(book: &Book<'_>, today: Date, out: &mut Vec<Diagnostic>) {
    for playbook in &book.rulebook.playbooks {
        let tree = book.tree_of(playbook);
        if let Start::Dated { date, before, by, if_past } = &playbook.start
            && *if_past != IfPast::Run
        {
            let key = if *before { "before" } else { "after" };
            let over = moment(date).is_some_and(|day| shifted(day, Some((!before, *by))) < day_number(today));
            let node = tree.and_then(|t| t.get("start")?.get(key));
            if over && let Some(node) = node {
                tell(node, "this date is over: the playbook never starts again", out);
            }
        }
        for step in &playbook.steps {
            let (date, node) = match &step.body {
                Body::Wait(Wait::Until(date, _)) => {
                    (date, book.node_of(step).and_then(|n| n.get("wait")?.get("until")))
                }
                Body::WaitFor(wait) => match &wait.until {
                    Some(date) => (date, book.node_of(step).and_then(|n| n.get("at_most")?.get("until"))),
                    None => continue,
                },
                _ => continue,
            };
            if let (Some(day), Some(node)) = (moment(date), node)
                && day < day_number(today)
            {
                tell(node, "this date is over: nobody waits for it any more", out);
            }
        }
    }
    closed(book, today, out);
}

fn tell(node: &Node, message: &str, out: &mut Vec<Diagnostic>) {
    let place: Place = node.scalar().map_or_else(|| node.place.clone(), |s| s.content.clone());
    let help = "write the next date, or one that each customer has, e.g. account.renewal_date";
    out.push(Diagnostic::warning("past-date", &place, message, help));
}

/// The day of a literal with its own offset; none for a date that each customer has.
fn moment(date: &DateExpr) -> Option<i32> {
    let inner = date.base.source().strip_prefix("date(\"").or(date.base.source().strip_prefix("timestamp(\""))?;
    let day = values::date(inner.get(..10)?)?;
    Some(shifted(day_number(day), date.offset))
}

/// Later (true) or earlier by a length, in whole days and rather too late.
fn shifted(day: i32, by: Option<(bool, Length)>) -> i32 {
    let Some((later, length)) = by else { return day };
    let days = match length {
        Length::Exact(micros) => (micros / DAY) as i32,
        Length::CalendarDays(n) => n as i32,
        Length::BusinessDays(n) => n as i32,
        Length::BusinessMinutes(_) => 0,
    };
    if later { day.saturating_add(days) } else { day.saturating_sub(days) }
}

/// A calendar whose own closed days are all over wants this year's.
fn closed(book: &Book<'_>, today: Date, out: &mut Vec<Diagnostic>) {
    for (name, calendar) in &book.rulebook.model.calendars {
        let Some((newest, _)) = calendar.extra.last_key_value().filter(|(day, _)| **day < today) else { continue };
        let node = book.trees.get("model.yaml").and_then(|m| m.get("calendars")?.get(name)?.get("closed"));
        let place = node.map_or_else(|| book.model_place("calendars"), |n| n.place.clone());
        let message = format!("the closed days of the calendar `{name}` end on {newest}");
        let help = "add this year's, or write days that return every year as \"12-29/01-03\"";
        out.push(Diagnostic::hint("past-date", &place, message, help));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, dated};

    const BY: &str = "2026-06-01";

    #[test]
    fn a_start_and_a_wait_for_a_day_that_is_over_are_told() {
        let start = "start: {before: 2026-05-01, by: 7d}\nsteps: [{id: a, stop: x}]\n";
        assert_eq!(dated(MODEL, start, BY), ["past-date playbooks/p.yaml:2:17"]);
        let wait = "start: {manual: true}\nsteps: [{id: w, wait: {until: 2026-05-31}}, {id: a, stop: x}]\n";
        assert_eq!(dated(MODEL, wait, BY), ["past-date playbooks/p.yaml:3:31"]);
    }

    #[test]
    fn days_to_come_and_days_of_each_customer_are_fine() {
        for start in [
            "start: {before: 2026-07-01, by: 7d}",
            "start: {after: 2026-05-01, by: 60d}",
            "start: {before: account.renewal_date, by: 90d}",
            "start: {before: 2026-05-01, by: 7d, if_past: run}",
        ] {
            let found = dated(MODEL, &format!("{start}\nsteps: [{{id: a, stop: x}}]\n"), BY);
            assert!(found.is_empty(), "{start} {found:?}");
        }
    }

    #[test]
    fn closed_days_of_last_year_only_are_a_hint() {
        let model = |day: &str| format!("{MODEL}calendars: {{jp: {{holidays: japan, closed: [{day}]}}}}\n");
        let steps = "start: {manual: true}\nsteps: [{id: a, stop: x}]\n";
        assert_eq!(dated(&model("2025-08-12"), steps, BY), ["past-date model.yaml:8:43"]);
        assert!(dated(&model("2026-08-12"), steps, BY).is_empty());
    }
}
