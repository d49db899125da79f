//! Weights of a scorecard that do not sum to 100; points that can never reach a band.

use super::{Book, scorecards};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{types::Scale, yaml::Node},
};

/// Weights sum to 100; where points add up, green is within reach.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for scorecard in &book.rulebook.model.health {
        let Some(node) = node_of(book, &scorecard.name) else { continue };
        // A component that could not be read was reported already; its weight is not known.
        if super::items(node.get("components")).len() != scorecard.components.len() {
            continue;
        }
        let place = &node.place;
        let sum: f64 = scorecard.components.iter().map(|c| c.weight).sum();
        if scorecard.weighted && (sum - 100.0).abs() > 1e-6 {
            let message = format!("the weights of `{}` sum to {sum}, not to 100", scorecard.name);
            out.push(Diagnostic::error(
                "weights",
                place,
                message,
                "change them so that they sum to 100; 0 = observe only",
            ));
        }
        let most: f64 = scorecard.components.iter().map(|c| most(&c.scale)).sum();
        let green = scorecard.bands.first().and_then(|(_, bound)| *bound).unwrap_or(0.0);
        if !scorecard.weighted && most < green {
            let message = format!("green begins at {green}, but all components together give at most {most}");
            out.push(Diagnostic::error("unreachable-band", place, message, "lower the bound or give more points"));
        }
    }
}

fn node_of<'a>(book: &'a Book<'_>, name: &str) -> Option<&'a Node> {
    let named = |n: &&Node| n.get("scorecard").and_then(Node::scalar).is_some_and(|s| s.text == name);
    scorecards(book).into_iter().find(named)
}

fn most(scale: &Scale) -> f64 {
    match scale {
        Scale::Points(steps) => steps.iter().map(|(_, give)| *give).fold(0.0, f64::max),
        Scale::Linear(..) => 100.0,
    }
}
