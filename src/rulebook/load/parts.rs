//! Parts that playbooks and steps share: recipients, windows, limits, dates, triggers.

use super::{
    cond,
    scope::{Scope, with_event},
    settings,
};
use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::{
        expr::{Program, Want, schema::Schema},
        playbook::{DateExpr, Hold, To, Trigger},
        schedule::{
            length::Length,
            window::{SendWindow, ZoneOf, parse_days},
        },
        types::Model,
        yaml::{Kind, Node, fields::Fields, values},
    },
};

/// Recipients.
pub fn to(node: &Node, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<To> {
    if let Kind::Map(_) = node.kind {
        return roles(node, scope, out);
    }
    let word = values::text(node, out)?;
    Some(match word {
        "contact" => To::Contact,
        "customer" => To::Customer,
        channel if channel.starts_with('#') => To::Channel(channel.to_owned()),
        role if super::names::is_name(role) => To::Team(role.to_owned()),
        other => {
            let message = format!("`{}` is no recipient", values::shorten(other));
            let help =
                "contact, customer, csm or another role of ours, \"#channel\", or {role: [champion, admin], first: 1}";
            out.push(Diagnostic::error("bad-to", &node.place, message, help));
            return None;
        }
    })
}

fn roles(node: &Node, scope: &Scope, out: &mut Vec<Diagnostic>) -> Option<To> {
    let mut f = Fields::of(node, "`to`", out)?;
    let roles =
        f.need("role", "roles of contacts, best first, e.g. [champion, admin]", out).map(|n| values::texts(n, out));
    let first = f.take("first").and_then(|n| values::whole(n, 1, 1_000, out));
    let where_ = f.take("where").and_then(|n| cond::program(n, "where", &scope.contact, Want::Condition, out));
    f.finish(out);
    Some(To::Roles { roles: roles?, first, where_ })
}

/// A send window.
pub fn window(node: &Node, model: &Model, out: &mut Vec<Diagnostic>) -> Option<SendWindow> {
    let mut f = Fields::of(node, "a window", out)?;
    let days = f.take("days").map(|n| days(n, out)).unwrap_or([true; 7]);
    let hours = f.take("hours").and_then(|n| settings::hours_of(n, out)).unwrap_or((0, 1440));
    let zone = f.word("zone", &ZONES, out).unwrap_or(ZoneOf::Contact);
    let calendar = f.take("calendar").and_then(|n| {
        let name = values::text(n, out)?;
        settings::check_calendar(name, &model.calendars, &n.place, out);
        Some(name.to_owned())
    });
    f.finish(out);
    Some(SendWindow { days, hours, zone, calendar })
}

/// Whose clock.
pub const ZONES: [(&str, ZoneOf); 3] =
    [("contact", ZoneOf::Contact), ("account", ZoneOf::Account), ("workspace", ZoneOf::Workspace)];

fn days(node: &Node, out: &mut Vec<Diagnostic>) -> [bool; 7] {
    let text = values::texts(node, out).join(",");
    match parse_days(&text) {
        Ok(days) => days,
        Err(why) => {
            out.push(Diagnostic::error("bad-days", &node.place, why, "e.g. mon-fri, or mon,wed,fri"));
            [true; 7]
        }
    }
}

/// `2 business days`, or `{at_most: 2 business days, then: exit}`.
pub fn hold(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Hold> {
    if !matches!(node.kind, Kind::Map(_)) {
        return values::length(node, out).map(|at_most| Hold { at_most, exit: false });
    }
    let mut f = Fields::of(node, "`hold_at_most`", out)?;
    let at_most = f.need("at_most", "a length", out).and_then(|n| values::length(n, out));
    let exit = f.word("then", &[("skip", false), ("exit", true)], out).unwrap_or(false);
    f.finish(out);
    Some(Hold { at_most: at_most?, exit })
}

/// DATE: an attribute, `start.x`, `step.ID.x` or a literal, ± LENGTH.
pub fn date(node: &Node, key: &str, schema: &Schema, out: &mut Vec<Diagnostic>) -> Option<DateExpr> {
    let text = values::text(node, out)?;
    let (base, offset) = split_offset(text);
    let place = node.scalar().map_or(&node.place, |s| &s.content);
    if values::date(base).is_some() || values::instant(base).is_some() {
        return literal(base, offset, place, out);
    }
    if !base.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')) || !base.contains('.') {
        let message = format!("`{}` is no date for `{key}`", values::shorten(text));
        let help =
            "account.renewal_date, start.x, step.ID.x or 2026-04-01, then ± a length: account.renewal_date - 30d";
        out.push(Diagnostic::error("bad-date", place, message, help));
        return None;
    }
    let program = Program::compile(base, place, schema, Want::Any).map_err(|found| out.extend(found)).ok()?;
    Some(DateExpr { base: program, offset })
}

fn literal(text: &str, offset: Option<(bool, Length)>, place: &Place, out: &mut Vec<Diagnostic>) -> Option<DateExpr> {
    let source =
        if values::date(text).is_some() { format!("date(\"{text}\")") } else { format!("timestamp(\"{text}\")") };
    let program =
        Program::compile(&source, place, &Schema::default(), Want::Any).map_err(|found| out.extend(found)).ok()?;
    Some(DateExpr { base: program, offset })
}

/// `account.renewal_date - 30d` → the name, and (added?, length).
fn split_offset(text: &str) -> (&str, Option<(bool, Length)>) {
    for (sign, plus) in [(" + ", true), (" - ", false)] {
        if let Some((base, length)) = text.split_once(sign)
            && let Ok(length) = Length::parse(length.trim())
        {
            return (base.trim(), Some((plus, length)));
        }
    }
    (text.trim(), None)
}

/// `when: COND`, or `on: EVENT` with `where`.
pub fn trigger(
    f: &mut Fields<'_>,
    schema: &Schema,
    event_key: &'static str,
    out: &mut Vec<Diagnostic>,
) -> Option<Trigger> {
    let when = f.take("when").and_then(|n| cond::program(n, "when", schema, Want::Awaited, out));
    let event = f.text(event_key, out);
    let where_ = f.take("where").and_then(|n| cond::program(n, "where", &with_event(schema), Want::Condition, out));
    match (f.has("when"), f.has(event_key)) {
        (true, false) if f.has("where") => {
            let help = "join them with &&, or write `on: EVENT` beside `where`";
            out.push(Diagnostic::error(
                "bad-trigger",
                &f.place,
                "`where` belongs to an event, `when` stands alone",
                help,
            ));
            None
        }
        (true, false) => when.map(Trigger::When),
        (false, true) => event.map(|event| Trigger::On { event, where_ }),
        (both, _) => {
            let message = if both {
                format!("`when` and `{event_key}` at once")
            } else {
                format!("this needs `when` or `{event_key}`")
            };
            let help = "a condition that becomes true, or an event that arrives";
            out.push(Diagnostic::error("bad-trigger", &f.place, message, help));
            None
        }
    }
}
