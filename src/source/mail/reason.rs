//! Why a mail came back: by what the server said, and where it said nothing known, by the status.

use super::{
    Class,
    phrases::{AFTER_DATA, AT_MAIL, AT_RCPT, BY_WORDS, UNMISTAKABLE},
    report::Raw,
    status,
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $number:literal, $class:ident;)*) => {
        /// Why a mail came back.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// The word in JSON and facts.
            pub fn word(self) -> &'static str {
                match self { $(Reason::$name => $word,)* }
            }

            /// The third part of the status where none was written.
            fn number(self) -> u16 {
                match self { $(Reason::$name => $number,)* }
            }

            /// What it means for the address.
            pub fn class(self) -> Class {
                match self { $(Reason::$name => Class::$class,)* }
            }
        }
    };
}

reasons! {
    /// There is no such mailbox.
    UserUnknown = "userunknown", 911, Hard;
    /// There is no such domain.
    HostUnknown = "hostunknown", 912, Hard;
    /// The mailbox is elsewhere now.
    HasMoved = "hasmoved", 916, Hard;
    /// The host takes no mail at all.
    NotAccept = "notaccept", 932, Hard;
    /// The mailbox is full.
    MailboxFull = "mailboxfull", 922, Soft;
    /// The account is suspended or inactive.
    Suspend = "suspend", 921, Soft;
    /// Refused after the text was sent: by a filter of the reader's, or no such mailbox.
    Filtered = "filtered", 910, Soft;
    /// It was tried for as long as it is tried.
    Expired = "expired", 947, Soft;
    /// The way to the server is disturbed.
    NetworkError = "networkerror", 944, Soft;
    /// The server is disturbed.
    SystemError = "systemerror", 930, Soft;
    /// The server's disk is full.
    SystemFull = "systemfull", 931, Soft;
    /// The reader's own delivery program failed.
    MailerError = "mailererror", 939, Soft;
    /// Too large for the server.
    MesgTooBig = "mesgtoobig", 934, Soft;
    /// Too large for this reader.
    ExceedLimit = "exceedlimit", 923, Soft;
    /// The conversation went wrong.
    SyntaxError = "syntaxerror", 902, Soft;
    /// Something with the recipient, and no word what.
    OnHold = "onhold", 901, Soft;
    /// No word at all.
    Undefined = "undefined", 900, Soft;
    /// Too many connections of ours.
    TooManyConn = "toomanyconn", 945, Policy;
    /// Too many mails in a time.
    Speeding = "speeding", 945, Policy;
    /// The sender is refused.
    Rejected = "rejected", 918, Policy;
    /// Our server or its address is refused.
    Blocked = "blocked", 971, Policy;
    /// Our server has a bad name.
    BadReputation = "badreputation", 975, Policy;
    /// SPF, DKIM or DMARC failed.
    AuthFailure = "authfailure", 970, Policy;
    /// Our server's address has no name.
    RequirePtr = "requireptr", 973, Policy;
    /// Taken for spam.
    SpamDetected = "spamdetected", 980, Policy;
    /// Taken for a virus.
    VirusDetected = "virusdetected", 971, Policy;
    /// Against a rule of the receiver.
    PolicyViolation = "policyviolation", 972, Policy;
    /// Refused for safety.
    SecurityError = "securityerror", 970, Policy;
    /// The server does not forward for us.
    NoRelaying = "norelaying", 909, Policy;
    /// The mail's form breaks a standard.
    NotCompliantRfc = "notcompliantrfc", 974, Policy;
    /// Its content cannot be taken.
    ContentError = "contenterror", 960, Policy;
    /// A feedback loop's report.
    Feedback = "feedback", 900, Complaint;
    /// It went well.
    Delivered = "delivered", 900, None;
}

impl Reason {
    /// The status that stands for it where none was written.
    pub fn status(self, passing: bool) -> String {
        format!("{}.0.{}", if passing { 4 } else { 5 }, self.number())
    }
}

/// The reason: the server's words first, then the status, then what the rest of the text says.
pub fn of(raw: &Raw, written: Option<&str>) -> Reason {
    if written == Some("5.1.6") {
        return Reason::HasMoved;
    }
    let (said, around) = (normal(&raw.diagnostic), normal(&raw.text));
    let first = by_words(&said).or_else(|| by_status(written).filter(|_| !said.is_empty()));
    let reason = first.or_else(|| by_words(&around)).or_else(|| by_status(written));
    match reason {
        Some(Reason::UserUnknown) => unknown(raw, written, &format!("{said} {around}")),
        Some(Reason::HostUnknown) if moment(&format!("{said} {around}")) == Some(Moment::Mail) => Reason::Rejected,
        Some(reason) => reason,
        None if closed_group(raw) => Reason::Rejected,
        None if raw.recipient.is_some() || status::reply_code(raw).is_some() => Reason::OnHold,
        None => Reason::Undefined,
    }
}

fn by_words(words: &str) -> Option<Reason> {
    BY_WORDS.iter().find(|(_, phrases)| phrases.iter().any(|p| holds(words, p))).map(|(r, _)| *r)
}

