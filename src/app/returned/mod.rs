//! What a mail that came in changes: dead mailboxes and complaints are suppressed, refusals by policy rest,
//! replies become `message.replied`.
//!
//! Only a mail that names a message of ours (its key, by Message-ID, `X-Shirube-Key` or VERP) does anything, and
//! then only to the address that message went to: nobody can stop mail to somebody else by forging a report.

pub mod asked;
pub mod bounces;
pub mod complaints;
mod facts;
pub mod mailbox;
pub mod maildir;
mod reading;
mod refused;
mod rest;
mod tally;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::journal::{Journal, refusal::Suppression};
use crate::{
    model::{
        fact::{Accepted, Incoming},
        ids::MessageKey,
        instant::{DAY, Instant},
        message::{Audience, ChannelKind, OutboxState, Planned},
    },
    source::mail::{Class, Heard, Mail},
    store::api::{Ask, DEAD, FAILING, Result, Store},
};
use facts::About;

/// So many temporary failures without a pause of 30 days between them stop the mail to an address.
const SOFT_LIMIT: u32 = 5;
/// A temporary failure longer ago than this counts no more.
const FORGET: i64 = 30 * DAY;
/// So long nothing goes to an address whose server refused us by policy.
pub const REST: i64 = DAY;

/// The topic of every opt-out at once: everything but notices.
const EVERYTHING: &str = "*";

/// Reads nothing itself: is handed mails, and does what they mean.
#[derive(Clone)]
pub struct Intake {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Beside the store, so that a restored backup does not forget dead mailboxes.
    pub journal: Arc<Journal>,
    /// Our own addresses (senders, colleagues) in lower case: what they write is no customer's answer.
    pub own: Arc<BTreeSet<String>>,
    /// Files that could not be read or put away: left alone until the next start.
    pub left: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// Every mail goes to one address of ours (`email.redirect_all_to`): what is refused, comes back or is called
    /// spam there says nothing about a customer.
    pub trying_out: bool,
}

/// What was done about one recipient's part of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// It is about no message of ours.
    NotOurs,
    /// The same had come before.
    Again,
    /// It changes nothing: still being tried, or no bounce at all.
    Nothing,
    /// The mailbox is dead: nothing goes there any more.
    Suppressed,
    /// A temporary failure was counted.
    Counted,
    /// Refused after its text without a reason: recorded, and not held against the reader.
    Noted,
    /// It was one temporary failure too many: only notices go there now.
    Stopped,
    /// Refused by policy: nothing goes there for a day, and the team is told.
    Rests,
    /// A colleague's mailbox refuses it: the team is told.
    Told,
    /// A complaint: opted out of everything but notices.
    Complained,
    /// A person's reply.
    Replied,
    /// An automatic answer was noted.
    AutoReplied,
}

impl Did {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Did::NotOurs => "not_ours",
            Did::Again => "again",
            Did::Nothing => "nothing",
            Did::Suppressed => "suppressed",
            Did::Counted => "counted",
            Did::Noted => "noted",
            Did::Stopped => "stopped",
            Did::Rests => "rests",
            Did::Told => "told",
            Did::Complained => "complained",
            Did::Replied => "replied",
            Did::AutoReplied => "auto_replied",
        }
    }
}

impl Intake {
    /// Does what a mail means, recipient by recipient. Doing it twice does nothing more.
    pub async fn take(&self, mail: &Mail, now: Instant) -> Result<Vec<Did>> {
        let mut done = Vec::new();
        for heard in &mail.heard {
            done.push(self.one(mail, heard, now).await?);
        }
        Ok(done)
    }

    async fn one(&self, mail: &Mail, heard: &Heard, now: Instant) -> Result<Did> {
        let Some(planned) = self.ours(heard, now).await? else { return Ok(Did::NotOurs) };
        let does = self.means(mail, heard, &planned);
        let about = facts::about(self.store.as_ref(), &planned, now).await?;
        let Some(fact) = about.fact(does, heard, &mail.message_id) else { return Ok(Did::Nothing) };
        // Read again, it would undo what people have decided since.
        if self.seen(&fact).await? {
            return Ok(Did::Again);
        }
        self.change(does, heard, &about).await?;
        if !self.append(fact).await? {
            return Ok(Did::Again);
        }
        match does {
            Did::Counted => self.count(&about).await,
            Did::Suppressed => {
                bounces::note(self.store.as_ref(), &planned, now).await?;
                Ok(does)
            }
            Did::Complained => {
                complaints::note(self.store.as_ref(), &planned, now).await?;
                Ok(does)
            }
            _ => Ok(does),
        }
    }

