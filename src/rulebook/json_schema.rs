//! JSON Schemas for editors (`shirube schema`): completion and first checks while typing. The full check is `load`.

/// The files that have a schema.
pub const KINDS: [&str; 3] = ["model", "playbook", "test"];

/// The schema (draft 2020-12, JSON text) of `model`, `playbook` or `test` files; none for another word.
pub fn schema(kind: &str) -> Option<&'static str> {
    match kind {
        "model" => Some(include_str!("schema/model.json")),
        "playbook" => Some(include_str!("schema/playbook.json")),
        "test" => Some(include_str!("schema/test.json")),
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
            assert_eq!(json["additionalProperties"], false, "{kind}");
            assert!(json["$schema"].as_str().unwrap().contains("2020-12"));
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
