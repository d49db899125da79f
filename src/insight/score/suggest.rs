//! Weights that history would give the components of a scorecard, and whether they rank better later. Of readiness to grow
//! everything is turned round: points are to go with growth as those of health go with staying. A suggestion: nobody
//! applies it but a person.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    auc::{Auc, Case, Difference, auc, compare},
    logistic::{fit, standardised},
    report::{Part, Seen, is_determined},
};
use crate::{
    model::{ids::AccountId, score::ScoreKind},
    rulebook::types::Missing,
};

/// Losses that each weight needs (P. Peduzzi et al., J. Clin. Epidemiol. 49, 1996).
pub const PER_WEIGHT: u64 = 10;
/// Weight of the penalty on the squares of the standardised weights (scikit-learn's C = 1).
const PENALTY: f64 = 1.0;

/// A weight this many standard errors above 0 points the wrong way by more than chance.
const BEYOND_CHANCE: f64 = 1.959_963_984_540_054;
/// Of all moments the last part judges.
const LATER: i32 = 4;

type Fitted = (Vec<Option<f64>>, BTreeSet<usize>);

/// What the scorecard is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    /// What a component without data means.
    pub missing: Missing,
    /// Weights are multiples of this.
    pub unit: f64,
    /// Which score: what more points are to go with.
    pub kind: ScoreKind,
}

impl Form {
    /// What points are to speak against: leaving; of readiness not growing.
    fn is_bad(&self, one: &Seen) -> bool {
        one.left.is_some() == (self.kind == ScoreKind::Health)
    }
}

/// Rows of one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Moments looked at.
    pub points: usize,
    /// Different customers.
    pub customers: u64,
    /// Of them left (or grew, where that is foretold): each once, however often it was looked at.
    pub churned: u64,
}

/// What history says of one component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggested {
    /// Its name.
    pub name: String,
    /// Its weight (or best points) today.
    pub now: f64,
    /// The one suggested.
    pub suggested: f64,
    /// What full points take from the log-odds of leaving (add to those of growing), against none; none where it was not
    /// fitted.
    pub coefficient: Option<f64>,
    /// How it came by its weight.
    pub why: Why,
}

/// How a component came by its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Fitted.
    Fitted,
    /// Whoever had more points left sooner (beyond chance): 0.
    WrongWay,
    /// More points took nothing from leaving, within chance: 0.
    NoUse,
    /// It gave everybody the same: as it is.
    Constant,
}

/// Whether the new weights rank better on the later period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the difference lies above 0.
    Better,
    /// It contains 0.
    NoBetter,
    /// It lies below.
    Worse,
    /// Nobody left in the later period, or everybody did.
    NotTested,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// Whether the new weights rank better on the later period.
    pub verdict: Verdict,
    /// The earlier period, to which the weights are fitted.
    pub fitted_on: Sample,
    /// The later one, on which they are judged; nothing of it was known to the fit.
    pub tested_on: Sample,
    /// In the order of the scorecard.
    pub components: Vec<Suggested>,
    /// Today's weights on the later period.
    pub auc_now: Option<Auc>,
    /// The suggested ones.
    pub auc_suggested: Option<Auc>,
    /// Suggested − today's.
    pub difference: Option<Difference>,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too few left for so many weights.
    TooFew {
        /// Left.
        have: u64,
        /// Needed.
        need: u64,
        /// Weights to fit.
        weights: usize,
    },
    /// No two moments far enough apart.
    TooShort,
    /// No component differs between customers.
    NothingVaries,
    /// Of every component more points meant more churn.
    NothingHelps,
}

/// Rows for the fit and rows for the judgement: the last quarter of the moments judges (at least `within` days of them);
/// only moments whose days were over by the first of those are fitted to.
pub fn split(seen: Vec<Seen>, within: i32) -> Option<(Vec<Seen>, Vec<Seen>)> {
    let days: BTreeSet<i32> = seen.iter().map(|one| one.day).collect();
    let last = *days.last()?;
    let later = within.max(last.saturating_sub(*days.first()?) / LATER);
    let first = *days.iter().find(|day| **day > last.saturating_sub(later))?;
    let (early, late): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(|one| one.day < first);
    let early: Vec<Seen> = early.into_iter().filter(|one| one.day.saturating_add(within) <= first).collect();
    (!early.is_empty()).then_some((early, late))
}

