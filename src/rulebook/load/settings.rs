//! `workspace:`, `feeds:`, `calendars:`, `caps:`, `holdout:` and `targets:`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    journey::entries,
    names::{KPIS, is_kpi, known},
};
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        feature,
        instant::DAY,
        locale::Locale,
        message::{ChannelKind, Class},
        money::Currency,
    },
    rulebook::{
        schedule::{
            calendar::{Calendar, parse_closed},
            cron::CronSchedule,
            length::Length,
            window::parse_hours,
        },
        types::{Cap, CapPeriod, Holdout, Workspace},
        yaml::{Node, fields::Fields, values},
    },
};

/// What holds where nothing is said.
pub fn default_workspace() -> Workspace {
    Workspace {
        zone: TimeZone::get("Asia/Tokyo").unwrap_or(TimeZone::UTC),
        locale: Locale::Ja,
        calendar: String::new(),
        currency: Currency::JPY,
        late_data: Length::Exact(DAY),
        max_downtime: Length::Exact(7 * DAY),
    }
}

/// `workspace:`.
pub fn workspace(node: &Node, out: &mut Vec<Diagnostic>) -> Workspace {
    let mut read = default_workspace();
    let Some(mut f) = Fields::of(node, "`workspace`", out) else { return read };
    if let Some(node) = f.take("timezone") {
        read.zone = zone(node, out).unwrap_or(read.zone);
    }
    read.locale = f.word("locale", &[("ja", Locale::Ja), ("en", Locale::En)], out).unwrap_or(read.locale);
    read.calendar = f.text("calendar", out).unwrap_or_default();
    if let Some(node) = f.take("currency") {
        read.currency = currency(node, out).unwrap_or(read.currency);
    }
    read.late_data = f.length("late_data", out).unwrap_or(read.late_data);
    read.max_downtime = f.length("max_downtime", out).unwrap_or(read.max_downtime);
    f.finish(out);
    read
}

fn zone(node: &Node, out: &mut Vec<Diagnostic>) -> Option<TimeZone> {
    let name = values::text(node, out)?;
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let message = format!("there is no time zone `{}`", values::shorten(name));
        out.push(Diagnostic::error("unknown-zone", &node.place, message, "use an IANA name, e.g. Asia/Tokyo"));
    }
    zone
}

