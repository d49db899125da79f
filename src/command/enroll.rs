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
    engine::holdout,
    model::{fact::Act, locale::Locale, run::Arm},
    rulebook::{titles::Titled, types::Rulebook},
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
    let start = order == Order::Start;
    let word = if order == Order::End { "unenroll" } else { "enroll" };
    let row = match found(shell, account, locale, &format!("{word} {{}} {playbook}")).await? {
        Ok(row) => row,
        Err(reply) => return Ok(*reply),
    };
    let rulebook = shell.rulebook();
    let title = rulebook.title(Titled::Playbook, playbook, locale);
    let state = shell.store.snapshot(row.id).await?.map(|snapshot| snapshot.state).unwrap_or_default();
    let told = |name: &str| match start && held_out(&rulebook, playbook, state.drawn(&row.key)) {
        true => say::enrolled_held_out(locale, name, title),
        false => say::enrolled(locale, name, title, start),
    };
    let Some(typed) = contact else {
        if order == Order::Preview {
            return foretold::start(shell, &row, None, playbook, locale).await;
        }
        record(shell, who, &row.key, None, playbook, start).await?;
        return Ok(Reply::new(locale, told(&row.name)));
    };
    match person::find(shell, &row, typed).await? {
        Ok(found) if order == Order::Preview => {
            foretold::start(shell, &row, Some((found.id, &found.key)), playbook, locale).await
        }
        Ok(found) => {
            record(shell, who, &row.key, Some(&found.key), playbook, start).await?;
            let name = format!("{} · {}", row.name, found.text("name").unwrap_or(&found.key));
            Ok(Reply::new(locale, told(&name)))
        }
        Err(near) => {
            let again = |key: &String| Press::Ask(format!("{word} \"{}\" {playbook} --contact \"{key}\"", row.key));
            let reply = Reply::refusal(locale, say::no_contact(locale, &row.name, typed));
            Ok(near.iter().fold(reply, |reply, key| reply.button(key.clone(), again(key))))
        }
    }
}

/// Whether a run of this playbook would send this account nothing, because it is compared with those who get it.
pub fn held_out(rulebook: &Rulebook, playbook: &str, account: &str) -> bool {
    rulebook.playbook(playbook).is_some_and(|p| holdout::arm(rulebook, p, account) == Arm::Holdout)
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
    Ok(match find::find(shell, account).await? {
        Found::One(row) => Ok(row),
        Found::Nearest(near) => Err(Box::new(find::unknown(locale, account, &near, instead))),
    })
}
