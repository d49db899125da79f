//! What a test of the score says: everything that is known of its accounts, summed up.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    auc::{Auc, Case, auc},
    calibration::{Calibration, calibration},
    lift::top_decile,
    trend::{Trend, cochran_armitage},
};
use crate::{
    insight::{effect::proportions::Counts, rate::wilson},
    model::{ids::AccountId, score::ScoreKind},
};

/// Fewer that left (or stayed) than this say nothing where the interval does not.
pub const FEWEST: u64 = 10;

/// One account at one moment: what its score said then, and what came.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Whose.
    pub account: AccountId,
    /// Local day of the moment.
    pub day: i32,
    /// Which scorecard.
    pub card: String,
    /// Its score; none where nothing was known.
    pub score: Option<f64>,
    /// The best that scorecard can give.
    pub best: f64,
    /// Its band; `unknown` where too little was known.
    pub band: String,
    /// Its components.
    pub parts: Vec<Part>,
    /// Days from the moment until it left (or grew, where that is foretold), if it did within the days asked for.
    pub left: Option<i32>,
    /// Of those: days between its first day in the worst band (in `ready`) within the days asked for, and that day.
    pub lead: Option<i32>,
}

/// One component then.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Points of the best it can give, 0..1; none where nothing was known.
    pub share: Option<f64>,
    /// The best it can give; (nearly) nothing where it is only observed.
    pub best: f64,
}

/// Whether the score foretells churn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the area lies above 0.5.
    Predicts,
    /// It contains 0.5.
    DoesNotPredict,
    /// It lies below: who stands better leaves sooner.
    WrongWay,
    /// It contains 0.5, and too few left or stayed.
    NotEnoughData,
}

impl Verdict {
    fn of(area: Option<&Auc>, counts: Counts) -> Verdict {
        match area {
            Some(area) if area.foretells() => Verdict::Predicts,
            Some(area) if area.misleads() => Verdict::WrongWay,
            Some(_) if counts.events.min(counts.n - counts.events) >= FEWEST => Verdict::DoesNotPredict,
            _ => Verdict::NotEnoughData,
        }
    }
}

/// One band.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Band {
    /// Its name.
    pub band: String,
    /// Accounts in it at the moment.
    pub n: u64,
    /// Of them left within the days asked for.
    pub churned: u64,
    /// Share that left; none of nobody.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of it.
    pub ci95: Option<[f64; 2]>,
}

/// One component by itself, over the accounts whose value was known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its own area; none where nobody with a known value left, or all of them.
    pub auc: Option<f64>,
    /// 95 % interval of it.
    pub auc_ci95: Option<[f64; 2]>,
    /// Accounts whose value was known, and of them left.
    pub n: u64,
    /// Of them left.
    pub churned: u64,
    /// Accounts whose value was not known.
    pub missing: u64,
    /// The same answer as of the whole score.
    pub verdict: Verdict,
    /// It gave everybody the same points.
    pub constant: bool,
}

/// Accounts that are in no figure, counted once a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Our own test accounts.
    pub internal: u64,
    /// They had left already.
    pub gone: u64,
    /// Their contract had not begun.
    pub not_yet: u64,
    /// They have no contract at all: neither a subscription nor a start.
    pub no_contract: u64,
    /// Nothing was known of them yet, or no scorecard was for them.
    pub no_score: u64,
    /// They were on another scorecard.
    pub other_scorecard: u64,
}

/// How early the worst band came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Half of the accounts that were in the worst band before they left were so at least so many days before.
    pub median_days: Option<f64>,
    /// Accounts that left and were in the worst band before.
    pub warned: u64,
    /// Accounts that left and never were.
    pub unwarned: u64,
}

/// How the score did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// Accounts with a score and a band.
    pub n: u64,
    /// Of them left within the days asked for.
    pub churned: u64,
    /// Their share.
    pub base_rate: Option<f64>,
    /// How often one who left stood worse than one who stayed.
    pub auc: Option<f64>,
    /// 95 % interval of it.
    pub auc_ci95: Option<[f64; 2]>,
    /// How the interval was made.
    pub auc_method: Option<&'static str>,
    /// Churn in the worst tenth over churn of all.
    pub top_decile_lift: Option<f64>,
    /// Best band first.
    pub by_band: Vec<Band>,
    /// Whether churn rises from band to band.
    pub band_trend: Option<Trend>,
    /// Those in the worst band that left, of all that left.
    pub worst_band_recall: Option<f64>,
    /// Accounts of which too little was known for a band; not in any figure above.
    pub undetermined: Band,
    /// Expected and seen churn along the score.
    pub calibration: Option<Calibration>,
    /// Each component by itself, in the order of the scorecard.
    pub components: Vec<Component>,
    /// How early the worst band came.
    pub lead_time: Lead,
}

