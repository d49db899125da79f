//! The frame of a drawing with values at its left side.

use std::fmt::Write as _;

use super::escaped;

/// Where values stand, from the bottom to the top.
pub struct Axis {
    /// Width and height of the drawing, in its own units.
    pub size: (f64, f64),
    /// Room for labels: left, top, right, bottom.
    pub room: [f64; 4],
    /// The lowest and the highest value.
    pub span: (f64, f64),
    /// From one line to the next.
    pub step: f64,
}

impl Axis {
    /// Round steps over at least `span`; none where nothing can be drawn.
    pub fn over(size: (f64, f64), room: [f64; 4], span: (f64, f64)) -> Option<Axis> {
        let (bottom, top) = span;
        if top - bottom <= 0.0 || !(top - bottom).is_finite() {
            return None;
        }
        let step = nice((top - bottom) / 4.0);
        Some(Axis { size, room, span: ((bottom / step).floor() * step, (top / step).ceil() * step), step })
    }

    /// Width and height inside the labels.
    pub fn inner(&self) -> (f64, f64) {
        let [left, above, right, below] = self.room;
        (self.size.0 - left - right, self.size.1 - above - below)
    }

    /// How far down a value stands.
    pub fn y(&self, value: f64) -> f64 {
        let (bottom, top) = self.span;
        self.room[1] + self.inner().1 * (top - value) / (top - bottom)
    }

    /// A line across at a value.
    pub fn line(&self, out: &mut String, class: &str, value: f64) {
        let (at, left, right) = (self.y(value), self.room[0], self.size.0 - self.room[2]);
        let _ = write!(out, "<line class=\"{class}\" x1=\"{left}\" x2=\"{right:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>");
    }

    /// The lines of the grid with their values.
    pub fn grid(&self, out: &mut String, tick: &dyn Fn(f64) -> String) {
        let (bottom, top) = self.span;
        for n in 0..=((top - bottom) / self.step).round() as i32 {
            let value = bottom + f64::from(n) * self.step;
            self.line(out, "grid", value);
            let (x, y) = (self.room[0] - 6.0, self.y(value) + 4.0);
            let text = escaped(&tick(value));
            let _ = write!(out, "<text class=\"tick\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>");
        }
    }

    /// A label below the drawing.
    pub fn label(&self, out: &mut String, x: f64, label: &str) {
        let (y, text) = (self.size.1 - 8.0, escaped(label));
        let _ = write!(out, "<text class=\"tick\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>");
    }
}

/// 1, 2 or 5 times a power of ten, not below `rough`.
fn nice(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_nothing_to_draw_is_no_axis() {
        assert_eq!((nice(0.3), nice(0.21), nice(17.0), nice(99.0)), (0.5, 0.5, 20.0, 100.0));
        let axis = |span| Axis::over((640.0, 220.0), [0.0; 4], span);
        assert_eq!(axis((-3.0, 7.5)).unwrap().span, (-5.0, 10.0));
        assert!(axis((0.0, 0.0)).is_none() && axis((0.0, f64::INFINITY)).is_none());
    }
}
