//! `/cs kpi [YYYY-MM]`: every figure with numerator, denominator, method, interval and target.

use jiff::civil::Date;

use super::{
    pairs::lines,
    reply::{Field, Part, Reply, Table},
};
use crate::{
    app::shell::Shell,
    insight::{
        kpi::{KpiReport, voices::FEW},
        rate::{Rate, Unit},
        revenue::Movements,
    },
    model::{
        feature::metric_of,
        instant::{Instant, day_number},
        locale::Locale,
        money::{Currency, Money},
        survey::Kind,
    },
    rulebook::{titles::Titled, types::Rulebook},
    store::api::Result,
    words::{
        Word, pairs, refusal, say, sentence, survey as words_survey,
        terms::{Term, term},
    },
};

/// In which order figures are shown: lagging, then leading, then revenue, then voices, then
/// the help desk. Others follow.
const ORDER: [&str; 48] = [
    "logo_churn",
    "logo_churn_events",
    "logo_churn_daily",
    "logo_churn_incl_new",
    "logo_churn_year",
    "retention",
    "early_churn",
    "renewal_rate",
    "renewal_rate_mrr",
    "onboarding_completion",
    "days_to_setup",
    "ttfv_median_days",
    "active_user_rate",
    "stickiness",
    "seat_utilisation",
    "health_green_share",
    "nrr",
    "nrr_movements",
    "grr",
    "mrr_churn_gross",
    "mrr_churn_net",
    "quick_ratio",
    "quick_ratio_reactivated",
    "churn_loss_year",
    "upsell_rate",
    "upsell_mrr_rate",
    "cross_sell_rate",
    "cross_sell_mrr_rate",
    "expansion_mrr",
    "arpa",
    "ltv",
    "ltv_plain",
    "ltv_to_cac",
    "cac_payback_months",
    "nps",
    "nps_change",
    "nps_accounts",
    "nps_response",
    "csat",
    "csat_mean",
    "csat_response",
    "ces",
    "ces_easy",
    "ces_net",
    "ces_response",
    "tickets_per_account",
    "resolution_hours",
    "csat_tickets",
];

/// Other ways to count what stands there anyway, and further looks at it: shown where they have a target, or all are asked for.
const FURTHER: [&str; 11] = [
    "logo_churn_daily",
    "logo_churn_incl_new",
    "logo_churn_year",
    "mrr_churn_gross",
    "mrr_churn_net",
    "quick_ratio",
    "quick_ratio_reactivated",
    "nrr_movements",
    "ltv_plain",
    "feature_first_use",
    "feature_retention",
];

/// Which figures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Those that most ask for, and those with a target.
    Most,
    /// All.
    All,
}

/// The KPIs of a month (`YYYY-MM`; none = the last full one); an unreadable month is the error.
pub async fn month(
    shell: &Shell,
    month: Option<&str>,
    now: Instant,
    locale: Locale,
) -> Result<std::result::Result<KpiReport, String>> {
    let zone = shell.rulebook().model.workspace.zone.clone();
    let Some((first, last)) = period(month, now.date(&zone)) else {
        return Ok(Err(refusal::no_month(locale, month.unwrap_or_default())));
    };
    Ok(Ok(shell.kpis(day_number(first), day_number(last) + 1, now).await?))
}

/// First and last day of `2026-10` or `2026-Q3`; of the last full month where nothing is said. None = not to be read.
pub fn period(text: Option<&str>, today: Date) -> Option<(Date, Date)> {
    let Some(text) = text else {
        let first = today.first_of_month().yesterday().ok()?.first_of_month();
        return Some((first, first.last_of_month()));
    };
    if let Some((year, quarter)) = text.split_once(['-', ' ']).filter(|(_, part)| part.starts_with(['q', 'Q'])) {
        let quarter: i8 = quarter.get(1..)?.parse().ok().filter(|n| (1..=4).contains(n))?;
        let first = Date::new(year.parse().ok()?, quarter * 3 - 2, 1).ok()?;
        return Some((first, Date::new(first.year(), quarter * 3, 1).ok()?.last_of_month()));
    }
    let first = format!("{text}-01").parse::<Date>().ok()?;
    Some((first, first.last_of_month()))
}

