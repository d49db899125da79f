//! The rows of a digest: ranked, and compared with those of the last time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{results::PlaybookRow, topics::Topic, view::AccountView, wins::Win};
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
    /// What was spoken of.
    #[serde(default)]
    pub topics: Vec<Topic>,
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

/// Accounts remembered of a digest; of more, none, rather than to call the rest gone.
const MOST: usize = 5_000;
/// Names said of those that are gone.
const NAMED: usize = 5;
/// Rows shown of a digest in which nothing has changed.
const SHORT: usize = 3;

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
    /// It was not there last time.
    #[serde(default)]
    pub fresh: bool,
    /// Its phase, and for how many local days.
    #[serde(default)]
    pub phase: Option<(String, f64)>,
    /// What went well.
    #[serde(default)]
    pub wins: Vec<Win>,
}

/// A list of accounts that is not posted: whoever took one did so since its band changed last.
pub fn build(name: &str, matched: Vec<&AccountView>, customers: usize, limit: usize, now: Instant) -> DigestData {
    ordered(name, matched, customers, limit, Order::Risk, None, now)
}

/// Builds a digest from the accounts that matched its condition; `before` is what was posted last.
pub fn ordered(
    name: &str,
    matched: Vec<&AccountView>,
    customers: usize,
    limit: usize,
    order: Order,
    before: Option<&Seen>,
    now: Instant,
) -> DigestData {
    let what = format!("digest:{name}");
    let total = matched.len();
    let mut live: Vec<&AccountView> = matched.into_iter().filter(|v| !v.state.muted(&what, now)).collect();
    let snoozed = total - live.len();
    live.sort_by(|a, b| first(order, a).total_cmp(&first(order, b)).then_with(|| a.key.cmp(&b.key)));
    let more = live.len().saturating_sub(limit);
    let mut rows: Vec<DigestRow> = live.into_iter().map(|v| row(v, &what, came_in(v, before, now))).collect();
    let untaken = rows.iter().filter(|row| row.acked.is_none()).count();
    let open = rows.iter().filter(|row| row.acked.is_none()).take(SHORT).cloned().collect();
    rows.truncate(limit);
    let name = name.to_owned();
    DigestData { name, as_of: now, rows, more, snoozed, customers, order, untaken, open, ..DigestData::default() }
}

/// When an account came in: with the post since which it has stood there, else now; its band's change where nothing
/// was posted.
fn came_in(view: &AccountView, before: Option<&Seen>, now: Instant) -> Instant {
    match before {
        Some(seen) => seen.rows.get(&view.key).map_or(now, |member| member.came_in),
        None => view.state.health.as_ref().map_or(Instant(0), |health| health.band_since),
    }
}

/// What an account is ranked by: the least comes first.
fn first(order: Order, view: &AccountView) -> f64 {
    match order {
        Order::Risk => -exposure(view),
        Order::Renewal => view.day("account.renewal_date").map_or(f64::INFINITY, f64::from),
        Order::Revenue => -view.mrr().map_or(0.0, |m| m.major()),
        Order::Phase => -view.number("days_in_phase").unwrap_or(0.0),
    }
}

/// How many customers everybody with a capacity looks after: who, how many, how many are manageable.
pub fn loads<'v>(
    customers: impl Iterator<Item = &'v AccountView> + Clone,
    capacity: &BTreeMap<String, u32>,
) -> Vec<(String, usize, u32)> {
    let of = |key: &str| customers.clone().filter(|v| v.text("account.csm") == Some(key)).count();
    capacity.iter().map(|(key, limit)| (key.clone(), of(key), *limit)).collect()
}

/// Those who look after more than they can.
pub fn overloaded<'v>(
    customers: impl Iterator<Item = &'v AccountView> + Clone,
    capacity: &BTreeMap<String, u32>,
) -> Vec<(String, usize, u32)> {
    loads(customers, capacity).into_iter().filter(|(_, accounts, limit)| *accounts > *limit as usize).collect()
}

/// Accounts with their wins since `from`, the most first, then the most revenue.
pub fn wins(
    name: &str,
    won: Vec<(&AccountView, Vec<Win>)>,
    customers: usize,
    limit: usize,
    from: Instant,
    now: Instant,
) -> DigestData {
    let what = format!("digest:{name}");
    let total = won.len();
    let mut live: Vec<(&AccountView, Vec<Win>)> = won.into_iter().filter(|(v, _)| !v.state.muted(&what, now)).collect();
    let snoozed = total - live.len();
    let rank = |(v, wins): &(&AccountView, Vec<Win>)| (wins.len() as f64, v.mrr().map_or(0.0, |m| m.major()));
    live.sort_by(|a, b| {
        let (a, b) = ((rank(a), &a.0.key), (rank(b), &b.0.key));
        b.0.0.total_cmp(&a.0.0).then(b.0.1.total_cmp(&a.0.1)).then_with(|| a.1.cmp(b.1))
    });
    let more = live.len().saturating_sub(limit);
    let rows = live.into_iter().take(limit).map(|(v, wins)| DigestRow { wins, ..row(v, &what, from) }).collect();
    let kind = DigestOf::Wins;
    DigestData { name: name.to_owned(), as_of: now, rows, more, snoozed, customers, kind, ..DigestData::default() }
}

