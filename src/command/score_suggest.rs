//! `score suggest`: weights that history would give, as lines of `model.yaml` that only a person applies.

use serde::Serialize;

use super::{
    reply::{Part, Reply, Table},
    score::Version,
};
use crate::{
    insight::score::suggest::{PER_WEIGHT, Refused, Sample, Suggested, Suggestion, Verdict, Why},
    model::{locale::Locale, score::ScoreKind},
    rulebook::{
        titles::Titled,
        types::{Component, Rulebook, Scale, Scorecard},
    },
    words::score_suggest::{self as say, Rows},
};

/// A suggestion, as `--json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offered {
    /// The scorecard.
    pub scorecard: String,
    /// Days after each moment within which leaving (or growing) counts.
    pub churn_within_days: i32,
    /// The rulebook whose scorecard it is.
    pub rulebook: Version,
    /// The figures.
    #[serde(flatten)]
    pub suggestion: Suggestion,
    /// Playbooks that act on the score.
    pub acting_playbooks: Vec<String>,
    /// Only customers held out from them were used.
    pub held_out_only: bool,
    /// Those held out that left in the earlier period.
    pub held_out_churned: u64,
    /// The lines of `model.yaml` that would change: `-` today's, `+` the suggested ones.
    pub diff: Vec<String>,
}

/// For people.
pub fn reply(offered: &Offered, rulebook: &Rulebook, kind: ScoreKind, locale: Locale) -> Reply {
    let (found, grows) = (&offered.suggestion, kind == ScoreKind::Expansion);
    let title = |what: Titled, name: &str| rulebook.title(what, name, locale).to_owned();
    let weighted = rulebook.model.scorecards(kind).iter().any(|card| card.name == offered.scorecard && card.weighted);
    let (now, new) = (found.auc_now.map(|a| a.value), found.auc_suggested.map(|a| a.value));
    let card = title(Titled::Scorecard, &offered.scorecard);
    let component = |one: &Suggested| title(Titled::Component, &one.name);
    let mut reply = Reply::new(
        locale,
        say::verdict(locale, grows, word(found.verdict), now, new, found.difference.map(|d| d.ci95)),
    )
    .line(say::rests_on(
        locale,
        grows,
        &card,
        rows(found.fitted_on),
        rows(found.tested_on),
        offered.churn_within_days,
    ));
    let acting: Vec<String> = offered.acting_playbooks.iter().map(|name| title(Titled::Playbook, name)).collect();
    if offered.held_out_only {
        reply = reply.line(say::held_out(locale, grows, &acting));
    } else if !acting.is_empty() {
        reply = reply.line(say::treated(locale, grows, &acting, offered.held_out_churned));
    }
    let row = |one: &Suggested| {
        vec![component(one), number(one.now), number(one.suggested), say::why(locale, grows, why(one.why)).to_owned()]
    };
    let header = say::header(locale, weighted).map(str::to_owned).into();
    reply = reply.with(Part::Table(Table { header, rows: found.components.iter().map(row).collect() }));
    let wrong: Vec<String> = found.components.iter().filter(|c| c.why == Why::WrongWay).map(component).collect();
    if !wrong.is_empty() {
        reply = reply.line(say::wrong_way(locale, grows, &wrong));
    }
    if !offered.diff.is_empty() {
        reply = reply.with(Part::Heading(say::diff(locale).to_owned())).with(Part::Text(offered.diff.join("\n")));
    }
    reply.line(say::not_applied(locale, found.verdict == Verdict::Better))
}

/// Why there is none.
pub fn refused(why: Refused, kind: ScoreKind, days: i32, locale: Locale) -> String {
    let grows = kind == ScoreKind::Expansion;
    match why {
        Refused::TooFew { have, need, weights } => say::too_few(locale, grows, have, need, weights, PER_WEIGHT),
        Refused::TooShort => say::too_short(locale, days),
        Refused::NothingVaries => say::nothing_varies(locale),
        Refused::NothingHelps => say::nothing_helps(locale, grows),
    }
}

/// The lines of `model.yaml` that would change.
pub fn diff(card: &Scorecard, found: &Suggestion) -> Vec<String> {
    let mut lines = vec![format!("  - scorecard: {}", card.name), "    components:".to_owned()];
    let before = lines.len();
    for (component, one) in card.components.iter().zip(&found.components) {
        let change = if card.weighted { weight(component, one) } else { points(component, one) };
        if let Some([old, new]) = change {
            lines.push(format!("      - name: {}", component.name));
            lines.push(format!("-       {old}"));
            lines.push(format!("+       {new}"));
        }
    }
    if lines.len() == before { Vec::new() } else { lines }
}

fn weight(component: &Component, one: &Suggested) -> Option<[String; 2]> {
    let change = (component.weight - one.suggested).abs() > 1e-9;
    change.then(|| [component.weight, one.suggested].map(|w| format!("weight: {}", number(w))))
}

/// Every step in proportion.
fn points(component: &Component, one: &Suggested) -> Option<[String; 2]> {
    let Scale::Points(steps) = &component.scale else { return None };
    let scale = if one.now > 0.0 { one.suggested / one.now } else { 0.0 };
    let list = |scale: f64| {
        let step = |(at_least, give): &(Option<f64>, f64)| match at_least {
            Some(bound) => format!("{{at_least: {}, give: {}}}", number(*bound), number(give * scale)),
            None => format!("{{give: {}}}", number(give * scale)),
        };
        format!("points: [{}]", steps.iter().map(step).collect::<Vec<_>>().join(", "))
    };
    ((scale - 1.0).abs() > 1e-9).then(|| [list(1.0), list(scale)])
}

/// At most two digits after the point, and none that say nothing.
fn number(n: f64) -> String {
    let text = format!("{n:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

fn rows(sample: Sample) -> Rows {
    Rows { customers: sample.customers, churned: sample.churned, points: sample.points }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::NoBetter => "no_better",
        Verdict::Worse => "worse",
        Verdict::NotTested => "not_tested",
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Fitted => "fitted",
        Why::WrongWay => "wrong_way",
        Why::NoUse => "no_use",
        Why::Constant => "constant",
    }
}
