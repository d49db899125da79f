//! The rows of a digest, ranked by risk × MRR.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::view::AccountView;
use crate::model::{instant::Instant, money::Money};

/// A digest as data; rendering is for the front ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DigestData {
    /// The digest's name.
    pub name: String,
    /// The moment the numbers are from.
    pub as_of: Instant,
    /// Rows, worst first.
    pub rows: Vec<DigestRow>,
    /// Accounts that matched but did not fit.
    pub more: usize,
    /// Accounts that matched but are snoozed for this digest.
    pub snoozed: usize,
    /// Customers looked at.
    pub customers: usize,
    /// Colleagues who look after more customers than they can: who, how many, how many are manageable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overloaded: Vec<(String, usize, u32)>,
}

/// One account in a digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DigestRow {
    /// The account's key.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its band.
    pub band: String,
    /// Its score, and the best possible.
    pub score: Option<f64>,
    /// The best score its scorecard can give.
    pub best: f64,
    /// Change over seven days.
    pub change_7d: Option<f64>,
    /// Monthly revenue.
    pub mrr: Option<Money>,
    /// The next renewal, as a local day number.
    pub renewal: Option<i32>,
    /// Its CSM.
    pub csm: Option<String>,
    /// What pulls the score down: (component, points lost against its best), largest first.
    pub reasons: Vec<(String, f64)>,
    /// The family of the component that lost most: what to do about it first.
    pub suggested: String,
    /// Acknowledged by, if somebody is on it.
    pub acked: Option<String>,
    /// Alerts that are on, by name.
    #[serde(default)]
    pub alerts: Vec<String>,
}

/// Builds a digest from the accounts that matched its condition.
pub fn build(name: &str, matched: Vec<&AccountView>, customers: usize, limit: usize, now: Instant) -> DigestData {
    let what = format!("digest:{name}");
    let total = matched.len();
    let mut live: Vec<&AccountView> = matched.into_iter().filter(|v| !v.state.muted(&what, now)).collect();
    let snoozed = total - live.len();
    live.sort_by(|a, b| exposure(b).total_cmp(&exposure(a)).then_with(|| a.key.cmp(&b.key)));
    let more = live.len().saturating_sub(limit);
    let rows = live.into_iter().take(limit).map(|v| row(v, &what)).collect();
    DigestData { name: name.to_owned(), as_of: now, rows, more, snoozed, customers, overloaded: Vec::new() }
}

/// Who looks after more customers than they can.
pub fn overloaded<'v>(
    customers: impl Iterator<Item = &'v AccountView> + Clone,
    capacity: &BTreeMap<String, u32>,
) -> Vec<(String, usize, u32)> {
    let of = |key: &str| customers.clone().filter(|v| v.text("account.csm") == Some(key)).count();
    let counted = capacity.iter().map(|(key, limit)| (key.clone(), of(key), *limit));
    counted.filter(|(_, accounts, limit)| *accounts > *limit as usize).collect()
}

/// Risk × MRR: the share of the score that is lost, times monthly revenue in major units. An account
/// without revenue on record counts as 1, so that risk alone orders those.
pub fn exposure(view: &AccountView) -> f64 {
    risk(view) * view.mrr().map_or(1.0, |m| m.major().max(1.0))
}

/// 0 (everything fine) to 1: the share of the best possible score that is missing; unknown = 0.5.
pub fn risk(view: &AccountView) -> f64 {
    match (view.score(), view.best_score()) {
        (Some(score), best) if best > 0.0 => (1.0 - score / best).clamp(0.0, 1.0),
        _ => 0.5,
    }
}

fn row(view: &AccountView, what: &str) -> DigestRow {
    let mut reasons: Vec<(String, f64)> =
        view.components().iter().filter(|c| !c.missing).map(|c| (c.name.clone(), c.max - c.points)).collect();
    reasons.retain(|r| r.1 > 1e-9);
    reasons.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    DigestRow {
        account: view.key.clone(),
        name: view.name(),
        band: view.band().to_owned(),
        score: view.score(),
        best: view.best_score(),
        change_7d: view.number("health.change_7d"),
        mrr: view.mrr(),
        renewal: view.day("account.renewal_date"),
        csm: view.text("account.csm").map(str::to_owned),
        suggested: reasons.first().map(|r| r.0.clone()).unwrap_or_default(),
        reasons,
        acked: view.state.acks.get(what).map(|a| a.0.clone()),
        alerts: view.state.alerts.keys().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        money::Currency,
        state::{ComponentValue, HealthState},
        value::Value,
    };

    fn account(key: &str, points: f64, mrr: i64) -> AccountView {
        let component = ComponentValue { name: "login".into(), points, max: 6.0, ..Default::default() };
        let mut view = AccountView { key: key.into(), ..Default::default() };
        view.state.health =
            Some(HealthState { score: Some(points), components: vec![component], ..Default::default() }.into());
        view.values.insert("health.score".into(), Value::Num(points));
        view.values.insert("account.mrr".into(), Value::Money(Money { amount_minor: mrr, currency: Currency::JPY }));
        view
    }

    #[test]
    fn risk_times_revenue_ranks() {
        // 5/6 × 10,000 = 8,333 · 3/6 × 20,000 = 10,000 · 4/6 × 1,000 = 667
        let views = [account("a", 1.0, 10_000), account("b", 3.0, 20_000), account("c", 2.0, 1_000)];
        let digest = build("at-risk", views.iter().collect(), 3, 2, Instant(0));
        let order: Vec<&str> = digest.rows.iter().map(|r| r.account.as_str()).collect();
        assert_eq!((order, digest.more), (vec!["b", "a"], 1));
    }

    #[test]
    fn only_who_is_over_their_capacity_is_named() {
        let owned = |key: &str, csm: &str| {
            let mut view = account(key, 1.0, 1);
            view.values.insert("account.csm".into(), Value::text(csm));
            view
        };
        let views = [owned("a", "kei"), owned("b", "kei"), owned("c", "mio"), account("d", 1.0, 1)];
        let capacity = BTreeMap::from([("kei".to_owned(), 1), ("mio".to_owned(), 1), ("ann".to_owned(), 3)]);
        assert_eq!(overloaded(views.iter(), &capacity), [("kei".to_owned(), 2, 1)]);
    }

    #[test]
    fn a_snoozed_row_stays_away_until_its_date() {
        let mut view = account("a", 1.0, 10_000);
        view.state.mutes.insert("digest:at-risk".into(), Instant(100));
        assert_eq!(build("at-risk", vec![&view], 1, 9, Instant(99)).snoozed, 1);
        assert_eq!(build("at-risk", vec![&view], 1, 9, Instant(100)).rows.len(), 1);
    }
}
