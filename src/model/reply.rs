//! An answer to a person, as data: chat, terminal and HTTP render the same thing.
//!
//! Texts are plain: nothing in them is ever read as markup, a mention or a link. Labels, headings and
//! titles are our own wording in the reader's language; values come from customers and imports.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ids::AccountId, locale::Locale, message::Action};

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The reader's language.
    pub locale: Locale,
    /// One line that says it all; also the notification and the screen-reader text.
    pub title: String,
    /// The rest, from top to bottom.
    pub parts: Vec<Part>,
    /// Small print at the end: freshness of the data, what was left out.
    pub footer: String,
    /// `true` = the whole channel may see it; `false` = only the person who asked.
    pub shared: bool,
    /// The answer to a pressed button stands under that button, for everybody who sees the message,
    /// instead of going to the asker alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place: bool,
    /// Nothing was done, or nothing was found: a script must not go on (exit 1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// One part of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A heading over what follows.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Labels with their values.
    Fields(Vec<Field>),
    /// A list.
    Bullets(Vec<String>),
    /// Rows of equal length under a header.
    Table(Table),
    /// Buttons under what came before.
    Buttons(Vec<Button>),
    /// A line over time, where the client draws one. It repeats what a line of text beside it says.
    Chart(Chart),
    /// Where a customer's name is typed and completed, with its label; only where the front end completes names in a
    /// message.
    Finder(String),
}

/// A label and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Our wording.
    pub label: String,
    /// Data.
    pub value: String,
}

/// A table. Short rows are filled up, long ones cut to the header's length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Column titles.
    pub header: Vec<String>,
    /// Cells by row.
    pub rows: Vec<Vec<String>>,
}

/// Figures over time, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What is drawn.
    pub title: String,
    /// What the figures count in, as it stands beside the axis; empty = plain numbers.
    pub unit: String,
    /// What the labels are, as it stands under the axis.
    pub over: String,
    /// Label and figure; labels differ from each other.
    pub points: Vec<(String, f64)>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says (at most 75 characters on Slack, 80 on Discord).
    pub label: String,
    /// What pressing it does.
    pub press: Press,
    /// The customer it is about, said where buttons do not stand under their row; empty = nothing to tell apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// What a button does. Comes back through the platform as a short text (`to_wire`, `from_wire`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// Acknowledge, snooze or assign something about an account.
    Act(Action, Target),
    /// Ask this command: the text after `/cs`.
    Ask(String),
    /// Open a form about an account.
    Form(Form, Target),
}

/// A form: what is asked before something is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A note's words.
    Note,
    /// For how long it is quiet.
    Snooze,
    /// Who takes the account.
    Assign,
}

impl Form {
    const ALL: [Form; 3] = [Form::Note, Form::Snooze, Form::Assign];

    fn word(self) -> &'static str {
        match self {
            Form::Note => "form-note",
            Form::Snooze => "form-snooze",
            Form::Assign => "form-assign",
        }
    }
}

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The account's key, or `#` and its internal number.
    pub account: String,
    /// What about it: `digest:at-risk`, `PLAYBOOK/STEP`, a task's key, or empty.
    pub what: String,
}

impl Reply {
    /// An answer that begins with `title`.
    pub fn new(locale: Locale, title: impl Into<String>) -> Reply {
        Reply { locale, title: title.into(), ..Reply::default() }
    }

    /// An answer that says why not, and what to do instead.
    pub fn refusal(locale: Locale, title: impl Into<String>) -> Reply {
        Reply { refused: true, ..Reply::new(locale, title) }
    }

    /// Shown under the pressed button.
    #[must_use]
    pub fn in_place(mut self) -> Reply {
        self.in_place = true;
        self
    }

    /// With one more part.
    #[must_use]
    pub fn with(mut self, part: Part) -> Reply {
        self.parts.push(part);
        self
    }

    /// With one more paragraph.
    #[must_use]
    pub fn line(self, text: impl Into<String>) -> Reply {
        self.with(Part::Text(text.into()))
    }

    /// With one more label and value, beside the ones just before it.
    #[must_use]
    pub fn field(mut self, label: impl Into<String>, value: impl Into<String>) -> Reply {
        let field = Field { label: label.into(), value: value.into() };
        match self.parts.last_mut() {
            Some(Part::Fields(fields)) => fields.push(field),
            _ => self.parts.push(Part::Fields(vec![field])),
        }
        self
    }

    /// With one more button, beside the ones just before it.
    #[must_use]
    pub fn button(self, label: impl Into<String>, press: Press) -> Reply {
        self.button_about(label, "", press)
    }

    /// The same for one customer of several.
    #[must_use]
    pub fn button_about(mut self, label: impl Into<String>, about: &str, press: Press) -> Reply {
        let button = Button { label: label.into(), press, about: about.to_owned() };
        match self.parts.last_mut() {
            Some(Part::Buttons(buttons)) => buttons.push(button),
            _ => self.parts.push(Part::Buttons(vec![button])),
        }
        self
    }
}

impl Target {
    /// Something about the account with this internal number (buttons under planned messages).
    pub fn numbered(account: AccountId, what: impl Into<String>) -> Target {
        Target { account: format!("#{}", account.0), what: what.into() }
    }

    /// The internal number, if that is what the target carries.
    pub fn number(&self) -> Option<AccountId> {
        self.account.strip_prefix('#')?.parse().ok().map(AccountId)
    }
}

impl Press {
    /// The text a platform carries: `ack ACCOUNT⏎WHAT`, `ask TEXT`.
    pub fn to_wire(&self) -> String {
        match self {
            Press::Act(action, target) => format!("{} {}\n{}", word(*action), target.account, target.what),
            Press::Ask(text) => format!("ask {text}"),
            Press::Form(form, target) => format!("{} {}\n{}", form.word(), target.account, target.what),
        }
    }

    /// Reads what `to_wire` wrote; anything else is none.
    pub fn from_wire(text: &str) -> Option<Press> {
        let (verb, rest) = text.split_once(' ')?;
        if verb == "ask" {
            return Some(Press::Ask(rest.to_owned()));
        }
        let (account, what) = rest.split_once('\n')?;
        let target = Target { account: account.to_owned(), what: what.to_owned() };
        if let Some(form) = Form::ALL.into_iter().find(|form| form.word() == verb) {
            return Some(Press::Form(form, target));
        }
        let action = [Action::Ack, Action::Snooze, Action::Assign].into_iter().find(|a| word(*a) == verb)?;
        Some(Press::Act(action, target))
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Ack => "ack",
        Action::Snooze => "snooze",
        Action::Assign => "assign",
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_survives_the_wire() {
        let presses = [
            Press::Act(Action::Ack, Target { account: "アクメ 商事".into(), what: "digest:at-risk".into() }),
            Press::Act(Action::Snooze, Target::numbered(AccountId(7), "")),
            Press::Ask("health アクメ".into()),
            Press::Form(Form::Note, Target { account: "アクメ 商事".into(), what: "account".into() }),
        ];
        for press in presses {
            assert_eq!(Press::from_wire(&press.to_wire()), Some(press));
        }
        assert_eq!(Press::from_wire("erase everything\n"), None);
        assert_eq!(Press::from_wire(""), None);
    }

    #[test]
    fn fields_and_buttons_gather_with_their_neighbours() {
        let reply = Reply::new(Locale::En, "t").field("a", "1").field("b", "2").line("x").field("c", "3");
        assert_eq!(reply.parts.len(), 3);
    }
}
