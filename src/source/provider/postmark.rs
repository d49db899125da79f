//! Postmark signs nothing: the webhook's address holds a password (Basic authentication).

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Refused, Request, Told,
    fields::{at, first, some, tag, text},
    sign,
};
use crate::source::mail::{self, Class, Heard, Mail, told};

/// Whether the password is right.
pub fn admits(passwords: &[SecretString], given: Option<&str>) -> Result<(), Refused> {
    let given = given.ok_or(Refused::Missing)?;
    let (scheme, login) = given.split_once(' ').ok_or(Refused::Missing)?;
    let login = sign::decoded(login).filter(|_| scheme.eq_ignore_ascii_case("basic")).ok_or(Refused::Missing)?;
    let colon = login.iter().position(|byte| *byte == b':').ok_or(Refused::Missing)?;
    let password = &login[colon + 1..];
    // Every password is tried, so the time does not tell which one fitted.
    let right = |known: &&SecretString| sign::same(known.expose_secret().as_bytes(), password);
    if passwords.iter().filter(right).count() == 0 {
        return Err(Refused::Wrong);
    }
    Ok(())
}

/// Judges a request and reads it.
pub fn read(passwords: &[SecretString], request: &Request<'_>) -> Result<Told, Refused> {
    admits(passwords, (request.header)("authorization"))?;
    let body: Value = serde_json::from_slice(request.body).unwrap_or_default();
    // Mail that came in, as it was: set "Include raw email content".
    let mail = match some(&body, &["RawEmail"]) {
        Some(raw) => mail::read(raw.as_bytes()),
        None => Mail::told(event(&body).into_iter().collect()),
    };
    Ok(Told { mails: vec![mail], once: None })
}

/// What an event says; none if it says nothing about where mail goes.
fn event(event: &Value) -> Option<Heard> {
    let words = first(&[text(event, &["Details"]), text(event, &["Description"])]);
    let told = told::Told {
        recipient: some(event, &["Email"]).or_else(|| some(event, &["Recipient"])),
        said: words,
        key: tag(at(event, &["Metadata"])),
        ..told::Told::default()
    };
    match text(event, &["RecordType"]).as_str() {
        "Bounce" => bounce(&text(event, &["Type"]), told),
        "SpamComplaint" => Some(told.complained()),
        "Delivery" => Some(told.delivered()),
        _ => None,
    }
}

/// Postmark's own types.
fn bounce(kind: &str, told: told::Told) -> Option<Heard> {
    match kind {
        "SpamComplaint" => Some(told.complained()),
        "AutoResponder" | "Subscribe" | "Unsubscribe" | "AddressChange" | "ChallengeVerification" | "OpenRelayTest" => {
            None
        }
        "HardBounce" | "BadEmailAddress" => Some(told::Told { verdict: Some(Class::Hard), ..told }.failed()),
        "Blocked" | "SpamNotification" | "DMARCPolicy" | "VirusNotification" => {
            Some(told::Told { verdict: Some(Class::Policy), ..told }.failed())
        }
        _ => Some(told::Told { verdict: Some(Class::Soft), ..told }.failed()),
    }
}
