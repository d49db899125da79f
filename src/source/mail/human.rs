//! Returned mail without a report for machines: what its text says, recipient by recipient.

use super::{
    RECIPIENTS, fields,
    opened::Opened,
    report::{self, Raw},
};

/// Whether a server that returns mail wrote it.
pub fn is_by_a_server(opened: &Opened) -> bool {
    let from = opened.field("from").unwrap_or_default().to_ascii_lowercase();
    SENDERS.iter().any(|s| from.contains(s))
}

/// Whether it came without an address to answer to, as returned mail does.
pub fn takes_no_answer(opened: &Opened) -> bool {
    matches!(opened.field("return-path"), Some("<>"))
}

/// Whether a mail looks like it was returned by a server.
pub fn looks_returned(opened: &Opened) -> bool {
    let from = opened.field("from").unwrap_or_default().to_ascii_lowercase();
    let subject = opened.subject.to_lowercase();
    let (sender, empty) = (is_by_a_server(opened), takes_no_answer(opened));
    opened.field("x-failed-recipients").is_some()
        || subject_says(&subject) && (sender || empty || gives_up(&opened.human))
        || (sender || empty || from_nobody(&from)) && gives_up(&opened.human)
}

/// Those who return mail.
const SENDERS: [&str; 7] =
    ["mailer-daemon", "postmaster", "post_master", "mailerdaemon", "mail delivery", "mail-daemon", "<>"];

fn from_nobody(from: &str) -> bool {
    from.is_empty() || from.contains("daemon") || from.contains("no-reply") || from.contains("noreply")
}

fn subject_says(subject: &str) -> bool {
    SUBJECTS.iter().any(|s| subject.contains(s))
}

const SUBJECTS: [&str; 29] = [
    "mail failed",
    "returning to sender",
    "undeliver",
    "delivery status",
    "delivery failure",
    "delivery fail",
    "delivery error",
    "delivery report",
    "delivery notification",
    "failure notice",
    "failure delivery",
    "failed delivery",
    "mail delivery",
    "returned mail",
    "return mail",
    "returned to sender",
    "not delivered",
    "could not be delivered",
    "delivery problem",
    "mail system error",
    "mail failure",
    "mail error",
    "email failed",
    "non recapitabile",
    "unzustellbar",
    "warning: message",
    "rejected",
    "errors from",
    "配信",
];

fn gives_up(text: &str) -> bool {
    let text = text.to_lowercase();
    GIVEN_UP.iter().any(|s| text.contains(s))
}

const GIVEN_UP: [&str; 18] = [
    "failed addresses follow",
    "could not be delivered",
    "couldn't be delivered",
    "could not deliver",
    "unable to deliver",
    "wasn't able to deliver",
    "was not delivered",
    "cannot be delivered",
    "undeliverable",
    "undelivered",
    "delivery failed",
    "delivery has failed",
    "error delivering",
    "delivery to the following",
    "did not reach the following",
    "error while trying to deliver",
    "invalid user address",
    "permanent error",
];

/// The recipients a text names, with what it says about each. One without an address if it names none.
pub fn read(opened: &Opened) -> Vec<Raw> {
    let own = opened.field("to").and_then(fields::address).map(|a| a.to_lowercase());
    let mut blocks = failed(opened);
    if blocks.is_empty() {
        blocks = transcript(&opened.human);
    }
    if blocks.is_empty() {
        blocks = named(&opened.human, own.as_deref());
    }
    if blocks.is_empty() {
        blocks = vec![(mentioned(opened, own.as_deref()), opened.human.clone())];
    }
    let action = if waits(&opened.human) { "delayed" } else { "" };
    let raw = |(recipient, text): Block| {
        let diagnostic = verdict(recipient.as_deref(), &text);
        Raw { recipient, text, diagnostic, action: action.to_owned(), ..Raw::default() }
    };
    blocks.into_iter().map(raw).collect()
}

/// Sendmail's last word on an address: `550 <neko@example.jp>... User unknown`.
fn verdict(recipient: Option<&str>, text: &str) -> String {
    let Some(who) = recipient.map(|r| format!("<{r}>...")) else { return String::new() };
    let own = |line: &&str| line.contains(&who) && line.starts_with(['4', '5']);
    text.lines().find(own).unwrap_or_default().to_owned()
}

/// A warning: it is still being tried.
fn waits(text: &str) -> bool {
    let text = text.to_lowercase();
    let signs = [
        "warning message only",
        "has not yet been delivered",
        "has been delayed",
        "temporary failure report",
        "still trying",
    ];
    signs.iter().any(|s| text.contains(s))
}

