//! Resend: Svix' scheme, which is that of Standard Webhooks.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Refused, Request, Told,
    fields::{at, some, tag, text},
    sign,
};
use crate::{
    model::instant::MINUTE,
    source::mail::{Class, Heard, Mail, told},
};

/// Each try is signed with its own moment.
const KEEPS: i64 = 5 * MINUTE;

/// Judges a request and reads it.
pub fn read(secrets: &[SecretString], request: &Request<'_>) -> Result<Told, Refused> {
    let header = |name: &str| (request.header)(name).ok_or(Refused::Missing);
    let (id, timestamp, given) = (header("svix-id")?, header("svix-timestamp")?, header("svix-signature")?);
    sign::fresh(sign::seconds(timestamp)?, request.now, KEEPS)?;
    let given: Vec<Vec<u8>> =
        given.split(' ').take(16).filter_map(|one| sign::decoded(one.strip_prefix("v1,")?)).collect();
    let right = |secret: &&SecretString| {
        let made = sign::hmac(&bytes(secret), &[format!("{id}.{timestamp}.").as_bytes(), request.body]);
        given.iter().filter(|one| sign::same(&made, one)).count() > 0
    };
    if secrets.iter().filter(right).count() == 0 {
        return Err(Refused::Wrong);
    }
    let body: Value = serde_json::from_slice(request.body).unwrap_or_default();
    Ok(Told { mails: vec![Mail::told(event(&body).into_iter().collect())], once: None })
}

/// `whsec_` and base64; any other text stands for its bytes.
fn bytes(secret: &SecretString) -> Vec<u8> {
    let text = secret.expose_secret();
    text.strip_prefix("whsec_").and_then(sign::decoded).unwrap_or_else(|| text.as_bytes().to_vec())
}

/// What an event says; none if it says nothing about where mail goes.
fn event(event: &Value) -> Option<Heard> {
    let data = at(event, &["data"])?;
    let recipient = match at(data, &["to"]) {
        Some(Value::Array(all)) => all.first().and_then(Value::as_str).map(str::to_owned),
        _ => some(data, &["to"]),
    };
    let told =
        told::Told { recipient, said: text(data, &["bounce", "message"]), key: key(data), ..told::Told::default() };
    match text(event, &["type"]).as_str() {
        "email.bounced" if text(data, &["bounce", "type"]) == "Permanent" => {
            Some(told::Told { verdict: Some(Class::Hard), ..told }.failed())
        }
        "email.bounced" | "email.failed" => Some(told.failed()),
        "email.complained" => Some(told.complained()),
        "email.delivered" => Some(told.delivered()),
        "email.delivery_delayed" => Some(told::Told { delayed: true, ..told }.failed()),
        _ => None,
    }
}

/// Our key: among the headers we sent, in the Message-ID, or among the tags.
fn key(data: &Value) -> Option<String> {
    let headers = at(data, &["headers"]).and_then(Value::as_array).into_iter().flatten().take(100);
    let mut own = headers.filter(|h| text(h, &["name"]).eq_ignore_ascii_case("x-shirube-key"));
    own.next()
        .and_then(|h| some(h, &["value"]))
        .or_else(|| some(data, &["message_id"]))
        .or_else(|| tag(at(data, &["tags"])))
}
