//! `metrics:` one by one.

use super::{cond, names::Schemas};
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        ids::stable_hash,
    },
    rulebook::{
        expr::{Program, Want, schema::Schema},
        schedule::length::Length,
        types::{AttrType, Metric, MetricKind, Window},
        yaml::{Entry, Node, fields::Fields, values},
    },
};
use std::collections::BTreeMap;

const KINDS: [&str; 11] =
    ["count", "distinct", "days", "last", "first", "sum", "latest", "change", "contacts", "rank", "expr"];

/// Reads one metric.
pub fn read(
    entry: &Entry,
    schemas: &Schemas,
    account: &BTreeMap<String, AttrType>,
    out: &mut Vec<Diagnostic>,
) -> Option<Metric> {
    let mut f = Fields::of(&entry.value, "a metric", out)?;
    let name = KINDS.iter().copied().find(|k| f.has(k));
    let kind = match name {
        Some(name) => kind(name, &mut f, schemas, account, out),
        None => {
            missing_kind(entry, &f, out);
            None
        }
    };
    for key in KINDS {
        if f.take(key).is_some() && Some(key) != name {
            let message = format!("a metric computes one thing: `{}` or `{key}`", name.unwrap_or_default());
            out.push(Diagnostic::error("two-kinds", &f.place, message, "make two metrics of it"));
        }
    }
    f.take("title");
    let over = window(&mut f, name, out);
    let where_ = f.take("where").and_then(|n| cond::program(n, "where", &events_only(), Want::Condition, out));
    let or = f.take("or").and_then(|n| column(n, account, out));
    let (unless, key) = closing(&mut f, name, out);
    let per_contact = per(&mut f, name, or.is_some() || unless.is_some(), out);
    f.finish(out);
    let mut metric = Metric {
        name: entry.key.clone(),
        kind: kind?,
        over,
        where_,
        or,
        hash: String::new(),
        unless,
        key,
        per_contact,
        place: entry.place.clone(),
    };
    metric.hash = definition_hash(&metric);
    Some(metric)
}

/// `unless: EVENT, key: event.PROP`: an event counts until the other one came for the same key.
fn closing(f: &mut Fields<'_>, kind: Option<&str>, out: &mut Vec<Diagnostic>) -> (Option<String>, Option<Program>) {
    let unless = f.text("unless", out);
    let key = f.take("key").and_then(|n| cond::program(n, "key", &events_only(), Want::Any, out));
    if unless.is_some() && !matches!(kind, Some("count" | "sum")) {
        let message = format!("`unless` belongs to `count` and `sum`, not to `{}`", kind.unwrap_or_default());
        out.push(Diagnostic::error("bad-unless", &f.place, message, "count the events that are open"));
    }
    if key.is_some() && unless.is_none() {
        let help = "add `unless: EVENT`, or leave `key` out";
        out.push(Diagnostic::error("bad-unless", &f.place, "`key` tells apart what `unless` closes", help));
    }
    (unless, key)
}

/// `per: contact`.
fn per(f: &mut Fields<'_>, kind: Option<&str>, more: bool, out: &mut Vec<Diagnostic>) -> bool {
    let per = f.word("per", &[("contact", true), ("account", false)], out).unwrap_or(false);
    let fits = matches!(kind, Some("count" | "sum" | "days" | "last" | "first" | "latest"));
    if per && (!fits || more) {
        let message = "a value of one contact is a count, sum, days, last, first or latest, without `or` and `unless`";
        out.push(Diagnostic::error("bad-per", &f.place, message, "leave `per` out: then it is a value of the account"));
    }
    per
}

fn missing_kind(entry: &Entry, f: &Fields<'_>, out: &mut Vec<Diagnostic>) {
    let help = match &entry.value.kind {
        crate::rulebook::yaml::Kind::Map(entries) => {
            entries.iter().find_map(|e| nearest(&e.key, KINDS)).map(|near| format!("did you mean `{near}`?"))
        }
        _ => None,
    };
    let help = help.unwrap_or_else(|| "e.g. `{count: login, over: 7d}`".to_owned());
    let message = format!("a metric needs one of {}", KINDS.join(", "));
    out.push(Diagnostic::error("missing-key", &f.place, message, help));
}

fn kind(
    name: &'static str,
    f: &mut Fields<'_>,
    schemas: &Schemas,
    account: &BTreeMap<String, AttrType>,
    out: &mut Vec<Diagnostic>,
) -> Option<MetricKind> {
    let node = f.need(name, "the event's name", out)?;
    match name {
        "contacts" => return contacts(node, schemas, out).map(MetricKind::Contacts),
        "rank" => return rank(node, f, schemas, account, out),
        _ => {}
    }
    if name == "expr" {
        return cond::program(node, "expr", &schemas.account, Want::Number, out).map(MetricKind::Expr);
    }
    let word = values::text(node, out)?.to_owned();
    Some(match name {
        "count" => MetricKind::Count(word),
        "days" => MetricKind::Days(word),
        "last" => MetricKind::Last(word),
        "first" => MetricKind::First(word),
        "change" => MetricKind::Change(word),
        "distinct" => {
            if word != "contact" {
                let message = format!("`distinct` counts contacts, not `{word}`");
                out.push(Diagnostic::error("unknown-word", &node.place, message, "write `distinct: contact`"));
                return None;
            }
            MetricKind::Distinct(event(f, out)?)
        }
        "sum" => MetricKind::Sum(event(f, out)?, word),
        _ => MetricKind::Latest(event(f, out)?, word),
    })
}

