//! Who gets a message, and whether they may.

use std::collections::BTreeSet;

use super::{standing::is_personal, work::Work};
use crate::{
    model::{
        contact::Contact,
        ids::ContactId,
        locale::Locale,
        message::{Audience, ChannelKind, Class},
        run::Run,
        snapshot::{ContactQuery, Need},
    },
    rulebook::{
        expr::Program,
        playbook::{MessageStep, Playbook, To},
    },
};

/// How many contacts a `where` may be asked of.
const CANDIDATES: u32 = 200;

/// One person or channel a message goes to.
#[derive(Clone, Debug)]
pub(super) struct Recipient {
    pub contact: Option<ContactId>,
    pub address: String,
    pub audience: Audience,
}

/// The answer to "who gets it".
pub(super) enum Found {
    Some(Vec<Recipient>),
    /// Contacts must be loaded first.
    Loading,
    /// Nobody, for a reason; `true` = somebody may still turn up.
    Nobody(&'static str, bool),
}

impl Work<'_> {
    pub(super) fn recipients(&mut self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Found {
        if message.channel == ChannelKind::Webhook {
            return Found::Some(vec![team(message.template.clone())]);
        }
        let own = Some(&To::Contact).filter(|_| is_personal(playbook));
        let Some(to) = message.to.as_ref().or(playbook.to.as_ref()).or(own) else {
            return Found::Nobody("no_recipient", false);
        };
        match to {
            To::Channel(name) => Found::Some(vec![team(name.clone())]),
            To::Team(role) => match self.person(role) {
                Some(person) => Found::Some(vec![team(format!("@{person}"))]),
                None => Found::Nobody("no_owner", false),
            },
            To::Customer => self.customer_channel(message.channel),
            To::Contact => match run.contact.and_then(|id| self.contacts.get(&id)) {
                Some(contact) => address(contact, message.channel).map_or(Found::Nobody("no_address", true), |a| {
                    Found::Some(vec![Recipient { contact: Some(contact.id), address: a, audience: Audience::Customer }])
                }),
                None => Found::Nobody("no_contact", false),
            },
            To::Roles { roles, first, where_ } => {
                let class = message.class.unwrap_or(playbook.class);
                match self.by_role(run, message.channel, roles, where_.as_ref()) {
                    Found::Some(list) => Found::Some(self.first_of(list, *first, run, message, class)),
                    other => other,
                }
            }
        }
    }

    fn customer_channel(&self, channel: ChannelKind) -> Found {
        match self.state.attr_text(&format!("{}_channel", channel.word())) {
            Some(linked) => {
                Found::Some(vec![Recipient { contact: None, address: linked.to_owned(), audience: Audience::Customer }])
            }
            None => Found::Nobody("no_linked_channel", false),
        }
    }

    fn by_role(&mut self, run: &Run, channel: ChannelKind, roles: &[String], where_: Option<&Program>) -> Found {
        if !self.has_asked(ContactQuery::first(roles.to_vec(), CANDIDATES)) {
            return Found::Loading;
        }
        // Facts of this turn may have added or changed people whom the store does not know yet.
        let rank = |c: &Contact| roles.iter().position(|r| c.text("role") == Some(r.as_str()));
        let mut people: Vec<(usize, ContactId)> =
            self.contacts.values().filter_map(|c| Some((if roles.is_empty() { 0 } else { rank(c)? }, c.id))).collect();
        people.sort_unstable();
        if people.is_empty() {
            match self.stand_in() {
                Some(first) => people.extend(first.map(|id| (0, id))),
                None => return Found::Loading,
            }
        }
        let (mut list, mut seen) = (Vec::new(), BTreeSet::new());
        for (_, id) in people {
            self.fill_contact(Some(id));
            let wanted = where_.is_none_or(|w| self.holds_for(w, run, None));
            let found = self.contacts.get(&id).and_then(|c| address(c, channel)).filter(|_| wanted);
            let Some(address) = found.filter(|a| seen.insert(a.to_lowercase())) else { continue };
            list.push(Recipient { contact: Some(id), address, audience: Audience::Customer });
        }
        self.fill_contact(run.contact);
        if list.is_empty() { Found::Nobody("no_recipient", true) } else { Found::Some(list) }
    }

    /// Whether the store has answered; asks it otherwise.
    fn has_asked(&mut self, query: ContactQuery) -> bool {
        let answered = self.snapshot.answers.iter().any(|(asked, _)| *asked == query);
        if !answered {
            self.needs.push(Need::Contacts(query));
        }
        answered
    }

    /// Where no contact of the account has a role at all (their sheet has no such column), the first one is meant.
    /// None in front: the contacts are not loaded yet.
    fn stand_in(&mut self) -> Option<Option<ContactId>> {
        let asked = self.has_asked(ContactQuery::first(Vec::new(), CANDIDATES));
        let has_role = |c: &Contact| c.text("role").is_some_and(|role| !role.is_empty());
        asked.then(|| {
            let first = self.contacts.values().find(|c| !c.attrs.is_empty()).map(|c| c.id);
            first.filter(|_| !self.contacts.values().any(|c| has_role(c)))
        })
    }

    /// The first so many who may be written to, and whoever was written to already. Where nobody may be, the first of
    /// all: then it is said why not.
    fn first_of(
        &self,
        list: Vec<Recipient>,
        first: Option<u32>,
        run: &Run,
        message: &MessageStep,
        class: Class,
    ) -> Vec<Recipient> {
        let Some(first) = first.map(|n| n as usize) else { return list };
        let at = run.at.as_ref().and_then(|step| run.steps.get(step));
        let fits = |to: &&Recipient| {
            let told = at.is_some_and(|step| step.marks.contains_key(&format!("to:{}", to.address)));
            let template = Self::template(self.rulebook, &message.template, self.locale_for(to));
            told || template.is_none_or(|(t, _)| self.permission(to, class, &t.topic).is_ok())
        };
        let fitting: Vec<Recipient> = list.iter().filter(fits).take(first).cloned().collect();
        if fitting.is_empty() { list.into_iter().take(first).collect() } else { fitting }
    }

    /// Whether this person may be written to, for this class and topic.
    pub(super) fn permission(&self, to: &Recipient, class: Class, topic: &str) -> Result<(), String> {
        match to.contact.and_then(|id| self.contacts.get(&id)) {
            Some(contact) => permitted(contact, class, topic).map_err(str::to_owned),
            None => Ok(()),
        }
    }

    pub(super) fn locale_for(&self, to: &Recipient) -> Locale {
        let own = to.contact.and_then(|id| self.contacts.get(&id)?.locale());
        let workspace = self.rulebook.model.workspace.locale;
        if to.audience == Audience::Team {
            return workspace;
        }
        own.or_else(|| Locale::parse(self.state.attr_text("locale")?)).unwrap_or(workspace)
    }
}

/// Whether a contact may be written to: never against `do_not_contact`; notices pass topics; marketing
/// needs consent.
pub(super) fn permitted(contact: &Contact, class: Class, topic: &str) -> Result<(), &'static str> {
    if contact.do_not_contact {
        return Err("do_not_contact");
    }
    if class != Class::Notice && !contact.wants(topic) {
        return Err("opted_out");
    }
    if class == Class::Marketing && !contact.consent.as_ref().is_some_and(|c| c.given) {
        return Err("no_consent");
    }
    Ok(())
}

fn team(address: String) -> Recipient {
    Recipient { contact: None, address, audience: Audience::Team }
}

fn address(contact: &Contact, channel: ChannelKind) -> Option<String> {
    let found = match channel {
        ChannelKind::Email => contact.email().filter(|e| e.contains('@')).map(str::to_owned),
        ChannelKind::Slack => contact.text("slack_id").map(|id| format!("@{id}")),
        ChannelKind::Discord => contact.text("discord_id").map(|id| format!("@{id}")),
        ChannelKind::Webhook => None,
    };
    found.filter(|a| !a.trim().is_empty())
}
