//! What the daily pass compares accounts by: ranks among their like, and how far everybody fell.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::takes_part;
use crate::{
    engine::explain,
    model::{
        fact::{FactBody, Incoming},
        ids::stable_hash,
        instant::Instant,
        snapshot::Snapshot,
        value::{Props, Value},
        world::World,
    },
    rulebook::{
        expr::Program,
        load::{model_programs, programs},
        slots::SlotSource,
        types::{AlertKind, Metric, MetricKind, Rulebook, Scale},
    },
};

/// A rank that moves by less is not written, unless it crosses a number that something compares it with.
const STEP: f64 = 0.05;
/// Fewer accounts than this are no portfolio.
const PORTFOLIO: usize = 5;

/// An account as the comparisons of the daily pass see it.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Its key.
    pub key: String,
    /// One for each rank metric, in their order.
    peers: Vec<Peer>,
    /// How it fell, for each alert that watches that.
    falls: Vec<Fall>,
}

/// How an account fell, for one alert.
#[derive(Clone, Copy, Debug, Default)]
struct Fall {
    /// How far.
    by: Option<f64>,
    /// Whether the alert is on.
    on: bool,
}

/// An account as one rank metric sees it.
#[derive(Clone, Debug, Default)]
struct Peer {
    /// What makes accounts alike, joined.
    group: String,
    /// The number that is compared.
    number: Option<f64>,
    /// The rank it had so far.
    present: Option<f64>,
}

/// Whether the model compares accounts with each other beside their touch tiers.
pub fn watches(rulebook: &Rulebook) -> bool {
    metrics(rulebook).next().is_some() || drops(rulebook).next().is_some()
}

