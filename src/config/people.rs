//! `people:`, `owners:`, `permissions:` — who is who, and who may do what.

use std::collections::{BTreeMap, BTreeSet};

use super::{email, reader::Section};
use crate::model::{
    diagnostic::nearest,
    locale::{Bilingual, Locale},
    safe::EmailAddress,
};

/// What somebody may do; each level may do everything the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Look.
    Viewer,
    /// Note, pause, snooze, assign.
    Operator,
    /// Everything.
    Admin,
}

impl Level {
    /// Reads `viewer`, `operator`, `admin`.
    pub fn parse(word: &str) -> Option<Level> {
        match word {
            "viewer" => Some(Level::Viewer),
            "operator" => Some(Level::Operator),
            "admin" => Some(Level::Admin),
            _ => None,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Level::Viewer => "viewer",
            Level::Operator => "operator",
            Level::Admin => "admin",
        }
    }
}

/// A colleague.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Display name, in one or both languages; the key where none is given.
    pub name: Option<Bilingual>,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// Their Slack user id.
    pub slack: Option<String>,
    /// Their Discord user id.
    pub discord: Option<String>,
    /// How many accounts they can look after; more is a line in `doctor`.
    pub capacity: Option<u32>,
}

impl Person {
    /// What colleagues call them: the display name, else `key`.
    pub fn called(&self, key: &str, locale: Locale) -> String {
        let name = self.name.as_ref().map_or("", |name| name.get(locale));
        if name.is_empty() { key.to_owned() } else { name.to_owned() }
    }
}

/// Reads `people:`.
pub fn people(root: &mut Section<'_>) -> BTreeMap<String, Person> {
    let mut found = BTreeMap::new();
    for (name, mut section) in root.named("people") {
        let person = Person {
            name: section.bilingual("name"),
            email: section.parsed("email", email::address),
            slack: section.text("slack").map(|t| t.text),
            discord: section.text("discord").map(|t| t.text),
            capacity: section.parsed("capacity", capacity),
        };
        section.finish();
        found.insert(name, person);
    }
    found
}

fn capacity(text: &str) -> Result<u32, String> {
    let read = text.parse::<u32>().ok().filter(|n| *n > 0);
    read.ok_or_else(|| "write how many accounts one person can look after, e.g. 40".to_owned())
}

/// Reads `owners:`: role → who stands in where an account has nobody in that role.
pub fn owners(root: &mut Section<'_>, people: &BTreeMap<String, Person>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (role, mut section) in root.named("owners") {
        match section.text("fallback") {
            Some(person) if people.contains_key(&person.text) => drop(found.insert(role, person.text)),
            Some(person) => {
                let says = format!("`{}` is not among the people", person.text);
                section.error(&person.place, "fallback", &says, &known(&person.text, people));
            }
            None => section.missing("fallback", "a role needs somebody who stands in", "fallback: NAME"),
        }
        section.finish();
    }
    found
}

/// Reads `permissions:`: names of people, or ids of platform users, groups and roles, with their level.
/// Somebody listed twice has the higher one.
pub fn permissions(mut section: Section<'_>, people: &BTreeMap<String, Person>) -> BTreeMap<String, Level> {
    let mut found: BTreeMap<String, Level> = BTreeMap::new();
    for (key, level) in [("viewer", Level::Viewer), ("operator", Level::Operator), ("admin", Level::Admin)] {
        for text in section.texts(key) {
            if !people.contains_key(&text.text) && !looks_like_id(&text.text) {
                let says = format!("`{}` is neither a person nor an id", text.text);
                section.error(&text.place, key, &says, &known(&text.text, people));
                continue;
            }
            let entry = found.entry(text.text).or_insert(level);
            *entry = level.max(*entry);
        }
    }
    section.finish();
    found
}

/// Slack users `U…` `W…`, groups `S…`; Discord snowflakes.
fn looks_like_id(text: &str) -> bool {
    let slack = text.len() >= 2
        && text.starts_with(['U', 'W', 'S'])
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    slack || text.len() >= 15 && text.bytes().all(|b| b.is_ascii_digit())
}

fn known(name: &str, people: &BTreeMap<String, Person>) -> String {
    let names: BTreeSet<&str> = people.keys().map(String::as_str).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add it under `people:` as `{name}: {{email: …, slack: …}}`"),
    }
}
