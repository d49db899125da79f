//! Conditions and values in YAML: find the unquoted mistakes first, then compile.

use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{
        expr::{Program, Want, schema::Schema},
        yaml::{Node, Scalar, enough, mistakes, values},
    },
};

/// Compiles the condition or value written at `key`; none with findings where it is wrong.
pub fn program(node: &Node, key: &str, schema: &Schema, want: Want, out: &mut Vec<Diagnostic>) -> Option<Program> {
    if enough(out) {
        return None;
    }
    let scalar = match node.scalar() {
        Some(scalar) => scalar,
        None => {
            let message = format!("`{key}` is a condition, this is {}", node.what());
            let help = "write it as a text; quote it where it contains `, [ ] { }`, `: ` or ` #`";
            out.push(Diagnostic::error("wrong-type", &node.place, message, help));
            return None;
        }
    };
    if let Some(comment) = cut_short(scalar) {
        out.push(mistakes::hash_comment(&scalar.content, key, &scalar.text, comment));
        return None;
    }
    if values::text(node, out)?.trim().is_empty() {
        let help = "write a condition, e.g. `account.mrr > 50000`";
        out.push(Diagnostic::error("missing-value", &node.place, format!("`{key}` is empty"), help));
        return None;
    }
    Program::compile(&scalar.text, &scalar.content, schema, want).map_err(|found| out.extend(found)).ok()
}

/// The comment that swallowed the end of an unquoted condition: its quotes or brackets are left open.
fn cut_short(scalar: &Scalar) -> Option<&str> {
    let comment = scalar.comment.as_deref().filter(|_| scalar.plain)?;
    let odd = |c| scalar.text.matches(c).count() % 2 == 1;
    let open = scalar.text.matches('(').count() > scalar.text.matches(')').count();
    (odd('"') || odd('\'') || open).then_some(comment)
}