/// How an account stands; none when it takes no part.
pub fn standing(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> Option<Standing> {
    takes_part(&snapshot.state).then(|| Standing {
        key: snapshot.key.clone(),
        peers: peers(snapshot, world, rulebook, now),
        falls: falls(snapshot, rulebook, now),
    })
}

/// The facts that move accounts to other ranks, each with the place of its account in the list.
pub fn rank_facts(rulebook: &Rulebook, all: &[Standing], today: &str, now: Instant) -> Vec<(usize, Incoming)> {
    let news = ranks(rulebook, all).into_iter().enumerate().filter(|(_, values)| !values.is_empty());
    news.map(|(place, values)| (place, rank_fact(&all[place].key, values, today, now))).collect()
}

fn rank_fact(account: &str, values: Props, today: &str, now: Instant) -> Incoming {
    let said: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let id = format!("ranks:{today}:{account}:{}", stable_hash(&[&said.join(",")]));
    Incoming { account: Some(account.to_owned()), ..Incoming::own(id, FactBody::DailyPass { values }, now) }
}

/// The rank metrics: each with what it compares and what makes accounts alike.
fn metrics(rulebook: &Rulebook) -> impl Iterator<Item = (&Metric, &Program, &[String])> {
    rulebook.model.metrics.iter().filter_map(|m| match &m.kind {
        MetricKind::Rank { by, within } => Some((m, by, within.as_slice())),
        _ => None,
    })
}

/// The alerts that watch a fall: name, how far, and within how many days.
fn drops(rulebook: &Rulebook) -> impl Iterator<Item = (&str, f64, u16)> {
    rulebook.model.alerts.iter().filter_map(|a| match a.kind {
        AlertKind::Drop(by, within) => Some((a.name.as_str(), by, within)),
        _ => None,
    })
}

/// A value as a number to compare by; money in major units.
fn number(value: Value) -> Option<f64> {
    match value {
        Value::Num(n) => Some(n),
        Value::Money(m) => Some(m.major()),
        _ => None,
    }
}

/// One account, for every rank metric.
fn peers(s: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> Vec<Peer> {
    let all: Vec<_> = metrics(rulebook).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let values = explain::read(s, world, rulebook, now, None).values;
    let text = |name: &String| values.get(format!("account.{name}").as_str()).map(Value::to_string).unwrap_or_default();
    let one = |(metric, by, within): (&Metric, &Program, &[String])| Peer {
        group: within.iter().map(text).collect::<Vec<_>>().join("\u{1f}"),
        number: number(explain::evaluate(s, world, rulebook, now, by)),
        present: s.state.daily.get(&key(metric)).and_then(Value::as_num),
    };
    all.into_iter().map(one).collect()
}

fn key(metric: &Metric) -> String {
    format!("rank:{}", metric.name)
}

/// How an account fell by its own calendar, for every alert that watches that.
fn falls(s: &Snapshot, rulebook: &Rulebook, now: Instant) -> Vec<Fall> {
    let own = s.state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
    let today = now.day(own.as_ref().unwrap_or(&rulebook.model.workspace.zone));
    let fall = |within| s.state.health.as_ref()?.fall(today, within);
    drops(rulebook).map(|(name, _, within)| Fall { by: fall(within), on: s.state.alerts.contains_key(name) }).collect()
}

/// The facts that have accounts look at their alerts again because everybody's fall is another: only those whose alert
/// begins or ends by it, each with its place in the list.
pub fn alert_facts(
    rulebook: &Rulebook,
    all: &[Standing],
    dips: &BTreeMap<String, f64>,
    today: &str,
    now: Instant,
) -> Vec<(usize, Incoming)> {
    let alerts: Vec<(f64, f64)> =
        drops(rulebook).map(|(name, by, _)| (by, dips.get(name).copied().unwrap_or(0.0).max(0.0))).collect();
    let turns =
        |(fall, (by, everybody)): (&Fall, &(f64, f64))| fall.by.is_some_and(|f| f - everybody >= *by) != fall.on;
    let turned = all.iter().enumerate().filter(|(_, one)| one.falls.iter().zip(&alerts).any(turns));
    turned.map(|(place, one)| (place, look_again(&one.key, today, now))).collect()
}

fn look_again(account: &str, today: &str, now: Instant) -> Incoming {
    Incoming { event_id: format!("alerts:{today}:{account}"), ..rank_fact(account, Props::new(), today, now) }
}

/// How far the middle account fell, for every alert where that is at least a point.
pub fn dips(rulebook: &Rulebook, ranked: &[Standing]) -> BTreeMap<String, f64> {
    let mut dips = BTreeMap::new();
    for (i, (name, ..)) in drops(rulebook).enumerate() {
        let mut falls: Vec<f64> = ranked.iter().filter_map(|r| r.falls.get(i)?.by).collect();
        falls.sort_by(f64::total_cmp);
        let middle = falls.get(falls.len() / 2).copied().filter(|_| falls.len() >= PORTFOLIO).unwrap_or(0.0);
        if middle >= 1.0 {
            dips.insert(name.to_owned(), (middle * 10.0).round() / 10.0);
        }
    }
    dips
}

/// The ranks that are news, for each account in order.
fn ranks(rulebook: &Rulebook, ranked: &[Standing]) -> Vec<Props> {
    let mut all = vec![Props::new(); ranked.len()];
    for (i, (metric, ..)) in metrics(rulebook).enumerate() {
        let bounds = bounds(rulebook, metric);
        let peers: Vec<&Peer> = ranked.iter().filter_map(|r| r.peers.get(i)).collect();
        for (values, (peer, rank)) in all.iter_mut().zip(peers.iter().zip(places(&peers))) {
            if is_news(peer.present, rank, &bounds) {
                values.insert(key(metric), rank.map_or(Value::Missing, Value::Num));
            }
        }
    }
    all
}

/// 0 = the lowest of its like, 1 = the highest; equals share the middle of their places; none without like or number.
fn places(peers: &[&Peer]) -> Vec<Option<f64>> {
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for peer in peers {
        groups.entry(&peer.group).or_default().extend(peer.number);
    }
    groups.values_mut().for_each(|numbers| numbers.sort_by(f64::total_cmp));
    let place = |peer: &&Peer| {
        let (number, all) = (peer.number?, groups.get(peer.group.as_str())?);
        let below = all.partition_point(|n| *n < number);
        let equal = all.partition_point(|n| *n <= number) - below;
        (all.len() > 1).then(|| (below as f64 + (equal - 1) as f64 / 2.0) / (all.len() - 1) as f64)
    };
    peers.iter().map(place).collect()
}

fn is_news(before: Option<f64>, now: Option<f64>, bounds: &[f64]) -> bool {
    match (before, now) {
        (Some(old), Some(new)) => {
            let crossed = |bound: &f64| (old < *bound) != (new < *bound) || (old <= *bound) != (new <= *bound);
            (old - new).abs() >= STEP || bounds.iter().any(crossed)
        }
        (old, new) => old.is_some() != new.is_some(),
    }
}

/// The numbers that conditions and scorecards compare a rank with.
fn bounds(rulebook: &Rulebook, metric: &Metric) -> Vec<f64> {
    let index = rulebook.model.metrics.iter().position(|m| m.name == metric.name);
    let Some(slot) = index.and_then(|i| rulebook.slots.find(&SlotSource::Metric(i))) else { return Vec::new() };
    let playbooks = rulebook.playbooks.iter().chain(&rulebook.versions).flat_map(programs);
    let mut all: Vec<f64> =
        model_programs(&rulebook.model).into_iter().chain(playbooks).flat_map(|p| p.thresholds(slot)).collect();
    for component in rulebook.model.health.iter().flat_map(|card| &card.components) {
        if let (Scale::Points(steps), true) = (&component.scale, component.measure.slots().contains(&slot)) {
            all.extend(steps.iter().filter_map(|s| s.0));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(group: &str, number: Option<f64>) -> Peer {
        Peer { group: group.into(), number, present: None }
    }

    #[test]
    fn equals_share_the_middle_of_their_places_and_groups_stand_apart() {
        let all = [
            peer("a", Some(1.0)),
            peer("a", Some(5.0)),
            peer("a", Some(5.0)),
            peer("a", Some(9.0)),
            peer("a", None),
            peer("b", Some(7.0)),
        ];
        let got = places(&all.iter().collect::<Vec<_>>());
        assert_eq!(got, [Some(0.0), Some(0.5), Some(0.5), Some(1.0), None, None]);
    }

    #[test]
    fn a_rank_is_written_when_it_moves_or_crosses_a_number() {
        assert!(is_news(None, Some(0.5), &[]) && is_news(Some(0.5), None, &[]));
        assert!(!is_news(Some(0.50), Some(0.54), &[]) && is_news(Some(0.50), Some(0.55), &[]));
        assert!(is_news(Some(0.50), Some(0.51), &[0.505]) && is_news(Some(0.50), Some(0.51), &[0.5]));
        assert!(!is_news(None, None, &[0.5]));
    }
}
