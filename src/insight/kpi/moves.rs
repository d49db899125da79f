//! How KPIs moved since the period before: which got worse, and whether that is more than chance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    KpiReport,
    target::{lower_is_better, reached},
};
use crate::insight::rate::{Rate, Unit};

/// Figures without an interval have moved clearly when a tenth of them moved.
const CLEAR: f64 = 0.1;

/// What says the same as the churn rate in another way: shown where somebody set a target for it.
const SAME_NEWS: [&str; 3] = ["logo_churn_events", "retention", "ltv"];

/// One KPI, now and before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// The KPI.
    pub kpi: String,
    /// What it counts in.
    pub unit: Unit,
    /// Its figure; none where nothing can be said.
    pub value: Option<f64>,
    /// Its figure of the period before (of KPIs about the present: of the last post).
    pub before: Option<f64>,
    /// Its target, and whether it is reached.
    pub target: Option<f64>,
    /// Whether the target is reached.
    pub met: Option<bool>,
    /// Where it went.
    pub way: Way,
    /// Figures of the posts before, oldest first; the last one is `value`.
    pub past: Vec<Option<f64>>,
}

/// Where a KPI went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Worse, and more than chance explains: the figure before lies outside of the 95 % interval of today's. Figures
    /// without an interval: by a tenth at least.
    Worse,
    /// Worse, within what chance explains.
    Down,
    /// Neither, or there is nothing to compare with.
    Same,
    /// Better.
    Better,
}

impl Move {
    /// Whether a reader should see it: it has a target, or got clearly worse and nothing else says so.
    pub fn is_news(&self) -> bool {
        self.target.is_some() || (self.way == Way::Worse && !SAME_NEWS.contains(&self.kpi.as_str()))
    }
}

impl Way {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Way::Worse => "worse",
            Way::Down => "down",
            Way::Same => "same",
            Way::Better => "better",
        }
    }
}

/// What is remembered of every post: figures by KPI, oldest post first.
pub type Posts = Vec<BTreeMap<String, f64>>;

/// Every KPI; the worst first, those with a target before others, missed targets before reached ones.
pub fn moves(now: &KpiReport, before: &KpiReport, posts: &Posts) -> Vec<Move> {
    let one = |(name, rate): (&String, &Rate)| moved(name, rate, before, posts);
    let mut all: Vec<Move> = now.kpis.iter().map(one).collect();
    all.sort_by_key(|m| (m.way, m.target.is_none(), m.met.is_none(), m.met, m.kpi.clone()));
    all
}

fn moved(name: &str, rate: &Rate, before: &KpiReport, posts: &Posts) -> Move {
    let of_post = |post: &BTreeMap<String, f64>| post.get(name).copied();
    let earlier = match rate.is_momentary() {
        true => posts.last().and_then(of_post),
        false => before.kpis.get(name).and_then(|rate| rate.value),
    };
    let mut past: Vec<Option<f64>> = posts.iter().map(of_post).collect();
    past.push(rate.value);
    Move {
        kpi: name.to_owned(),
        unit: rate.unit,
        value: rate.value,
        before: earlier,
        target: rate.target,
        met: reached(name, rate),
        way: rate.value.zip(earlier).map_or(Way::Same, |(value, earlier)| way(name, rate, value, earlier)),
        past,
    }
}

fn way(name: &str, rate: &Rate, value: f64, earlier: f64) -> Way {
    if value == earlier {
        return Way::Same;
    }
    if (value < earlier) == lower_is_better(name) {
        return Way::Better;
    }
    let clear = match rate.ci95 {
        Some([low, high]) => low.is_some_and(|low| earlier < low) || high.is_some_and(|high| earlier > high),
        None => (value - earlier).abs() >= CLEAR * earlier.abs(),
    };
    if clear { Way::Worse } else { Way::Down }
}

/// What is to be remembered of this post, after `posts`; at most `most` are kept.
pub fn remembered(mut posts: Posts, told: &[Move], most: usize) -> Posts {
    posts.push(told.iter().filter_map(|m| Some((m.kpi.clone(), m.value?))).collect());
    let extra = posts.len().saturating_sub(most);
    posts.drain(..extra);
    posts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::churn::Share;

    fn report(kpis: &[(&str, Rate)]) -> KpiReport {
        KpiReport {
            targets_reached: None,
            period: ["2026-10-01".into(), "2026-11-01".into()],
            kpis: kpis.iter().map(|(name, rate)| ((*name).to_owned(), rate.clone())).collect(),
            kais: BTreeMap::new(),
            mrr_movements: None,
            currency: None,
            other_currency: 0,
            recorded_from: None,
            pairs: Vec::new(),
        }
    }

    fn share(of: u64, all: u64, target: Option<f64>) -> Rate {
        Rate { target, ..Rate::share(Share { of, all }, "m") }
    }

    fn money(value: f64) -> Rate {
        Rate { value: Some(value), ci95: None, ..Rate::ratio(0, 1, "m") }
    }

    #[test]
    fn a_fall_is_told_from_chance_by_todays_interval_and_the_worst_comes_first() {
        // Wilson's interval of 30 of 200 is 0.107 to 0.206 (statsmodels): 3 % lies outside, 11 % inside.
        let now = report(&[
            ("logo_churn", share(30, 200, Some(0.03))),
            ("early_churn", share(30, 200, Some(0.2))),
            ("onboarding_completion", share(90, 100, Some(0.8))),
            ("retention", share(170, 200, None)),
            ("arpa", money(8_900.0)),
            ("expansion_mrr", money(950.0)),
        ]);
        let before = report(&[
            ("logo_churn", share(3, 100, None)),
            ("early_churn", share(11, 100, None)),
            ("onboarding_completion", share(80, 100, None)),
            ("retention", share(17, 20, None)),
            ("arpa", money(10_000.0)),
            ("expansion_mrr", money(1_000.0)),
        ]);
        let told: Vec<(String, Way, Option<bool>)> = moves(&now, &before, &Posts::new())
            .into_iter()
            .filter(Move::is_news)
            .map(|m| (m.kpi, m.way, m.met))
            .collect();
        let row = |kpi: &str, way, met| (kpi.to_owned(), way, met);
        assert_eq!(
            told,
            [
                row("logo_churn", Way::Worse, Some(false)),
                row("arpa", Way::Worse, None),
                row("early_churn", Way::Down, Some(true)),
                row("onboarding_completion", Way::Better, Some(true)),
            ]
        );
    }

    #[test]
    fn what_is_only_known_at_present_is_compared_with_the_last_post() {
        let green = |of| report(&[("health_green_share", Rate { method: "now", ..share(of, 10, Some(0.7)) })]);
        let (now, recomputed, good) = (green(5), green(5), green(9));
        let posts = remembered(Posts::new(), &moves(&good, &good, &Posts::new()), 3);
        let told = moves(&now, &recomputed, &posts).remove(0);
        assert_eq!((told.before, told.way), (Some(0.9), Way::Worse));
        assert_eq!(told.past, [Some(0.9), Some(0.5)]);
        let first = moves(&now, &recomputed, &Posts::new()).remove(0);
        assert_eq!((first.before, first.way), (None, Way::Same), "nothing was posted yet");
        let kept = (0..5).fold(posts, |posts, _| remembered(posts, std::slice::from_ref(&told), 3));
        assert_eq!(kept.len(), 3);
    }
}
