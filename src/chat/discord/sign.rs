//! Discord's signature: Ed25519 over the timestamp and the raw body.

use serenity::interactions_endpoint::Verifier;

use crate::model::instant::{Instant, SECOND};

/// A request other than PING is taken only this long around its timestamp.
const WINDOW: i64 = 300 * SECOND;

/// Checks signatures of one application.
#[derive(Clone)]
pub struct PublicKey(Verifier);

impl PublicKey {
    /// Reads the application's public key (64 hexadecimal digits); the error says what to mend.
    pub fn new(hex: &str) -> Result<PublicKey, String> {
        let wrong = || "discord.public_key must be the 64 hexadecimal digits of the application's page".to_owned();
        let bytes = hex_bytes(hex.trim()).ok_or_else(wrong)?;
        Verifier::try_new(bytes).map(PublicKey).map_err(|_| wrong())
    }

    /// Whether Discord signed `body` at `timestamp`.
    pub fn verify(&self, signature: Option<&str>, timestamp: Option<&str>, body: &[u8]) -> bool {
        let (Some(signature), Some(timestamp)) = (signature, timestamp) else { return false };
        self.0.verify(signature, timestamp, body).is_ok()
    }
}

/// Whether `timestamp` (seconds) lies within five minutes of `now`.
pub fn fresh(timestamp: Option<&str>, now: Instant) -> bool {
    let Some(seconds) = timestamp.and_then(|t| t.parse::<i64>().ok()) else { return false };
    let off = now.since(Instant(seconds.saturating_mul(SECOND)));
    off.checked_abs().is_some_and(|off| off <= WINDOW)
}

fn hex_bytes(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks(2).filter_map(|pair| Some((pair.first()? << 4) | pair.get(1)?)).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    const SIGNATURE: &str = "c1098e97d711377f30225d53d94b89d43537f92e5b3afaddc590781b1f9f9d4b2eeab335d370be3b9a090bc61a85b86448bc140dcd195f1569c2bff181257607";
    const AT: &str = "1700000000";
    const BODY: &[u8] = br#"{"type":1}"#;

    #[test]
    fn the_known_answer_passes_and_every_change_does_not() {
        let key = PublicKey::new(KEY).unwrap();
        assert!(key.verify(Some(SIGNATURE), Some(AT), BODY));
        assert!(!key.verify(Some(SIGNATURE), Some("1700000001"), BODY));
        assert!(!key.verify(Some(SIGNATURE), Some(AT), br#"{"type":2}"#));
        assert!(!key.verify(None, Some(AT), BODY));
        assert!(!key.verify(Some(SIGNATURE), None, BODY));
        assert!(!key.verify(Some(&SIGNATURE.replace('c', "d")), Some(AT), BODY));
        assert!(!key.verify(Some("é"), Some(AT), BODY));
    }

    #[test]
    fn a_bad_key_is_an_error_not_a_panic() {
        for bad in ["", "zz", &KEY[..62], &format!("{KEY}00"), &"é".repeat(32)] {
            assert!(PublicKey::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_fresh_timestamps_count() {
        let now = Instant(1_700_000_300 * SECOND);
        assert!(fresh(Some(AT), now) && !fresh(Some(AT), now.plus(SECOND)));
        assert!(!fresh(Some("-9223372036854775808"), now) && !fresh(Some("x"), now) && !fresh(None, now));
    }
}
