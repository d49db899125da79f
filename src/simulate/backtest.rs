//! `backtest`: one playbook over history, with what was known then and never more.
//!
//! Facts of an import count from the day they happened, live ones from the day they were received. An
//! attribute without history before a moment is missing at that moment, never today's value.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    account::{Account, Stuck},
    portfolio::Portfolio,
};
use crate::{
    model::{
        fact::{Fact, FactBody, OWN},
        ids::AccountId,
        instant::{DAY, Instant},
        value::Value,
        world::World,
    },
    rulebook::{
        playbook::{Playbook, Start},
        types::Rulebook,
    },
};

/// How a playbook would have done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Backtest {
    /// First starts, by account, in order of time.
    pub fired: Vec<Fired>,
    /// Of those fired on with a known outcome: the share that churned within the horizon.
    pub precision: Option<f64>,
    /// Of those that churned: the share fired on before, within the horizon.
    pub recall: Option<f64>,
    /// Half of the hits came at least so many days before the churn.
    pub lead_days_median: Option<f64>,
    /// Of all customers: the share that churned in the whole period.
    pub base_rate: Option<f64>,
    /// What starting on any day for anybody would have had as precision: of all time of customers with a known
    /// outcome, the share that a churn followed within the horizon. Precision must beat it.
    pub by_chance: Option<f64>,
    /// Customers looked at.
    pub accounts: usize,
    /// Those of them that churned in the period.
    pub churned: usize,
    /// Days after a start within which a churn counts as foreseen.
    pub horizon_days: i64,
    /// Starts whose outcome is known: churned, or a whole horizon ago.
    #[serde(skip)]
    pub known: usize,
    /// Accounts on which the condition could not be judged for want of history, and by which names.
    pub undetermined: Undetermined,
}

/// An account the playbook would have started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fired {
    /// The account's key.
    pub account: String,
    /// When, RFC 3339 in the workspace's zone, like the days of the period.
    pub at: String,
    /// When it churned, if it did (local date).
    pub churned_at: Option<String>,
    /// The moments themselves.
    #[serde(skip)]
    pub moments: (Instant, Option<Instant>),
}

impl Fired {
    /// Whether it churned within `days` after the start.
    pub fn is_hit(&self, days: i64) -> bool {
        lead(self, days).is_some()
    }
}

/// What could not be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Undetermined {
    /// Accounts.
    pub n: usize,
    /// Names that were missing.
    pub attributes: Vec<String>,
}

/// What a backtest works on.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The customers with nothing but their facts.
    pub accounts: Vec<(AccountId, String, Vec<Fact>)>,
    /// When each churned, from contracts or status, by account.
    pub churned: BTreeMap<AccountId, Instant>,
    /// The keys that draws are made with, of accounts that had another key once.
    pub drawn: BTreeMap<AccountId, String>,
}

/// Replays `[from, to)` and judges `playbook`. `to` must not lie in the future.
pub fn run(
    history: History,
    rulebook: &Rulebook,
    playbook: &Playbook,
    from: Instant,
    to: Instant,
) -> Result<Backtest, Stuck> {
    let horizon = horizon(playbook, rulebook, to);
    let rulebook = Rulebook { playbooks: vec![alone(playbook)], live_since: Instant(0), ..rulebook.clone() };
    let mut replayed: Vec<Account> =
        history.accounts.into_iter().map(|(id, key, facts)| replay(id, &key, facts)).collect();
    for account in &mut replayed {
        account.state.drawn_as = history.drawn.get(&account.id).cloned();
    }
    let begun: BTreeMap<AccountId, Instant> = replayed.iter().filter_map(|a| Some((a.id, a.due()?))).collect();
    let first = begun.values().min().copied().unwrap_or(from).min(from);
    let mut portfolio = Portfolio::new(replayed, World::default(), rulebook, first);
    portfolio.advance(to.plus(-1), &mut |_| {})?;
    let found = judge(&portfolio, playbook, &history.churned, (from, to), horizon);
    let known = begun.iter().filter(|(id, _)| **id != AccountId::WORKSPACE);
    let lives = known.map(|(id, begin)| (*begin, history.churned.get(id).copied()));
    Ok(Backtest { by_chance: by_chance(lives, (from, to), horizon), ..found })
}

/// The playbook as it stands, but open to everybody: known accounts and edits are live's concern.
fn alone(playbook: &Playbook) -> Playbook {
    let mut alone = playbook.clone();
    alone.enroll.existing = true;
    (alone.holdout, alone.no_holdout) = (None, true);
    alone
}

/// Days within which a churn counts: the playbook's own `outcome`, else 180.
fn horizon(playbook: &Playbook, rulebook: &Rulebook, to: Instant) -> i64 {
    let zone = &rulebook.model.workspace.zone;
    let length = playbook.outcome.as_ref().map(|o| &o.within);
    length.map_or(180, |l| l.after(to, zone, rulebook.calendar(None)).since(to) / DAY)
}

/// An account at the beginning of its history, with everything still to come.
pub(super) fn replay(id: AccountId, key: &str, facts: Vec<Fact>) -> Account {
    let mut account = Account::new(id, key);
    account.replays = true;
    let mut facts: Vec<Fact> = facts.into_iter().filter(|f| f.source != OWN).map(as_known_then).collect();
    facts.sort_by_key(|f| f.received_at);
    facts.into_iter().for_each(|fact| account.record(fact));
    account
}

