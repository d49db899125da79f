//! The rows of a digest: ranked, and compared with those of the last time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    answers::{Summary, Voice},
    kpi::moves::Move,
    product::Want,
    ranking::Ranking,
    results::PlaybookRow,
    topics::Topic,
    view::AccountView,
    wins::Win,
};
use crate::{
    model::{instant::Instant, money::Money},
    rulebook::types::{DigestOf, Order},
};

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
    /// What its rows are.
    #[serde(default)]
    pub kind: DigestOf,
    /// What stands first among accounts.
    #[serde(default)]
    pub order: Order,
    /// Days that wins, playbooks and topics look back.
    #[serde(default)]
    pub days: i64,
    /// When it was posted last; none = never, or nothing is compared.
    #[serde(default)]
    pub since: Option<Instant>,
    /// Names of accounts that were in it then and are not now: the first few.
    #[serde(default)]
    pub gone: Vec<String>,
    /// How many those are.
    #[serde(default)]
    pub left: usize,
    /// The same accounts in the same bands as then.
    #[serde(default)]
    pub unchanged: bool,
    /// Accounts nobody has taken, also of those that did not fit.
    #[serde(default)]
    pub untaken: usize,
    /// The first of those: what is told where nothing has changed.
    #[serde(default)]
    pub open: Vec<DigestRow>,
    /// What playbooks did.
    #[serde(default)]
    pub playbooks: Vec<PlaybookRow>,
    /// How the KPIs moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kpis: Vec<Move>,
    /// What was spoken of.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// What surveys came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surveys: Vec<Summary>,
    /// What was written beside the numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<Voice>,
    /// What product hears.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wants: Vec<Want>,
    /// Its rows are those nobody took in time: it goes to whoever is to hear of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Unanswered>,
}

/// Whom a digest asked, and since when nobody took its rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Where it was posted: channels, people, addresses.
    pub asked: Vec<String>,
    /// When these rows were posted first.
    pub since: Instant,
    /// By when somebody should have taken them.
    pub until: Instant,
}

/// Whether somebody took the account for this digest since `came_in`: by a button under its row, or by anything else a
/// person does about it.
pub fn taken(view: &AccountView, what: &str, came_in: Instant) -> bool {
    let acked = view.state.acks.get(what).is_some_and(|(_, at)| *at >= came_in);
    acked || view.state.taken.is_some_and(|at| at >= came_in)
}

/// Who was in a digest when it was posted, by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// When that was.
    pub at: Instant,
    /// Everybody who matched, also those that did not fit or were snoozed.
    pub rows: BTreeMap<String, Member>,
}

/// An account in a digest, as it was posted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its band.
    pub band: String,
    /// When it was posted first, of all the posts in a row that had it: who took it before took something else.
    pub came_in: Instant,
}

/// Names said of those that are gone.
const NAMED: usize = 5;

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
    /// The score at the end of each of the last eight local days, today's last; none = not known then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Option<f64>>,
    /// What the last seven days took from its components or gave them, in points: the largest loss first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<(String, f64)>,
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
    /// It was not there last time.
    #[serde(default)]
    pub fresh: bool,
    /// Its phase, and for how many local days.
    #[serde(default)]
    pub phase: Option<(String, f64)>,
    /// What went well.
    #[serde(default)]
    pub wins: Vec<Win>,
    /// How ready it is to grow, where the model has that score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
}

impl DigestRow {
    /// The same with its last eight days up to the local day `today`.
    #[must_use]
    pub fn with_past(mut self, view: &AccountView, today: i32) -> DigestRow {
        let Some(health) = &view.state.health else { return self };
        let at = |day: i32| health.daily.iter().rev().find(|d| d.0 <= day).map(|d| d.1);
        self.past = (today - 7..today).map(at).chain([self.score]).collect();
        self.moved = view.causes(today);
        self
    }
}

