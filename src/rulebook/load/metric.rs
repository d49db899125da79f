//! `metrics:` one by one.

use super::{cond, names::Schemas, not_yet::not_yet};
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

const KINDS: [&str; 9] = ["count", "distinct", "days", "last", "first", "sum", "latest", "change", "expr"];
const LATER: [&str; 2] = ["contacts", "rank"];

/// Reads one metric.
pub fn read(
    entry: &Entry,
    schemas: &Schemas,
    account: &BTreeMap<String, AttrType>,
    out: &mut Vec<Diagnostic>,
) -> Option<Metric> {
    let mut f = Fields::of(&entry.value, "a metric", out)?;
    let name = KINDS.iter().copied().find(|k| f.has(k));
    let later = LATER.iter().copied().find(|k| f.has(k));
    let kind = match (name, later) {
        (_, Some(later)) => {
            f.take(later);
            f.take("within");
            let instead = "count events, or import the number as an account attribute";
            not_yet(&entry.place, &format!("the metric kind `{later}`"), instead, out);
            None
        }
        (Some(name), None) => kind(name, &mut f, schemas, out),
        (None, None) => {
            missing_kind(entry, &f, out);
            None
        }
    };
    for key in ["count", "distinct", "days", "last", "first", "sum", "latest", "change", "expr"] {
        if f.take(key).is_some() && Some(key) != name {
            let message = format!("a metric computes one thing: `{}` or `{key}`", name.unwrap_or_default());
            out.push(Diagnostic::error("two-kinds", &f.place, message, "make two metrics of it"));
        }
    }
    f.take("title");
    let over = window(&mut f, name, out);
    let where_ = f.take("where").and_then(|n| cond::program(n, "where", &events_only(), Want::Condition, out));
    let or = f.take("or").and_then(|n| column(n, account, out));
    for (key, instead) in [
        ("unless", "count the closing event with its own metric"),
        ("key", "leave it out"),
        ("per", "leave it out: the value of the account"),
    ] {
        if let Some(node) = f.take(key) {
            not_yet(&node.place, &format!("`{key}` of a metric"), instead, out);
        }
    }
    f.finish(out);
    let kind = kind?;
    let hash = definition_hash(&kind, over, where_.as_ref(), or.as_deref());
    Some(Metric { name: entry.key.clone(), kind, over, where_, or, hash, place: entry.place.clone() })
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

fn kind(name: &'static str, f: &mut Fields<'_>, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<MetricKind> {
    let node = f.need(name, "the event's name", out)?;
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
    if kind == Some("expr") {
        out.push(Diagnostic::error("no-window", &node.place, "`expr` has no `over`", "its parts have their own"));
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

fn definition_hash(kind: &MetricKind, over: Window, where_: Option<&Program>, or: Option<&str>) -> String {
    let (word, event, prop): (&str, &str, &str) = match kind {
        MetricKind::Count(e) => ("count", e, ""),
        MetricKind::Distinct(e) => ("distinct", e, ""),
        MetricKind::Days(e) => ("days", e, ""),
        MetricKind::Last(e) => ("last", e, ""),
        MetricKind::First(e) => ("first", e, ""),
        MetricKind::Sum(e, p) => ("sum", e, p),
        MetricKind::Latest(e, p) => ("latest", e, p),
        MetricKind::Change(e) => ("change", e, ""),
        MetricKind::Expr(p) => ("expr", p.source(), ""),
    };
    let window = format!("{over:?}");
    stable_hash(&[word, event, prop, &window, where_.map_or("", Program::source), or.unwrap_or("")])
}
