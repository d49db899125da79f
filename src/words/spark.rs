//! A row of figures as a picture of text, which every client shows.

/// From the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar a figure, between the lowest and the highest of them; `·` where there is none. Equal ones stand in the
/// middle.
pub fn spark(figures: &[Option<f64>]) -> String {
    let known = || figures.iter().flatten().filter(|f| f.is_finite());
    let (low, high) =
        (known().fold(f64::INFINITY, |a, b| a.min(*b)), known().fold(f64::NEG_INFINITY, |a, b| a.max(*b)));
    let bar = |figure: &Option<f64>| match figure.filter(|f| f.is_finite()) {
        None => '·',
        Some(_) if high - low <= 0.0 => BARS[3],
        // Halves first: the difference of the two ends may be larger than any number.
        Some(f) => BARS[((f / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) * 7.0).round() as usize % BARS.len()],
    };
    figures.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::spark;

    #[test]
    fn bars_stand_between_the_lowest_and_the_highest() {
        assert_eq!(spark(&[Some(0.0), Some(1.0), None, Some(7.0), Some(3.5)]), "▁▂·█▅");
        assert_eq!(spark(&[Some(2.0), Some(2.0)]), "▄▄");
        assert_eq!(spark(&[Some(f64::MIN), Some(f64::MAX), Some(f64::NAN)]), "▁█·");
        assert_eq!(spark(&[]), "");
    }
}
