//! Forms that a button opens, as data: what is asked, and the command that the answers make. Where a front end has no
//! forms, the button does what can be done without one.

use std::collections::BTreeMap;

use super::{
    parse::{Command, tagged},
    reply::{Form, Target},
};
use crate::{
    model::{locale::Locale, world::World},
    words::forms,
};

/// Lengths a snooze offers; the third is chosen where nobody chooses.
const LENGTHS: [&str; 5] = ["1d", "3d", "7d", "14d", "30d"];
/// People an account can be given to: Slack's limit of options.
const PEOPLE: usize = 100;

/// A form to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The reader's language.
    pub locale: Locale,
    /// What it is for (at most 24 characters: Slack's limit).
    pub title: &'static str,
    /// The account's name.
    pub about: String,
    /// What is asked.
    pub inputs: Vec<Input>,
}

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name among the answers.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Whether it may be left empty.
    pub optional: bool,
    /// How it is answered.
    pub ask: Ask,
}

/// How something is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// In words, several lines.
    Lines,
    /// By one of these (value, label); the number of the one that is chosen at first.
    Choice(Vec<(String, String)>, Option<usize>),
    /// By a tick, whose answer is `yes`.
    Tick(&'static str),
}

/// The form for the account called `about`.
pub fn sheet(form: Form, about: String, world: &World, locale: Locale) -> Sheet {
    let input = |name, ask, optional| Input { name, label: forms::label(locale, name), optional, ask };
    let inputs = match form {
        Form::Note => {
            vec![input("text", Ask::Lines, false), input("positive", Ask::Tick(forms::label(locale, "positive")), true)]
        }
        Form::Snooze => {
            let length = |text: &&str| ((*text).to_owned(), forms::length(locale, text));
            vec![input("length", Ask::Choice(LENGTHS.iter().map(length).collect(), Some(2)), false)]
        }
        Form::Assign => {
            let people =
                world.everybody(locale).take(PEOPLE).map(|(key, name)| (key.to_owned(), name.to_owned())).collect();
            vec![input("person", Ask::Choice(people, None), false)]
        }
    };
    Sheet { locale, title: forms::title(locale, form), about, inputs }
}

/// What the answers order; none where one is missing.
pub fn command(form: Form, target: &Target, answers: &BTreeMap<String, String>) -> Option<Command> {
    let account = target.account.clone();
    let answer = |name: &str| answers.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(match form {
        Form::Note => {
            let (text, tags) = tagged(&answer("text")?)?;
            Command::Note { account, tags, positive: answer("positive").is_some(), text }
        }
        Form::Snooze => Command::Snooze { account, length: Some(answer("length")?) },
        Form::Assign => Command::Assign { account, person: answer("person")? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_make_the_command_one_would_type() {
        let target = Target { account: "acme".into(), what: "account".into() };
        let given = |form, pairs: &[(&str, &str)]| {
            let answers = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            command(form, &target, &answers)
        };
        let (account, text) = ("acme".to_owned(), "two lines\nof it".to_owned());
        let note = Command::Note { account: account.clone(), text, tags: vec!["export".into()], positive: true };
        assert_eq!(given(Form::Note, &[("text", " two lines\nof it #export "), ("positive", "yes")]), Some(note));
        assert_eq!([given(Form::Note, &[("text", "  ")]), given(Form::Note, &[("text", "#tag")])], [None, None]);
        let snooze = Command::Snooze { account: account.clone(), length: Some("14d".into()) };
        assert_eq!(given(Form::Snooze, &[("length", "14d")]), Some(snooze));
        assert_eq!(given(Form::Assign, &[("person", "kei")]), Some(Command::Assign { account, person: "kei".into() }));
    }
}
