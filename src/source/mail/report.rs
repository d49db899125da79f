//! Delivery reports (RFC 3464): one group of fields a recipient.

use super::{
    fields::{self, Fields},
    opened::Opened,
};

/// What a mail says about one recipient, before it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// The address.
    pub recipient: Option<String>,
    /// `failed`, `delayed` … in lower case; empty where nothing was written.
    pub action: String,
    /// The field `Status`.
    pub status: String,
    /// The field `Diagnostic-Code` without its type, or the server's words.
    pub diagnostic: String,
    /// The type of the diagnostic: `smtp`, `x-unix` …
    pub kind: String,
    /// What people read about it: beside the diagnostic, or in its place.
    pub text: String,
}

impl Raw {
    /// Still being tried.
    pub fn delayed(&self) -> bool {
        self.action == "delayed"
    }
}

/// The recipients of the first report, each once. Reports that say it went well are left out.
pub fn read(opened: &Opened) -> Vec<Raw> {
    let mut raws: Vec<Raw> = Vec::new();
    for text in &opened.reports {
        recipients(text, opened, &mut raws);
        if !raws.is_empty() {
            return raws;
        }
    }
    recipients(&opened.human, opened, &mut raws);
    raws
}

fn recipients(text: &str, opened: &Opened, raws: &mut Vec<Raw>) {
    for group in groups(text) {
        let raw = raw(&group, opened);
        let went_well =
            matches!(raw.action.as_str(), "delivered" | "relayed" | "expanded") || raw.status.starts_with('2');
        if !went_well && raws.iter().all(|known| known.recipient != raw.recipient) {
            raws.push(raw);
        }
    }
    if let [only] = raws.as_mut_slice() {
        only.text.clone_from(&opened.human);
    } else {
        let named: Vec<Option<String>> = raws.iter().map(|r| r.recipient.clone()).collect();
        for raw in raws {
            raw.text = about(&opened.human, raw.recipient.as_deref(), &named);
        }
    }
}

/// Groups that name a recipient. Some servers put an empty line inside a group, and some none between two.
fn groups(text: &str) -> Vec<Fields> {
    let mut found: Vec<Fields> = Vec::new();
    for group in fields::groups(text) {
        let names = |g: &Fields| {
            fields::value(g, "final-recipient").is_some() || fields::value(g, "original-recipient").is_some()
        };
        let more = |g: &Fields| fields::value(g, "action").is_some() || fields::value(g, "status").is_some();
        if names(&group) {
            found.push(group);
        } else if let Some(last) = found.last_mut().filter(|last| !more(last) && more(&group)) {
            last.extend(group);
        }
    }
    found
}

fn raw(group: &Fields, opened: &Opened) -> Raw {
    // The address we wrote to, before any alias on the way.
    let named = ["original-recipient", "final-recipient", "x-actual-recipient"];
    let recipient = named.iter().filter_map(|name| fields::value(group, name)).find_map(person);
    let code = fields::value(group, "diagnostic-code").unwrap_or_default();
    let (kind, diagnostic) = match code.split_once(';') {
        Some((kind, rest)) if kind.len() <= 20 && !kind.contains(' ') => {
            (kind.trim().to_ascii_lowercase(), rest.trim())
        }
        _ => (String::new(), code),
    };
    Raw {
        recipient: recipient.or_else(|| opened.field("x-failed-recipients").and_then(fields::address)),
        action: fields::value(group, "action").unwrap_or_default().to_ascii_lowercase(),
        status: fields::value(group, "status").unwrap_or_default().to_owned(),
        diagnostic: diagnostic.to_owned(),
        kind,
        text: String::new(),
    }
}

/// The address of `rfc822; neko@example.jp`; whatever stands there if it is none.
fn person(value: &str) -> Option<String> {
    let bare = value.split_once(';').map_or(value, |(_, rest)| rest).trim();
    fields::address(bare).or_else(|| (!bare.is_empty()).then(|| bare.to_owned()))
}

/// The lines of a text that are about one of several recipients: from where it is named to where another is.
pub fn about(text: &str, recipient: Option<&str>, all: &[Option<String>]) -> String {
    let Some(own) = recipient.map(str::to_lowercase) else { return text.to_owned() };
    let others: Vec<String> = all.iter().flatten().map(|o| o.to_lowercase()).filter(|o| *o != own).collect();
    let (mut inside, mut out) = (false, String::new());
    for line in text.lines() {
        let lower = line.to_lowercase();
        if lower.contains(&own) {
            inside = true;
        } else if line.trim().is_empty() && !out.is_empty() && !lower.starts_with(' ')
            || others.iter().any(|o| lower.contains(o))
        {
            inside = false;
        }
        if inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