/// An import tells late what happened early.
fn as_known_then(fact: Fact) -> Fact {
    let imported = fact.source.starts_with("csv:") || fact.source.starts_with("ndjson:");
    let received_at = if imported { fact.occurred_at } else { fact.received_at };
    Fact { received_at, ..fact }
}

fn judge(
    portfolio: &Portfolio,
    playbook: &Playbook,
    churned: &BTreeMap<AccountId, Instant>,
    (from, to): (Instant, Instant),
    horizon: i64,
) -> Backtest {
    let within = |at: Instant| from <= at && at < to;
    let zone = &portfolio.rulebook.model.workspace.zone;
    let customers: Vec<&Account> = portfolio
        .accounts
        .iter()
        .filter(|a| a.id != AccountId::WORKSPACE && churned.get(&a.id).is_none_or(|at| *at >= from))
        .collect();
    let mut fired = Vec::new();
    for account in &customers {
        let runs = account.runs.iter().chain(&account.ended).filter(|r| r.playbook == playbook.name);
        let churn = churned.get(&account.id).copied().filter(|churn| *churn < to);
        // Who has left is no customer: what starts afterwards foresees nothing, and live it would not start.
        let while_customer = |at: &Instant| within(*at) && churn.is_none_or(|churn| *at < churn);
        let Some(at) = runs.map(|r| r.started).filter(while_customer).min() else { continue };
        fired.push(Fired {
            account: account.key.clone(),
            at: at.rfc3339(zone),
            churned_at: churn.map(|c| c.date(zone).to_string()),
            moments: (at, churn),
        });
    }
    fired.sort_by(|a, b| (a.moments.0, &a.account).cmp(&(b.moments.0, &b.account)));
    let lost = customers.iter().filter(|a| churned.get(&a.id).is_some_and(|at| within(*at))).count();
    let mut leads: Vec<i64> = fired.iter().filter_map(|f| lead(f, horizon)).collect();
    leads.sort_unstable();
    // Whoever was fired on less than a horizon ago and is still there may yet churn: no verdict.
    let known = fired.iter().filter(|f| f.moments.1.is_some() || f.moments.0.plus(horizon * DAY) <= to).count();
    Backtest {
        precision: share(leads.len(), known),
        recall: share(leads.len(), lost),
        lead_days_median: median(&leads),
        base_rate: share(lost, customers.len()),
        by_chance: None,
        accounts: customers.len(),
        churned: lost,
        horizon_days: horizon,
        known,
        undetermined: undetermined(&customers, playbook, portfolio),
        fired,
    }
}

/// Days from the start to the churn, where it came within the horizon and not before.
fn lead(fired: &Fired, horizon: i64) -> Option<i64> {
    let days = fired.moments.1?.since(fired.moments.0) / DAY;
    (fired.moments.1? > fired.moments.0 && days <= horizon).then_some(days)
}

/// Of the time in the period in which somebody was a customer and the next `horizon` days are known: the share that
/// a churn followed within them. `lives` are beginnings and churns.
fn by_chance(
    lives: impl Iterator<Item = (Instant, Option<Instant>)>,
    (from, to): (Instant, Instant),
    horizon: i64,
) -> Option<f64> {
    let (mut before_churn, mut known) = (0.0, 0.0);
    for (begin, churn) in lives {
        let churn = churn.filter(|at| *at < to);
        let until = churn.unwrap_or_else(|| to.plus(-horizon * DAY));
        let lived = until.since(begin.max(from)).max(0);
        known += lived as f64;
        if churn.is_some() {
            before_churn += lived.min(horizon * DAY) as f64;
        }
    }
    (known > 0.0).then(|| before_churn / known)
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn median(sorted: &[i64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle] as f64),
        _ => Some((sorted[middle - 1] + sorted[middle]) as f64 / 2.0),
    }
}

/// Accounts that never started and whose condition still has no value at the end.
fn undetermined(customers: &[&Account], playbook: &Playbook, portfolio: &Portfolio) -> Undetermined {
    let Start::When { cond, .. } = &playbook.start else { return Undetermined::default() };
    let (mut n, mut names) = (0, BTreeSet::new());
    for account in customers {
        let started = account.runs.iter().chain(&account.ended).any(|r| r.playbook == playbook.name);
        let snapshot = account.snapshot(portfolio.now);
        if started {
            continue;
        }
        let read =
            crate::engine::explain::read(&snapshot, &portfolio.world, &portfolio.rulebook, portfolio.now, Some(cond));
        if read.asked != Value::Missing {
            continue;
        }
        n += 1;
        let unknown = |name: &String| read.values.get(name.as_str()).is_none_or(Value::is_missing);
        names.extend(cond.names().into_iter().filter(unknown));
    }
    Undetermined { n, attributes: names.into_iter().collect() }
}

/// When an account churned by its recorded facts: the last time its status became `churned`, unless it came back.
pub fn churn_by_status(facts: &[Fact]) -> Option<Instant> {
    let mut found = None;
    for fact in facts {
        if let FactBody::AccountAttrs { attrs } = &fact.body
            && let Some(status) = attrs.get("status").and_then(Value::as_text)
        {
            found = if status == "churned" { found.or(Some(fact.occurred_at)) } else { None };
        }
    }
    found
}
