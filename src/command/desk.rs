//! The desk: where questions from every front end arrive, are checked and are answered.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    form::{self, Sheet},
    parse::{self, Asked, Command},
    reply::{Form, Press, Reply, Target},
    roles::{self, Place, Role},
    spec::Completes,
};
use crate::model::{locale::Locale, message::Action};

/// Who asks, as the front end verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The platform and the person's id there, e.g. `slack:U123`, `terminal:kei`: the audit's `who`.
    pub who: String,
    /// What this person may do.
    pub role: Role,
    /// Where the question was asked, so who may read the answer.
    pub place: Place,
    /// The language to answer in.
    pub locale: Locale,
    /// The key of the account whose channel it is; none elsewhere.
    pub account: Option<String>,
}

/// A press on a button about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// What to do.
    pub action: Action,
    /// About what.
    pub target: Target,
}

/// Answers questions. Front ends know nothing else of the product.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Answers a command that this asker may give. Never fails: what went wrong is the answer.
    async fn answer(&self, who: &Asker, command: Command) -> Reply;

    /// Does what a button says; the asker may do that.
    async fn click(&self, who: &Asker, click: Click) -> Reply;

    /// What a form asks; none where the account is not known, or this desk has no forms.
    async fn form(&self, _who: &Asker, _form: Form, _target: &Target) -> Option<Sheet> {
        None
    }

    /// The asker's own page.
    async fn home(&self, who: &Asker) -> Reply {
        self.answer(who, Command::Today).await
    }

    /// Other names that continue `typed`, best first: value and label.
    async fn complete(&self, _who: &Asker, _what: Completes, _typed: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// At most 25 account names that continue `typed`, best first, for autocompletion.
    async fn suggest(&self, who: &Asker, typed: &str) -> Vec<String>;
}

/// Answers the text after `/cs`: reads it, checks the role, asks the desk.
pub async fn ask(desk: &dyn Desk, who: &Asker, text: &str) -> Reply {
    if who.role == Role::Guest {
        return guest(desk, who, text).await;
    }
    match parse::parse(text) {
        Err(wrong) => wrong.reply(who.locale),
        Ok(Asked { command, share }) => give(desk, who, command, share).await,
    }
}

/// A customer's words: a question to the articles. What would be a command of the team is none here.
async fn guest(desk: &dyn Desk, who: &Asker, text: &str) -> Reply {
    let first = text.split_whitespace().next().unwrap_or_default();
    let asked = match parse::parse(text) {
        Ok(asked) => Some(asked),
        Err(_) if first.is_empty() || super::spec::find(first).is_some() => None,
        Err(_) => parse::parse(&format!("ask {text}")).ok(),
    };
    match asked {
        Some(Asked { command, share }) => give(desk, who, command, share).await,
        None => refused(who, None),
    }
}

/// The answer to what this asker may not have.
fn refused(who: &Asker, account: Option<&str>) -> Reply {
    match who.role {
        Role::Guest => Reply::refusal(who.locale, crate::words::faq::only_questions(who.locale)),
        _ => refusal(who.locale, account),
    }
}

/// Answers a command that was read, if the asker may give it.
async fn give(desk: &dyn Desk, who: &Asker, command: Command, share: bool) -> Reply {
    if !roles::may(who.role, &command, share, who.place) {
        return refused(who, command.subject());
    }
    let mut reply = match command {
        Command::Help { topic } => super::spec::help(who.locale, who.role, topic.as_deref()),
        command => desk.answer(who, command).await,
    };
    reply.shared = share;
    reply
}

/// The form that a pressed button opens; none where it opens none, or the asker may not press it: `press` then answers.
pub async fn open(desk: &dyn Desk, who: &Asker, wire: &str) -> Option<Sheet> {
    match Press::from_wire(wire)? {
        Press::Form(form, target) if roles::may_click(who.role, who.place) => desk.form(who, form, &target).await,
        _ => None,
    }
}

/// Does what the answers of a form say, like the command one would type. `wire` is the button that opened it.
pub async fn submit(desk: &dyn Desk, who: &Asker, wire: &str, answers: &BTreeMap<String, String>) -> Reply {
    let Some(Press::Form(form, target)) = Press::from_wire(wire) else { return refused(who, None) };
    match form::command(form, &target, answers) {
        Some(command) => give(desk, who, command, false).await,
        None => refused(who, Some(&target.account)),
    }
}

/// The asker's own page, for those who may ask at all.
pub async fn home(desk: &dyn Desk, who: &Asker) -> Reply {
    match roles::may(who.role, &Command::Today, false, who.place) {
        true => desk.home(who).await,
        false => refused(who, None),
    }
}

/// Does what a pressed button carried (`Press::from_wire`).
pub async fn press(desk: &dyn Desk, who: &Asker, wire: &str) -> Reply {
    match Press::from_wire(wire) {
        Some(Press::Ask(text)) => ask(desk, who, &text).await,
        Some(Press::Act(action, target)) if roles::may_click(who.role, who.place) => {
            desk.click(who, Click { action, target }).await
        }
        Some(Press::Form(form, target)) if roles::may_click(who.role, who.place) => {
            without_form(desk, who, form, target).await
        }
        Some(Press::Act(_, target) | Press::Form(_, target)) => refused(who, Some(&target.account)),
        None => refused(who, None),
    }
}

/// Where there are no forms: the usual length, the people as buttons, how a note is typed.
async fn without_form(desk: &dyn Desk, who: &Asker, form: Form, target: Target) -> Reply {
    let action = match form {
        Form::Snooze => Action::Snooze,
        Form::Assign => Action::Assign,
        Form::Note => return super::spec::help(who.locale, who.role, Some("note")),
    };
    desk.click(who, Click { action, target }).await
}

/// Values and labels that continue what is typed into a parameter, at most 25, for those who may ask about accounts at all.
pub async fn complete(desk: &dyn Desk, who: &Asker, what: Completes, typed: &str) -> Vec<(String, String)> {
    if what == Completes::Account {
        return suggest(desk, who, typed).await.into_iter().map(|name| (name.clone(), name)).collect();
    }
    let health = Command::Health { account: typed.to_owned() };
    if !roles::may(who.role, &health, false, who.place) {
        return Vec::new();
    }
    let mut found = desk.complete(who, what, typed).await;
    found.truncate(25);
    found
}

/// Whether the answer to `text` will be for everybody there: known before it is worked out.
pub fn is_shared(who: &Asker, text: &str) -> bool {
    match parse::parse(text) {
        Ok(Asked { command, share }) => share && roles::may(who.role, &command, share, who.place),
        Err(_) => false,
    }
}

/// Names that continue `typed`, for those who may ask about accounts at all.
pub async fn suggest(desk: &dyn Desk, who: &Asker, typed: &str) -> Vec<String> {
    let health = Command::Health { account: typed.to_owned() };
    if !roles::may(who.role, &health, false, who.place) {
        return Vec::new();
    }
    let mut names = desk.suggest(who, typed).await;
    names.truncate(25);
    names
}

/// The answer to what is not allowed: the same as to an account that does not exist, so that nobody
/// learns which accounts there are by asking.
pub fn refusal(locale: Locale, account: Option<&str>) -> Reply {
    let title = match (locale, account) {
        (Locale::Ja, Some(name)) => format!("「{name}」という顧客は見つかりません。"),
        (Locale::En, Some(name)) => format!("No account is called “{name}”."),
        (Locale::Ja, None) => "見つかりません。".to_owned(),
        (Locale::En, None) => "Nothing of that name was found.".to_owned(),
    };
    Reply::refusal(locale, title)
}