/// How ready an account is to grow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Its band.
    pub band: String,
    /// Its score; none where nothing is known.
    pub score: Option<f64>,
    /// The best score its scorecard can give.
    pub best: f64,
    /// What speaks for it: (component, points it gave), largest first.
    pub reasons: Vec<(String, f64)>,
}

impl Ready {
    fn of(view: &AccountView) -> Option<Ready> {
        let found = view.state.expansion.as_ref()?;
        let gives = found.components.iter().filter(|c| !c.missing && c.points > 1e-9);
        let mut reasons: Vec<(String, f64)> = gives.map(|c| (c.name.clone(), c.points)).collect();
        reasons.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let best = found.components.iter().map(|c| c.max).sum();
        Some(Ready { band: found.band.clone(), score: found.score, best, reasons })
    }
}

/// A list of accounts that is not posted: whoever took one did so since its band changed last.
pub fn build(name: &str, matched: Vec<&AccountView>, customers: usize, limit: usize, now: Instant) -> DigestData {
    let mut ranking = Ranking::new(name, limit, Order::Risk, None, now);
    matched.into_iter().for_each(|view| ranking.add(view));
    ranking.finish(customers).0
}

impl Seen {
    fn bands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows.iter().map(|(key, member)| (key.as_str(), member.band.as_str()))
    }
}

impl DigestData {
    /// Says what changed since it was posted last.
    #[must_use]
    pub fn since(mut self, before: &Seen, now: &Seen) -> DigestData {
        let gone: Vec<&Member> =
            before.rows.iter().filter(|(key, _)| !now.rows.contains_key(*key)).map(|(_, member)| member).collect();
        self.since = Some(before.at);
        self.left = gone.len();
        self.gone = gone.iter().take(NAMED).map(|member| member.name.clone()).collect();
        self.rows.iter_mut().for_each(|row| row.fresh = !before.rows.contains_key(&row.account));
        self.unchanged = before.bands().eq(now.bands());
        self
    }
}

/// Risk × MRR: the share of the score that is lost, times monthly revenue in major units. An account
/// without revenue on record counts as 1, so that risk alone orders those.
pub fn exposure(view: &AccountView) -> f64 {
    risk(view) * view.mrr().map_or(1.0, |m| m.major().max(1.0))
}

/// Readiness × MRR: the share of the points that speak for growing, times monthly revenue in major units (1 where
/// none is on record).
pub fn promise(view: &AccountView) -> f64 {
    let ready = view.state.expansion.as_ref();
    let best: f64 = ready.map_or(0.0, |r| r.components.iter().map(|c| c.max).sum());
    let share = ready.and_then(|r| r.score).filter(|_| best > 0.0).map_or(0.0, |score| (score / best).clamp(0.0, 1.0));
    share * view.mrr().map_or(1.0, |m| m.major().max(1.0))
}

/// 0 (everything fine) to 1: the share of the best possible score that is missing; unknown = 0.5.
pub fn risk(view: &AccountView) -> f64 {
    match (view.score(), view.best_score()) {
        (Some(score), best) if best > 0.0 => (1.0 - score / best).clamp(0.0, 1.0),
        _ => 0.5,
    }
}

/// The row of one account; whoever took it before `came_in` took what was there then.
pub fn row(view: &AccountView, what: &str, came_in: Instant) -> DigestRow {
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
        past: Vec::new(),
        moved: Vec::new(),
        mrr: view.mrr(),
        renewal: view.day("account.renewal_date"),
        csm: view.text("account.csm").map(str::to_owned),
        suggested: reasons.first().map(|r| r.0.clone()).unwrap_or_default(),
        reasons,
        acked: view.state.acks.get(what).filter(|(_, at)| *at >= came_in).map(|(who, _)| who.clone()),
        alerts: view.state.alerts.keys().cloned().collect(),
        fresh: false,
        phase: view.text("phase").map(|name| (name.to_owned(), view.number("days_in_phase").unwrap_or(0.0))),
        wins: Vec::new(),
        ready: Ready::of(view),
    }
}
