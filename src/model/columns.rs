//! Text on a terminal: how wide characters are, and where a line may end.

use unicode_width::UnicodeWidthChar;

/// Marks that never begin a line.
pub const CLOSING: &str = "、。，．）」』】！？：；・ー々";

/// `text` in lines of at most `columns`, at blanks where there are some, between any two characters
/// where there are none (Japanese); later lines begin with `indent`, which is made of blanks.
pub fn wrap(text: &str, columns: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // `blank`: where the line can be broken, in bytes; none within the columns of the indent.
    let (mut line, mut used, mut blank, mut wide) = (String::new(), 0, None, false);
    for c in text.chars() {
        let width = width_of(c);
        if used + width > columns && !line.is_empty() {
            // Beside a wide character a line may end anywhere, but none begins with a closing mark: the letter before
            // it comes along.
            let closing = CLOSING.contains(c) && line.chars().count() > indent.len() + 1;
            let last = line.char_indices().next_back().map(|(at, _)| at).filter(|_| closing);
            let at = last.or(blank.filter(|_| width <= 1 && !wide));
            let rest = at.map_or_else(String::new, |at| line.split_off(at));
            lines.push(std::mem::take(&mut line));
            line = format!("{indent}{}", rest.trim_start());
            used = line.chars().map(width_of).sum();
            blank = None;
        }
        if c == ' ' && used > indent.len() {
            blank = Some(line.len());
        }
        line.push(c);
        used += width;
        wide = width > 1;
        if wide && used > indent.len() {
            blank = Some(line.len());
        }
    }
    lines.push(line);
    lines
}

/// Columns of `c`. The emoji selector widens the character before it.
pub fn width_of(c: char) -> usize {
    if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) }
}
