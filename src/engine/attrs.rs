//! Attribute facts: what changed, and the events that say so.

use super::{
    coerce::coerce,
    work::{Cause, Work},
};
use crate::{
    model::{
        contact::{Consent, Contact},
        fact::{CONTRACTS, Fact},
        ids::ContactId,
        state::Attr,
        value::{Props, Value},
    },
    rulebook::{attributes, types::AttrType},
};

impl Work<'_> {
    /// Folds account attributes; an older value than the present one changes nothing, and what a person
    /// or a playbook `set` outranks imports until it is cleared.
    pub fn fold_account_attrs(&mut self, fact: &Fact, attrs: &Props) {
        for (name, raw) in attrs {
            let Some(ty) = self.account_type(name) else { continue };
            let value = coerce(raw, &ty, self.currency, &self.zone);
            if value.is_missing() && !raw.is_missing() {
                let values = Props::from([(name.clone(), raw.clone())]);
                self.note_with("skip", "", "", format!("unreadable:{name}"), values);
                continue;
            }
            self.fold_account_attr(fact, name, value);
        }
        self.settle_zone();
    }

    fn fold_account_attr(&mut self, fact: &Fact, name: &str, value: Value) {
        let old = self.state.attrs.get(name);
        if let Some(old) = old {
            let set_by_hand = old.source.starts_with("set:") && !fact.source.starts_with("set:");
            let (was_derived, is_derived) = (old.source == CONTRACTS, fact.source == CONTRACTS);
            let outranked = set_by_hand || (is_derived && !was_derived);
            let older = old.as_of > fact.occurred_at && was_derived == is_derived;
            if older || (outranked && !old.value.is_missing()) {
                return;
            }
        }
        let before = old.map(|a| a.value.clone()).unwrap_or_default();
        let new = Attr { value: value.clone(), as_of: fact.occurred_at, source: fact.source.clone() };
        self.state.attrs.insert(name.to_owned(), new);
        if before != value {
            self.emit("account.changed", change(name, before, value), &Cause::default());
        }
    }

    /// Folds contact attributes; the contact exists from then on.
    pub fn fold_contact_attrs(&mut self, fact: &Fact, id: ContactId, attrs: &Props) {
        let isnew = self.contacts.get(&id).is_none_or(|c| c.attrs.is_empty());
        let mut contact = self.contacts.get(&id).cloned().unwrap_or_else(|| blank(id, attrs).into());
        let mut changes = Vec::new();
        for (name, raw) in attrs {
            let value = self.contact_value(name, raw);
            match name.as_str() {
                "key" => contact.key = value.as_text().unwrap_or(&contact.key).to_owned(),
                "do_not_contact" => contact.do_not_contact = value.as_bool().unwrap_or(contact.do_not_contact),
                // Said at the first sight only; `is_known_person` has read it.
                "import_as" => {}
                "consent" => contact.consent = consent(fact, &value).or(contact.consent.take()),
                _ => {
                    let before = contact.attrs.insert(name.clone(), value.clone()).unwrap_or_default();
                    if before != value {
                        changes.push(change(name, before, value));
                    }
                }
            }
        }
        self.contacts.insert(id, contact);
        self.touched_contacts.insert(id);
        self.removed.remove(&id);
        let cause = Cause { contact: Some(id), ..Cause::default() };
        if isnew && !self.is_known_person(id, attrs) {
            self.newcomers.insert(id);
            self.emit("contact.added", Props::new(), &cause);
        } else if !isnew {
            changes.into_iter().for_each(|props| self.emit("contact.changed", props, &cause));
        }
    }

    fn contact_value(&self, name: &str, raw: &Value) -> Value {
        let declared = self.rulebook.model.contact_attributes.get(name).cloned();
        let ty = match name {
            "do_not_contact" => Some(AttrType::Bool),
            _ => attributes::contact(name).or(declared),
        };
        ty.map_or_else(|| raw.clone(), |ty| coerce(raw, &ty, self.currency, &self.zone))
    }

    fn account_type(&self, name: &str) -> Option<AttrType> {
        attributes::account(name).or_else(|| self.rulebook.model.account_attributes.get(name).cloned())
    }

    /// Folds an opt-out (or back in).
    pub fn fold_subscription(&mut self, id: ContactId, topic: &str, subscribed: bool) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let changed =
            if subscribed { contact.opted_out.remove(topic) } else { contact.opted_out.insert(topic.to_owned()) };
        self.touched_contacts.insert(id);
        if changed && !subscribed {
            let props = Props::from([("topic".to_owned(), Value::text(topic))]);
            self.emit("contact.unsubscribed", props, &Cause { contact: Some(id), ..Cause::default() });
        }
    }

    /// Folds a consent record.
    pub fn fold_consent(&mut self, fact: &Fact, id: ContactId, given: bool) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.consent = Some(Consent { given, at: fact.occurred_at, source: fact.source.clone() });
            self.touched_contacts.insert(id);
        }
    }

    /// Folds a removal.
    pub fn fold_removed(&mut self, id: ContactId) {
        let gone = self.contacts.remove(&id);
        self.touched_contacts.remove(&id);
        self.removed.insert(id);
        // Who is gone is not said; what they were is what somebody has to take over.
        let role = gone.and_then(|contact| contact.attrs.get("role").cloned());
        let props = role.map(|role| ("role".to_owned(), role)).into_iter().collect();
        self.emit("contact.removed", props, &Cause { contact: Some(id), ..Cause::default() });
    }
}

pub(super) fn blank(id: ContactId, attrs: &Props) -> Contact {
    let key = attrs.get("key").and_then(Value::as_text).unwrap_or_default().to_owned();
    Contact {
        id,
        key,
        attrs: Props::new(),
        consent: None,
        opted_out: Default::default(),
        do_not_contact: false,
        metrics: Default::default(),
        standing: Default::default(),
    }
}

fn consent(fact: &Fact, value: &Value) -> Option<Consent> {
    let given = match value {
        Value::Text(t) => t.as_ref() == "given",
        Value::Bool(b) => *b,
        _ => return None,
    };
    Some(Consent { given, at: fact.occurred_at, source: fact.source.clone() })
}

fn change(name: &str, from: Value, to: Value) -> Props {
    Props::from([("attribute".to_owned(), Value::text(name)), ("from".to_owned(), from), ("to".to_owned(), to)])
}
