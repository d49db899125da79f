//! Mailgun: HMAC-SHA256 over timestamp and token, both in the body. The rest of the body is not signed: a token is
//! good once.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Refused, Request, Told,
    fields::{at, first, some, tag, text},
    sign,
};
use crate::{
    model::instant::HOUR,
    source::mail::{Class, Heard, Mail, told},
};

/// It tries for eight hours.
const KEEPS: i64 = 9 * HOUR;

/// Judges a request and reads it.
pub fn read(keys: &[SecretString], request: &Request<'_>) -> Result<Told, Refused> {
    let body: Value = serde_json::from_slice(request.body).map_err(|_| Refused::Missing)?;
    let part = |name: &str| some(&body, &["signature", name]).ok_or(Refused::Missing);
    let (timestamp, token, signature) = (part("timestamp")?, part("token")?, part("signature")?);
    let at_moment = sign::seconds(&timestamp)?;
    sign::fresh(at_moment, request.now, KEEPS)?;
    let right = |key: &&SecretString| {
        let made = sign::hmac(key.expose_secret().as_bytes(), &[timestamp.as_bytes(), token.as_bytes()]);
        sign::same(sign::hex(&made).as_bytes(), signature.as_bytes())
    };
    // Every key is tried, so the time does not tell which one fitted.
    if keys.iter().filter(right).count() == 0 {
        return Err(Refused::Wrong);
    }
    let heard = at(&body, &["event-data"]).and_then(event).into_iter().collect();
    Ok(Told { mails: vec![Mail::told(heard)], once: Some((token, at_moment.plus(2 * KEEPS))) })
}

/// What an event says; none if it says nothing about where mail goes.
fn event(event: &Value) -> Option<Heard> {
    let key = tag(at(event, &["user-variables"])).or_else(|| some(event, &["message", "headers", "message-id"]));
    let status = |name: &str| text(event, &["delivery-status", name]);
    let code = Some(status("code")).filter(|code| code.parse().is_ok_and(|n: u16| (400..600).contains(&n)));
    let words = first(&[status("message"), status("description")]);
    let told = told::Told {
        recipient: some(event, &["recipient"]),
        status: status("enhanced-code"),
        said: if words.starts_with(['4', '5']) {
            words
        } else {
            format!("{} {words}", code.unwrap_or_default()).trim().to_owned()
        },
        key,
        ..told::Told::default()
    };
    let permanent = text(event, &["severity"]) == "permanent";
    match (text(event, &["event"]).as_str(), text(event, &["reason"]).as_str()) {
        ("failed", "suppress-complaint") => Some(told.complained()),
        ("failed", "suppress-unsubscribe") => None,
        ("failed", "suppress-bounce") => {
            Some(told::Told { said: String::new(), verdict: Some(Class::Hard), ..told }.failed())
        }
        ("failed", "bounce") if permanent => Some(told::Told { verdict: Some(Class::Hard), ..told }.failed()),
        ("failed", _) => Some(told::Told { delayed: !permanent, ..told }.failed()),
        ("complained", _) => Some(told.complained()),
        ("delivered", _) => Some(told.delivered()),
        _ => None,
    }
}
