//! From a planned message and its rendered text to the exact bytes of a mail (RFC 5322).
//!
//! Pure: the same input gives the same bytes. Date, Message-ID and MIME boundary come from the key
//! and the moment of the decision, so a retry after a crash is recognisable as the same mail.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use lettre::{
    Message,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        dkim::DkimConfig,
        header::{ContentTransferEncoding, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
};

use super::sender::{Senders, address, mailbox};
use crate::model::{
    ids::{MessageKey, stable_hash},
    message::{Audience, Class, Planned},
    safe::HeaderSafe,
};

/// What rendering gave.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    /// The subject.
    pub subject: &'a str,
    /// The HTML part, with its preheader inside.
    pub html: &'a str,
    /// The plain part.
    pub text: &'a str,
    /// The mails it continues, oldest first.
    pub answers: &'a [MessageKey],
}

/// Where a reader can refuse further mail; both empty for notices and team mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// `https://…/u/TOKEN`, answers RFC 8058 one-click POST.
    pub unsubscribe: Option<String>,
    /// An address that takes `unsubscribe` mails.
    pub mailto: Option<String>,
}

/// How mails are made.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    /// Who they come from.
    pub senders: Senders,
    /// Right side of Message-IDs and List-IDs; empty = the default sender's domain.
    pub domain: String,
    /// `email.redirect_all_to`: every mail goes here instead, while trying out.
    pub redirect_all_to: Option<String>,
    /// `email.idempotency_header`: the relay's own header name, which gets the key.
    pub idempotency_header: Option<String>,
    /// Headers by which a provider gives the key back with what it tells; `{key}` stands for it.
    pub tags: Vec<(String, String)>,
    /// DKIM signature, when the relay does not sign.
    pub dkim: Option<Arc<DkimConfig>>,
}

/// Why a mail cannot be made; the text says what to mend and holds no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The recipient's address cannot be used: this mail fails, others go on.
    #[error("recipient: {0}")]
    Recipient(String),
    /// Our own settings are wrong: every mail would fail.
    #[error("email settings: {0}")]
    Settings(String),
}

impl Composer {
    /// The mail as bytes with CRLF line ends.
    pub fn compose(&self, planned: &Planned, mail: &Mail<'_>, links: &Links) -> Result<Vec<u8>, ComposeError> {
        let origin = self.senders.origin(&planned.sender, planned.locale).map_err(ComposeError::Settings)?;
        let mut builder = Message::builder()
            .from(origin.from)
            .to(self.recipient(planned)?)
            .subject(subject(planned, mail))
            .date(date(planned))
            .message_id(Some(self.message_id(planned)));
        if let Some(reply_to) = origin.reply_to {
            builder = builder.reply_to(reply_to);
        }
        if let Some(last) = mail.answers.last() {
            let all: Vec<String> = mail.answers.iter().map(|key| self.id_of(key)).collect();
            builder = builder.in_reply_to(self.id_of(last)).references(all.join(" "));
        }
        let (kind, body) = parts(planned, mail);
        let body = Body::dangerous_pre_encoded(body, ContentTransferEncoding::SevenBit);
        let built = builder.header(MIME_VERSION_1_0).body(body);
        let mut message = built.map_err(|e| ComposeError::Settings(e.to_string()))?;
        message.headers_mut().insert_raw(ascii_header(HeaderName::new_from_ascii_str("Content-Type"), kind));
        for (name, value) in self.extra_headers(planned, links) {
            let name = HeaderName::new_from_ascii(name)
                .map_err(|_| ComposeError::Settings("email.idempotency_header is no header name".to_owned()))?;
            message.headers_mut().insert_raw(ascii_header(name, value));
        }
        if let Some(dkim) = &self.dkim {
            message.sign(dkim);
        }
        Ok(message.formatted())
    }

    /// `<key@domain>`: never readable data, the same on every attempt.
    pub fn message_id(&self, planned: &Planned) -> String {
        self.id_of(&planned.key)
    }

    fn id_of(&self, key: &MessageKey) -> String {
        format!("<{}@{}>", token(&key.0), self.own_domain())
    }

