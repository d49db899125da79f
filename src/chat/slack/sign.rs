//! Slack's signature: HMAC-SHA256 over version, timestamp and the raw body.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::model::instant::{Instant, SECOND};

/// A signature is good for this long before and after its timestamp.
const WINDOW: i64 = 300 * SECOND;
/// Shorter secrets are refused: an empty one would let everybody in.
const SHORTEST: usize = 16;

/// A signing secret that is long enough to be one.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

/// Why a request is not taken. Never says what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature, no timestamp, or neither readable.
    #[error("the signature headers are missing or unreadable")]
    Missing,
    /// Too old, or from the future.
    #[error("the timestamp is more than five minutes off")]
    Stale,
    /// Wrong.
    #[error("the signature is wrong")]
    Wrong,
}

impl SigningSecret {
    /// Takes `secret`; the error says what to mend.
    pub fn new(secret: SecretString) -> Result<SigningSecret, String> {
        if secret.expose_secret().trim().len() < SHORTEST {
            let text = "the signing secret is empty or shorter than 16 characters; copy it from the app's page (Basic Information)";
            return Err(text.to_owned());
        }
        Ok(SigningSecret(secret))
    }
}

/// Whether `signature` over `body` at `timestamp` was made with one of `secrets` (two while one is rotated).
pub fn verify(
    secrets: &[SigningSecret],
    signature: Option<&str>,
    timestamp: Option<&str>,
    body: &[u8],
    now: Instant,
) -> Result<(), Refused> {
    let (Some(signature), Some(timestamp)) = (signature, timestamp) else { return Err(Refused::Missing) };
    let seconds: i64 = timestamp.parse().map_err(|_| Refused::Missing)?;
    let off = now.since(Instant(seconds.saturating_mul(SECOND)));
    if off.checked_abs().is_none_or(|off| off > WINDOW) {
        return Err(Refused::Stale);
    }
    // Every secret is tried, so the time does not tell which one fitted.
    let fitting = secrets.iter().filter(|s| sign(s, timestamp, body).as_bytes().ct_eq(signature.as_bytes()).into());
    if fitting.count() > 0 { Ok(()) } else { Err(Refused::Wrong) }
}

/// `v0=` and the hexadecimal HMAC.
fn sign(secret: &SigningSecret, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.0.expose_secret().as_bytes()) else { return String::new() };
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of Slack's documentation.
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const AT: i64 = 1_531_420_618;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::new(SecretString::from(text)).unwrap()
    }

    fn check(signature: Option<&str>, timestamp: Option<&str>, body: &[u8], now: i64) -> Result<(), Refused> {
        let secrets = [secret("another secret, the new one"), secret("8f742231b10e8888abcd99yyyzzz85a5")];
        verify(&secrets, signature, timestamp, body, Instant(now * SECOND))
    }

    #[test]
    fn the_example_of_the_documentation_passes() {
        let at = AT.to_string();
        assert_eq!(check(Some(SIGNATURE), Some(&at), BODY.as_bytes(), AT), Ok(()));
        assert_eq!(check(Some(SIGNATURE), Some(&at), BODY.as_bytes(), AT + 300), Ok(()));
        assert_eq!(check(Some(SIGNATURE), Some(&at), BODY.as_bytes(), AT - 300), Ok(()));
    }

    #[test]
    fn stale_early_missing_and_forged_are_refused() {
        let at = AT.to_string();
        assert_eq!(check(Some(SIGNATURE), Some(&at), BODY.as_bytes(), AT + 301), Err(Refused::Stale));
        assert_eq!(check(Some(SIGNATURE), Some(&at), BODY.as_bytes(), AT - 301), Err(Refused::Stale));
        assert_eq!(check(None, Some(&at), BODY.as_bytes(), AT), Err(Refused::Missing));
        assert_eq!(check(Some(SIGNATURE), None, BODY.as_bytes(), AT), Err(Refused::Missing));
        assert_eq!(check(Some(SIGNATURE), Some("x"), BODY.as_bytes(), AT), Err(Refused::Missing));
        assert_eq!(check(Some(""), Some(&at), BODY.as_bytes(), AT), Err(Refused::Wrong));
        assert_eq!(check(Some(SIGNATURE), Some("-9223372036854775808"), b"", AT), Err(Refused::Stale));
    }

    #[test]
    fn an_empty_or_short_secret_is_no_secret() {
        assert!(SigningSecret::new(SecretString::from("")).is_err());
        assert!(SigningSecret::new(SecretString::from("                    ")).is_err());
        assert!(SigningSecret::new(SecretString::from("fifteen letters")).is_err());
        assert_eq!(verify(&[], Some(SIGNATURE), Some(&AT.to_string()), b"", Instant(AT * SECOND)), Err(Refused::Wrong));
    }

    proptest! {
        #[test]
        fn one_changed_byte_is_refused(at in 0usize..BODY.len(), flip in 1u8..=255) {
            let mut body = BODY.as_bytes().to_vec();
            body[at] ^= flip;
            prop_assert_eq!(check(Some(SIGNATURE), Some(&AT.to_string()), &body, AT), Err(Refused::Wrong));
        }
    }
}
