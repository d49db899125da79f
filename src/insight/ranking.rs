//! Accounts ranked one after the other, for digests over any number of them: only what fits is kept.

use std::collections::BTreeMap;

use super::{
    digest::{DigestData, DigestRow, Member, Seen, exposure, promise, row, taken},
    view::AccountView,
    wins::Win,
};
use crate::{
    model::instant::Instant,
    rulebook::types::{DigestOf, Order},
};

/// Accounts remembered of a digest; of more, none, rather than to call the rest gone.
const MOST: usize = 5_000;
/// Rows shown of a digest in which nothing has changed.
const SHORT: usize = 3;

/// The rows of a digest that fit, and how many did not.
struct Board<R> {
    name: String,
    what: String,
    limit: usize,
    now: Instant,
    rows: Top<R>,
    live: usize,
    snoozed: usize,
}

impl<R: Ranked> Board<R> {
    fn new(name: &str, limit: usize, now: Instant) -> Board<R> {
        let (name, what) = (name.to_owned(), format!("digest:{name}"));
        Board { name, what, limit, now, rows: Top::new(limit), live: 0, snoozed: 0 }
    }

    /// Counts an account; `false` = it is snoozed for this digest.
    fn admits(&mut self, view: &AccountView) -> bool {
        let snoozed = view.state.muted(&self.what, self.now);
        *(if snoozed { &mut self.snoozed } else { &mut self.live }) += 1;
        !snoozed
    }

    fn data(self, customers: usize) -> DigestData {
        DigestData {
            more: self.live.saturating_sub(self.limit),
            name: self.name,
            as_of: self.now,
            rows: self.rows.take(),
            snoozed: self.snoozed,
            customers,
            ..DigestData::default()
        }
    }
}

/// Ranks the accounts that match a digest's condition.
pub struct Ranking<'a> {
    board: Board<f64>,
    order: Order,
    before: Option<&'a Seen>,
    open: Top<f64>,
    untaken: usize,
    /// The local day, where rows tell of the days before.
    today: Option<i32>,
    /// Everybody; none once they are too many.
    seen: Option<BTreeMap<String, Member>>,
}

impl<'a> Ranking<'a> {
    /// Nobody yet. `before` is what was posted last.
    pub fn new(name: &str, limit: usize, order: Order, before: Option<&'a Seen>, now: Instant) -> Ranking<'a> {
        let (board, open) = (Board::new(name, limit, now), Top::new(SHORT));
        Ranking { board, order, before, open, untaken: 0, today: None, seen: Some(BTreeMap::new()) }
    }

    /// Rows tell how their score went in the week up to the local day `today`.
    #[must_use]
    pub fn up_to(self, today: i32) -> Ranking<'a> {
        Ranking { today: Some(today), ..self }
    }

    /// One more that matches.
    pub fn add(&mut self, view: &AccountView) {
        self.remember(view);
        if !self.board.admits(view) {
            return;
        }
        let came_in = came_in(view, self.before, self.board.now);
        let (rank, row) = (first(self.order, view), row(view, &self.board.what, came_in));
        let row = match self.today {
            Some(today) => row.with_past(view, today),
            None => row,
        };
        if !taken(view, &self.board.what, came_in) {
            self.untaken += 1;
            self.open.add(rank, || row.clone(), &view.key);
        }
        self.board.rows.add(rank, || row, &view.key);
    }

    /// Each since it came in.
    fn remember(&mut self, view: &AccountView) {
        let Some(seen) = &mut self.seen else { return };
        let known = self.before.and_then(|before| before.rows.get(&view.key));
        let came_in = known.map_or(self.board.now, |member| member.came_in);
        seen.insert(view.key.clone(), Member { name: view.name(), band: view.band().to_owned(), came_in });
        if seen.len() > MOST {
            self.seen = None;
        }
    }

    /// The digest of `customers` customers looked at, and who is to be remembered of it.
    pub fn finish(self, customers: usize) -> (DigestData, Option<Seen>) {
        let (order, untaken, open, at) = (self.order, self.untaken, self.open.take(), self.board.now);
        let data = DigestData { order, untaken, open, ..self.board.data(customers) };
        (data, self.seen.map(|rows| Seen { at, rows }))
    }
}

/// Accounts with their wins since `from`, the most first, then the most revenue.
pub struct Winners {
    board: Board<[f64; 2]>,
    from: Instant,
}

impl Winners {
    /// Nobody yet.
    pub fn new(name: &str, limit: usize, from: Instant, now: Instant) -> Winners {
        Winners { board: Board::new(name, limit, now), from }
    }

    /// One more that matches; without wins it is not listed.
    pub fn add(&mut self, view: &AccountView, wins: Vec<Win>) {
        if wins.is_empty() || !self.board.admits(view) {
            return;
        }
        let rank = [-(wins.len() as f64), -view.mrr().map_or(0.0, |m| m.major())];
        let row = || DigestRow { wins, ..row(view, &self.board.what, self.from) };
        self.board.rows.add(rank, row, &view.key);
    }

