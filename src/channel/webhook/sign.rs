//! Standard Webhooks: HMAC-SHA256 over id, timestamp and body.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The value of `webhook-signature` for `body` sent at `seconds` under `id`: a signature a secret, so that a receiver
/// may know any of them (Standard Webhooks, "Signature scheme").
pub fn signatures(secrets: &[SecretString], id: &str, seconds: i64, body: &[u8]) -> String {
    let all: Vec<String> = secrets.iter().map(|secret| signature(secret, id, seconds, body)).collect();
    all.join(" ")
}

fn signature(secret: &SecretString, id: &str, seconds: i64, body: &[u8]) -> String {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key(secret.expose_secret())) else { return String::new() };
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// `whsec_` and base64, as the standard writes secrets; any other text stands for its bytes.
fn key(secret: &str) -> Vec<u8> {
    let encoded = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    encoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with `openssl dgst -sha256 -mac HMAC`.
    #[test]
    fn a_signature_is_the_one_openssl_makes() {
        let body = br#"{"test": 2432232314}"#;
        let signed =
            |secret: &str| signature(&SecretString::from(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signed("a secret of plain words"), "v1,luWD0I3p9iBL7vTa/xbujw2KkxzVVBX30ympVFHGF6U=");
    }
}