/// Old sendmail: lines such as `550 <neko@example.jp>... User unknown`, each with what stands before it.
fn transcript(text: &str) -> Vec<Block> {
    let (mut found, mut before): (Vec<Block>, String) = (Vec::new(), String::new());
    for line in text.lines() {
        before.push_str(line);
        before.push('\n');
        let code = line.get(..3).is_some_and(|c| c.starts_with(['4', '5']) && c.bytes().all(|b| b.is_ascii_digit()));
        let Some(address) = fields::address(line).filter(|a| code && line.contains(&format!("<{a}>..."))) else {
            continue;
        };
        if found.len() < RECIPIENTS && found.iter().all(|(known, _)| known.as_deref() != Some(address.as_str())) {
            found.push((Some(address), std::mem::take(&mut before)));
        }
    }
    if found.len() > 1 { found } else { Vec::new() }
}

type Block = (Option<String>, String);

/// `X-Failed-Recipients: a@…, b@…` (Exim, Gmail).
fn failed(opened: &Opened) -> Vec<Block> {
    let list = opened.field("x-failed-recipients").unwrap_or_default();
    let all = fields::distinct(list.split(',').filter_map(fields::address));
    let all: Vec<Option<String>> = all.into_iter().map(Some).collect();
    if let [only] = all.as_slice() {
        return vec![(only.clone(), opened.human.clone())];
    }
    let texts = report::about(&opened.human, &all);
    let whole = |text: String| if text.is_empty() { report::start(&opened.human) } else { text };
    all.into_iter().zip(texts.into_iter().map(whole)).collect()
}

/// Lines that begin with an address, each with the lines up to the next one.
fn named(text: &str, own: Option<&str>) -> Vec<Block> {
    let mut found: Vec<(Option<String>, String)> = Vec::new();
    let mut before = String::new();
    for line in text.lines() {
        let head = heading(line).filter(|a| own != Some(a.to_lowercase().as_str()));
        let known = head
            .as_ref()
            .and_then(|h| found.iter().position(|(f, _)| f.as_deref().is_some_and(|f| f.eq_ignore_ascii_case(h))));
        let at = match (head, known) {
            (Some(_), Some(known)) => Some(known),
            (Some(_), None) if found.len() >= RECIPIENTS => break,
            (Some(address), None) => {
                found.push((Some(address), String::new()));
                Some(found.len() - 1)
            }
            (None, _) => found.len().checked_sub(1),
        };
        let block = at.and_then(|at| found.get_mut(at)).map_or(&mut before, |(_, text)| text);
        block.push_str(line);
        block.push('\n');
    }
    if let [only] = found.as_mut_slice() {
        only.1 = text.to_owned();
    }
    found
}

/// The address a line begins with: `<neko@example.jp>: …`, `neko@example.jp`, `>>> neko@…`, `-- neko@…`.
fn heading(line: &str) -> Option<String> {
    let bare = line.trim_start_matches([' ', '\t', '>', '*', '-', '・', '"', '\'']).trim_end();
    if line.trim_start().starts_with(">>> RCPT") || line.trim_start().starts_with(">>> MAIL") {
        return None;
    }
    let rest = bare.strip_prefix('<').unwrap_or(bare);
    let address = fields::address(rest)?;
    if !rest.starts_with(&address) {
        return None;
    }
    let after = rest.get(address.len()..).unwrap_or_default();
    let fits = after.is_empty() || after.starts_with(['>', ':', ' ', '\t', '(', '<', ',', ';', '"']);
    fits.then_some(address)
}

/// The address somewhere in the text, or whom the returned mail was for.
fn mentioned(opened: &Opened, own: Option<&str>) -> Option<String> {
    let fits = |a: &String| {
        let lower = a.to_lowercase();
        own != Some(lower.as_str()) && !lower.starts_with("mailer-daemon@") && !lower.starts_with("postmaster@")
    };
    let told = ["rcpt to", "delivering your mail to", "recipient", " to "];
    let lines = opened.human.lines().filter(|line| told.iter().any(|t| line.to_lowercase().contains(t)));
    let in_text = lines.filter_map(fields::address).find(fits);
    let any = || opened.human.lines().filter_map(fields::address).find(fits);
    let original =
        || opened.original.lines().find(|l| l.to_ascii_lowercase().starts_with("to:")).and_then(fields::address);
    in_text.or_else(any).or_else(original)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(separator: &str) -> String {
        (0..5_000).map(|n| format!("<a{n}@b.example>{separator}")).collect()
    }

    #[test]
    fn ten_thousand_failed_recipients_do_not_eat_the_memory() {
        let head = vec![("x-failed-recipients".to_owned(), addresses(", ") + &addresses(","))];
        let opened = Opened { head, human: "not delivered\n".repeat(4_000), ..Opened::default() };
        let raws = read(&opened);
        assert_eq!(raws.len(), RECIPIENTS);
        assert!(raws.iter().map(|raw| raw.text.len()).sum::<usize>() < 1 << 20);
    }

    #[test]
    fn lines_that_name_thousands_are_read_for_the_first_hundred() {
        let said = |human: String| read(&Opened { human, ..Opened::default() }).len();
        assert_eq!(said(addresses(": no such user\n")), RECIPIENTS);
        let transcript: String = (0..1_000).map(|n| format!("550 <a{n}@b.example>... User unknown\n")).collect();
        assert_eq!(said(transcript), RECIPIENTS);
    }
}
