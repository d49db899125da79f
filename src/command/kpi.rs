//! `/cs kpi [YYYY-MM]`: every rate with numerator, denominator, method, interval and target.

use jiff::civil::Date;

use super::reply::{Part, Reply, Table};
use crate::{
    app::shell::Shell,
    insight::{
        kpi::{self, KpiReport},
        rate::Rate,
    },
    model::{
        instant::{Instant, day_number},
        locale::Locale,
    },
    store::api::Result,
    words::{
        Word, say, sentence,
        terms::{Term, term},
    },
};

/// The KPIs of a month (`YYYY-MM`; none = the last full one); an unreadable month is the error.
pub async fn month(shell: &Shell, month: Option<&str>, now: Instant) -> Result<std::result::Result<KpiReport, String>> {
    let zone = shell.rulebook().model.workspace.zone.clone();
    let first = match month {
        Some(text) => format!("{text}-01").parse::<Date>().ok(),
        None => now.date(&zone).first_of_month().yesterday().ok().map(Date::first_of_month),
    };
    let Some(first) = first else {
        return Ok(Err(format!("`{}` is no month: write it as 2026-04", month.unwrap_or_default())));
    };
    let to = day_number(first.last_of_month()) + 1;
    Ok(Ok(between(shell, day_number(first), to, now).await?))
}

/// The KPIs of `[from, to)` in day numbers.
pub async fn between(shell: &Shell, from: i32, to: i32, now: Instant) -> Result<KpiReport> {
    let views = shell.views(None, now).await?;
    let rulebook = shell.rulebook();
    let model = &rulebook.model;
    let until = model.journey.iter().find_map(|p| p.until.as_ref());
    let names = until.map(|u| u.names()).unwrap_or_default();
    let required: Vec<String> = names.iter().filter_map(|n| n.strip_prefix("milestone.")).map(str::to_owned).collect();
    Ok(kpi::report(&views, &model.targets, &required, from, to, &model.workspace.zone))
}

/// The answer for people: the numbers, then of whom each of them speaks.
pub fn reply(report: &KpiReport, locale: Locale) -> Reply {
    let title = sentence::kpi_title(locale, &report.period[0], &report.period[1]);
    let header = [Word::Kpi, Word::Value, Word::Count, Word::Interval, Word::Target];
    let rows = report.kpis.iter().map(|(name, rate)| row(name, rate, locale)).collect();
    let table = Table { header: header.iter().map(|w| say(locale, *w).to_owned()).collect(), rows };
    let methods = report
        .kpis
        .iter()
        .map(|(name, rate)| format!("{}: {}", term(locale, Term::Kpi, name), term(locale, Term::Method, rate.method)));
    let reply = Reply::new(locale, title).with(Part::Table(table));
    reply.with(Part::Heading(say(locale, Word::Method).to_owned())).with(Part::Bullets(methods.collect()))
}

fn row(name: &str, rate: &Rate, locale: Locale) -> Vec<String> {
    let percent = |p: f64| format!("{:.1}%", p * 100.0);
    vec![
        term(locale, Term::Kpi, name).to_owned(),
        rate.value.map_or_else(|| "–".to_owned(), percent),
        format!("{}/{}", rate.numerator, rate.denominator),
        rate.ci95.map_or_else(String::new, |[lo, hi]| format!("{}–{}", percent(lo), percent(hi))),
        rate.target.map_or_else(String::new, percent),
    ]
}
