//! CEL's own conformance suite: every case of `tests/data/cel/suite.tsv` passes, or is left out for one of the
//! reasons that `docs/conditions.md` gives. The table printed here stands there too.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value as Json;
use shirube::{
    model::{
        diagnostic::Place,
        instant::Instant,
        money::Currency,
        value::{Props, Value},
    },
    rulebook::{
        expr::{Program, Want, frame::Frame, schema::Schema, schema::Type},
        schedule::calendar::Calendar,
    },
};

const TABLE: &str = include_str!("../data/cel/suite.tsv");
const DOCUMENT: &str = include_str!("../../docs/conditions.md");

struct Case {
    file: &'static str,
    name: &'static str,
    text: String,
    bound: Vec<(String, Json)>,
    expected: Json,
}

/// What became of one case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The value CEL gives.
    Same,
    /// CEL fails while it runs: refused by the check, or missing.
    Refused,
    LeftOut(&'static str),
}

#[test]
fn every_case_passes_or_is_left_out_for_a_reason() {
    let mut fates: BTreeMap<&str, Vec<Fate>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases() {
        match case.fate() {
            Ok(fate) => fates.entry(case.file).or_default().push(fate),
            Err(told) => wrong.push(format!("{} {}: {}\n    {told}", case.file, case.name, case.text)),
        }
    }
    let table = [by_file(&fates), by_reason(&fates)].concat();
    println!("{}", table.join("\n"));
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    for line in table {
        assert!(DOCUMENT.contains(&line), "docs/conditions.md lacks: {line}");
    }
}

fn cases() -> impl Iterator<Item = Case> {
    TABLE.lines().skip(1).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap();
        let (file, name) = (next(), next());
        let mut json = || serde_json::from_str::<Json>(next()).unwrap();
        let (text, bound, expected) = (json().as_str().unwrap().to_owned(), json(), json());
        Case { file, name, text, bound: flat(bound), expected }
    })
}

/// `{"x": {"map": [["y", 1]]}}` binds the name `x.y`.
fn flat(bound: Json) -> Vec<(String, Json)> {
    let mut names = Vec::new();
    for (name, value) in bound.as_object().into_iter().flatten() {
        match value.get("map").and_then(Json::as_array) {
            Some(entries) => names.extend(entries.iter().filter_map(|pair| {
                let (key, value) = (pair.get(0)?.as_str()?, pair.get(1)?);
                Some((format!("{name}.{key}"), value.clone()))
            })),
            None => names.push((name.clone(), value.clone())),
        }
    }
    names
}

impl Case {
    fn fate(&self) -> Result<Fate, String> {
        if let Some(reason) = self.reason() {
            return Ok(Fate::LeftOut(reason));
        }
        let fails = self.expected.get("error").is_some();
        match self.run() {
            Ok(Value::Missing) if fails => Ok(Fate::Refused),
            Err(_) if fails => Ok(Fate::Refused),
            Ok(value) if !fails && Some(&value) == read(&self.expected).as_ref() => Ok(Fate::Same),
            Ok(value) => Err(format!("gives {value}, expected {}", self.expected)),
            Err(fault) => Err(format!("{fault}, expected {}", self.expected)),
        }
    }

    fn run(&self) -> Result<Value, String> {
        let mut schema = Schema::default();
        let mut values = Vec::new();
        for (name, json) in &self.bound {
            let value = read(json).unwrap_or_default();
            schema.slot(name, type_of(&value), values.len() as u32);
            values.push(value);
        }
        let (text, event) = self.dynamic();
        schema.event = true;
        let program = Program::compile(&text, &Place::default(), &schema, Want::Any)
            .map_err(|faults| faults.first().map_or_else(String::new, |f| f.message.clone()))?;
        let next = vec![None; values.len()];
        let (zone, calendar) = (TimeZone::UTC, Calendar::plain());
        Ok(program.eval(&frame(&zone, &calendar, &values, &next, Some(&event))))
    }

    /// `dyn(1)` is a value whose kind is not known before it is seen: a property of an event here.
    fn dynamic(&self) -> (String, Props) {
        let (mut text, mut event) = (self.text.clone(), Props::new());
        let mut from = 0;
        while let Some(at) = text[from..].find("dyn(").map(|at| at + from) {
            from = at + 4;
            let Some(end) = text[from..].find(')').map(|end| end + from) else { break };
            if let Some(value) = literal(&text[from..end]) {
                let name = format!("event.dyn{}", event.len());
                event.insert(name["event.".len()..].to_owned(), value);
                text.replace_range(at..=end, &name);
                from = at;
            }
        }
        (text, event)
    }

    /// Why this case is left out, if it is.
    fn reason(&self) -> Option<&'static str> {
        let bare = without_texts(&self.dynamic().0);
        let expected = self.expected.to_string().replace(['{', '}'], " ");
        let all = format!("{bare} {expected} {}", self.name);
        REASONS.iter().find(|(_, signs)| signs.iter().any(|sign| all.contains(sign))).map(|(reason, _)| *reason)
    }
}

