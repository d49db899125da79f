//! What a mail that came in says, as facts of the account it concerns.

use super::Did;
use crate::{
    app::dispatch::alarm,
    model::{
        fact::{FactBody, Incoming},
        ids::{AccountId, stable_hash},
        instant::Instant,
        message::Planned,
        value::{Props, Value},
    },
    source::mail::{Class, Heard},
    store::api::{Result, Store},
};

/// Where these facts come from.
const SOURCE: &str = "mail";

/// Whom and what a mail is about.
pub struct About {
    /// The account's key; none = the workspace (a mail to the team).
    account: Option<String>,
    /// The contact's key, while there is one.
    contact: Option<String>,
    planned: Planned,
    /// The address (HMAC).
    pub address: String,
    /// Wall time.
    pub now: Instant,
}

/// Looks up whose message it was.
pub async fn about(store: &dyn Store, planned: &Planned, now: Instant) -> Result<About> {
    let team = planned.account == AccountId::WORKSPACE;
    let account = if team { None } else { store.snapshot(planned.account).await?.map(|s| s.key) };
    let contact = match planned.contact {
        Some(id) if account.is_some() => store.contact(planned.account, id).await?.map(|c| c.key),
        _ => None,
    };
    Ok(About { account, contact, address: store.address_hash(&planned.address), planned: planned.clone(), now })
}

impl About {
    /// The fact that records what is done, and by which a repeat is known; none where nothing is done.
    pub fn fact(&self, does: Did, heard: &Heard, message_id: &str) -> Option<Incoming> {
        let mail = stable_hash(&[message_id]);
        match does {
            Did::Suppressed => Some(self.bounced(heard, Class::Hard)),
            Did::Counted | Did::Noted => Some(self.bounced(heard, Class::Soft)),
            Did::Rests => Some(self.bounced(heard, Class::Policy)),
            Did::Told => Some(self.refused(heard)),
            Did::Complained => Some(self.message("message.complained", "complained", &[])),
            // One for each mail a person writes.
            Did::Replied => Some(self.message("message.replied", &format!("replied:{mail}"), &[])),
            // Noted, and nothing follows from it.
            Did::AutoReplied => Some(self.message("message.auto_replied", &format!("auto_replied:{mail}"), &[])),
            Did::NotOurs | Did::Again | Did::Nothing | Did::Stopped => None,
        }
    }

    /// `message.bounced` with `class`, `status` and `reason`.
    fn bounced(&self, heard: &Heard, class: Class) -> Incoming {
        let told = [
            ("class", class.word().to_owned()),
            ("status", heard.status.clone().unwrap_or_default()),
            ("reason", heard.reason.map(|r| r.word()).unwrap_or_default().to_owned()),
        ];
        self.message("message.bounced", &format!("bounced:{}", class.word()), &told)
    }

    /// Opted out of every topic, and no consent any more.
    pub fn opted_out(&self) -> Vec<Incoming> {
        if self.contact.is_none() {
            return Vec::new();
        }
        let all = FactBody::Subscription { topic: "*".to_owned(), subscribed: false };
        vec![
            self.recorded("complained:topics", all),
            self.recorded("complained:consent", FactBody::Consent { given: false }),
        ]
    }

    /// For the team, once a day and domain: a server refuses us.
    pub fn refused(&self, heard: &Heard) -> Incoming {
        alarm::refusal(&self.planned, &crate::channel::email::text::reply(&heard.said), self.now)
    }

    fn message(&self, name: &str, what: &str, told: &[(&str, String)]) -> Incoming {
        let p = &self.planned;
        let mut props: Props = [("key", &p.key.0), ("playbook", &p.playbook), ("step", &p.step)]
            .map(|(k, v)| (k.to_owned(), Value::text(v)))
            .into_iter()
            .collect();
        props.extend(told.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), Value::text(v))));
        self.recorded(what, FactBody::event(name, props))
    }

    fn recorded(&self, what: &str, body: FactBody) -> Incoming {
        Incoming {
            account: self.account.clone(),
            contact: self.contact.clone(),
            occurred_at: self.now,
            received_at: self.now,
            source: SOURCE.to_owned(),
            event_id: format!("{}:{what}", self.planned.key.0),
            body,
        }
    }
}
