//! `email.transport: smtp://user@host:port?tls=…` and the limits of a conversation.

use std::{collections::BTreeMap, time::Duration};

use lettre::Address;
use secrecy::SecretString;

use crate::{channel::email::sender::address, model::ids::MessageKey, net::oauth::Tokens};

/// How the line is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: only on this machine or a trusted network.
    None,
    /// Plain first, then STARTTLS or nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// How long each phase may take. Final replies get ten minutes, as RFC 5321 asks: giving up earlier
/// makes accepted mails look lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP connect.
    pub connect: Duration,
    /// Greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT: each.
    pub command: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// The body and the reply after its final dot.
    pub reply: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(300),
            data: Duration::from_secs(120),
            reply: Duration::from_secs(600),
        }
    }
}

/// Everything about one relay.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection of the line.
    pub tls: Tls,
    /// Certificates (PEM) that may vouch for the relay beside the system's: a private CA.
    pub ca: Option<Vec<u8>>,
    /// User name, when the relay wants a login.
    pub user: Option<String>,
    /// Password of `user`.
    pub password: Option<SecretString>,
    /// Tokens instead of a password.
    pub tokens: Option<Tokens>,
    /// Envelope sender: bounces come here.
    pub bounce_to: Address,
    /// Each mail has an envelope sender of its own, `USER+KEY@…`: whatever comes back names its message.
    pub verp: bool,
    /// Every mail goes here instead of its recipient.
    pub redirect_all_to: Option<Address>,
    /// Colleagues' addresses by key.
    pub people: BTreeMap<String, String>,
    /// The relay drops repeats of one idempotency key for so many microseconds; none = it does not.
    pub replay_window: Option<i64>,
    /// C of the promise: open sessions, so at most so many mails of unknown fate after a crash.
    pub max_connections: usize,
    /// Mails through one connection before a new one is opened.
    pub per_connection: u32,
    /// A connection idle for longer is not used again; below the relay's own limit.
    pub idle: Duration,
    /// How long each phase may take.
    pub limits: Limits,
    /// The name we greet with; none = this machine's.
    pub hello: Option<String>,
}

impl SmtpSettings {
    /// The envelope sender of a message.
    pub fn envelope(&self, key: &MessageKey) -> Address {
        let plain = !key.0.is_empty() && key.0.len() <= 40 && key.0.bytes().all(|b| b.is_ascii_alphanumeric());
        let own = || Address::new(format!("{}+{}", self.bounce_to.user(), key.0), self.bounce_to.domain()).ok();
        Some(()).filter(|()| self.verp && plain).and_then(|()| own()).unwrap_or_else(|| self.bounce_to.clone())
    }

    /// Reads a transport URL; everything else gets its default. The password may also come apart.
    /// Errors say what to write, and never repeat the URL (it can hold a password).
    pub fn parse(url: &str, from: &str) -> Result<SmtpSettings, String> {
        let (scheme, rest) = url.split_once("://").ok_or_else(help)?;
        let implicit = match scheme {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(help()),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(l, p)| (Some(l), p));
        let (host, port) = host_port(place.trim_end_matches('/'))?;
        let tls = tls(query, implicit, &host)?;
        let (user, password) = login.map_or(Ok((None, None)), credentials)?;
        Ok(SmtpSettings {
            port: port.unwrap_or(if tls == Tls::Implicit { 465 } else { 587 }),
            host,
            tls,
            ca: None,
            user,
            password,
            tokens: None,
            bounce_to: address(from).map_err(|e| format!("email.from: {e}"))?,
            verp: false,
            redirect_all_to: None,
            people: BTreeMap::new(),
            replay_window: None,
            max_connections: 8,
            per_connection: 100,
            idle: Duration::from_secs(20),
            limits: Limits::default(),
            hello: None,
        })
    }

    /// Whether the relay is on this machine, where neither TLS nor a login over a plain line matters.
    pub fn is_local(&self) -> bool {
        is_local(&self.host)
    }
}

fn help() -> String {
    "email.transport: write `file:FOLDER`, `smtp://user@host:587?tls=starttls` or `smtps://user@host:465`".to_owned()
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host_port(place: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = if let Some(inside) = place.strip_prefix('[') {
        let (host, rest) = inside.split_once(']').ok_or_else(help)?;
        (host, rest.strip_prefix(':'))
    } else {
        place.split_once(':').map_or((place, None), |(h, p)| (h, Some(p)))
    };
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    let port =
        port.map(str::parse).transpose().map_err(|_| "email.transport: the port must be 1 to 65535".to_owned())?;
    if plain { Ok((host.to_owned(), port)) } else { Err(help()) }
}

fn tls(query: &str, implicit: bool, host: &str) -> Result<Tls, String> {
    let wish = query.split('&').find_map(|pair| pair.strip_prefix("tls="));
    match wish {
        Some("none") => Ok(Tls::None),
        Some("starttls") => Ok(Tls::StartTls),
        Some("implicit") => Ok(Tls::Implicit),
        Some(_) => Err("email.transport: tls= must be none, starttls or implicit".to_owned()),
        None if implicit => Ok(Tls::Implicit),
        None if is_local(host) => Ok(Tls::None),
        None => Ok(Tls::StartTls),
    }
}

fn credentials(login: &str) -> Result<(Option<String>, Option<SecretString>), String> {
    let (user, password) = login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)));
    Ok((Some(percent_decoded(user)?), password.map(percent_decoded).transpose()?.map(SecretString::from)))
}

fn percent_decoded(text: &str) -> Result<String, String> {
    let bad = || "email.transport: `%` in the user name or password must be written %25".to_owned();
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let pair = [bytes.next().ok_or_else(bad)?, bytes.next().ok_or_else(bad)?];
        let pair = std::str::from_utf8(&pair).map_err(|_| bad())?;
        out.push(u8::from_str_radix(pair, 16).map_err(|_| bad())?);
    }
    String::from_utf8(out).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn parse(url: &str) -> Result<SmtpSettings, String> {
        SmtpSettings::parse(url, "hello@example.com")
    }

    #[test]
    fn a_url_says_where_and_how() {
        let s = parse("smtp://ann%40example.com:p%3Aw@mail.example.com").unwrap();
        assert_eq!((s.host.as_str(), s.port, s.tls), ("mail.example.com", 587, Tls::StartTls));
        assert_eq!(s.user.as_deref(), Some("ann@example.com"));
        assert_eq!(s.password.unwrap().expose_secret(), "p:w");
        let s = parse("smtps://u@[::1]:4650/").unwrap();
        assert_eq!((s.host.as_str(), s.port, s.tls), ("::1", 4650, Tls::Implicit));
        assert_eq!(parse("smtp://127.0.0.1:25").unwrap().tls, Tls::None);
        assert_eq!(parse("smtp://relay:25?tls=none").unwrap().tls, Tls::None);
    }

    #[test]
    fn a_wrong_url_is_explained_without_its_password() {
        for url in [
            "mail.example.com",
            "http://x",
            "smtp://:secret@",
            "smtp://u:secret@h:x",
            "smtp://u:secret%@h",
            "smtp://u:secret@h?tls=ssl",
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.starts_with("email.transport") && !error.contains("secret"), "{url}: {error}");
        }
    }
}
