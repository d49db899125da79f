//! Traits become attributes of the types that `model.yaml` declares, properties become values of events.

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;

use super::{
    fields::{Fault, MAX_ID, read_moment},
    json::Json,
};
use crate::{
    engine::coerce::coerce,
    model::{
        instant::Instant,
        money::Currency,
        track::host,
        value::{Props, Value},
    },
    rulebook::{attributes, types::AttrType},
};

/// How to read what is sent: the workspace's settings and the declared attributes.
#[derive(Clone, Debug)]
pub struct Options {
    /// When the request arrived.
    pub now: Instant,
    /// How long repeats are recognised, in microseconds: what is older is refused.
    pub horizon: i64,
    /// Zone of days.
    pub zone: TimeZone,
    /// Currency of amounts.
    pub currency: Currency,
    /// Attributes of accounts declared in `model.yaml`.
    pub account_attributes: BTreeMap<String, AttrType>,
    /// Attributes of contacts declared in `model.yaml`.
    pub contact_attributes: BTreeMap<String, AttrType>,
}

/// Whose traits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A person's.
    Person,
    /// A customer's.
    Group,
}

/// What only a person, an import or the reader decides, never a tracking call.
const OTHERS_SAY: [&str; 7] =
    ["consent", "opted_out", "subscribed", "do_not_contact", "import_as", "slack_id", "discord_id"];

/// Attributes out of `traits`. What is not taken over is told as (field, reason), once a name.
pub fn traits(json: &Json, whose: Whose, path: &str, options: &Options, told: &mut Vec<Fault>) -> Props {
    let mut props = Props::new();
    for (name, value) in json.pairs().iter().filter(|(name, _)| !name.starts_with('$')) {
        match attribute(name, value, whose, options) {
            Ok(Some((attribute, value))) => {
                props.insert(attribute, value);
            }
            Ok(None) => {}
            Err(code) => told.push((code, format!("{path}.{}", short(name)))),
        }
    }
    if whose == Whose::Person {
        full_name(json, &mut props, told);
    }
    props
}

fn attribute(
    name: &str,
    json: &Json,
    whose: Whose,
    options: &Options,
) -> Result<Option<(String, Value)>, &'static str> {
    let Some((attribute, ty)) = declared(name, whose, options) else { return Err("unknown_attribute") };
    if OTHERS_SAY.contains(&attribute.as_str()) {
        return Err("not_by_tracking");
    }
    if json.is_null() {
        return Ok(None);
    }
    let raw = plain(json, &ty).ok_or("unreadable")?;
    let raw = if attribute == "domain" { Value::text(host(raw.as_text().unwrap_or_default())) } else { raw };
    match coerce(&raw, &ty, options.currency, &options.zone) {
        Value::Missing => Err("unreadable"),
        value => Ok(Some((attribute, value))),
    }
}

/// A value that a mapping puts into an attribute, as the model types it. `Err` says why it cannot be one.
pub fn typed(name: &str, value: &Value, whose: Whose, options: &Options) -> Result<Value, &'static str> {
    let json = match value {
        Value::Bool(yes) => Json::Bool(*yes),
        Value::Num(n) => Json::Num(*n),
        Value::Text(text) => Json::Text(text.to_string()),
        Value::List(items) => Json::List(items.iter().map(|item| Json::Text(item.to_string())).collect()),
        Value::Missing => Json::Null,
        other => Json::Text(other.to_string()),
    };
    Ok(attribute(name, &json, whose, options)?.map(|(_, value)| value).unwrap_or_default())
}

/// The attribute that a trait's name means: itself, in snake case, or by one of the names SDKs reserve.
fn declared(name: &str, whose: Whose, options: &Options) -> Option<(String, AttrType)> {
    let find = |name: &str| match whose {
        Whose::Person => attributes::contact(name).or_else(|| options.contact_attributes.get(name).cloned()),
        Whose::Group => attributes::account(name).or_else(|| options.account_attributes.get(name).cloned()),
    };
    let snake = snake(name);
    let reserved = match (whose, snake.as_str()) {
        (Whose::Group, "website" | "company_domain") => "domain",
        (Whose::Group, "company_name" | "display_name") => "name",
        (Whose::Person, "full_name" | "display_name") => "name",
        (Whose::Person, "e_mail" | "email_address" | "mail") => "email",
        (Whose::Person, "language" | "lang") => "locale",
        (_, "created" | "signed_up_at" | "signup_date") => "created_at",
        (_, "time_zone") => "timezone",
        (_, other) => other,
    };
    [name, &snake, reserved].into_iter().filter(|n| *n != "key").find_map(|n| Some((n.to_owned(), find(n)?)))
}

