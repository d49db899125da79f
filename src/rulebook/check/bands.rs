//! Bands of a scorecard that leave a gap, overlap, or stand upside down.

use super::{Book, scorecards};
use crate::{
    model::{diagnostic::Diagnostic, score::ScoreKind},
    rulebook::{load::number_after, yaml::Node},
};

/// The best band above the middle one, and the middle one's bound where the worst ends.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for kind in ScoreKind::ALL {
        scorecards(book, kind).into_iter().for_each(|scorecard| bounds(scorecard, kind, out));
    }
}

fn bounds(scorecard: &Node, kind: ScoreKind, out: &mut Vec<Diagnostic>) {
    let Some(bands) = scorecard.get("bands") else { return };
    let [best, middle, worst] = kind.bands();
    let bound = |name: &str, sign: &str| bands.get(name)?.scalar().and_then(|s| number_after(&s.text, sign));
    let (Some(high), Some(low), Some(below)) = (bound(best, ">="), bound(middle, ">="), bound(worst, "<")) else {
        return;
    };
    let message = if high <= low {
        format!("{best} begins at {high}, which is not above {middle} at {low}")
    } else if below < low {
        format!("a score from {below} to {low} is in no band")
    } else if below > low {
        format!("a score from {low} to {below} is both {middle} and {worst}")
    } else {
        return;
    };
    let help = format!("write e.g. bands: {{{best}: \">= {high}\", {middle}: \">= {low}\", {worst}: \"< {low}\"}}");
    out.push(Diagnostic::error("bands", &bands.place, message, help));
}
