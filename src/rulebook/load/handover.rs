//! `handover:`: what sales hands over and the hearing sheet asks.

use std::collections::BTreeMap;

use super::names::known;
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{
        attributes,
        types::{Asked, AttrType},
        yaml::{Node, fields::Fields, values},
    },
};

/// Built-in attributes that nobody can be asked for.
const NOT_ASKED: [&str; 6] = ["key", "age_month", "created_at", "onboarding", "touch", "handover_missing"];

/// The questions in file order; each is an attribute of the account.
pub fn handover(node: &Node, declared: &BTreeMap<String, AttrType>, out: &mut Vec<Diagnostic>) -> Vec<Asked> {
    let mut read: Vec<Asked> = Vec::new();
    for item in values::items(node, "questions", out) {
        let Some(asked) = question(item, declared, out) else { continue };
        if read.iter().any(|before| before.field == asked.field) {
            let message = format!("`{}` is asked twice", asked.field);
            out.push(Diagnostic::error("duplicate-id", &item.place, message, "delete one of the two"));
            continue;
        }
        read.push(asked);
    }
    read
}

fn question(node: &Node, declared: &BTreeMap<String, AttrType>, out: &mut Vec<Diagnostic>) -> Option<Asked> {
    let mut f = Fields::of(node, "a question of `handover`", out)?;
    let field = f.need("field", "the account attribute that holds the answer", out);
    let asks = f.need("asks", "the question, e.g. `{ja: 導入の目的, en: What they want to reach}`", out);
    let required = f.bool("required", out).unwrap_or(false);
    f.finish(out);
    let (field, asks) = (field?, asks.and_then(|n| values::bilingual(n, out))?);
    let name = values::text(field, out)?;
    let names = declared.keys().map(String::as_str).chain(attributes::ACCOUNT.iter().copied());
    let names = names.filter(|name| !NOT_ASKED.contains(name));
    known(name, names, "account attribute", "unknown-name", &field.place, out).then(|| Asked {
        field: name.to_owned(),
        asks,
        required,
    })
}
