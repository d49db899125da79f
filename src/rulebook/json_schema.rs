//! JSON Schemas for editors (`shirube schema`): completion and first checks while typing. The full check is `load`.

/// The files that have a schema.
pub const KINDS: [&str; 4] = ["model", "playbook", "test", "content"];

/// The schema (draft 2020-12, JSON text) of `model`, `playbook`, `test` or `content` files; none for another word.
pub fn schema(kind: &str) -> Option<&'static str> {
    match kind {
        "model" => Some(include_str!("schema/model.json")),
        "playbook" => Some(include_str!("schema/playbook.json")),
        "test" => Some(include_str!("schema/test.json")),
        "content" => Some(include_str!("schema/content.json")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_json_and_refuses_unknown_keys() {
        for kind in KINDS {
            let json: serde_json::Value = serde_json::from_str(schema(kind).unwrap()).unwrap();
            // The names of content.yaml are free, what stands behind them is not.
            let free = if kind == "content" { "object" } else { "bool" };
            assert_eq!(json["additionalProperties"].is_object(), free == "object", "{kind}");
            assert_ne!(json["additionalProperties"], true, "{kind}");
            assert!(json["$schema"].as_str().unwrap().contains("2020-12"));
        }
    }

    /// Editors show the description of each key while it is typed.
    #[test]
    fn every_key_is_described() {
        fn bare(json: &serde_json::Value, path: &str, found: &mut Vec<String>) {
            if let Some(properties) = json.get("properties").and_then(|p| p.as_object()) {
                let silent = properties.iter().filter(|(_, value)| value.get("description").is_none());
                found.extend(silent.map(|(key, _)| format!("{path}.{key}")));
            }
            match json {
                serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| bare(v, &format!("{path}/{k}"), found)),
                serde_json::Value::Array(items) => items.iter().for_each(|v| bare(v, path, found)),
                _ => {}
            }
        }
        for (kind, text) in KINDS.map(|k| (k, schema(k).unwrap())) {
            let mut found = Vec::new();
            bare(&serde_json::from_str(text).unwrap(), kind, &mut found);
            assert_eq!(found, Vec::<String>::new());
        }
    }

    /// Every `$ref` leads somewhere.
    #[test]
    fn references_are_defined() {
        fn refs(json: &serde_json::Value, into: &mut Vec<String>) {
            match json {
                serde_json::Value::Object(map) => {
                    into.extend(map.get("$ref").and_then(|r| r.as_str()).map(str::to_owned));
                    map.values().for_each(|v| refs(v, into));
                }
                serde_json::Value::Array(items) => items.iter().for_each(|v| refs(v, into)),
                _ => {}
            }
        }
        for kind in KINDS {
            let json: serde_json::Value = serde_json::from_str(schema(kind).unwrap()).unwrap();
            let mut found = Vec::new();
            refs(&json, &mut found);
            for target in found {
                assert!(json.pointer(target.trim_start_matches('#')).is_some(), "{kind}: {target}");
            }
        }
    }
}
