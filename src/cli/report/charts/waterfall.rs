//! A waterfall: from an opening through what was added and lost to a closing.

use std::fmt::Write as _;

use super::{GAINED, LOST, THERE, axis::Axis, escaped, opened};

const SIZE: (f64, f64) = (640.0, 240.0);
/// Room for labels: left, top, right, bottom.
const ROOM: [f64; 4] = [92.0, 20.0, 12.0, 28.0];

/// Steps from the first sum to the last one.
pub struct Waterfall<'a> {
    /// What it shows.
    pub title: &'a str,
    /// Labels with values: the first and the last are sums, those between them changes.
    pub steps: Vec<(String, f64)>,
    /// How a value is written.
    pub tick: &'a dyn Fn(f64) -> String,
}

impl Waterfall<'_> {
    /// The drawing; empty where there is nothing to show.
    pub fn svg(&self) -> String {
        let spans = self.spans();
        let top = spans.iter().flat_map(|(a, b)| [*a, *b]).fold(0.0, f64::max);
        let bottom = spans.iter().flat_map(|(a, b)| [*a, *b]).fold(0.0, f64::min);
        let Some(axis) = Axis::over(SIZE, ROOM, (bottom, top)).filter(|_| self.steps.len() > 1) else {
            return String::new();
        };
        let mut out = opened(self.title, SIZE);
        axis.grid(&mut out, self.tick);
        let slot = axis.inner().0 / self.steps.len() as f64;
        for (n, ((label, value), (from, to))) in self.steps.iter().zip(&spans).enumerate() {
            let (x, (a, b)) = (ROOM[0] + slot * (n as f64 + 0.12), (axis.y(*from), axis.y(*to)));
            let sum = n == 0 || n + 1 == self.steps.len();
            let colour = if sum {
                THERE
            } else if *value >= 0.0 {
                GAINED
            } else {
                LOST
            };
            let middle = x + slot * 0.38;
            let _ = write!(
                out,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/><text class=\"tick\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                a.min(b),
                slot * 0.76,
                (a - b).abs().max(1.0),
                a.min(b) - 5.0,
                escaped(&(self.tick)(*value)),
            );
            axis.label(&mut out, middle, label);
        }
        out + "</svg>"
    }

    /// Where each bar begins and ends.
    fn spans(&self) -> Vec<(f64, f64)> {
        let last = self.steps.len().saturating_sub(1);
        let mut at = 0.0;
        let span = |(n, (_, value)): (usize, &(String, f64))| {
            let from = if n == 0 || n == last { 0.0 } else { at };
            at = from + value;
            (from, at)
        };
        self.steps.iter().enumerate().map(span).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_hang_where_the_one_before_ended_and_sums_stand_on_the_ground() {
        let steps = [("o", 100.0), ("+", 30.0), ("-", -50.0), ("c", 80.0)].map(|(l, v)| (l.to_owned(), v)).to_vec();
        let fall = Waterfall { title: "t", steps, tick: &|v| format!("{v}") };
        assert_eq!(fall.spans(), [(0.0, 100.0), (100.0, 130.0), (130.0, 80.0), (0.0, 80.0)]);
        assert_eq!(fall.svg().matches("<rect").count(), 4);
        let none =
            Waterfall { title: "t", steps: vec![("o".into(), 0.0), ("c".into(), 0.0)], tick: &|v| format!("{v}") };
        assert!(none.svg().is_empty());
    }
}
