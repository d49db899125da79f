//! What KPIs ask of a customer: little, because they ask it of everybody.

use jiff::tz::TimeZone;

use crate::{insight::view::AccountView, model::ids::AccountId};

/// What is asked of every customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Milestones that end the onboarding.
    pub required: Vec<String>,
    /// The milestone that proves first value.
    pub first_value: Option<String>,
    /// Metrics whose adoption is asked for.
    pub features: Vec<String>,
}

/// One customer's answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// Who.
    pub id: AccountId,
    /// The local day on which it was heard of first: what it had reached before has no day of its own.
    pub seen: i32,
    /// One of our own test accounts.
    pub internal: bool,
    /// Whether its health is green; none = unknown.
    pub green: Option<bool>,
    /// Whether anybody logged in within seven days; none = unknown.
    pub active: Option<bool>,
    /// Whether each of the features asked for was used; none = unknown.
    pub uses: Vec<Option<bool>>,
    /// The milestones asked for that it has reached, with the local day.
    milestones: Vec<(String, i32)>,
}

impl Asked {
    /// The answers of one account, whose days are those of `zone`.
    pub fn of(&self, view: &AccountView, zone: &TimeZone) -> Customer {
        let once = |name: &str| view.number(name).map(|n| n >= 1.0);
        let wanted = |name: &String| self.required.contains(name) || self.first_value.as_ref() == Some(name);
        let reached = view.state.milestones.iter().filter(|(name, _)| wanted(name));
        let band = view.band();
        Customer {
            id: view.id,
            seen: view.state.first_seen.day(zone),
            internal: view.is_internal(),
            green: (band != "unknown").then_some(band == "green"),
            active: once("metric.logins_7d"),
            uses: self.features.iter().map(|feature| once(&format!("metric.{feature}"))).collect(),
            milestones: reached.map(|(name, at)| (name.clone(), at.day(zone))).collect(),
        }
    }
}

impl Customer {
    /// The local day on which it reached a milestone that was asked for.
    pub fn reached(&self, name: &str) -> Option<i32> {
        self.milestones.iter().find(|(known, _)| known == name).map(|(_, day)| *day)
    }
}