/// Fits the weights to `early` and judges them on `late`: rows of one scorecard. Logistic regression with L2 on standardised
/// components, missing ones at their mean; a weight is what full points take from the log-odds, so that weights × points is
/// the fitted risk. A component with the wrong sign gets 0 and the rest is fitted anew; one that never varies keeps its weight.
pub fn suggest(early: &[Seen], late: &[Seen], form: Form) -> Result<Suggestion, Refused> {
    let (early, late) = (determined(early), determined(late));
    let parts: Vec<&Part> = early.first().map(|one| one.parts.iter().collect()).unwrap_or_default();
    let columns: Vec<Option<Column>> = (0..parts.len()).map(|i| Column::of(&early, i)).collect();
    let varying: Vec<usize> = (0..parts.len()).filter(|i| columns[*i].is_some()).collect();
    if parts.is_empty() {
        return Err(Refused::TooShort);
    }
    if varying.is_empty() {
        return Err(Refused::NothingVaries);
    }
    let fitted_on = sample(&early);
    let (have, need) =
        (fitted_on.churned.min(fitted_on.customers - fitted_on.churned), PER_WEIGHT * varying.len() as u64);
    if have < need {
        return Err(Refused::TooFew { have, need, weights: varying.len() });
    }
    let (takes, wrong) = takes(&early, &columns, varying, form)?;
    let weights = weights(&parts, &columns, &takes, form);
    let component = |(i, part): (usize, &&Part)| Suggested {
        name: part.name.clone(),
        now: tidy(part.best),
        suggested: tidy(weights[i]),
        coefficient: takes[i],
        why: match (&columns[i], takes[i]) {
            (None, _) => Why::Constant,
            (_, None) if wrong.contains(&i) => Why::WrongWay,
            (_, None) => Why::NoUse,
            _ => Why::Fitted,
        },
    };
    let components = parts.iter().enumerate().map(component).collect();
    let (now, new): (Vec<Case>, Vec<Case>) = late.iter().filter_map(|one| both(one, &weights, form)).unzip();
    let difference = compare(&new, &now);
    Ok(Suggestion {
        verdict: match difference {
            Some(found) if found.ci95[0] > 0.0 => Verdict::Better,
            Some(found) if found.ci95[1] < 0.0 => Verdict::Worse,
            Some(_) => Verdict::NoBetter,
            None => Verdict::NotTested,
        },
        fitted_on,
        tested_on: sample(&late),
        components,
        auc_now: auc(&now),
        auc_suggested: auc(&new),
        difference,
    })
}

/// The score that these weights give; none where nothing that weighs is known.
pub fn score(parts: &[Part], weights: &[f64], missing: Missing) -> Option<f64> {
    let (mut points, mut known, mut all) = (0.0, 0.0, 0.0);
    for (part, weight) in parts.iter().zip(weights) {
        all += weight;
        match (part.share, missing) {
            (Some(share), _) => {
                points += weight * share;
                known += weight;
            }
            (None, Missing::Neutral) => points += weight / 2.0,
            (None, _) => {}
        }
    }
    match missing {
        Missing::Exclude => (known > 0.0).then(|| points * all / known),
        _ => Some(points),
    }
}

fn determined(seen: &[Seen]) -> Vec<&Seen> {
    seen.iter().filter(|one| is_determined(one)).collect()
}

fn sample(rows: &[&Seen]) -> Sample {
    let ids = |lost: bool| {
        let of = rows.iter().filter(|one| !lost || one.left.is_some());
        of.map(|one| one.account).collect::<BTreeSet<AccountId>>().len() as u64
    };
    let points: BTreeSet<i32> = rows.iter().map(|one| one.day).collect();
    Sample { points: points.len(), customers: ids(false), churned: ids(true) }
}

/// One component over all rows, standardised.
struct Column {
    values: Vec<f64>,
    sd: f64,
}

impl Column {
    /// None where it never varies.
    fn of(rows: &[&Seen], index: usize) -> Option<Column> {
        let shares: Vec<Option<f64>> = rows.iter().map(|one| one.parts.get(index).and_then(|p| p.share)).collect();
        let known: Vec<f64> = shares.iter().copied().flatten().collect();
        let (_, mean, _) = standardised(&known)?;
        let filled: Vec<f64> = shares.iter().map(|share| share.unwrap_or(mean)).collect();
        standardised(&filled).map(|(values, _, sd)| Column { values, sd })
    }
}

/// What full points take from the log-odds, by component, none where it varies not or does not help; and those that point the
/// wrong way beyond chance.
fn takes(rows: &[&Seen], columns: &[Option<Column>], mut used: Vec<usize>, form: Form) -> Result<Fitted, Refused> {
    let lost: Vec<bool> = rows.iter().map(|one| form.is_bad(one)).collect();
    let mut wrong = BTreeSet::new();
    loop {
        let own: Vec<&Column> = used.iter().filter_map(|i| columns[*i].as_ref()).collect();
        let table: Vec<Vec<f64>> = (0..rows.len()).map(|row| own.iter().map(|c| c.values[row]).collect()).collect();
        let found = fit(&table, &lost, PENALTY).ok_or(Refused::NothingVaries)?;
        let z = |(weight, error): (&f64, &f64)| weight / error;
        let signs: Vec<f64> = found.weights.iter().zip(found.errors.iter().skip(1)).map(z).collect();
        wrong.extend(used.iter().zip(&signs).filter(|(_, z)| **z > BEYOND_CHANCE).map(|(i, _)| *i));
        let good: Vec<usize> = used.iter().zip(&signs).filter(|(_, z)| **z < 0.0).map(|(i, _)| *i).collect();
        if good.is_empty() {
            return Err(Refused::NothingHelps);
        }
        if good.len() == used.len() {
            let mut takes = vec![None; columns.len()];
            for ((i, column), weight) in used.iter().zip(own).zip(&found.weights) {
                takes[*i] = Some(-weight / column.sd);
            }
            return Ok((takes, wrong));
        }
        used = good;
    }
}

