//! Our own DKIM signature: how a mail is signed, and what DNS has to say so that it counts.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use lettre::message::{
    dkim::{DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey},
    header::HeaderName,
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPublicKey},
    pkcs8::EncodePublicKey,
};

/// Settings of a DKIM signature.
#[derive(Clone, Copy, Debug)]
pub struct Dkim<'a> {
    /// DNS name of the key below `_domainkey`.
    pub selector: &'a str,
    /// The signing domain; must be the From domain or above it.
    pub domain: &'a str,
    /// PKCS#1 PEM (RSA) or base64 of 32 bytes (Ed25519).
    pub private_key: &'a str,
}

impl Dkim<'_> {
    /// A signature that also covers both List-Unsubscribe headers (RFC 8058), relaxed/relaxed, because
    /// relays rewrap headers. Error: the key cannot be read.
    pub fn config(&self) -> Result<Arc<DkimConfig>, String> {
        let algorithm = if self.private_key.contains("-----BEGIN") {
            DkimSigningAlgorithm::Rsa
        } else {
            DkimSigningAlgorithm::Ed25519
        };
        let key = DkimSigningKey::new(self.private_key.trim(), algorithm).map_err(|e| {
            format!("email.dkim: {e}; a PKCS#1 PEM (`openssl genrsa -traditional 2048`) or base64 of an Ed25519 seed is needed")
        })?;
        let headers = SIGNED.iter().filter_map(|h| HeaderName::new_from_ascii((*h).to_owned()).ok()).collect();
        let relaxed = DkimCanonicalizationType::Relaxed;
        let canonical = DkimCanonicalization { header: relaxed, body: relaxed };
        Ok(Arc::new(DkimConfig::new(self.selector.to_owned(), self.domain.to_owned(), key, headers, canonical)))
    }

    /// The public half, as it stands in DNS (RFC 6376, 3.6.1; RFC 8463). None: the key cannot be read.
    pub fn public(&self) -> Option<Public> {
        let key = self.private_key.trim();
        if !key.contains("-----BEGIN") {
            let seed: [u8; 32] = BASE64_STANDARD.decode(key).ok()?.try_into().ok()?;
            let public = BASE64_STANDARD.encode(SigningKey::from_bytes(&seed).verifying_key().as_bytes());
            return Some(Public { algorithm: "ed25519", forms: vec![public] });
        }
        let key = RsaPrivateKey::from_pkcs1_pem(key).ok()?.to_public_key();
        let (whole, bare) = (key.to_public_key_der().ok()?, key.to_pkcs1_der().ok()?);
        let forms = [whole.as_bytes(), bare.as_bytes()].map(|der| BASE64_STANDARD.encode(der));
        Some(Public { algorithm: "rsa", forms: forms.to_vec() })
    }
}

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    algorithm: &'static str,
    /// What `p=` may be, the usual one first: receivers take an RSA key with its frame (SubjectPublicKeyInfo) and without.
    forms: Vec<String>,
}

impl Public {
    /// Whether a record publishes this key: its `p=`, in which blanks mean nothing.
    pub fn is(&self, p: &str) -> bool {
        let p: String = p.split_whitespace().collect();
        self.forms.contains(&p)
    }

    /// The text of the record to publish.
    pub fn record(&self) -> String {
        let key = self.forms.first().map_or("", String::as_str);
        format!("v=DKIM1; k={}; p={key}", self.algorithm)
    }
}

const SIGNED: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