    fn own_domain(&self) -> String {
        let from = self.senders.default.email.rsplit('@').next().unwrap_or_default();
        let domain = if self.domain.is_empty() { from } else { &self.domain };
        let clean: String = domain.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
        if clean.is_empty() { "shirube.invalid".to_owned() } else { clean }
    }

    fn recipient(&self, planned: &Planned) -> Result<Mailbox, ComposeError> {
        match &self.redirect_all_to {
            Some(to) => mailbox("", to).map_err(|e| ComposeError::Settings(format!("email.redirect_all_to: {e}"))),
            None => mailbox("", &planned.address).map_err(ComposeError::Recipient),
        }
    }

    fn extra_headers(&self, planned: &Planned, links: &Links) -> Vec<(String, String)> {
        let key = token(&planned.key.0);
        let mut out = vec![
            ("Auto-Submitted".to_owned(), "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress".to_owned(), "OOF, AutoReply".to_owned()),
            ("X-Shirube-Key".to_owned(), key.clone()),
        ];
        out.extend(self.tags.iter().map(|(name, value)| (name.clone(), value.replace("{key}", &key))));
        if let Some(name) = &self.idempotency_header {
            out.push((name.clone(), key));
        }
        if let (Some(_), Ok(original)) = (&self.redirect_all_to, address(&planned.address)) {
            out.push(("X-Shirube-Original-To".to_owned(), original.to_string()));
        }
        if planned.audience == Audience::Customer && planned.class != Class::Notice {
            out.extend(list_headers(planned, links, &self.own_domain()));
        }
        out
    }
}

/// The key of the colleague a message goes to.
pub fn colleague(planned: &Planned) -> Option<&str> {
    planned.address.strip_prefix('@').filter(|_| planned.audience == Audience::Team)
}

/// What to write where a colleague has no address.
pub fn no_address(key: &str) -> String {
    format!("people.{key} in shirube.yaml has no email; add it")
}

