//! The JSON Schemas against files: everything we ship passes, what the check refuses by its shape the schema
//! refuses too. A small validator of the words our schemas use; another word fails the test.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value, json};
use shirube::{
    config,
    rulebook::{
        json_schema,
        yaml::{self, Kind, Node},
    },
};

fn schema(kind: &str) -> Value {
    let text = if kind == "config" { config::SCHEMA } else { json_schema::schema(kind).unwrap() };
    serde_json::from_str(text).unwrap()
}

/// Which schema serves a file, as the settings for editors have it.
fn kind_of(path: &str) -> Option<&'static str> {
    Some(match path {
        "model.yaml" => "model",
        "content.yaml" => "content",
        "shirube.yaml" => "config",
        _ if path.ends_with(".test.yaml") => "test",
        _ if path.starts_with("playbooks/") => "playbook",
        _ => return None,
    })
}

/// YAML 1.2 core: only `true`, `false`, `null` and numbers are no text.
fn as_json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar(s) if s.plain => match s.text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => text
                .parse::<i64>()
                .map(|n| json!(n))
                .or_else(|_| text.parse::<f64>().map(|n| json!(n)))
                .unwrap_or_else(|_| json!(text)),
        },
        Kind::Scalar(s) => json!(s.text),
        Kind::List(items) => items.iter().map(as_json).collect(),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|e| (e.key.clone(), as_json(&e.value))).collect::<Map<_, _>>())
        }
    }
}

fn documents(path: &str, text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let nodes = yaml::parse(path, text, &mut found);
    assert!(found.is_empty(), "{path}: {found:?}");
    nodes.iter().map(as_json).collect()
}

/// Why `value` does not fit; empty where it does.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(words) = schema.as_object() else {
        return if *schema == json!(false) { vec![format!("{at} is not allowed")] } else { Vec::new() };
    };
    words.iter().flat_map(|(word, rule)| fault(root, words, word, rule, value, at)).collect()
}

fn fault(root: &Value, words: &Map<String, Value>, word: &str, rule: &Value, value: &Value, at: &str) -> Vec<String> {
    let told = |good: bool| if good { Vec::new() } else { vec![format!("{at}: {word} {rule}, found {value}")] };
    let fitting =
        |list: &Value| list.as_array().unwrap().iter().filter(|s| faults(root, s, value, at).is_empty()).count();
    let number = |limit: fn(f64, f64) -> bool| value.as_f64().is_none_or(|n| limit(n, rule.as_f64().unwrap()));
    match word {
        "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "examples" => Vec::new(),
        "$ref" => faults(root, root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), value, at),
        "type" => told(match rule {
            Value::Array(any) => any.iter().any(|one| is(one.as_str().unwrap(), value)),
            one => is(one.as_str().unwrap(), value),
        }),
        "enum" => told(rule.as_array().unwrap().contains(value)),
        "const" => told(rule == value),
        "anyOf" => told(fitting(rule) > 0),
        "oneOf" => told(fitting(rule) == 1),
        "allOf" => told(fitting(rule) == rule.as_array().unwrap().len()),
        "not" => told(!faults(root, rule, value, at).is_empty()),
        "minimum" => told(number(|n, least| n >= least)),
        "maximum" => told(number(|n, most| n <= most)),
        "exclusiveMinimum" => told(number(|n, least| n > least)),
        "minItems" => told(value.as_array().is_none_or(|a| a.len() as u64 >= rule.as_u64().unwrap())),
        "minProperties" => told(value.as_object().is_none_or(|o| o.len() as u64 >= rule.as_u64().unwrap())),
        "pattern" => told(value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text))),
        "required" => told(
            value
                .as_object()
                .is_none_or(|o| rule.as_array().unwrap().iter().all(|k| o.contains_key(k.as_str().unwrap()))),
        ),
        "items" => {
            value.as_array().into_iter().flatten().flat_map(|v| faults(root, rule, v, &format!("{at}[]"))).collect()
        }
        "properties" => {
            let known = |(key, one): (&String, &Value)| Some(faults(root, rule.get(key)?, one, &format!("{at}.{key}")));
            value.as_object().into_iter().flatten().filter_map(known).flatten().collect()
        }
        "additionalProperties" => {
            let named = |key: &String| words.get("properties").is_some_and(|p| p.get(key).is_some());
            let others = value.as_object().into_iter().flatten().filter(|(key, _)| !named(key));
            others.flat_map(|(key, one)| faults(root, rule, one, &format!("{at}.{key}"))).collect()
        }
        "propertyNames" => {
            let keys = value.as_object().into_iter().flat_map(|o| o.keys());
            keys.flat_map(|key| faults(root, rule, &json!(key), &format!("{at}.{key}"))).collect()
        }
        other => panic!("the schemas use `{other}`: teach it to this test"),
    }
}

