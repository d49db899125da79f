//! Charts as inline SVG: no script, no font, no image from elsewhere. Each has a title for those who cannot see it.

pub mod bars;
pub mod curve;
pub mod funnel;
pub mod heat;
pub mod waterfall;

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

/// 1, 2 or 5 times a power of ten, not below `rough`.
fn nice(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

/// Text that cannot be markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