fn currency(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Currency> {
    let currency = values::text(node, out).and_then(Currency::parse);
    if currency.is_none() {
        out.push(Diagnostic::error("wrong-type", &node.place, "not a currency", "three letters, e.g. JPY"));
    }
    currency
}

/// `feeds:` and when each is stale.
pub fn feeds(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Length> {
    let mut read = BTreeMap::new();
    for entry in entries(node, "feeds", out) {
        let Some(mut f) = Fields::of(&entry.value, "a feed", out) else { continue };
        let stale = f.need("stale_after", "e.g. `stale_after: 8d`", out).and_then(|n| values::length(n, out));
        f.finish(out);
        read.extend(stale.map(|s| (entry.key.clone(), s)));
    }
    read
}

/// `calendars:`.
pub fn calendars(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Calendar> {
    entries(node, "calendars", out).iter().map(|e| (e.key.clone(), calendar(&e.key, &e.value, out))).collect()
}

fn calendar(name: &str, node: &Node, out: &mut Vec<Diagnostic>) -> Calendar {
    let mut calendar = Calendar { name: name.to_owned(), ..Calendar::plain() };
    let Some(mut f) = Fields::of(node, "a calendar", out) else { return calendar };
    calendar.japan = f.word("holidays", &[("japan", true), ("none", false)], out).unwrap_or(false);
    for item in f.take("closed").map(values::list).unwrap_or_default() {
        closed(item, &mut calendar, out);
    }
    if let Some(hours) = f.take("business_hours") {
        calendar.hours = hours_of(hours, out).unwrap_or(calendar.hours);
    }
    f.finish(out);
    calendar
}

/// A day or range of every year, or one single day (`2026-08-12`).
fn closed(node: &Node, calendar: &mut Calendar, out: &mut Vec<Diagnostic>) {
    let Some(text) = values::text(node, out) else { return };
    if let Some(date) = values::date(text) {
        calendar.extra.insert(date, String::new());
        return;
    }
    match parse_closed(text) {
        Ok(range) => calendar.closed.push(range),
        Err(why) => out.push(Diagnostic::error("bad-date", &node.place, why, "or one day: 2026-08-12")),
    }
}

/// `10:00-17:00`.
pub fn hours_of(node: &Node, out: &mut Vec<Diagnostic>) -> Option<(u16, u16)> {
    let text = values::text(node, out)?;
    match parse_hours(text) {
        Ok(hours) if hours.0 < hours.1 => Some(hours),
        Ok(_) => {
            let message = format!("`{text}` ends before it begins");
            out.push(Diagnostic::error(
                "bad-hours",
                &node.place,
                message,
                "hours lie within one day, e.g. \"10:00-17:00\"",
            ));
            None
        }
        Err(why) => {
            out.push(Diagnostic::error("bad-hours", &node.place, why, "e.g. \"10:00-17:00\""));
            None
        }
    }
}

/// `caps:`.
pub fn caps(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<Cap> {
    values::items(node, "caps", out).iter().filter_map(|n| cap(n, out)).collect()
}

/// The channels by word.
pub const CHANNELS: [(&str, ChannelKind); 3] =
    [("email", ChannelKind::Email), ("slack", ChannelKind::Slack), ("discord", ChannelKind::Discord)];

fn cap(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Cap> {
    let counted = [
        ("email", (Some(ChannelKind::Email), false)),
        ("slack", (Some(ChannelKind::Slack), false)),
        ("discord", (Some(ChannelKind::Discord), false)),
        ("message", (None, false)),
        ("survey", (None, true)),
    ];
    let mut f = Fields::of(node, "a cap", out)?;
    let count = f.need("count", "email, slack, discord, message or survey", out);
    let count = count.and_then(|n| values::word(n, &counted, out));
    let class = f.word("class", &[("marketing", Class::Marketing), ("service", Class::Service)], out);
    let at_most = f.need("at_most", "e.g. `2 per 7d` or `1 per day`", out).and_then(|n| at_most(n, out));
    let per_contact = f.word("per", &[("contact", true), ("account", false)], out).unwrap_or(true);
    f.finish(out);
    let ((times, per, calendar), (channel, survey)) = (at_most?, count?);
    Some(Cap { channel, survey, class, times, per, calendar, per_contact })
}

/// `2 per 7d` (rolling) or `1 per day|week|month` (calendar).
fn at_most(node: &Node, out: &mut Vec<Diagnostic>) -> Option<(u32, i64, Option<CapPeriod>)> {
    let text = values::text(node, out)?;
    let read = || {
        let (times, per) = text.split_once(" per ")?;
        let times = times.trim().parse::<u32>().ok()?;
        Some(match per.trim() {
            "day" => (times, DAY, Some(CapPeriod::Day)),
            "week" => (times, 7 * DAY, Some(CapPeriod::Week)),
            "month" => (times, 31 * DAY, Some(CapPeriod::Month)),
            length => match Length::parse(length).ok()? {
                Length::Exact(micros) if micros > 0 => (times, micros, None),
                _ => return None,
            },
        })
    };
    let read = read();
    if read.is_none() {
        let message = format!("`{}` is no cap", values::shorten(text));
        out.push(Diagnostic::error("bad-cap", &node.place, message, "e.g. `2 per 7d`, `1 per day`, `4 per month`"));
    }
    read
}

/// `{percent: 10, salt: x}`.
pub fn holdout(node: &Node, default_salt: &str, out: &mut Vec<Diagnostic>) -> Option<Holdout> {
    let mut f = Fields::of(node, "`holdout`", out)?;
    let percent = f.need("percent", "0 to 100", out).and_then(|n| values::percent(n, out));
    let salt = f.text("salt", out).unwrap_or_else(|| default_salt.to_owned());
    f.finish(out);
    Some(Holdout { percent: percent?, salt })
}

/// `targets:` as fractions (`3%` → 0.03) or numbers.
pub fn targets(node: &Node, section: &str, out: &mut Vec<Diagnostic>) -> BTreeMap<String, f64> {
    let mut read = BTreeMap::new();
    for entry in entries(node, section, out) {
        if !is_kpi(&entry.key) {
            let help = nearest(&entry.key, KPIS.iter().copied());
            let help =
                help.map_or_else(|| format!("KPIs are: {}", KPIS.join(", ")), |n| format!("did you mean `{n}`?"));
            let found =
                Diagnostic::error("unknown-kpi", &entry.place, format!("there is no KPI `{}`", entry.key), help);
            out.push(found.mended_if_typo(&entry.key, KPIS.iter().copied()));
        }
        read.extend(target(&entry.key, &entry.value, out).map(|v| (entry.key.clone(), v)));
    }
    read
}

/// KPIs that are a part of a whole: from 0 to 1.
const SHARES: [&str; 19] = [
    "logo_churn",
    "logo_churn_year",
    "stickiness",
    "grr",
    "retention",
    "early_churn",
    "renewal_rate",
    "renewal_rate_mrr",
    "onboarding_completion",
    "nps_response",
    "csat",
    "csat_response",
    "csat_tickets",
    "ces_easy",
    "ces_response",
    "active_user_rate",
    "upsell_rate",
    "health_green_share",
    "meeting_rate",
];

fn target(kpi: &str, node: &Node, out: &mut Vec<Diagnostic>) -> Option<f64> {
    if node.scalar().is_some_and(|s| s.text.ends_with('%')) {
        return values::percent(node, out).map(|p| p / 100.0);
    }
    let value = values::number(node, out)?;
    if value > 1.0 && (SHARES.contains(&kpi) || feature::metric_of(kpi).is_some()) {
        let text = node.scalar().map_or("", |s| s.text.as_str());
        let message = format!("`{kpi}` is a share, and {value} would be {} %", value * 100.0);
        let help = format!("write `{kpi}: {value}%` or `{kpi}: {}`", value / 100.0);
        out.push(Diagnostic::error("impossible-target", &node.place, message, help).mended(text, format!("{text}%")));
        // Read as it was meant, so that nothing else is told because of it.
        return Some(value / 100.0);
    }
    Some(value)
}

/// A cron text.
pub fn cron(node: &Node, out: &mut Vec<Diagnostic>) -> Option<CronSchedule> {
    let text = values::text(node, out)?;
    match CronSchedule::parse(text) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            let place = node.scalar().map_or_else(|| node.place.clone(), |s| s.content.right(error.column));
            out.push(Diagnostic::error("bad-cron", &place, error.message, error.help));
            None
        }
    }
}

/// Reports a calendar name that is not defined.
pub fn check_calendar(
    name: &str,
    calendars: &BTreeMap<String, Calendar>,
    place: &crate::model::diagnostic::Place,
    out: &mut Vec<Diagnostic>,
) {
    known(name, calendars.keys().map(String::as_str), "calendar", "unknown-calendar", place, out);
}
