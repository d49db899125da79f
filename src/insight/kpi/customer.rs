//! What KPIs ask of a customer: little, because they ask it of everybody.

use jiff::tz::TimeZone;

use crate::{
    insight::{book::Book, view::AccountView},
    model::ids::AccountId,
};

/// Days that nothing lies before or after.
const EVER: i32 = 4_000_000;

/// What is asked of every customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Milestones that end the onboarding.
    pub required: Vec<String>,
    /// The milestone that proves first value.
    pub first_value: Option<String>,
    /// Features whose use is asked for.
    pub features: Vec<Feature>,
    /// The local day of the question.
    pub today: i32,
}

/// A metric that counts the use of one feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feature {
    /// The metric's name.
    pub metric: String,
    /// Days that it looks back; none where it does not look at the last N days.
    pub days: Option<u16>,
}

/// What is known of one customer's use of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Whether it is in use now; none = unknown.
    pub now: Option<bool>,
    /// Whether it was ever used; none = unknown.
    pub ever: Option<bool>,
    /// Whether it was used before the days that `now` looks at.
    pub earlier: bool,
}

/// One customer's answers.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// The use of each of the features asked for.
    pub uses: Vec<Use>,
    /// People active in 30 days, and seats paid for; none where either is unknown or no seat is paid for.
    pub seats: Option<(f64, f64)>,
    /// Days with a login, of the last 28; none = unknown.
    pub active_days: Option<f64>,
    /// The milestones asked for that it has reached, with the local day.
    pub(super) milestones: Vec<(String, i32)>,
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
            uses: self.features.iter().map(|feature| self.uses(feature, view, zone)).collect(),
            seats: view
                .number("metric.active_users_30d")
                .zip(view.number("account.seats").filter(|seats| *seats > 0.0)),
            active_days: view.number("metric.active_days_28d"),
            milestones: reached.map(|(name, at)| (name.clone(), at.day(zone))).collect(),
        }
    }
}

/// The day from which on losses are on record: the first loss that is known, or the day on which the first customer was
/// heard of. Whoever left before is not in a list of present customers. None without customers.
pub fn recorded_from(book: &Book, customers: &[Customer]) -> Option<i32> {
    recorded(book, customers.iter().filter(|customer| !customer.internal).map(|customer| customer.seen))
}

/// The same of the days on which customers were heard of first.
pub fn recorded(book: &Book, heard: impl Iterator<Item = i32>) -> Option<i32> {
    heard.chain(book.accounts.iter().filter_map(|(_, account)| account.lost(-EVER, EVER))).min()
}

impl Asked {
    fn uses(&self, feature: &Feature, view: &AccountView, zone: &TimeZone) -> Use {
        let now = view.number(&format!("metric.{}", feature.metric)).map(|n| n >= 1.0);
        let first = view.state.metrics.get(&feature.metric).and_then(|state| state.first).map(|at| at.day(zone));
        let before = |first: i32| feature.days.is_some_and(|days| first <= self.today - i32::from(days));
        let ever = now.map(|now| now || first.is_some());
        Use { now, ever, earlier: first.is_some_and(before) }
    }
}

impl Customer {
    /// The local day on which it reached a milestone that was asked for.
    pub fn reached(&self, name: &str) -> Option<i32> {
        self.milestones.iter().find(|(known, _)| known == name).map(|(_, day)| *day)
    }
}
