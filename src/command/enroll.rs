//! `enroll`, `unenroll` and `override`: a person decides instead of a condition.

use super::{
    act,
    desk::Asker,
    find,
    find::Found,
    foretold, person,
    reply::{Press, Reply},
};
use crate::{
    app::shell::Shell,
    model::{contact::Contact, fact::Act, locale::Locale},
    rulebook::titles::Titled,
    store::api::{AccountRow, Result},
    words::{outlook as say, sentence},
};

/// Bands a person can set.
const BANDS: [&str; 3] = ["green", "yellow", "red"];
/// An override without a length.
const USUAL: &str = "14d";

/// What is ordered about a playbook by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Shows what a start would do; nothing is changed.
    Preview,
    /// Starts a run.
    Start,
    /// Ends the open run.
    End,
}

/// `enroll ACCOUNT PLAYBOOK` (first shown, started with `--yes`) or `unenroll`. `contact` (key, address or name): only
/// this person's in a playbook for contacts, else the one `to: contact` writes to.
pub async fn enroll(
    shell: &Shell,
    who: &Asker,
    account: &str,
    playbook: &str,
    contact: Option<&str>,
    order: Order,
) -> Result<Reply> {
    let locale = who.locale;
    if shell.rulebook().playbook(playbook).is_none() {
        return Ok(Reply::refusal(locale, sentence::no_playbook(locale, playbook, &shell.rulebook().names())));
    }
    let word = if order == Order::End { "unenroll" } else { "enroll" };
    let row = match found(shell, account, locale, &format!("{word} {{}} {playbook}")).await? {
        Ok(row) => row,
        Err(reply) => return Ok(*reply),
    };
    let contact = match contact {
        None => None,
        Some(typed) => match person::find(shell, &row, typed).await? {
            Ok(found) => Some(found),
            Err(near) => {
                return Ok(no_contact(locale, &row, typed, &near, &format!("{word} \"{}\" {playbook}", row.key)));
            }
        },
    };
    match order {
        Order::End => end(shell, who, &row, contact.as_ref(), playbook).await,
        Order::Preview => Ok(foretold::start(shell, &row, contact.as_ref(), playbook, foretold::AHEAD)
            .await?
            .map_or_else(|| act::trouble(locale), |preview| preview.reply(shell, locale))),
        Order::Start => begin(shell, who, &row, contact.as_ref(), playbook).await,
    }
}

/// Records a start that begins something, now or later; what would begin nothing is refused with the reason.
async fn begin(
    shell: &Shell,
    who: &Asker,
    row: &AccountRow,
    contact: Option<&Contact>,
    playbook: &str,
) -> Result<Reply> {
    let Some(preview) = foretold::start(shell, row, contact, playbook, 0).await? else {
        return Ok(act::trouble(who.locale));
    };
    if let Some(refusal) = preview.refusal(shell, who.locale) {
        return Ok(refusal);
    }
    record(shell, who, &row.key, contact.map(|c| c.key.as_str()), playbook, true).await?;
    Ok(preview.ordered(shell, who.locale))
}

async fn end(shell: &Shell, who: &Asker, row: &AccountRow, contact: Option<&Contact>, playbook: &str) -> Result<Reply> {
    record(shell, who, &row.key, contact.map(|c| c.key.as_str()), playbook, false).await?;
    let rulebook = shell.rulebook();
    let title = rulebook.title(Titled::Playbook, playbook, who.locale);
    let name = contact.map(|c| format!("{} · {}", row.name, c.text("name").unwrap_or(&c.key)));
    Ok(Reply::new(who.locale, say::enrolled(who.locale, name.as_deref().unwrap_or(&row.name), title, false)))
}

fn no_contact(locale: Locale, row: &AccountRow, typed: &str, near: &[String], again: &str) -> Reply {
    let reply = Reply::refusal(locale, say::no_contact(locale, &row.name, typed));
    let ask = |key: &String| Press::Ask(format!("{again} --contact \"{key}\""));
    near.iter().fold(reply, |reply, key| reply.button(key.clone(), ask(key)))
}

/// Records the fact; the run starts or ends with the account's next decision.
pub async fn record(
    shell: &Shell,
    who: &Asker,
    account: &str,
    contact: Option<&str>,
    playbook: &str,
    start: bool,
) -> Result<()> {
    let playbook = playbook.to_owned();
    let order = if start { Act::Enroll { playbook } } else { Act::Unenroll { playbook } };
    act::act_on(shell, who, account, contact, order).await
}

/// `override ACCOUNT green|yellow|red [14d] REASON`.
pub async fn set_band(
    shell: &Shell,
    who: &Asker,
    account: &str,
    band: &str,
    length: Option<&str>,
    reason: &str,
) -> Result<Reply> {
    let (locale, now) = (who.locale, shell.clock.now());
    if !BANDS.contains(&band) {
        return Ok(Reply::refusal(locale, say::no_such_band(locale, band)));
    }
    let until = match act::until(shell, Some(length.unwrap_or(USUAL)), now, locale) {
        Ok(until) => until.unwrap_or(now),
        Err(why) => return Ok(Reply::refusal(locale, why)),
    };
    let row = match found(shell, account, locale, "health").await? {
        Ok(row) => row,
        Err(reply) => return Ok(*reply),
    };
    let order = Act::Override { band: band.to_owned(), until, reason: reason.to_owned(), by: who.who.clone() };
    act::act(shell, who, &row.key, order).await?;
    let date = until.date(&shell.rulebook().model.workspace.zone);
    Ok(Reply::new(locale, say::overridden(locale, &row.name, band, date)))
}

async fn found(
    shell: &Shell,
    account: &str,
    locale: Locale,
    instead: &str,
) -> Result<std::result::Result<AccountRow, Box<Reply>>> {
    Ok(match find::exact(shell, account).await? {
        Found::One(row) => Ok(row),
        Found::Nearest(near) => Err(Box::new(find::unknown(locale, account, &near, instead))),
    })
}
