//! Touch tiers: who stands where by contract amount or whatever the model ranks by.

use crate::{
    engine::explain,
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        snapshot::Snapshot,
        state::AccountState,
        value::{Props, Value},
        world::World,
    },
    rulebook::{
        expr::Program,
        types::{Rulebook, Touch},
    },
};

/// One account in the ranking.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The account's key.
    pub key: String,
    /// What each tier ranks by, in the tiers' order.
    pub numbers: Vec<f64>,
    /// The tier of the last pass.
    pub present: Option<String>,
}

impl Ranked {
    /// An account with what it is ranked by.
    pub fn of(key: &str, state: &AccountState, numbers: Vec<f64>) -> Ranked {
        let present = state.daily.get("touch").and_then(Value::as_text).map(str::to_owned);
        Ranked { key: key.to_owned(), numbers, present }
    }
}

/// Customers are ranked, but neither lost ones nor our own.
pub fn takes_part(state: &AccountState) -> bool {
    state.attr_text("status") != Some("churned") && state.attr("internal") != Value::Bool(true)
}

/// What each tier ranks an account by at `now`.
pub fn numbers(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant, touch: &Touch) -> Vec<f64> {
    let value = |by: &Program| {
        explain::evaluate_recorded(&snapshot.state, rulebook, by)
            .unwrap_or_else(|| explain::evaluate(snapshot, world, rulebook, now, by))
    };
    touch.tiers.iter().map(|t| number(value(&t.2))).collect()
}

/// The same where every tier ranks by recorded attributes alone; none where something is derived.
pub fn recorded_numbers(state: &AccountState, rulebook: &Rulebook, touch: &Touch) -> Option<Vec<f64>> {
    let tiers = touch.tiers.iter();
    tiers.map(|t| Some(number(explain::evaluate_recorded(state, rulebook, &t.2)?))).collect()
}

/// Whoever has no number stands last.
fn number(value: Value) -> f64 {
    match value {
        Value::Num(n) => n,
        Value::Money(m) => m.major(),
        _ => f64::NEG_INFINITY,
    }
}

/// An account with its numbers; none when it takes no part: churned, or one of our own.
pub fn ranked(snapshot: &Snapshot, touch: &Touch, world: &World, rulebook: &Rulebook, now: Instant) -> Option<Ranked> {
    let taking_part = takes_part(&snapshot.state);
    taking_part.then(|| Ranked::of(&snapshot.key, &snapshot.state, numbers(snapshot, world, rulebook, now, touch)))
}

/// `cut`, or the next higher number where half as many accounts again as there are places (one at least) do not hold
/// all who reach it: of many with one price none stands out.
fn fitting(numbers: &[f64], cut: f64, places: usize) -> f64 {
    let reach = numbers.iter().filter(|n| **n >= cut).count();
    if reach <= places + (places / 2).max(1) {
        return cut;
    }
    numbers.iter().copied().filter(|n| *n > cut).fold(f64::MAX, f64::min)
}

/// What an account must reach for each tier: the number of the last account inside its share. Shares
/// are counted from the top: `high: top 10 %`, `low: top 40 %` means the next 40 %.
pub fn cuts<'r>(touch: &Touch, ranked: impl Iterator<Item = &'r Ranked>) -> Vec<(String, f64)> {
    let ranked: Vec<&Ranked> = ranked.collect();
    let mut taken = 0.0;
    let mut list = Vec::new();
    for (i, (name, share, _)) in touch.tiers.iter().enumerate() {
        taken += share;
        let mut numbers: Vec<f64> = ranked.iter().map(|r| r.numbers[i]).filter(|n| n.is_finite()).collect();
        numbers.sort_by(|a, b| b.total_cmp(a));
        let places = (ranked.len() as f64 * taken).floor() as usize;
        let cut = places.checked_sub(1).and_then(|at| numbers.get(at.min(numbers.len().saturating_sub(1))));
        // Whoever has the same number has the same tier: many alike at the edge, more than fit, belong to the next one.
        let cut = cut.copied().map(|cut| fitting(&numbers, cut, places));
        // JSON has no infinity: a tier nobody reaches has the largest number there is.
        list.push((name.clone(), cut.unwrap_or(f64::MAX)));
    }
    list
}