/// Sums up. `bands` are the names of the bands, the one in which least is to happen first: where leaving is foretold the
/// best one, where growing is foretold the worst one.
pub fn report(seen: &[Seen], bands: &[String], kind: ScoreKind) -> Report {
    let sign = sign(kind);
    let (known, unknown): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(|one| is_determined(one));
    let counts = counted(known.iter().copied());
    let one_card = known.windows(2).all(|pair| pair[0].card == pair[1].card);
    let cases: Vec<Case> = known.iter().filter_map(|one| case(one, sign * badness(one, one_card)?)).collect();
    let area = auc(&cases);
    let by_band: Vec<Band> =
        bands.iter().map(|name| band(name, known.iter().copied().filter(|one| one.band == *name))).collect();
    let tally = |band: &Band| Counts { n: band.n, events: band.churned };
    let worst = by_band.last().map(|band| Counts { n: counts.events, events: band.churned });
    Report {
        verdict: Verdict::of(area.as_ref(), counts),
        n: counts.n,
        churned: counts.events,
        base_rate: counts.rate(),
        auc: area.map(|a| a.value),
        auc_ci95: area.map(|a| a.ci95),
        auc_method: area.map(|a| a.method),
        top_decile_lift: top_decile(&cases),
        band_trend: cochran_armitage(&by_band.iter().map(tally).collect::<Vec<_>>()),
        worst_band_recall: worst.and_then(Counts::rate),
        by_band,
        undetermined: band("unknown", unknown.into_iter()),
        calibration: calibration(&cases).map(|found| if sign < 0.0 { found.turned() } else { found }),
        components: components(&known, sign),
        lead_time: lead(&known),
    }
}

/// Whether it had a band.
pub fn is_determined(one: &Seen) -> bool {
    one.score.is_some() && one.band != "unknown"
}

/// What is foretold comes to the worst (leaving) or to the best (growing).
fn sign(kind: ScoreKind) -> f64 {
    match kind {
        ScoreKind::Health => 1.0,
        ScoreKind::Expansion => -1.0,
    }
}

/// The higher, the worse: the score itself, turned round; over several scorecards the share of the best one.
fn badness(one: &Seen, one_card: bool) -> Option<f64> {
    let score = one.score?;
    if one_card { Some(-score) } else { (one.best > 0.0).then(|| -100.0 * score / one.best) }
}

fn case(one: &Seen, risk: f64) -> Option<Case> {
    risk.is_finite().then_some(Case { account: one.account.0, risk, lost: one.left.is_some() })
}

fn counted<'a>(seen: impl Iterator<Item = &'a Seen>) -> Counts {
    let mut counts = Counts::default();
    seen.for_each(|one| counts.add(one.left.is_some()));
    counts
}

fn band<'a>(name: &str, members: impl Iterator<Item = &'a Seen>) -> Band {
    let Counts { n, events } = counted(members);
    let rate = Counts { n, events }.rate();
    Band { band: name.to_owned(), n, churned: events, rate, ci95: rate.map(|_| wilson(events, n)) }
}

fn components(known: &[&Seen], sign: f64) -> Vec<Component> {
    let mut order: Vec<&str> = Vec::new();
    let mut cases: BTreeMap<&str, (Vec<Case>, u64)> = BTreeMap::new();
    for one in known {
        for part in &one.parts {
            let (own, missing) = cases.entry(&part.name).or_insert_with(|| {
                order.push(&part.name);
                Default::default()
            });
            match part.share.and_then(|share| case(one, sign * -share)) {
                Some(case) => own.push(case),
                None => *missing += 1,
            }
        }
    }
    let one = |name: &str| {
        let (own, missing) = cases.get(name)?;
        let area = auc(own);
        let mut counts = Counts::default();
        own.iter().for_each(|case| counts.add(case.lost));
        Some(Component {
            name: name.to_owned(),
            auc: area.map(|a| a.value),
            auc_ci95: area.map(|a| a.ci95),
            n: counts.n,
            churned: counts.events,
            missing: *missing,
            verdict: Verdict::of(area.as_ref(), counts),
            constant: own.windows(2).all(|pair| pair[0].risk == pair[1].risk),
        })
    };
    order.into_iter().filter_map(one).collect()
}

