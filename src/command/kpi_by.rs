//! `/cs kpi by WHAT`: a few KPIs of several groups of customers, or of several months, side by side.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};

use super::{
    kpi::{figure, named, period, place},
    reply::{Part, Reply, Table},
};
use crate::{
    app::{kpis::Group, shell::Shell},
    engine::ROLES,
    insight::{
        kpi::target::reached,
        rate::{Rate, Unit},
    },
    model::{
        instant::{Instant, date_of, day_number},
        locale::Locale,
    },
    rulebook::{titles::Titled, types::Rulebook},
    store::api::Result,
    words::{refusal, reports::monthly, sentence},
};

/// Columns of the table.
const COLUMNS: usize = 4;
/// What stands there where too few KPIs have a target.
const USUAL: [&str; 5] = ["logo_churn", "onboarding_completion", "active_user_rate", "nrr", "arpa"];
/// Rows of the table.
const ROWS: usize = 20;
/// Months and quarters side by side.
const SPANS: [(&str, usize, i64); 2] = [("month", 6, 1), ("quarter", 4, 3)];

/// Figures side by side.
pub struct Sides {
    /// What they are split by.
    pub by: String,
    /// Names of our people by key, where they are split by one of our roles.
    people: BTreeMap<String, String>,
    /// Whether the role has targets of its own.
    own: bool,
    /// First day of all, and the day after the last one.
    pub period: [String; 2],
    /// The groups, the largest first; spans in their order.
    pub groups: Vec<Group>,
}

/// Splits the KPIs of a period (the last of several) by `month`, `quarter`, `segment` or an attribute. The error is what to
/// tell the asker.
pub async fn sides(
    shell: &Shell,
    by: &str,
    text: Option<&str>,
    now: Instant,
    locale: Locale,
) -> Result<std::result::Result<Sides, String>> {
    let rulebook = shell.rulebook();
    let Some((first, last)) = period(text, now.date(&rulebook.model.workspace.zone)) else {
        return Ok(Err(refusal::no_month(locale, text.unwrap_or_default())));
    };
    let end = day_number(last) + 1;
    let world = shell.world();
    let of_role = ROLES.contains(&by) || world.fallbacks.contains_key(by);
    let named = world.everybody(locale).filter(|_| of_role);
    let people = named.map(|(key, name)| (key.to_owned(), name.to_owned())).collect();
    let own = rulebook.model.role_targets.contains_key(by);
    let (from, groups) = match SPANS.iter().find(|(name, ..)| *name == by) {
        Some((_, count, months)) => {
            let spans = spans(last, *count, *months);
            (spans.first().map_or(end, |span| span.0), shell.kpis_over(&spans, now).await?)
        }
        None if by == "segment" || of_role || known(&rulebook).contains(&by) => {
            (day_number(first), shell.kpis_by(by, (day_number(first), end), now).await?)
        }
        None => return Ok(Err(sentence::no_split(locale, by, &known(&rulebook).join(", ")))),
    };
    let period = [date_of(from).to_string(), date_of(end).to_string()];
    Ok(Ok(Sides { by: by.to_owned(), people, own, period, groups }))
}

/// So many spans of so many months, the last of which ends with the month of `last`.
fn spans(last: Date, count: usize, months: i64) -> Vec<(i32, i32)> {
    let month = last.first_of_month();
    let back = |n: usize| {
        let first = month.checked_sub((months * (n as i64 + 1) - 1).months()).ok()?;
        let end = month.checked_sub((months * n as i64).months()).ok()?.last_of_month();
        Some((day_number(first), day_number(end) + 1))
    };
    (0..count).rev().filter_map(back).collect()
}

/// Attributes of accounts that customers can be told apart by.
fn known(rulebook: &Rulebook) -> Vec<&str> {
    rulebook.slots.names.iter().filter_map(|(name, _)| name.strip_prefix("account.")).collect()
}

