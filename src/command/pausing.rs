//! `pause` and `resume`: a playbook, an account, the marketing of a sender, or everything.

use std::collections::BTreeSet;

use super::{
    act,
    desk::Asker,
    find,
    find::Found,
    parse::{Command, PauseTarget},
    reply::Reply,
};
use crate::{
    app::{
        dispatch::hold,
        effects::rails,
        returned::{bounces, complaints},
        shell::Shell,
    },
    model::{fact::Act, instant::Instant},
    store::api::Result,
    words::sentence,
};

/// What is ordered, for whatever it is.
struct Order<'a> {
    shell: &'a Shell,
    who: &'a Asker,
    until: Option<Instant>,
    reason: &'a str,
    /// `false` = it goes on.
    on: bool,
}

/// `pause …` and (`on: false`) `resume …`; `pause all` stops everything that is queued at once.
pub async fn pause(
    shell: &Shell,
    who: &Asker,
    target: &PauseTarget,
    length: Option<&str>,
    reason: &str,
    on: bool,
) -> Result<Reply> {
    let until = match act::until(shell, length, shell.clock.now(), who.locale) {
        Ok(until) => until,
        Err(why) => return Ok(Reply::refusal(who.locale, why)),
    };
    let order = Order { shell, who, until, reason, on };
    match target {
        PauseTarget::All => order.everything().await,
        PauseTarget::Playbook(name) => order.playbook(name).await,
        PauseTarget::Account(name) => order.account(name).await,
        PauseTarget::Sender(name) => order.sender(name).await,
        PauseTarget::Named(name) => {
            let playbook = shell.rulebook().playbook(name).is_some();
            let account = matches!(find::exact(shell, name).await?, Found::One(_));
            match (playbook, account) {
                (true, true) => Ok(Reply::refusal(who.locale, sentence::ambiguous(who.locale, name))),
                (true, false) => order.playbook(name).await,
                _ => order.account(name).await,
            }
        }
    }
}

/// Whether an order lets something go for customers whom somebody who sees a part of them does not see. Stopping is a
/// brake, which anybody trusted may pull.
pub fn reaches_everybody(shell: &Shell, command: &Command) -> bool {
    match command {
        Command::Approve { .. } => true,
        Command::Resume { target, .. } => match target {
            PauseTarget::All | PauseTarget::Playbook(_) | PauseTarget::Sender(_) => true,
            PauseTarget::Named(name) => shell.rulebook().playbook(name).is_some(),
            PauseTarget::Account(_) => false,
        },
        _ => false,
    }
}

impl Order<'_> {
    fn word(&self) -> &'static str {
        if self.on { "pause" } else { "resume" }
    }

    async fn everything(&self) -> Result<Reply> {
        let (shell, locale) = (self.shell, self.who.locale);
        self.in_world("*").await?;
        let touched = shell.store.hold_all(self.on, "paused", shell.clock.now()).await?;
        act::audit(shell, self.who, &format!("{} all", self.word()), "*").await?;
        Ok(Reply::new(locale, sentence::paused_all(locale, self.on, touched)))
    }

    /// A playbook; resumed, its dead mailboxes and complaints are counted anew.
    async fn playbook(&self, name: &str) -> Result<Reply> {
        let (rulebook, locale) = (self.shell.rulebook(), self.who.locale);
        if rulebook.playbook(name).is_none() {
            return Ok(Reply::refusal(locale, sentence::no_playbook(locale, name, &rulebook.names())));
        }
        if !self.on {
            bounces::forget(self.shell.store.as_ref(), name).await?;
            rails::forget(self.shell.store.as_ref(), name, self.shell.clock.now()).await?;
            self.in_world(&hold::of_playbook(name)).await?;
        }
        self.named(name).await
    }

    /// The marketing of a sender; resumed, its complaints are counted anew.
    async fn sender(&self, name: &str) -> Result<Reply> {
        let known = senders(self.shell);
        if !known.contains(name) {
            let known: Vec<String> = known.iter().map(|name| format!("sender:{name}")).collect();
            return Ok(Reply::refusal(self.who.locale, sentence::no_sender(self.who.locale, name, &known.join(", "))));
        }
        let sender = if name == hold::DEFAULT { "" } else { name };
        if !self.on {
            complaints::forget(self.shell.store.as_ref(), sender).await?;
        }
        self.named(&hold::of_sender(sender)).await
    }

    async fn account(&self, name: &str) -> Result<Reply> {
        let locale = self.who.locale;
        let row = match find::exact(self.shell, name).await? {
            Found::One(row) => row,
            Found::Nearest(near) => return Ok(find::unknown(locale, name, &near, self.word())),
        };
        let (playbook, until) = (None, self.until);
        let what = match self.on {
            true => Act::Pause { playbook, until, reason: self.reason.to_owned() },
            false => Act::Resume { playbook },
        };
        act::act(self.shell, self.who, &row.key, what).await?;
        Ok(Reply::new(locale, sentence::paused(locale, &row.name, self.on)))
    }

    /// What the world knows by name.
    async fn named(&self, name: &str) -> Result<Reply> {
        self.in_world(name).await?;
        act::audit(self.shell, self.who, self.word(), name).await?;
        Ok(Reply::new(self.who.locale, sentence::paused(self.who.locale, name, self.on)))
    }

    async fn in_world(&self, name: &str) -> Result<()> {
        let change = |world: &mut crate::model::world::World| {
            if self.on {
                world.pauses.insert(name.to_owned(), (self.until, self.reason.to_owned()));
            } else {
                world.pauses.remove(name);
            }
        };
        self.shell.change_world(change).await?;
        if self.on { Ok(()) } else { self.shell.begin_sweep().await }
    }
}

/// Who mails are sent by: the default sender, those that templates name, and colleagues, whose customers get mail from them.
fn senders(shell: &Shell) -> BTreeSet<String> {
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let named =
        rulebook.templates.all.values().map(|t| t.from.clone()).filter(|from| !from.is_empty() && from != "csm");
    let people = world.people.keys().map(|key| format!("csm:{key}"));
    std::iter::once(hold::DEFAULT.to_owned()).chain(named).chain(people).collect()
}
