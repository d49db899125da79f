//! What a column can mean, and of which type it then is.

use serde::Serialize;

use super::{Kind, Options};
use crate::rulebook::{attributes, types::AttrType};

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// The customer.
    Account,
    /// A person there.
    Contact,
    /// The subscription of this row.
    Subscription,
    /// The event of this row.
    Event,
}

impl On {
    fn word(self) -> &'static str {
        match self {
            On::Account => "account",
            On::Contact => "contact",
            On::Subscription => "subscription",
            On::Event => "event",
        }
    }
}

/// The meaning of a column, e.g. `account.mrr`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Field {
    /// Whose.
    pub on: On,
    /// Which: an attribute's name, `key`, or a field of the row (`at`, `start` …).
    pub name: String,
}

impl Field {
    /// A field.
    pub fn new(on: On, name: &str) -> Field {
        Field { on, name: name.to_owned() }
    }

    /// Reads `account.mrr`, or `mrr` as a field of what the file is about.
    pub fn parse(text: &str, kind: Kind) -> Field {
        let (head, rest) = text.split_once('.').unwrap_or(("", text));
        let known = [On::Account, On::Contact, On::Subscription, On::Event].into_iter().find(|on| on.word() == head);
        match (known, kind) {
            (Some(on), _) => Field::new(on, rest),
            (None, Kind::Accounts) => Field::new(On::Account, text),
            (None, Kind::Contacts) => Field::new(On::Contact, text),
            (None, Kind::Subscriptions) => Field::new(On::Subscription, text),
            (None, Kind::Events) => Field::new(On::Event, text),
        }
    }

    /// `account.mrr`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.on.word(), self.name)
    }

    /// The type its values have; `Err` when nobody declared it, `Ok(None)` when the column decides.
    #[expect(clippy::result_unit_err, reason = "there is one error, and the caller knows the column")]
    pub fn ty(&self, options: &Options) -> Result<Option<AttrType>, ()> {
        let name = self.name.as_str();
        let found = match self.on {
            On::Account => pseudo_account(name)
                .or_else(|| attributes::account(name))
                .or_else(|| options.account_attributes.get(name).cloned()),
            On::Contact => pseudo_contact(name)
                .or_else(|| attributes::contact(name))
                .or_else(|| options.contact_attributes.get(name).cloned()),
            On::Subscription => subscription(name),
            On::Event => return Ok(event(name)),
        };
        found.map(Some).ok_or(())
    }
}

/// The key an account had before: whoever is known by it is this one.
pub(super) const FORMER_KEY: &str = "former_key";

/// Columns of an account sheet that become another attribute.
fn pseudo_account(name: &str) -> Option<AttrType> {
    match name {
        "arr" => Some(AttrType::Money),
        // Only where somebody calls the column so: a number of before may be another customer's today.
        "currency" | FORMER_KEY => Some(AttrType::Text),
        _ => None,
    }
}

fn pseudo_contact(name: &str) -> Option<AttrType> {
    match name {
        "do_not_contact" | "opted_out" | "subscribed" => Some(AttrType::Bool),
        _ => None,
    }
}

fn subscription(name: &str) -> Option<AttrType> {
    Some(match name {
        "key" | "plan" | "currency" => AttrType::Text,
        "start" | "end" => AttrType::Date,
        "mrr" | "arr" => AttrType::Money,
        "seats" => AttrType::Number,
        _ => return None,
    })
}

fn event(name: &str) -> Option<AttrType> {
    match name {
        "id" | "name" => Some(AttrType::Text),
        "at" => Some(AttrType::Instant),
        _ => None,
    }
}
