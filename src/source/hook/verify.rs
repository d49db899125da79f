//! Who sent it: judged by the raw bytes before anything in them is believed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::model::instant::{Instant, MINUTE, SECOND};

/// A signature holds so long, and a clock may be ahead by as much.
const WINDOW: i64 = 5 * MINUTE;

/// How a sender signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard,
    /// Stripe: `Stripe-Signature: t=…,v1=…`.
    Stripe,
    /// HubSpot, version 3: over the method, the address that it called, the body and the time.
    Hubspot {
        /// The address as HubSpot knows it.
        address: String,
    },
    /// Zendesk: over the time and the body.
    Zendesk,
    /// Intercom: HMAC-SHA1 of the body, without a time.
    Intercom,
    /// HMAC-SHA256 of the body in a header.
    Plain {
        /// The header's name.
        header: String,
        /// What stands before the signature, e.g. `sha256=`.
        prefix: String,
        /// Base64 instead of hexadecimal.
        base64: bool,
    },
}

/// Why nothing in a request was believed. All are answered alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header is missing or no signature.
    #[error("it is not signed as configured")]
    Missing,
    /// The signature is another one.
    #[error("its signature does not fit the secret")]
    Wrong,
    /// Signed too long ago, or in the future.
    #[error("it was signed more than five minutes ago, or a clock is wrong")]
    Stale,
    /// The very same proof came before.
    #[error("the very same request came before")]
    Replayed,
}

/// One request.
pub struct Request<'a> {
    /// A header's value by its name in small letters.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body as it came.
    pub body: &'a [u8],
    /// The present.
    pub now: Instant,
}

impl Scheme {
    /// Judges a request. Answers what proves it, where that may be used only once; a signature without a time is the
    /// same each time its sender tries again.
    pub fn verify(&self, secret: &str, request: &Request<'_>) -> Result<Option<String>, Refused> {
        if secret.is_empty() {
            return Err(Refused::Wrong);
        }
        let header = |name: &str| (request.header)(name).ok_or(Refused::Missing);
        match self {
            Scheme::Standard => {
                let (id, time, signatures) =
                    (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
                let key = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
                let key = key.filter(|key| !key.is_empty()).unwrap_or_else(|| secret.as_bytes().to_vec());
                let signed = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
                let given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
                judge(&key, &signed, given)?;
                fresh(&time, request.now)?;
                Ok(Some(format!("{id}.{time}")))
            }
            Scheme::Stripe => {
                let line = header("stripe-signature")?;
                let parts = || line.split(',').filter_map(|part| part.trim().split_once('='));
                let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value).ok_or(Refused::Missing)?;
                let given = parts().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| unhex(value));
                judge(secret.as_bytes(), &[time.as_bytes(), b".", request.body], given)?;
                fresh(time, request.now)?;
                // What was signed, not how the header is written: parts may be added to it or change places.
                Ok(Some(format!("{time}.{}", digest(request.body))))
            }
            Scheme::Hubspot { address } => {
                let (time, line) = (header("x-hubspot-request-timestamp")?, header("x-hubspot-signature-v3")?);
                let signed = [b"POST", address.as_bytes(), request.body, time.as_bytes()];
                judge(secret.as_bytes(), &signed, STANDARD.decode(line.trim()).into_iter())?;
                let millis: i64 = time.trim().parse().map_err(|_| Refused::Missing)?;
                within(Instant(millis.saturating_mul(1_000)), request.now)?;
                Ok(Some(format!("{time}.{}", digest(request.body))))
            }
            Scheme::Zendesk => {
                let time = header("x-zendesk-webhook-signature-timestamp")?;
                let line = header("x-zendesk-webhook-signature")?;
                judge(secret.as_bytes(), &[time.as_bytes(), request.body], STANDARD.decode(line.trim()).into_iter())?;
                within(Instant::parse(time.trim()).ok_or(Refused::Missing)?, request.now)?;
                Ok(Some(format!("{time}.{}", digest(request.body))))
            }
            Scheme::Intercom => {
                let line = header("x-hub-signature")?;
                let given =
                    unhex(line.trim().strip_prefix("sha1=").ok_or(Refused::Missing)?).ok_or(Refused::Missing)?;
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
                ring::hmac::verify(&key, request.body, &given).map_err(|_| Refused::Wrong)?;
                Ok(None)
            }
            Scheme::Plain { header: name, prefix, base64 } => {
                let line = header(&name.to_ascii_lowercase())?;
                let text = line.trim().strip_prefix(prefix.as_str()).ok_or(Refused::Missing)?;
                let given = if *base64 { STANDARD.decode(text).ok() } else { unhex(text) };
                judge(secret.as_bytes(), &[request.body], given.into_iter())?;
                Ok(None)
            }
        }
    }
}

