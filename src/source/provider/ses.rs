//! Amazon SES by a topic of SNS: RSA over chosen fields, with a key from a certificate that Amazon shows.

use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;

use super::{
    Refused, Told,
    fields::{some, text},
    sign,
};
use crate::{
    model::instant::{HOUR, Instant},
    source::mail::{self, Mail},
};

/// It tries for less than an hour.
const KEEPS: i64 = 2 * HOUR;
/// How long a signature is, by keys of 2,048 to 8,192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// The topic that bounces and complaints are published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name in full: `arn:aws:sns:eu-west-1:123456789012:mail`. Signed by Amazon, so nobody else's is believed.
    pub arn: String,
    /// Where Amazon's certificates and confirmations are: `https://sns.eu-west-1.amazonaws.com`.
    pub api_url: String,
}

/// A message of SNS, not judged yet.
#[derive(Clone, Debug)]
pub struct Envelope {
    kind: String,
    signed: Vec<u8>,
    signature: Vec<u8>,
    version: String,
    at: Instant,
    message: String,
    token: String,
    /// Where the certificate is.
    pub certificate: String,
}

impl Topic {
    /// The topic by its ARN, with the address that belongs to its region. The error says what to write.
    pub fn new(arn: &str) -> Result<Topic, String> {
        let help = || "write the topic's ARN, as in `arn:aws:sns:eu-west-1:123456789012:mail`".to_owned();
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, partition, _, region, account, name] = parts[..] else { return Err(help()) };
        let plain =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let right = arn.starts_with("arn:aws") && parts[2] == "sns" && [region, account, name].into_iter().all(plain);
        let end = if partition == "aws-cn" { ".cn" } else { "" };
        let api_url = format!("https://sns.{region}.amazonaws.com{end}");
        if right { Ok(Topic { arn: arn.to_owned(), api_url }) } else { Err(help()) }
    }

    /// Takes a message apart. Errors: it is none, is not from this topic, too old, or its certificate is not Amazon's.
    pub fn open(&self, body: &[u8], now: Instant) -> Result<Envelope, Refused> {
        let told: Value = serde_json::from_slice(body).map_err(|_| Refused::Missing)?;
        let part = |name: &str| some(&told, &[name]).ok_or(Refused::Missing);
        let (kind, stamp) = (part("Type")?, part("Timestamp")?);
        if part("TopicArn")? != self.arn {
            return Err(Refused::Wrong);
        }
        let at = Instant::parse(&stamp).ok_or(Refused::Missing)?;
        sign::fresh(at, now, KEEPS)?;
        let certificate = part("SigningCertURL")?;
        if !self.is_amazons(&certificate) {
            return Err(Refused::Wrong);
        }
        // Whatever cannot be a signature is not worth a look at a certificate.
        let (signature, version) = (sign::decoded(&part("Signature")?), part("SignatureVersion")?);
        let signature = signature.filter(|s| RSA_BYTES.contains(&s.len())).ok_or(Refused::Missing)?;
        if !matches!(version.as_str(), "1" | "2") {
            return Err(Refused::Missing);
        }
        Ok(Envelope {
            signed: signed(&kind, &told)?,
            signature,
            version,
            message: text(&told, &["Message"]),
            token: text(&told, &["Token"]),
            kind,
            at,
            certificate,
        })
    }

    /// Whether a certificate lies where Amazon puts them, and nowhere else.
    fn is_amazons(&self, url: &str) -> bool {
        let rest = url.strip_prefix(&self.api_url).and_then(|rest| rest.strip_prefix("/SimpleNotificationService-"));
        let name = rest.and_then(|rest| rest.strip_suffix(".pem")).unwrap_or_default();
        (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// The address that confirms a subscription of ours.
    fn confirmation(&self, token: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "ConfirmSubscription")
            .append_pair("TopicArn", &self.arn)
            .append_pair("Token", token)
            .finish();
        format!("{}/?{query}", self.api_url)
    }
}

