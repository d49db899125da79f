//! Which names each place of one playbook may use.

use std::collections::BTreeMap;

use super::names::Schemas;
use crate::rulebook::{
    expr::schema::{Schema, Type},
    playbook::Subject,
    yaml::{Kind, Node, values},
};

/// The scopes of one playbook.
pub struct Scope {
    /// Before a run exists: `start.when`, `start.where`, dates.
    pub before: Schema,
    /// Inside a run: `start.PROP` and `step.ID.FIELD` besides.
    pub run: Schema,
    /// Inside a run, with `contact.*`: recipients' `where`.
    pub contact: Schema,
}

impl Scope {
    /// Scopes for a subject and the step ids of the file.
    pub fn of(subject: Subject, schemas: &Schemas, steps: BTreeMap<String, BTreeMap<String, Type>>) -> Scope {
        let before = match subject {
            Subject::Account => schemas.account.clone(),
            Subject::Contact => schemas.with_contact(&schemas.account),
            Subject::Workspace => schemas.kpi.clone(),
        };
        let run = Schema { start: true, steps, ..before.clone() };
        let contact = schemas.with_contact(&run);
        Scope { before, run, contact }
    }
}

/// `schema` where an event is being judged.
pub fn with_event(schema: &Schema) -> Schema {
    Schema { event: true, ..schema.clone() }
}

/// Every step id of the file with the fields conditions may ask about, nested lists included.
pub fn steps(playbook: &Node) -> BTreeMap<String, BTreeMap<String, Type>> {
    let mut found = BTreeMap::new();
    collect(playbook, &mut found);
    found
}

fn collect(node: &Node, found: &mut BTreeMap<String, BTreeMap<String, Type>>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|n| collect(n, found)),
        Kind::Map(entries) => {
            if let Some(id) = node.get("id").and_then(Node::scalar) {
                found.insert(id.text.clone(), fields(node));
            }
            entries.iter().for_each(|e| collect(&e.value, found));
        }
        _ => {}
    }
}

fn fields(step: &Node) -> BTreeMap<String, Type> {
    let mut fields = vec!["done", "skipped"];
    if ["email", "slack", "discord", "webhook"].iter().any(|k| step.get(k).is_some()) {
        fields.extend(["sent", "opened", "clicked", "replied", "bounced"]);
    }
    let mut fields: BTreeMap<String, Type> = fields.into_iter().map(|f| (f.to_owned(), Type::Bool)).collect();
    if let Some(wait) = step.get("wait_for") {
        fields.insert("met".to_owned(), Type::Bool);
        if values::list(wait).iter().any(|b| b.get("event").is_some()) {
            // The caught event's properties are not known before it comes.
            fields.insert("*".to_owned(), Type::Any);
        }
    }
    fields
}