/// The answer for people: the figures, what moved the revenue, what we did, and of whom each figure speaks.
pub fn reply(report: &KpiReport, rulebook: &Rulebook, show: Show, locale: Locale) -> Reply {
    let named = |name: &str| named(rulebook, locale, name);
    let shown = shown(report, show);
    let header = [Word::Kpi, Word::Value, Word::Count, Word::Interval, Word::Target];
    let rows = shown.iter().map(|(name, rate)| row(named(name), name, rate, locale)).collect();
    let table = Table { header: header.iter().map(|w| say(locale, *w).to_owned()).collect(), rows };
    let mut reply =
        Reply::new(locale, sentence::kpi_title(locale, &report.period[0], &report.period[1])).with(Part::Table(table));
    if let Some(attained) = report.targets_reached {
        reply = reply.line(sentence::targets_reached(locale, attained.reached, attained.of));
    }
    let currency = report.currency.as_deref().and_then(Currency::parse);
    if let (Some(moved), Some(currency)) = (&report.mrr_movements, currency) {
        reply = reply.with(Part::Heading(say(locale, Word::Movements).to_owned()));
        reply = reply.with(Part::Fields(movements(moved, currency, locale)));
    }
    if report.other_currency > 0 {
        reply = reply.line(sentence::other_currency(locale, report.other_currency));
    }
    if report.kais.values().any(|n| *n > 0) {
        let kais = report.kais.iter().filter(|(_, n)| **n > 0);
        let fields = kais.map(|(name, n)| field(term(locale, Term::Kai, name), n.to_string())).collect();
        reply = reply.with(Part::Heading(say(locale, Word::Actions).to_owned())).with(Part::Fields(fields));
    }
    if !report.pairs.is_empty() {
        reply = reply.with(Part::Heading(pairs::heading(locale).to_owned()));
        reply = reply.with(Part::Bullets(lines(report, rulebook, locale)));
    }
    let method = |(name, rate): &(&str, &Rate)| format!("{}: {}", named(name), term(locale, Term::Method, rate.method));
    let methods = shown.iter().map(method).collect();
    reply = reply.with(Part::Heading(say(locale, Word::Method).to_owned())).with(Part::Bullets(methods));
    for text in shown.iter().filter_map(|(name, rate)| super::report::monthly::reference(name, rate, rulebook, locale))
    {
        reply = reply.line(text);
    }
    if let Some(day) = &report.recorded_from {
        reply = reply.line(sentence::partly_recorded(locale, day));
    }
    let few: Vec<String> =
        shown.iter().filter(|(_, rate)| rate.warning == Some(FEW)).map(|(name, _)| named(name)).collect();
    if !few.is_empty() {
        reply = reply.line(words_survey::few(locale, &few.join(say(locale, Word::ListSeparator))));
    }
    let further: Vec<String> = report
        .kpis
        .iter()
        .filter(|(name, rate)| show == Show::Most && kept_back(name, rate))
        .map(|(n, _)| named(n))
        .collect();
    if !further.is_empty() {
        reply = reply.line(sentence::further_kpis(locale, &further.join(say(locale, Word::ListSeparator))));
    }
    let missing = |name: &&String| !shown.iter().any(|s| s.0 == *name) && !is_detail(name) && !is_further(name);
    let open: Vec<String> = report.kpis.keys().filter(missing).map(|n| named(n)).collect();
    if open.is_empty() {
        return reply;
    }
    reply.line(sentence::not_counted(locale, &open.join(say(locale, Word::ListSeparator))))
}

/// A second look at a survey: where the first has nothing to show, it is not named either.
fn is_detail(name: &str) -> bool {
    name.split_once('_').is_some_and(|(kind, _)| Kind::parse(kind).is_some())
}