/// What we leave out, and the signs by which a case is known to be about it: in its code (texts emptied), its
/// expected value, or its name.
const REASONS: [(&str, &[&str]); 19] = [
    ("bytes", &["b\"\"", "B\"\"", "\"other\":\"bytes\"", "bytes("]),
    ("maps and messages", &["{", "TestAllTypes", "\"map\":"]),
    ("null", &["null"]),
    ("types as values", &["type(", "\"other\":\"type\""]),
    ("conversions between kinds", &["dyn(", "int(", "double(", "string(", "bool(", "timestamp(1"]),
    ("patterns", &["matches("]),
    ("parts of a moment", &[".get"]),
    ("lists made of lists", &[".filter(", ".map(", ".exists_one(", ".existsOne("]),
    (
        "index, sum and sameness of lists",
        &["][", ")[", "] + [", "] == [", "] != [", "[[", "/list_eq_", "nest/list_index"],
    ),
    ("order of true and false", &["true <", "true >", "false <", "false >", "< true", "< false", "> true", "> false"]),
    (
        "whole numbers apart from decimals",
        &["overflow", "Infinity", "-(42u)", "-(5u)", "0.0/0.0", "int64_min", "mod_not_support", "0u - 1u"],
    ),
    ("quotes inside three quotes", &["quoted_unescaped_punctuation"]),
    ("names in backquotes", &["`"]),
    ("kinds mixed in one place", &["short_circuit_type", "mixed_type", "list_elem_type_exhaustive"]),
    ("names and functions nobody defined", &["f_unknown", "receiver_function_names", "unbound_is_runtime_error"]),
    ("names looked up in a container", &["container_lookup"]),
    ("more than 24 brackets", &["nest/parens"]),
    ("nanoseconds", &["_nanos_"]),
    ("moments before year 1", &["timestamp_range/from_string_under", "timestamp_range/add_duration_under"]),
];

/// The value of a plain number, text, truth value or list of them.
fn literal(text: &str) -> Option<Value> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "'\"[], .-".contains(c);
    let program = Program::compile(text, &Place::default(), &Schema::default(), Want::Any).ok()?;
    let (zone, calendar) = (TimeZone::UTC, Calendar::plain());
    text.chars().all(plain).then(|| program.eval(&frame(&zone, &calendar, &[], &[], None)))
}

fn frame<'a>(
    zone: &'a TimeZone,
    calendar: &'a Calendar,
    values: &'a [Value],
    next: &'a [Option<Instant>],
    event: Option<&'a Props>,
) -> Frame<'a> {
    let now = Instant(0);
    Frame { now, zone, calendar, currency: Currency::JPY, values, next, ahead: None, event, start: None, run: None }
}

/// The expression with all texts emptied, so that signs are found in code only.
fn without_texts(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = if rest[at..].starts_with("\"\"\"") || rest[at..].starts_with("'''") { 3 } else { 1 };
        let (head, mark) = (&rest[..at], &rest[at..at + quote]);
        let raw = head.ends_with(['r', 'R']);
        bare.push_str(head);
        bare.push_str("\"\"");
        rest = after(&rest[at + quote..], mark, raw);
    }
    bare + rest
}

fn after<'a>(text: &'a str, mark: &str, raw: bool) -> &'a str {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if !escaped && text[i..].starts_with(mark) {
            return &text[i + mark.len()..];
        }
        escaped = !escaped && !raw && c == '\\';
    }
    ""
}

/// A value of the table as one of ours; none where we have no such kind.
fn read(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Bool(b) => Value::Bool(*b),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::List(items.iter().map(read).collect::<Option<_>>()?),
        Json::Object(tagged) => {
            let (tag, body) = tagged.iter().next()?;
            match (tag.as_str(), body) {
                ("int" | "uint", Json::String(n)) => Value::Num(n.parse().ok()?),
                ("double", Json::Number(n)) => Value::Num(n.as_f64()?),
                ("duration", Json::String(t)) => {
                    Value::Duration((t.trim_end_matches('s').parse::<f64>().ok()? * 1e6) as i64)
                }
                ("timestamp", Json::String(t)) => Value::Instant(Instant::parse(t)?),
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Num(_) => Type::Num,
        Value::Text(_) => Type::Text(None),
        Value::Instant(_) => Type::Instant,
        Value::Duration(_) => Type::Duration,
        Value::List(_) => Type::List,
        _ => Type::Any,
    }
}

fn by_file(fates: &BTreeMap<&str, Vec<Fate>>) -> Vec<String> {
    let count = |all: &[Fate], wanted: fn(&Fate) -> bool| all.iter().filter(|f| wanted(f)).count();
    let line = |file: &str, all: &[Fate]| {
        let (same, refused) = (count(all, |f| *f == Fate::Same), count(all, |f| *f == Fate::Refused));
        format!("| {file} | {} | {same} | {refused} | {} |", all.len(), all.len() - same - refused)
    };
    let total: Vec<Fate> = fates.values().flatten().copied().collect();
    let mut lines: Vec<String> = fates.iter().map(|(file, all)| line(file, all)).collect();
    lines.push(line("**all**", &total));
    lines
}

fn by_reason(fates: &BTreeMap<&str, Vec<Fate>>) -> Vec<String> {
    let left_out = |reason: &'static str| fates.values().flatten().filter(|f| **f == Fate::LeftOut(reason)).count();
    REASONS.iter().map(|(reason, _)| format!("| {reason} | {} |", left_out(reason))).collect()
}
