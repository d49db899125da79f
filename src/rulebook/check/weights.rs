//! Weights of a scorecard that do not sum to 100; points that can never reach a band.

use super::{Book, scorecards};
use crate::{
    model::{diagnostic::Diagnostic, score::ScoreKind},
    rulebook::{
        types::{Scale, Scorecard},
        yaml::Node,
    },
};

/// Weights sum to 100; where points add up, the best band is within reach.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for kind in ScoreKind::ALL {
        for scorecard in book.rulebook.model.scorecards(kind) {
            let node = node_of(book, kind, &scorecard.name);
            // A component that could not be read was reported already; its weight is not known.
            let whole = |node: &&Node| super::items(node.get("components")).len() == scorecard.components.len();
            if let Some(node) = node.filter(whole) {
                sums(scorecard, node, out);
            }
        }
    }
}

fn sums(scorecard: &Scorecard, node: &Node, out: &mut Vec<Diagnostic>) {
    let place = &node.place;
    let sum: f64 = scorecard.components.iter().map(|c| c.weight).sum();
    if scorecard.weighted && (sum - 100.0).abs() > 1e-6 {
        let message = format!("the weights of `{}` sum to {sum}, not to 100", scorecard.name);
        let help = "change them so that they sum to 100; 0 = observe only";
        out.push(Diagnostic::error("weights", place, message, help));
    }
    let most: f64 = scorecard.components.iter().map(|c| most(&c.scale)).sum();
    let Some((best, bound)) = scorecard.bands.first() else { return };
    let bound = bound.unwrap_or(0.0);
    if !scorecard.weighted && most < bound {
        let message = format!("{best} begins at {bound}, but all components together give at most {most}");
        out.push(Diagnostic::error("unreachable-band", place, message, "lower the bound or give more points"));
    }
}

fn node_of<'a>(book: &'a Book<'_>, kind: ScoreKind, name: &str) -> Option<&'a Node> {
    let named = |n: &&Node| n.get("scorecard").and_then(Node::scalar).is_some_and(|s| s.text == name);
    scorecards(book, kind).into_iter().find(named)
}

fn most(scale: &Scale) -> f64 {
    match scale {
        Scale::Points(steps) => steps.iter().map(|(_, give)| *give).fold(0.0, f64::max),
        Scale::Linear(..) => 100.0,
    }
}