/// `createdAt`, `Created At` → `created_at`.
fn snake(name: &str) -> String {
    let (mut out, mut lower) = (String::with_capacity(name.len() + 4), false);
    for c in name.chars() {
        if c.is_uppercase() && lower {
            out.push('_');
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        if c.is_alphanumeric() { out.extend(c.to_lowercase()) } else { out.push('_') }
    }
    out
}

/// `firstName` and `lastName` make a name where none is given; the family name first where it is written in kanji.
fn full_name(json: &Json, props: &mut Props, told: &mut Vec<Fault>) {
    let part = |names: [&str; 2]| names.iter().find_map(|n| json.get(n).text()).map(str::trim).unwrap_or_default();
    let (first, last) = (part(["firstName", "first_name"]), part(["lastName", "last_name"]));
    if first.is_empty() && last.is_empty() {
        return;
    }
    let name = if !last.is_ascii() { format!("{last} {first}") } else { format!("{first} {last}") };
    props.entry("name".to_owned()).or_insert_with(|| Value::text(name.trim()));
    let used = ["firstName", "first_name", "lastName", "last_name"];
    told.retain(|(_, field)| !used.iter().any(|name| field.ends_with(&format!(".{name}"))));
}

/// A trait's value before it is typed: numbers may be moments, objects are nothing.
fn plain(json: &Json, ty: &AttrType) -> Option<Value> {
    if matches!(ty, AttrType::Instant | AttrType::Date)
        && let Some(at) = read_moment(json)
    {
        return Some(Value::Instant(at)).filter(|_| !is_day(json)).or_else(|| scalar(json));
    }
    match json {
        Json::List(items) => Some(Value::List(items.iter().filter_map(scalar).collect::<Vec<_>>().into())),
        // "1,200" as `employees` is often sent.
        Json::Text(text) if *ty == AttrType::Number => Some(Value::text(text.replace(',', ""))),
        other => scalar(other),
    }
}

fn is_day(json: &Json) -> bool {
    json.text().is_some_and(|text| text.trim().len() == 10 && text.contains('-'))
}

fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(yes) => Some(Value::Bool(*yes)),
        Json::Num(n) => Some(Value::Num(*n)),
        Json::Text(text) => Some(Value::text(text.trim())).filter(|v| v.as_text() != Some("")),
        Json::Null | Json::List(_) | Json::Map(_) => None,
    }
}

/// Properties of an event: objects become `a.b`, lists stay lists, what is in no form of ours stays as JSON text.
pub fn props(json: &Json) -> Props {
    let mut props = Props::new();
    flatten("", json, false, &mut props);
    props
}

/// A payload that would become more than this says nothing: its names repeat without end.
const MOST_SPREAD: usize = 8 << 20;

/// The same for mappings, which may also reach into the first object of a list: `a.first.b`.
pub fn reachable(json: &Json) -> Props {
    let mut props = Props::new();
    if spread(json) > MOST_SPREAD {
        return props;
    }
    flatten("", json, true, &mut props);
    props
}

/// Bytes of all names and texts once flattened: every leaf repeats the names above it.
pub fn spread(json: &Json) -> usize {
    fn below(json: &Json, prefix: usize) -> usize {
        match json {
            Json::Map(map) => map.pairs.iter().map(|(name, value)| below(value, prefix + name.len() + 1)).sum(),
            Json::List(items) => {
                prefix + items.iter().map(|item| below(item, prefix)).fold(json.size(), usize::saturating_add)
            }
            other => prefix + other.size(),
        }
    }
    below(json, 0)
}

fn flatten(prefix: &str, json: &Json, first: bool, props: &mut Props) {
    for (name, value) in json.pairs() {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Json::Null => {}
            Json::Map(_) => flatten(&name, value, first, props),
            Json::List(items) => {
                let item = |item: &Json| scalar(item).unwrap_or_else(|| Value::text(item.to_string()));
                if let Some(one @ Json::Map(_)) = items.first().filter(|_| first) {
                    flatten(&format!("{name}.first"), one, first, props);
                }
                props.insert(name, Value::List(Arc::from(items.iter().map(item).collect::<Vec<_>>())));
            }
            Json::Text(text) => {
                props.insert(name, Value::text(text));
            }
            other => {
                props.extend(scalar(other).map(|value| (name, value)));
            }
        }
    }
}

/// The events that shirube records itself: nobody else may.
const OURS: [&str; 6] = ["message.", "kpi.", "feed.", "sending.", "playbook.", "digest."];
const OURS_EXACTLY: [&str; 14] = [
    "account.changed",
    "alert.raised",
    "contact.added",
    "contact.changed",
    "contact.removed",
    "contact.unsubscribed",
    "expansion.band_changed",
    "health.band_changed",
    "milestone.reached",
    "phase.entered",
    "plan.task_done",
    "survey.asked",
    "task.done",
    "task.overdue",
];