/// Weights with the same sum as today: those that never vary keep theirs, the others share the rest by what they take.
fn weights(parts: &[&Part], columns: &[Option<Column>], takes: &[Option<f64>], form: Form) -> Vec<f64> {
    let kept = |i: usize| if columns[i].is_none() { parts[i].best } else { 0.0 };
    let free: f64 = parts.iter().map(|p| p.best).sum::<f64>() - (0..parts.len()).map(kept).sum::<f64>();
    let sum: f64 = takes.iter().flatten().sum();
    let exact: Vec<f64> = takes.iter().map(|take| take.unwrap_or(0.0) / sum * free / form.unit).collect();
    let mut whole: Vec<f64> = exact.iter().map(|share| share.floor()).collect();
    let mut order: Vec<usize> = (0..parts.len()).filter(|i| takes[*i].is_some()).collect();
    order.sort_by(|a, b| (exact[*b] - whole[*b]).total_cmp(&(exact[*a] - whole[*a])));
    // The largest remainders are rounded up, so that the sum stays.
    let left = (free / form.unit - whole.iter().sum::<f64>()).round();
    order.into_iter().take(left.max(0.0) as usize).for_each(|i| whole[i] += 1.0);
    (0..parts.len()).map(|i| kept(i) + whole[i] * form.unit).collect()
}

/// An observed component's next to nothing is nothing.
fn tidy(weight: f64) -> f64 {
    (weight * 1e9).round() / 1e9
}

