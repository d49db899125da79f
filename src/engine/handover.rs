//! What is known of why a customer bought, and what of it has still to be asked.

use crate::{
    model::{locale::Locale, state::AccountState, value::Value},
    rulebook::types::Model,
};

/// The required questions without an answer, in file order.
pub fn missing<'m>(state: &AccountState, model: &'m Model, locale: Locale) -> Vec<&'m str> {
    let open = model.handover.iter().filter(|asked| asked.required && !is_answer(&state.attr(&asked.field)));
    open.map(|asked| asked.asks.get(locale)).collect()
}

/// Blanks and an empty list answer nothing.
pub fn is_answer(value: &Value) -> bool {
    match value {
        Value::Missing => false,
        Value::Text(text) => !text.trim().is_empty(),
        Value::List(items) => items.iter().any(is_answer),
        _ => true,
    }
}
