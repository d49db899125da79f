//! What is true of present customers at the moment of the question: health, use, features, seats.

use std::collections::BTreeMap;

use super::{
    customer::{Asked, Customer, Use},
    put,
};
use crate::insight::{
    churn::Share,
    rate::{Rate, Unit},
};

/// Days over which stickiness is a mean.
const STICKY_DAYS: u64 = 28;

/// The figures of these customers, who have a contract at the closing.
pub(super) fn add(present: &[&Customer], asked: &Asked, kpis: &mut BTreeMap<String, Rate>) {
    // Where nothing of the kind is known of anybody, nobody is counted as a zero.
    let share = |known: usize, of: usize| {
        let all = if known > 0 { present.len() as u64 } else { 0 };
        Share { of: of as u64, all }
    };
    let count = |holds: &dyn Fn(&Customer) -> bool| present.iter().filter(|c| holds(c)).count();
    let green = share(count(&|c| c.green.is_some()), count(&|c| c.green == Some(true)));
    put(kpis, "health_green_share", Rate::share(green, "now"));
    let active = share(count(&|c| c.active.is_some()), count(&|c| c.active == Some(true)));
    put(kpis, "active_user_rate", Rate::share(active, "accounts_login_7d"));
    put(kpis, "stickiness", stickiness(present));
    put(kpis, "seat_utilisation", seats(present));
    for (n, feature) in asked.features.iter().enumerate() {
        let uses: Vec<Use> = present.iter().filter_map(|c| c.uses.get(n).copied()).collect();
        one_feature(&feature.metric, feature.days.is_some(), &uses, kpis);
    }
}

/// Of those of whom its use is known: who uses it now, who ever did; and of who did before, who still does.
fn one_feature(metric: &str, looks_back: bool, uses: &[Use], kpis: &mut BTreeMap<String, Rate>) {
    let share = |of: &dyn Fn(&Use) -> bool, all: &dyn Fn(&Use) -> bool| Share {
        of: uses.iter().filter(|one| all(one) && of(one)).count() as u64,
        all: uses.iter().filter(|one| all(one)).count() as u64,
    };
    let used = |one: &Use| one.now == Some(true);
    let now = share(&used, &|one| one.now.is_some());
    put(kpis, &format!("feature_adoption.{metric}"), Rate::share(now, "accounts_with_one_use"));
    let ever = share(&|one| one.ever == Some(true), &|one| one.ever.is_some());
    put(kpis, &format!("feature_first_use.{metric}"), Rate::share(ever, "accounts_ever_used"));
    if looks_back {
        let kept = share(&used, &|one| one.earlier);
        put(kpis, &format!("feature_retention.{metric}"), Rate::share(kept, "accounts_that_used_before"));
    }
}

/// Customers active on a day, as a mean over the window, ÷ customers active on any day of it. Not the last day's share,
/// which a holiday would make 0.
fn stickiness(present: &[&Customer]) -> Rate {
    let days: Vec<f64> = present.iter().filter_map(|c| c.active_days).filter(|days| *days >= 1.0).collect();
    let sum = days.iter().map(|days| days.min(STICKY_DAYS as f64)).sum::<f64>();
    Rate::ratio(sum.round() as i64, days.len() as u64 * STICKY_DAYS, "mean_day_of_28d")
}

/// People active in 30 days ÷ seats, both summed; above 1 where more people come than seats are paid for.
fn seats(present: &[&Customer]) -> Rate {
    let (people, seats) =
        present.iter().filter_map(|c| c.seats).fold((0.0, 0.0), |sum, (people, seats)| (sum.0 + people, sum.1 + seats));
    let rate = Rate::ratio(people.round() as i64, seats.round() as u64, "active_30d_of_seats");
    Rate { unit: Unit::Share, ..rate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::kpi::customer::Feature;

    fn of(customers: &[Customer], features: Vec<Feature>) -> BTreeMap<String, Rate> {
        let mut kpis = BTreeMap::new();
        add(&customers.iter().collect::<Vec<_>>(), &Asked { features, ..Asked::default() }, &mut kpis);
        kpis
    }

    /// Worked out by hand: there on days 1 to 28, on 1, 8, 15 and 22, on day 28 only; a fourth one never came. On day 28 two
    /// of three are there (0.667), over the window it is 33 of 84 days.
    #[test]
    fn stickiness_is_the_mean_day_not_the_last_one() {
        let days = |days: Option<f64>| Customer { active_days: days, ..Customer::default() };
        let four = [days(Some(28.0)), days(Some(4.0)), days(Some(1.0)), days(Some(0.0)), days(None)];
        let rate = of(&four, Vec::new())["stickiness"].clone();
        assert_eq!((rate.numerator, rate.denominator, rate.ci95), (33, 84, None));
        assert!((rate.value.unwrap() - 0.392_857_142_857_142_9).abs() < 1e-12);
        assert_eq!(of(&[days(None)], Vec::new())["stickiness"].value, None);
    }

    #[test]
    fn seats_are_summed_before_they_are_divided() {
        let seats = |people, seats| Customer { seats: Some((people, seats)), ..Customer::default() };
        let rate =
            of(&[seats(30.0, 20.0), seats(1.0, 80.0), Customer::default()], Vec::new())["seat_utilisation"].clone();
        assert_eq!((rate.numerator, rate.denominator), (31, 100), "not the mean of 150 % and 1 %");
    }

    /// Five customers: uses it and did before; did before and does not now; began just now; never; unknown.
    #[test]
    fn who_goes_on_is_asked_of_those_who_had_begun() {
        let uses = |now, ever, earlier| Customer { uses: vec![Use { now, ever, earlier }], ..Customer::default() };
        let five = [
            uses(Some(true), Some(true), true),
            uses(Some(false), Some(true), true),
            uses(Some(true), Some(true), false),
            uses(Some(false), Some(false), false),
            uses(None, None, false),
        ];
        let kpis = of(&five, vec![Feature { metric: "exports".into(), days: Some(28) }]);
        let of = |name: &str| (kpis[name].numerator, kpis[name].denominator);
        assert_eq!(of("feature_adoption.exports"), (2, 4));
        assert_eq!(of("feature_first_use.exports"), (3, 4));
        assert_eq!(of("feature_retention.exports"), (1, 2));
    }
}
