//! Values out of JSON that others wrote: what is missing or of another kind is empty.

use serde_json::Value;

use super::TAG;

/// The value at a path of names.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |inner, name| inner.get(name))
}

/// The text at a path; a number is written out.
pub fn text(value: &Value, path: &[&str]) -> String {
    match at(value, path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The same, if there is any.
pub fn some(value: &Value, path: &[&str]) -> Option<String> {
    Some(text(value, path)).filter(|text| !text.is_empty())
}

/// Our key among a message's variables, whatever case its name came back in.
pub fn tag(variables: Option<&Value>) -> Option<String> {
    let all = variables?.as_object()?;
    let own = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(TAG))?;
    own.1.as_str().map(str::to_owned)
}

/// The first of several words that is not empty.
pub fn first(words: &[String]) -> String {
    words.iter().find(|word| !word.is_empty()).cloned().unwrap_or_default()
}
