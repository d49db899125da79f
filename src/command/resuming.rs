//! What `resume` would let go, shown before it does.

use super::{
    act, approval,
    desk::Asker,
    find::{self, Found},
    foretold, held,
    office::quoted,
    parse::PauseTarget,
    reply::{Press, Reply},
};
use crate::{
    app::{dispatch::hold, shell::Shell},
    model::{
        instant::Instant,
        locale::Locale,
        message::{Audience, ChannelKind, Class, OutboxState, Planned},
        world::World,
    },
    rulebook::titles::Titled,
    store::api::{AccountRow, Result},
    words::outlook as say,
};

/// Queued messages looked at.
const MOST: usize = 10_000;
/// How runs and starts say that a pause keeps them.
const PAUSED: &str = "paused";

/// What would go, with the button that lets it. None: there is nothing to show, for nothing of that name is paused; then
/// the order itself says what there is to say.
pub async fn seen(shell: &Shell, who: &Asker, target: &PauseTarget) -> Result<Option<Reply>> {
    let locale = who.locale;
    match target {
        PauseTarget::All => held::waiting(shell, shell.clock.now(), locale).await,
        PauseTarget::Playbook(name) => of_playbook(shell, name, locale).await,
        PauseTarget::Sender(name) => of_sender(shell, name, locale).await,
        PauseTarget::Account(name) => match find::exact(shell, name).await? {
            Found::One(row) => of_account(shell, &row, locale).await.map(Some),
            Found::Nearest(_) => Ok(None),
        },
        PauseTarget::Named(name) => {
            match (shell.rulebook().playbook(name).is_some(), find::exact(shell, name).await?) {
                (true, Found::Nearest(_)) => of_playbook(shell, name, locale).await,
                (false, Found::One(row)) => of_account(shell, &row, locale).await.map(Some),
                (true, Found::One(_)) | (false, Found::Nearest(_)) => Ok(None),
            }
        }
    }
}

async fn of_playbook(shell: &Shell, name: &str, locale: Locale) -> Result<Option<Reply>> {
    let (rulebook, mails) = (shell.rulebook(), hold::of_playbook(name));
    let mut world = World::clone(&*shell.refresh_world().await?);
    let (all, mailed) = (world.pauses.remove(name), world.pauses.remove(&mails));
    if rulebook.playbook(name).is_none() || (all.is_none() && mailed.is_none()) {
        return Ok(None);
    }
    let waiting = approval::let_go(shell, &world, name, PAUSED).await?;
    let kept = |planned: &Planned| planned.playbook == name;
    let queued = queued(shell, kept).await?;
    let title = rulebook.title(Titled::Playbook, name, locale);
    let reply = at_once(Reply::new(locale, say::resume_playbook(locale, title, waiting.accounts)), queued);
    Ok(Some(ask(waiting.listed(reply, shell), &format!("playbook:{name}"))))
}

async fn of_sender(shell: &Shell, name: &str, locale: Locale) -> Result<Option<Reply>> {
    let sender = if name == hold::DEFAULT { "" } else { name };
    if !shell.refresh_world().await?.pauses.contains_key(&hold::of_sender(sender)) {
        return Ok(None);
    }
    let marketing = |p: &Planned| p.class == Class::Marketing && p.channel == ChannelKind::Email && p.sender == sender;
    let queued = queued(shell, marketing).await?;
    let reply = at_once(Reply::new(locale, say::resume_sender(locale, name)), queued);
    Ok(Some(ask(reply, &format!("sender:{name}"))))
}

async fn of_account(shell: &Shell, row: &AccountRow, locale: Locale) -> Result<Reply> {
    let Some(messages) = foretold::resumed(shell, row).await? else { return Ok(act::trouble(locale)) };
    let to_them = |planned: &Planned| planned.account == row.id && planned.audience == Audience::Customer;
    let queued = queued(shell, to_them).await?;
    let reply = at_once(Reply::new(locale, say::resume_account(locale, &row.name)), queued);
    let reply = foretold::listed(reply, &messages, false, shell);
    Ok(ask(reply, &format!("account:{}", row.key)))
}

/// Messages in the outbox whose moment has come, and which wait.
async fn queued(shell: &Shell, fits: impl Fn(&Planned) -> bool) -> Result<usize> {
    let now: Instant = shell.clock.now();
    let rows = shell.store.outbox(Some(OutboxState::Queued), None, MOST).await?;
    let late = |planned: &Planned| planned.hold_until.is_some_and(|end| now >= end);
    Ok(rows.iter().filter(|row| row.planned.ready_at <= now && !late(&row.planned) && fits(&row.planned)).count())
}

fn at_once(reply: Reply, messages: usize) -> Reply {
    let locale = reply.locale;
    if messages > 0 { reply.line(say::goes_at_once(locale, messages)) } else { reply }
}

fn ask(reply: Reply, target: &str) -> Reply {
    let locale = reply.locale;
    let mut reply = reply.button(say::resume_it(locale), Press::Ask(format!("resume {} --yes", quoted(target))));
    reply.footer = say::nothing_resumed_yet(locale).to_owned();
    reply
}