impl Seen {
    /// Who matches now, each since it came in; none where they are too many to remember.
    pub fn of(matched: &[&AccountView], before: Option<&Seen>, now: Instant) -> Option<Seen> {
        let since = |key: &str| before.and_then(|seen| seen.rows.get(key)).map_or(now, |member| member.came_in);
        let member = |v: &AccountView| Member { name: v.name(), band: v.band().to_owned(), came_in: since(&v.key) };
        let rows = || matched.iter().map(|v| (v.key.clone(), member(v))).collect();
        (matched.len() <= MOST).then(|| Seen { at: now, rows: rows() })
    }

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

/// 0 (everything fine) to 1: the share of the best possible score that is missing; unknown = 0.5.
pub fn risk(view: &AccountView) -> f64 {
    match (view.score(), view.best_score()) {
        (Some(score), best) if best > 0.0 => (1.0 - score / best).clamp(0.0, 1.0),
        _ => 0.5,
    }
}

/// The row of one account; whoever took it before `came_in` took what was there then.
fn row(view: &AccountView, what: &str, came_in: Instant) -> DigestRow {
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
        acked: view.state.acks.get(what).filter(|(_, at)| *at >= came_in).map(|(who, _)| who.clone()),
        alerts: view.state.alerts.keys().cloned().collect(),
        fresh: false,
        phase: view.text("phase").map(|name| (name.to_owned(), view.number("days_in_phase").unwrap_or(0.0))),
        wins: Vec::new(),
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
    fn what_is_new_gone_or_as_before_is_said() {
        let views = [account("a", 1.0, 10), account("b", 2.0, 10), account("c", 3.0, 10)];
        let seen = |from: &[&AccountView], at| Seen::of(from, None, Instant(at)).unwrap();
        let data = || build("x", vec![&views[0], &views[1]], 3, 9, Instant(9));
        let now = seen(&[&views[0], &views[1]], 9);
        let changed = data().since(&seen(&[&views[1], &views[2]], 5), &now);
        let fresh: Vec<bool> = changed.rows.iter().map(|r| r.fresh).collect();
        assert_eq!(
            (changed.since, changed.left, changed.gone.as_slice()),
            (Some(Instant(5)), 1, ["c".to_owned()].as_slice())
        );
        assert_eq!((fresh, changed.unchanged), (vec![true, false], false));
        assert!(data().since(&seen(&[&views[1], &views[0]], 5), &now).unchanged);
    }

    #[test]
    fn who_took_a_row_that_left_and_came_again_did_not_take_the_new_one() {
        let mut view = account("a", 1.0, 10);
        view.state.acks.insert("digest:x".into(), ("Kei".into(), Instant(15)));
        let acked = |before: Option<&Seen>, now| {
            let data = ordered("x", vec![&view], 1, 9, Order::Risk, before, Instant(now));
            (data.rows[0].acked.clone(), data.untaken)
        };
        let post =
            |matched: &[&AccountView], before: Option<&Seen>, at| Seen::of(matched, before, Instant(at)).unwrap();
        let first = post(&[&view], None, 10);
        let second = post(&[&view], Some(&first), 20);
        assert_eq!(second.rows["a"].came_in, Instant(10));
        assert_eq!(acked(Some(&second), 25), (Some("Kei".to_owned()), 0), "it has stood there ever since");
        let without = post(&[], Some(&second), 30);
        assert_eq!(acked(Some(&without), 40), (None, 1));
        let again = post(&[&view], Some(&without), 40);
        assert_eq!(acked(Some(&again), 50), (None, 1), "the acknowledgement was about another time");
    }

    #[test]
    fn what_nobody_took_is_counted_over_all_not_only_over_what_fits() {
        let mut views: Vec<AccountView> = (0..9).map(|n| account(&format!("a{n}"), 1.0, 100 - n)).collect();
        for view in &mut views[..5] {
            view.state.acks.insert("digest:x".into(), ("Kei".into(), Instant(5)));
        }
        let data = build("x", views.iter().collect(), 9, 2, Instant(9));
        let open: Vec<&str> = data.open.iter().map(|row| row.account.as_str()).collect();
        assert_eq!((data.rows.len(), data.untaken, open), (2, 4, vec!["a5", "a6", "a7"]));
    }

    #[test]
    fn more_than_can_be_remembered_are_not_remembered_in_part() {
        let views: Vec<AccountView> =
            (0..=MOST).map(|n| AccountView { key: n.to_string(), ..AccountView::default() }).collect();
        let all: Vec<&AccountView> = views.iter().collect();
        assert_eq!(Seen::of(&all, None, Instant(1)), None);
        assert_eq!(Seen::of(&all[1..], None, Instant(1)).map(|seen| seen.rows.len()), Some(MOST));
    }

    #[test]
    fn a_digest_is_ordered_as_it_says() {
        // (points lost of 6, revenue, renewal, days in the phase): each order is another one.
        let facts = [("a", 1.0, 10, 8, 7.0), ("b", 2.0, 30, 10, 9.0), ("c", 5.0, 40, 9, 8.0)];
        let views = facts.map(|(key, points, mrr, day, days)| {
            let mut view = account(key, points, mrr);
            view.values.insert("account.renewal_date".into(), Value::Date(day));
            view.values.insert("days_in_phase".into(), Value::Num(days));
            view
        });
        let order = |order| -> String {
            let data = ordered("x", views.iter().collect(), 3, 9, order, None, Instant(0));
            data.rows.iter().map(|r| r.account.as_str()).collect()
        };
        // Risk: 5/6 × 10 = 8.3 · 4/6 × 30 = 20 · 1/6 × 40 = 6.7
        assert_eq!(
            [Order::Risk, Order::Renewal, Order::Revenue, Order::Phase].map(order),
            ["bac", "acb", "cba", "bca"]
        );
    }

    #[test]
    fn a_snoozed_row_stays_away_until_its_date() {
        let mut view = account("a", 1.0, 10_000);
        view.state.mutes.insert("digest:at-risk".into(), Instant(100));
        assert_eq!(build("at-risk", vec![&view], 1, 9, Instant(99)).snoozed, 1);
        assert_eq!(build("at-risk", vec![&view], 1, 9, Instant(100)).rows.len(), 1);
    }
}