fn list_headers(planned: &Planned, links: &Links, domain: &str) -> Vec<(String, String)> {
    let mailto =
        links.mailto.as_deref().and_then(|m| address(m).ok()).map(|m| format!("<mailto:{m}?subject=unsubscribe>"));
    let url = links.unsubscribe.as_deref().filter(|u| is_plain_url(u)).map(|u| format!("<{u}>"));
    let one_click = url.as_deref().is_some_and(|u| u.starts_with("<https://"));
    let ways: Vec<String> = url.into_iter().chain(mailto).collect();
    let mut out = Vec::new();
    if !planned.topic.is_empty() {
        out.push(("List-ID".to_owned(), format!("<{}.{domain}>", label(&planned.topic))));
    }
    if !ways.is_empty() {
        out.push(("List-Unsubscribe".to_owned(), ways.join(",\r\n ")));
    }
    if one_click {
        out.push(("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()));
    }
    out
}

fn is_plain_url(url: &str) -> bool {
    url.len() < 900 && url.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"".contains(&b))
}

/// A header whose value we made ourselves out of printable ASCII and fold where we like; lettre's own
/// encoder would fold inside `List-Unsubscribe` where it fits.
fn ascii_header(name: HeaderName, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

/// Letters, digits, `-` and `.` of a key: safe in a Message-ID; anything else becomes its hash.
fn token(key: &str) -> String {
    let safe = !key.is_empty() && key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if safe { key.to_owned() } else { stable_hash(&[key]) }
}

fn label(topic: &str) -> String {
    token(&topic.to_ascii_lowercase().replace(['_', '/', ' '], "-"))
}

/// A subject of which nothing visible is left gives way to the template's name.
fn subject(planned: &Planned, mail: &Mail<'_>) -> String {
    let given = HeaderSafe::new(mail.subject).or_else(|_| HeaderSafe::new(&planned.template));
    given.map_or_else(|_| "(no subject)".to_owned(), String::from)
}

fn date(planned: &Planned) -> SystemTime {
    let seconds = planned.ready_at.0.max(0) / crate::model::instant::SECOND;
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs())
}

/// Line breaks and tabs stay; other control characters have no place in a mail (NUL is forbidden), and a
/// lone CR would be a line break to some readers and not to others.
fn printable(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

/// The content type and the encoded body. lettre would keep the content type inside its multipart, where its
/// DKIM signature names it and does not cover it: no receiver could verify that.
fn parts(planned: &Planned, mail: &Mail<'_>) -> (String, Vec<u8>) {
    // "=_" can appear in neither base64 nor quoted-printable, so no body can contain the boundary.
    let boundary = format!("=_{}", stable_hash(&["boundary", &planned.key.0]));
    let parts = MultiPart::alternative()
        .boundary(boundary.clone())
        .singlepart(SinglePart::plain(printable(mail.text)))
        .singlepart(SinglePart::html(printable(mail.html)))
        .formatted();
    let head = parts.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    (format!("multipart/alternative;\r\n boundary=\"{boundary}\""), parts.get(head..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::{super::dkim::Dkim, *};
    use crate::channel::email::{fixture::planned, sender::Person};
    use proptest::prelude::*;

    fn composer() -> Composer {
        let default = Person { name: "Example".into(), email: "hello@example.com".into() };
        let kei = Person { name: "森 けい".into(), email: "kei@example.com".into() };
        let senders = Senders { default, people: [("kei".to_owned(), kei)].into(), ..Senders::default() };
        Composer { senders, ..Composer::default() }
    }

    fn links() -> Links {
        Links { unsubscribe: Some("https://s.example.com/u/TOKEN".into()), mailto: Some("stop@example.com".into()) }
    }

    fn text(composer: &Composer, planned: &Planned, subject: &str) -> String {
        let mail =
            Mail { subject, html: "<p>こんにちは</p>", text: "こんにちは\n.\nFrom here", answers: &[] };
        String::from_utf8(composer.compose(planned, &mail, &links()).unwrap()).unwrap()
    }

    /// Header lines, unfolded.
    fn headers(mail: &str) -> Vec<(String, String)> {
        let head = mail.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n").map(|l| l.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    fn header(mail: &str, name: &str) -> Option<String> {
        headers(mail).into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    #[test]
    fn a_step_mail_carries_everything_that_receivers_ask_for() {
        let mut step = planned(1);
        step.sender = "csm:kei".into();
        let mail = text(&composer(), &step, "ようこそ");
        let is = |name: &str, value: &str| assert_eq!(header(&mail, name).as_deref(), Some(value), "{name}");
        is("Message-ID", &format!("<{}@example.com>", step.key.0));
        is("X-Shirube-Key", &step.key.0);
        is("Date", "Tue, 14 Nov 2023 22:13:20 +0000");
        is("To", "user1@example.com");
        is("Reply-To", "=?utf-8?b?5qOuIOOBkeOBhA==?= <kei@example.com>");
        is("From", "=?utf-8?b?5qOuIOOBkeOBhA==?= <hello@example.com>");
        is("List-Unsubscribe", "<https://s.example.com/u/TOKEN>, <mailto:stop@example.com?subject=unsubscribe>");
        is("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        is("List-ID", "<onboarding.example.com>");
        is("Auto-Submitted", "auto-generated");
        is("MIME-Version", "1.0");
        let (plain, html) = (mail.find("text/plain").unwrap(), mail.find("text/html").unwrap());
        assert!(plain < html && header(&mail, "Content-Type").unwrap().starts_with("multipart/alternative"));
    }

    #[test]
    fn the_same_message_is_the_same_bytes_and_another_is_not() {
        let (one, two) = (planned(1), planned(2));
        assert_eq!(text(&composer(), &one, "s"), text(&composer(), &one, "s"));
        let boundary = |p: &Planned| header(&text(&composer(), p, "s"), "Content-Type").unwrap();
        assert_ne!(boundary(&one), boundary(&two));
    }

    #[test]
    fn notices_and_team_mail_offer_no_unsubscribe() {
        for (audience, class) in [(Audience::Customer, Class::Notice), (Audience::Team, Class::Service)] {
            let mail = text(&composer(), &Planned { audience, class, ..planned(1) }, "s");
            assert_eq!(header(&mail, "List-Unsubscribe"), None);
        }
    }

    #[test]
    fn while_trying_out_everything_goes_to_one_address() {
        let mut composer = composer();
        composer.redirect_all_to = Some("me@example.com".into());
        composer.idempotency_header = Some("Resend-Idempotency-Key".into());
        let mail = text(&composer, &planned(1), "s");
        assert_eq!(header(&mail, "To").unwrap(), "me@example.com");
        assert_eq!(header(&mail, "X-Shirube-Original-To").unwrap(), "user1@example.com");
        assert_eq!(header(&mail, "Resend-Idempotency-Key").unwrap(), planned(1).key.0);
    }

    #[test]
    fn a_mail_that_continues_others_names_them_all_and_answers_the_last() {
        let keys = [planned(2).key, planned(3).key];
        let mail = Mail { subject: "Re: s", html: "", text: "", answers: &keys };
        let mail = String::from_utf8(composer().compose(&planned(1), &mail, &links()).unwrap()).unwrap();
        let id = |n: usize| format!("<{}@example.com>", keys[n].0);
        assert_eq!(header(&mail, "In-Reply-To"), Some(id(1)));
        assert_eq!(header(&mail, "References"), Some(format!("{} {}", id(0), id(1))));
    }

    #[test]
    fn a_bad_recipient_is_told_from_bad_settings() {
        let mail = Mail { subject: "s", html: "", text: "", answers: &[] };
        let bad = Planned { address: "nobody".into(), ..planned(1) };
        assert!(matches!(composer().compose(&bad, &mail, &links()), Err(ComposeError::Recipient(_))));
        assert!(matches!(Composer::default().compose(&planned(1), &mail, &links()), Err(ComposeError::Settings(_))));
        let odd = Composer { idempotency_header: Some("a b".into()), ..composer() };
        assert!(matches!(odd.compose(&planned(1), &mail, &links()), Err(ComposeError::Settings(_))));
    }

    /// The seed is the first test vector of RFC 8032.
    const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    #[test]
    fn a_signature_covers_the_unsubscribe_headers() {
        let dkim = Dkim { selector: "s1", domain: "example.com", private_key: SEED }.config().unwrap();
        let mail = text(&Composer { dkim: Some(dkim), ..composer() }, &planned(1), "s");
        let signature = header(&mail, "DKIM-Signature").unwrap();
        assert!(signature.contains("c=relaxed/relaxed") && signature.contains("a=ed25519-sha256"), "{signature}");
        assert!(signature.replace(' ', "").contains("list-unsubscribe:list-unsubscribe-post"), "{signature}");
        assert!(Dkim { selector: "s", domain: "d", private_key: "x" }.config().is_err());
    }

    /// What receivers do (RFC 6376 3.7, RFC 8463), written anew here: every header that `h=` names and that is there
    /// is hashed as it stands in the mail. It once named Content-Type without covering it, and nobody could verify.
    #[test]
    fn a_receiver_verifies_the_signature_and_sees_every_change() {
        let dkim = Dkim { selector: "s1", domain: "example.com", private_key: SEED }.config().unwrap();
        let composer = Composer { dkim: Some(dkim), ..composer() };
        for subject in ["short", "長い件名は何行にも折り返されます。長い件名は何行にも折り返されます。", "a   b"]
        {
            let mail = text(&composer, &planned(1), subject);
            assert!(verifies(&mail), "{mail}");
            for (from, to) in [
                ("multipart/alternative", "multipart/mixed"),
                ("One-Click", "Two-Clicks"),
                ("user1@", "user2@"),
                ("text/html", "text/plain"),
            ] {
                assert!(!verifies(&mail.replacen(from, to, 1)), "{from} → {to}");
            }
        }
    }

    fn verifies(mail: &str) -> bool {
        use base64::{Engine, engine::general_purpose::STANDARD};
        use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
        use sha2::{Digest, Sha256};
        let seed: [u8; 32] = STANDARD.decode(SEED).unwrap().try_into().unwrap();
        let public: VerifyingKey = SigningKey::from_bytes(&seed).verifying_key();
        let relaxed = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let found = headers(mail);
        let own = found.iter().find(|(n, _)| n == "DKIM-Signature").unwrap().1.clone();
        let tag = |name: &str| {
            let tags = own.split(';').filter_map(|t| t.trim().split_once('='));
            tags.into_iter().find(|(n, _)| *n == name).unwrap().1.replace(' ', "")
        };
        let body: Vec<String> = mail
            .split_once("\r\n\r\n")
            .unwrap()
            .1
            .split("\r\n")
            .map(|line| {
                let spaced: String = line.replace('\t', " ");
                let mut out = String::new();
                spaced.chars().for_each(|c| {
                    if c != ' ' || !out.ends_with(' ') {
                        out.push(c)
                    }
                });
                out.trim_end_matches(' ').to_owned()
            })
            .collect();
        let body = body.join("\r\n").trim_end_matches("\r\n").to_owned() + "\r\n";
        if STANDARD.encode(Sha256::digest(body)) != tag("bh") {
            return false;
        }
        let mut hashed = String::new();
        for name in tag("h").split(':') {
            if let Some((_, value)) = found.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
                hashed.push_str(&format!("{name}:{}\r\n", relaxed(value)));
            }
        }
        let (before, _) = own.rsplit_once("b=").unwrap();
        hashed.push_str(&format!("dkim-signature:{}", relaxed(&format!("{before}b="))));
        let signature = Signature::from_slice(&STANDARD.decode(tag("b")).unwrap()).unwrap();
        public.verify_strict(&Sha256::digest(hashed), &signature).is_ok()
    }

    const ALLOWED: [&str; 16] = [
        "Content-Transfer-Encoding",
        "From",
        "Reply-To",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-Shirube-Key",
        "List-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "X-Shirube-Original-To",
    ];

    fn hostile() -> impl Strategy<Value = String> {
        let nasty = prop_oneof![
            Just("\r\nBcc: x@evil.example\r\n".to_owned()),
            Just("\n\n<script>".to_owned()),
            Just("\0".to_owned()),
            Just("\u{202e}\u{200b}".to_owned()),
            Just("\", <x@evil.example>, \"".to_owned()),
            Just("=?utf-8?b?DQpCY2M6IHg=?=".to_owned()),
            Just("山田 太郎".to_owned()),
            any::<String>(),
        ];
        prop::collection::vec(nasty, 0..5).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_name_or_subject_adds_a_header_or_a_recipient(
            name in hostile(), subject in hostile(), topic in hostile(), key in hostile(), url in hostile(),
        ) {
            let mut composer = composer();
            composer.senders.people.insert("kei".into(), Person { name: name.as_str().into(), email: "kei@example.com".into() });
            composer.senders.default.name = name.as_str().into();
            let mut step = planned(1);
            step.sender = "csm:kei".into();
            step.topic = topic;
            step.key.0 = key;
            let links = Links { unsubscribe: Some(format!("https://s.example.com/u/{url}")), mailto: Some(url) };
            let mail = Mail { subject: &subject, html: &subject, text: &subject, answers: &[] };
            let mail = String::from_utf8(composer.compose(&step, &mail, &links).unwrap()).unwrap();
            prop_assert!(mail.is_ascii());
            prop_assert!(mail.split("\r\n").all(|l| l.len() <= 998 && !l.contains(['\r', '\n', '\0'])));
            let found = headers(&mail);
            for (i, (name, _)) in found.iter().enumerate() {
                prop_assert!(ALLOWED.contains(&name.as_str()), "{name}");
                prop_assert!(found[..i].iter().all(|(n, _)| n != name), "twice: {name}");
            }
            let to = found.iter().find(|(n, _)| n == "To").unwrap();
            prop_assert_eq!(&to.1, "user1@example.com");
            for who in ["From", "Reply-To"] {
                let value = &found.iter().find(|(n, _)| n == who).unwrap().1;
                prop_assert_eq!(outside_quotes(value).matches('@').count(), 1, "{}", value);
            }
        }
    }

    /// A display name in quotes may hold an `@`; outside there is the address alone.
    fn outside_quotes(value: &str) -> String {
        let (mut out, mut inside, mut escaped) = (String::new(), false, false);
        for c in value.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' => inside = !inside,
                _ if !inside => out.push(c),
                _ => {}
            }
        }
        out
    }
}
