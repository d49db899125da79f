//! Survival curves: steps that only fall from everybody on the left, or only rise from nobody.

use std::fmt::Write as _;

use super::{GAINED, LOST, axis::Axis, escaped, legend, opened};

const SIZE: (f64, f64) = (640.0, 220.0);
/// Room for labels: left, top, right, bottom.
const ROOM: [f64; 4] = [60.0, 26.0, 12.0, 28.0];
/// Height of a line of numbers below the axis.
const LINE: f64 = 18.0;

/// One curve.
pub struct Line<'a> {
    /// What it is called; a curve without a name is not drawn.
    pub name: &'a str,
    /// (day, share after it).
    pub steps: &'a [(f64, f64)],
    /// The day at which it ends.
    pub until: f64,
}

/// Numbers below the axis.
pub struct Below<'a> {
    /// What they are.
    pub heading: &'a str,
    /// A day, and the number of each curve.
    pub rows: Vec<(f64, [String; 2])>,
}

/// Two curves over the same days.
pub struct Curves<'a> {
    /// What it shows.
    pub title: &'a str,
    /// Both.
    pub curves: [Line<'a>; 2],
    /// First and last day.
    pub days: (f64, f64),
    /// The share on the first day: 1 where curves fall, 0 where they rise.
    pub from: f64,
    /// The lowest and the highest share of the scale.
    pub span: (f64, f64),
    /// Lines of numbers below the axis, in the curves' colours.
    pub below: Option<Below<'a>>,
}

impl Curves<'_> {
    /// The drawing.
    pub fn svg(&self) -> String {
        let drawn: Vec<(usize, &Line<'_>)> =
            self.curves.iter().enumerate().filter(|(_, line)| !line.name.is_empty()).collect();
        let lines = if self.below.is_some() { 1.0 + drawn.len() as f64 } else { 0.0 };
        let axis = Axis { size: SIZE, room: ROOM, span: self.span, step: step(self.span) };
        let mut out = opened(self.title, (SIZE.0, SIZE.1 + LINE * lines));
        axis.grid(&mut out, &|share| format!("{:.0}%", share * 100.0));
        self.days(&mut out, &axis);
        for (place, (n, line)) in drawn.iter().enumerate() {
            let colour = colour(*n);
            let path = self.path(&axis, line);
            let _ = write!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>");
            legend(&mut out, ROOM[0] + 200.0 * place as f64, colour, line.name);
        }
        if let Some(below) = &self.below {
            self.numbers(&mut out, below, &drawn);
        }
        out + "</svg>"
    }

    fn x(&self, day: f64) -> f64 {
        let (first, last) = self.days;
        let wide = SIZE.0 - ROOM[0] - ROOM[2];
        ROOM[0] + wide * ((day - first) / (last - first).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    fn days(&self, out: &mut String, axis: &Axis) {
        let (first, last) = self.days;
        match &self.below {
            Some(below) => below.rows.iter().for_each(|(day, _)| axis.label(out, self.x(*day), &format!("{day:.0}"))),
            None => {
                for n in 0..=5 {
                    let day = first + (last - first) * f64::from(n) / 5.0;
                    axis.label(out, self.x(day), &format!("{day:.0}"));
                }
            }
        }
    }

    fn path(&self, axis: &Axis, line: &Line<'_>) -> String {
        let mut at = self.from;
        let mut path = format!("M{:.1} {:.1}", self.x(self.days.0), axis.y(at));
        for (day, share) in line.steps.iter().filter(|(day, _)| *day <= line.until) {
            let (x, before, after) = (self.x(*day), axis.y(at), axis.y(*share));
            let _ = write!(path, " L{x:.1} {before:.1} L{x:.1} {after:.1}");
            at = *share;
        }
        let _ = write!(path, " L{:.1} {:.1}", self.x(line.until), axis.y(at));
        path
    }

    fn numbers(&self, out: &mut String, below: &Below<'_>, drawn: &[(usize, &Line<'_>)]) {
        let top = SIZE.1 + LINE * 0.7;
        let _ = write!(out, "<text class=\"tick\" x=\"4\" y=\"{top:.1}\">{}</text>", escaped(below.heading));
        for (place, (n, _)) in drawn.iter().enumerate() {
            let (y, colour) = (top + LINE * (place as f64 + 1.0), colour(*n));
            let _ = write!(out, "<rect x=\"6\" y=\"{:.1}\" width=\"11\" height=\"11\" fill=\"{colour}\"/>", y - 10.0);
            for (day, numbers) in &below.rows {
                let (x, text) = (self.x(*day), numbers.get(*n).map(|text| escaped(text)).unwrap_or_default());
                let _ =
                    write!(out, "<text class=\"tick\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>");
            }
        }
    }
}

/// Quarters over much, fifths over less.
fn step((bottom, top): (f64, f64)) -> f64 {
    if top - bottom > 0.6 { 0.25 } else { (top - bottom) / 5.0 }
}

fn colour(n: usize) -> &'static str {
    if n == 0 { GAINED } else { LOST }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(name: &'a str, steps: &'a [(f64, f64)], until: f64) -> Line<'a> {
        Line { name, steps, until }
    }

    #[test]
    fn a_curve_begins_with_everybody_and_falls_in_steps() {
        let steps = [(60.0, 0.5)];
        let curves = [line("<a>", &steps, 90.0), line("b", &[], 90.0)];
        let svg = Curves { title: "t", curves, days: (30.0, 90.0), from: 1.0, span: (0.0, 1.0), below: None }.svg();
        // Half-way on the day, from the top to the middle.
        assert!(svg.contains("M60.0 26.0 L344.0 26.0 L344.0 109.0 L628.0 109.0"), "{svg}");
        assert!(svg.contains("M60.0 26.0 L628.0 26.0") && svg.contains("&lt;a&gt;"));
    }

    #[test]
    fn a_curve_ends_where_nobody_was_followed_and_its_numbers_stand_below() {
        let steps = [(30.0, 0.5), (80.0, 0.9)];
        let curves = [line("a", &steps, 60.0), line("", &[], 0.0)];
        let below = Some(Below { heading: "at risk", rows: vec![(0.0, ["7".to_owned(), "9".to_owned()])] });
        let svg = Curves { title: "t", curves, days: (0.0, 120.0), from: 0.0, span: (0.0, 1.0), below }.svg();
        assert!(svg.contains("M60.0 192.0 L202.0 192.0 L202.0 109.0 L344.0 109.0\""), "{svg}");
        assert!(svg.contains(">at risk<") && svg.contains(">7<") && !svg.contains(">9<"), "no curve, no numbers");
        assert_eq!(svg.matches("<path").count(), 1);
    }
}
