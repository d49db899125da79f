//! Subjects, display names and every other header value.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{clean, shorten};

/// Longest header value in characters.
pub const MAX_CHARS: usize = 200;

/// One line without controls, at least one and at most 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderSafe(String);

/// Nothing was left of a header value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header value is empty: write at least one visible character")]
pub struct HeaderError;

impl HeaderSafe {
    /// Line breaks become blanks, controls vanish, long texts are cut with `…`; empty is refused.
    pub fn new(text: &str) -> Result<HeaderSafe, HeaderError> {
        let text = shorten(&clean(text), MAX_CHARS);
        if text.trim().is_empty() { Err(HeaderError) } else { Ok(HeaderSafe(text)) }
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderSafe {
    type Error = HeaderError;
    fn try_from(text: String) -> Result<Self, HeaderError> {
        HeaderSafe::new(&text)
    }
}

impl From<HeaderSafe> for String {
    fn from(value: HeaderSafe) -> String {
        value.0
    }
}

impl fmt::Display for HeaderSafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_display_name_cannot_begin_a_new_header() {
        let name = HeaderSafe::new("Yui\r\nBcc: all@acme.test").unwrap();
        assert_eq!(name.as_str(), "Yui Bcc: all@acme.test");
        assert_eq!(HeaderSafe::new("\u{202e}\r\n\t"), Err(HeaderError));
        assert_eq!(HeaderSafe::new("　"), Err(HeaderError), "a blank that looks like nothing is nothing");
    }

    proptest! {
        #[test]
        fn never_a_control_never_too_long(s in any::<String>()) {
            if let Ok(value) = HeaderSafe::new(&s) {
                prop_assert!(!value.as_str().chars().any(super::super::is_control));
                prop_assert!(value.as_str().chars().count() <= MAX_CHARS);
            }
        }
    }
}