/// The fields that are signed, in their order.
fn signed(kind: &str, told: &Value) -> Result<Vec<u8>, Refused> {
    let names: &[&str] = match kind {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        }
        _ => return Err(Refused::Missing),
    };
    let mut out = String::new();
    for name in names {
        if let Some(Value::String(value)) = told.get(name) {
            out.push_str(&format!("{name}\n{value}\n"));
        }
    }
    Ok(out.into_bytes())
}

impl Envelope {
    /// When it was published.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Whether the holder of this certificate (PEM) signed it.
    pub fn verify(&self, pem: &[u8]) -> Result<(), Refused> {
        let key = public_key(pem).ok_or(Refused::Wrong)?;
        let done = match self.version.as_str() {
            "2" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(&self.signed, &self.signature),
            "1" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key)
                .verify(&self.signed, &self.signature),
            _ => return Err(Refused::Missing),
        };
        done.map_err(|_| Refused::Wrong)
    }

    /// The address to call so that the topic tells us anything at all, if this asks for it.
    pub fn confirms(&self, topic: &Topic) -> Option<String> {
        (self.kind == "SubscriptionConfirmation").then(|| topic.confirmation(&self.token))
    }

    /// What SES says in it, once it is verified.
    pub fn told(&self) -> Told {
        if self.kind != "Notification" {
            return Told::default();
        }
        let event: Value = serde_json::from_str(&self.message).unwrap_or_default();
        let mail = received(&event).unwrap_or_else(|| Mail::told(mail::ses(&event).unwrap_or_default()));
        Told { mails: vec![mail], once: None }
    }
}

/// A mail that came in, as it was.
fn received(event: &Value) -> Option<Mail> {
    let content = some(event, &["content"]).filter(|_| text(event, &["notificationType"]) == "Received")?;
    let coded = text(event, &["receipt", "action", "encoding"]).eq_ignore_ascii_case("base64");
    let bytes = if coded { sign::decoded(&content)? } else { content.into_bytes() };
    Some(mail::read(&bytes))
}

/// The RSA key of a certificate: what stands in the bit string of its SubjectPublicKeyInfo.
fn public_key(pem: &[u8]) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    let info = webpki::EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info();
    let (inside, _) = element(&info, 0x30)?;
    let (_, rest) = element(inside, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

/// One element of DER and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(&[tag])?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(d, _)| d.len() <= 2)?;
        (digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_lie_at_amazons_and_nowhere_that_looks_like_it() {
        let topic = Topic::new("arn:aws:sns:eu-west-1:123456789012:mail").unwrap();
        assert_eq!(topic.api_url, "https://sns.eu-west-1.amazonaws.com");
        let good = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem";
        assert!(topic.is_amazons(good));
        for bad in [
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-9c.pem",
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-9c.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c/../../x.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-9c.pem",
        ] {
            assert!(!topic.is_amazons(bad), "{bad}");
        }
        assert_eq!(
            Topic::new("arn:aws-cn:sns:cn-north-1:1:m").unwrap().api_url,
            "https://sns.cn-north-1.amazonaws.com.cn"
        );
        for bad in
            ["", "mail", "arn:aws:sqs:eu-west-1:1:m", "arn:aws:sns:a/b:1:m", "arn:aws:sns::1:m", "arn:aws:sns:a:1:m:x"]
        {
            assert!(Topic::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn der_that_lies_about_its_length_is_none() {
        assert_eq!(element(&[0x30, 2, 1, 2, 3], 0x30), Some((&[1, 2][..], &[3][..])));
        for bad in [&[0x30, 9, 1][..], &[0x30, 0x84, 1, 1, 1, 1], &[0x30, 0x82, 1], &[0x31, 0], &[0x30], &[]] {
            assert_eq!(element(bad, 0x30), None, "{bad:?}");
        }
    }
}