/// The row by today's score and by the new weights.
fn both(one: &Seen, weights: &[f64], form: Form) -> Option<(Case, Case)> {
    let case = |score: f64| Case { account: one.account.0, risk: -score, lost: form.is_bad(one) };
    Some((case(one.score?), case(score(&one.parts, weights, form.missing)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form { missing: Missing::Exclude, unit: 1.0, kind: ScoreKind::Health };

    /// Rows of `logit.csv`: x1 and x2 lower the risk, x3 raises it; as shares of a component of weight 40, 40 and 20.
    fn rows(day: i32, first: i64) -> Vec<Seen> {
        let lines = include_str!("../../../tests/data/numbers/score/logit.csv").lines().skip(1);
        let row = |(i, line): (usize, &str)| {
            let cell: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            let part =
                |i: usize, name: &str, best: f64| Part { name: name.into(), share: Some(0.5 + cell[i] / 10.0), best };
            let parts = vec![part(0, "x1", 40.0), part(1, "x2", 40.0), part(2, "x3", 20.0)];
            let score = score(&parts, &[40.0, 40.0, 20.0], Missing::Exclude);
            Seen {
                account: AccountId(first + i as i64),
                day,
                card: "c".into(),
                score,
                best: 100.0,
                band: "yellow".into(),
                parts,
                left: (cell[3] == 1.0).then_some(5),
                lead: None,
            }
        };
        lines.enumerate().map(row).collect()
    }

    /// Who stayed taken for who grew: the same customers, so the same weights and the same areas.
    #[test]
    fn readiness_is_fitted_to_growth_as_health_is_to_staying() {
        let grew = |mut rows: Vec<Seen>| {
            rows.iter_mut().for_each(|one| one.left = one.left.is_none().then_some(9));
            rows
        };
        let health = suggest(&rows(0, 0), &rows(200, 0), FORM).unwrap();
        let form = Form { kind: ScoreKind::Expansion, ..FORM };
        let found = suggest(&grew(rows(0, 0)), &grew(rows(200, 0)), form).unwrap();
        assert_eq!((&found.components, found.auc_suggested), (&health.components, health.auc_suggested));
        assert_eq!(found.fitted_on.churned, health.fitted_on.customers - health.fitted_on.churned);
        assert!(matches!(suggest(&grew(rows(0, 0)), &[], FORM), Ok(s) if s.components[0].why == Why::WrongWay));
    }

    /// scikit-learn 1.9, `LogisticRegression(C=1)` on the standardised columns, first all three, then x1 and x2.
    #[test]
    fn weights_are_those_of_the_reference_and_a_wrong_sign_within_chance_gets_none() {
        let found = suggest(&rows(0, 0), &rows(200, 0), FORM).unwrap();
        let line = include_str!("../../../tests/data/numbers/score/suggest.csv").lines().nth(1).unwrap();
        let known: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
        let [x1, x2, x3] = &found.components[..] else { panic!("{found:#?}") };
        assert!((x1.coefficient.unwrap() - known[0]).abs() < 1e-6 && (x2.coefficient.unwrap() - known[1]).abs() < 1e-6);
        assert_eq!((x3.why, x3.suggested, x3.coefficient), (Why::NoUse, 0.0, None));
        assert_eq!((x1.suggested, x2.suggested), ((100.0 * known[0] / (known[0] + known[1])).round(), known[2]));
        // The later period here is the same table: the areas are scikit-learn's of both scores.
        assert!((found.auc_now.unwrap().value - known[3]).abs() < 1e-9, "{found:#?}");
        assert!((found.auc_suggested.unwrap().value - known[4]).abs() < 1e-9, "{found:#?}");
        assert_eq!(found.verdict, Verdict::Better);
    }

    #[test]
    fn fewer_than_ten_losses_a_weight_are_refused_and_one_customer_is_lost_once() {
        let mut early = rows(0, 0);
        early.truncate(100);
        let mut twice = early.clone();
        twice.extend(early.iter().cloned().map(|one| Seen { day: 30, ..one }));
        let lost = early.iter().filter(|one| one.left.is_some()).count() as u64;
        let refused = suggest(&twice, &[], FORM).unwrap_err();
        assert_eq!(refused, Refused::TooFew { have: lost, need: 30, weights: 3 });
    }

    #[test]
    fn a_component_that_never_varies_keeps_its_weight() {
        let flat = |mut all: Vec<Seen>| {
            all.iter_mut().for_each(|one| one.parts[1].share = Some(0.5));
            all
        };
        let found = suggest(&flat(rows(0, 0)), &flat(rows(200, 0)), FORM).unwrap();
        let weights: Vec<f64> = found.components.iter().map(|c| c.suggested).collect();
        assert_eq!((weights, found.components[1].why), (vec![60.0, 40.0, 0.0], Why::Constant));
    }

    #[test]
    fn nothing_of_the_later_period_is_fitted_to() {
        let all: Vec<Seen> = [0, 30, 60, 90, 120, 150, 180].into_iter().flat_map(|day| rows(day, 0)).collect();
        let (early, late) = split(all, 90).unwrap();
        let days =
            |rows: &[Seen]| rows.iter().map(|one| one.day).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
        // Day 120 judges first; what left within 90 days of day 30 was known by then, of day 60 not.
        assert_eq!((days(&early), days(&late)), (vec![0, 30], vec![120, 150, 180]));
        assert_eq!(split(rows(0, 0), 90), None);
        let (_, late) = split((0..40).map(|n| rows(n * 30, 0).remove(0)).collect(), 30).unwrap();
        assert_eq!(late.len(), 10, "a long past is judged on its last quarter");
    }

    #[test]
    fn every_component_upside_down_is_no_suggestion() {
        let turned: Vec<Seen> = rows(0, 0)
            .into_iter()
            .map(|mut one| {
                one.parts[0].share = one.parts[0].share.map(|share| 1.0 - share);
                one.parts[1].share = one.parts[1].share.map(|share| 1.0 - share);
                one
            })
            .collect();
        assert_eq!(suggest(&turned, &[], FORM).unwrap_err(), Refused::NothingHelps);
    }

    #[test]
    fn weights_are_rounded_without_changing_their_sum() {
        for unit in [0.5, 1.0, 10.0] {
            let found = suggest(&rows(0, 0), &[], Form { unit, ..FORM }).unwrap();
            let weights: Vec<f64> = found.components.iter().map(|c| c.suggested).collect();
            assert_eq!(weights.iter().sum::<f64>(), 100.0, "{weights:?}");
            assert!(weights.iter().all(|w| (w / unit).fract() == 0.0), "{weights:?}");
            assert_eq!(found.verdict, Verdict::NotTested);
        }
    }

    #[test]
    fn what_is_missing_counts_as_the_scorecard_says() {
        let part = |share: Option<f64>| Part { name: "p".into(), share, best: 1.0 };
        let parts = [part(Some(0.5)), part(None)];
        let of = |missing| score(&parts, &[60.0, 40.0], missing);
        assert_eq!(
            [of(Missing::Exclude), of(Missing::Neutral), of(Missing::Worst)],
            [Some(50.0), Some(50.0), Some(30.0)]
        );
        assert_eq!(score(&parts, &[0.0, 40.0], Missing::Exclude), None);
    }
}
