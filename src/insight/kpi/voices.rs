//! What customers answered: NPS, CSAT and CES apart, each with its scale, its interval and how many of those asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{event, put};
use crate::{
    insight::{
        answers,
        churn::Share,
        rate::{Rate, Unit},
        survey::{self, Score},
    },
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        survey::{ASKED, Kind, RESPONDED, counts},
        value::{Props, Value},
    },
};

/// Answers below which a figure is no more than a hint.
const ENOUGH: u64 = 30;
/// What is said then.
pub const FEW: &str = "few_answers";

/// Adds the figures of `said`; `before` is the period of the same length before it.
pub(super) fn add(said: &[&Fact], before: &[&Fact], kpis: &mut BTreeMap<String, Rate>) {
    let nps = latest(said, Kind::Nps);
    let scores = |answers: &[(AccountId, f64)]| answers.iter().map(|(_, score)| *score).collect::<Vec<_>>();
    let score = survey::nps(&scores(&nps));
    put(kpis, "nps", points(score, "latest_per_contact"));
    put(kpis, "nps_accounts", points(survey::nps_of_accounts(&nps), "mean_of_accounts"));
    let earlier = survey::nps(&scores(&latest(before, Kind::Nps)));
    put(kpis, "nps_change", points(survey::change(score, earlier), "against_period_before"));
    let csat = scores(&latest(said, Kind::Csat));
    put(kpis, "csat", share(survey::csat(&csat), "four_or_five_of_five"));
    put(kpis, "csat_mean", mean(Kind::Csat, &csat, "mean_of_1_to_5"));
    let ces = scores(&latest(said, Kind::Ces));
    put(kpis, "ces", mean(Kind::Ces, &ces, "mean_of_1_to_7"));
    put(kpis, "ces_easy", share(survey::ces_easy(&ces), "five_to_seven_of_seven"));
    put(kpis, "ces_net", points(survey::ces_net(&ces), "six_seven_less_one_to_three"));
    for kind in Kind::ALL {
        put(kpis, &format!("{}_response", kind.word()), Rate::share(answered(said, kind), "answered_of_asked"));
    }
}

/// Of each contact's last answer to "how satisfied are you?" among these: 4 and 5 of 5.
pub(super) fn csat(said: &[&Fact]) -> Rate {
    let scores: Vec<f64> = latest(said, Kind::Csat).into_iter().map(|(_, score)| score).collect();
    share(survey::csat(&scores), "four_or_five_of_five")
}

/// Answers given: corrections of one survey are one, and what lies off its scale is none.
pub(super) fn count(said: &[&Fact]) -> u64 {
    let given = responses(said).filter(|(_, props)| counts(props)).map(|(fact, props)| {
        let own = text(props, "survey").map_or_else(|| fact.event_id.clone(), str::to_owned);
        (fact.account, fact.contact, text(props, "kind"), own)
    });
    given.collect::<BTreeSet<_>>().len() as u64
}

fn responses<'f>(said: &'f [&'f Fact]) -> impl Iterator<Item = (&'f Fact, &'f Props)> {
    said.iter().filter(|fact| event(fact) == RESPONDED).filter_map(|fact| Some((*fact, props(fact)?)))
}

fn props(fact: &Fact) -> Option<&Props> {
    match &fact.body {
        FactBody::Event { props, .. } => Some(props),
        _ => None,
    }
}

fn text<'p>(props: &'p Props, name: &str) -> Option<&'p str> {
    props.get(name).and_then(Value::as_text)
}

fn is(props: &Props, kind: Kind) -> bool {
    text(props, "kind") == Some(kind.word())
}

/// The last answer on the scale that each contact (or account) gave to surveys of `kind`.
fn latest(said: &[&Fact], kind: Kind) -> Vec<(AccountId, f64)> {
    let last = answers::last(said.iter().copied());
    last.iter().filter(|a| a.kind == kind).map(|a| (a.fact.account, f64::from(a.score))).collect()
}

/// Of the surveys of `kind` that were asked: how many were answered by the end of the period.
fn answered(said: &[&Fact], kind: Kind) -> Share {
    let surveys = |name: &str| -> BTreeSet<&str> {
        let of_kind = said.iter().filter(|fact| event(fact) == name).filter_map(|fact| props(fact));
        of_kind.filter(|props| is(props, kind)).filter_map(|props| text(props, "survey")).collect()
    };
    let (asked, given) = (surveys(ASKED), surveys(RESPONDED));
    Share { of: asked.intersection(&given).count() as u64, all: asked.len() as u64 }
}

fn share((of, all): (u64, u64), method: &'static str) -> Rate {
    warned(Rate::share(Share { of, all }, method), all)
}

fn points(score: Option<Score>, method: &'static str) -> Rate {
    let net = score.map_or(0, |s| (s.value * s.answers as f64 / 100.0).round() as i64);
    scored(score, net, method)
}

/// A mean: its numerator is the sum of the answers.
fn mean(kind: Kind, answers: &[f64], method: &'static str) -> Rate {
    let score = survey::mean(kind, answers);
    scored(score, score.map_or(0, |s| (s.value * s.answers as f64).round() as i64), method)
}

fn scored(score: Option<Score>, numerator: i64, method: &'static str) -> Rate {
    let answers = score.map_or(0, |s| s.answers);
    let rate = Rate::ratio(0, 0, method);
    let value = score.map(|s| s.value);
    let ci95 = score.map(|s| s.ci95.map(Some));
    warned(Rate { value, numerator, denominator: answers, ci95, unit: Unit::Points, ..rate }, answers)
}

fn warned(rate: Rate, answers: u64) -> Rate {
    Rate { warning: (1..ENOUGH).contains(&answers).then_some(FEW), ..rate }
}
