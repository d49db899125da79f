//! What mail providers tell by webhook: first who says so, then what is said, as returned mail says it.
//!
//! A request is judged by its raw bytes before anything in it is believed. Pure but for Amazon's certificates.

pub mod amazon;
mod fields;
mod mailgun;
mod postmark;
mod resend;
mod sendgrid;
mod ses;
mod sign;

use secrecy::SecretString;

use crate::{model::instant::Instant, source::mail::Mail};

pub use sendgrid::PublicKey;
pub use ses::{Envelope, Topic};

/// Shorter secrets are refused: an empty one would let everybody in.
pub const SHORTEST: usize = 16;

/// Bytes of a request that holds events.
const EVENTS_BYTES: usize = 1 << 20;
/// Bytes of a request that holds a mail with its attachments: Postmark takes mails of 35 MB.
const MAIL_BYTES: usize = 80 << 20;

/// So many events of one request are read.
const EVENTS: usize = 10_000;

/// Who tells us, and how they prove it.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Amazon SES, by a topic of SNS.
    Ses(Topic),
    /// Twilio SendGrid's signed event webhook: the keys it may sign with.
    Sendgrid(Vec<PublicKey>),
    /// Mailgun: HTTP webhook signing keys.
    Mailgun(Vec<SecretString>),
    /// Postmark: passwords in the webhook's address.
    Postmark(Vec<SecretString>),
    /// Resend: signing secrets (`whsec_…`).
    Resend(Vec<SecretString>),
}

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The value of a header, by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Send + Sync),
    /// The raw body.
    pub body: &'a [u8],
    /// The present.
    pub now: Instant,
}

/// Why a request is not taken. Never says what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No proof, or none that can be read.
    #[error("the signature is missing or unreadable")]
    Missing,
    /// Too old, or from the future.
    #[error("the timestamp is too far off")]
    Stale,
    /// Wrong.
    #[error("the signature is wrong")]
    Wrong,
}

/// What was told by somebody who may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// As if they had come by mail.
    pub mails: Vec<Mail>,
    /// A proof that does not cover the body: it is good for the body it came with first, and until when that has to
    /// be remembered.
    pub once: Option<(String, Instant)>,
}

impl Provider {
    /// Judges a request and reads it. Errors: nobody who may tell us has sent it.
    ///
    /// Amazon's need a certificate first: [`Topic::open`]; asked here they are refused.
    pub fn read(&self, request: &Request<'_>) -> Result<Told, Refused> {
        match self {
            Provider::Ses(_) => Err(Refused::Missing),
            Provider::Sendgrid(keys) => sendgrid::read(keys, request),
            Provider::Mailgun(keys) => mailgun::read(keys, request),
            Provider::Postmark(passwords) => postmark::read(passwords, request),
            Provider::Resend(secrets) => resend::read(secrets, request),
        }
    }

    /// So many bytes of a request are read. Whoever may send more has proved who they are before ([`Provider::admits`]).
    pub fn most(&self) -> usize {
        match self {
            Provider::Postmark(_) => MAIL_BYTES,
            _ => EVENTS_BYTES,
        }
    }

    /// Whether the body is worth reading, by what comes before it. Errors: it is not.
    pub fn admits<'a>(&self, header: &dyn Fn(&str) -> Option<&'a str>) -> Result<(), Refused> {
        match self {
            Provider::Postmark(passwords) => postmark::admits(passwords, header("authorization")),
            _ => Ok(()),
        }
    }

    /// The header by which the provider gives our key back with its events, if it takes one.
    pub fn tag(&self, key: &str) -> Option<(&'static str, String)> {
        match self {
            Provider::Ses(_) | Provider::Resend(_) => None,
            Provider::Sendgrid(_) => Some(("X-SMTPAPI", format!("{{\"unique_args\":{{\"{TAG}\":\"{key}\"}}}}"))),
            Provider::Mailgun(_) => Some(("X-Mailgun-Variables", format!("{{\"{TAG}\":\"{key}\"}}"))),
            Provider::Postmark(_) => Some(("X-PM-Metadata-shirube_key", key.to_owned())),
        }
    }
}

/// The name under which our key travels.
const TAG: &str = "shirube_key";