/// The fact that moves an account to another tier; none where it stays.
pub fn tier_fact(
    touch: &Touch,
    cuts: &[(String, f64)],
    ranked: &Ranked,
    today: &str,
    now: Instant,
) -> Option<Incoming> {
    let hit = cuts.iter().zip(&ranked.numbers).find(|((_, cut), n)| **n >= *cut);
    let tier = hit.map_or(touch.rest.as_str(), |((name, _), _)| name.as_str());
    if ranked.present.as_deref() == Some(tier) {
        return None;
    }
    let values = Props::from([("touch".to_owned(), Value::text(tier))]);
    let id = format!("daily:{today}:{}:{tier}", ranked.key);
    Some(Incoming { account: Some(ranked.key.clone()), ..Incoming::own(id, FactBody::DailyPass { values }, now) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::expr::{Want, schema::Schema};

    #[test]
    fn three_accounts_leave_a_tenth_empty_and_the_cut_survives_json() {
        let one = || Program::compile("1", &Default::default(), &Schema::default(), Want::Number).unwrap();
        let touch = Touch { tiers: vec![("high".into(), 0.1, one())], rest: "tech".into() };
        let ranked: Vec<Ranked> =
            (0..3).map(|n| Ranked { key: n.to_string(), numbers: vec![f64::from(n)], present: None }).collect();
        let cuts = cuts(&touch, ranked.iter());
        let text = serde_json::to_string(&cuts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<(String, f64)>>(&text).unwrap(), cuts);
    }

    #[test]
    fn customers_of_one_price_all_became_high_touch() {
        let one = || Program::compile("1", &Default::default(), &Schema::default(), Want::Number).unwrap();
        let touch = Touch { tiers: vec![("high".into(), 0.1, one()), ("low".into(), 0.4, one())], rest: "tech".into() };
        let cut = |prices: &[f64]| {
            let account = |n: &f64| Ranked { key: String::new(), numbers: vec![*n, *n], present: None };
            let list: Vec<Ranked> = prices.iter().map(account).collect();
            cuts(&touch, list.iter()).into_iter().map(|(_, cut)| cut).collect::<Vec<f64>>()
        };
        assert_eq!(cut(&[9_800.0; 31]), [f64::MAX, f64::MAX], "nobody stands out: all are tech");
        assert_eq!(cut(&[9_800.0; 30]), [f64::MAX, f64::MAX]);
        // 5 large ones, 55 of one price, 40 that pay nothing: 60 have room where there are 50 places, but not where there are 10.
        let prices = [[50_000.0].repeat(5), [9_800.0].repeat(55), [0.0].repeat(40)].concat();
        assert_eq!(cut(&prices), [50_000.0, 9_800.0]);
        // A tie of two at the edge is no crowd.
        assert_eq!(cut(&[9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])[0], 9.0);
    }

    #[test]
    fn the_top_tenth_is_high_and_the_next_four_tenths_are_low() {
        let one = || Program::compile("1", &Default::default(), &Schema::default(), Want::Number).unwrap();
        let touch = Touch { tiers: vec![("high".into(), 0.1, one()), ("low".into(), 0.4, one())], rest: "tech".into() };
        let ranked: Vec<Ranked> = (1..=10)
            .map(|n| Ranked { key: n.to_string(), numbers: vec![f64::from(n), f64::from(n)], present: None })
            .collect();
        let cuts = cuts(&touch, ranked.iter());
        assert_eq!(cuts, [("high".to_owned(), 10.0), ("low".to_owned(), 6.0)]);
        let tiers: Vec<String> = ranked
            .iter()
            .filter_map(|r| tier_fact(&touch, &cuts, r, "d", Instant(0)))
            .map(|f| match f.body {
                FactBody::DailyPass { values } => values["touch"].to_string(),
                _ => String::new(),
            })
            .collect();
        assert_eq!(tiers, ["tech", "tech", "tech", "tech", "tech", "low", "low", "low", "low", "high"]);
    }
}
