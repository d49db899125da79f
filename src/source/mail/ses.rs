//! Amazon SES tells of bounces and complaints in JSON, in a mail or by SNS's webhook.

use serde_json::Value;

use super::{Class, Heard, RECIPIENTS, Reason, judged, key, opened::Opened, report::Raw};

/// The notification that a mail carries, if it is one.
pub fn read(opened: &Opened) -> Option<Vec<Heard>> {
    let text = opened.human.trim_start();
    if !text.starts_with('{') || !text.contains("\"notificationType\"") && !text.contains("\"eventType\"") {
        return None;
    }
    // In a mail the JSON is broken into lines wherever it got too long.
    let text = text.replace(['\r', '\n'], "");
    let mut stream = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let first = stream.next()?.ok()?;
    notification(&first)
}

/// What a notification says. Delivered mail says nothing; other kinds are none of ours.
pub fn notification(event: &Value) -> Option<Vec<Heard>> {
    let kind = event.get("notificationType").or_else(|| event.get("eventType"))?.as_str()?;
    let mut heard = match kind {
        "Bounce" => bounces(event.get("bounce")?),
        "Complaint" => complaints(event.get("complaint")?),
        "Delivery" => vec![delivered(event.get("delivery")?)],
        _ => vec![Heard::nothing()],
    };
    if heard.is_empty() {
        heard.push(Heard::nothing());
    }
    let key = event.get("mail").and_then(own_key);
    heard.iter_mut().for_each(|one| one.key.clone_from(&key));
    Some(heard)
}

/// Entries of a list that are looked at: recipients, or the headers of the mail.
const MOST: usize = 1_000;

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().take(MOST)
}

fn bounces(bounce: &Value) -> Vec<Heard> {
    let permanent = text(bounce, "bounceType") == "Permanent";
    let each = list(bounce, "bouncedRecipients").take(RECIPIENTS).map(|who| {
        let code = text(who, "diagnosticCode");
        let diagnostic = code.split_once(';').map_or(code.as_str(), |(_, rest)| rest).trim().to_owned();
        let raw = Raw {
            recipient: Some(text(who, "emailAddress")).filter(|a| !a.is_empty()),
            action: text(who, "action"),
            status: text(who, "status"),
            diagnostic,
            ..Raw::default()
        };
        let mut heard = judged(&raw);
        // Without a diagnostic SES's own word decides.
        let told = text(bounce, "bounceSubType");
        if code.is_empty() && permanent && matches!(told.as_str(), "General" | "NoEmail" | "Suppressed") {
            (heard.class, heard.reason) = (Class::Hard, Some(Reason::UserUnknown));
        }
        heard
    });
    each.collect()
}

fn complaints(complaint: &Value) -> Vec<Heard> {
    let each = list(complaint, "complainedRecipients").take(RECIPIENTS).map(|who| Heard {
        class: Class::Complaint,
        reason: Some(Reason::Feedback),
        recipient: Some(text(who, "emailAddress")).filter(|a| !a.is_empty()),
        said: text(complaint, "complaintFeedbackType"),
        ..Heard::nothing()
    });
    each.collect()
}

fn delivered(delivery: &Value) -> Heard {
    let said = text(delivery, "smtpResponse");
    let raw = Raw { diagnostic: said.clone(), ..Raw::default() };
    Heard {
        status: super::status::positive(&said),
        reply_code: super::status::any_reply(&raw.diagnostic),
        reason: Some(Reason::Delivered),
        said,
        ..Heard::nothing()
    }
}

fn own_key(mail: &Value) -> Option<String> {
    let headers = list(mail, "headers").map(|h| (text(h, "name").to_ascii_lowercase(), text(h, "value")));
    let all: Vec<(String, String)> = headers.collect();
    let by_key = all.iter().find(|(n, v)| n == "x-shirube-key" && key::is_key(v)).map(|(_, v)| v.clone());
    by_key.or_else(|| all.iter().find(|(n, _)| n == "message-id").and_then(|(_, v)| key::in_brackets(v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_without_recipients_says_nothing_instead_of_being_nothing() {
        for kind in [
            "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[]}}",
            "{\"eventType\":\"Complaint\",\"complaint\":{}}",
        ] {
            let mail = super::super::read(kind.as_bytes());
            assert_eq!(mail.heard, [Heard::nothing()], "{kind}");
        }
    }
}
