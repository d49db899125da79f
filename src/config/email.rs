//! `email:` — how mail leaves and comes back.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use super::{
    bounce::{self, Bounce},
    oauth::{self, OAuth},
    reader::{Section, Text},
    secret::Secret,
    transport::{self, Transport},
    url,
};
use crate::model::safe::EmailAddress;

/// Mail settings.
#[derive(Clone, Debug)]
pub struct Email {
    /// How mail leaves.
    pub transport: Transport,
    /// A file with certificates (PEM) that may vouch for the relay beside the system's; relative to the
    /// project folder.
    pub ca_file: Option<String>,
    /// The sender where a template names none.
    pub from: Sender,
    /// Named senders that templates may use.
    pub senders: BTreeMap<String, Sender>,
    /// DKIM signing, if we sign ourselves.
    pub dkim: Option<Dkim>,
    /// How returned mail reaches us.
    pub bounce: Bounce,
    /// Most SMTP sessions at once: so many mails can have an unknown fate after a crash.
    pub max_connections: u16,
    /// While trying out: every mail goes here instead.
    pub redirect_all_to: Option<EmailAddress>,
    /// The header by which the relay drops repeats, e.g. `Resend-Idempotency-Key`.
    pub idempotency_header: Option<String>,
    /// Whether links of mails to customers lead over our own address, so that clicks are counted.
    pub track_links: bool,
    /// The DNS server that `doctor` asks; none = the system's.
    pub resolver: Option<SocketAddr>,
    /// How long the relay remembers those keys.
    pub idempotency_window: Duration,
}

/// A sender as recipients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Display name, if any.
    pub name: Option<String>,
    /// Address.
    pub address: EmailAddress,
}

/// DKIM signing.
#[derive(Clone, Debug)]
pub struct Dkim {
    /// The signing domain.
    pub domain: String,
    /// The selector under which its key is published.
    pub selector: String,
    /// The private key, PEM.
    pub key: Secret,
}

/// Reads the section; none where something essential is wrong (then a finding says so).
pub fn read(mut section: Section<'_>) -> Option<Email> {
    let password = section.secret("password", 1);
    let oauth = oauth::read(section.section("oauth"));
    let transport = match section.text("transport") {
        None => Some(Transport::default()),
        Some(text) => transport(&section, &text, password, oauth),
    };
    let from = section.parsed("from", sender);
    if matches!(transport, Some(Transport::Smtp(_))) && from.is_none() {
        section.missing("from", "mail leaves by SMTP", "from: \"サポート <support@your-domain.example>\"");
    }
    let email = Email {
        from: from.or_else(|| sender("shirube <shirube@example.invalid>").ok())?,
        ca_file: section.text("ca_file").map(|text| text.text),
        senders: senders(&mut section),
        dkim: dkim(section.section("dkim")),
        bounce: bounce::read(section.section("bounce")),
        max_connections: section.number("max_connections", 1..=256).and_then(|n| u16::try_from(n).ok()).unwrap_or(8),
        redirect_all_to: section.parsed("redirect_all_to", address),
        idempotency_header: section.parsed("idempotency_header", header_name),
        track_links: section.word("track_links", &[("true", true), ("false", false)]).unwrap_or(false),
        resolver: section.parsed("resolver", url::listen),
        idempotency_window: section.duration("idempotency_window").unwrap_or(Duration::from_secs(86_400)),
        transport: transport.unwrap_or_default(),
    };
    section.finish();
    Some(email)
}

/// Reads `support@our.example` or `サポート <support@our.example>`.
pub fn sender(text: &str) -> Result<Sender, String> {
    let text = text.trim();
    let Some(inside) = text.strip_suffix('>') else {
        return Ok(Sender { name: None, address: address(text)? });
    };
    let help = "write `Name <name@domain>`";
    let (name, bare) = inside.rsplit_once('<').ok_or(help)?;
    let name = name.trim().trim_matches('"').trim();
    if name.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) {
        return Err(help.to_owned());
    }
    Ok(Sender { name: (!name.is_empty()).then(|| name.to_owned()), address: address(bare)? })
}

fn transport(section: &Section<'_>, text: &Text, password: Option<Secret>, oauth: Option<OAuth>) -> Option<Transport> {
    match transport::parse(&text.text, text.literal, password, oauth) {
        Ok(transport) => Some(transport),
        Err(help) => {
            section.error(&text.place, "transport", "this transport cannot be used", &help);
            None
        }
    }
}

fn senders(section: &mut Section<'_>) -> BTreeMap<String, Sender> {
    let mut found = BTreeMap::new();
    for (name, text) in section.named_texts("senders") {
        match sender(&text.text) {
            Ok(sender) => drop(found.insert(name, sender)),
            Err(help) => section.error(&text.place, &format!("senders.{name}"), "this is no sender", &help),
        }
    }
    found
}

fn dkim(mut section: Section<'_>) -> Option<Dkim> {
    if section.is_empty() {
        return None;
    }
    let (domain, selector, key) = (section.text("domain"), section.text("selector"), section.secret("key", 64));
    let complete = domain.is_some() && selector.is_some() && key.is_some();
    if !complete {
        section.missing(
            "key",
            "DKIM needs domain, selector and key",
            "dkim: {domain: your-domain.example, selector: s1, key: \"${file:dkim.pem}\"}",
        );
    }
    section.finish();
    Some(Dkim { domain: domain?.text, selector: selector?.text, key: key? })
}

/// An address, or what is wrong with it.
pub fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|e| e.to_string())
}

fn header_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(text.to_owned()) } else { Err("write a header name such as `Resend-Idempotency-Key`".to_owned()) }
}
