//! What a mail that came in says, as facts of the account it concerns.

use crate::{
    model::{
        fact::{FactBody, Incoming},
        ids::{AccountId, stable_hash},
        instant::Instant,
        message::{Audience, Planned},
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
    /// `message.bounced` with `class`, `status` and `reason`.
    pub fn bounced(&self, heard: &Heard, class: Class) -> Incoming {
        let told = [
            ("class", class.word().to_owned()),
            ("status", heard.status.clone().unwrap_or_default()),
            ("reason", heard.reason.map(|r| r.word()).unwrap_or_default().to_owned()),
        ];
        self.message("message.bounced", &format!("bounced:{}", class.word()), &told)
    }

    /// `message.complained`.
    pub fn complained(&self) -> Incoming {
        self.message("message.complained", "complained", &[])
    }

    /// `message.replied`; one for each mail a person writes.
    pub fn replied(&self, message_id: &str) -> Incoming {
        self.message("message.replied", &format!("replied:{}", stable_hash(&[message_id])), &[])
    }

    /// `message.auto_replied`: noted, and nothing follows from it.
    pub fn auto_replied(&self, message_id: &str) -> Incoming {
        self.message("message.auto_replied", &format!("auto_replied:{}", stable_hash(&[message_id])), &[])
    }

    /// Opted out of every topic, and no consent any more.
    pub fn opted_out(&self) -> Vec<Incoming> {
        if self.contact.is_none() || self.planned.audience == Audience::Team {
            return Vec::new();
        }
        let all = FactBody::Subscription { topic: "*".to_owned(), subscribed: false };
        vec![self.fact("complained:topics", all), self.fact("complained:consent", FactBody::Consent { given: false })]
    }

    /// For the team, once a day and domain: a server refuses us by its policy.
    pub fn refused(&self, heard: &Heard) -> Incoming {
        let domain = self.planned.address.rsplit('@').next().unwrap_or_default().to_lowercase();
        let day = self.now.0.div_euclid(crate::model::instant::DAY);
        let reason = crate::channel::email::text::reply(&heard.said);
        let props = [("what", format!("email/domain:{domain}")), ("reason", reason)];
        let told: Props = props.into_iter().map(|(k, v)| (k.to_owned(), Value::text(v))).collect();
        let body = FactBody::event(crate::app::dispatch::alarm::STOPPED, told);
        let event_id = format!("refused:{domain}:{day}");
        Incoming { account: None, contact: None, event_id, ..self.fact("", body) }
    }

    fn message(&self, name: &str, what: &str, told: &[(&str, String)]) -> Incoming {
        let p = &self.planned;
        let mut props: Props = [("key", &p.key.0), ("playbook", &p.playbook), ("step", &p.step)]
            .map(|(k, v)| (k.to_owned(), Value::text(v)))
            .into_iter()
            .collect();
        props.extend(told.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), Value::text(v))));
        self.fact(what, FactBody::event(name, props))
    }

    fn fact(&self, what: &str, body: FactBody) -> Incoming {
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
