//! A heat map: shares by row and column, the darker the higher; the number is written into each cell.

use std::fmt::Write as _;

use super::{escaped, opened};

const WIDE: f64 = 640.0;
const ROW: f64 = 22.0;
/// Room for the rows' labels and the columns' heads.
const ROOM: (f64, f64) = (112.0, 20.0);
/// The colour of everybody.
const FULL: (f64, f64, f64) = (31.0, 111.0, 139.0);

/// Rows of shares, 0..1.
pub struct Heat<'a> {
    /// What it shows.
    pub title: &'a str,
    /// A label and its cells; short rows end early.
    pub rows: Vec<(String, Vec<Option<f64>>)>,
}

impl Heat<'_> {
    /// The drawing; empty without cells.
    pub fn svg(&self) -> String {
        let columns = self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        if columns == 0 {
            return String::new();
        }
        let slot = (WIDE - ROOM.0) / columns as f64;
        let mut out = opened(self.title, (WIDE, ROOM.1 + ROW * self.rows.len() as f64 + 2.0));
        for n in 0..columns {
            let x = ROOM.0 + slot * (n as f64 + 0.5);
            let _ = write!(out, "<text class=\"tick\" x=\"{x:.1}\" y=\"14\" text-anchor=\"middle\">{n}</text>");
        }
        for (r, (label, cells)) in self.rows.iter().enumerate() {
            let y = ROOM.1 + ROW * r as f64;
            let _ = write!(
                out,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                ROOM.0 - 8.0,
                y + 15.0,
                escaped(label)
            );
            for (n, share) in cells.iter().enumerate().filter_map(|(n, cell)| Some((n, (*cell)?))) {
                cell(&mut out, (ROOM.0 + slot * n as f64, y, slot), share);
            }
        }
        out + "</svg>"
    }
}

fn cell(out: &mut String, (x, y, wide): (f64, f64, f64), share: f64) {
    let deep = share.clamp(0.0, 1.0);
    let mix = |full: f64| (255.0 - (255.0 - full) * deep).round();
    // White on dark and dark on light, each at a contrast that can be read.
    let ink = if deep > 0.6 { "#ffffff" } else { "#1c2733" };
    let _ = write!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"rgb({},{},{})\"/><text class=\"cell\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{ink}\">{:.0}%</text>",
        wide - 1.5,
        ROW - 1.5,
        mix(FULL.0),
        mix(FULL.1),
        mix(FULL.2),
        x + wide * 0.5,
        y + 15.0,
        share * 100.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darker_the_more_and_what_is_not_known_is_no_cell() {
        let rows = vec![("a".to_owned(), vec![Some(1.0), Some(0.0), None]), ("<b>".to_owned(), vec![Some(0.5)])];
        let svg = Heat { title: "t", rows }.svg();
        assert!(svg.contains("rgb(31,111,139)") && svg.contains("rgb(255,255,255)") && svg.contains(">50%<"));
        assert_eq!((svg.matches("<rect").count(), svg.contains("<b>")), (3, false));
        assert!(Heat { title: "t", rows: vec![("a".into(), Vec::new())] }.svg().is_empty());
    }
}
