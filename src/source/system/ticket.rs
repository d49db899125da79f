//! What help desks have in common: a ticket is opened, answered, closed, and rated.

use super::shape::work_domain;
use crate::model::{
    instant::Instant,
    system::{Told, Whose, Word},
    value::{Props, Value},
};

/// A ticket, whoever keeps it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticket {
    pub(super) id: String,
    /// The account's own key, where the help desk carries it.
    pub(super) key: Option<String>,
    /// Who asked: address and name.
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    /// A domain of who asked, where the address tells none.
    pub(super) domain: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) opened: Option<Instant>,
    /// The first answer of a person of ours.
    pub(super) replied: Option<Instant>,
    pub(super) closed: Option<Instant>,
    /// How it was rated, from 1 to 5, with what was written, and when.
    pub(super) rated: Option<(f64, Option<String>, Instant)>,
}

impl Ticket {
    /// What happened to it. Each thing counts once, however often the ticket is read; closed again after it was opened
    /// again is another thing.
    pub(super) fn told(self) -> Vec<Told> {
        let mut all = Vec::new();
        let own = |more: &[(&str, &Option<String>)]| {
            let texts = more.iter().filter_map(|(name, text)| Some(((*name).to_owned(), Value::text(text.as_ref()?))));
            texts.chain([("ticket_id".to_owned(), Value::text(&self.id))]).collect::<Props>()
        };
        if let Some(at) = self.opened {
            let more = [("subject", &self.subject), ("priority", &self.priority), ("channel", &self.channel)];
            all.push(self.event("opened", "ticket.opened", at, own(&more)));
        }
        if let (Some(at), Some(opened)) = (self.replied, self.opened) {
            let mut props = own(&[]);
            props.insert("minutes".to_owned(), Value::Num((at.since(opened) / 60_000_000) as f64));
            all.push(self.event("replied", "ticket.replied", at, props));
        }
        if let Some(at) = self.closed {
            all.push(self.event(&format!("closed:{}", at.0), "ticket.closed", at, own(&[("subject", &self.subject)])));
        }
        if let Some((score, comment, at)) = &self.rated {
            let mut props = own(&[("comment", comment)]);
            props.insert("kind".to_owned(), Value::text("csat"));
            props.insert("score".to_owned(), Value::Num(*score));
            all.push(self.event(&format!("rated:{score}"), "survey.responded", *at, props));
        }
        all
    }

    fn event(&self, what: &str, name: &str, at: Instant, props: Props) -> Told {
        let domain = || self.domain.as_ref().map(|domain| format!("somebody@{domain}"));
        let address = self.email.clone().filter(|address| work_domain(address).is_some());
        let contact = self.email.as_ref().map(|email| {
            let mut attrs = Props::from([("email".to_owned(), Value::text(email))]);
            attrs.extend(self.name.as_ref().map(|name| ("name".to_owned(), Value::text(name))));
            (email.clone(), attrs)
        });
        Told {
            id: format!("event/ticket-{}:{what}", self.id),
            at,
            by: String::new(),
            whose: Whose { key: self.key.clone(), object: None, email: address.or_else(domain) },
            word: Word::Event { name: name.to_owned(), props, contact },
        }
    }
}
