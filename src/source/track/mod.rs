//! What product SDKs send: bodies of Segment, RudderStack and PostHog become calls; nothing is dropped in silence.
//!
//! [`read`] understands a body, item by item; [`settle`] decides whose each call is, what becomes a fact and what
//! waits. Both are pure.

mod fields;
mod freemail;
mod json;
mod posthog;
mod segment;
mod settle;
mod values;

pub use self::{
    fields::{Fault, Times, id_of, read_moment},
    freemail::is_freemail,
    json::Json,
    settle::{PARKED_EACH, settle},
    values::{Options, Whose, reachable, typed},
};

use crate::model::{ids::stable_hash, instant::Instant, track::Call};

/// Most bytes of one event: 32 kB, as Segment has it.
pub const EVENT: usize = 32 * 1024;
/// Most events of one request.
pub const EVENTS: usize = 2_500;

/// Whose SDK speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Segment's specification; of this kind where the address says so.
    Segment(Option<Kind>),
    /// PostHog.
    PostHog,
}

/// The kinds of call in Segment's specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something happened.
    Track,
    /// Who a person is.
    Identify,
    /// Where a person belongs, and what that customer is like.
    Group,
    /// A page was looked at.
    Page,
    /// A screen of an app was looked at.
    Screen,
    /// Two ids are one person.
    Alias,
}

impl Kind {
    /// The word in addresses and bodies.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Track => "track",
            Kind::Identify => "identify",
            Kind::Group => "group",
            Kind::Page => "page",
            Kind::Screen => "screen",
            Kind::Alias => "alias",
        }
    }

    /// Every kind.
    pub const ALL: [Kind; 6] = [Kind::Track, Kind::Identify, Kind::Group, Kind::Page, Kind::Screen, Kind::Alias];

    fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    fn is_event(self) -> bool {
        matches!(self, Kind::Track | Kind::Page | Kind::Screen)
    }
}

/// What one item of a body comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// It says this; the first call is the item itself.
    Calls(Vec<Call>),
    /// Noise of the SDK that nobody asked for.
    Ignored,
    /// It cannot be recorded.
    Refused(Fault),
}

/// One item of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The sender's own id of it, for answers.
    pub id: Option<String>,
    /// What it comes to.
    pub heard: Heard,
    /// What of it was not taken over.
    pub told: Vec<Fault>,
}

/// The key that a body carries, wherever its SDK puts it.
pub fn key(body: &Json) -> Option<&str> {
    let names = ["writeKey", "write_key", "api_key", "token"];
    let direct = names.iter().find_map(|name| body.get(name).text());
    let first = || items(body).first().copied();
    let in_item = || first().and_then(|item| names.iter().find_map(|name| item.get(name).text()));
    let in_properties = || first().and_then(|item| item.get("properties").get("token").text());
    direct.or_else(in_item).or_else(in_properties)
}

fn items(body: &Json) -> Vec<&Json> {
    match (body, body.get("batch")) {
        (Json::List(items), _) | (_, Json::List(items)) => items.iter().collect(),
        _ => vec![body],
    }
}

/// Understands a body. `sent` is when it was sent, where the address says so. The fault is the body's shape.
pub fn read(dialect: Dialect, body: &Json, sent: Option<Instant>, options: &Options) -> Result<Vec<Item>, Fault> {
    if !matches!(body, Json::List(_) | Json::Map(_)) {
        return Err(("not_an_object", String::new()));
    }
    if dialect == Dialect::Segment(None) && !matches!(body.get("batch"), Json::List(_)) {
        return Err(("no_batch", "batch".to_owned()));
    }
    let sent = fields::moment(body, "sent_at").ok().flatten().or(sent);
    let each = |(n, item): (usize, &Json)| one(dialect, item, body, sent, n, options);
    Ok(items(body).into_iter().enumerate().map(each).collect())
}

fn one(dialect: Dialect, item: &Json, batch: &Json, sent: Option<Instant>, n: usize, options: &Options) -> Item {
    let mut told = Vec::new();
    let id = ["messageId", "message_id", "uuid"].iter().find_map(|name| item.get(name).text());
    let id = id.map(|id| id.chars().filter(|c| !c.is_control()).take(100).collect());
    let heard = judged(item, n).and_then(|()| match dialect {
        Dialect::Segment(kind) => segment::read(&Place { item, batch, n }, kind, options, &mut told),
        Dialect::PostHog => posthog::read(&Place { item, batch, n }, sent, options, &mut told),
    });
    Item { id, heard: heard.unwrap_or_else(Heard::Refused), told }
}

/// An item and where it stands.
struct Place<'a> {
    item: &'a Json,
    batch: &'a Json,
    n: usize,
}

/// What is wrong with an item before it is understood.
fn judged(item: &Json, n: usize) -> Result<(), Fault> {
    if n >= EVENTS {
        return Err(("too_many_events", "batch".to_owned()));
    }
    if !matches!(item, Json::Map(_)) {
        return Err(("not_an_object", String::new()));
    }
    if item.size() > EVENT || values::spread(item) > SPREAD {
        return Err(("too_large", String::new()));
    }
    match item.twice() {
        Some(name) => Err(("twice", name.chars().filter(|c| !c.is_control()).take(60).collect())),
        None => Ok(()),
    }
}

/// Bytes of an event once `a: {b: 1}` is `a.b: 1`.
const SPREAD: usize = 4 * EVENT;

/// The identity of a call that has none: its content, where a time tells it from the next one like it; else it is
/// new each time.
fn made_up(place: &Place<'_>, original: Option<Instant>, options: &Options) -> String {
    let mut item = place.item.clone();
    if let Json::Map(map) = &mut item {
        map.pairs.retain(|(name, _)| !["sentAt", "sent_at", "writeKey", "api_key"].contains(&name.as_str()));
    }
    let now = if original.is_some() { String::new() } else { format!("{}:{}", options.now.0, place.n) };
    stable_hash(&["call", &item.to_string(), &now])
}

#[cfg(test)]
mod tests;
