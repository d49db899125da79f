//! A score as it stood at moments of the past, with what was known then and never more; and who left (health) or paid more
//! (readiness to grow) after.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    account::{Account, Stuck},
    backtest::replay,
    portfolio::Portfolio,
};
use crate::{
    engine::explain,
    insight::{
        ledger,
        score::report::{LeftOut, Part, Seen},
    },
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{DAY, Instant},
        score::ScoreKind,
        state::HealthState,
        value::Value,
        world::World,
    },
    rulebook::types::Rulebook,
};

/// Weight of a component that is only observed: its own points are known, the score is the same to the last bit.
const OBSERVED: f64 = 1e-16;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Moments, in order: what came in before each counts.
    pub points: Vec<Instant>,
    /// Days after each within which leaving (growing) counts.
    pub within: i32,
    /// Which score: who left after is looked at, or who grew.
    pub kind: ScoreKind,
    /// Only accounts on this scorecard then.
    pub card: Option<String>,
}

/// The past as the score saw it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// One row an account and moment.
    pub seen: Vec<Seen>,
    /// Who is not among them.
    pub left_out: LeftOut,
}

/// Replays what is recorded up to the last moment and its days, under the scorecards of `rulebook`; nothing else of it
/// runs. `ledgers` are the contracts of every customer that is not our own: who left, and when.
pub fn observe(
    accounts: Vec<(AccountId, String, Vec<Fact>)>,
    ledgers: &BTreeMap<AccountId, ledger::Account>,
    rulebook: &Rulebook,
    asked: &Asked,
) -> Result<Observed, Stuck> {
    let Some(last) = asked.points.last().copied() else { return Ok(Observed::default()) };
    let mut rulebook = Rulebook { playbooks: Vec::new(), live_since: Instant(0), ..rulebook.clone() };
    let cards = match asked.kind {
        ScoreKind::Health => &mut rulebook.model.health,
        ScoreKind::Expansion => &mut rulebook.model.expansion,
    };
    let components = cards.iter_mut().filter(|card| card.weighted).flat_map(|card| &mut card.components);
    components.filter(|c| c.weight == 0.0).for_each(|c| c.weight = OBSERVED);
    let end = last.plus(i64::from(asked.within) * DAY);
    let accounts: Vec<Account> =
        accounts.into_iter().map(|(id, key, facts)| replay(id, &key, facts)).map(|a| until(a, end)).collect();
    let first = accounts.iter().filter_map(Account::due).min().unwrap_or(last).min(last);
    let mut portfolio = Portfolio::new(accounts, World::default(), rulebook, first);
    let mut observed = Observed::default();
    for point in &asked.points {
        portfolio.advance(point.plus(-1), &mut |_| {})?;
        look(&portfolio, ledgers, *point, asked, &mut observed);
    }
    portfolio.advance(end.plus(-1), &mut |_| {})?;
    let reds: BTreeMap<AccountId, Vec<(i32, bool)>> =
        portfolio.accounts.iter().map(|account| (account.id, telling_days(account, &portfolio, asked.kind))).collect();
    for one in &mut observed.seen {
        let turns = reds.get(&one.account).map_or(&[][..], Vec::as_slice);
        one.lead = one.left.and_then(|days| lead(turns, one.day + days, asked.within));
    }
    Ok(observed)
}

/// What comes in later is not even there.
fn until(mut account: Account, end: Instant) -> Account {
    account.inbox.retain(|fact| fact.received_at < end);
    account
}

