//! A mail that came in: returned mail (RFC 3464/3463, RFC 5965 and what older servers write), complaints,
//! automatic answers (RFC 3834) and people's replies. Bytes in, what they mean out; pure, and no bytes make it fail.

mod answer;
mod fields;
mod guard;
mod human;
mod key;
mod notice;
mod opened;
mod phrases;
mod reason;
mod report;
mod ses;
mod status;
pub mod told;

use std::fmt;

pub use reason::Reason;
pub use ses::notification as ses;

use opened::Opened;
use report::Raw;

/// So much of a mail is read: the report comes before what is returned with it.
pub const MOST: usize = 1 << 20;

/// So many recipients of one mail are told apart.
const RECIPIENTS: usize = 100;

/// So much of a mail's text is looked at; of the text about one of several recipients `ABOUT`.
const LOOKED: usize = 64 << 10;
const ABOUT: usize = 8 << 10;

/// What a mail means for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The mailbox does not exist: never write there again.
    Hard,
    /// A trouble that may pass: full, busy, out of time.
    Soft,
    /// The receiver does not want our mail, or not in this form: our side has to change something.
    Policy,
    /// The reader called it spam.
    Complaint,
    /// A machine answered for the reader.
    AutoReply,
    /// Nothing of these.
    None,
}

impl Class {
    /// The word in JSON and facts.
    pub fn word(self) -> &'static str {
        match self {
            Class::Hard => "hard",
            Class::Soft => "soft",
            Class::Policy => "policy",
            Class::Complaint => "complaint",
            Class::AutoReply => "auto_reply",
            Class::None => "none",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One recipient's part of a mail that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it means.
    pub class: Class,
    /// Why, of returned mail.
    pub reason: Option<Reason>,
    /// The status (RFC 3463) that was written; where none was, `5.0.9xx` or `4.0.9xx` by the reason.
    pub status: Option<String>,
    /// The SMTP reply code, if one was written.
    pub reply_code: Option<u16>,
    /// Whose mailbox, as written.
    pub recipient: Option<String>,
    /// The key of the message it is about, if that looks like one of ours. Whoever acts on it looks it up.
    pub key: Option<String>,
    /// What the server said, on one line.
    pub said: String,
    /// It is still being tried: no bounce yet.
    pub delayed: bool,
    /// A person answered one of our messages.
    pub reply: bool,
}

/// A mail that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its own Message-ID, without brackets; empty if it has none.
    pub message_id: String,
    /// Who wrote it.
    pub from: Option<String>,
    /// What it says, one by one; never empty.
    pub heard: Vec<Heard>,
}

/// Reads one mail. Anything that is no mail is a mail that says nothing.
pub fn read(bytes: &[u8]) -> Mail {
    let mut opened = Opened::new(bytes.get(..MOST).unwrap_or(bytes));
    let key = key::find(&opened);
    let told = ses::read(&opened);
    opened.shorten();
    let mut heard = told.unwrap_or_else(|| ways(&opened));
    heard.truncate(RECIPIENTS);
    for one in &mut heard {
        one.key = one.key.take().or_else(|| key.clone());
    }
    Mail { message_id: opened.message_id.clone(), from: opened.from.clone(), heard }
}

fn ways(opened: &Opened) -> Vec<Heard> {
    if answer::is_by_a_person(opened) {
        return vec![answer::read(opened)];
    }
    let complaints = notice::complaints(opened);
    if !complaints.is_empty() {
        return complaints;
    }
    let mut raws = report::read(opened);
    if raws.is_empty() && human::looks_returned(opened) {
        // A gateway may return the report of another server inside its own.
        let mut inside = Opened::new(opened.original.as_bytes());
        inside.shorten();
        raws = report::read(&inside);
        if raws.is_empty() {
            raws = human::read(opened);
        }
    }
    if raws.is_empty() {
        return vec![answer::read(opened)];
    }
    raws.iter().map(judged).collect()
}

/// A recipient's report, judged.
fn judged(raw: &Raw) -> Heard {
    let written = status::written(raw);
    let reason = reason::of(raw, written.as_deref());
    let status = written.unwrap_or_else(|| reason.status(status::passing(raw)));
    Heard {
        class: reason.class(),
        reason: Some(reason),
        status: Some(status),
        reply_code: status::reply_code(raw),
        recipient: raw.recipient.clone(),
        key: None,
        said: said(raw),
        delayed: raw.delayed(),
        reply: false,
    }
}

/// The diagnostic; without one the lines of the text that carry a code, else the text.
fn said(raw: &Raw) -> String {
    let coded = |line: &&str| !status::codes(line).is_empty() || status::any_reply(line).is_some();
    let lines: Vec<&str> = raw.text.lines().filter(coded).take(3).collect();
    let text = match (raw.diagnostic.is_empty(), lines.is_empty()) {
        (false, _) => raw.diagnostic.clone(),
        (true, false) => lines.join(" "),
        (true, true) => raw.text.clone(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

impl Heard {
    /// What was written says that it may pass, whatever its reason sounds like.
    pub fn may_pass(&self) -> bool {
        self.status.as_deref().is_some_and(|s| s.starts_with("4."))
            || self.reply_code.is_some_and(|code| (400..500).contains(&code))
    }

    /// What says nothing about any message.
    fn nothing() -> Heard {
        Heard {
            class: Class::None,
            reason: None,
            status: None,
            reply_code: None,
            recipient: None,
            key: None,
            said: String::new(),
            delayed: false,
            reply: false,
        }
    }
}
