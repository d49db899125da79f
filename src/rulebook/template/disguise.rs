//! Data passes Markdown in disguise.
//!
//! Every ASCII punctuation mark and blank that an expression prints becomes a private-use character
//! (U+F0000 + code). Markdown sees letters: no emphasis, link, heading, HTML, list or table can
//! begin or end in data, also inside code and link targets, where backslash escapes would stay
//! visible. [`reveal`] turns them back where text leaves the document tree.

use std::borrow::Cow;

use crate::model::safe::{clean, shorten};

/// Longest single value a template prints, in characters; the rest is cut with `…`.
pub const MAX_VALUE_CHARS: usize = 2_000;

const BASE: u32 = 0xF_0000;

/// `data` on one line, cleaned, cut, and unrecognisable for Markdown.
pub fn disguise(data: &str) -> String {
    shorten(&clean(data), MAX_VALUE_CHARS).chars().filter(|c| !is_disguised(*c)).map(hide).collect()
}

/// The text as it was before [`disguise`].
pub fn reveal(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_disguised) { text.chars().map(show).collect::<String>().into() } else { text.into() }
}

fn is_disguised(c: char) -> bool {
    (BASE..BASE + 128).contains(&u32::from(c))
}

fn hide(c: char) -> char {
    if c == ' ' || c.is_ascii_punctuation() { char::from_u32(BASE + u32::from(c)).unwrap_or(c) } else { c }
}

fn show(c: char) -> char {
    if is_disguised(c) { char::from_u32(u32::from(c) - BASE).unwrap_or(c) } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_revealed_is_the_cleaned_data(s in "\\PC{0,60}") {
            let without: String = s.chars().filter(|c| !is_disguised(*c)).collect();
            prop_assert_eq!(reveal(&disguise(&s)).into_owned(), clean(&without));
            prop_assert!(!disguise(&s).chars().any(|c| c.is_ascii_punctuation() || c == ' '));
        }
    }
}
