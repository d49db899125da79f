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
    let waiting = let_go(shell, &world, playbook, WAITS).await?;
    let reply = waiting.listed(Reply::new(locale, say::awaits_approval(locale, title, waiting.accounts)), shell);
    let mut reply = reply.button(say::approve_it(locale), Press::Ask(format!("approve {playbook} --yes")));
    reply.footer = say::nothing_approved_yet(locale).to_owned();
    Ok(reply)
}

/// What waits to be let go.
pub struct Waiting {
    /// Customers who wait.
    pub accounts: usize,
    /// What the first of them would get, soonest first.
    messages: Vec<Coming>,
}

impl Waiting {
    /// The messages under `reply`, if anybody waits.
    pub fn listed(&self, reply: Reply, shell: &Shell) -> Reply {
        let locale = reply.locale;
        let reply = if self.accounts > 0 { foretold::listed(reply, &self.messages, true, shell) } else { reply };
        if self.accounts > FORETOLD { reply.line(say::foretold_for_some(locale, FORETOLD)) } else { reply }
    }
}

/// What customers who wait in a playbook for this `reason` (as runs and the ledger write it) would get, were the world
/// `world` now.
pub async fn let_go(shell: &Shell, world: &World, playbook: &str, reason: &str) -> Result<Waiting> {
    let mut after = AccountId(AccountId::WORKSPACE.0 - 1);
    let mut waiting = Waiting { accounts: 0, messages: Vec::new() };
    loop {
        let page = shell.store.whole(after, PAGE, false).await?;
        let Some(last) = page.last() else { break };
        after = last.snapshot.account;
        for account in page.into_iter().map(Account::from).filter(|account| waits(account, playbook, reason)) {
            waiting.accounts += 1;
            if waiting.accounts <= FORETOLD {
                waiting.messages.extend(freed(shell, world, account, playbook).await?);
            }
        }
    }
    waiting.messages.sort_by_key(Coming::at);
    Ok(waiting)
}

/// A start is kept, or a run stands at a message that waits for it.
fn waits(account: &Account, playbook: &str, reason: &str) -> bool {
    let kept = account.state.pending.iter().chain(account.contacts.values().flat_map(|c| &c.standing.pending));
    kept.into_iter().any(|start| start.playbook == playbook)
        || account.runs.iter().any(|run| run.playbook == playbook && run.waiting == reason)
}

/// What the customer would get.
async fn freed(shell: &Shell, world: &World, mut account: Account, playbook: &str) -> Result<Vec<Coming>> {
    let (now, rulebook) = (shell.clock.now().max(account.state.now), shell.rulebook());
    let Some(row) = shell.store.account_by_key(&account.key).await? else { return Ok(Vec::new()) };
    let played = account.step(world, &rulebook, now).map(drop);
    if played.and_then(|()| account.advance(world, &rulebook, now.plus(foretold::AHEAD))).is_err() {
        return Ok(Vec::new());
    }
    Ok(foretold::coming(&account, &row, shell, |planned| planned.playbook == playbook))
}
