//! `approve PLAYBOOK`: who waits for it and what they would get, then the word itself.

use super::{
    act::audit,
    desk::Asker,
    foretold::{self, Coming},
    reply::{Press, Reply},
};
use crate::{
    app::shell::Shell,
    model::{ids::AccountId, locale::Locale, world::World},
    rulebook::titles::Titled,
    simulate::account::Account,
    store::api::Result,
    words::{outlook as say, sentence},
};

/// Customers read at once.
const PAGE: usize = 100;
/// Customers whose messages are foretold.
const FORETOLD: usize = 20;
/// What a run that waits for the word says.
const WAITS: &str = "needs_approval";

/// `approve PLAYBOOK`: what would go out; `sure`: from now on it may begin, and what waited for this begins.
pub async fn approve(shell: &Shell, who: &Asker, playbook: &str, sure: bool) -> Result<Reply> {
    let (rulebook, locale) = (shell.rulebook(), who.locale);
    let Some(found) = rulebook.playbook(playbook) else {
        return Ok(Reply::refusal(locale, sentence::no_playbook(locale, playbook, &rulebook.names())));
    };
    if found.approve.is_none() {
        return Ok(Reply::refusal(locale, sentence::no_approval(locale, playbook)));
    }
    let title = rulebook.title(Titled::Playbook, playbook, locale);
    if shell.world().approved.contains(playbook) {
        return Ok(Reply::new(locale, say::approved_already(locale, title)));
    }
    if !sure {
        return preview(shell, playbook, title, locale).await;
    }
    shell
        .change_world(|world| {
            world.approved.insert(playbook.to_owned());
        })
        .await?;
    shell.begin_sweep().await?;
    audit(shell, who, "approve", playbook).await?;
    Ok(Reply::new(locale, sentence::approved(locale, playbook)))
}

async fn preview(shell: &Shell, playbook: &str, title: &str, locale: Locale) -> Result<Reply> {
    let mut world = World::clone(&shell.world());
    world.approved.insert(playbook.to_owned());
    let (mut after, mut waiting, mut messages) = (AccountId(AccountId::WORKSPACE.0 - 1), 0_usize, Vec::new());
    loop {
        let page = shell.store.whole(after, PAGE, false).await?;
        let Some(last) = page.last() else { break };
        after = last.snapshot.account;
        for account in page.into_iter().map(Account::from).filter(|account| waits(account, playbook)) {
            waiting += 1;
            if waiting <= FORETOLD {
                messages.extend(approved(shell, &world, account, playbook).await?);
            }
        }
    }
    messages.sort_by_key(Coming::at);
    let reply = Reply::new(locale, say::awaits_approval(locale, title, waiting));
    let reply = if waiting > 0 { foretold::listed(reply, &messages, true, shell) } else { reply };
    let reply = if waiting > FORETOLD { reply.line(say::foretold_for_some(locale, FORETOLD)) } else { reply };
    let mut reply = reply.button(say::approve_it(locale), Press::Ask(format!("approve {playbook} --yes")));
    reply.footer = say::nothing_approved_yet(locale).to_owned();
    Ok(reply)
}

/// A start is kept for the word, or a run stands at a message that needs it.
fn waits(account: &Account, playbook: &str) -> bool {
    let kept = account.state.pending.iter().chain(account.contacts.values().flat_map(|c| &c.standing.pending));
    kept.into_iter().any(|start| start.playbook == playbook)
        || account.runs.iter().any(|run| run.playbook == playbook && run.waiting == WAITS)
}

/// What the customer would get, were it approved now.
async fn approved(shell: &Shell, world: &World, mut account: Account, playbook: &str) -> Result<Vec<Coming>> {
    let (now, rulebook) = (shell.clock.now().max(account.state.now), shell.rulebook());
    let Some(row) = shell.store.account_by_key(&account.key).await? else { return Ok(Vec::new()) };
    let played = account.step(world, &rulebook, now).map(drop);
    if played.and_then(|()| account.advance(world, &rulebook, now.plus(foretold::AHEAD))).is_err() {
        return Ok(Vec::new());
    }
    Ok(foretold::coming(&account, &row, shell, |planned| planned.playbook == playbook))
}
