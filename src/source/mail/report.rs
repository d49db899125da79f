//! Delivery reports (RFC 3464): one group of fields a recipient.

use super::{
    ABOUT, RECIPIENTS,
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
        if !went_well && raws.len() < RECIPIENTS && raws.iter().all(|known| known.recipient != raw.recipient) {
            raws.push(raw);
        }
    }
    if let [only] = raws.as_mut_slice() {
        only.text.clone_from(&opened.human);
    } else {
        let named: Vec<Option<String>> = raws.iter().map(|r| r.recipient.clone()).collect();
        for (raw, text) in raws.iter_mut().zip(about(&opened.human, &named)) {
            raw.text = text;
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

/// For each of several recipients the lines of a text that are about it: from where it is named to where another is.
pub fn about(text: &str, all: &[Option<String>]) -> Vec<String> {
    let names: Vec<Option<String>> = all.iter().map(|one| one.as_ref().map(|o| o.to_lowercase())).collect();
    let lines: Vec<Line<'_>> = text.lines().map(|line| Line::of(line, &names)).collect();
    names.iter().map(|own| start(&own.as_ref().map_or_else(|| text.to_owned(), |own| told(&lines, own)))).collect()
}

/// A line and whom it names.
struct Line<'a> {
    text: &'a str,
    named: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, names: &'a [Option<String>]) -> Line<'a> {
        let lower = text.to_lowercase();
        Line { text, named: names.iter().flatten().map(String::as_str).filter(|n| lower.contains(n)).collect() }
    }
}

fn told(lines: &[Line<'_>], own: &str) -> String {
    let (mut inside, mut out) = (false, String::new());
    for line in lines {
        let ends = line.text.trim().is_empty() && !out.is_empty() && !line.text.starts_with(' ');
        if line.named.contains(&own) {
            inside = true;
        } else if ends || !line.named.is_empty() {
            inside = false;
        }
        if inside && out.len() < ABOUT {
            out.push_str(line.text);
            out.push('\n');
        }
    }
    out
}

/// As much of a text as is looked at where there are several recipients.
pub fn start(text: &str) -> String {
    text[..text.floor_char_boundary(ABOUT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_a_thousand_recipients_is_read_for_the_first_hundred() {
        let group = |n: usize| format!("Final-Recipient: rfc822; a{n}@b.example\nAction: failed\nStatus: 5.1.1\n\n");
        let report: String = (0..1_000).map(group).collect();
        let text = "<a7@b.example>: 550 no such user\n".to_owned() + &"x\n".repeat(20_000);
        let opened = Opened { reports: vec![report], human: text, ..Opened::default() };
        let raws = read(&opened);
        assert_eq!(raws.len(), RECIPIENTS);
        assert!(raws[7].text.starts_with("<a7@b.example>: 550"));
        assert!(raws.iter().all(|raw| raw.text.len() <= ABOUT));
    }

    #[test]
    fn the_lines_about_one_recipient_end_where_another_is_named() {
        let all = [Some("A@b.example".to_owned()), None, Some("c@d.example".to_owned())];
        let text = "hello\n<a@b.example>: no\nsuch user\nC@D.example full\n\nbye\n";
        assert_eq!(about(text, &all), ["<a@b.example>: no\nsuch user\n", text, "C@D.example full\n"]);
    }
}