    /// The digest of `customers` customers looked at.
    pub fn finish(self, customers: usize) -> DigestData {
        DigestData { kind: DigestOf::Wins, ..self.board.data(customers) }
    }
}

/// How many customers each owner looks after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loads(BTreeMap<String, usize>);

impl Loads {
    /// One more customer.
    pub fn add(&mut self, view: &AccountView) {
        if let Some(owner) = view.text("account.csm") {
            *self.0.entry(owner.to_owned()).or_default() += 1;
        }
    }

    /// Everybody with a capacity: who, how many, how many are manageable.
    pub fn of(&self, capacity: &BTreeMap<String, u32>) -> Vec<(String, usize, u32)> {
        let of = |key: &String| self.0.get(key).copied().unwrap_or_default();
        capacity.iter().map(|(key, limit)| (key.clone(), of(key), *limit)).collect()
    }

    /// Those who look after more than they can.
    pub fn over(&self, capacity: &BTreeMap<String, u32>) -> Vec<(String, usize, u32)> {
        self.of(capacity).into_iter().filter(|(_, accounts, limit)| *accounts > *limit as usize).collect()
    }
}

/// The least by rank, then by key; no more than fit.
struct Top<R> {
    most: usize,
    rows: Vec<(R, DigestRow)>,
}

impl<R: Ranked> Top<R> {
    fn new(most: usize) -> Top<R> {
        Top { most, rows: Vec::new() }
    }

    fn add(&mut self, rank: R, row: impl FnOnce() -> DigestRow, key: &str) {
        let at = self
            .rows
            .partition_point(|(known, row)| known.order(&rank).then_with(|| row.account.as_str().cmp(key)).is_lt());
        if at < self.most {
            self.rows.insert(at, (rank, row()));
            self.rows.truncate(self.most);
        }
    }

    fn take(self) -> Vec<DigestRow> {
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// What rows are ranked by.
trait Ranked {
    /// Which of two comes first.
    fn order(&self, other: &Self) -> std::cmp::Ordering;
}

impl Ranked for f64 {
    fn order(&self, other: &f64) -> std::cmp::Ordering {
        self.total_cmp(other)
    }
}

impl Ranked for [f64; 2] {
    fn order(&self, other: &[f64; 2]) -> std::cmp::Ordering {
        self[0].total_cmp(&other[0]).then(self[1].total_cmp(&other[1]))
    }
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
        Order::Expansion => -promise(view),
        Order::Phase => -view.number("days_in_phase").unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::digest::build;
    use crate::model::{
        money::{Currency, Money},
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

    fn ordered(
        name: &str,
        matched: Vec<&AccountView>,
        customers: usize,
        limit: usize,
        order: Order,
        before: Option<&Seen>,
        now: Instant,
    ) -> DigestData {
        let mut ranking = Ranking::new(name, limit, order, before, now);
        matched.into_iter().for_each(|view| ranking.add(view));
        ranking.finish(customers).0
    }

    /// Who is remembered.
    fn seen_of(matched: &[&AccountView], before: Option<&Seen>, now: Instant) -> Option<Seen> {
        let mut ranking = Ranking::new("x", 1, Order::Risk, before, now);
        matched.iter().for_each(|view| ranking.add(view));
        ranking.finish(matched.len()).1
    }

    #[test]
    fn what_fits_is_the_same_in_whatever_order_accounts_are_seen() {
        let views: Vec<AccountView> =
            (0..40).map(|n| account(&format!("a{n:02}"), f64::from(n % 6), i64::from(n * 7 % 11) * 1_000)).collect();
        let there = ordered("x", views.iter().collect(), 40, 7, Order::Risk, None, Instant(9));
        let back = ordered("x", views.iter().rev().collect(), 40, 7, Order::Risk, None, Instant(9));
        let mut all: Vec<(f64, &str)> = views.iter().map(|v| (-exposure(v), v.key.as_str())).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        let keys: Vec<&str> = there.rows.iter().map(|row| row.account.as_str()).collect();
        assert_eq!(keys, all[..7].iter().map(|a| a.1).collect::<Vec<_>>());
        assert_eq!((there.more, there.rows == back.rows, there.open == back.open), (33, true, true));
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
        let mut loads = Loads::default();
        views.iter().for_each(|view| loads.add(view));
        assert_eq!(loads.over(&capacity), [("kei".to_owned(), 2, 1)]);
        assert_eq!(loads.of(&capacity).len(), 3);
    }

    #[test]
    fn what_is_new_gone_or_as_before_is_said() {
        let views = [account("a", 1.0, 10), account("b", 2.0, 10), account("c", 3.0, 10)];
        let seen = |from: &[&AccountView], at| seen_of(from, None, Instant(at)).unwrap();
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
        let post = |matched: &[&AccountView], before: Option<&Seen>, at| seen_of(matched, before, Instant(at)).unwrap();
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
        assert_eq!(seen_of(&all, None, Instant(1)), None);
        assert_eq!(seen_of(&all[1..], None, Instant(1)).map(|seen| seen.rows.len()), Some(MOST));
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