/// Whether one of the given signatures is right, each compared in the same time.
fn judge(key: &[u8], signed: &[&[u8]], given: impl Iterator<Item = Vec<u8>>) -> Result<(), Refused> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Err(Refused::Wrong) };
    signed.iter().for_each(|part| mac.update(part));
    let (mut any, mut right) = (false, false);
    for signature in given.take(16) {
        any = true;
        right |= mac.clone().verify_slice(&signature).is_ok();
    }
    match (any, right) {
        (_, true) => Ok(()),
        (true, false) => Err(Refused::Wrong),
        (false, false) => Err(Refused::Missing),
    }
}

fn fresh(seconds: &str, now: Instant) -> Result<(), Refused> {
    let seconds: i64 = seconds.trim().parse().map_err(|_| Refused::Missing)?;
    within(Instant(seconds.saturating_mul(SECOND)), now)
}

fn within(signed: Instant, now: Instant) -> Result<(), Refused> {
    let age = now.since(signed);
    if (-WINDOW..=WINDOW).contains(&age) { Ok(()) } else { Err(Refused::Stale) }
}

fn digest(body: &[u8]) -> String {
    use sha2::Digest as _;
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    let even = !text.is_empty() && text.len().is_multiple_of(2);
    even.then(|| text.as_bytes().chunks_exact(2).map(pair).collect::<Option<Vec<u8>>>()).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: i64 = 1_614_265_330;

    fn judged(
        scheme: &Scheme,
        secret: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        late: i64,
    ) -> Result<Option<String>, Refused> {
        let headers: BTreeMap<&str, &str> = headers.iter().copied().collect();
        let header = |name: &str| headers.get(name).map(|value| (*value).to_owned());
        scheme.verify(secret, &Request { header: &header, body, now: Instant((AT + late) * SECOND) })
    }

    #[test]
    fn standard_webhooks_as_its_reference_library_signs() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, right) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let both = format!("v1,AAAA {right}");
        let headers =
            |signature| [("webhook-id", id), ("webhook-timestamp", "1614265330"), ("webhook-signature", signature)];
        let judged = |signature, body: &[u8], late| judged(&Scheme::Standard, secret, &headers(signature), body, late);
        assert_eq!(judged(right, BODY, 0), Ok(Some(format!("{id}.1614265330"))));
        assert!(judged(&both, BODY, 300).is_ok(), "the second signature is right");
        assert_eq!(judged(right, BODY, 301), Err(Refused::Stale));
        assert_eq!(judged(right, BODY, -301), Err(Refused::Stale));
        assert_eq!(judged(right, br#"{"test": 2432232315}"#, 0), Err(Refused::Wrong));
        assert_eq!(judged("v1a,g0hM", BODY, 0), Err(Refused::Missing));
        assert_eq!(
            super::tests::judged(&Scheme::Standard, secret, &headers(right)[1..], BODY, 0),
            Err(Refused::Missing)
        );
        assert_eq!(super::tests::judged(&Scheme::Standard, "", &headers(right), BODY, 0), Err(Refused::Wrong));
    }

    #[test]
    fn stripe_as_its_library_signs() {
        let right = "v1=10c96c6fd3f320fcfc264cdc4f476c15060ede8e8a08404cea2ddf3b72544a9c";
        let judged =
            |line: &str, late| judged(&Scheme::Stripe, "whsec_test_secret", &[("stripe-signature", line)], BODY, late);
        assert!(judged(&format!("t=1614265330,{right}"), 0).is_ok());
        assert!(judged(&format!("t=1614265330, v1=00ff, {right}, v0=00"), 299).is_ok());
        assert_eq!(judged(&format!("t=1614265331,{right}"), 0), Err(Refused::Wrong));
        assert_eq!(judged(&format!("t=1614265330,{right}"), 301), Err(Refused::Stale));
        assert_eq!(judged(right, 0), Err(Refused::Missing));
        assert_eq!(judged("t=1614265330,v0=10c9", 0), Err(Refused::Missing));
    }

    #[test]
    fn a_plain_hmac_as_github_signs() {
        let scheme = Scheme::Plain { header: "X-Hub-Signature-256".into(), prefix: "sha256=".into(), base64: false };
        let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let judged = |line: &str, body: &[u8]| {
            judged(&scheme, "It's a Secret to Everybody", &[("x-hub-signature-256", line)], body, 0)
        };
        assert_eq!(judged(right, b"Hello, World!"), Ok(None));
        assert_eq!(judged(right, b"Hello, World?"), Err(Refused::Wrong));
        for odd in ["757107", "sha256=", "sha256=zz", "sha256=7", "sha256=é1"] {
            assert_eq!(judged(odd, b"Hello, World!"), Err(Refused::Missing), "{odd}");
        }
    }

    /// Made with Python's `hmac`, by what each of them documents.
    #[test]
    fn hubspot_zendesk_and_intercom_as_they_document() {
        let secret = "a-client-secret-of-hubspot";
        let hubspot = Scheme::Hubspot { address: "https://cs.example.com/webhooks/hubspot".into() };
        let other = Scheme::Hubspot { address: "https://cs.example.com/webhooks/other".into() };
        let (v3, zendesk, sha1) = (
            "jYdfHMqIhU2Hu+XBemLrMgWgIe3NhGOy+Gvk80UnLg4=",
            "Z6dMItbw2Y0OnE24yZ71cDgEKoCDonxfXGaVeZSlJfI=",
            "sha1=9e7d0a9a7753e51ec1ed2825dfcf961666b1a446",
        );
        let hub = |scheme: &Scheme, time: &str, late| {
            let headers = [("x-hubspot-signature-v3", v3), ("x-hubspot-request-timestamp", time)];
            judged(scheme, secret, &headers, BODY, late)
        };
        assert!(matches!(hub(&hubspot, "1614265330000", 300), Ok(Some(_))));
        assert_eq!(hub(&hubspot, "1614265330000", 301), Err(Refused::Stale));
        assert_eq!(hub(&hubspot, "1614265330001", 0), Err(Refused::Wrong));
        assert_eq!(hub(&other, "1614265330000", 0), Err(Refused::Wrong), "the address is signed as well");
        let zen = |body: &[u8], time: &str, late| {
            let headers = [("x-zendesk-webhook-signature", zendesk), ("x-zendesk-webhook-signature-timestamp", time)];
            judged(&Scheme::Zendesk, secret, &headers, body, late)
        };
        assert!(matches!(zen(BODY, "2021-02-25T15:02:10Z", -300), Ok(Some(_))));
        assert_eq!(zen(BODY, "2021-02-25T15:02:10Z", 301), Err(Refused::Stale));
        assert_eq!(zen(b"{}", "2021-02-25T15:02:10Z", 0), Err(Refused::Wrong));
        let sha = |secret: &str, line: &str, body: &[u8]| {
            judged(&Scheme::Intercom, secret, &[("x-hub-signature", line)], body, 0)
        };
        assert_eq!(sha(secret, sha1, BODY), Ok(None));
        assert_eq!(sha(secret, sha1, b"{}"), Err(Refused::Wrong));
        assert_eq!(sha(secret, sha1.trim_start_matches("sha1="), BODY), Err(Refused::Missing));
        assert_eq!(sha("", sha1, BODY), Err(Refused::Wrong));
    }
}
