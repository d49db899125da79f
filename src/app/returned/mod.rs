//! What a mail that came in changes: dead mailboxes and complaints are suppressed, refusals by policy rest,
//! replies become `message.replied`.
//!
//! Only a mail that names a message of ours (its key, by Message-ID, `X-Shirube-Key` or VERP) does anything, and
//! then only to the address that message went to: nobody can stop mail to somebody else by forging a report.

mod facts;
pub mod maildir;
mod rest;

use std::sync::Arc;

use super::journal::{Journal, Record};
use crate::{
    model::{
        fact::{Accepted, Incoming},
        ids::MessageKey,
        instant::{DAY, Instant},
        message::{Audience, ChannelKind, OutboxState, Planned},
    },
    source::mail::{Class, Heard, Mail},
    store::api::{Result, Store, StoreError},
};
use facts::About;

/// So many temporary failures without a pause of 30 days between them stop the mail to an address.
pub const SOFT_LIMIT: u32 = 5;
/// A temporary failure longer ago than this counts no more.
const FORGET: i64 = 30 * DAY;
/// So long nothing goes to an address whose server refused us by policy.
pub const REST: i64 = DAY;

/// The topic of a suppression that even notices respect.
const DEAD: &str = super::dispatch::one::DEAD;
/// The topic of a suppression of everything but notices.
const EVERYTHING: &str = "*";

/// Reads nothing itself: is handed mails, and does what they mean.
#[derive(Clone)]
pub struct Intake {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Beside the store, so that a restored backup does not forget dead mailboxes.
    pub journal: Arc<Journal>,
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
    /// It was one temporary failure too many: only notices go there now.
    Stopped,
    /// Refused by policy: nothing goes there for a day, and the team is told.
    Rests,
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
            Did::Stopped => "stopped",
            Did::Rests => "rests",
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
        if heard.delayed || heard.class == Class::None && !heard.reply {
            return Ok(Did::Nothing);
        }
        let about = facts::about(self.store.as_ref(), &planned, now).await?;
        match heard.class {
            Class::Hard if self.is_same(heard, &planned) => self.dead(heard, &about).await,
            Class::Hard | Class::Soft => self.soft(heard, &about).await,
            Class::Policy => self.policy(heard, &about).await,
            Class::Complaint => self.complaint(&about).await,
            Class::AutoReply => self.note(about.auto_replied(&mail.message_id), Did::AutoReplied).await,
            Class::None if planned.audience == Audience::Team => Ok(Did::Nothing),
            Class::None => self.note(about.replied(&mail.message_id), Did::Replied).await,
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

    async fn dead(&self, heard: &Heard, about: &About) -> Result<Did> {
        self.suppress(about, DEAD, "dead_address").await?;
        self.note(about.bounced(heard, Class::Hard), Did::Suppressed).await
    }

    async fn soft(&self, heard: &Heard, about: &About) -> Result<Did> {
        if !self.append(about.bounced(heard, Class::Soft)).await? {
            return Ok(Did::Again);
        }
        if rest::count(self.store.as_ref(), &about.address, FORGET, about.now).await? < SOFT_LIMIT {
            return Ok(Did::Counted);
        }
        self.suppress(about, EVERYTHING, "soft_bounces").await?;
        Ok(Did::Stopped)
    }

    async fn policy(&self, heard: &Heard, about: &About) -> Result<Did> {
        rest::until(self.store.as_ref(), &about.address, about.now.plus(REST), about.now).await?;
        self.append(about.refused(heard)).await?;
        self.note(about.bounced(heard, Class::Policy), Did::Rests).await
    }

    async fn complaint(&self, about: &About) -> Result<Did> {
        self.suppress(about, EVERYTHING, "complained").await?;
        for fact in about.opted_out() {
            self.append(fact).await?;
        }
        self.note(about.complained(), Did::Complained).await
    }

    async fn note(&self, fact: Incoming, did: Did) -> Result<Did> {
        Ok(if self.append(fact).await? { did } else { Did::Again })
    }

    /// Whether the fact was new.
    async fn append(&self, fact: Incoming) -> Result<bool> {
        Ok(self.store.append(vec![fact]).await?.iter().any(|a| matches!(a, Accepted::New(_))))
    }

    async fn suppress(&self, about: &About, topic: &str, reason: &str) -> Result<()> {
        self.store.suppress(&about.address, topic, reason, true, about.now).await?;
        self.journal(Record::Suppressed(about.address.clone(), topic.to_owned(), true, about.now)).await
    }

    /// Lets mail go to an address again whose mailbox was dead or full. Complaints and opt-outs stay: only the
    /// reader can take them back. Answers whether anything was lifted.
    pub async fn release(&self, address: &str, now: Instant) -> Result<bool> {
        let hash = self.store.address_hash(address);
        let mut lifted = false;
        for (topic, reason) in [(DEAD, "dead_address"), (EVERYTHING, "soft_bounces")] {
            if self.store.suppressed(&hash, topic).await?.as_deref() == Some(reason) {
                self.store.suppress(&hash, topic, reason, false, now).await?;
                self.journal(Record::Suppressed(hash.clone(), topic.to_owned(), false, now)).await?;
                lifted = true;
            }
        }
        rest::forget(self.store.as_ref(), &hash).await?;
        Ok(lifted)
    }

    async fn journal(&self, record: Record) -> Result<()> {
        let journal = Arc::clone(&self.journal);
        let written = tokio::task::spawn_blocking(move || journal.append(&[record], true)).await;
        match written {
            Ok(done) => done.map_err(|e| StoreError::Engine(e.to_string())),
            Err(e) => Err(StoreError::Engine(e.to_string())),
        }
    }
}
