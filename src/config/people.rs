//! `people:`, `owners:`, `permissions:` — who is who, and who may do what.

use std::collections::{BTreeMap, BTreeSet};

use super::{email, reader::Section};
use crate::model::{
    diagnostic::nearest,
    instant::day_number,
    locale::{Bilingual, Locale},
    safe::EmailAddress,
    world::Away,
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
    /// Whom they may see: `own`, and names of segments; none = every customer.
    pub sees: Option<Vec<String>>,
    /// Until when they are away, and who acts for them.
    pub away: Option<Away>,
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
    let (mut found, mut absent) = (BTreeMap::new(), Vec::new());
    for (name, mut section) in root.named("people") {
        let person = Person {
            name: section.bilingual("name"),
            email: section.parsed("email", email::address),
            slack: section.text("slack").map(|t| t.text),
            discord: section.text("discord").map(|t| t.text),
            capacity: section.parsed("capacity", capacity),
            sees: sees(&mut section),
            away: None,
        };
        let away = section.section("away");
        let away = section.has("away").then_some(away);
        section.finish();
        absent.extend(away.map(|away| (name.clone(), away)));
        found.insert(name, person);
    }
    for (name, section) in absent {
        let read = away(section, &name, &found);
        if let Some(person) = found.get_mut(&name) {
            person.away = read;
        }
    }
    found
}

/// Reads `sees: all`, `sees: own`, or a list of segments and `own`. Nothing of an empty list.
fn sees(section: &mut Section<'_>) -> Option<Vec<String>> {
    let words: Vec<String> = section.texts("sees").into_iter().map(|text| text.text).collect();
    (section.has("sees") && !words.iter().any(|word| word == "all")).then_some(words)
}

/// Reads `away: {until: 2026-12-05, deputy: mio}`.
fn away(mut section: Section<'_>, of: &str, people: &BTreeMap<String, Person>) -> Option<Away> {
    let date = |text: &str| text.parse().map_err(|_| "write the last day of the absence, e.g. 2026-12-05".to_owned());
    let until = section.parsed::<jiff::civil::Date>("until", date).map(day_number);
    if !section.has("until") {
        section.missing("until", "an absence has a last day", "until: 2026-12-05");
    }
    let deputy = section.text("deputy");
    match &deputy {
        Some(deputy) if deputy.text == of => {
            section.error(&deputy.place, "deputy", "nobody acts for themselves", "name a colleague");
        }
        Some(deputy) if !people.contains_key(&deputy.text) => {
            let says = format!("`{}` is not among the people", deputy.text);
            section.error(&deputy.place, "deputy", &says, &known(&deputy.text, people));
        }
        Some(_) => {}
        None => section.missing("deputy", "somebody acts for whoever is away", "deputy: NAME"),
    }
    section.finish();
    Some(Away { until: until?, deputy: deputy?.text })
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