/// A KPI's place in the order figures are shown in; features stand beside the other figures of use.
pub fn place(name: &str) -> usize {
    let name = if metric_of(name).is_some() { "active_user_rate" } else { name };
    ORDER.iter().position(|n| *n == name).unwrap_or(ORDER.len())
}

fn is_further(name: &str) -> bool {
    FURTHER.contains(&name.split('.').next().unwrap_or(name))
}

/// There is a figure, but it is a further look that nobody set a target for.
pub fn kept_back(name: &str, rate: &Rate) -> bool {
    is_further(name) && rate.target.is_none() && rate.value.is_some()
}

/// Figures with a value, an interval or a target, in their order.
fn shown(report: &KpiReport, show: Show) -> Vec<(&str, &Rate)> {
    let telling = |rate: &Rate| rate.value.is_some() || rate.ci95.is_some() || rate.target.is_some();
    let wanted = |name: &str, rate: &Rate| telling(rate) && (show == Show::All || !kept_back(name, rate));
    let all = report.kpis.iter().filter(|(name, rate)| wanted(name, rate));
    let mut all: Vec<(&str, &Rate)> = all.map(|(name, rate)| (name.as_str(), rate)).collect();
    all.sort_by_key(|(name, _)| (place(name), *name));
    all
}

/// `feature_adoption.X` is the KPI's name with what the metric X is called behind it.
pub fn named(rulebook: &Rulebook, locale: Locale, name: &str) -> String {
    match name.split_once('.') {
        Some((kpi, feature)) => {
            let feature = rulebook.title(Titled::Metric, feature, locale);
            sentence::kpi_of(locale, term(locale, Term::Kpi, kpi), feature)
        }
        None => term(locale, Term::Kpi, name).to_owned(),
    }
}

fn field(label: &str, value: String) -> Field {
    Field { label: label.to_owned(), value }
}

fn movements(moved: &Movements, currency: Currency, locale: Locale) -> Vec<Field> {
    let rows = [
        ("opening", moved.opening),
        ("new", moved.new),
        ("expansion", moved.expansion),
        ("contraction", moved.contraction),
        ("churn", moved.churn),
        ("reactivation", moved.reactivation),
        ("closing", moved.closing),
    ];
    let amount = |amount_minor| Money { amount_minor, currency }.to_string();
    rows.iter().map(|(name, minor)| field(term(locale, Term::Movement, name), amount(*minor))).collect()
}

fn row(title: String, name: &str, rate: &Rate, locale: Locale) -> Vec<String> {
    let value = |v: f64| figure(v, rate.unit, locale);
    let count = match (rate.unit, rate.ci95) {
        // Sums of money stand below, in their own words.
        (Unit::Share, None) if rate.denominator > 0 => String::new(),
        (Unit::Money(_), None) if name != "arpa" => String::new(),
        (Unit::Money(_) | Unit::Months, _) => rate.denominator.to_string(),
        // A difference has no count of its own, nor has a ratio of ratios.
        (Unit::Points, _) if matches!(name, "nps_change" | "ltv_to_cac") => String::new(),
        _ => format!("{}/{}", rate.numerator, rate.denominator),
    };
    let end = |end: Option<f64>| end.map_or_else(|| "∞".to_owned(), value);
    vec![
        title,
        rate.value.map_or_else(|| "–".to_owned(), value),
        count,
        rate.ci95.map_or_else(String::new, |[low, high]| format!("{}–{}", end(low), end(high))),
        rate.target.map_or_else(String::new, value),
    ]
}

/// A figure in its unit: `3.1%`, `12日` / `12 days`, `¥10,875`, `30.0`.
pub fn figure(value: f64, unit: Unit, locale: Locale) -> String {
    match unit {
        Unit::Share => format!("{:.1}%", value * 100.0),
        Unit::Points => format!("{value:.1}"),
        Unit::Months => sentence::months(locale, value),
        Unit::Hours => sentence::length(locale, &format!("{value:.0}h")),
        Unit::Days => sentence::length(locale, &format!("{value:.0}d")),
        Unit::Money(currency) => Money::from_major(value, currency).to_string(),
    }
}