/// A condition about one contact that time alone cannot change.
fn contacts(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Program> {
    let program = cond::program(node, "contacts", &schemas.contact_only(), Want::Condition, out)?;
    let source = program.source();
    let moving = ["now", "days_since", "days_until", "business_days_since", "local_hour"];
    let words: Vec<&str> = source.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).collect();
    if let Some(word) = moving.into_iter().find(|m| words.contains(m)) {
        let message = format!("`contacts` counts by what is recorded; `{word}` changes with time");
        let help = "use `distinct: contact` with `over`, or a metric with `per: contact` in a playbook";
        out.push(Diagnostic::error("bad-contacts", &node.place, message, help));
        return None;
    }
    Some(program)
}

/// `{rank: metric.logins_7d, within: [plan, age_month]}`.
fn rank(
    node: &Node,
    f: &mut Fields<'_>,
    schemas: &Schemas,
    account: &BTreeMap<String, AttrType>,
    out: &mut Vec<Diagnostic>,
) -> Option<MetricKind> {
    let by = cond::program(node, "rank", &schemas.account, Want::Number, out);
    let mut within = Vec::new();
    for item in f.take("within").map(values::list).unwrap_or_default() {
        let Some(name) = values::text(item, out) else { continue };
        let names = account.keys().map(String::as_str);
        if super::names::known(name, names, "account attribute", "unknown-name", &item.place, out) {
            within.push(name.to_owned());
        }
    }
    Some(MetricKind::Rank { by: by?, within })
}

fn event(f: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    f.need("of", "the event's name; `\"*\"` is any event of a contact", out)
        .and_then(|n| values::text(n, out))
        .map(str::to_owned)
}

/// A metric's `where` sees only the event it judges.
pub fn events_only() -> Schema {
    Schema { event: true, ..Schema::default() }
}

fn window(f: &mut Fields<'_>, kind: Option<&str>, out: &mut Vec<Diagnostic>) -> Window {
    let node = f.take("over");
    let must = matches!(kind, Some("distinct" | "days" | "change"));
    let Some(node) = node else {
        if must {
            let message = format!("`{}` needs `over`", kind.unwrap_or_default());
            out.push(Diagnostic::error("missing-key", &f.place, message, "how many days, e.g. `over: 28d`"));
        }
        return Window::All;
    };
    if let Some(kind @ ("expr" | "rank" | "contacts")) = kind {
        let message = format!("`{kind}` has no `over`");
        out.push(Diagnostic::error("no-window", &node.place, message, "what it reads has its own"));
        return Window::All;
    }
    let months = [("this_month", Window::ThisMonth), ("last_month", Window::LastMonth)];
    if let Some((_, window)) = node.scalar().and_then(|s| months.iter().find(|(w, _)| *w == s.text)) {
        if kind == Some("change") {
            out.push(Diagnostic::error(
                "bad-window",
                &node.place,
                "`change` compares windows of days",
                "e.g. `over: 28d`",
            ));
        }
        return *window;
    }
    days(node, if kind == Some("change") { 200 } else { 400 }, out).map_or(Window::All, Window::Days)
}

/// A whole number of days written as a LENGTH (`7d`).
pub fn days(node: &Node, most: u16, out: &mut Vec<Diagnostic>) -> Option<u16> {
    const DAY: i64 = crate::model::instant::DAY;
    let length = values::length(node, out)?;
    let days = match length {
        Length::Exact(micros) if micros % DAY == 0 => micros / DAY,
        Length::CalendarDays(days) => i64::from(days),
        _ => 0,
    };
    let read = u16::try_from(days).ok().filter(|d| (1..=most).contains(d));
    if read.is_none() {
        let message = format!("a window is 1 to {most} whole days");
        out.push(Diagnostic::error("bad-window", &node.place, message, "e.g. `7d`, `28d`"));
    }
    read
}

fn column(node: &Node, account: &BTreeMap<String, AttrType>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let text = values::text(node, out)?;
    let Some(name) = text.strip_prefix("account.") else {
        let help = "write `or: account.ATTRIBUTE`";
        out.push(Diagnostic::error(
            "bad-column",
            &node.place,
            format!("`{text}` is no attribute of the account"),
            help,
        ));
        return None;
    };
    super::names::known(name, account.keys().map(String::as_str), "account attribute", "unknown-name", &node.place, out)
        .then(|| name.to_owned())
}

fn definition_hash(metric: &Metric) -> String {
    let (word, event, prop): (&str, &str, &str) = match &metric.kind {
        MetricKind::Count(e) => ("count", e, ""),
        MetricKind::Distinct(e) => ("distinct", e, ""),
        MetricKind::Days(e) => ("days", e, ""),
        MetricKind::Last(e) => ("last", e, ""),
        MetricKind::First(e) => ("first", e, ""),
        MetricKind::Sum(e, p) => ("sum", e, p),
        MetricKind::Latest(e, p) => ("latest", e, p),
        MetricKind::Change(e) => ("change", e, ""),
        MetricKind::Contacts(p) => ("contacts", p.source(), ""),
        MetricKind::Rank { by, .. } => ("rank", by.source(), ""),
        MetricKind::Expr(p) => ("expr", p.source(), ""),
    };
    let window = format!("{:?}", metric.over);
    let source = |program: &Option<Program>| program.as_ref().map_or(String::new(), |p| p.source().to_owned());
    let (where_, key) = (source(&metric.where_), source(&metric.key));
    let (or, unless) = (metric.or.as_deref().unwrap_or(""), metric.unless.as_deref().unwrap_or(""));
    let mut parts = vec![word, event, prop, &window, &where_, or];
    // Definitions without these keep the hash they had.
    if metric.unless.is_some() || metric.per_contact {
        parts.extend([unless, &key, if metric.per_contact { "contact" } else { "" }]);
    }
    stable_hash(&parts)
}