    /// What a mail leads to, if it has not before.
    fn means(&self, mail: &Mail, heard: &Heard, planned: &Planned) -> Did {
        let team = planned.audience == Audience::Team;
        let own = mail.from.as_ref().is_some_and(|from| self.own.contains(&from.to_lowercase()));
        match heard.class {
            _ if heard.delayed => Did::Nothing,
            Class::Hard | Class::Soft | Class::Policy | Class::Complaint if self.trying_out => Did::Nothing,
            Class::Hard | Class::Policy if team => Did::Told,
            _ if team => Did::Nothing,
            Class::Hard if !heard.may_pass() && self.is_same(heard, planned) => Did::Suppressed,
            Class::Hard | Class::Soft => Did::Counted,
            Class::Policy => Did::Rests,
            Class::Complaint => Did::Complained,
            _ if own => Did::Nothing,
            Class::AutoReply => Did::AutoReplied,
            Class::None if heard.reply => Did::Replied,
            Class::None => Did::Nothing,
        }
    }

    /// What has to hold before the fact says so.
    async fn change(&self, does: Did, heard: &Heard, about: &About) -> Result<()> {
        match does {
            Did::Suppressed => self.suppress(about, DEAD, "dead_address").await,
            Did::Complained => {
                self.suppress(about, EVERYTHING, "complained").await?;
                self.store.append(about.opted_out()).await.map(|_| ())
            }
            Did::Rests => {
                rest::until(self.store.as_ref(), &about.address, about.now.plus(REST), about.now).await?;
                self.append(about.refused(heard)).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// The message it is about. That something came back proves that an uncertain one went out.
    async fn ours(&self, heard: &Heard, now: Instant) -> Result<Option<Planned>> {
        let Some(key) = heard.key.clone().map(MessageKey) else { return Ok(None) };
        let Some((row, _)) = self.store.outbox_row(&key).await? else { return Ok(None) };
        if row.planned.channel != ChannelKind::Email {
            return Ok(None);
        }
        if row.state == OutboxState::MaybeSent {
            self.store.resolve(&key, OutboxState::Sent, "mail", now).await?;
        }
        Ok(Some(row.planned))
    }

    /// Whether the report speaks of the address we wrote to, not of one that was forwarded to.
    fn is_same(&self, heard: &Heard, planned: &Planned) -> bool {
        let hash = |address: &str| self.store.address_hash(address);
        heard.recipient.as_deref().is_none_or(|to| hash(to) == hash(&planned.address))
    }

    /// A temporary failure more; one too many stops the mail.
    async fn count(&self, about: &About) -> Result<Did> {
        if rest::count(self.store.as_ref(), &about.address, FORGET, about.now).await? < SOFT_LIMIT {
            return Ok(Did::Counted);
        }
        self.suppress(about, FAILING, "soft_bounces").await?;
        Ok(Did::Stopped)
    }

    async fn seen(&self, fact: &Incoming) -> Result<bool> {
        let id = (fact.source.clone(), fact.event_id.clone());
        let ask = Ask { events: [id].into(), ..Ask::default() };
        Ok(!self.store.present(&ask).await?.seen.is_empty())
    }

    /// Whether the fact was new.
    async fn append(&self, fact: Incoming) -> Result<bool> {
        Ok(self.store.append(vec![fact]).await?.iter().any(|a| matches!(a, Accepted::New(_))))
    }

    async fn suppress(&self, about: &About, topic: &str, reason: &str) -> Result<()> {
        let word = Suppression { address: &about.address, topic, reason, on: true };
        word.say(self.store.as_ref(), Some(&self.journal), about.now).await
    }

    /// Lets mail go to an address again whose mailbox was dead or full. Complaints and opt-outs stay: only the
    /// reader can take them back. Answers whether anything was lifted.
    pub async fn release(&self, address: &str, now: Instant) -> Result<bool> {
        let address = &self.store.address_hash(address);
        let mut lifted = false;
        for (topic, reason) in RETURNED {
            if self.store.suppression(address, topic).await?.is_some() {
                let word = Suppression { address, topic, reason, on: false };
                word.say(self.store.as_ref(), Some(&self.journal), now).await?;
                lifted = true;
            }
        }
        rest::forget(self.store.as_ref(), address).await?;
        Ok(lifted)
    }
}

/// What returned mail suppresses: topic and reason.
const RETURNED: [(&str, &str); 2] = [(DEAD, "dead_address"), (FAILING, "soft_bounces")];

/// Whether returned mail has stopped the mail to an address.
pub async fn is_stopped(store: &dyn Store, address: &str) -> Result<bool> {
    let address = store.address_hash(address);
    for (topic, _) in RETURNED {
        if store.suppression(&address, topic).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
