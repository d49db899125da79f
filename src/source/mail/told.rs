//! What a mail provider or a server tells by other ways than a mail, judged as a report is.

use super::{Class, Heard, Mail, Reason, judged, key, report::Raw};

/// One recipient's part of what was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The address.
    pub recipient: Option<String>,
    /// The status (RFC 3463), where one is told.
    pub status: String,
    /// What the recipient's server said.
    pub said: String,
    /// The teller's own verdict: it decides where the server's words say nothing known.
    pub verdict: Option<Class>,
    /// It is still being tried.
    pub delayed: bool,
    /// The key, wherever it was told: bare, or inside a Message-ID.
    pub key: Option<String>,
}

impl Told {
    /// A failed delivery, judged by the server's words first.
    pub fn failed(self) -> Heard {
        let raw = Raw {
            recipient: self.recipient.clone(),
            action: if self.delayed { "delayed" } else { "failed" }.to_owned(),
            status: self.status.clone(),
            diagnostic: self.said.clone(),
            ..Raw::default()
        };
        let mut heard = judged(&raw);
        if let (true, Some(class)) = (heard.is_vague(), self.verdict) {
            heard.class = class;
            heard.reason = if class == Class::Hard { Some(Reason::UserUnknown) } else { heard.reason };
            if class == Class::Hard && self.status.is_empty() {
                heard.status = Some(Reason::UserUnknown.status(false));
            }
        }
        Heard { key: own(self.key), ..heard }
    }

    /// A reader's complaint.
    pub fn complained(self) -> Heard {
        let (class, reason) = (Class::Complaint, Some(Reason::Feedback));
        Heard { class, reason, recipient: self.recipient, said: self.said, key: own(self.key), ..Heard::nothing() }
    }

    /// It arrived: proof for a message of which nobody knew.
    pub fn delivered(self) -> Heard {
        let reason = Some(Reason::Delivered);
        Heard { reason, recipient: self.recipient, said: self.said, key: own(self.key), ..Heard::nothing() }
    }
}

/// The key in what was told.
fn own(told: Option<String>) -> Option<String> {
    let told = told?;
    let bare = told.trim().trim_matches(['<', '>']).split('@').next().unwrap_or_default().to_owned();
    key::is_key(&bare).then_some(bare)
}

/// When a server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// As soon as it heard for whom: it does not want mail for this mailbox.
    Recipient,
    /// After the text: without a reason that may be its filter as well.
    Text,
}

/// A mailbox that a server refused while it was being written to.
pub fn refused(address: &str, said: &str, stage: Stage) -> Heard {
    let verdict = (stage == Stage::Recipient).then_some(Class::Hard);
    Told { recipient: Some(address.to_owned()), said: said.to_owned(), verdict, ..Told::default() }.failed()
}

impl Heard {
    /// The server's words give no reason.
    pub fn is_vague(&self) -> bool {
        matches!(self.reason, Some(Reason::OnHold | Reason::Undefined))
    }
}

impl Mail {
    /// What is no mail, but is heard like one.
    pub fn told(heard: Vec<Heard>) -> Mail {
        Mail { message_id: String::new(), from: None, heard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_decide_and_the_tellers_only_where_there_are_none() {
        let told = |said: &str, verdict| Told {
            said: said.into(),
            verdict,
            recipient: Some("a@b.example".into()),
            ..Told::default()
        };
        let class = |said: &str| told(said, Some(Class::Hard)).failed().class;
        assert_eq!(class("550 5.7.1 message rejected due to spam content"), Class::Policy);
        assert_eq!(class("452 4.2.2 mailbox full"), Class::Soft);
        assert_eq!(class(""), Class::Hard);
        assert_eq!(told("", None).failed().class, Class::Soft);
        assert_eq!(told("550 5.1.1 no such user", None).failed().status.as_deref(), Some("5.1.1"));
    }

    #[test]
    fn a_refusal_after_the_text_that_gives_no_reason_says_nothing_about_the_mailbox() {
        let heard = |stage| refused("a@b.example", "554 Transaction failed", stage);
        let (at_rcpt, after) = (heard(Stage::Recipient), heard(Stage::Text));
        assert_eq!((at_rcpt.class, at_rcpt.reason), (Class::Hard, Some(Reason::UserUnknown)));
        assert_eq!((after.class, after.reason), (Class::Soft, Some(Reason::OnHold)));
    }

    #[test]
    fn a_key_is_found_bare_and_in_a_message_id_and_nothing_else_is_one() {
        let key = "abcdefghijklmnopqrstuvwxyz234567";
        for told in [key.to_owned(), format!("<{key}@a.example>"), format!("{key}@a.example")] {
            assert_eq!(own(Some(told)).as_deref(), Some(key));
        }
        assert_eq!(own(Some("14c5d75ce93.dfd.64b469@ismtpd-555".into())), None);
    }
}