/// The event's name, if it may be one.
pub fn event_name(json: &Json, field: &str) -> Result<String, Fault> {
    let name = json.text().map(str::trim).filter(|name| !name.is_empty());
    let name = name.ok_or(("no_event", field.to_owned()))?;
    if name.chars().count() > MAX_ID || name.chars().any(char::is_control) {
        return Err(("bad_event", field.to_owned()));
    }
    if OURS.iter().any(|ours| name.starts_with(ours)) || OURS_EXACTLY.contains(&name) {
        return Err(("reserved_event", field.to_owned()));
    }
    Ok(name.to_owned())
}

/// A name as it is repeated in an answer.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::instant::DAY;

    pub fn options() -> Options {
        Options {
            now: Instant(1_800_000_000_000_000),
            horizon: 400 * DAY,
            zone: TimeZone::get("Asia/Tokyo").unwrap(),
            currency: Currency::JPY,
            account_attributes: [("employees".to_owned(), AttrType::Number)].into(),
            contact_attributes: [("newsletter".to_owned(), AttrType::Bool)].into(),
        }
    }

    fn read(text: &str, whose: Whose) -> (Props, Vec<Fault>) {
        let mut told = Vec::new();
        let props = traits(&Json::parse(text.as_bytes()).unwrap(), whose, "traits", &options(), &mut told);
        (props, told)
    }

    #[test]
    fn traits_take_the_types_of_the_model() {
        let (props, told) = read(
            r#"{"name": "Acme", "employees": "1,200", "createdAt": "2026-04-01T00:00:00Z", "plan": "pro", "mrr": 50000,
                "website": "https://www.Acme.example/x", "contract_end": "2027-03-31", "goals": ["a", 2]}"#,
            Whose::Group,
        );
        assert_eq!(told, []);
        assert_eq!(props["employees"], Value::Num(1200.0));
        assert_eq!(props["created_at"], Value::Instant(Instant(1_775_001_600_000_000)));
        assert_eq!(
            props["mrr"].to_string(),
            coerce(&Value::Num(5e4), &AttrType::Money, Currency::JPY, &TimeZone::UTC).to_string()
        );
        assert_eq!(props["domain"], Value::text("acme.example"));
        assert_eq!(props["contract_end"], Value::Date(20_908));
        assert_eq!(props.len(), 8);
    }

    #[test]
    fn what_is_not_taken_over_is_told_with_its_field() {
        let text = r#"{"industry": "x", "newsletter": "perhaps", "consent": "given", "email": null, "address": {"city": "x"}}"#;
        let (props, told) = read(text, Whose::Person);
        let told: Vec<(&str, &str)> = told.iter().map(|(code, field)| (*code, field.as_str())).collect();
        assert!(props.is_empty());
        let want = [
            ("unknown_attribute", "traits.industry"),
            ("unreadable", "traits.newsletter"),
            ("not_by_tracking", "traits.consent"),
            ("unknown_attribute", "traits.address"),
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn a_name_is_put_together_as_its_country_writes_it() {
        assert_eq!(read(r#"{"firstName": "恵", "lastName": "山田"}"#, Whose::Person).0["name"], Value::text("山田 恵"));
        let (props, told) = read(r#"{"first_name": "Kei", "last_name": "Yamada"}"#, Whose::Person);
        assert_eq!((&props["name"], told.len()), (&Value::text("Kei Yamada"), 0));
        assert_eq!(read(r#"{"name": "K", "firstName": "Kei"}"#, Whose::Person).0["name"], Value::text("K"));
    }

    #[test]
    fn properties_stay_what_they_are() {
        let text = r#"{"a": {"b": {"c": 1}}, "tags": ["x", 2, {"y": 1}], "instant": {"instant": 5}, "no": null, "ok": true, "t": " x "}"#;
        let found = props(&Json::parse(text.as_bytes()).unwrap());
        let list = vec![Value::text("x"), Value::Num(2.0), Value::text(r#"{"y":1}"#)];
        let want = Props::from([
            ("a.b.c".into(), Value::Num(1.0)),
            ("tags".into(), Value::List(list.into())),
            ("instant.instant".into(), Value::Num(5.0)),
            ("ok".into(), Value::Bool(true)),
            ("t".into(), Value::text(" x ")),
        ]);
        assert_eq!(found, want);
    }

    #[test]
    fn our_own_events_come_from_nobody_else() {
        let name = |text: &str| event_name(&Json::Text(text.into()), "event");
        assert_eq!(name(" Report Exported "), Ok("Report Exported".into()));
        for ours in ["message.complained", "contact.unsubscribed", "kpi.noted", "feed.stale"] {
            assert_eq!(name(ours), Err(("reserved_event", "event".into())), "{ours}");
        }
        assert_eq!(name("a\nb"), Err(("bad_event", "event".into())));
        assert_eq!(event_name(&Json::Num(1.0), "event"), Err(("no_event", "event".into())));
    }
}
