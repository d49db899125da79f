//! Texts prepared for comparing: two machine words decide nearly always, without a call.

use std::sync::Arc;

/// A text known beforehand.
#[derive(Clone, Debug)]
pub(super) struct Word {
    key: Key,
    text: Arc<str>,
}

/// The ends of a text. Of two texts of one length, up to 16 bytes, the same key means the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    head: u64,
    tail: u64,
}

/// Up to this length the key holds every byte.
const WHOLE: usize = 16;

impl Word {
    /// Prepares `text`.
    pub fn new(text: Arc<str>) -> Word {
        Word { key: Key::of(&text), text }
    }

    /// Whether `text`, whose key is `key`, is this one.
    #[inline]
    pub fn is(&self, text: &str, key: Key) -> bool {
        self.text.len() == text.len() && self.key == key && (text.len() <= WHOLE || *self.text == *text)
    }
}

impl Key {
    /// The key of `text`.
    #[inline]
    pub fn of(text: &str) -> Key {
        let bytes = text.as_bytes();
        if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return Key { head: u64::from_le_bytes(*head), tail: u64::from_le_bytes(*tail) };
        }
        if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return Key { head: u32::from_le_bytes(*head).into(), tail: u32::from_le_bytes(*tail).into() };
        }
        match bytes {
            [] => Key { head: 0, tail: 0 },
            [one] => Key { head: (*one).into(), tail: 0 },
            [first, second, rest @ ..] => Key {
                head: u16::from_le_bytes([*first, *second]).into(),
                tail: rest.first().copied().unwrap_or_default().into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(a: &str, b: &str) -> bool {
        Word::new(Arc::from(a)).is(b, Key::of(b))
    }

    #[test]
    fn one_changed_byte_anywhere_makes_another_word() {
        for len in 0..40 {
            let text = "x".repeat(len);
            assert!(same(&text, &text) && !same(&text, &format!("{text}x")), "{len}");
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                assert!(!same(&text, &other), "{other}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_word_is_what_equals_it(a in "[ab赤]{0,6}", b in "[ab赤]{0,6}") {
            prop_assert_eq!(same(&a, &b), a == b);
        }
    }
}
