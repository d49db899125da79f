//! `enroll`, `unenroll` and `override`: a person decides instead of a condition.

use super::{act, desk::Asker, find, find::Found, reply::Reply};
use crate::{
    app::shell::Shell,
    model::{fact::Act, locale::Locale},
    store::api::{AccountRow, Result},
    words::{outlook as say, sentence},
};

/// Bands a person can set.
const BANDS: [&str; 3] = ["green", "yellow", "red"];
/// An override without a length.
const USUAL: &str = "14d";

/// `enroll ACCOUNT PLAYBOOK` (or `unenroll`): starts a run, or ends the open one. `contact` is for playbooks
/// about one person.
pub async fn enroll(
    shell: &Shell,
    who: &Asker,
    account: &str,
    playbook: &str,
    contact: Option<&str>,
    start: bool,
) -> Result<Reply> {
    let locale = who.locale;
    if shell.rulebook().playbook(playbook).is_none() {
        return Ok(Reply::new(locale, sentence::no_playbook(locale, playbook, &shell.rulebook().names())));
    }
    let row =
        match found(shell, account, locale, &format!("{} {{}} {playbook}", if start { "enroll" } else { "unenroll" }))
            .await?
        {
            Ok(row) => row,
            Err(reply) => return Ok(*reply),
        };
    record(shell, who, &row.key, contact, playbook, start).await?;
    Ok(Reply::new(locale, say::enrolled(locale, &row.name, playbook, start)))
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
        return Ok(Reply::new(locale, say::no_such_band(locale, band)));
    }
    let until = match act::until(shell, Some(length.unwrap_or(USUAL)), now) {
        Ok(until) => until.unwrap_or(now),
        Err(why) => return Ok(Reply::new(locale, why)),
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
