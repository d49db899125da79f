//! Values that must never be shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The least length of a secret that signs or verifies, in bytes: shorter ones can be guessed.
pub const SIGNING_BYTES: usize = 16;

/// A token, password or key. Cannot be printed or serialised; wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a secret of at least `least` bytes; the error names only the lengths.
    pub fn new(text: String, least: usize) -> Result<Secret, String> {
        let length = text.len();
        if length < least.max(1) {
            return Err(format!("the secret has {length} bytes, at least {} are needed", least.max(1)));
        }
        Ok(Secret(SecretString::from(text)))
    }

    /// The text itself, for the one client that sends or verifies with it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The same secret for clients that take `secrecy`'s type.
    pub fn inner(&self) -> &SecretString {
        &self.0
    }
}

/// Never the text.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_never_empty() {
        let secret = Secret::new("correct horse battery".to_owned(), SIGNING_BYTES).expect("long enough");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.expose(), "correct horse battery");
        assert!(Secret::new(String::new(), 0).is_err());
        let error = Secret::new("short-and-secret".chars().take(9).collect(), SIGNING_BYTES).expect_err("too short");
        assert!(error.contains("9 bytes") && !error.contains("short"));
    }
}