/// The table for people.
pub fn reply(found: &Sides, rulebook: &Rulebook, locale: Locale) -> Reply {
    let is_span = SPANS.iter().any(|(name, ..)| *name == found.by);
    let columns = columns(found, is_span);
    let label = |group: &Group| match (group.name.as_str(), found.by.as_str()) {
        ("", _) => "–".to_owned(),
        (name, "segment") => rulebook.title(Titled::Segment, name, locale).to_owned(),
        (name, _) if is_span => name.get(..7).unwrap_or(name).to_owned(),
        (name, _) => found.people.get(name).map_or(name, String::as_str).to_owned(),
    };
    let cell = |group: &Group, kpi: &str| match group.kpis.get(kpi) {
        Some(rate) if found.own && reached(kpi, rate) == Some(true) => format!("✓ {}", cell(rate, locale)),
        Some(rate) => cell(rate, locale),
        None => "–".to_owned(),
    };
    let row = |group: &Group| {
        let count = (!is_span).then(|| group.customers.to_string());
        let cells = columns.iter().map(|kpi| cell(group, kpi));
        std::iter::once(label(group)).chain(count).chain(cells).collect()
    };
    let count = (!is_span).then(|| monthly::cohorts(locale).1[1].to_owned());
    let names = columns.iter().map(|kpi| match target(found, kpi, locale) {
        Some(target) => sentence::with_target(locale, &named(rulebook, locale, kpi), &target),
        None => named(rulebook, locale, kpi),
    });
    let header = std::iter::once(found.by.clone()).chain(count).chain(names).collect();
    let rows = found.groups.iter().take(ROWS).map(row).collect();
    let reply = Reply::new(locale, sentence::kpi_by_title(locale, &found.by, &found.period[0], &found.period[1]))
        .with(Part::Table(Table { header, rows }))
        .line(sentence::kpi_by_note(locale, found.groups.len().saturating_sub(ROWS)));
    let reply = if found.own { reply.line(sentence::own_targets(locale, &found.by)) } else { reply };
    match found.groups.iter().filter_map(|group| group.recorded_from.as_ref()).max() {
        Some(day) => reply.line(sentence::partly_recorded(locale, day)),
        None => reply,
    }
}

/// The role's own target, as the figure stands.
fn target(found: &Sides, kpi: &str, locale: Locale) -> Option<String> {
    let rate = found.groups.iter().filter(|_| found.own).find_map(|group| group.kpis.get(kpi))?;
    rate.target.map(|target| figure(target, rate.unit, locale))
}

/// KPIs with a target first, then the usual ones; those without any figure are left out, and over time those that speak of
/// the present alone.
fn columns(found: &Sides, is_span: bool) -> Vec<&str> {
    let told = |rate: &Rate| rate.value.is_some() && !(is_span && rate.is_momentary());
    let known = |kpi: &str| found.groups.iter().any(|group| group.kpis.get(kpi).is_some_and(told));
    let targets =
        found.groups.last().into_iter().flat_map(|group| &group.kpis).filter(|(_, rate)| rate.target.is_some());
    let mut all: Vec<&str> = targets.map(|(name, _)| name.as_str()).filter(|kpi| known(kpi)).collect();
    all.sort_by_key(|kpi| place(kpi));
    for kpi in USUAL {
        if !all.contains(&kpi) && known(kpi) {
            all.push(kpi);
        }
    }
    all.truncate(COLUMNS);
    all
}

fn cell(rate: &Rate, locale: Locale) -> String {
    let Some(value) = rate.value else { return "–".to_owned() };
    let value = figure(value, rate.unit, locale);
    match (rate.unit, rate.ci95) {
        (Unit::Share, Some(_)) => format!("{value} ({}/{})", rate.numerator, rate.denominator),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn months_and_quarters_are_read_and_nothing_else() {
        let today = date("2026-11-23");
        assert_eq!(period(None, today), Some((date("2026-10-01"), date("2026-10-31"))));
        assert_eq!(period(Some("2026-02"), today), Some((date("2026-02-01"), date("2026-02-28"))));
        assert_eq!(period(Some("2026-Q3"), today), Some((date("2026-07-01"), date("2026-09-30"))));
        assert_eq!(period(Some("2026-q1"), today), Some((date("2026-01-01"), date("2026-03-31"))));
        for wrong in ["2026-Q5", "2026-Q", "2026-13", "x", "", "2026-Qあ"] {
            assert_eq!(period(Some(wrong), today), None, "{wrong}");
        }
    }

    #[test]
    fn spans_follow_each_other_up_to_the_month_asked_for() {
        let quarters = spans(date("2026-09-30"), 2, 3);
        let day = |text| day_number(date(text));
        assert_eq!(quarters, [(day("2026-04-01"), day("2026-07-01")), (day("2026-07-01"), day("2026-10-01"))]);
        assert_eq!(spans(date("2026-01-31"), 2, 1)[0], (day("2025-12-01"), day("2026-01-01")));
    }
}