/// One lead an account, the longest, where it was looked at several times.
fn lead(known: &[&Seen]) -> Lead {
    let mut leads: BTreeMap<AccountId, Option<i32>> = BTreeMap::new();
    for one in known.iter().filter(|one| one.left.is_some()) {
        let longest = leads.entry(one.account).or_default();
        *longest = (*longest).max(one.lead);
    }
    let mut days: Vec<i32> = leads.values().copied().flatten().collect();
    days.sort_unstable();
    let (n, middle) = (days.len(), days.len() / 2);
    let at = |i: usize| days.get(i).copied().map(f64::from);
    let median = match n % 2 {
        1 => at(middle),
        _ => middle.checked_sub(1).and_then(at).zip(at(middle)).map(|(a, b)| (a + b) / 2.0),
    };
    Lead { median_days: median, warned: n as u64, unwarned: (leads.len() - n) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands() -> Vec<String> {
        ["green", "yellow", "red"].map(str::to_owned).to_vec()
    }

    fn seen(account: i64, score: Option<f64>, band: &str, left: Option<i32>) -> Seen {
        let parts = vec![
            Part { name: "use".into(), share: score.map(|s| s / 10.0), best: 10.0 },
            Part { name: "voice".into(), share: Some(0.5), best: 0.0 },
        ];
        let (card, band) = ("c".to_owned(), band.to_owned());
        Seen { account: AccountId(account), day: 0, card, score, best: 10.0, band, parts, left, lead: None }
    }

    /// `n` accounts of a band of which the first `lost` left.
    fn group(first: i64, n: i64, lost: i64, score: f64, band: &str) -> Vec<Seen> {
        (0..n).map(|i| seen(first + i, Some(score), band, (i < lost).then_some(7))).collect()
    }

    #[test]
    fn churn_by_band_has_the_known_rates_and_trend() {
        let mut all = group(0, 200, 5, 9.0, "green");
        all.extend(group(1_000, 150, 18, 5.0, "yellow"));
        all.extend(group(2_000, 100, 25, 1.0, "red"));
        all.extend(group(3_000, 4, 2, 0.0, "unknown"));
        all[0].lead = Some(3);
        let found = report(&all, &bands(), ScoreKind::Health);
        assert_eq!((found.verdict, found.n, found.churned), (Verdict::Predicts, 450, 48));
        let expected = [
            (5, 200, [0.010_724_720, 0.057_178_340]),
            (18, 150, [0.077_269_031, 0.181_708_355]),
            (25, 100, [0.175_452_114, 0.343_044_635]),
        ];
        for (band, (churned, n, [low, high])) in found.by_band.iter().zip(expected) {
            let ci = band.ci95.unwrap();
            assert_eq!((band.churned, band.n), (churned, n));
            assert!((ci[0] - low).abs() < 1e-8 && (ci[1] - high).abs() < 1e-8, "{band:?}");
        }
        assert!((found.band_trend.unwrap().z - 5.954_065_461_715_05).abs() < 1e-9);
        assert_eq!((found.undetermined.n, found.undetermined.churned), (4, 2), "counted apart");
        assert_eq!(found.worst_band_recall, Some(25.0 / 48.0));
        assert_eq!((found.lead_time.median_days, found.lead_time.unwarned), (Some(3.0), 47));
        // Worked out from the three groups by pairs.
        let pairs = |lost: [f64; 3], stayed: [f64; 3]| -> f64 {
            (0..3).map(|i| lost[i] * (stayed[i] / 2.0 + stayed[..i].iter().sum::<f64>())).sum()
        };
        let area = pairs([5.0, 18.0, 25.0], [195.0, 132.0, 75.0]) / (48.0 * 402.0);
        assert!((found.auc.unwrap() - area).abs() < 1e-12);
        assert_eq!(found.components[0].auc, found.auc);
        assert!(found.components[1].constant && found.components[1].verdict == Verdict::DoesNotPredict);
    }

    #[test]
    fn four_of_180_are_too_few_to_tell() {
        let all: Vec<Seen> =
            (0..180).map(|i| seen(i, Some((i % 7) as f64), "yellow", (i % 45 == 3).then_some(1))).collect();
        let found = report(&all, &bands(), ScoreKind::Health);
        assert_eq!((found.verdict, found.churned), (Verdict::NotEnoughData, 4));
    }

    #[test]
    fn a_score_upside_down_is_called_so() {
        let mut all = group(0, 50, 25, 9.0, "green");
        all.extend(group(100, 50, 2, 1.0, "red"));
        assert_eq!(report(&all, &bands(), ScoreKind::Health).verdict, Verdict::WrongWay);
    }

    #[test]
    fn nobody_is_no_answer() {
        let found = report(&[], &bands(), ScoreKind::Health);
        assert_eq!((found.verdict, found.auc, found.base_rate), (Verdict::NotEnoughData, None, None));
        assert_eq!(found.by_band.len(), 3);
    }

    #[test]
    fn two_scorecards_are_compared_by_the_share_of_their_best() {
        let of = |id: i64, card: &str, score: f64, best: f64, lost: bool| Seen {
            card: card.into(),
            best,
            ..seen(id, Some(score), "green", lost.then_some(1))
        };
        // 60 of 100 is worse than 5 of 6: by points alone it would look better.
        let mut all: Vec<Seen> = (0..20).map(|i| of(i, "large", 60.0, 100.0, true)).collect();
        all.extend((20..40).map(|i| of(i, "small", 5.0, 6.0, false)));
        assert_eq!(report(&all, &bands(), ScoreKind::Health).auc, Some(1.0));
    }
}
