//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    model::{
        diagnostic::{Diagnostic, Severity},
        locale::Locale,
    },
    words::findings as say,
};

/// One run with every rule that found something, its results and their fixes.
pub fn report(locale: Locale, findings: &[Diagnostic]) -> String {
    let rules: BTreeSet<&str> = findings.iter().map(|f| f.rule).collect();
    let rule = |id: &&str| {
        json!({"id": id, "name": name(id), "shortDescription": {"text": id.replace('-', " ")},
            "help": {"text": format!("see {}#{id}", say::PAGE)}})
    };
    let driver = json!({"name": "shirube", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(rule).collect::<Vec<_>>()});
    let index = |id: &str| rules.iter().position(|r| *r == id).unwrap_or_default();
    let results: Vec<Value> = findings.iter().map(|f| result(&say::localized(locale, f), index(f.rule))).collect();
    json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}]})
    .to_string()
}

/// `unknown-key` → `UnknownKey`.
fn name(rule: &str) -> String {
    let upper = |word: &str| word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default();
    rule.split('-').map(upper).collect()
}

fn result(f: &Diagnostic, rule: usize) -> Value {
    let level = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    };
    // A finding about a variable or the folder has no file: it stands at the configuration.
    let uri = if f.place.file.is_empty() { crate::config::FILE } else { &f.place.file };
    let start = json!({"startLine": f.place.line.max(1), "startColumn": f.place.column.max(1)});
    let mut result = json!({
        "ruleId": f.rule, "ruleIndex": rule, "level": level,
        "message": {"text": format!("{} {}", f.message, f.help).trim()},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": start}}],
    });
    if let Some(fix) = &f.fix {
        let (line, column) = (fix.place.line.max(1), fix.place.column.max(1));
        let region = json!({"startLine": line, "startColumn": column,
            "endLine": line, "endColumn": column + fix.old.chars().count() as u32});
        result["fixes"] = json!([{"description": {"text": f.help}, "artifactChanges": [{
            "artifactLocation": {"uri": &*fix.place.file},
            "replacements": [{"deletedRegion": region, "insertedContent": {"text": fix.new}}]}]}]);
    }
    result
}
