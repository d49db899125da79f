//! Forms as Slack's modals: opened by a button, answered by `view_submission`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    command::form::{Ask, Input, Sheet},
    model::safe::{clean, shorten},
    words::forms,
};

/// Marks our modals.
pub const CALLBACK: &str = "cs:form";
/// Characters of a note.
const NOTE: usize = 1_500;

/// What a modal brings back with its answers: Slack keeps it for us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The button that opened it, as it came.
    pub press: String,
    /// Where that was; empty = the app's own page.
    pub channel: String,
    /// Where the answer goes; empty = to the person directly.
    pub url: String,
}

/// The body of `views.open`.
pub fn open(sheet: &Sheet, trigger: &str, kept: &Kept) -> Value {
    let mut blocks = vec![json!({"type": "section", "text": plain(&sheet.about, 150)})];
    blocks.extend(sheet.inputs.iter().map(input));
    json!({
        "trigger_id": trigger,
        "view": {
            "type": "modal",
            "callback_id": CALLBACK,
            "private_metadata": serde_json::to_string(kept).unwrap_or_default(),
            "title": plain(sheet.title, 24),
            "submit": plain(forms::submit(sheet.locale), 24),
            "close": plain(forms::cancel(sheet.locale), 24),
            "blocks": blocks,
        },
    })
}

fn input(input: &Input) -> Value {
    let mut element = match &input.ask {
        Ask::Lines => json!({"type": "plain_text_input", "multiline": true, "max_length": NOTE}),
        Ask::Choice(options, chosen) => {
            let options: Vec<Value> = options.iter().map(|(value, label)| option(value, label)).collect();
            let first = chosen.and_then(|at| options.get(at)).cloned();
            let mut element = json!({"type": "static_select", "options": options});
            if let Some(first) = first {
                element["initial_option"] = first;
            }
            element
        }
        Ask::Tick(label) => json!({"type": "checkboxes", "options": [option("yes", label)]}),
    };
    element["action_id"] = json!(input.name);
    json!({
        "type": "input", "block_id": input.name, "optional": input.optional,
        "label": plain(input.label, 2_000), "element": element,
    })
}

/// One of several to choose from.
pub fn option(value: &str, label: &str) -> Value {
    json!({"text": plain(label, 75), "value": value})
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": shorten(&clean(text), most), "emoji": false})
}

/// The answers of a submitted modal, by the names of its inputs.
pub fn answers(view: &Value) -> BTreeMap<String, String> {
    let first = |value: &Value| {
        let option =
            value["selected_options"].as_array().and_then(|list| list.first()).unwrap_or(&value["selected_option"]);
        value["value"].as_str().or(option["value"].as_str()).map(str::to_owned)
    };
    let blocks = view["state"]["values"].as_object().into_iter().flatten();
    let fields = blocks.flat_map(|(_, actions)| actions.as_object().into_iter().flatten());
    fields.filter_map(|(name, value)| Some((name.clone(), first(value)?))).collect()
}
