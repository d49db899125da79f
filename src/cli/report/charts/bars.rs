//! Bars of one or more parts over a row of labels.

use std::fmt::Write as _;

use super::{axis::Axis, legend, opened};

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (640.0, 220.0);
/// Room for labels: left, top, right, bottom.
const ROOM: [f64; 4] = [92.0, 12.0, 12.0, 28.0];

/// Room for what the colours mean, at the top.
const LEGEND: f64 = 22.0;

/// Bars of one or more parts each; parts below zero hang down.
pub struct Bars<'a> {
    /// What it shows.
    pub title: &'a str,
    /// A label and its parts: value and colour.
    pub bars: Vec<(String, Vec<(f64, &'static str)>)>,
    /// What the colours mean, where a bar has several parts.
    pub legend: Vec<(&'static str, &'a str)>,
    /// A dashed line across.
    pub line: Option<f64>,
    /// How a value on the axis is written.
    pub tick: &'a dyn Fn(f64) -> String,
}

impl Bars<'_> {
    /// The drawing; empty where there is nothing to show.
    pub fn svg(&self) -> String {
        let sums = |sign: f64| {
            self.bars.iter().map(move |(_, parts)| parts.iter().map(|p| p.0).filter(|v| v * sign > 0.0).sum::<f64>())
        };
        let top = sums(1.0).chain(self.line).fold(0.0, f64::max);
        let bottom = sums(-1.0).fold(0.0, f64::min);
        let mut room = ROOM;
        room[1] += if self.legend.is_empty() { 0.0 } else { LEGEND };
        let Some(axis) = Axis::over(SIZE, room, (bottom, top)).filter(|_| !self.bars.is_empty()) else {
            return String::new();
        };
        let mut out = opened(self.title, SIZE);
        axis.grid(&mut out, self.tick);
        let wide = (SIZE.0 - ROOM[0]) / self.legend.len().max(1) as f64;
        for (n, (colour, name)) in self.legend.iter().enumerate() {
            legend(&mut out, ROOM[0] + wide * n as f64, colour, name);
        }
        let slot = axis.inner().0 / self.bars.len() as f64;
        for (n, (label, parts)) in self.bars.iter().enumerate() {
            let x = ROOM[0] + slot * (n as f64 + 0.15);
            let (mut up, mut down) = (0.0, 0.0);
            for (value, colour) in parts {
                let from = if *value >= 0.0 { &mut up } else { &mut down };
                let (a, b) = (axis.y(*from), axis.y(*from + value));
                *from += value;
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                    a.min(b),
                    slot * 0.7,
                    (a - b).abs()
                );
            }
            axis.label(&mut out, x + slot * 0.35, label);
        }
        if let Some(value) = self.line {
            axis.line(&mut out, "aim", value);
        }
        out + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64], line: Option<f64>) -> String {
        let bars = values.iter().map(|v| ("<1>".to_owned(), vec![(*v, "#000")])).collect();
        Bars { title: "a & b", bars, legend: vec![("#000", "<x>")], line, tick: &|v| format!("{v}") }.svg()
    }

    #[test]
    fn a_chart_fits_its_frame_and_carries_no_markup_of_others() {
        let svg = bars(&[3.0, -2.0, 7.5], Some(9.0));
        assert!(svg.contains("a &amp; b") && svg.contains("&lt;1&gt;") && !svg.contains("<1>"));
        assert!(svg.contains("&lt;x&gt;") && !svg.contains("<x>"), "the colour is explained");
        for attribute in svg.split(" y=\"").skip(1).chain(svg.split(" y1=\"").skip(1)) {
            let y: f64 = attribute.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=SIZE.1).contains(&y), "{y}");
        }
    }

    #[test]
    fn nothing_to_show_is_no_chart_and_odd_numbers_are_no_panic() {
        assert!(bars(&[], None).is_empty() && bars(&[0.0, 0.0], None).is_empty() && bars(&[f64::NAN], None).is_empty());
        assert!(bars(&[f64::INFINITY], None).is_empty());
    }
}