fn is(ty: &str, value: &Value) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "null" => value.is_null(),
        other => panic!("type {other}"),
    }
}

/// Patterns are judged by the regular expressions the templates' engine brings along… there is none, so the few we use
/// are read here: an anchored choice of beginnings, or a class repeated.
fn matches(pattern: &str, text: &str) -> bool {
    if let Some(choice) = pattern.strip_prefix("^(").and_then(|p| p.strip_suffix(')')) {
        return choice.split('|').any(|start| text.starts_with(start));
    }
    // Everything else is judged by editors; a text that is there is enough here.
    !text.is_empty()
}

#[test]
fn everything_we_ship_fits_its_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: BTreeMap<String, String> = shirube::app::reload::read_project(root).unwrap();
    files.insert("shirube.yaml".into(), std::fs::read_to_string(root.join("shirube.yaml")).unwrap());
    let mut seen = 0;
    for (path, text) in &files {
        let Some(kind) = kind_of(path) else { continue };
        let schema = schema(kind);
        for document in documents(path, text) {
            seen += 1;
            assert_eq!(faults(&schema, &schema, &document, path), Vec::<String>::new());
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_is_wrong_in_its_shape_is_refused_while_typing() {
    let wrong = [
        ("playbook", "playbook: p\nprioritee: 3\nstart: {manual: true}\nsteps: []\n"),
        ("playbook", "playbook: p\nstart: {wen: x}\nsteps: []\n"),
        ("playbook", "playbook: p\nclass: sales\nstart: {manual: true}\nsteps: []\n"),
        ("playbook", "playbook: p\nsteps: []\n"),
        ("playbook", "playbook: p\nstart: {manual: true}\nsteps: [{email: a/b}]\n"),
        ("playbook", "playbook: p\nstart: {manual: true}\nsteps: [{id: a, emial: a/b}]\n"),
        ("playbook", "playbook: p\nstart: {manual: true}\nsteps: {id: a}\n"),
        ("playbook", "playbook: p\nenroll: {existing: maybe}\nstart: {manual: true}\nsteps: []\n"),
        ("model", "target: {logo_churn: 3%}\n"),
        ("model", "journey: [{until: \"false\"}]\n"),
        ("model", "alerts: [{enters: blue}]\n"),
        ("model", "health: [{scorecard: a, for: x, components: [{name: a}], bands: {green: \">= 1\"}}]\n"),
        ("test", "test: a\nplaybook: p\ngiven: {now: 2026-04-01T10:00+09:00}\nthan: {}\n"),
        ("test", "test: a\nplaybook: p\ngiven: {now: 2026-04-01T10:00+09:00}\nwhen: [{dayz: 3}]\nthen: {sent: []}\n"),
        ("content", "setup: ftp://example.com\n"),
        ("content", "setup: {fr: \"https://example.com\"}\n"),
        ("config", "emails: {}\n"),
        ("config", "people: {kei: {mail: kei@our.test}}\n"),
    ];
    for (kind, text) in wrong {
        let schema = schema(kind);
        let found: Vec<String> = documents(kind, text).iter().flat_map(|d| faults(&schema, &schema, d, kind)).collect();
        assert!(!found.is_empty(), "{kind} accepts\n{text}");
    }
}
