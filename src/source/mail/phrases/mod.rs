//! What servers write, by reason; in the order in which reasons are tried. `a … b` = first a, later b.
//! Everything in lower case. The words are those of the public corpus that the tests run on, and the plain ones that any
//! server may use for the same.

mod machine;
mod mail;
mod recipient;

use super::Reason::{self, *};

/// Reasons by words.
pub const BY_WORDS: &[(Reason, &[&str])] = &[
    (HostUnknown, &["account or domain may not exist"]),
    (Rejected, &["to/from an address that has been blacklisted"]),
    (MailboxFull, recipient::MAILBOX_FULL),
    (VirusDetected, mail::VIRUS),
    (MesgTooBig, mail::TOO_BIG),
    (ExceedLimit, recipient::EXCEEDS),
    (AuthFailure, mail::AUTH),
    (BadReputation, mail::REPUTATION),
    (RequirePtr, mail::PTR),
    (NotCompliantRfc, mail::FORM),
    (NoRelaying, mail::RELAYING),
    (Speeding, mail::SPEEDING),
    (TooManyConn, mail::CONNECTIONS),
    (SpamDetected, mail::SPAM),
    (HasMoved, recipient::MOVED),
    (Rejected, mail::REJECTED),
    (Blocked, mail::BLOCKED),
    (NotAccept, recipient::NOT_ACCEPT),
    (Suspend, recipient::SUSPENDED),
    (HostUnknown, recipient::HOST_UNKNOWN),
    (UserUnknown, recipient::USER_UNKNOWN),
    (Filtered, recipient::FILTERED),
    (PolicyViolation, mail::POLICY),
    (SystemFull, machine::SYSTEM_FULL),
    (NetworkError, machine::NETWORK),
    (MailerError, machine::MAILER),
    (SecurityError, machine::SECURITY),
    (ContentError, mail::CONTENT),
    (SystemError, machine::SYSTEM),
    (SyntaxError, machine::SYNTAX),
    (Expired, machine::EXPIRED),
];

/// Signs of the moment of the refusal: at the greeting, the sender, the recipient, or after the text.
pub const AT_MAIL: &[&str] =
    &["after mail from", "in reply to mail from", "did not like our mail from", ">>> mail from"];

/// The recipient itself was refused.
pub const AT_RCPT: &[&str] = &[
    "after rcpt to",
    "in reply to rcpt to",
    "did not like our rcpt",
    "rcpt to response",
    "rcpt to:<",
    "smtp:rcpt host",
    "recipient address rejected",
    "recipient rejected",
    "does not like recipient",
];

/// The text had been sent.
pub const AFTER_DATA: &[&str] = &[
    ">>> data <<< 5",
    "in reply to end of data",
    "in reply to data command",
    "smtp command data",
    "did not like our final data",
    "after end of data",
    "after data",
];

/// "Unknown user" in words that say nothing else.
pub const UNMISTAKABLE: &[&str] =
    &["delivery error: dd this user", "mailbox does not exist", "account that you tried to reach does not exist"];
