//! What Discord sends, read into the few things we answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{modal, register};

use crate::{
    command::spec::{self, Completes, Written},
    model::locale::Locale,
};

/// What an interaction wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Is anybody there?
    Ping,
    /// The answer to this text.
    Text(String),
    /// What this button does.
    Press(String),
    /// The answers of a form, and the button that opened it.
    Submit(String, BTreeMap<String, String>),
    /// What continues this in a parameter of that kind.
    Names(Completes, String),
}

/// One interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// What.
    pub wants: Wants,
    /// Discord's id of it.
    pub id: String,
    /// The permission to answer, for 15 minutes.
    pub token: String,
    /// The guild, empty in direct messages.
    pub guild: String,
    /// The channel.
    pub channel: String,
    /// The channel a thread hangs below; the category of other channels; else empty.
    pub parent: String,
    /// The person.
    pub user: String,
    /// The ids of their roles in the guild.
    pub roles: Vec<String>,
    /// Their language.
    pub locale: Option<Locale>,
    /// The message whose button was pressed; null elsewhere.
    pub message: Value,
}

/// Reads an interaction; none = a kind that we do not answer.
pub fn read(json: &Value) -> Option<Inbound> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let user = if json["member"].is_object() { &json["member"]["user"]["id"] } else { &json["user"]["id"] };
    Some(Inbound {
        wants: wants(json)?,
        id: text(&json["id"]),
        token: text(&json["token"]),
        guild: text(&json["guild_id"]),
        channel: text(&json["channel_id"]),
        parent: text(&json["channel"]["parent_id"]),
        user: text(user),
        roles: json["member"]["roles"].as_array().map(|all| all.iter().map(text).collect()).unwrap_or_default(),
        locale: json["locale"].as_str().and_then(Locale::parse),
        message: json["message"].clone(),
    })
}

fn wants(json: &Value) -> Option<Wants> {
    let data = &json["data"];
    match json["type"].as_i64()? {
        1 => Some(Wants::Ping),
        2 => command(data).map(Wants::Text),
        // Our `custom_id` is a number, which makes it unique, and the meaning.
        3 => Some(Wants::Press(wire(data)?)),
        4 => focused(&data["options"]),
        5 => Some(Wants::Submit(wire(data)?, modal::answers(data))),
        _ => None,
    }
}

fn wire(data: &Value) -> Option<String> {
    Some(data["custom_id"].as_str()?.split_once(' ')?.1.to_owned())
}

/// The subcommand and its options as the text one would type.
fn command(data: &Value) -> Option<String> {
    let beside = data["name"].as_str().and_then(register::beside);
    let first = || data["options"].as_array().and_then(|o| o.first());
    let (sub, spec) = match (beside, first()) {
        (Some(spec), _) => (data, spec),
        (None, Some(sub)) => (sub, spec::find(sub["name"].as_str()?)?),
        (None, None) => return Some(String::new()),
    };
    let mut words = vec![spec.name.to_owned()];
    for arg in spec.args {
        let Some(value) = option(sub, arg.name) else { continue };
        match (arg.written, value.as_str()) {
            (Written::Word, Some(text)) => words.push(quote(text)),
            (Written::Words, Some(text)) => words.push(text.to_owned()),
            (Written::After(flag), Some(text)) => words.extend([flag.to_owned(), quote(text)]),
            (Written::Flag(flag), _) if value.as_bool() == Some(true) => words.push(flag.to_owned()),
            _ => {}
        }
    }
    if option(sub, "share").and_then(Value::as_bool) == Some(true) {
        words.push("--share".to_owned());
    }
    Some(words.join(" "))
}

fn option<'a>(sub: &'a Value, name: &str) -> Option<&'a Value> {
    sub["options"].as_array()?.iter().find(|o| o["name"] == name).map(|o| &o["value"])
}

fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('"', ""))
}

fn focused(options: &Value) -> Option<Wants> {
    options.as_array()?.iter().find_map(|option| match option["focused"].as_bool() {
        Some(true) => {
            Some(Wants::Names(spec::completes(option["name"].as_str()?)?, option["value"].as_str()?.to_owned()))
        }
        _ => focused(&option["options"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::parse::{Command, parse};
    use serde_json::json;

    #[test]
    fn a_typed_command_reads_as_the_text_one_would_type() {
        let data = json!({"name": "cs", "options": [{"type": 1, "name": "note", "options": [
            {"name": "text", "value": "話した #request"}, {"name": "account", "value": "株式会社 アクメ"}]}]});
        let text = command(&data).unwrap();
        let note = parse(&text).unwrap().command;
        let Command::Note { account, text, tags, .. } = note else { panic!("{note:?}") };
        assert_eq!((account.as_str(), text.as_str(), tags), ("株式会社 アクメ", "話した", vec!["request".to_owned()]));
    }

    #[test]
    fn a_question_is_handed_over_for_an_account_by_typed_options() {
        let data = json!({"name": "cs", "options": [{"type": 1, "name": "ask", "options": [
            {"name": "hand-off", "value": true}, {"name": "account", "value": "Acme Inc"},
            {"name": "question", "value": "do you have an API"}]}]});
        let asked = parse(&command(&data).unwrap()).unwrap().command;
        let (question, account) = ("do you have an API".to_owned(), Some("Acme Inc".to_owned()));
        assert_eq!(asked, Command::Ask { question, account, hand_off: true });
        let note = json!({"name": "cs", "options": [{"type": 1, "name": "note", "options": [
            {"name": "account", "value": "a"}, {"name": "text", "value": "b"}, {"name": "positive", "value": false}]}]});
        assert_eq!(command(&note).unwrap(), "note \"a\" b");
    }

    #[test]
    fn what_does_not_fit_below_the_command_stands_beside_it() {
        let away = json!({"name": "cs-away", "options": [
            {"name": "deputy", "value": "Sasaki Mio"}, {"name": "until", "value": "2026-12-05"}]});
        let (until, deputy) = ("2026-12-05".to_owned(), "Sasaki Mio".to_owned());
        let asked = parse(&command(&away).unwrap()).unwrap().command;
        assert_eq!(asked, Command::Away { person: None, until, deputy });
        assert_eq!(command(&json!({"name": "cs-back"})).unwrap(), "back");
    }

    #[test]
    fn autocompletion_asks_about_the_focused_option() {
        let json = json!({"type": 4, "member": {"user": {"id": "7"}}, "guild_id": "1", "locale": "ja",
            "data": {"options": [{"type": 1, "name": "health", "options": [{"name": "account", "value": "ac", "focused": true}]}]}});
        let read = read(&json).unwrap();
        assert_eq!(
            (read.wants, read.user.as_str(), read.locale),
            (Wants::Names(Completes::Account, "ac".into()), "7", Some(Locale::Ja))
        );
    }

    #[test]
    fn odd_shapes_are_not_answered() {
        for json in [json!(null), json!({"type": 99}), json!({"type": 3, "data": {"custom_id": "x"}}), json!([1])] {
            assert_eq!(read(&json), None);
        }
    }
}
