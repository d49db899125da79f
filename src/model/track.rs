//! What tracking SDKs tell, and what is remembered of the people and groups they speak of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    fact::Incoming,
    instant::Instant,
    value::{Props, Value},
};

/// The source of every fact that came in by the tracking API, and the name of its feed.
pub const API: &str = "api";

/// One thing a call says, understood but not yet assigned to a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its identity: the same one again is a repeat.
    pub id: String,
    /// When it happened, by our clock.
    pub at: Instant,
    /// When it arrived.
    pub received_at: Instant,
    /// Who told it, where that is not the tracking API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Sent with a key that everybody can read: it brings no customer into being.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
    /// The product's own id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The id of a visitor who may not have said yet who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<String>,
    /// The key of the customer (account) that the call itself names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What it says.
    pub says: Says,
}

/// What a call says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Says {
    /// Something happened.
    Event {
        /// The event's name.
        name: String,
        /// Its properties.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        props: Props,
    },
    /// Attributes of the person.
    Person {
        /// By attribute name.
        traits: Props,
    },
    /// Attributes of the customer in `group`; the person belongs to it.
    Group {
        /// By attribute name.
        traits: Props,
    },
    /// The person was known by another id before.
    Same {
        /// That id.
        previous: String,
    },
}

/// One attribute as it was said last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The value.
    pub value: Value,
    /// When it was said; an older word changes nothing.
    pub at: Instant,
    /// The call that said it: decides between two of one moment.
    pub by: String,
    /// Who said it, where that is not the tracking API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What is remembered of a person (`u:ID`), a visitor (`a:ID`) or a group (`g:KEY`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracked {
    /// The one they turned out to be; everything else then stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// Attributes as said last.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, Said>,
    /// Customers the person belongs to by somebody's word, and since when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub homes: BTreeMap<String, Instant>,
    /// Customers where the person is a contact, with the contact's key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub contacts: BTreeMap<String, String>,
}

/// The key of a user.
pub fn user_key(id: &str) -> String {
    format!("u:{id}")
}

/// The key of a visitor.
pub fn visitor_key(id: &str) -> String {
    format!("a:{id}")
}

/// The key of a group.
pub fn group_key(key: &str) -> String {
    format!("g:{key}")
}

impl Tracked {
    /// The address of the person `who`: as said, else their id where it is one.
    pub fn email<'a>(&'a self, who: &'a str) -> Option<&'a str> {
        let said = self.traits.get("email").and_then(|said| said.value.as_text()).filter(|text| text.contains('@'));
        said.or_else(|| who.strip_prefix("u:").filter(|id| domain_of(id).is_some()))
    }

    /// The domain of that address, in small letters.
    pub fn domain(&self, who: &str) -> Option<String> {
        domain_of(self.email(who)?)
    }
}

/// The domain of an address, in small letters; none where it is no address.
pub fn domain_of(address: &str) -> Option<String> {
    let (name, host) = address.trim().rsplit_once('@')?;
    let fine = !name.is_empty()
        && !name.contains(char::is_whitespace)
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && host.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
    fine.then(|| host.to_lowercase())
}

/// `https://www.acme.example/about` → `acme.example`.
pub fn host(text: &str) -> String {
    let rest = text.trim().rsplit_once("://").map_or(text.trim(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default().to_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

impl Call {
    /// Under which key its sender is remembered; a user before a visitor.
    pub fn who(&self) -> Option<String> {
        let visitor = || self.anonymous.as_deref().map(visitor_key);
        self.user.as_deref().map(user_key).or_else(visitor)
    }

    /// Every key it speaks of.
    pub fn keys(&self) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> = self.user.as_deref().map(user_key).into_iter().collect();
        keys.extend(self.anonymous.as_deref().map(visitor_key));
        match &self.says {
            Says::Same { previous } => keys.extend([user_key(previous), visitor_key(previous)]),
            Says::Group { .. } => keys.extend(self.group.as_deref().map(group_key)),
            Says::Event { .. } | Says::Person { .. } => {}
        }
        keys
    }

    /// Whether it may tell where somebody belongs.
    pub fn tells(&self) -> bool {
        let both = self.user.is_some() && self.anonymous.is_some();
        self.group.is_some() || both || !matches!(self.says, Says::Event { .. })
    }
}

/// What the store knows about the calls of one request.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The present.
    pub now: Instant,
    /// Calls that are no events and were taken before, by id.
    pub seen: BTreeSet<String>,
    /// Rows by key.
    pub rows: BTreeMap<String, Tracked>,
    /// The one account that has a domain, by domain.
    pub domains: BTreeMap<String, String>,
    /// Account keys that exist, of those that were asked for.
    pub accounts: BTreeSet<String>,
    /// Contacts (account, key) that exist, of those whose key is an address that was named.
    pub contacts: BTreeSet<(String, String)>,
    /// What waits, by the key it waits under; without the calls where nothing can have changed.
    pub parked: BTreeMap<String, Vec<Call>>,
    /// How many calls wait under a key.
    pub waiting: BTreeMap<String, usize>,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is recorded, or said nothing new.
    Taken,
    /// It was recorded before.
    Duplicate,
    /// It waits until it is known whose it is.
    Parked,
    /// It cannot be recorded: the reason's code.
    Refused(&'static str),
}

/// What one request changes; written as one.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// One for each fresh call, in order; a fact that turns out to be a repeat changes it.
    pub verdicts: Vec<Verdict>,
    /// Facts in order, each with the call whose verdict depends on it.
    pub facts: Vec<(Option<usize>, Incoming)>,
    /// Rows to keep, each with the domain by which its person may belong somewhere; empty = none.
    pub rows: BTreeMap<String, (Tracked, String)>,
    /// Calls that leave no fact of their own, to be recognised when they come again.
    pub remember: Vec<String>,
    /// Calls that begin to wait: under which key, and the fresh call it is.
    pub park: Vec<(String, Option<usize>, Call)>,
    /// Calls (key, id) that wait no more.
    pub unpark: Vec<(String, String)>,
}

/// Decides what becomes of calls; pure and quick, for it runs between read and write of one transaction.
pub type Settle = dyn Fn(Known, Vec<Call>) -> Plan + Send + Sync;

/// What waits to be identified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parked {
    /// Calls.
    pub calls: u64,
    /// People and visitors.
    pub people: u64,
    /// When the oldest arrived.
    pub oldest: Option<Instant>,
    /// Calls given up so far, because nobody was identified in time.
    pub dropped: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_an_address() {
        assert_eq!(domain_of(" Hana@Acme.Example "), Some("acme.example".into()));
        assert_eq!(domain_of("花子@例え.example"), Some("例え.example".into()));
        for text in ["", "u-17", "@acme.example", "a@b", "a@.example", "a b@acme.example", "a@acme.example/x"] {
            assert_eq!(domain_of(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_that_is_an_address_serves_where_none_was_said() {
        let mut row = Tracked::default();
        assert_eq!(row.domain("u:hana@acme.example").as_deref(), Some("acme.example"));
        assert_eq!(row.domain("a:hana@acme.example"), None);
        let said = Said { value: Value::text("hana@other.example"), at: Instant(1), by: "m1".into(), source: None };
        row.traits.insert("email".into(), said);
        assert_eq!(row.domain("u:hana@acme.example").as_deref(), Some("other.example"));
    }
}
