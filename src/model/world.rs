//! The small, versioned state of the workspace that every decision may read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    instant::Instant,
    locale::{Bilingual, Locale},
    value::Value,
};

/// Workspace state; a new version is written whenever one of its parts changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct World {
    /// Rises with every change.
    pub version: i64,
    /// KPI values of the last daily pass.
    pub kpis: BTreeMap<String, Value>,
    /// When each feed last delivered.
    pub feeds: BTreeMap<String, Instant>,
    /// Feeds held as stale: what depends on them waits.
    pub stale: BTreeSet<String>,
    /// The data has probably stopped although it still comes: every feed is held as stale.
    pub quiet: Option<Quiet>,
    /// Playbooks paused for everybody, `*` = all: until (none = until resumed), and why.
    pub pauses: BTreeMap<String, (Option<Instant>, String)>,
    /// Touch tiers from the top with the number an account must reach, from the last daily pass: accounts
    /// first seen since then are placed by it.
    pub touch_cuts: Vec<(String, f64)>,
    /// How far the middle account's score fell, by alert (`drop`): alerts ignore what fell with everybody.
    pub dips: BTreeMap<String, f64>,
    /// Addresses (HMAC) whose server refused us by its policy: until when nothing goes there.
    pub rests: BTreeMap<String, Instant>,
    /// Playbooks with `approve` that a person has approved.
    pub approved: BTreeSet<String>,
    /// Names of people who may own accounts and tasks, by key: display name.
    pub people: BTreeMap<String, String>,
    /// What they are called where a name was given in both languages.
    pub names: BTreeMap<String, Bilingual>,
    /// How many accounts each of them can look after, where that was said.
    pub capacity: BTreeMap<String, u32>,
    /// Platform and id → the person's key: `slack:U123` → `kei`.
    pub handles: BTreeMap<String, String>,
    /// Role → the person who stands in where an account has none assigned.
    pub fallbacks: BTreeMap<String, String>,
    /// Whom a person may see who may not see every customer, by key: `OWN`, and names of segments.
    pub sees: BTreeMap<String, Vec<String>>,
    /// Who is away, by key: until when, and who acts for them; what holds of `away_filed` and `away_told`.
    pub away: BTreeMap<String, Away>,
    /// The absences that the configuration names.
    pub away_filed: BTreeMap<String, Away>,
    /// What people said by command since (`away`, `back`).
    pub away_told: BTreeMap<String, AwayTold>,
}

/// In `World::sees`: the accounts that somebody, or whoever they act for, looks after in any role.
pub const OWN: &str = "own";

/// An absence of a colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The last day of it, in the workspace's zone (days since 1970-01-01).
    pub until: i32,
    /// Who acts for them meanwhile: a key of `people`.
    pub deputy: String,
}

/// What somebody said by command about an absence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwayTold {
    /// The absence; none = they are back.
    pub away: Option<Away>,
    /// What the configuration said when it was given: another word there is a newer one.
    pub filed: Option<Away>,
}

/// What becomes of somebody's work whose deputy is away, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn<'a> {
    /// Nobody acts for them: whoever should is away, round in a circle.
    Nobody,
    /// So long as the deputy is away, this one acts.
    Another(&'a str),
}

/// A day on which unusually many customers fell silent at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quiet {
    /// The first such day.
    pub day: i32,
    /// Share of accounts gone inactive on it, 0..1.
    pub share: f64,
    /// What is usual for such a day.
    pub usual: f64,
    /// When it was looked at last.
    pub checked: Instant,
}

impl World {
    /// What a colleague is called in a language: the name they have in it, else their display name, else the key.
    pub fn called<'a>(&'a self, key: &'a str, locale: Locale) -> &'a str {
        let own = self.names.get(key).map(|name| name.get(locale)).filter(|name| !name.is_empty());
        own.or_else(|| self.people.get(key).map(String::as_str)).unwrap_or(key)
    }

    /// Everybody with what they are called in a language, by key.
    pub fn everybody(&self, locale: Locale) -> impl Iterator<Item = (&str, &str)> {
        self.people.keys().map(move |key| (key.as_str(), self.called(key, locale)))
    }

    /// Who acts for a person on the local day `today`: they themselves, or while they are away their deputy, or the deputy
    /// of a deputy who is away, too. Where all of them are away, the person.
    pub fn on_duty<'a>(&'a self, person: &'a str, today: i32) -> &'a str {
        let mut at = person;
        for _ in 0..=self.away.len() {
            match self.away.get(at).filter(|away| today <= away.until) {
                None => return at,
                Some(away) => at = &away.deputy,
            }
        }
        person
    }

    /// Somebody is away, or (none) back, from now on: their word, or an admin's. It holds against the configuration until
    /// that says something else about them.
    pub fn tell_away(&mut self, person: &str, away: Option<Away>, today: i32) {
        let filed = self.away_filed.get(person).cloned();
        self.away_told.insert(person.to_owned(), AwayTold { away, filed });
        self.settle_away(today);
    }

    /// Who is away, now that the configuration was read or somebody said so: the later word holds. Words whose last day
    /// is over are forgotten.
    pub fn settle_away(&mut self, today: i32) {
        let filed = &self.away_filed;
        self.away_told.retain(|person, told| {
            let newer = filed.get(person).is_some_and(|now| told.filed.as_ref() != Some(now));
            let over = told.away.as_ref().or(filed.get(person)).is_none_or(|away| away.until < today);
            !newer && !over
        });
        self.away.clone_from(&self.away_filed);
        for (person, told) in &self.away_told {
            match &told.away {
                Some(away) => drop(self.away.insert(person.clone(), away.clone())),
                None => drop(self.away.remove(person)),
            }
        }
    }

    /// What becomes of an absent person's work where their deputy is away on `today` or later, before they are back; none
    /// where the deputy is there all the time.
    pub fn deputy_away(&self, person: &str, today: i32) -> Option<StandIn<'_>> {
        let away = self.away.get(person).filter(|away| today <= away.until)?;
        self.away.get(&away.deputy).filter(|deputy| today <= deputy.until)?;
        let acting = self.on_duty(&away.deputy, today);
        Some(if acting == away.deputy || acting == person { StandIn::Nobody } else { StandIn::Another(acting) })
    }

    /// For whom a person acts today, besides themselves: keys, sorted.
    pub fn acts_for(&self, person: &str, today: i32) -> Vec<&str> {
        let away = self.away.keys().map(String::as_str);
        away.filter(|absent| *absent != person && self.on_duty(absent, today) == person).collect()
    }

    /// Whether `playbook` (or everything) is paused at `now`.
    pub fn paused(&self, playbook: &str, now: Instant) -> bool {
        let live = |entry: &(Option<Instant>, String)| entry.0.is_none_or(|until| now < until);
        self.pauses.get("*").is_some_and(live) || self.pauses.get(playbook).is_some_and(live)
    }
}
