//! What signatures have in common.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::Refused;
use crate::model::instant::{Instant, MINUTE, SECOND};

/// A clock may be ahead of ours by this.
const AHEAD: i64 = 5 * MINUTE;

/// HMAC-SHA256 over the pieces, one after the other.
pub fn hmac(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().to_vec()
}

/// Whether two are alike, in a time that does not tell where they differ. Nothing is like nothing.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    !a.is_empty() && a.ct_eq(b).into()
}

/// The bytes behind base64.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok().filter(|bytes| !bytes.is_empty())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A moment in seconds since 1970, as it is written in a header.
pub fn seconds(text: &str) -> Result<Instant, Refused> {
    let seconds: i64 = text.trim().parse().map_err(|_| Refused::Missing)?;
    Ok(Instant(seconds.saturating_mul(SECOND)))
}

/// Whether what was signed at `at` may still arrive: providers try again for `keeps` before they give up.
pub fn fresh(at: Instant, now: Instant, keeps: i64) -> Result<(), Refused> {
    let age = now.since(at);
    if (-AHEAD..=keeps).contains(&age) { Ok(()) } else { Err(Refused::Stale) }
}
