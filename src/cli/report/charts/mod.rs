//! Charts as inline SVG: no script, no font, no image from elsewhere. Each has a title for those who cannot see it.

mod axis;
pub mod bars;
pub mod curve;
pub mod funnel;
pub mod heat;
pub mod waterfall;

use std::fmt::Write as _;

/// Colours: gained or moved on, still there, lost.
pub const GAINED: &str = "#1f6f8b";
/// Neither gained nor lost.
pub const THERE: &str = "#a9cbd6";
/// Lost.
pub const LOST: &str = "#c2410c";

/// To watch.
pub const WATCH: &str = "#d9a514";
/// At risk.
pub const AT_RISK: &str = LOST;
/// Not known.
pub const UNKNOWN: &str = "#c4ccd4";

/// The beginning of a drawing with its title.
fn opened(title: &str, size: (f64, f64)) -> String {
    let title = escaped(title);
    format!("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>", size.0, size.1)
}

/// A square in a colour with what it stands for, in the first line of a drawing.
fn legend(out: &mut String, x: f64, colour: &str, name: &str) {
    let (beside, name) = (x + 16.0, escaped(name));
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"4\" width=\"11\" height=\"11\" fill=\"{colour}\"/><text class=\"tick\" x=\"{beside}\" y=\"14\">{name}</text>"
    );
}

/// A month (`2026-04-01`) short enough for a label: `26/04`.
pub fn month(first: &str) -> String {
    first.get(2..7).unwrap_or_default().replace('-', "/")
}

/// Text that cannot be markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
