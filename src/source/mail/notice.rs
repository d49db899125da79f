//! Complaints by feedback loops (ARF, RFC 5965).

use super::{Class, Heard, RECIPIENTS, Reason, fields, opened::Opened};

/// One complaint for every recipient that a feedback report names; one without an address where none is.
pub fn complaints(opened: &Opened) -> Vec<Heard> {
    let feedback: Vec<_> = opened.feedback.iter().filter_map(|text| fields::groups(text).into_iter().next()).collect();
    let all = if feedback.is_empty() { by_header(opened).into_iter().collect() } else { feedback };
    let mut found = Vec::new();
    for group in all.into_iter().take(RECIPIENTS) {
        let kind = fields::value(&group, "feedback-type").unwrap_or("abuse").to_ascii_lowercase();
        let named = ["original-rcpt-to", "removal-recipient"];
        let values = group.iter().filter(|(name, _)| named.contains(&name.as_str()));
        let people = fields::distinct(values.filter_map(|(_, value)| fields::address(value)));
        let mut people: Vec<Option<String>> = people.into_iter().map(Some).collect();
        if people.is_empty() {
            people.push(original(opened));
        }
        found.extend(people.into_iter().map(|recipient| complaint(recipient, &kind)));
    }
    found
}

/// A reader's complaint. `auth-failure` and `not-spam` reports are none.
fn complaint(recipient: Option<String>, kind: &str) -> Heard {
    let class = match kind {
        "not-spam" => Class::None,
        "auth-failure" | "dmarc" => Class::Policy,
        _ => Class::Complaint,
    };
    Heard { class, reason: Some(Reason::Feedback), recipient, said: kind.to_owned(), ..Heard::nothing() }
}

fn original(opened: &Opened) -> Option<String> {
    let lines = opened.original.lines();
    lines
        .take_while(|line| !line.is_empty())
        .find(|l| l.to_ascii_lowercase().starts_with("to:"))
        .and_then(fields::address)
}

/// Microsoft's loop (JMRP) and others mark the header only.
fn by_header(opened: &Opened) -> Option<fields::Fields> {
    let subject = opened.subject.to_lowercase();
    let from = opened.field("from").unwrap_or_default().to_ascii_lowercase();
    let loops = (from.contains("staff@hotmail.com") || subject.contains("complaint about message")).then(Vec::new);
    marked(opened).or(loops)
}

/// What the header says of a complaint by names that only feedback loops use.
pub fn marked(opened: &Opened) -> Option<fields::Fields> {
    let jmrp = opened.field("x-hmxmroriginalrecipient");
    let told = opened.field("feedback-type").map(str::to_owned);
    let named = jmrp.map(|to| vec![("original-rcpt-to".to_owned(), to.to_owned())]);
    let kind = told.map(|kind| vec![("feedback-type".to_owned(), kind)]);
    named.or(kind)
}
