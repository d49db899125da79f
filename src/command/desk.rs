//! The desk: where questions from every front end arrive, are checked and are answered.

use async_trait::async_trait;

use super::{
    parse::{self, Asked, Command},
    reply::{Press, Reply, Target},
    roles::{self, Place, Role},
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

    /// At most 25 account names that continue `typed`, best first, for autocompletion.
    async fn suggest(&self, who: &Asker, typed: &str) -> Vec<String>;
}

/// Answers the text after `/cs`: reads it, checks the role, asks the desk.
pub async fn ask(desk: &dyn Desk, who: &Asker, text: &str) -> Reply {
    match parse::parse(text) {
        Err(wrong) => wrong.reply(who.locale),
        Ok(Asked { command, share }) => {
            if !roles::may(who.role, &command, share, who.place) {
                return refusal(who.locale, command.subject());
            }
            let mut reply = match command {
                Command::Help { topic } => super::spec::help(who.locale, who.role, topic.as_deref()),
                command => desk.answer(who, command).await,
            };
            reply.shared = share;
            reply
        }
    }
}

/// Does what a pressed button carried (`Press::from_wire`).
pub async fn press(desk: &dyn Desk, who: &Asker, wire: &str) -> Reply {
    match Press::from_wire(wire) {
        Some(Press::Ask(text)) => ask(desk, who, &text).await,
        Some(Press::Act(action, target)) if roles::may_click(who.role, who.place) => {
            desk.click(who, Click { action, target }).await
        }
        Some(Press::Act(_, target)) => refusal(who.locale, Some(&target.account)),
        None => refusal(who.locale, None),
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
    Reply::new(locale, title)
}
