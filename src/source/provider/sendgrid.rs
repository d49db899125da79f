//! Twilio SendGrid: ECDSA (P-256, SHA-256) over timestamp and raw body; a list of events.

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;

use super::{
    EVENTS, Refused, Request, TAG, Told,
    fields::{first, some, text},
    sign,
};
use crate::{
    model::instant::HOUR,
    source::mail::{Class, Heard, Mail, told},
};

/// It tries for a day.
const KEEPS: i64 = 25 * HOUR;

/// What comes before the point of every P-256 key that is written as SubjectPublicKeyInfo.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The verification key that SendGrid shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads the key as it is shown there (base64). The error says what to write.
    pub fn new(text: &str) -> Result<PublicKey, String> {
        let lines = text.lines().filter(|line| !line.starts_with("-----"));
        let bytes = sign::decoded(&lines.collect::<String>());
        let point = bytes.as_deref().and_then(|b| b.strip_prefix(&P256)).filter(|p| p.len() == 65);
        let help = "copy the Verification Key from SendGrid's Mail Settings, Event Webhooks, Signature Verification";
        point.map(|p| PublicKey(p.to_vec())).ok_or_else(|| help.to_owned())
    }

    fn signed(&self, signature: &[u8], text: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(text, signature).is_ok()
    }
}

/// Judges a request and reads it.
pub fn read(keys: &[PublicKey], request: &Request<'_>) -> Result<Told, Refused> {
    let header = |name: &str| (request.header)(name).ok_or(Refused::Missing);
    let timestamp = header("x-twilio-email-event-webhook-timestamp")?;
    let signature = sign::decoded(header("x-twilio-email-event-webhook-signature")?).ok_or(Refused::Missing)?;
    sign::fresh(sign::seconds(timestamp)?, request.now, KEEPS)?;
    let signed = [timestamp.as_bytes(), request.body].concat();
    if !keys.iter().any(|key| key.signed(&signature, &signed)) {
        return Err(Refused::Wrong);
    }
    let events: Vec<Value> = serde_json::from_slice(request.body).unwrap_or_default();
    let heard: Vec<Heard> = events.iter().take(EVENTS).filter_map(event).collect();
    Ok(Told { mails: vec![Mail::told(heard)], once: None })
}

/// What an event says; none if it says nothing about where mail goes.
fn event(event: &Value) -> Option<Heard> {
    let key = some(event, &[TAG]).or_else(|| some(event, &["smtp-id"]));
    let said = first(&[text(event, &["reason"]), text(event, &["response"])]);
    let told = told::Told {
        recipient: some(event, &["email"]),
        status: text(event, &["status"]),
        said,
        key,
        ..told::Told::default()
    };
    let blocked = text(event, &["type"]) == "blocked";
    match text(event, &["event"]).as_str() {
        "bounce" => Some(told::Told { verdict: (!blocked).then_some(Class::Hard), ..told }.failed()),
        "dropped" => dropped(told),
        "deferred" => Some(told::Told { delayed: true, ..told }.failed()),
        "delivered" => Some(told.delivered()),
        "spamreport" => Some(told.complained()),
        _ => None,
    }
}

/// SendGrid itself does not send any more, because of what was before; by the reasons it documents. Whatever else
/// keeps it from sending (a quota, a header of ours) says nothing about the reader.
fn dropped(told: told::Told) -> Option<Heard> {
    match told.said.trim().to_ascii_lowercase().as_str() {
        "spam reporting address" => Some(told.complained()),
        "bounced address" | "invalid" => {
            Some(told::Told { said: String::new(), verdict: Some(Class::Hard), ..told }.failed())
        }
        why if why.starts_with("spam content") => Some(told.failed()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };

    #[test]
    fn a_drop_repeats_what_was_before() {
        let class = |why: &str| {
            let told = told::Told { said: why.into(), ..told::Told::default() };
            dropped(told).map(|heard| heard.class)
        };
        assert_eq!(class("Bounced Address"), Some(Class::Hard));
        assert_eq!(class("Spam Reporting Address"), Some(Class::Complaint));
        assert_eq!(class("Unsubscribed Address"), None);
        assert_eq!(class("Spam Content (if Spam Checker app enabled)"), Some(Class::Policy));
        assert_eq!(class("Invalid"), Some(Class::Hard));
    }

    #[test]
    fn a_header_of_ours_that_is_invalid_is_no_dead_mailbox() {
        for why in ["Invalid SMTPAPI header", "Recipient List over Package Quota", "Invalid sender: bounced address?"] {
            let told = told::Told { said: why.into(), ..told::Told::default() };
            assert_eq!(dropped(told), None, "{why}");
        }
    }

    #[test]
    fn only_the_right_key_over_the_very_bytes_is_believed() {
        let random = SystemRandom::new();
        let made = |random| {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, random).unwrap();
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), random).unwrap()
        };
        let (pair, other) = (made(&random), made(&random));
        let key = |pair: &EcdsaKeyPair| PublicKey(pair.public_key().as_ref().to_vec());
        let signature = pair.sign(&random, b"1600000000[]").unwrap();
        assert!(key(&pair).signed(signature.as_ref(), b"1600000000[]"));
        assert!(!key(&pair).signed(signature.as_ref(), b"1600000000[ ]"));
        assert!(!key(&other).signed(signature.as_ref(), b"1600000000[]"));
        assert!(!key(&pair).signed(b"", b"1600000000[]"));
    }
}
