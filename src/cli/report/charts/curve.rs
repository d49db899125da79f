//! Survival curves: steps that only fall, from everybody on the left.

use std::fmt::Write as _;

use super::{GAINED, LOST, axis::Axis, legend, opened};

const SIZE: (f64, f64) = (640.0, 220.0);
/// Room for labels: left, top, right, bottom.
const ROOM: [f64; 4] = [60.0, 26.0, 12.0, 28.0];

/// Two curves over the same days.
pub struct Curves<'a> {
    /// What it shows.
    pub title: &'a str,
    /// Names and curves: (day, share still there after it).
    pub curves: [(&'a str, &'a [(f64, f64)]); 2],
    /// First and last day.
    pub days: (f64, f64),
}

impl Curves<'_> {
    /// The drawing.
    pub fn svg(&self) -> String {
        let axis = Axis { size: SIZE, room: ROOM, span: (0.0, 1.0), step: 0.25 };
        let (first, last) = self.days;
        let x = |day: f64| ROOM[0] + axis.inner().0 * ((day - first) / (last - first)).clamp(0.0, 1.0);
        let y = |share: f64| axis.y(share);
        let mut out = opened(self.title, SIZE);
        axis.grid(&mut out, &|share| format!("{:.0}%", share * 100.0));
        for n in 0..=5 {
            let day = first + (last - first) * f64::from(n) / 5.0;
            axis.label(&mut out, x(day), &format!("{day:.0}"));
        }
        for (n, ((name, curve), colour)) in self.curves.iter().zip([GAINED, LOST]).enumerate() {
            let (mut path, mut at) = (format!("M{:.1} {:.1}", x(first), y(1.0)), 1.0);
            for (day, share) in *curve {
                let _ = write!(path, " L{:.1} {:.1} L{:.1} {:.1}", x(*day), y(at), x(*day), y(*share));
                at = *share;
            }
            let _ = write!(path, " L{:.1} {:.1}", x(last), y(at));
            let _ = write!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>");
            legend(&mut out, ROOM[0] + 200.0 * n as f64, colour, name);
        }
        out + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_begins_with_everybody_and_falls_in_steps() {
        let steps = [(60.0, 0.5)];
        let svg = Curves { title: "t", curves: [("<a>", &steps), ("b", &[])], days: (30.0, 90.0) }.svg();
        // Half-way on the day, from the top to the middle.
        assert!(svg.contains("M60.0 26.0 L344.0 26.0 L344.0 109.0 L628.0 109.0"), "{svg}");
        assert!(svg.contains("M60.0 26.0 L628.0 26.0") && svg.contains("&lt;a&gt;"));
    }
}
