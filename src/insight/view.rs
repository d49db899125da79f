//! One account as answers and numbers see it.

use crate::model::{
    ids::AccountId,
    instant::Instant,
    money::Money,
    run::{Run, Task},
    shared::Shared,
    snapshot::Snapshot,
    state::{AccountState, ComponentValue},
    value::Value,
    values::Values,
};

/// An account with every derived value at one moment.
#[derive(Clone, Debug, Default)]
pub struct AccountView {
    /// Internal number.
    pub id: AccountId,
    /// The key people use.
    pub key: String,
    /// Folded state, brought up to the moment.
    pub state: AccountState,
    /// Open runs.
    pub runs: Vec<Shared<Run>>,
    /// Open tasks.
    pub tasks: Vec<Task>,
    /// Every name conditions can read, with its value.
    pub values: Values,
}

impl AccountView {
    /// An account with what was said of it, nothing derived.
    pub fn plain(snapshot: Snapshot) -> AccountView {
        let attrs = snapshot.state.attrs.iter();
        let values = attrs.map(|(name, attr)| (format!("account.{name}"), attr.value.clone())).collect();
        AccountView { id: snapshot.account, key: snapshot.key, values, state: snapshot.state, ..AccountView::default() }
    }

    /// A value by the name conditions use; missing where there is none.
    pub fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Missing)
    }

    /// Display name.
    pub fn name(&self) -> String {
        self.text("account.name").unwrap_or(&self.key).to_owned()
    }

    /// A text value by name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).as_text()
    }

    /// A number by name.
    pub fn number(&self, name: &str) -> Option<f64> {
        // A float sum of nothing is -0, which nobody should read.
        self.value(name).as_num().map(|n| n + 0.0)
    }

    /// Health band: `green`, `yellow`, `red` or `unknown`.
    pub fn band(&self) -> &str {
        self.text("health.band").unwrap_or("unknown")
    }

    /// Health score.
    pub fn score(&self) -> Option<f64> {
        self.number("health.score")
    }

    /// Components of the score.
    pub fn components(&self) -> &[ComponentValue] {
        self.state.health.as_ref().map_or(&[], |h| &h.components)
    }

    /// The best score the scorecard can give.
    pub fn best_score(&self) -> f64 {
        self.components().iter().map(|c| c.max).sum()
    }

    /// Band of readiness to grow: `ready`, `warming`, `not_yet` or `unknown`; none where the model has no such score.
    pub fn readiness_band(&self) -> Option<&str> {
        self.text("expansion.band")
    }

    /// Monthly recurring revenue.
    pub fn mrr(&self) -> Option<Money> {
        match self.value("account.mrr") {
            Value::Money(m) => Some(*m),
            _ => None,
        }
    }

    /// A date as local day number.
    pub fn day(&self, name: &str) -> Option<i32> {
        match self.value(name) {
            Value::Date(day) => Some(*day),
            _ => None,
        }
    }

    /// A moment.
    pub fn instant(&self, name: &str) -> Option<Instant> {
        match self.value(name) {
            Value::Instant(at) => Some(*at),
            _ => None,
        }
    }

    /// A customer: not cancelled, not our own test account.
    pub fn is_customer(&self) -> bool {
        self.text("account.status") != Some("churned") && !self.is_internal()
    }

    /// Our own test account.
    pub fn is_internal(&self) -> bool {
        *self.value("account.internal") == Value::Bool(true)
    }

    /// What the last seven days took from (or gave to) each component: (name, points), largest loss
    /// first. The parts sum to the change of the score.
    pub fn causes(&self, today: i32) -> Vec<(String, f64)> {
        let Some(health) = &self.state.health else { return Vec::new() };
        let Some((_, _, then)) = health.daily.iter().rev().find(|d| d.0 <= today - 7) else { return Vec::new() };
        let pairs = health.components.iter().zip(then);
        let mut causes: Vec<(String, f64)> = pairs.map(|(c, old)| (c.name.clone(), c.points - old)).collect();
        causes.retain(|c| c.1.abs() > 1e-9);
        causes.sort_by(|a, b| a.1.total_cmp(&b.1));
        causes
    }
}
