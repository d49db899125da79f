//! Forms as Discord's modals: opened by a button, answered by a submission. A modal holds text fields: what is chosen in
//! Slack is typed here, with the choices shown in the empty field.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    command::form::{Ask, Input, Sheet},
    model::safe::{clean, shorten},
    words::forms,
};

/// Discord's limits: title and labels, the hint in an empty field, the text of a note.
const TITLE: usize = 45;
const HINT: usize = 100;
const NOTE: usize = 1_500;
const WORDS: usize = 100;
/// Characters of a `custom_id`.
const CUSTOM_ID: usize = 100;

/// The modal of `sheet`; `wire` is the button that opened it. None where its meaning does not fit.
pub fn open(sheet: &Sheet, wire: &str) -> Option<Value> {
    let id = format!("0 {wire}");
    let rows: Vec<Value> = sheet.inputs.iter().map(|i| json!({"type": 1, "components": [input(i, sheet)]})).collect();
    let title = shorten(&format!("{}: {}", sheet.title, clean(&sheet.about)), TITLE);
    (id.chars().count() <= CUSTOM_ID && (1..=5).contains(&rows.len()))
        .then(|| json!({"type": 9, "data": {"custom_id": id, "title": title, "components": rows}}))
}

fn input(input: &Input, sheet: &Sheet) -> Value {
    let (style, most, hint, value) = match &input.ask {
        Ask::Lines => (2, NOTE, String::new(), String::new()),
        Ask::Choice(options, chosen) => {
            let values: Vec<&str> = options.iter().map(|(value, _)| value.as_str()).collect();
            let first = chosen.and_then(|at| values.get(at)).unwrap_or(&"");
            (1, WORDS, values.join(", "), (*first).to_owned())
        }
        Ask::Tick(_) => (1, WORDS, forms::tick(sheet.locale).to_owned(), String::new()),
    };
    let mut made = json!({"type": 4, "custom_id": input.name, "style": style, "max_length": most,
        "label": shorten(&clean(input.label), TITLE), "required": !input.optional});
    for (key, text, most) in [("placeholder", hint, HINT), ("value", value, most)] {
        if !text.is_empty() {
            made[key] = json!(shorten(&clean(&text), most));
        }
    }
    made
}

/// The answers of a submitted modal, by the names of its inputs. A tick that says no is none.
pub fn answers(data: &Value) -> BTreeMap<String, String> {
    let rows = data["components"].as_array().into_iter().flatten();
    let fields = rows.flat_map(|row| row["components"].as_array().into_iter().flatten().chain(row.get("component")));
    let read = |field: &Value| Some((field["custom_id"].as_str()?.to_owned(), field["value"].as_str()?.to_owned()));
    let mut found: BTreeMap<String, String> = fields.filter_map(read).collect();
    found.retain(|name, text| name != "positive" || !forms::is_no(text));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        command::{form, reply::Form},
        model::{locale::Locale, world::World},
    };

    #[test]
    fn every_form_keeps_discords_limits_in_both_languages() {
        let people = (0..90).map(|i| (format!("person{i}"), format!("Person {i}"))).collect();
        let world = World { people, ..World::default() };
        for locale in Locale::ALL {
            for form in [Form::Note, Form::Snooze, Form::Assign] {
                let sheet = form::sheet(form, "株式会社アクメ".repeat(20), &world, locale);
                let made = open(&sheet, "form-x acme\naccount").unwrap();
                let count = |value: &Value| value.as_str().unwrap_or_default().chars().count();
                assert!(count(&made["data"]["title"]) <= 45);
                for row in made["data"]["components"].as_array().unwrap() {
                    let field = &row["components"][0];
                    assert!(
                        (1..=45).contains(&count(&field["label"])) && count(&field["placeholder"]) <= 100,
                        "{field}"
                    );
                }
            }
        }
        let sheet = form::sheet(Form::Note, "x".into(), &world, Locale::En);
        assert_eq!(open(&sheet, &format!("form-note {}\naccount", "x".repeat(100))), None);
    }

    #[test]
    fn answers_are_read_from_rows_and_a_no_is_no_tick() {
        let field = |name: &str, value: &str| json!({"type": 4, "custom_id": name, "value": value});
        let of = |tick: &str| {
            answers(&json!({"components": [{"type": 1, "components": [field("text", "two\nlines")]},
                {"type": 18, "component": field("positive", tick)}]}))
        };
        assert_eq!((of("yes").len(), of("yes")["text"].as_str()), (2, "two\nlines"));
        assert_eq!([of("No").len(), of("いいえ").len()], [1, 1]);
        assert!(answers(&json!({"components": 1})).is_empty());
    }
}