fn look(
    portfolio: &Portfolio,
    ledgers: &BTreeMap<AccountId, ledger::Account>,
    point: Instant,
    asked: &Asked,
    observed: &mut Observed,
) {
    let zone = &portfolio.rulebook.model.workspace.zone;
    let day = point.day(zone);
    for account in portfolio.accounts.iter().filter(|a| a.id != AccountId::WORKSPACE) {
        let out = &mut observed.left_out;
        let Some(contracts) = ledgers.get(&account.id) else {
            out.internal += 1;
            continue;
        };
        match contracts.joined() {
            None => out.no_contract += 1,
            Some(joined) if joined > day => out.not_yet += 1,
            Some(_) if !contracts.active(day) => out.gone += 1,
            Some(_) => match score(account, portfolio, point, asked.kind) {
                None => out.no_score += 1,
                Some(health) if asked.card.as_ref().is_some_and(|card| *card != health.scorecard) => {
                    out.other_scorecard += 1;
                }
                Some(health) => {
                    let came = match asked.kind {
                        ScoreKind::Health => {
                            contracts.lost(day + 1, day.saturating_add(asked.within).saturating_add(1))
                        }
                        ScoreKind::Expansion => contracts.grew(day, asked.within),
                    };
                    observed.seen.push(row(account.id, day, &health, came.map(|on| on - day)));
                }
            },
        }
    }
}

/// Its score just before `point`.
fn score(account: &Account, portfolio: &Portfolio, point: Instant, kind: ScoreKind) -> Option<HealthState> {
    if account.rev == 0 {
        return None;
    }
    let at = point.plus(-1);
    let read = explain::read(&account.snapshot(at), &portfolio.world, &portfolio.rulebook, at, None);
    read.state.scored(kind).map(|found| HealthState::clone(found))
}

fn row(account: AccountId, day: i32, health: &HealthState, left: Option<i32>) -> Seen {
    let share = |c: &crate::model::state::ComponentValue| (!c.missing && c.max > 0.0).then(|| c.points / c.max);
    Seen {
        account,
        day,
        card: health.scorecard.clone(),
        score: health.score,
        best: health.components.iter().map(|c| c.max).sum(),
        band: health.band.clone(),
        parts: health.components.iter().map(|c| Part { name: c.name.clone(), share: share(c), best: c.max }).collect(),
        left,
        lead: None,
    }
}

/// Days on which the account came into the band that foretells (the worst one of health, `ready`) or left it, in order.
fn telling_days(account: &Account, portfolio: &Portfolio, kind: ScoreKind) -> Vec<(i32, bool)> {
    let [best, _, worst] = kind.bands();
    let tells = if kind == ScoreKind::Health { worst } else { best };
    let zone: &TimeZone = &portfolio.rulebook.model.workspace.zone;
    let mut turns: Vec<(i32, bool)> = Vec::new();
    for fact in &account.history {
        let FactBody::Event { name, props } = &fact.body else { continue };
        if name == kind.event() && fact.source == crate::model::fact::OWN {
            let is = |what: &str| props.get(what).and_then(Value::as_text) == Some(tells);
            if turns.is_empty() {
                turns.push((i32::MIN, is("from")));
            }
            turns.push((fact.occurred_at.day(zone), is("to")));
        }
    }
    if turns.is_empty() {
        turns.extend(account.state.scored(kind).map(|found| (found.band_since.day(zone), found.band == tells)));
    }
    turns
}

/// Days from the first day in the worst band, of the `within` days before it left, to the day it left.
fn lead(turns: &[(i32, bool)], left: i32, within: i32) -> Option<i32> {
    let from = left.saturating_sub(within);
    let ends = turns.iter().skip(1).map(|turn| turn.0).chain([i32::MAX]);
    let first = turns.iter().zip(ends).find(|((begin, worst), end)| *worst && *begin < left && *end > from)?;
    Some(left - first.0.0.max(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_counts_from_the_first_red_day_of_the_days_looked_at() {
        let turns = [(i32::MIN, false), (10, true), (20, false), (80, true), (90, false), (95, true)];
        assert_eq!(lead(&turns, 100, 30), Some(20), "red on day 80 and again on 95");
        assert_eq!(lead(&turns, 100, 15), Some(15), "red already when the days began");
        assert_eq!(lead(&turns, 100, 365), Some(90));
        assert_eq!((lead(&turns, 60, 30), lead(&[], 60, 30)), (None, None), "never red in those days");
        assert_eq!(lead(&[(5, true)], 50, 90), Some(45), "red from its first score on");
    }
}
