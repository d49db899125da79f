//! `email.bounce:` — how returned mail reaches us.

use std::time::Duration;

use super::{
    email::address,
    oauth::{self, OAuth},
    reader::Section,
    secret::{SIGNING_BYTES, Secret},
    url,
};
use crate::model::safe::EmailAddress;

/// How returned mail reaches us.
#[derive(Clone, Debug, Default)]
pub struct Bounce {
    /// Where returned mail goes (envelope sender); default: the address of `from`.
    pub address: Option<EmailAddress>,
    /// Every mail is returned to `USER+KEY@…` of that address.
    pub verp: bool,
    /// A maildir that returned mail and replies are delivered into, relative to the project folder.
    pub maildir: Option<String>,
    /// A mailbox that is read over IMAP.
    pub imap: Option<Imap>,
    /// Providers that tell us by webhook.
    pub webhook: Hooks,
}

/// A mailbox that is read over IMAP.
#[derive(Clone, Debug)]
pub struct Imap {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS protects the line; without it only on this machine.
    pub tls: bool,
    /// The login.
    pub user: String,
    /// How it is proved.
    pub proof: Proof,
    /// The folder that is read.
    pub folder: String,
    /// Where mail goes that was ours; none = it stays.
    pub move_to: Option<String>,
    /// How often it is read.
    pub every: Duration,
}

/// What a login is proved by.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A password.
    Password(Secret),
    /// A token that is asked for.
    OAuth(OAuth),
}

/// Providers that tell us by webhook; empty = they may not.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    /// Amazon SES: the topic's ARN, and where Amazon's certificates are, if elsewhere.
    pub ses: Option<(String, Option<String>)>,
    /// SendGrid's verification keys.
    pub sendgrid: Vec<String>,
    /// Mailgun's signing keys.
    pub mailgun: Vec<Secret>,
    /// Passwords in the address Postmark calls.
    pub postmark: Vec<Secret>,
    /// Resend's signing secrets.
    pub resend: Vec<Secret>,
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Bounce {
    let bounce = Bounce {
        address: section.parsed("address", address),
        verp: section.word("verp", &[("true", true), ("false", false)]).unwrap_or(false),
        maildir: section.text("maildir").map(|text| text.text),
        imap: imap(section.section("imap")),
        webhook: hooks(section.section("webhook")),
    };
    section.finish();
    bounce
}

fn imap(mut section: Section<'_>) -> Option<Imap> {
    if section.is_empty() {
        return None;
    }
    let server = section.parsed("server", server);
    let (user, password) = (section.text("user"), section.secret("password", 1));
    let oauth = oauth::read(section.section("oauth"));
    if [section.has("server"), section.has("user"), section.has("password") || section.has("oauth")].contains(&false) {
        let write = "imap: {server: imap.your-domain.example, user: bounce@your-domain.example, password: \"${env:IMAP_PASSWORD}\"}";
        section.missing("server", "a mailbox needs server, user and password (or oauth)", write);
    }
    let tls = section.word("tls", &[("implicit", true), ("none", false)]).unwrap_or(true);
    let local = server.as_ref().is_none_or(|(host, _)| url::is_local(host));
    if !tls && !local {
        section.error(
            &section.place,
            "tls",
            "the password would be readable on the way",
            "remove `tls: none`; IMAP with TLS is at port 993",
        );
    }
    let every = section.duration("every").unwrap_or(Duration::from_secs(60)).max(Duration::from_secs(1));
    let folder = section.parsed("folder", folder_name).unwrap_or_else(|| "INBOX".to_owned());
    let move_to = section.parsed("move_to", folder_name);
    section.finish();
    let (host, port) = server?;
    let port = port.unwrap_or(if tls { 993 } else { 143 });
    let proof = oauth.map(Proof::OAuth).or(password.map(Proof::Password))?;
    Some(Imap { host, port, tls, user: user?.text, proof, folder, move_to, every })
}

fn server(text: &str) -> Result<(String, Option<u16>), String> {
    let found = url::host_port(text).filter(|(host, _)| !host.is_empty() && !host.contains(['/', '@', ' ']));
    let (host, port) = found.ok_or("write a host, as in `imap.your-domain.example` or `127.0.0.1:1143`")?;
    Ok((host.to_owned(), port))
}

/// A name that goes into a command of IMAP: no line may end in it.
fn folder_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("write a folder's name, as in `INBOX`".to_owned()) }
}

fn hooks(mut section: Section<'_>) -> Hooks {
    let hooks = Hooks {
        ses: ses(section.section("ses")),
        sendgrid: sendgrid(section.section("sendgrid")),
        mailgun: secrets(section.section("mailgun"), "${env:MAILGUN_SIGNING_KEY}"),
        postmark: secrets(section.section("postmark"), "${env:POSTMARK_HOOK_PASSWORD}"),
        resend: secrets(section.section("resend"), "${env:RESEND_SIGNING_SECRET}"),
    };
    section.finish();
    hooks
}

fn ses(mut section: Section<'_>) -> Option<(String, Option<String>)> {
    if section.is_empty() {
        return None;
    }
    let (topic, api_url) = (section.text("topic"), section.parsed("api_url", url::web));
    if topic.is_none() {
        section.missing(
            "topic",
            "only your own topic is believed",
            "topic: \"arn:aws:sns:eu-west-1:123456789012:mail\"",
        );
    }
    section.finish();
    Some((topic?.text, api_url))
}

fn sendgrid(mut section: Section<'_>) -> Vec<String> {
    if section.is_empty() {
        return Vec::new();
    }
    let keys: Vec<String> = section.texts("public_key").into_iter().map(|text| text.text).collect();
    if keys.is_empty() {
        section.missing("public_key", "unsigned events are refused", "public_key: \"MFkwEwYH…\"");
    }
    section.finish();
    keys
}

fn secrets(mut section: Section<'_>, write: &str) -> Vec<Secret> {
    if section.is_empty() {
        return Vec::new();
    }
    let found = section.secrets("secret", SIGNING_BYTES);
    if !section.has("secret") {
        section.missing("secret", "unsigned events are refused", &format!("secret: \"{write}\""));
    }
    section.finish();
    found
}
