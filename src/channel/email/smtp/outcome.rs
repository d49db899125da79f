//! What a reply, or its absence, means: the table of the outbox's state machine.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use crate::{
    channel::email::text,
    model::{instant::SECOND, message::SendError},
};

/// How far the conversation had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// TCP connect, greeting, EHLO.
    Connect,
    /// STARTTLS and the handshake.
    StartTls,
    /// Login.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`, before its 354.
    Data,
    /// From the first body byte to the reply after the final dot.
    Body,
}

/// What went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A real 4xx or 5xx reply.
    Reply(u16, String),
    /// Anything that is no reply: lost line, time-out, garbage.
    Line(String),
    /// We could not even ask: a needed extension is missing, a login without a mechanism.
    Own(String),
}

/// While nobody answers at the relay, the whole channel waits this long (microseconds).
const RELAY_DOWN: i64 = 30 * SECOND;
/// Codes after which an address is dead.
const DEAD: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

impl Trouble {
    /// Only `status()` proves a refusal; lettre's `is_response()` also means garbage and end of file.
    pub fn from_lettre(error: &Error) -> Trouble {
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        match error.status() {
            Some(code) => Trouble::Reply(u16::from(code), text::reply(&said)),
            None if error.is_client() => Trouble::Own(text::reply(&said)),
            None if bad_certificate(error) => Trouble::Own(format!(
                "the relay's certificate is not accepted ({}); mend it, or name its CA in email.ca_file",
                text::reply(&said)
            )),
            None => Trouble::Line(text::reply(&error.to_string())),
        }
    }

    /// Whether the connection can carry another message after a `RSET`.
    pub fn leaves_line_usable(&self) -> bool {
        matches!(self, Trouble::Reply(code, _) if *code != 421)
    }
}

/// Whether the line failed because the other side could not prove who it is: time does not mend that.
fn bad_certificate(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(|e| e.get_ref());
        let tls = wrapped.and_then(|e| e.downcast_ref::<rustls::Error>()).or_else(|| inner.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(_)) = tls {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// What to do next.
pub fn classify(phase: Phase, trouble: &Trouble) -> SendError {
    match (phase, trouble) {
        (_, Trouble::Reply(code, said)) if *code < 500 => retry(format!("{} {code} {said}", word(phase)), phase),
        (Phase::Rcpt | Phase::Data | Phase::Body, Trouble::Reply(code, said)) => SendError::Reject {
            reason: format!("{} {code} {said}", word(phase)),
            dead_address: phase != Phase::Data && is_dead(said),
        },
        (_, Trouble::Reply(code, said)) => misconfigured(format!("{} {code} {said}", word(phase))),
        (Phase::Body, Trouble::Line(why) | Trouble::Own(why)) => {
            SendError::Unknown { reason: format!("no reply after the body: {why}") }
        }
        (_, Trouble::Own(why)) => misconfigured(format!("{}: {why}", word(phase))),
        (_, Trouble::Line(why)) => retry(format!("{}: {why}", word(phase)), phase),
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::StartTls => "starttls",
        Phase::Auth => "auth",
        Phase::Mail => "mail",
        Phase::Rcpt => "rcpt",
        Phase::Data => "data",
        Phase::Body => "dot",
    }
}

/// Trouble before MAIL is the relay's, not this message's: no attempt is counted, the channel waits.
fn retry(reason: String, phase: Phase) -> SendError {
    let relay = matches!(phase, Phase::Connect | Phase::StartTls | Phase::Auth);
    SendError::RetryAfter { reason, after_micros: relay.then_some(RELAY_DOWN) }
}

fn misconfigured(reason: String) -> SendError {
    SendError::Misconfigured { reason }
}

fn is_dead(said: &str) -> bool {
    said.split_whitespace().any(|word| DEAD.contains(&word.trim_matches(|c: char| !c.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, said: &str) -> Trouble {
        Trouble::Reply(code, said.to_owned())
    }

    #[test]
    fn only_silence_after_the_body_is_ambiguous() {
        let line = Trouble::Line("lost".to_owned());
        for phase in [Phase::Connect, Phase::StartTls, Phase::Auth, Phase::Mail, Phase::Rcpt, Phase::Data] {
            assert!(matches!(classify(phase, &line), SendError::RetryAfter { .. }), "{phase:?}");
        }
        assert!(matches!(classify(Phase::Body, &line), SendError::Unknown { .. }));
        assert!(matches!(
            classify(Phase::Body, &reply(451, "later")),
            SendError::RetryAfter { after_micros: None, .. }
        ));
        assert!(matches!(classify(Phase::Body, &reply(554, "spam")), SendError::Reject { .. }));
    }

    #[test]
    fn a_rejected_sender_is_our_fault_and_no_recipients() {
        for phase in [Phase::Connect, Phase::StartTls, Phase::Auth, Phase::Mail] {
            assert!(matches!(classify(phase, &reply(550, "no")), SendError::Misconfigured { .. }), "{phase:?}");
        }
    }

    #[test]
    fn only_dead_mailboxes_are_suppressed() {
        let dead = |said: &str| {
            matches!(classify(Phase::Rcpt, &reply(550, said)), SendError::Reject { dead_address: true, .. })
        };
        for said in ["5.1.1 unknown", "5.1.10 null mx", "<5.2.1> disabled", "x 5.1.6, moved"] {
            assert!(dead(said), "{said}");
        }
        for said in ["5.7.1 relaying denied", "5.2.2 full", "15.1.1", "unknown user", "5.1.12"] {
            assert!(!dead(said), "{said}");
        }
    }
}
