//! Bands of a scorecard that leave a gap, overlap, or stand upside down.

use super::{Book, scorecards};
use crate::{model::diagnostic::Diagnostic, rulebook::load::number_after};

/// Green above yellow, and yellow's bound where red ends.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for scorecard in scorecards(book) {
        let Some(bands) = scorecard.get("bands") else { continue };
        let bound = |name: &str, sign: &str| bands.get(name)?.scalar().and_then(|s| number_after(&s.text, sign));
        let (Some(green), Some(yellow), Some(red)) = (bound("green", ">="), bound("yellow", ">="), bound("red", "<"))
        else {
            continue;
        };
        let message = if green <= yellow {
            format!("green begins at {green}, which is not above yellow at {yellow}")
        } else if red < yellow {
            format!("a score from {red} to {yellow} is in no band")
        } else if red > yellow {
            format!("a score from {yellow} to {red} is both yellow and red")
        } else {
            continue;
        };
        let help = format!("write e.g. bands: {{green: \">= {green}\", yellow: \">= {yellow}\", red: \"< {yellow}\"}}");
        out.push(Diagnostic::error("bands", &bands.place, message, help));
    }
}
