//! A mail taken apart: what a person would read, what a machine is told, what is returned.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType, decoders::html::html_to_text};

use super::{
    LOOKED,
    fields::{self, Fields},
    guard,
};

/// A mail taken apart.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The header's fields.
    pub head: Fields,
    /// The subject, decoded.
    pub subject: String,
    /// Its own Message-ID, without brackets.
    pub message_id: String,
    /// The first address of From.
    pub from: Option<String>,
    /// The text for people, up to what is returned.
    pub human: String,
    /// `message/delivery-status` parts.
    pub reports: Vec<String>,
    /// `message/feedback-report` parts.
    pub feedback: Vec<String>,
    /// Headers (or more) of the mail that is returned, as far as they are there.
    pub original: String,
    /// The content type is `multipart/report`.
    pub is_report: bool,
}

impl Opened {
    /// Takes a mail apart.
    pub fn new(bytes: &[u8]) -> Opened {
        let mut opened = Opened { head: head(bytes), ..Opened::default() };
        let guarded = guard::guarded(bytes);
        if let Some(message) = guarded.as_ref().and_then(|mail| MessageParser::default().parse(mail.as_ref())) {
            opened.take(&message);
        }
        if opened.human.trim().is_empty() && opened.reports.is_empty() && opened.feedback.is_empty() {
            // No mail of any known form: perhaps its words say something.
            opened.human = String::from_utf8_lossy(bytes).into_owned();
        }
        opened.cut();
        opened
    }

    fn take(&mut self, message: &Message<'_>) {
        self.subject = message.subject().unwrap_or_default().to_owned();
        self.message_id = message.message_id().unwrap_or_default().to_owned();
        self.from = message.from().and_then(|a| a.first()).and_then(|a| a.address()).map(str::to_owned);
        self.is_report = message.content_type().is_some_and(|t| is(t.ctype(), t.subtype(), "multipart", "report"));
        for part in &message.parts {
            self.part(part, message);
        }
    }

    fn part(&mut self, part: &MessagePart<'_>, message: &Message<'_>) {
        let kind = part
            .content_type()
            .map(|t| (t.ctype().to_ascii_lowercase(), t.subtype().unwrap_or("").to_ascii_lowercase()));
        let kind = kind.as_ref().map_or(("text", "plain"), |(a, b)| (a.as_str(), b.as_str()));
        match (&part.body, kind) {
            (PartType::Multipart(inner), _) if inner.is_empty() => self.add(&words(part, message)),
            (PartType::Multipart(_), _) => {}
            (_, ("message", "delivery-status" | "global-delivery-status")) => self.reports.push(words(part, message)),
            (_, ("message", "feedback-report")) => self.feedback.push(words(part, message)),
            (_, ("message" | "encoded", _) | ("text", "rfc822-headers" | "rfc822" | "global-headers")) => {
                self.original.push_str(&words(part, message));
                self.original.push('\n');
            }
            (PartType::Html(html), _) => self.add(&html_to_text(html)),
            (PartType::Text(text), _) => self.add(text),
            _ => {}
        }
    }

    /// Leaves as much of the text for people as is judged.
    pub fn shorten(&mut self) {
        self.human.truncate(self.human.floor_char_boundary(LOOKED));
    }

    fn add(&mut self, text: &str) {
        self.human.push_str(text);
        self.human.push('\n');
    }

    /// What people read ends where the returned mail begins.
    fn cut(&mut self) {
        if let Some(at) = returned(&self.human) {
            let rest = self.human.split_off(at);
            self.original.push_str(&rest);
        }
    }

    /// A field of the header.
    pub fn field(&self, name: &str) -> Option<&str> {
        fields::value(&self.head, name)
    }
}

fn is(ctype: &str, subtype: Option<&str>, a: &str, b: &str) -> bool {
    ctype.eq_ignore_ascii_case(a) && subtype.is_some_and(|s| s.eq_ignore_ascii_case(b))
}

/// The text of a part, whatever the parser made of it.
fn words(part: &MessagePart<'_>, message: &Message<'_>) -> String {
    match &part.body {
        PartType::Text(text) => text.to_string(),
        PartType::Html(html) => html_to_text(html),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()).into_owned(),
        PartType::Multipart(_) => {
            let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
            String::from_utf8_lossy(message.raw_message.get(range).unwrap_or_default()).into_owned()
        }
    }
}

fn head(bytes: &[u8]) -> Fields {
    let text = String::from_utf8_lossy(bytes.get(..1 << 16).unwrap_or(bytes));
    // An mbox line may come first.
    let text = if text.starts_with("From ") { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
    let end = text.find("\n\n").or_else(|| text.find("\r\n\r\n")).unwrap_or(text.len());
    fields::groups(&text[..end]).into_iter().next().unwrap_or_default()
}

/// Where the returned mail begins: at a line that announces it, or at the first of its headers.
fn returned(text: &str) -> Option<usize> {
    let mut at = 0;
    let lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, line.trim_end())
        })
        .collect();
    lines
        .iter()
        .enumerate()
        .skip(1)
        .find(|(n, (_, line))| announces(line) || begins(&lines[*n..]))
        .map(|(_, (at, _))| *at)
}

const ANNOUNCED: [&str; 23] = [
    "below this line is a copy of the message",
    "this is a copy of the message",
    "this is a copy of your message",
    "copy of the original message",
    "copy of the message header",
    "copy of the message, including",
    "contents of the original message",
    "original message follows",
    "original message header",
    "original message headers",
    "original mail info",
    "-original message-",
    "--- original message",
    "--- returned message",
    "message headers follow",
    "message header follows",
    "unsent message below",
    "the original message was as follows",
    "header of the original message",
    "headers of the original message",
    "text of the original message",
    "undelivered message follows",
    "your original message is",
];

fn announces(line: &str) -> bool {
    let line = line.to_lowercase();
    line.len() < 200 && (ANNOUNCED.iter().any(|a| line.contains(a)) || rule(&line))
}

/// A ruled-off heading such as `------- Original message -------`.
fn rule(line: &str) -> bool {
    line.starts_with("---") && ["original m", "returned m", "unsent m", "message text"].iter().any(|w| line.contains(w))
}

/// Whether these lines are the headers of a mail: a trace or an identity among the first few.
fn begins(lines: &[(usize, &str)]) -> bool {
    let Some((_, first)) = lines.first() else { return false };
    if first.starts_with([' ', '\t']) {
        return false;
    }
    let names: Vec<String> = lines
        .iter()
        .take(12)
        .map(|(_, line)| *line)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with([' ', '\t']))
        .map_while(|line| fields::field(line).map(|f| f.0))
        .collect();
    let traced = ["received", "return-path", "message-id", "x-original-to", "dkim-signature"];
    names.len() >= 3 && names.iter().any(|n| traced.contains(&n.as_str()))
}