/// Google Groups says in every language but by no code that one may not write there.
fn closed_group(raw: &Raw) -> bool {
    raw.recipient.as_deref().is_some_and(|to| to.to_ascii_lowercase().ends_with("@googlegroups.com"))
}

/// In lower case, white space once, quotes alike. Of Gmail's text only what the other server said.
fn normal(text: &str) -> String {
    let text = text.to_lowercase().replace(['’', '‘'], "'");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = [
        "the error that the other server returned was:",
        "the response from the remote server was:",
        "the response was:",
    ];
    let said = quoted.iter().find_map(|q| text.split_once(q)).map(|(_, said)| said.trim().to_owned());
    said.filter(|s| !s.is_empty()).unwrap_or(text)
}

/// How far apart the pieces of a phrase may stand, in bytes.
const APART: usize = 120;

/// All pieces of a phrase in this order (`a … b`), not far from each other.
fn holds(words: &str, phrase: &str) -> bool {
    let mut pieces = phrase.split(" … ");
    let Some(first) = pieces.next() else { return false };
    let rest: Vec<&str> = pieces.collect();
    words.match_indices(first).any(|(at, _)| {
        let mut after = &words[at + first.len()..];
        rest.iter().all(|piece| match near(after, piece).find(piece) {
            Some(far) => {
                after = &after[far + piece.len()..];
                true
            }
            None => false,
        })
    })
}

/// As far as a piece may stand, so that long texts are not searched to their end again and again.
fn near<'a>(text: &'a str, piece: &str) -> &'a str {
    &text[..text.floor_char_boundary(APART + piece.len())]
}

/// When in the conversation the refusal came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Mail,
    Rcpt,
    Data,
}

fn moment(words: &str) -> Option<Moment> {
    let told = |signs: &[&str]| signs.iter().any(|s| words.contains(s));
    let order = [(Moment::Data, AFTER_DATA), (Moment::Mail, AT_MAIL), (Moment::Rcpt, AT_RCPT)];
    order.into_iter().find(|(_, signs)| told(signs)).map(|(moment, _)| moment)
}

/// "Unknown user" proves a dead mailbox only with a status that says so, or at `RCPT`, or as the verdict of the
/// reader's own server. Said after the text, as Japanese carriers do, it is a filter's answer.
fn unknown(raw: &Raw, written: Option<&str>, words: &str) -> Reason {
    if raw.kind == "x-unix" {
        return Reason::MailerError;
    }
    let certain = UNMISTAKABLE.iter().any(|p| words.contains(p)) || carrier(raw, words);
    let coded = written.is_some_and(|s| {
        s.starts_with("5.1.") && s != "5.1.0" || s.starts_with("4.1.") || s == "5.2.1" || s == "5.5.0"
    });
    let local = status::reply_code(raw).is_none() && raw.kind.is_empty();
    match moment(words) {
        _ if certain => Reason::UserUnknown,
        Some(Moment::Mail) => Reason::Rejected,
        _ if coded => Reason::UserUnknown,
        Some(Moment::Data) => Reason::Filtered,
        Some(Moment::Rcpt) => Reason::UserUnknown,
        None if local => Reason::UserUnknown,
        None => Reason::Filtered,
    }
}

/// au and its resellers write `550 <ADDRESS>: User unknown` for an unknown user, `550 : User unknown` for a filter.
fn carrier(raw: &Raw, words: &str) -> bool {
    let recipient = raw.recipient.as_deref().unwrap_or_default().to_lowercase();
    let au = ["@ezweb.ne.jp", "@au.com"].iter().any(|host| recipient.ends_with(host));
    au && words.contains(&format!("<{recipient}>: user unknown"))
}

fn by_status(written: Option<&str>) -> Option<Reason> {
    let mut numbers = written?.split('.').skip(1).map(|n| n.parse::<u16>().unwrap_or_default());
    let (subject, detail) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let reason = match (subject, detail) {
        (1, 1 | 3 | 10 | 351) => Reason::UserUnknown,
        (1, 2) => Reason::HostUnknown,
        (1, 6) => Reason::HasMoved,
        (1, 7..=9) => Reason::Rejected,
        (2, 0 | 4) => Reason::Filtered,
        (2, 1) => Reason::Suspend,
        (2, 2) => Reason::MailboxFull,
        (2, 3) => Reason::ExceedLimit,
        (3, 4) => Reason::MesgTooBig,
        (3, 1) => Reason::SystemFull,
        (3, _) => Reason::SystemError,
        (4, 1 | 2 | 7) => Reason::Expired,
        (4, 4) => Reason::HostUnknown,
        (4, _) => Reason::NetworkError,
        (5, 3) => Reason::Expired,
        (5, 1..) => Reason::SyntaxError,
        (6, _) => Reason::ContentError,
        (7, 13) => Reason::Suspend,
        (7, 25) => Reason::RequirePtr,
        (7, 20..=26) => Reason::AuthFailure,
        (7, 27) => Reason::NotAccept,
        (7, 9) => Reason::PolicyViolation,
        (7, 0..=8) => Reason::SecurityError,
        (7, _) => Reason::PolicyViolation,
        _ => return None,
    };
    Some(reason)
}
