//! A funnel: one row a stage, as wide as the customers who came that far, in parts by what became of them.

use std::fmt::Write as _;

use super::{GAINED, LOST, THERE, escaped, legend, opened};

/// Width of the drawing, height of a row, and room for the labels at both sides; in its own units.
const WIDE: f64 = 640.0;
const ROW: f64 = 34.0;
const ROOM: (f64, f64) = (150.0, 60.0);
/// Room for the legend.
const LEGEND: f64 = 26.0;

/// Stages from the first to the last.
pub struct Funnel<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What the parts are called: moved on, still there, lost.
    pub legend: [&'a str; 3],
    /// A label and its parts in that order.
    pub rows: Vec<(String, [u64; 3])>,
}

impl Funnel<'_> {
    /// The drawing; empty where there is nobody.
    pub fn svg(&self) -> String {
        let most = self.rows.iter().map(|(_, parts)| parts.iter().sum::<u64>()).max().unwrap_or(0);
        if most == 0 {
            return String::new();
        }
        let colours = [GAINED, THERE, LOST];
        let mut out = opened(self.title, (WIDE, LEGEND + ROW * self.rows.len() as f64));
        for (n, (name, colour)) in self.legend.iter().zip(colours).enumerate() {
            legend(&mut out, ROOM.0 + 150.0 * n as f64, colour, name);
        }
        for (n, (label, parts)) in self.rows.iter().enumerate() {
            let y = LEGEND + ROW * n as f64;
            let middle = y + ROW * 0.5 + 3.0;
            let _ = write!(
                out,
                "<text class=\"tick\" x=\"{}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
                ROOM.0 - 8.0,
                escaped(label)
            );
            let mut x = ROOM.0;
            for (count, colour) in parts.iter().zip(colours).filter(|(count, _)| **count > 0) {
                let wide = (WIDE - ROOM.0 - ROOM.1) * *count as f64 / most as f64;
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                    y + 3.0,
                    ROW - 8.0
                );
                x += wide;
            }
            let _ = write!(
                out,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{middle:.1}\">{}</text>",
                x + 6.0,
                parts.iter().sum::<u64>()
            );
        }
        out + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_their_customers_and_labels_are_text() {
        let rows = vec![("<a>".to_owned(), [6, 3, 1]), ("b".to_owned(), [3, 2, 0])];
        let svg = Funnel { title: "t", legend: ["x", "y", "z"], rows }.svg();
        let widths: Vec<f64> =
            svg.split("width=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).skip(3).collect();
        assert_eq!(widths, [258.0, 129.0, 43.0, 129.0, 86.0], "{svg}");
        assert!(svg.contains("&lt;a&gt;") && !svg.contains("<a>"));
        assert!(Funnel { title: "t", legend: ["", "", ""], rows: vec![("a".into(), [0, 0, 0])] }.svg().is_empty());
    }
}
