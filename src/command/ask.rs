//! `/cs ask`: the section of `knowledge/` that answers, with its source; a person where nothing does.

use serde::Serialize;

use super::{
    act,
    desk::Asker,
    find,
    find::Found,
    office::quoted,
    reply::{Part, Press, Reply},
    roles::Role,
};
use crate::{
    app::shell::Shell,
    knowledge::search::Hit,
    model::{
        fact::Act,
        ids::{AccountId, stable_hash},
        run::Task,
        safe::shorten,
    },
    rulebook::template::{doc::Block, plain::unwrapped},
    store::api::{AccountRow, Result},
    words::faq,
};

/// A person has so long to answer.
const DUE: &str = "1 business day";
/// Characters of a question that a task keeps.
const LONGEST: usize = 300;
/// Questions of one customer channel that may wait for a person at once: nobody floods the team.
const WAITING: usize = 10;

/// The answer as data: the contract of `ask --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What was asked.
    pub question: String,
    /// Whether an article answers it; else everything below is empty.
    pub found: bool,
    /// The file of the article.
    pub source: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The heading of the section; empty = what stands under the title.
    pub heading: Option<String>,
    /// The section as plain text.
    pub text: Option<String>,
    /// How much of the question is in it, 0..1.
    pub coverage: Option<f64>,
}

/// `ask QUESTION`, or its hand-over to a person.
pub async fn ask(shell: &Shell, who: &Asker, question: &str, account: Option<&str>, hand_off: bool) -> Result<Reply> {
    if hand_off {
        return hand_over(shell, who, question, account).await;
    }
    let (library, public) = (shell.knowledge(), is_outside(who));
    Ok(match library.answer(question, who.locale, public) {
        Some(hit) => with_button(found(&hit, who, public), who, question, account),
        None if who.role == Role::Guest => {
            let reply = Reply::new(who.locale, faq::no_answer(who.locale, question));
            with_button(reply.line(faq::ask_a_person(who.locale)), who, question, None)
        }
        None => {
            let count = library.count(who.locale, public);
            let said =
                if count == 0 && !public { faq::empty(who.locale).to_owned() } else { faq::looked(who.locale, count) };
            let reply = Reply::new(who.locale, faq::no_answer(who.locale, question)).line(said);
            with_button(reply, who, question, account)
        }
    })
}

/// The answer for programs.
pub fn data(shell: &Shell, who: &Asker, question: &str) -> Answer {
    let library = shell.knowledge();
    let hit = library.answer(question, who.locale, is_outside(who));
    Answer {
        question: question.to_owned(),
        found: hit.is_some(),
        source: hit.map(|h| h.article.path.clone()),
        title: hit.map(|h| h.article.title.clone()),
        heading: hit.map(|h| h.section.heading.clone()),
        text: hit.map(|h| unwrapped(&h.section.blocks)),
        coverage: hit.map(|h| h.coverage),
    }
}

/// Whether the answer may hold only what customers may read.
fn is_outside(who: &Asker) -> bool {
    who.role <= Role::Guest || !who.place.is_own()
}

fn found(hit: &Hit<'_>, who: &Asker, public: bool) -> Reply {
    let heading = &hit.section.heading;
    let title = if heading.is_empty() { &hit.article.title } else { heading };
    let mut reply =
        hit.section.blocks.iter().fold(Reply::new(who.locale, title), |reply, block| reply.with(part(block)));
    let path = (!public).then_some(hit.article.path.as_str());
    reply.footer = faq::source(who.locale, &hit.article.title, path);
    reply
}

fn part(block: &Block) -> Part {
    match block {
        Block::List { start: None, items } => Part::Bullets(items.iter().map(|item| unwrapped(&item.blocks)).collect()),
        other => Part::Text(unwrapped(std::slice::from_ref(other))),
    }
}

/// Whoever may give orders can hand the question to a person, not where customers read; and so can the customers there.
fn with_button(reply: Reply, who: &Asker, question: &str, account: Option<&str>) -> Reply {
    if who.role != Role::Guest && (who.role < Role::Operator || !who.place.is_own()) {
        return reply;
    }
    let about = account.map(|name| format!("--for {} ", quoted(name))).unwrap_or_default();
    let question = shorten(question, LONGEST);
    reply.button(faq::hand_off(who.locale), Press::Ask(format!("ask --hand-off {about}{question}")))
}

/// Opens a task: for the account's CSM where one is named, else for whoever stands in.
async fn hand_over(shell: &Shell, who: &Asker, question: &str, account: Option<&str>) -> Result<Reply> {
    let (now, locale) = (shell.clock.now(), who.locale);
    let key = match account {
        None if who.role == Role::Guest => of_channel(shell, who).await?,
        None => None,
        Some(name) => match find::exact(shell, name).await? {
            Found::One(row) => Some(row),
            Found::Nearest(near) => {
                let again = format!("ask --hand-off --for {{}} {question}");
                return Ok(find::unknown(locale, name, &near, &again));
            }
        },
    };
    let reason = format!("ask-{}", &stable_hash(&[question])[..8]);
    if who.role == Role::Guest && is_full(shell, key.as_ref(), &reason).await? {
        return Ok(Reply::refusal(locale, faq::many_wait(locale)));
    }
    let due = act::until(shell, Some(DUE), now, locale).ok().flatten();
    let owner = owner(shell, key.as_ref().map(|row| row.id)).await?;
    let order =
        Act::OpenTask { reason, text: faq::task(locale, &shorten(question, LONGEST)), owner: owner.clone(), due };
    act::record(shell, who, key.as_ref().map(|row| row.key.as_str()), None, order).await?;
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let day = due.map(|at| at.date(&rulebook.model.workspace.zone).to_string()).unwrap_or_default();
    if who.role == Role::Guest {
        return Ok(Reply::new(locale, faq::passed_on(locale)).in_place());
    }
    let name = world.called(&owner, locale);
    Ok(Reply::new(locale, faq::handed(locale, name, &day)).in_place())
}

/// Whether so many other questions of this account (none: of nobody's) wait for a person that one more must.
async fn is_full(shell: &Shell, account: Option<&AccountRow>, reason: &str) -> Result<bool> {
    let id = account.map_or(AccountId::WORKSPACE, |row| row.id);
    let tasks = shell.store.snapshot(id).await?.map(|snapshot| snapshot.tasks).unwrap_or_default();
    let waits = |task: &&Task| task.done.is_none() && task.reason.starts_with("ask-") && task.reason != reason;
    Ok(tasks.iter().filter(waits).count() >= WAITING)
}

/// The account whose channel it is. A key that leads nowhere is the team's mistake: the customer does not hear of it.
async fn of_channel(shell: &Shell, who: &Asker) -> Result<Option<AccountRow>> {
    let Some(key) = &who.account else { return Ok(None) };
    let row = shell.store.account_by_key(key).await?;
    if row.is_none() {
        tracing::warn!(key, "customer_channels names an account that is not known; the question goes to the team");
    }
    Ok(row)
}

/// The account's CSM, else who stands in for the role, else the role; while they are away, their deputy.
async fn owner(shell: &Shell, account: Option<AccountId>) -> Result<String> {
    let view = match account {
        Some(id) => shell.view(id, shell.clock.now()).await?,
        None => None,
    };
    let own = view.and_then(|v| v.text("account.csm").map(str::to_owned));
    let world = shell.world();
    let owner = own.or_else(|| world.fallbacks.get("csm").cloned()).unwrap_or_else(|| "csm".to_owned());
    let today = shell.clock.now().day(&shell.rulebook().model.workspace.zone);
    Ok(world.on_duty(&owner, today).to_owned())
}
