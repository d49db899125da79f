//! Which part of the text a clause covers: the parser names only one token of it.

use super::syntax::{Span, Syntax};

/// The smallest part of the text with `token` and `parts` and whole brackets.
pub(super) fn around(text: &str, token: Span, parts: &[Syntax]) -> Span {
    let lo = parts.iter().map(|p| p.span.lo).chain([token.lo]).min().unwrap_or(token.lo);
    let hi = parts.iter().map(|p| p.span.hi).chain([token.hi]).max().unwrap_or(token.hi);
    balanced(text, Span { lo, hi, at: token.at })
}

/// Widens a span over the brackets that it cuts.
pub(super) fn balanced(text: &str, span: Span) -> Span {
    let (mut open, mut lacking) = (0usize, 0usize);
    for (_, c) in outside_texts(&text[span.lo..span.hi]) {
        match c {
            '(' | '[' => open += 1,
            ')' | ']' if open > 0 => open -= 1,
            ')' | ']' => lacking += 1,
            _ => {}
        }
    }
    Span { lo: open_before(text, span.lo, lacking), hi: close_after(text, span.hi, open), at: span.at }
}

fn close_after(text: &str, hi: usize, mut open: usize) -> usize {
    for (i, c) in outside_texts(&text[hi..]).take_while(|_| open > 0).collect::<Vec<_>>() {
        match c {
            '(' | '[' => open += 1,
            ')' | ']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return hi + i + 1;
        }
    }
    hi
}

fn open_before(text: &str, lo: usize, mut lacking: usize) -> usize {
    if lacking == 0 {
        return lo;
    }
    let signs: Vec<(usize, char)> = outside_texts(&text[..lo]).collect();
    for (i, c) in signs.into_iter().rev() {
        match c {
            ')' | ']' => lacking += 1,
            '(' | '[' => lacking -= 1,
            _ => {}
        }
        if lacking == 0 {
            return i;
        }
    }
    lo
}

/// The first byte of the word that ends before `end`.
pub(super) fn word_before(text: &str, end: usize) -> usize {
    let head = text[..end].trim_end();
    head.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |i| ceil(text, i + 1))
}

/// The characters that are not inside quotes.
fn outside_texts(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| match (quote, *c) {
        (Some(_), _) if escaped => {
            escaped = false;
            false
        }
        (Some(_), '\\') => {
            escaped = true;
            false
        }
        (Some(q), c) => {
            if c == q {
                quote = None;
            }
            false
        }
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (None, _) => true,
    })
}

/// The last character boundary at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

/// The first character boundary at or after `at`.
pub(super) fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len())
}
